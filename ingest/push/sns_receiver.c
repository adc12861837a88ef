#include "ingest/push/sns_receiver.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/push/sns_certificates.h"
#include "ingest/push/sns_content.h"
#include "ingest/push/sns_fetch.h"
#include "ingest/push/sns_message.h"
#include "server/base/clock.h"
#include "server/json/writer.h"
#include "server/log.h"
#include "server/metrics.h"

/* A message has up to 256 KiB, of which JSON can make several times as much; a 413 would be final. */
enum { BODY_MAX_BYTES = 2 * 1024 * 1024 };

struct sns_receiver {
  struct sns_receiver_settings settings;
  struct sns_certificates *certificates;
  struct http_server *_Atomic server; /* that of the last request; NULL: there was none */
  struct sns_path path;
  struct route routes[2];
};

/* One message on its way; lives in the request's arena. */
struct sns_request {
  struct http_task task;
  struct sns_waiter waiter;
  struct confirmation confirmation;
  struct sns_receiver *receiver;
  struct request *request;
  struct sns_message message;
  struct sns_place place;
};

/* ---- subscriptions ---- */

static void answer_word(struct request *request, const char *key, struct text value)
{
  struct json_writer writer = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  json_begin_object(&writer);
  json_key(&writer, key);
  json_string(&writer, value);
  json_end_object(&writer);
  request_complete(request, error_none());
}

static void answer_subscription(struct http_task *task)
{
  struct sns_request *sns = (struct sns_request *)task;
  if (sns->confirmation.outcome.code != ERROR_NONE) {
    request_complete(sns->request, sns->confirmation.outcome);
    return;
  }
  answer_word(sns->request, "confirming", sns->message.topic_arn);
}

static void on_confirmation_kept(struct confirmation *confirmation)
{
  struct sns_request *sns = confirmation->owner;
  sns->task = (struct http_task){.run = answer_subscription};
  http_server_post(request_server(sns->request), &sns->task);
}

static struct error confirm(struct sns_request *sns)
{
  struct text path = TEXT("");
  TRY(aws_link_check("SubscribeURL", sns->message.subscribe_url, sns->place.host, &path));
  LOG_INFO("sns_subscription_wants_confirmation", "topic=%s", log_quote(sns->message.topic_arn));
  sns->confirmation = (struct confirmation){.kind = CONFIRM_SUBSCRIPTION,
                                            .arn = sns->message.topic_arn,
                                            .url = sns->message.subscribe_url,
                                            .is_allowed = true,
                                            .asked_at_us = request_received_at_us(sns->request),
                                            .on_done = on_confirmation_kept,
                                            .owner = sns};
  return confirmer_ask(sns->receiver->settings.confirmer, &sns->confirmation);
}

/* Its link would subscribe us again, which nobody here has asked for. */
static struct error note_unsubscribed(struct sns_request *sns)
{
  LOG_WARNING("sns_unsubscribed", "topic=%s", log_quote(sns->message.topic_arn));
  answer_word(sns->request, "unsubscribed", sns->message.topic_arn);
  return error_none();
}

/* ---- whether it is genuine ---- */

static struct error take_message(struct sns_request *sns)
{
  switch (sns->message.type) {
  case SNS_SUBSCRIPTION_CONFIRMATION:
    return confirm(sns);
  case SNS_UNSUBSCRIBE_CONFIRMATION:
    return note_unsubscribed(sns);
  case SNS_NOTIFICATION:
    break;
  }
  return sns_content_take(&sns->receiver->path, sns->request, sns->message.message_id);
}

/* A certificate of another name, or one that is not valid now, came from where SNS has its own: the network or a clock is
 * wrong, and the message may be good. */
