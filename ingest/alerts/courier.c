#include "ingest/alerts/courier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/alerts/courier_flight.h"
#include "ingest/alerts/mail_message.h"
#include "ingest/alerts/outbox.h"
#include "ingest/alerts/webhook_signature.h"
#include "server/aws/sns.h"
#include "server/base/clock.h"
#include "server/json/reader.h"
#include "server/log.h"

static const char CHANNEL[] = "crumbtrail_outbox";

enum {
  POLL_MS = 500,
  RETRY_MS = 2000,
  FLIGHTS_MAX = 256,
  CHANNEL_FLIGHTS_MAX = 8,
  /* A lease outlives its attempt, also when settling takes a moment. */
  LEASE_MARGIN_MS = 10000,
  EXPIRE_INTERVAL_MS = 5000,
  STOP_GRACE_MS = 1000,
  ARENA_BYTES = 64 * 1024,
};

struct courier {
  struct courier_settings settings;
  pthread_t thread;
  atomic_bool is_stopping;
  struct courier_transport *transport;
  struct courier_landings landings;
  struct db_connection *connection;
  struct arena *arena;
  struct courier_flight *flights; /* under way, or ended and not written down yet */
  size_t flight_count;
  bool has_work; /* there may be messages that can be taken now */
  int64_t expire_due_at_us;
  unsigned int seed;
  struct counter *delivered;
  struct counter *failed;
  struct counter *given_up;
  struct histogram *seconds;
};

/* ---- out ---- */

static void post(struct courier *courier, struct courier_flight *flight, const struct courier_message *message)
{
  const int64_t now_s = clock_now_us() / US_PER_SECOND;
  const struct text body = courier_message_json(courier->arena, message);
  const struct text id = text_from(arena_printf(courier->arena, "msg_%.*s", TEXT_ARGS(message->message_id)));
  const struct text signature = webhook_sign(courier->arena, message->secret, id, now_s, body);
  courier_transport_post(courier->transport, flight, message->url, id, now_s, signature, body);
}

static bool read_addresses(struct arena *arena, struct text json, const struct text **addresses, size_t *count)
{
  const struct json *root = NULL;
  const struct error error = json_parse(arena, json, JSON_LIMITS_DEFAULT, &root);
  if (error.code != ERROR_NONE || root->type != JSON_ARRAY) {
    return false;
  }
  struct text *items = arena_alloc_array(arena, root->count + 1, sizeof *items);
  *count = 0;
  JSON_EACH (child, root) {
    items[(*count)++] = child->text;
  }
  *addresses = items;
  return *count > 0;
}

static void fail(struct courier_flight *flight, const char *why)
{
  const struct courier_outcome outcome = courier_outcome_again(text_from(why), 0);
  courier_flight_end(flight, &outcome);
}

static void mail(struct courier *courier, struct courier_flight *flight, const struct courier_message *message)
{
  const struct config *config = courier->settings.config;
  const struct text *to = NULL;
  size_t to_count = 0;
  struct buffer bytes = {0};
  if (config->smtp_url[0] == '\0' || config->mail_from[0] == '\0') {
    fail(flight, "no mail server: set smtp-url and mail-from");
    return;
  }
  if (!read_addresses(courier->arena, message->addresses, &to, &to_count)) {
    fail(flight, "the channel has no addresses");
    return;
  }
  const struct mail_message letter = {.from = text_from(config->mail_from),
                                      .to = to,
                                      .to_count = to_count,
                                      .subject = message->title,
                                      .body = courier_message_text(courier->arena, message, text_from(config->public_url)),
                                      .message_id = message->message_id,
                                      .thread_id = message->thread_id,
                                      .date_us = message->at_us};
  mail_message_write(&bytes, &letter);
  courier_transport_mail(courier->transport, flight, mail_address_of(letter.from), to, to_count, buffer_text(&bytes));
  buffer_free(&bytes);
}

