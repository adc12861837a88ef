#include "ingest/push/object_request.h"

#include "ingest/events/breadcrumb.h"
#include "server/json/writer.h"
#include "server/log.h"
#include "server/metrics.h"

enum { IGNORED_LISTED_MAX = 20 };

static void answer_counts(struct object_request *announced)
{
  const struct notification *notification = announced->notification;
  struct json_writer writer = json_writer_to(response_body(announced->request));
  size_t listed = notification->ignored_count < IGNORED_LISTED_MAX ? notification->ignored_count : IGNORED_LISTED_MAX;
  response_content_type(announced->request, "application/json");
  json_begin_object(&writer);
  json_key(&writer, "announced");
  json_int64(&writer, (int64_t)notification->created_count);
  json_key(&writer, "ignored");
  json_begin_array(&writer);
  for (size_t i = 0; i < listed; i++) {
    json_string(&writer, notification->ignored[i].what);
  }
  json_end_array(&writer);
  if (announced->is_spooled) {
    json_key(&writer, "spooled");
    json_int64(&writer, (int64_t)notification->created_count);
  }
  json_end_object(&writer);
}

static void answer(struct http_task *task)
{
  struct object_request *announced = (struct object_request *)task;
  struct error outcome = announced->announcing.outcome;
  if (outcome.code == ERROR_DATABASE_REFUSED) {
    /* The sender's data are not at fault: it shall try again. */
    outcome = error_make(ERROR_DATABASE_AWAY, "the database cannot store it now");
  }
  if (outcome.code == ERROR_NONE && !announced->is_spooled && announced->on_announced != NULL) {
    announced->on_announced(announced);
  }
  if (outcome.code == ERROR_NONE) {
    answer_counts(announced);
  }
  request_complete(announced->request, outcome);
}

/* ---- the spool ---- */

static void on_put(struct spool_entry *first)
{
  while (first != NULL) {
    struct spool_entry *next = first->next;
    struct object_request *announced = first->owner;
    announced->is_spooled = first->is_kept;
    if (first->is_kept) {
      announced->announcing.outcome = error_none();
    }
    announced->task = (struct http_task){.run = answer};
    http_server_post(request_server(announced->request), &announced->task);
    first = next;
  }
}

static bool is_away(const struct error *error)
{
  return error->code == ERROR_DATABASE_AWAY || error->code == ERROR_QUERY_TIMEOUT;
}

/* True: on_put follows. `reason` is answered when it cannot be kept there either. */
static bool put_into_spool(struct object_request *announced, struct error reason)
{
  if (announced->spool == NULL || !is_away(&reason)) {
    return false;
  }
  announced->announcing.outcome = reason;
  announced->entry = (struct spool_entry){.kind = SPOOL_ANNOUNCEMENTS,
                                          .source = announced->announcing.found_by == FOUND_BY_SNS ? SOURCE_SNS : SOURCE_S3,
                                          .vehicle_hint = TEXT(""),
                                          .request_id = request_id(announced->request),
                                          .body = request_body(announced->request),
                                          .received_at_us = request_received_at_us(announced->request),
                                          .on_done = on_put,
                                          .owner = announced};
  return spool_put(announced->spool, &announced->entry).code == ERROR_NONE;
}

/* ---- the queue ---- */

/* On the queue's thread. */
static void on_done(struct announcing *first)
{
  struct http_task *list = NULL;
  struct http_task **end = &list;
  struct http_server *server = NULL;
  while (first != NULL) {
    struct announcing *next = first->next;
    struct object_request *announced = first->owner;
    if (!put_into_spool(announced, first->outcome)) {
      server = request_server(announced->request);
      announced->task = (struct http_task){.run = answer};
      *end = &announced->task;
      end = &announced->task.next;
    }
    first = next;
  }
  if (list != NULL) {
    http_server_post(server, list);
  }
}

struct object_request *object_request_new(struct request *request, const struct notification *notification,
                                          enum found_by found_by, struct spool *spool)
{
  struct object_request *made = arena_alloc(request_arena(request), sizeof *made);
  made->request = request;
  made->notification = notification;
  made->spool = spool;
  made->announcing = (struct announcing){.announcements = notification->created,
                                         .announcement_count = notification->created_count,
                                         .found_by = found_by,
                                         .outcome = error_none(),
                                         .on_done = on_done,
                                         .owner = made};
  return made;
}

struct error object_request_submit(struct object_request *object_request, struct object_queue *queue, struct counter *refused)
{
  const struct notification *notification = object_request->notification;
  for (size_t i = 0; i < notification->ignored_count; i++) {
    LOG_DEBUG("notification_ignored", "what=%s", log_quote(notification->ignored[i].what));
  }
  if (notification->created_count == 0) {
    answer(&object_request->task);
    return error_none();
  }
  struct error error = object_queue_announce(queue, &object_request->announcing);
  if (error.code != ERROR_NONE && put_into_spool(object_request, error)) {
    return error_none();
  }
  if (error.code != ERROR_NONE && refused != NULL) {
    counter_add(refused, 1);
  }
  return error;
}