static struct error check_signature(struct sns_request *sns, const struct sns_certificate *certificate)
{
  const struct sns_message *message = &sns->message;
  struct error unfit = sns_certificate_check(certificate, sns->place.certificate_name, request_received_at_us(sns->request));
  if (unfit.code != ERROR_NONE) {
    return error_at(ERROR_UPSTREAM_AWAY, unfit.field, "%s", unfit.detail);
  }
  struct error error = sns_signature_check(certificate, message->signature_version,
                                           sns_message_signed_text(request_arena(sns->request), message), message->signature);
  if (error.code != ERROR_NONE) {
    LOG_WARNING("sns_signature_wrong", "topic=%s message_id=%s", log_quote(message->topic_arn), log_quote(message->message_id));
  }
  return error;
}

static struct error take_signed(struct sns_request *sns, const struct sns_certificate *certificate)
{
  if (sns->receiver->path.is_stopping) {
    return error_make(ERROR_SHUTTING_DOWN, "the server is shutting down");
  }
  TRY(check_signature(sns, certificate));
  return take_message(sns);
}

static void after_certificate(struct sns_waiter *waiter, const struct sns_certificate *certificate, const struct error *error)
{
  struct sns_request *sns = (struct sns_request *)((char *)waiter - offsetof(struct sns_request, waiter));
  struct error outcome = certificate != NULL ? take_signed(sns, certificate) : *error;
  if (outcome.code != ERROR_NONE) {
    request_complete(sns->request, outcome);
  }
}

static void on_fetched(void *context, struct text url, const struct error *error, struct text body)
{
  struct sns_receiver *receiver = context;
  if (error->code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "sns_certificate_not_fetched", error);
  }
  sns_certificates_arrived(receiver->certificates, url, error, body, clock_now_us());
}

static struct error start_fetch(void *context, struct text url)
{
  struct sns_receiver *receiver = context;
  struct sns_fetch_settings fetch = {.client = receiver->settings.client,
                                     .link_endpoint_url = receiver->settings.link_endpoint_url,
                                     .server = atomic_load(&receiver->server),
                                     .on_fetched = on_fetched,
                                     .context = receiver};
  return sns_fetch_start(fetch, url);
}

/* ---- the request ---- */

static struct error check_topic(const struct sns_receiver *receiver, struct text topic_arn)
{
  struct text rest = text_from(receiver->settings.topics_allowed);
  struct text topic = TEXT("");
  while (text_split(&rest, ',', &topic)) {
    if (topic_arn.length != 0 && text_equal(text_trim(topic), topic_arn)) {
      return error_none();
    }
  }
  LOG_WARNING("sns_topic_not_allowed", "topic=%s", log_quote(topic_arn));
  return error_at(ERROR_FORBIDDEN, "TopicArn", "this topic is not allowed: add its ARN to the setting sns-topics-allowed");
}

static bool is_raw(const struct request *request)
{
  return text_equal_ignoring_case(request_header(request, "x-amz-sns-rawdelivery"), TEXT("true"));
}

static struct error admit(struct request *request, void *context)
{
  const struct sns_receiver *receiver = context;
  return is_raw(request) ? sender_keys_check_any(&receiver->settings.keys, request) : error_none();
}

/* Nothing of a raw message but this header says of which topic it is. */
static struct error accept_raw(struct sns_request *sns)
{
  struct text topic_arn = request_header(sns->request, "x-amz-sns-topic-arn");
  if (topic_arn.length == 0) {
    return error_at(ERROR_BAD_INPUT, "x-amz-sns-topic-arn", "this header is missing: a raw message says its topic there");
  }
  TRY(check_topic(sns->receiver, topic_arn));
  return sns_content_take(&sns->receiver->path, sns->request, request_header(sns->request, "x-amz-sns-message-id"));
}