static void publish(struct courier *courier, struct courier_flight *flight, const struct courier_message *message)
{
  const struct sns_publication publication = {
      .topic_arn = message->topic_arn,
      .subject = message->title,
      .message = courier_message_sns(courier->arena, message, text_from(courier->settings.config->public_url)),
      .group_id = text_from(arena_printf(courier->arena, "alert-%lld", (long long)message->alert_id)),
      .deduplication_id = message->message_id};
  const struct aws_handlers handlers = {.context = flight, .on_done = courier_flight_on_published};
  flight->landings = &courier->landings;
  flight->request = sns_publish_request(&publication, handlers);
  const struct error error = aws_submit(courier->settings.aws, flight->request);
  if (error.code != ERROR_NONE) {
    aws_request_free(flight->request);
    flight->request = NULL;
    fail(flight, error.detail);
  }
}

static void launch(struct courier *courier, const struct courier_message *message)
{
  struct courier_flight *flight = courier_flight_new(message);
  flight->give_up_at_us = flight->began_us + courier->settings.config->message_timeout_ms * US_PER_MS;
  flight->next = courier->flights;
  courier->flights = flight;
  courier->flight_count++;
  switch (message->kind) {
  case COURIER_WEBHOOK:
    post(courier, flight, message);
    break;
  case COURIER_MAIL:
    mail(courier, flight, message);
    break;
  case COURIER_SNS:
    publish(courier, flight, message);
    break;
  }
}

static size_t count_of_channel(const struct courier *courier, struct text channel)
{
  size_t count = 0;
  for (const struct courier_flight *flight = courier->flights; flight != NULL; flight = flight->next) {
    count += text_equal(flight->channel, channel) ? 1 : 0;
  }
  return count;
}

/* Channels that have as much under way as they may; one may be named more than once. */
static size_t find_full_channels(const struct courier *courier, struct text *full)
{
  size_t count = 0;
  for (const struct courier_flight *flight = courier->flights; flight != NULL; flight = flight->next) {
    if (count_of_channel(courier, flight->channel) >= CHANNEL_FLIGHTS_MAX) {
      full[count++] = flight->channel;
    }
  }
  return count;
}

static struct error take(struct courier *courier)
{
  if (courier->flight_count + CHANNEL_FLIGHTS_MAX > FLIGHTS_MAX) {
    return error_none();
  }
  struct text *full = arena_alloc_array(courier->arena, courier->flight_count + 1, sizeof *full);
  const struct outbox_claim claim = {.now_us = clock_now_us(),
                                     .lease_us = (courier->settings.config->message_timeout_ms + LEASE_MARGIN_MS) * US_PER_MS,
                                     .full_channels = full,
                                     .full_count = find_full_channels(courier, full),
                                     .channel_max = CHANNEL_FLIGHTS_MAX,
                                     .rows_max = (int)(FLIGHTS_MAX - courier->flight_count)};
  struct outbox_messages messages = {NULL, 0};
  TRY(outbox_claim(courier->connection, courier->arena, &claim, &messages));
  for (size_t i = 0; i < messages.count; i++) {
    launch(courier, &messages.items[i]);
  }
  courier->has_work = messages.count != 0;
  return error_none();
}

/* ---- in ---- */

static void note(struct courier *courier, const struct courier_flight *flight)
{
  const struct courier_outcome *outcome = &flight->outcome;
  histogram_observe(courier->seconds, (double)(clock_monotonic_us() - flight->began_us) / (double)US_PER_SECOND);
  counter_add(outcome->verdict == COURIER_DELIVERED ? courier->delivered : courier->failed, 1);
  if (outcome->verdict != COURIER_DELIVERED || outcome->answer.length != 0) {
    LOG_WARNING("alert_message_not_delivered", "outbox_id=%lld channel=%s tries=%d status=%d problem=%s",
                (long long)flight->outbox_id, log_quote(flight->channel), flight->tries, outcome->status,
                log_quote(outcome->answer));
  }
}

/* Those that have ended leave the list. */
static struct courier_flight *take_ended(struct courier *courier, size_t *count)
{
  struct courier_flight *ended = NULL;
  struct courier_flight **link = &courier->flights;
  *count = 0;
  while (*link != NULL) {
    struct courier_flight *flight = *link;
    if (!flight->has_outcome || flight->request != NULL) {
      link = &flight->next;
      continue;
    }
    *link = flight->next;
    flight->next = ended;
    ended = flight;
    (*count)++;
  }
  courier->flight_count -= *count;
  return ended;
}

