/* The state of a machine as bytes, for checkpoints: little-endian numbers one after the other, nothing between them.
 *
 * The same state gives the same bytes: a NaN is written as one NaN, whatever its bits. Readers say false when the bytes end too
 * early. Thread: any; pure. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_STATE_BYTES_H
#define CRUMBTRAIL_INGEST_ANALYSIS_STATE_BYTES_H

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
  buffer_append(out, &value, sizeof value);
}
static inline void state_put_bool(struct buffer *out, bool value)
{
  state_put_int8(out, value ? 1 : 0);
}
static inline void state_put_double(struct buffer *out, double value)
{
  const double written = isnan(value) ? (double)NAN : value;
  int64_t bits = 0;
  memcpy(&bits, &written, sizeof bits);
  state_put_int64(out, bits);
}
static inline void state_put_float(struct buffer *out, float value)
{
  const float written = isnan(value) ? NAN : value;
  int32_t bits = 0;
  memcpy(&bits, &written, sizeof bits);
  state_put_int32(out, bits);
}

static inline bool state_take(struct text *in, void *bytes, size_t length)
{
  if (in->length < length) {
    return false;
  }
  memcpy(bytes, in->data, length);
  *in = (struct text){in->data + length, in->length - length};
  return true;
}
static inline bool state_take_int64(struct text *in, int64_t *value)
{
  uint64_t bytes = 0;
  const bool is_there = state_take(in, &bytes, sizeof bytes);
  *value = (int64_t)le64toh(bytes);
  return is_there;
}
static inline bool state_take_int32(struct text *in, int32_t *value)
{
  uint32_t bytes = 0;
  const bool is_there = state_take(in, &bytes, sizeof bytes);
  *value = (int32_t)le32toh(bytes);
  return is_there;
}
static inline bool state_take_int8(struct text *in, int8_t *value)
{
  return state_take(in, value, sizeof *value);
}
static inline bool state_take_bool(struct text *in, bool *value)
{
  int8_t byte = 0;
  const bool is_there = state_take_int8(in, &byte);
  *value = byte != 0;
  return is_there && (byte == 0 || byte == 1);
}
static inline bool state_take_double(struct text *in, double *value)
{
  int64_t bits = 0;
  const bool is_there = state_take_int64(in, &bits);
  memcpy(value, &bits, sizeof *value);
  return is_there;
}
static inline bool state_take_float(struct text *in, float *value)
{
  int32_t bits = 0;
  const bool is_there = state_take_int32(in, &bits);
  memcpy(value, &bits, sizeof *value);
  return is_there;
}

#endif
