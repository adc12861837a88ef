/* How machines write their state into a checkpoint and read it back: fixed width, little-endian, one value after the other.
 *
 * The same state gives the same bytes (every NaN is written alike), so that two checkpoints can be compared. Reading takes from
 * the front of the text; a text that is too short sets `broken` in the reader and gives zeros from then on, so that it is asked
 * once at the end. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_STATE_H
#define CRUMBTRAIL_INGEST_ANALYSIS_STATE_H

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "server/base/text.h"

static inline void state_put_int64(struct buffer *out, int64_t value)
{
  const uint64_t bytes = htole64((uint64_t)value);
  buffer_append(out, &bytes, sizeof bytes);
}
static inline void state_put_int32(struct buffer *out, int32_t value)
{
  const uint32_t bytes = htole32((uint32_t)value);
  buffer_append(out, &bytes, sizeof bytes);
}
static inline void state_put_int8(struct buffer *out, int8_t value)
{
  buffer_append(out, &value, 1);
}
static inline void state_put_double(struct buffer *out, double value)
{
  const double plain = isnan(value) ? (double)NAN : value;
  int64_t bits;
  memcpy(&bits, &plain, sizeof bits);
  state_put_int64(out, bits);
}
static inline void state_put_float(struct buffer *out, float value)
{
  const float plain = isnan(value) ? NAN : value;
  int32_t bits;
  memcpy(&bits, &plain, sizeof bits);
  state_put_int32(out, bits);
}

struct state_reader {
  struct text *rest;
  bool broken;
};

static inline void state_take(struct state_reader *reader, void *bytes, size_t length)
{
  if (reader->broken || reader->rest->length < length) {
    reader->broken = true;
    memset(bytes, 0, length);
    return;
  }
  memcpy(bytes, reader->rest->data, length);
  reader->rest->data += length;
  reader->rest->length -= length;
}
static inline int64_t state_take_int64(struct state_reader *reader)
{
  uint64_t bytes;
  state_take(reader, &bytes, sizeof bytes);
  return (int64_t)le64toh(bytes);
}
static inline int32_t state_take_int32(struct state_reader *reader)
{
  uint32_t bytes;
  state_take(reader, &bytes, sizeof bytes);
  return (int32_t)le32toh(bytes);
}
static inline int8_t state_take_int8(struct state_reader *reader)
{
  int8_t byte;
  state_take(reader, &byte, 1);
  return byte;
}
static inline double state_take_double(struct state_reader *reader)
{
  const int64_t bits = state_take_int64(reader);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static inline float state_take_float(struct state_reader *reader)
{
  const int32_t bits = state_take_int32(reader);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
