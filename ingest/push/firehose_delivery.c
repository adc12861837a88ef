#include "ingest/push/firehose_delivery.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ingest/stream/event_stream.h"
#include "ingest/push/firehose_answer.h"
#include "ingest/push/firehose_body.h"
#include "server/http/http_server.h"
#include "server/log.h"
#include "server/metrics.h"

struct firehose_delivery {
  struct http_task room; /* first, so that each task leads back to its delivery */
  struct http_task finished;
  struct http_task looked_up;
  const struct firehose_settings *settings;
  struct firehose_counters counters;
  struct request *request; /* NULL: released */
  struct http_server *server;
  pthread_t thread; /* the HTTP one */
  struct arena *arena;
  struct text header_id;
  struct message_lookup lookup;
  bool is_looking_up;
  bool is_known;        /* taken already: the body is thrown away */
  bool is_broken;       /* the same body: its beginning is no JSON, or none of Firehose */
  bool has_met_records; /* of a body that is thrown away: what stands before them has been read */
  struct firehose_body *body;
  struct event_stream *stream; /* NULL: not made yet, or ended */
  bool stream_is_open;         /* on_finished has not been seen */
  bool has_token;              /* that the stream had no room for */
  struct firehose_token token;
  bool has_failed;   /* the stream takes nothing more */
  bool is_answering; /* the body has ended: on_finished brings the answer */
  atomic_bool room_is_posted;
  struct event_stream_totals totals;
};

#define DELIVERY_OF(task_pointer, member) \
  ((struct firehose_delivery *)((char *)(task_pointer)-offsetof(struct firehose_delivery, member)))

static void free_when_over(struct firehose_delivery *delivery)
{
  if (delivery->request == NULL && !delivery->is_looking_up && !delivery->stream_is_open &&
      !atomic_load(&delivery->room_is_posted)) {
    firehose_body_free(delivery->body);
    arena_free(delivery->arena);
    free(delivery);
  }
}

struct text firehose_delivery_request_id(const struct firehose_delivery *delivery)
{
  return delivery->header_id.length != 0 ? delivery->header_id : firehose_body_request_id(delivery->body);
}

/* ---- the answer ---- */

/* Which error the sender gets for the outcome; that of its own data is none, they are in `rejected`. */
static struct error answer_error(const struct firehose_delivery *delivery)
{
  const struct error *outcome = &delivery->totals.outcome;
  if (outcome->code == ERROR_DATABASE_REFUSED) {
    return error_make(ERROR_DATABASE_AWAY, "the database cannot store it now");
  }
  if (outcome->code == ERROR_NONE && firehose_delivery_request_id(delivery).length == 0) {
    return error_at(ERROR_BAD_INPUT, "requestId", "neither the header X-Amz-Firehose-Request-Id nor the body has one");
  }
  return *outcome;
}

static void warn_when_ids_differ(const struct firehose_delivery *delivery)
{
  struct text in_body = firehose_body_request_id(delivery->body);
  if (in_body.length != 0 && delivery->header_id.length != 0 && !text_equal(in_body, delivery->header_id)) {
    LOG_WARNING("firehose_request_ids_differ", "header=%s body=%s", log_quote(delivery->header_id), log_quote(in_body));
  }
}

static void log_taken(const struct firehose_delivery *delivery)
{
  const struct event_stream_totals *totals = &delivery->totals;
  warn_when_ids_differ(delivery);
  LOG_DEBUG("firehose_taken", "id=%s events=%llu stored=%llu duplicates=%llu rejected=%llu spooled=%llu",
            log_quote(firehose_delivery_request_id(delivery)), (unsigned long long)totals->events,
            (unsigned long long)totals->stored, (unsigned long long)totals->duplicates, (unsigned long long)totals->rejected,
            (unsigned long long)totals->spooled);
}

