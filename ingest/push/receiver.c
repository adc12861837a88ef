#include "ingest/push/receiver.h"

#include <stdlib.h>

#include "server/aws/aws_name.h"
#include "ingest/events/event_copy.h"
#include "ingest/push/event_request.h"
#include "ingest/push/iot_destination.h"
#include "ingest/push/sender_keys.h"
#include "server/http/http_server.h"
#include "server/log.h"
#include "server/metrics.h"

/* The trees of twenty events fit the first block. */
enum { TREES_FIRST_BYTES = 64 * 1024 };

struct receiver {
  struct batch_writer *writer;
  struct event_settings events;
  struct confirmer *confirmer;
  const char *iot_accounts_allowed;
  struct sender_keys keys;
  struct buffer scratch; /* the HTTP thread's */
  struct arena *trees;   /* the HTTP thread's: what one body is read from, so that only the events wait for the commit */
  struct route routes[2];
  struct counter *refused; /* deliveries that found no room, or no database */
};

/* ---- the head ---- */

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

/* Whether a rule's own headers come with its request for confirmation is not documented, so that one passes without the key:
 * it stores nothing. */
static struct error admit(struct request *request, void *context)
{
  const struct receiver *receiver = context;
  if (!is_confirmation_head(request)) {
    TRY(sender_keys_check(&receiver->keys, request));
  }
  if (!is_taken(media_type(request_header(request, "content-type")))) {
    return error_at(ERROR_UNSUPPORTED_MEDIA_TYPE, "content-type",
                    "expected application/json, application/octet-stream or text/plain");
  }
  return error_none();
}

/* ---- the body ---- */

/* A request for confirmation; lives in the request's arena. */
struct asked {
  struct http_task task;
  struct confirmation confirmation;
  struct request *request;
};

static void answer_nothing(struct request *request)
{
  response_content_type(request, "application/json");
  buffer_append_text(response_body(request), TEXT("{\"stored\":0,\"duplicates\":0,\"rejected\":0,\"errors\":[]}"));
  request_complete(request, error_none());
}

static void answer_asked(struct http_task *task)
{
  struct asked *asked = (struct asked *)task;
  if (asked->confirmation.outcome.code != ERROR_NONE) {
    request_complete(asked->request, asked->confirmation.outcome);
    return;
  }
  answer_nothing(asked->request);
}

static void on_asked(struct confirmation *confirmation)
{
  struct asked *asked = confirmation->owner;
  asked->task = (struct http_task){.run = answer_asked};
  http_server_post(request_server(asked->request), &asked->task);
}

/* The link stands in the log whatever becomes of it: all that it can do is to let the destination send to us. */
static struct error accept_confirmation(struct receiver *receiver, struct request *request, struct text url)
{
  struct arena *arena = request_arena(request);
  struct text arn = text_copy(arena, request_header(request, "x-amz-rules-engine-destination-arn"));
  arn = arn.length != 0 ? arn : iot_destination_arn_of(arena, request_body(request));
  enum iot_link link = iot_destination_judge(receiver->iot_accounts_allowed, arn, url, &arn);
  if (link == IOT_LINK_FOREIGN) {
    LOG_WARNING("iot_destination_not_of_aws", "arn=%s host=%s", log_quote(arn), log_quote(iot_link_host(url)));
    answer_nothing(request);
    return error_none();
  }
  bool is_allowed = link == IOT_LINK_ALLOWED;
  LOG_WARNING("iot_destination_wants_confirmation", "arn=%s open=%s by=%s", log_quote(arn), log_quote(url),
              is_allowed ? "server" : "operator");
  if (arn.length == 0 || arn.length > AWS_ARN_MAX_BYTES || !text_is_utf8(arn)) {
    answer_nothing(request); /* the log alone knows it */
    return error_none();
  }
  struct asked *asked = arena_alloc(arena, sizeof *asked);
  asked->request = request;
  asked->confirmation = (struct confirmation){.kind = CONFIRM_DESTINATION,
                                              .arn = arn,
                                              .url = url,
                                              .is_allowed = is_allowed,
                                              .asked_at_us = request_received_at_us(request),
                                              .on_done = on_asked,
                                              .owner = asked};
  return confirmer_ask(receiver->confirmer, &asked->confirmation);
}

static void read_events(struct receiver *receiver, struct request *request, struct events *events)
{
  struct event_input input = {
      .body = request_body(request), .now_us = request_received_at_us(request), .source = SOURCE_IOT_HTTP};
  event_read(receiver->trees, &receiver->scratch, &receiver->events, &input, events);
  event_copy(request_arena(request), input.body, events);
  arena_reset(receiver->trees);
}

static struct error accept_events(struct request *request, void *context)
{
  struct receiver *receiver = context;
  struct events events;
  read_events(receiver, request, &events);
  size_t count = events.breadcrumb_count + events.reject_count;
  if (count == 0 && events.confirmation_count != 0) {
    return accept_confirmation(receiver, request, events.confirmation_url);
  }
  if (is_confirmation_head(request)) { /* came in without a key */
    TRY(sender_keys_check(&receiver->keys, request));
  }
  if (count == 0) {
    return error_at(ERROR_BAD_INPUT, "$", "no event in the body");
  }
  struct event_request *event_request = event_request_new(request, &events, request_body(request), SOURCE_IOT_HTTP);
  return event_request_submit(event_request, receiver->writer, receiver->refused);
}

/* ---- making ---- */

struct error receiver_new(struct receiver_settings settings, struct receiver **receiver)
{
  struct event_settings events;
  TRY(event_settings_make(settings.speed_unit, settings.temperature_unit, settings.temperature_field, settings.stale_field_s,
                          &events));
  struct sender_keys keys;
  TRY(iot_accounts_check(settings.iot_accounts_allowed));
  TRY(sender_keys_make(settings.ingest_key, settings.ingest_key_next, &keys));
  struct receiver *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->trees = arena_new(TREES_FIRST_BYTES);
  made->writer = settings.writer;
  made->events = events;
  made->keys = keys;
  made->confirmer = settings.confirmer;
  made->iot_accounts_allowed = settings.iot_accounts_allowed;
  made->routes[0] = (struct route){.method = HTTP_POST,
                                   .pattern = "/ingest/iot",
                                   .role = ROLE_INGEST,
                                   .summary = "Events from the HTTP action of an AWS IoT rule",
                                   .accept = accept_events,
                                   .is_answered_soon = true,
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
    arena_free(receiver->trees);
    buffer_free(&receiver->scratch);
    free(receiver);
  }
}

struct route_table receiver_routes(struct receiver *receiver)
{
  return (struct route_table){.routes = receiver->routes, .count = 2, .context = receiver};
}
