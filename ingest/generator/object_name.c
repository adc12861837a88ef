#include "ingest/generator/object_name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ingest/generator/random.h"
#include "server/base/clock.h"

void object_name_of_event(struct buffer *name, struct text prefix, enum object_layout layout, const char *thing,
                          int64_t time_ms)
{
  assert(layout != LAYOUT_FIREHOSE);
  buffer_append_text(name, prefix);
  switch (layout) {
  case LAYOUT_S3_TOPIC:
    buffer_printf(name, "s3/$aws/things/%s/shadow/update/documents/%" PRId64, thing, time_ms);
    break;
  case LAYOUT_S3P:
    buffer_printf(name, "s3p/thingname=%s/%" PRId64, thing, time_ms);
    break;
  default:
    buffer_printf(name, "s3/%s/%" PRId64, thing, time_ms);
    break;
  }
}

void object_name_of_firehose(struct buffer *name, struct text prefix, const struct firehose_object *object)
{
  time_t seconds = (time_t)(object->oldest_us / US_PER_SECOND);
  struct tm utc;
  gmtime_r(&seconds, &utc);
  char folder[32];
  char second[32];
  strftime(folder, sizeof folder, "%Y/%m/%d/%H", &utc);
  strftime(second, sizeof second, "%Y-%m-%d-%H-%M-%S", &utc);
  buffer_append_text(name, prefix);
  buffer_printf(name, "firehose/%s/%s-1-%s-%s%s", folder, object->stream, second, object->uuid, object->is_gzip ? ".gz" : "");
}

static uint64_t digest(struct text bytes, uint64_t start)
{
  uint64_t hash = start;
  for (size_t i = 0; i < bytes.length; i++) {
    hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(0x100000001B3); /* FNV-1a */
  }
  struct random mixer = {hash};
  return random_next(&mixer);
}

void object_uuid(struct text bytes, uint64_t number, char out[UUID_TEXT_MAX])
{
  uint64_t high = digest(bytes, UINT64_C(0xCBF29CE484222325) ^ number);
  uint64_t low = digest(bytes, high);
  high = (high & ~UINT64_C(0xF000)) | 0x4000; /* the marks of a random UUID (RFC 9562, 5.4) */
  low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
  snprintf(out, UUID_TEXT_MAX, "%08x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xFFFF),
           (unsigned)(high & 0xFFFF), (unsigned)(low >> 48), low & UINT64_C(0xFFFFFFFFFFFF));
}
