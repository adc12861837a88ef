#include "ingest/shadow/desired_sender.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/shadow/desired_flight.h"
#include "ingest/shadow/desired_outcome.h"
#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server/log.h"

static const char CHANNEL[] = "crumbtrail_desired";

enum {
  POLL_MS = 1000,
  RETRY_MS = 2000,
  IN_FLIGHT_MAX = 32,
  /* A request is given up before others may take the change. */
  FLIGHT_MAX_S = 15,
  CLAIM_S = 20,
  /* Shadows that are behind: some at a time, when their vehicle has been quiet for a while; then all anew after a pause. */
  BEHIND_AT_ONCE = 8,
  BEHIND_QUIET_S = 60,
  BEHIND_INTERVAL_S = 2,
  BEHIND_PAUSE_S = 300,
  ARENA_BYTES = 32 * 1024,
};

struct desired_sender {
  struct desired_sender_settings settings;
  pthread_t thread;
  atomic_bool is_stopping;
  struct desired_landings landings;
  /* The thread's own. */
  struct db_connection *connection;
  struct arena *arena;
  struct desired_flight *flights; /* in the air */
  size_t update_count;
  size_t read_count;
  int64_t behind_after;     /* vehicle_id */
  int64_t behind_due_at_us; /* monotonic */
  unsigned int seed;
  struct counter *outcomes[DESIRED_REFUSED + 1];
};

/* ---- in ---- */

static const char *verdict_word(enum desired_verdict verdict)
{
  static const char *const words[] = {"sent", "again", "refused"};
  return words[verdict];
}

/* The accepted document is a part of the shadow, the answer to a read the whole. */
static void hand_over(struct desired_sender *sender, const struct desired_flight *flight)
{
  const struct shadow_text text = {.form = flight->is_update ? SHADOW_EVENT : SHADOW_WHOLE,
                                   .text = aws_request_body(flight->request),
                                   .name = flight->shadow,
                                   .received_at_us = clock_now_us()};
  shadow_keeper_offer(sender->settings.shadows, flight->vehicle_id, &text);
}

static void note_outcome(struct desired_sender *sender, const struct desired_flight *flight,
                         const struct desired_outcome *outcome)
{
  if (sender->outcomes[outcome->verdict] != NULL) {
    counter_add(sender->outcomes[outcome->verdict], 1);
  }
  if (outcome->verdict != DESIRED_SENT) {
    LOG_WARNING("desired_not_sent", "id=%lld verdict=%s status=%d tries=%d problem=%s", (long long)flight->change_id,
                verdict_word(outcome->verdict), outcome->status, flight->tries, log_quote(outcome->problem));
  }
}