static struct error accept_signed(struct sns_request *sns)
{
  struct sns_receiver *receiver = sns->receiver;
  struct sns_message *message = &sns->message;
  int64_t now_us = request_received_at_us(sns->request);
  TRY(sns_message_read(request_arena(sns->request), request_body(sns->request), message));
  TRY(check_topic(receiver, message->topic_arn));
  TRY(sns_topic_place(message->topic_arn, &sns->place));
  TRY(sns_message_check_age(message, now_us));
  TRY(sns_message_check_certificate_url(message, &sns->place));
  const struct sns_certificate *certificate = sns_certificates_find(receiver->certificates, message->certificate_url);
  if (certificate != NULL) {
    return take_signed(sns, certificate);
  }
  sns->waiter.resume = after_certificate;
  return sns_certificates_wait(receiver->certificates, message->certificate_url, now_us, &sns->waiter);
}

static struct error accept_message(struct request *request, void *context)
{
  struct sns_receiver *receiver = context;
  struct sns_request *sns = arena_alloc(request_arena(request), sizeof *sns);
  sns->receiver = receiver;
  sns->request = request;
  atomic_store(&receiver->server, request_server(request));
  return is_raw(request) ? accept_raw(sns) : accept_signed(sns);
}

/* ---- making ---- */

static struct error check_topics(const char *topics_allowed)
{
  struct text rest = text_from(topics_allowed);
  struct text topic = TEXT("");
  struct sns_place place;
  while (text_split(&rest, ',', &topic)) {
    struct error error = sns_topic_place(text_trim(topic), &place);
    if (error.code != ERROR_NONE) {
      return error_at(ERROR_SETUP, "sns-topics-allowed", "%s, comma separated: %.*s", error.detail, TEXT_ARGS(topic));
    }
  }
  return error_none();
}

struct error sns_receiver_new(struct sns_receiver_settings settings, struct sns_receiver **receiver)
{
  TRY(check_topics(settings.topics_allowed));
  struct sns_receiver *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->settings = settings;
  made->path = (struct sns_path){.writer = settings.writer,
                                 .objects = settings.objects,
                                 .messages = settings.messages,
                                 .spool = settings.spool,
                                 .events = settings.events};
  made->certificates = sns_certificates_new((struct sns_fetcher){start_fetch, made});
  made->routes[0] = (struct route){.method = HTTP_POST,
                                   .pattern = "/ingest/sns",
                                   .role = ROLE_INGEST,
                                   .summary = "Messages of Amazon SNS: notifications of S3, or events",
                                   .accept = accept_message,
                                   .body_max_bytes = BODY_MAX_BYTES,
                                   .admit = admit};
  made->routes[1] = made->routes[0];
  made->routes[1].pattern = "/ingest/sns/";
  if (settings.metrics != NULL) {
    made->path.refused = metrics_counter(settings.metrics, "crumbtrail_ingest_refused_total", "path=\"sns\"",
                                         "Deliveries answered 503: the queue was full or the database away.");
  }
  *receiver = made;
  return error_none();
}

/* Says on the HTTP thread that it is over, and that it has been heard. */
struct farewell {
  struct http_task task;
  struct sns_receiver *receiver;
  sem_t heard;
};

static void hear(struct http_task *task)
{
  struct farewell *farewell = (struct farewell *)task;
  farewell->receiver->path.is_stopping = true;
  (void)sem_post(&farewell->heard);
}

void sns_receiver_stop(struct sns_receiver *receiver)
{
  struct http_server *server = receiver != NULL ? atomic_load(&receiver->server) : NULL;
  if (server == NULL) {
    return;
  }
  struct farewell farewell = {.task = {.run = hear}, .receiver = receiver};
  (void)sem_init(&farewell.heard, 0, 0);
  http_server_post(server, &farewell.task);
  while (sem_wait(&farewell.heard) != 0) {
  }
  (void)sem_destroy(&farewell.heard);
}

void sns_receiver_free(struct sns_receiver *receiver)
{
  if (receiver != NULL) {
    sns_certificates_free(receiver->certificates);
    buffer_free(&receiver->path.scratch);
    free(receiver);
  }
}

struct route_table sns_receiver_routes(struct sns_receiver *receiver)
{
  return (struct route_table){.routes = receiver->routes, .count = 2, .context = receiver};
}
