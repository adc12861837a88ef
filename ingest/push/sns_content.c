#include "ingest/push/sns_content.h"

#include "ingest/push/event_request.h"
#include "ingest/push/object_request.h"
#include "server/json/writer.h"

/* One message on its way; lives in the request's arena. */
struct sns_content {
  struct http_task task;
  struct message_lookup lookup;
  struct sns_path *path;
  struct request *request;
};

static void remember(struct sns_content *sns)
{
  if (sns->path->is_stopping) {
    return;
  }
  message_log_remember(sns->path->messages, SOURCE_SNS, sns->lookup.message_id, request_received_at_us(sns->request));
}

static void on_stored(struct event_request *stored)
{
  if (!stored->delivery.is_spooled) {
    remember(stored->owner);
  }
}

static void on_announced(struct object_request *announced)
{
  remember(announced->owner);
}

static struct error submit(struct sns_content *sns, struct event_request *stored)
{
  stored->on_stored = on_stored;
  stored->owner = sns;
  return event_request_submit(stored, sns->path->writer, sns->path->refused);
}

static struct error take_events(struct sns_content *sns, struct text body)
{
  struct event_input input = {.body = body, .now_us = request_received_at_us(sns->request), .source = SOURCE_SNS};
  struct events events;
  event_read(request_arena(sns->request), &sns->path->scratch, &sns->path->events, &input, &events);
  if (events.breadcrumb_count + events.reject_count == 0) {
    return error_at(ERROR_BAD_INPUT, "Message", "no event in it");
  }
  return submit(sns, event_request_new(sns->request, &events, body, SOURCE_SNS));
}

static struct error take_content(struct sns_content *sns)
{
  struct notification *notification = arena_alloc(request_arena(sns->request), sizeof *notification);
  struct error error = notification_read(request_arena(sns->request), request_body(sns->request), notification);
  if (error.code != ERROR_NONE) {
    return submit(sns, event_request_reject(sns->request, &error, SOURCE_SNS));
  }
  if (notification->is_events) {
    return take_events(sns, notification->events);
  }
  struct object_request *announced = object_request_new(sns->request, notification, FOUND_BY_SNS, sns->path->spool);
  announced->on_announced = on_announced;
  announced->owner = sns;
  return object_request_submit(announced, sns->path->objects, sns->path->refused);
}

/* ---- once only ---- */

static void answer_repeated(const struct sns_content *sns)
{
  struct json_writer writer = json_writer_to(response_body(sns->request));
  response_content_type(sns->request, "application/json");
  json_begin_object(&writer);
  json_key(&writer, "repeated");
  json_string(&writer, sns->lookup.message_id);
  json_end_object(&writer);
  request_complete(sns->request, error_none());
}

static struct error take_new(struct sns_content *sns)
{
  if (sns->lookup.is_known) {
    answer_repeated(sns);
    return error_none();
  }
  return take_content(sns);
}

static void after_lookup(struct http_task *task)
{
  struct sns_content *sns = (struct sns_content *)task;
  struct error error = sns->path->is_stopping ? error_make(ERROR_SHUTTING_DOWN, "the server is shutting down") : take_new(sns);
  if (error.code != ERROR_NONE) {
    request_complete(sns->request, error);
  }
}

static void on_looked_up(struct message_lookup *first)
{
  struct http_task *list = NULL;
  struct http_task **end = &list;
  struct http_server *server = NULL;
  for (struct message_lookup *lookup = first; lookup != NULL; lookup = lookup->next) {
    struct sns_content *sns = lookup->owner;
    server = request_server(sns->request);
    sns->task = (struct http_task){.run = after_lookup};
    *end = &sns->task;
    end = &sns->task.next;
  }
  if (list != NULL) {
    http_server_post(server, list);
  }
}

struct error sns_content_take(struct sns_path *path, struct request *request, struct text message_id)
{
  struct sns_content *sns = arena_alloc(request_arena(request), sizeof *sns);
  sns->path = path;
  sns->request = request;
  sns->lookup = (struct message_lookup){.source = SOURCE_SNS, .message_id = message_id, .on_done = on_looked_up, .owner = sns};
  return message_log_find(path->messages, &sns->lookup) ? error_none() : take_new(sns);
}