static struct error settle(struct desired_sender *sender, struct desired_flight *const *landed, size_t count)
{
  struct arena *arena = sender->arena;
  int64_t now_us = clock_now_us();
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  struct text *verdicts = arena_alloc_array(arena, count, sizeof *verdicts);
  int64_t *versions = arena_alloc_array(arena, count, sizeof *versions);
  uint8_t *has_no_version = arena_alloc_array(arena, count, 1);
  int32_t *statuses = arena_alloc_array(arena, count, sizeof *statuses);
  uint8_t *has_no_status = arena_alloc_array(arena, count, 1);
  struct text *problems = arena_alloc_array(arena, count, sizeof *problems);
  int64_t *next_us = arena_alloc_array(arena, count, sizeof *next_us);
  for (size_t i = 0; i < count; i++) {
    const struct desired_flight *flight = landed[i];
    const struct desired_outcome outcome =
        desired_outcome_of(arena, &flight->outcome, aws_request_body(flight->request), flight->tries);
    note_outcome(sender, flight, &outcome);
    ids[i] = flight->change_id;
    verdicts[i] = text_from(verdict_word(outcome.verdict));
    versions[i] = outcome.version;
    has_no_version[i] = outcome.verdict != DESIRED_SENT ? 1 : 0;
    statuses[i] = outcome.status;
    has_no_status[i] = outcome.verdict == DESIRED_SENT || outcome.status == 0 ? 1 : 0;
    problems[i] = outcome.problem;
    next_us[i] = now_us + desired_pause_us(flight->tries, (unsigned int)rand_r(&sender->seed));
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_text_array(parameters, verdicts, count);
  db_add_int64_array(parameters, versions, has_no_version, count);
  db_add_int32_array(parameters, statuses, has_no_status, count);
  db_add_text_array(parameters, problems, count);
  db_add_time_array(parameters, next_us, NULL, count);
  db_add_time(parameters, now_us);
  return db_run(sender->connection, &SQL_SETTLE_DESIRED, parameters, NULL);
}

/* Takes what has landed off the list of those in the air. */
static void take_off_list(struct desired_sender *sender, struct desired_flight *flight)
{
  struct desired_flight **link = &sender->flights;
  while (*link != flight) {
    link = &(*link)->next;
  }
  *link = flight->next;
  *(flight->is_update ? &sender->update_count : &sender->read_count) -= 1;
}

/* Without a connection what AWS said is lost, and the change is sent again after its claim: harmless. */
static struct error land(struct desired_sender *sender)
{
  struct desired_flight *updates[IN_FLIGHT_MAX];
  struct error error = error_none();
  size_t count = 0;
  struct desired_flight *flight = desired_landings_take(&sender->landings);
  for (struct desired_flight *next = NULL; flight != NULL; flight = next) {
    next = flight->next_landed;
    take_off_list(sender, flight);
    if (flight->outcome.result == AWS_OK) {
      hand_over(sender, flight);
    }
    if (flight->is_update) {
      updates[count++] = flight;
    } else {
      desired_flight_free(flight);
    }
  }
  if (count != 0 && sender->connection != NULL) {
    arena_reset(sender->arena);
    error = settle(sender, updates, count);
  }
  for (size_t i = 0; i < count; i++) {
    desired_flight_free(updates[i]);
  }
  return error;
}

/* ---- out ---- */

static struct error launch(struct desired_sender *sender, struct desired_flight *flight)
{
  flight->landings = &sender->landings;
  flight->give_up_at_us = clock_monotonic_us() + FLIGHT_MAX_S * US_PER_SECOND;
  struct error error = aws_submit(sender->settings.aws, flight->request);
  if (error.code != ERROR_NONE) {
    desired_flight_free(flight);
    return error;
  }
  flight->next = sender->flights;
  sender->flights = flight;
  *(flight->is_update ? &sender->update_count : &sender->read_count) += 1;
  return error_none();
}

static struct error send_waiting(struct desired_sender *sender)
{
  if (sender->update_count == IN_FLIGHT_MAX) {
    return error_none();
  }
  int64_t now_us = clock_now_us();
  const struct db_rows *rows = NULL;
  arena_reset(sender->arena);
  struct db_parameters *parameters = db_parameters_new(sender->arena);
  db_add_time(parameters, now_us);
  db_add_time(parameters, now_us + CLAIM_S * US_PER_SECOND);
  db_add_int64(parameters, (int64_t)(IN_FLIGHT_MAX - sender->update_count));
  TRY(db_query(sender->connection, sender->arena, &SQL_CLAIM_DESIRED, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct iot_shadow target = {db_text(rows, row, 2), db_text(rows, row, 3)};
    struct desired_flight *flight =
        desired_flight_of_update(target, db_int64(rows, row, 0), db_jsonb(rows, row, 4), db_int64(rows, row, 1));
    flight->tries = (int)db_int64(rows, row, 5);
    TRY(launch(sender, flight));
  }
  return error_none();
}

static struct error read_behind(struct desired_sender *sender)
{
  if (sender->read_count != 0 || clock_monotonic_us() < sender->behind_due_at_us) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  arena_reset(sender->arena);
  struct db_parameters *parameters = db_parameters_new(sender->arena);
  db_add_int64(parameters, sender->behind_after);
  db_add_time(parameters, clock_now_us() - BEHIND_QUIET_S * US_PER_SECOND);
  db_add_int64(parameters, BEHIND_AT_ONCE);
  TRY(db_query(sender->connection, sender->arena, &SQL_LIST_BEHIND_SHADOWS, parameters, &rows));
  int count = db_row_count(rows);
  sender->behind_after = count == BEHIND_AT_ONCE ? db_int64(rows, count - 1, 0) : 0;
  int64_t pause_s = count == BEHIND_AT_ONCE ? BEHIND_INTERVAL_S : BEHIND_PAUSE_S;
  sender->behind_due_at_us = clock_monotonic_us() + pause_s * US_PER_SECOND;
  for (int row = 0; row < count; row++) {
    const struct iot_shadow target = {db_text(rows, row, 1), TEXT("")};
    TRY(launch(sender, desired_flight_of_read(target, db_int64(rows, row, 0))));
  }
  return error_none();
}

static void give_up_late(struct desired_sender *sender)
{
  int64_t now_us = clock_monotonic_us();
  for (struct desired_flight *flight = sender->flights; flight != NULL; flight = flight->next) {
    if (now_us >= flight->give_up_at_us) {
      aws_cancel(flight->request);
    }
  }
}

/* ---- the thread ---- */

static struct error work(struct desired_sender *sender)
{
  int notified = 0;
  TRY(send_waiting(sender));
  TRY(read_behind(sender));
  give_up_late(sender);
  TRY(db_wait_notify(sender->connection, desired_landings_fd(&sender->landings), POLL_MS, &notified));
  return land(sender);
}

/* Requests are this thread's to free, and only when the client is through with them. */
static struct error end_flights(struct desired_sender *sender)
{
  struct error error = error_none();
  for (struct desired_flight *flight = sender->flights; flight != NULL; flight = flight->next) {
    aws_cancel(flight->request);
  }
  while (sender->flights != NULL) {
    desired_landings_wait(&sender->landings, POLL_MS);
    struct error failure = land(sender);
    error = failure.code != ERROR_NONE ? failure : error;
  }
  return error;
}

static struct error connect_and_work(struct desired_sender *sender)
{
  TRY(db_open(sender->settings.database, &sender->connection));
  TRY(db_listen(sender->connection, CHANNEL));
  while (!atomic_load(&sender->is_stopping)) {
    TRY(work(sender));
  }
  return end_flights(sender);
}

static void *run(void *argument)
{
  struct desired_sender *sender = argument;
  pthread_setname_np(pthread_self(), "desired");
  while (!atomic_load(&sender->is_stopping)) {
    struct error error = connect_and_work(sender);
    db_close(sender->connection);
    sender->connection = NULL;
    if (error.code != ERROR_NONE) {
      log_error(LOG_LEVEL_WARNING, "desired_sender_failed", &error);
      desired_landings_wait(&sender->landings, RETRY_MS);
      error = land(sender);
    }
  }
  struct error error = end_flights(sender); /* of a thread that was stopped while it had no connection */
  (void)error;
  return NULL;
}

struct error desired_sender_start(struct desired_sender_settings settings, struct desired_sender **started)
{
  struct desired_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL) {
    error_out_of_memory(sizeof *sender);
  }
  sender->settings = settings;
  sender->arena = arena_new(ARENA_BYTES);
  sender->seed = (unsigned int)clock_monotonic_us();
  for (int verdict = 0; settings.metrics != NULL && verdict <= DESIRED_REFUSED; verdict++) {
    const char *labels = arena_printf(sender->arena, "result=\"%s\"", verdict_word((enum desired_verdict)verdict));
    sender->outcomes[verdict] = metrics_counter(settings.metrics, "crumbtrail_desired_requests_total", labels,
                                                "Changes of desired states that were sent to AWS IoT, by what came of it.");
  }
  struct error error = desired_landings_make(&sender->landings);
  if (error.code == ERROR_NONE && pthread_create(&sender->thread, NULL, run, sender) != 0) {
    desired_landings_close(&sender->landings);
    error = error_make(ERROR_SETUP, "cannot start the thread that sends desired states");
  }
  if (error.code != ERROR_NONE) {
    arena_free(sender->arena);
    free(sender);
    return error;
  }
  *started = sender;
  return error_none();
}

void desired_sender_stop(struct desired_sender *sender)
{
  if (sender == NULL) {
    return;
  }
  atomic_store(&sender->is_stopping, true);
  desired_landings_wake(&sender->landings);
  pthread_join(sender->thread, NULL);
  desired_landings_close(&sender->landings);
  arena_free(sender->arena);
  free(sender);
}
