#include "ingest/receiver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/http/http_server.h"
#include "server/json/writer.h"
#include "server/log.h"
#include "server/metrics.h"

struct receiver {
  struct batch_writer *writer;
  struct event_settings events;
  struct text key;
  struct text key_next;
  struct buffer scratch; /* the HTTP thread's */
  struct route routes[2];
  struct counter *refused; /* deliveries that found no room, or no database */
};

/* One delivery on its way through the writer; lives in the request's arena. */
struct received {
  struct http_task task;
  struct delivery delivery;
  struct request *request;
};

/* ---- the head ---- */

static bool is_key(struct text given, struct text key)
{
  return key.length != 0 && text_equal_constant_time(given, key);
}

/* "application/json; charset=utf-8" -> "application/json". */
static struct text media_type(struct text content_type)
{
  struct text rest = content_type;
  struct text type = TEXT("");
  (void)text_split(&rest, ';', &type);
  return text_trim(type);
}

/* AWS IoT sends JSON as application/json and what its rule made of other payloads as application/octet-stream. */
static bool is_taken(struct text type)
{
  static const struct text types[] = {{"application/json", 16}, {"application/octet-stream", 24}, {"text/plain", 10}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (text_equal_ignoring_case(type, types[i])) {
      return true;
    }
  }
  return type.length == 0;
}

static bool is_confirmation_head(const struct request *request)
{
  return text_equal(request_header(request, "x-amz-rules-engine-message-type"), TEXT("DestinationConfirmation"));
}

/* Both are compared whatever the first says, so that the time tells nothing. */
static bool has_key(const struct receiver *receiver, const struct request *request)
{
  struct text given = request_header(request, "x-ingest-key");
  bool is_current = is_key(given, receiver->key);
  bool is_next = is_key(given, receiver->key_next);
  return is_current || is_next;
}

static struct error no_key(void)
{
  return error_at(ERROR_UNAUTHORIZED, "x-ingest-key", "a valid key is needed in the header x-ingest-key");
}

/* Whether a rule's own headers come with its request for confirmation is not documented, so that one passes without the key:
 * it stores nothing. */
static struct error admit(struct request *request, void *context)
{
  const struct receiver *receiver = context;
  if (!has_key(receiver, request) && !is_confirmation_head(request)) {
    return no_key();
  }
  if (!is_taken(media_type(request_header(request, "content-type")))) {
    return error_at(ERROR_UNSUPPORTED_MEDIA_TYPE, "content-type",
                    "expected application/json, application/octet-stream or text/plain");
  }
  return error_none();
}

/* ---- the answer ---- */

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
  struct received *received = (struct received *)task;
  struct delivery *delivery = &received->delivery;
  struct error outcome = delivery->outcome;
  if (outcome.code == ERROR_DATABASE_REFUSED) {
    /* The sender's data are not at fault: it shall try again. */
    outcome = error_make(ERROR_DATABASE_AWAY, "the database cannot store it now");
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
    struct received *received = delivery->owner;
    server = request_server(received->request);
    received->task = (struct http_task){.run = answer};
    *end = &received->task;
    end = &received->task.next;
  }
  if (list != NULL) {
    http_server_post(server, list);
  }
}

/* ---- the body ---- */

static struct text host_of(struct text url)
{
  struct text rest = url;
  struct text part = TEXT("");
  for (int i = 0; i < 3; i++) { /* "https:" "" "host" */
    if (!text_split(&rest, '/', &part)) {
      return TEXT("");
    }
  }
  return part;
}

/* https://iot.REGION.amazonaws.com/confirmdestination/..., also of the regions in China: nobody else's link is shown to an
 * operator who is to open it. */
static bool is_enable_url(struct text url)
{
  struct text host = host_of(url);
  bool is_of_aws = text_ends_with(host, TEXT(".amazonaws.com")) || text_ends_with(host, TEXT(".amazonaws.com.cn"));
  for (size_t i = 0; i < host.length; i++) {
    is_of_aws = is_of_aws && (isalnum((unsigned char)host.data[i]) || host.data[i] == '.' || host.data[i] == '-');
  }
  return is_of_aws && text_starts_with(host, TEXT("iot.")) && text_starts_with(url, TEXT("https://")) &&
         text_starts_with((struct text){url.data + 8 + host.length, url.length - 8 - host.length},
                          TEXT("/confirmdestination/"));
}

