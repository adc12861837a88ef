#include "ingest/generator/firehose_batch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

void firehose_batch_free(struct firehose_batch *batch)
{
  buffer_free(&batch->bytes);
  free(batch->ends);
  batch->ends = NULL;
  batch->count = batch->capacity = 0;
}

bool firehose_batch_is_due(const struct firehose_batch *batch, struct text event, int64_t arrived_us)
{
  const struct firehose_settings *settings = &batch->settings;
  if (batch->count == 0) {
    return false;
  }
  int64_t length = (int64_t)(batch->bytes.length + event.length + strlen(settings->separator));
  return length > settings->bytes_max || batch->count >= settings->events_max ||
         arrived_us - batch->oldest_us >= settings->open_us;
}

void firehose_batch_add(struct firehose_batch *batch, struct text event, int64_t arrived_us)
{
  if (batch->count == batch->capacity) {
    batch->capacity = batch->capacity == 0 ? 256 : batch->capacity * 2;
    batch->ends = realloc(batch->ends, batch->capacity * sizeof *batch->ends);
    if (batch->ends == NULL) {
      abort();
    }
  }
  if (batch->count == 0) {
    batch->oldest_us = arrived_us;
  }
  buffer_append_text(&batch->bytes, event);
  buffer_append_text(&batch->bytes, text_from(batch->settings.separator));
  batch->ends[batch->count++] = batch->bytes.length;
}

void firehose_batch_clear(struct firehose_batch *batch)
{
  buffer_clear(&batch->bytes);
  batch->count = 0;
}

static void append_base64(struct buffer *out, struct text bytes)
{
  static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.length; i += 3) {
    size_t left = bytes.length - i;
    unsigned group = (unsigned)(unsigned char)bytes.data[i] << 16;
    group |= left > 1 ? (unsigned)(unsigned char)bytes.data[i + 1] << 8 : 0;
    group |= left > 2 ? (unsigned)(unsigned char)bytes.data[i + 2] : 0;
    char four[4] = {LETTERS[group >> 18], LETTERS[group >> 12 & 63], left > 1 ? LETTERS[group >> 6 & 63] : '=',
                    left > 2 ? LETTERS[group & 63] : '='};
    buffer_append(out, four, sizeof four);
  }
}

void firehose_batch_write_request(const struct firehose_batch *batch, const char *request_id, int64_t sent_ms,
                                  struct buffer *body)
{
  assert(batch->count > 0);
  buffer_printf(body, "{\"requestId\":\"%s\",\"timestamp\":%" PRId64 ",\"records\":[", request_id, sent_ms);
  size_t begin = 0;
  for (size_t i = 0; i < batch->count; i++) {
    buffer_append_text(body, i == 0 ? TEXT("{\"data\":\"") : TEXT(",{\"data\":\""));
    append_base64(body, (struct text){batch->bytes.data + begin, batch->ends[i] - begin});
    buffer_append_text(body, TEXT("\"}"));
    begin = batch->ends[i];
  }
  buffer_append_text(body, TEXT("]}"));
}
