#include "ingest/generator/firehose_sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/gzip.h"
#include "server/json/reader.h"

struct firehose_sender {
  struct http_sender *http;
  const struct sink_options *options;
  struct firehose_batch batch;
  struct arena *arena;
  uint64_t requests;
  int64_t sent;
  int64_t taken;
  int64_t failed;
};

const char *const *firehose_sender_headers(struct arena *arena, const struct sink_options *options, const char *ingest_key)
{
  const char **headers = arena_alloc_array(arena, 5, sizeof *headers);
  int count = 0;
  headers[count++] = "X-Amz-Firehose-Protocol-Version: 1.0";
  headers[count++] = arena_printf(arena, "X-Amz-Firehose-Source-Arn: arn:aws:firehose:us-east-1:123456789012:deliverystream/%s",
                                  options->stream);
  if (ingest_key[0] != '\0') {
    headers[count++] = arena_printf(arena, "X-Amz-Firehose-Access-Key: %s", ingest_key);
  }
  if (options->is_gzip) {
    headers[count++] = "Content-Encoding: gzip";
  }
  return headers;
}

/* {"requestId":"the same","timestamp":1578090901599}: anything else is a failure for Firehose. */
static bool conforms(struct firehose_sender *sender, const struct http_answer *answer)
{
  const struct json *value = NULL;
  arena_reset(sender->arena);
  struct error error = json_parse(sender->arena, answer->body, JSON_LIMITS_DEFAULT, &value);
  if (error.code != ERROR_NONE) {
    return false;
  }
  const struct json *id = json_member(value, TEXT("requestId"));
  const struct json *timestamp = json_member(value, TEXT("timestamp"));
  struct text text;
  int64_t time_ms;
  if (id == NULL || timestamp == NULL) {
    return false;
  }
  error = json_read_string(id, HTTP_POST_ID_MAX, &text);
  if (error.code == ERROR_NONE) {
    error = json_read_int64(timestamp, 0, INT64_MAX, &time_ms);
  }
  return error.code == ERROR_NONE && text_equal(text, text_from(answer->id));
}

static void count_answer(void *context, const struct http_answer *answer)
{
  struct firehose_sender *sender = context;
  if (answer->status == 200 && conforms(sender, answer)) {
    sender->taken += answer->events;
    return;
  }
  sender->failed += answer->events;
  if (answer->status == 200) {
    http_sender_fail(sender->http, false, "the answer is not what Firehose expects", answer->body);
  } else {
    http_sender_fail_answer(sender->http, "", answer);
  }
}

/* http_sender_can_post is true. */
static void send_batch(struct firehose_sender *sender)
{
  char id[UUID_TEXT_MAX];
  char header[80];
  object_uuid(buffer_text(&sender->batch.bytes), sender->requests++, id);
  snprintf(header, sizeof header, "X-Amz-Firehose-Request-Id: %s", id);
  struct buffer body = {0};
  firehose_batch_write_request(&sender->batch, id, clock_now_us() / US_PER_MS, &body);
  if (sender->options->is_gzip) {
    struct buffer packed = {0};
    gzip_compress(buffer_text(&body), &packed);
    buffer_free(&body);
    body = packed;
  }
  http_sender_post(sender->http, &(struct http_post){.method = "POST",
                                                     .url = sender->options->to,
                                                     .body = &body,
                                                     .headers = (const char *const[]){header, NULL},
                                                     .id = id,
                                                     .events = (int64_t)sender->batch.count,
                                                     .on_answer = count_answer,
                                                     .context = sender});
  buffer_free(&body);
  firehose_batch_clear(&sender->batch);
}

static bool take(void *context, const struct outgoing_event *event)
{
  struct firehose_sender *sender = context;
  if (http_sender_is_stopped(sender->http)) {
    return false;
  }
  if (firehose_batch_is_due(&sender->batch, event->body, event->arrived_us)) {
    if (!http_sender_wait(sender->http)) {
      return false;
    }
    send_batch(sender);
  }
  firehose_batch_add(&sender->batch, event->body, event->arrived_us);
  sender->sent++;
  return true;
}

static bool flush(void *context)
{
  struct firehose_sender *sender = context;
  if (sender->batch.count > 0 && http_sender_can_post(sender->http)) {
    send_batch(sender);
  }
  return sender->batch.count == 0;
}

static bool report(void *context, FILE *out)
{
  struct firehose_sender *sender = context;
  sender->failed += (int64_t)sender->batch.count;
  firehose_batch_clear(&sender->batch);
  fprintf(out, "sent %" PRId64 " = taken %" PRId64 " + failed %" PRId64 "; requests %" PRIu64 "; retries %" PRId64 "\n",
          sender->sent, sender->taken, sender->failed, sender->requests, http_sender_retries(sender->http));
  return sender->sent == sender->taken;
}

static void release(void *context)
{
  struct firehose_sender *sender = context;
  firehose_batch_free(&sender->batch);
  arena_free(sender->arena);
  free(sender);
}

struct event_sink_part firehose_sender_new(struct http_sender *http, const struct sink_options *options)
{
  struct firehose_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL) {
    abort();
  }
  sender->http = http;
  sender->options = options;
  sender->batch.settings = options->firehose;
  sender->arena = arena_new(16384);
  return (struct event_sink_part){sender, take, flush, report, release, NULL};
}
