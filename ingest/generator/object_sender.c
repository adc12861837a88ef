#include "ingest/generator/object_sender.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/aws/s3.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"

static const int64_t PAUSE_US = US_PER_SECOND;
enum { ETAG_MAX = 96, VERSION_MAX = 128, REASON_MAX = 240 };

enum put_state { PUT_FREE, PUT_RUNNING, PUT_PAUSED, PUT_STORED /* and not told yet */ };

/* One object on its way. Filled by the generator's thread; while it runs, the client's thread writes the outcome. */
struct put {
  struct object_sender *owner;
  enum put_state state;
  struct buffer body;
  struct buffer key;
  int64_t events;
  int64_t again_at_us; /* PUT_PAUSED */
  enum aws_result result;
  bool is_temporary;
  char etag[ETAG_MAX];
  char version_id[VERSION_MAX];
  char reason[REASON_MAX];
  struct put *next_done;
};

struct object_sender {
  struct http_sender *http;
  const struct sink_options *options;
  const char *region;
  struct aws_client *client;
  struct put *puts;
  int free_count;
  int64_t *last_time_ms; /* per vehicle: two events of a thing never share a name */
  uint32_t vehicles;
  struct firehose_batch batch;
  uint64_t batches;
  pthread_mutex_t lock;
  struct put *done; /* under the lock */
  int64_t events_sent;
  int64_t events_stored;
  int64_t objects_stored;
  int64_t bytes_stored;
  int64_t retries;
  int64_t told;
  int64_t not_told;
};

const char *const *object_sender_headers(struct arena *arena, const struct sink_options *options, const char *ingest_key)
{
  const char **headers = arena_alloc_array(arena, 2, sizeof *headers);
  if (ingest_key[0] != '\0') {
    headers[0] = options->notify_style == NOTIFICATION_MINIO ? arena_printf(arena, "Authorization: Bearer %s", ingest_key)
                                                             : arena_printf(arena, "x-ingest-key: %s", ingest_key);
  }
  return headers;
}

static void copy_header(const struct aws_request *request, const char *name, char *out, size_t size)
{
  struct text value = {0};
  if (aws_request_header(request, name, &value) && value.length >= 2 && value.data[0] == '"') {
    value = (struct text){value.data + 1, value.length - 2};
  }
  snprintf(out, size, "%.*s", (int)value.length, value.length > 0 ? value.data : "");
}

/* On the client's thread. */
static void put_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct put *put = context;
  struct object_sender *sender = put->owner;
  put->result = outcome->result;
  put->is_temporary = outcome->is_temporary;
  if (outcome->result == AWS_OK) {
    copy_header(request, "etag", put->etag, sizeof put->etag);
    copy_header(request, "x-amz-version-id", put->version_id, sizeof put->version_id);
  } else {
    snprintf(put->reason, sizeof put->reason, "%.*s", REASON_MAX - 1, outcome->error.detail);
  }
  aws_request_free(request);
  pthread_mutex_lock(&sender->lock);
  put->next_done = sender->done;
  sender->done = put;
  pthread_mutex_unlock(&sender->lock);
  http_sender_wake(sender->http);
}

static void pause_put(struct put *put)
{
  put->state = PUT_PAUSED;
  put->again_at_us = clock_monotonic_us() + PAUSE_US;
  put->owner->retries++;
}

static void start_put(struct put *put)
{
  struct object_sender *sender = put->owner;
  struct s3_put what = {.object = {.bucket = sender->options->bucket, .key = buffer_text(&put->key)},
                        .body = buffer_text(&put->body),
                        .content_type = "application/octet-stream"};
  struct aws_request *request = s3_put_request(what, (struct aws_handlers){.context = put, .on_done = put_done});
  put->state = PUT_RUNNING;
  struct error error = aws_submit(sender->client, request);
  if (error.code != ERROR_NONE) {
    aws_request_free(request);
    pause_put(put);
  }
}

static void free_put(struct put *put)
{
  put->state = PUT_FREE;
  put->owner->free_count++;
}

static void count_told(void *context, const struct http_answer *answer)
{
  struct object_sender *sender = context;
  if (answer->status / 100 == 2) {
    sender->told++;
    return;
  }
  sender->not_told++;
  http_sender_fail_answer(sender->http, "the notification was", answer);
}

