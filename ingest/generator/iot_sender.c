#include "ingest/generator/iot_sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

static const int64_t BATCH_OPEN_US = 20 * US_PER_MS;

struct iot_sender {
  struct http_sender *http;
  const char *url;
  int batch_events;
  struct buffer open; /* the batch that is being filled */
  int open_events;
  int64_t open_since_us;
  struct arena *arena;
  int64_t sent;
  int64_t stored;
  int64_t duplicates;
  int64_t rejected;
  int64_t failed;
};

/* {"stored":1,"duplicates":0,"rejected":0}; true when the three add up to what was sent. */
static bool read_counts(struct iot_sender *sender, const struct http_answer *answer, int64_t counts[3])
{
  static const char *const NAMES[3] = {"stored", "duplicates", "rejected"};
  const struct json *value = NULL;
  arena_reset(sender->arena);
  struct error error = json_parse(sender->arena, answer->body, JSON_LIMITS_DEFAULT, &value);
  int64_t sum = 0;
  for (int i = 0; i < 3 && error.code == ERROR_NONE; i++) {
    const struct json *count = json_member(value, text_from(NAMES[i]));
    if (count == NULL) {
      return false;
    }
    error = json_read_int64(count, 0, INT32_MAX, &counts[i]);
    sum += counts[i];
  }
  return error.code == ERROR_NONE && sum == answer->events;
}

static void count_answer(void *context, const struct http_answer *answer)
{
  struct iot_sender *sender = context;
  int64_t counts[3] = {0};
  if (answer->status != 0 && read_counts(sender, answer, counts)) {
    sender->stored += counts[0];
    sender->duplicates += counts[1];
    sender->rejected += counts[2];
  } else if (answer->status == 400 && answer->events == 1) {
    sender->rejected++;
  } else {
    sender->failed += answer->events;
    http_sender_fail_answer(sender->http, "", answer);
  }
}

static void send_open_batch(struct iot_sender *sender)
{
  if (sender->open_events == 0 || !http_sender_can_post(sender->http)) {
    return;
  }
  if (sender->batch_events > 1) {
    buffer_append_char(&sender->open, ']');
  }
  int events = sender->open_events;
  sender->open_events = 0;
  http_sender_post(sender->http, &(struct http_post){.method = "POST",
                                                     .url = sender->url,
                                                     .body = &sender->open,
                                                     .events = events,
                                                     .on_answer = count_answer,
                                                     .context = sender});
}

static int64_t close_old_batch(void *context)
{
  struct iot_sender *sender = context;
  int64_t due_us = sender->open_since_us + BATCH_OPEN_US;
  if (sender->open_events > 0 && clock_monotonic_us() >= due_us) {
    send_open_batch(sender);
  }
  return sender->open_events > 0 && http_sender_can_post(sender->http) ? due_us : INT64_MAX;
}

static bool take(void *context, const struct outgoing_event *event)
{
  struct iot_sender *sender = context;
  if (!http_sender_wait(sender->http)) {
    return false;
  }
  if (sender->open_events == 0) {
    sender->open_since_us = clock_monotonic_us();
  }
  if (sender->batch_events > 1) {
    buffer_append_char(&sender->open, sender->open_events == 0 ? '[' : ',');
  }
  buffer_append_text(&sender->open, event->body);
  sender->open_events++;
  sender->sent++;
  if (sender->open_events >= sender->batch_events) {
    send_open_batch(sender);
  }
  return true;
}

static bool flush(void *context)
{
  struct iot_sender *sender = context;
  send_open_batch(sender);
  return sender->open_events == 0;
}

static bool report(void *context, FILE *out)
{
  struct iot_sender *sender = context;
  sender->failed += sender->open_events;
  sender->open_events = 0;
  fprintf(out,
          "sent %" PRId64 " = stored %" PRId64 " + duplicates %" PRId64 " + rejected %" PRId64 "; failed %" PRId64
          "; retries %" PRId64 "\n",
          sender->sent, sender->stored, sender->duplicates, sender->rejected, sender->failed,
          http_sender_retries(sender->http));
  return sender->failed == 0 && sender->sent == sender->stored + sender->duplicates + sender->rejected;
}

static void release(void *context)
{
  struct iot_sender *sender = context;
  buffer_free(&sender->open);
  arena_free(sender->arena);
  free(sender);
}

struct event_sink_part iot_sender_new(struct http_sender *http, const char *url, int batch_events)
{
  struct iot_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL) {
    abort();
  }
  *sender = (struct iot_sender){.http = http, .url = url, .batch_events = batch_events, .arena = arena_new(16384)};
  http_sender_on_turn(http, close_old_batch, sender);
  return (struct event_sink_part){sender, take, flush, report, release, NULL};
}