/* The operator confirms it by opening the link, or by its token in the console of AWS IoT. All that the link can do is to let
 * the destination send to us, so it stands in the log. */
static struct error answer_confirmation(struct request *request, const struct events *events)
{
  struct text arn = request_header(request, "x-amz-rules-engine-destination-arn");
  if (is_enable_url(events->confirmation_url)) {
    LOG_WARNING("iot_destination_wants_confirmation", "arn=%s open=%s", log_quote(arn), log_quote(events->confirmation_url));
  } else {
    LOG_WARNING("iot_destination_not_of_aws", "arn=%s host=%s", log_quote(arn), log_quote(host_of(events->confirmation_url)));
  }
  response_content_type(request, "application/json");
  buffer_append_text(response_body(request), TEXT("{\"stored\":0,\"duplicates\":0,\"rejected\":0,\"errors\":[]}"));
  request_complete(request, error_none());
  return error_none();
}

static struct error submit(struct receiver *receiver, struct request *request, const struct events *events)
{
  struct arena *arena = request_arena(request);
  struct received *received = arena_alloc(arena, sizeof *received);
  struct text body = request_body(request);
  received->request = request;
  received->delivery = (struct delivery){.breadcrumbs = events->breadcrumbs,
                                         .breadcrumb_count = events->breadcrumb_count,
                                         .rejects = events->rejects,
                                         .reject_count = events->reject_count,
                                         .body = body,
                                         .request_id = request_id(request),
                                         .received_at_us = request_received_at_us(request),
                                         .memory_bytes = arena_used_bytes(arena) + body.length,
                                         .source = SOURCE_IOT_HTTP,
                                         .on_done = on_done,
                                         .owner = received};
  struct error error = batch_writer_submit(receiver->writer, &received->delivery);
  if (error.code != ERROR_NONE && receiver->refused != NULL) {
    counter_add(receiver->refused, 1);
  }
  return error;
}

static struct error accept_events(struct request *request, void *context)
{
  struct receiver *receiver = context;
  struct events events;
  struct event_input input = {
      .body = request_body(request), .now_us = request_received_at_us(request), .source = SOURCE_IOT_HTTP};
  event_read(request_arena(request), &receiver->scratch, &receiver->events, &input, &events);
  size_t count = events.breadcrumb_count + events.reject_count;
  if (count == 0 && events.confirmation_count != 0) {
    return answer_confirmation(request, &events);
  }
  if (!has_key(receiver, request)) {
    return no_key();
  }
  if (count == 0) {
    return error_at(ERROR_BAD_INPUT, "$", "no event in the body");
  }
  return submit(receiver, request, &events);
}

/* ---- making ---- */

struct error receiver_new(struct receiver_settings settings, struct receiver **receiver)
{
  struct event_settings events;
  TRY(event_settings_make(settings.speed_unit, settings.temperature_unit, settings.temperature_field, settings.stale_field_s,
                          &events));
  if (settings.ingest_key == NULL || settings.ingest_key[0] == '\0') {
    return error_at(ERROR_SETUP, "ingest-key", "a key is needed");
  }
  struct receiver *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->writer = settings.writer;
  made->events = events;
  made->key = text_from(settings.ingest_key);
  made->key_next = text_from(settings.ingest_key_next);
  made->routes[0] = (struct route){.method = HTTP_POST,
                                   .pattern = "/ingest/iot",
                                   .role = ROLE_INGEST,
                                   .summary = "Events from the HTTP action of an AWS IoT rule",
                                   .accept = accept_events,
                                   .body_max_bytes = settings.body_max_bytes,
                                   .admit = admit};
  /* AWS IoT asks for confirmation at the address with a slash behind it. */
  made->routes[1] = made->routes[0];
  made->routes[1].pattern = "/ingest/iot/";
  if (settings.metrics != NULL) {
    made->refused = metrics_counter(settings.metrics, "crumbtrail_ingest_refused_total", "path=\"iot\"",
                                    "Deliveries answered 503: the queue was full or the database away.");
  }
  *receiver = made;
  return error_none();
}

void receiver_free(struct receiver *receiver)
{
  if (receiver != NULL) {
    buffer_free(&receiver->scratch);
    free(receiver);
  }
}

struct route_table receiver_routes(struct receiver *receiver)
{
  return (struct route_table){.routes = receiver->routes, .count = 2, .context = receiver};
}