static void tell(struct put *put)
{
  struct object_sender *sender = put->owner;
  struct buffer body = {0};
  struct stored_object object = {.bucket = sender->options->bucket,
                                 .key = buffer_text(&put->key),
                                 .etag = text_from(put->etag),
                                 .version_id = text_from(put->version_id),
                                 .region = text_from(sender->region),
                                 .size_bytes = (int64_t)put->body.length,
                                 .stored_at_us = clock_now_us(),
                                 .sequence = (uint32_t)sender->objects_stored};
  s3_notification_write(&body, sender->options->notify_style, &object);
  http_sender_post(sender->http, &(struct http_post){.method = "POST",
                                                     .url = sender->options->notify,
                                                     .body = &body,
                                                     .events = put->events,
                                                     .on_answer = count_told,
                                                     .context = sender});
  buffer_free(&body);
}

static void judge(struct put *put)
{
  struct object_sender *sender = put->owner;
  if (put->result == AWS_OK) {
    sender->objects_stored++;
    sender->events_stored += put->events;
    sender->bytes_stored += (int64_t)put->body.length;
    put->state = PUT_STORED;
    return;
  }
  bool is_temporary = put->is_temporary && put->result != AWS_NO_CREDENTIALS;
  http_sender_fail(sender->http, !is_temporary && put->result != AWS_CANCELLED, "S3", text_from(put->reason));
  if (is_temporary) {
    http_sender_say_trying(sender->http, "S3", put->reason);
    pause_put(put);
  } else {
    free_put(put);
  }
}

static void judge_done(struct object_sender *sender)
{
  pthread_mutex_lock(&sender->lock);
  struct put *put = sender->done;
  sender->done = NULL;
  pthread_mutex_unlock(&sender->lock);
  while (put != NULL) {
    struct put *next = put->next_done;
    judge(put);
    put = next;
  }
}

/* What is stored is told, what waited long enough is put again. */
static int64_t move_on(void *context)
{
  struct object_sender *sender = context;
  judge_done(sender);
  int64_t next_us = INT64_MAX;
  int64_t now_us = clock_monotonic_us();
  for (int64_t i = 0; i < sender->options->connections; i++) {
    struct put *put = &sender->puts[i];
    bool must_tell = sender->options->notify[0] != '\0';
    if (put->state == PUT_STORED && (!must_tell || http_sender_can_post(sender->http))) {
      if (must_tell) {
        tell(put);
      }
      free_put(put);
    } else if (put->state == PUT_PAUSED && put->again_at_us <= now_us) {
      start_put(put);
    } else if (put->state == PUT_PAUSED && put->again_at_us < next_us) {
      next_us = put->again_at_us;
    }
  }
  return next_us;
}

static struct put *take_free(struct object_sender *sender)
{
  for (int64_t i = 0; sender->free_count > 0 && i < sender->options->connections; i++) {
    struct put *put = &sender->puts[i];
    if (put->state == PUT_FREE) {
      sender->free_count--;
      buffer_clear(&put->key);
      buffer_clear(&put->body);
      return put;
    }
  }
  return NULL;
}

static struct put *wait_for_free(struct object_sender *sender)
{
  while (sender->free_count == 0 && !http_sender_is_stopped(sender->http)) {
    http_sender_turn(sender->http, INT64_MAX);
  }
  return http_sender_is_stopped(sender->http) ? NULL : take_free(sender);
}

static void put_batch(struct object_sender *sender, struct put *put)
{
  struct firehose_batch *batch = &sender->batch;
  const struct sink_options *options = sender->options;
  char uuid[UUID_TEXT_MAX];
  object_uuid(buffer_text(&batch->bytes), sender->batches++, uuid);
  struct firehose_object object = {options->stream, batch->oldest_us, uuid, options->is_gzip};
  object_name_of_firehose(&put->key, options->prefix, &object);
  if (options->is_gzip) {
    gzip_compress(buffer_text(&batch->bytes), &put->body);
  } else {
    buffer_append_text(&put->body, buffer_text(&batch->bytes));
  }
  put->events = (int64_t)batch->count;
  firehose_batch_clear(batch);
  start_put(put);
}

static bool take_into_batch(struct object_sender *sender, const struct outgoing_event *event)
{
  if (firehose_batch_is_due(&sender->batch, event->body, event->arrived_us)) {
    struct put *put = wait_for_free(sender);
    if (put == NULL) {
      return false;
    }
    put_batch(sender, put);
  }
  firehose_batch_add(&sender->batch, event->body, event->arrived_us);
  return true;
}