static struct error write_down(struct courier *courier, const struct courier_flight *ended, size_t count)
{
  const int64_t now_us = clock_now_us();
  struct outbox_result *results = arena_alloc_array(courier->arena, count, sizeof *results);
  size_t at = 0;
  for (const struct courier_flight *flight = ended; flight != NULL; flight = flight->next, at++) {
    const int64_t pause_us = courier_pause_us(flight->tries, flight->outcome.asked_for_s, (uint32_t)rand_r(&courier->seed));
    note(courier, flight);
    results[at] = (struct outbox_result){.outbox_id = flight->outbox_id,
                                         .channel = flight->channel,
                                         .verdict = flight->outcome.verdict,
                                         .status = flight->outcome.status,
                                         .answer = flight->outcome.answer,
                                         .next_try_at_us = now_us + pause_us};
  }
  const int64_t disable_after_us = courier->settings.config->channel_disable_after_s * US_PER_SECOND;
  return courier->connection != NULL
             ? outbox_settle(courier->connection, courier->arena, results, count, now_us, disable_after_us)
             : error_none();
}

/* Without a connection what was heard is lost, and the message goes out again after its lease, recognisable by its id. */
static struct error settle(struct courier *courier)
{
  size_t count = 0;
  struct courier_flight *ended = take_ended(courier, &count);
  if (ended == NULL) {
    return error_none();
  }
  courier->has_work = true; /* its channel may take the next */
  const struct error error = write_down(courier, ended, count);
  while (ended != NULL) {
    struct courier_flight *next = ended->next;
    courier_flight_free(ended);
    ended = next;
  }
  return error;
}

static void on_done(void *context, void *flight, const struct courier_outcome *outcome)
{
  (void)context;
  courier_flight_end(flight, outcome);
}

static void take_landings(struct courier *courier)
{
  pthread_mutex_lock(&courier->landings.mutex);
  struct courier_flight *landed = courier->landings.first;
  courier->landings.first = NULL;
  pthread_mutex_unlock(&courier->landings.mutex);
  for (; landed != NULL; landed = landed->next_landed) {
    aws_request_free(landed->request);
    landed->request = NULL;
  }
}

static void give_up_late(struct courier *courier, bool all)
{
  const int64_t now_us = clock_monotonic_us();
  for (struct courier_flight *flight = courier->flights; flight != NULL; flight = flight->next) {
    if (flight->request != NULL && (all || now_us >= flight->give_up_at_us)) {
      aws_cancel(flight->request);
    }
  }
}

/* ---- the thread ---- */

static struct error expire(struct courier *courier)
{
  size_t given_up = 0;
  if (clock_monotonic_us() < courier->expire_due_at_us) {
    return error_none();
  }
  courier->expire_due_at_us = clock_monotonic_us() + EXPIRE_INTERVAL_MS * US_PER_MS;
  TRY(outbox_expire(courier->connection, courier->arena, clock_now_us(),
                    courier->settings.config->message_give_up_after_s * US_PER_SECOND, &given_up));
  counter_add(courier->given_up, given_up);
  return error_none();
}

static struct error work(struct courier *courier)
{
  int notified = 0;
  arena_reset(courier->arena);
  TRY(expire(courier));
  TRY(take(courier));
  courier_transport_run(courier->transport, db_socket(courier->connection), courier->has_work ? 0 : POLL_MS, on_done, courier);
  give_up_late(courier, false);
  take_landings(courier);
  TRY(settle(courier));
  return db_wait_notify(courier->connection, -1, 0, &notified);
}

static struct error connect_and_work(struct courier *courier)
{
  TRY(db_open(courier->settings.database, &courier->connection));
  TRY(db_listen(courier->connection, CHANNEL));
  while (!atomic_load(&courier->is_stopping)) {
    TRY(work(courier));
  }
  return error_none();
}

static bool has_flights_out(const struct courier *courier)
{
  for (const struct courier_flight *flight = courier->flights; flight != NULL; flight = flight->next) {
    if (!flight->has_outcome) {
      return true;
    }
  }
  return false;
}