static void answer(struct firehose_delivery *delivery)
{
  struct error error = answer_error(delivery);
  struct text id = firehose_delivery_request_id(delivery);
  if (error.code == ERROR_NONE) {
    log_taken(delivery);
    message_log_remember(delivery->settings->messages, SOURCE_FIREHOSE, id, request_received_at_us(delivery->request));
    firehose_answer(delivery->request, id, NULL);
  } else if (error.code != ERROR_BAD_INPUT && delivery->counters.refused != NULL) {
    counter_add(delivery->counters.refused, 1);
  }
  request_complete(delivery->request, error);
}

/* Of another body under the same id nothing would be stored: whoever misses its events finds the reason in the log. */
static void answer_known(struct firehose_delivery *delivery)
{
  if (delivery->has_met_records) {
    warn_when_ids_differ(delivery);
  }
  LOG_INFO("firehose_not_read_again", "id=%s detail=\"a delivery of this id was taken before\"",
           log_quote(delivery->header_id));
  if (delivery->counters.repeated != NULL) {
    counter_add(delivery->counters.repeated, 1);
  }
  firehose_answer(delivery->request, delivery->header_id, NULL);
  request_complete(delivery->request, error_none());
}

/* ---- what other threads bring ---- */

static void run_room(struct http_task *task)
{
  struct firehose_delivery *delivery = DELIVERY_OF(task, room);
  atomic_store(&delivery->room_is_posted, false);
  if (delivery->request != NULL) {
    request_continue_body(delivery->request);
  }
  free_when_over(delivery);
}

static void on_room(void *context)
{
  struct firehose_delivery *delivery = context;
  atomic_store(&delivery->room_is_posted, true);
  delivery->room = (struct http_task){.run = run_room};
  http_server_post(delivery->server, &delivery->room);
}

static void finish(struct firehose_delivery *delivery)
{
  delivery->stream = NULL;
  delivery->stream_is_open = false;
  if (delivery->request != NULL && delivery->is_answering) {
    answer(delivery);
  }
}

static void run_finished(struct http_task *task)
{
  struct firehose_delivery *delivery = DELIVERY_OF(task, finished);
  finish(delivery);
  free_when_over(delivery);
}

/* From the HTTP thread when the stream is ended there and nothing is under way: the caller goes on with it. */
static void on_finished(void *context, const struct event_stream_totals *totals)
{
  struct firehose_delivery *delivery = context;
  delivery->totals = *totals;
  if (pthread_equal(pthread_self(), delivery->thread)) {
    finish(delivery);
    return;
  }
  delivery->finished = (struct http_task){.run = run_finished};
  http_server_post(delivery->server, &delivery->finished);
}

static void run_looked_up(struct http_task *task)
{
  struct firehose_delivery *delivery = DELIVERY_OF(task, looked_up);
  delivery->is_looking_up = false;
  delivery->is_known = delivery->lookup.is_known;
  if (delivery->request != NULL) {
    request_continue_body(delivery->request);
  }
  free_when_over(delivery);
}

static void on_looked_up(struct message_lookup *first)
{
  while (first != NULL) {
    struct message_lookup *next = first->next;
    struct firehose_delivery *delivery = first->owner;
    delivery->looked_up = (struct http_task){.run = run_looked_up};
    http_server_post(delivery->server, &delivery->looked_up);
    first = next;
  }
}

/* ---- the body ---- */

static void open_stream(struct firehose_delivery *delivery)
{
  struct event_stream_settings stream = {.writer = delivery->settings->writer,
                                         .events = &delivery->settings->events,
                                         .source = SOURCE_FIREHOSE,
                                         .is_plain = true,
                                         .request_id = delivery->header_id.length != 0 ? delivery->header_id
                                                                                       : request_id(delivery->request),
                                         .received_at_us = request_received_at_us(delivery->request),
                                         .on_room = on_room,
                                         .on_finished = on_finished,
                                         .context = delivery};
  delivery->stream = event_stream_new(&stream);
  delivery->stream_is_open = true;
}

