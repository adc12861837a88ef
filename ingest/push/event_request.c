#include "ingest/push/event_request.h"

#include <stdio.h>

#include "server/json/writer.h"
#include "server/metrics.h"

static void write_problems(struct json_writer *writer, const struct delivery *delivery)
{
  json_key(writer, "errors");
  json_begin_array(writer);
  for (size_t i = 0; i < delivery->reject_count; i++) {
    const struct rejected *reject = &delivery->rejects[i];
    json_begin_object(writer);
    json_key(writer, "index");
    json_int64(writer, reject->index);
    json_key(writer, "name");
    json_string(writer, reject->field);
    json_key(writer, "reason");
    json_string(writer, reject->reason);
    json_end_object(writer);
  }
  json_end_array(writer);
}

/* AWS IoT reads at most 16 KiB of an answer. */
enum { ERRORS_LISTED_MAX = 50 };

static void answer_counts(struct request *request, const struct delivery *delivery)
{
  struct delivery shown = *delivery;
  shown.reject_count = delivery->reject_count < ERRORS_LISTED_MAX ? delivery->reject_count : ERRORS_LISTED_MAX;
  struct json_writer writer = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  json_begin_object(&writer);
  json_key(&writer, "stored");
  json_int64(&writer, (int64_t)delivery->stored_count);
  json_key(&writer, "duplicates");
  json_int64(&writer, (int64_t)delivery->duplicate_count);
  json_key(&writer, "rejected");
  json_int64(&writer, (int64_t)delivery->reject_count);
  if (delivery->is_spooled) {
    json_key(&writer, "spooled");
    json_int64(&writer, (int64_t)delivery->breadcrumb_count);
  }
  write_problems(&writer, &shown);
  json_end_object(&writer);
}

/* Nothing of the delivery was good: what is wrong with the first event, and how many more there are. */
static struct error nothing_good(const struct delivery *delivery)
{
  const struct rejected *first = &delivery->rejects[0];
  char field[ERROR_FIELD_MAX];
  (void)snprintf(field, sizeof field, "%.*s", TEXT_ARGS(first->field));
  if (delivery->reject_count == 1) {
    return error_at(ERROR_BAD_INPUT, field, "%.*s", TEXT_ARGS(first->reason));
  }
  return error_at(ERROR_BAD_INPUT, field, "%.*s (and %zu more events were rejected)", TEXT_ARGS(first->reason),
                  delivery->reject_count - 1);
}

static void answer(struct http_task *task)
{
  struct event_request *received = (struct event_request *)task;
  struct delivery *delivery = &received->delivery;
  struct error outcome = delivery->outcome;
  if (outcome.code == ERROR_DATABASE_REFUSED) {
    /* The sender's data are not at fault: it shall try again. */
    outcome = error_make(ERROR_DATABASE_AWAY, "the database cannot store it now");
  }
  if (outcome.code == ERROR_NONE && received->on_stored != NULL) {
    received->on_stored(received);
  }
  if (outcome.code == ERROR_NONE && delivery->breadcrumb_count == 0) {
    outcome = nothing_good(delivery);
  }
  if (outcome.code == ERROR_NONE) {
    answer_counts(received->request, delivery);
  }
  request_complete(received->request, outcome);
}

static void on_done(struct delivery *first)
{
  struct http_task *list = NULL;
  struct http_task **end = &list;
  struct http_server *server = NULL;
  for (struct delivery *delivery = first; delivery != NULL; delivery = delivery->next) {
    struct event_request *received = delivery->owner;
    server = request_server(received->request);
    received->task = (struct http_task){.run = answer};
    *end = &received->task;
    end = &received->task.next;
  }
  if (list != NULL) {
    http_server_post(server, list);
  }
}

struct event_request *event_request_new(struct request *request, const struct events *events, struct text body,
                                        enum breadcrumb_source source)
{
  struct arena *arena = request_arena(request);
  struct event_request *made = arena_alloc(arena, sizeof *made);
  made->request = request;
  made->delivery = (struct delivery){.breadcrumbs = events->breadcrumbs,
                                     .breadcrumb_count = events->breadcrumb_count,
                                     .rejects = events->rejects,
                                     .reject_count = events->reject_count,
                                     .body = body,
                                     .request_id = request_id(request),
                                     .received_at_us = request_received_at_us(request),
                                     .memory_bytes = arena_used_bytes(arena) + request_body(request).length,
                                     .source = (uint8_t)source,
                                     .on_done = on_done,
                                     .owner = made};
  return made;
}

struct event_request *event_request_reject(struct request *request, const struct error *reason, enum breadcrumb_source source)
{
  struct arena *arena = request_arena(request);
  struct rejected *rejected = arena_alloc(arena, sizeof *rejected);
  *rejected = (struct rejected){.vehicle = {NULL, 0},
                                .field = rejected_storable(text_copy(arena, text_from(reason->field))),
                                .reason = rejected_storable(text_copy(arena, text_from(reason->detail))),
                                .body = request_body(request)};
  struct events events = {.rejects = rejected, .reject_count = 1};
  return event_request_new(request, &events, request_body(request), source);
}

struct error event_request_submit(struct event_request *event_request, struct batch_writer *writer, struct counter *refused)
{
  struct error error = batch_writer_submit(writer, &event_request->delivery);
  if (error.code != ERROR_NONE && refused != NULL) {
    counter_add(refused, 1);
  }
  return error;
}