static bool take_alone(struct object_sender *sender, const struct outgoing_event *event)
{
  struct put *put = wait_for_free(sender);
  if (put == NULL) {
    return false;
  }
  int64_t *last_ms = &sender->last_time_ms[event->vehicle % sender->vehicles];
  int64_t time_ms = event->arrived_us / US_PER_MS;
  *last_ms = time_ms > *last_ms ? time_ms : *last_ms + 1;
  object_name_of_event(&put->key, sender->options->prefix, sender->options->layout, event->thing, *last_ms);
  buffer_append_text(&put->body, event->body);
  put->events = 1;
  start_put(put);
  return true;
}

static bool take(void *context, const struct outgoing_event *event)
{
  struct object_sender *sender = context;
  bool taken = sender->options->layout == LAYOUT_FIREHOSE ? take_into_batch(sender, event) : take_alone(sender, event);
  sender->events_sent += taken;
  return taken;
}

static bool flush(void *context)
{
  struct object_sender *sender = context;
  struct put *put = sender->batch.count > 0 && !http_sender_is_stopped(sender->http) ? take_free(sender) : NULL;
  if (put != NULL) {
    put_batch(sender, put);
  }
  return sender->batch.count == 0 && sender->free_count == sender->options->connections;
}

/* A batch that is held when stop is set is put no more. */
static bool only_retries(void *context)
{
  struct object_sender *sender = context;
  bool runs = false;
  for (int64_t i = 0; i < sender->options->connections; i++) {
    const struct put *put = &sender->puts[i];
    runs = runs || put->state == PUT_RUNNING;
    if (put->state == PUT_STORED && http_sender_can_post(sender->http)) {
      return false;
    }
  }
  pthread_mutex_lock(&sender->lock);
  bool has_news = sender->done != NULL;
  pthread_mutex_unlock(&sender->lock);
  return !has_news && (!runs || aws_only_retries(sender->client));
}

static bool report(void *context, FILE *out)
{
  struct object_sender *sender = context;
  aws_client_stop(sender->client);
  sender->client = NULL;
  judge_done(sender);
  bool tells = sender->options->notify[0] != '\0';
  for (int64_t i = 0; tells && i < sender->options->connections; i++) {
    sender->not_told += sender->puts[i].state == PUT_STORED;
  }
  fprintf(out,
          "sent %" PRId64 " = stored %" PRId64 " + failed %" PRId64 "; objects %" PRId64 "; bytes %" PRId64 "; retries %" PRId64
          "\n",
          sender->events_sent, sender->events_stored, sender->events_sent - sender->events_stored, sender->objects_stored,
          sender->bytes_stored, sender->retries);
  if (tells) {
    fprintf(out, "objects %" PRId64 " = told %" PRId64 " + not told %" PRId64 "; retries %" PRId64 "\n", sender->objects_stored,
            sender->told, sender->not_told, http_sender_retries(sender->http));
  }
  return sender->events_sent == sender->events_stored && sender->not_told == 0;
}

static void release(void *context)
{
  struct object_sender *sender = context;
  aws_client_stop(sender->client);
  for (int64_t i = 0; i < sender->options->connections; i++) {
    buffer_free(&sender->puts[i].key);
    buffer_free(&sender->puts[i].body);
  }
  pthread_mutex_destroy(&sender->lock);
  firehose_batch_free(&sender->batch);
  free(sender->last_time_ms);
  free(sender->puts);
  free(sender);
}

struct error object_sender_new(struct http_sender *http, const struct config *config, const struct sink_options *options,
                               uint32_t vehicles, struct event_sink_part *part)
{
  struct aws_settings settings = aws_settings_of(config, NULL);
  settings.requests_max = (int)options->connections;
  struct aws_client *client;
  TRY(aws_client_start(settings, &client));
  struct object_sender *sender = calloc(1, sizeof *sender);
  size_t count = (size_t)options->connections;
  if (sender == NULL || (sender->puts = calloc(count, sizeof *sender->puts)) == NULL ||
      (sender->last_time_ms = calloc(vehicles + 1, sizeof *sender->last_time_ms)) == NULL) {
    abort();
  }
  sender->http = http;
  sender->options = options;
  sender->client = client;
  sender->region = settings.region != NULL && settings.region[0] != '\0' ? settings.region : "us-east-1";
  sender->vehicles = vehicles + 1;
  sender->batch.settings = options->firehose;
  sender->free_count = (int)options->connections;
  pthread_mutex_init(&sender->lock, NULL);
  for (size_t i = 0; i < count; i++) {
    sender->puts[i].owner = sender;
  }
  http_sender_on_turn(http, move_on, sender);
  *part = (struct event_sink_part){sender, take, flush, report, release, only_retries};
  return error_none();
}