/* What is about to arrive may; requests of SNS must have ended before they are freed. */
static void end_flights(struct courier *courier)
{
  const int64_t grace_until_us = clock_monotonic_us() + STOP_GRACE_MS * US_PER_MS;
  bool waits = true;
  while (has_flights_out(courier) && clock_monotonic_us() < grace_until_us) {
    courier_transport_run(courier->transport, -1, STOP_GRACE_MS / 4, on_done, courier);
    take_landings(courier);
  }
  give_up_late(courier, true);
  while (waits) {
    take_landings(courier);
    waits = false;
    for (const struct courier_flight *flight = courier->flights; flight != NULL; flight = flight->next) {
      waits |= flight->request != NULL;
    }
    if (waits) {
      courier_transport_run(courier->transport, -1, POLL_MS, on_done, courier);
    }
  }
  arena_reset(courier->arena);
  const struct error error = settle(courier);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_WARNING, "courier_failed", &error);
  }
}

static void *run(void *argument)
{
  struct courier *courier = argument;
  pthread_setname_np(pthread_self(), "courier");
  while (!atomic_load(&courier->is_stopping)) {
    const struct error error = connect_and_work(courier);
    if (error.code == ERROR_NONE) {
      break;
    }
    log_error(LOG_LEVEL_WARNING, "courier_failed", &error);
    db_close(courier->connection);
    courier->connection = NULL;
    courier_transport_run(courier->transport, -1, RETRY_MS, on_done, courier);
  }
  end_flights(courier);
  db_close(courier->connection);
  courier->connection = NULL;
  return NULL;
}

static void free_courier(struct courier *courier)
{
  courier_transport_free(courier->transport);
  while (courier->flights != NULL) {
    struct courier_flight *next = courier->flights->next;
    courier_flight_free(courier->flights);
    courier->flights = next;
  }
  pthread_mutex_destroy(&courier->landings.mutex);
  arena_free(courier->arena);
  free(courier);
}

static void register_metrics(struct courier *courier)
{
  static const char name[] = "crumbtrail_alert_messages_total";
  static const char help[] = "Attempts to deliver messages of alerts, by what came of them, and messages given up.";
  struct metrics *metrics = courier->settings.metrics;
  courier->delivered = metrics_counter(metrics, name, "result=\"delivered\"", help);
  courier->failed = metrics_counter(metrics, name, "result=\"failed\"", help);
  courier->given_up = metrics_counter(metrics, name, "result=\"given_up\"", help);
  courier->seconds =
      metrics_histogram(metrics, "crumbtrail_alert_message_seconds", "", "Time of an attempt to deliver.",
                        METRICS_BOUNDS_SECONDS, sizeof METRICS_BOUNDS_SECONDS / sizeof METRICS_BOUNDS_SECONDS[0]);
}

static struct courier_transport *make_transport(const struct courier_settings *settings)
{
  const struct config *config = settings->config;
  return courier_transport_new(
      (struct courier_transport_settings){.egress = settings->egress,
                                          .timeout_ms = config->message_timeout_ms,
                                          .ca_file = config->ca_file,
                                          .smtp_url = config->smtp_url,
                                          .smtp_user = config->smtp_user,
                                          .smtp_password = config->smtp_password,
                                          .smtp_needs_tls = strcmp(config->smtp_tls, "required") == 0});
}

struct error courier_start(struct courier_settings settings, struct courier **started)
{
  struct courier *courier = calloc(1, sizeof *courier);
  if (courier == NULL) {
    error_out_of_memory(sizeof *courier);
  }
  courier->settings = settings;
  courier->arena = arena_new(ARENA_BYTES);
  courier->transport = make_transport(&settings);
  courier->landings.transport = courier->transport;
  courier->seed = (unsigned int)clock_monotonic_us();
  pthread_mutex_init(&courier->landings.mutex, NULL);
  register_metrics(courier);
  if (pthread_create(&courier->thread, NULL, run, courier) != 0) {
    free_courier(courier);
    return error_make(ERROR_SETUP, "cannot start the courier's thread");
  }
  *started = courier;
  return error_none();
}

void courier_stop(struct courier *courier)
{
  if (courier == NULL) {
    return;
  }
  atomic_store(&courier->is_stopping, true);
  courier_transport_wake(courier->transport);
  pthread_join(courier->thread, NULL);
  free_courier(courier);
}