struct firehose_delivery *firehose_delivery_new(const struct firehose_settings *settings, struct request *request,
                                                struct text request_id, struct firehose_counters counters)
{
  struct firehose_delivery *delivery = calloc(1, sizeof *delivery);
  if (delivery == NULL) {
    error_out_of_memory(sizeof *delivery);
  }
  delivery->settings = settings;
  delivery->counters = counters;
  delivery->request = request;
  delivery->server = request_server(request);
  delivery->thread = pthread_self();
  delivery->arena = arena_new(512);
  delivery->header_id = text_copy(delivery->arena, request_id);
  delivery->body = firehose_body_new();
  open_stream(delivery);
  delivery->lookup = (struct message_lookup){
      .source = SOURCE_FIREHOSE, .message_id = delivery->header_id, .on_done = on_looked_up, .owner = delivery};
  delivery->is_looking_up = request_id.length != 0 && message_log_find(settings->messages, &delivery->lookup);
  return delivery;
}

/* Hands the token on. False: the stream has no room, or has failed. */
static bool hand_on(struct firehose_delivery *delivery)
{
  const struct firehose_token *token = &delivery->token;
  enum event_stream_state state = EVENT_STREAM_TAKEN;
  if (token->kind == FIREHOSE_RECORD) {
    state = event_stream_begin_record(delivery->stream, token->index);
  } else if (token->kind == FIREHOSE_BYTES) {
    state = event_stream_add(delivery->stream, token->bytes);
  } else if (token->kind == FIREHOSE_BAD) {
    state = event_stream_reject(delivery->stream, token->field, token->reason, token->bytes);
  }
  delivery->has_token = state == EVENT_STREAM_FULL;
  delivery->has_failed = state == EVENT_STREAM_FAILED;
  return state == EVENT_STREAM_TAKEN;
}

/* Of a body that is thrown away only its id is of interest, which Firehose puts before the records. */
static void read_id(struct firehose_delivery *delivery, struct text bytes)
{
  struct firehose_token token = {.kind = FIREHOSE_MORE};
  while (bytes.length != 0 && !delivery->is_broken && !delivery->has_met_records) {
    delivery->is_broken = firehose_body_next(delivery->body, &bytes, &token).code != ERROR_NONE;
    delivery->has_met_records = !delivery->is_broken && token.kind == FIREHOSE_RECORD;
  }
}

struct error firehose_delivery_data(void *context, struct text *bytes)
{
  struct firehose_delivery *delivery = context;
  if (delivery->is_looking_up || (delivery->has_token && !hand_on(delivery) && !delivery->has_failed)) {
    return error_none();
  }
  while (bytes->length != 0 && !delivery->is_known && !delivery->has_failed) {
    TRY(firehose_body_next(delivery->body, bytes, &delivery->token));
    if (!hand_on(delivery) && !delivery->has_failed) {
      return error_none();
    }
  }
  if (delivery->is_known) {
    read_id(delivery, *bytes);
  }
  *bytes = (struct text){bytes->data + bytes->length, 0};
  return error_none();
}

struct error firehose_delivery_end(void *context, bool *waits)
{
  struct firehose_delivery *delivery = context;
  if (delivery->is_looking_up || (delivery->has_token && !hand_on(delivery) && !delivery->has_failed)) {
    *waits = true;
    return error_none();
  }
  if (delivery->is_known) {
    answer_known(delivery);
    return error_none();
  }
  if (!delivery->has_failed) {
    TRY(firehose_body_end(delivery->body));
  }
  delivery->is_answering = true; /* it may come at once */
  *waits = event_stream_finish(delivery->stream) == EVENT_STREAM_FULL;
  delivery->is_answering = !*waits;
  return error_none();
}

void firehose_delivery_release(void *context)
{
  struct firehose_delivery *delivery = context;
  bool has_ended = delivery->is_answering;
  delivery->request = NULL;
  if (delivery->stream != NULL && !has_ended) {
    event_stream_abandon(delivery->stream, error_make(ERROR_CLIENT_GONE, "the delivery broke off"));
  }
  free_when_over(delivery);
}
