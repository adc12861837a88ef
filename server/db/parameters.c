#include "server/db/parameters.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "server/base/clock.h"

/* pg_type.oid of the element types: fixed numbers of PostgreSQL, needed in the head of a binary array. */
enum element_type {
  TYPE_BOOL = 16,
  TYPE_BYTEA = 17,
  TYPE_INT8 = 20,
  TYPE_INT2 = 21,
  TYPE_INT4 = 23,
  TYPE_TEXT = 25,
  TYPE_FLOAT4 = 700,
  TYPE_FLOAT8 = 701,
  TYPE_TIMESTAMPTZ = 1184,
  TYPE_JSONB = 3802
};

enum { FIRST_CAPACITY = 16, ARRAY_HEAD_BYTES = 20, ELEMENT_HEAD_BYTES = 4 };

static inline char *put_int16(char *at, uint16_t value)
{
  const uint16_t big = htobe16(value);
  memcpy(at, &big, sizeof big);
  return at + sizeof big;
}

static inline char *put_int32(char *at, uint32_t value)
{
  const uint32_t big = htobe32(value);
  memcpy(at, &big, sizeof big);
  return at + sizeof big;
}

static inline char *put_int64(char *at, uint64_t value)
{
  const uint64_t big = htobe64(value);
  memcpy(at, &big, sizeof big);
  return at + sizeof big;
}

static inline char *put_bytes(char *at, struct text bytes)
{
  if (bytes.length != 0) {
    memcpy(at, bytes.data, bytes.length);
  }
  return at + bytes.length;
}

struct db_parameters *db_parameters_new(struct arena *arena)
{
  struct db_parameters *parameters = arena_alloc(arena, sizeof *parameters);
  parameters->arena = arena;
  return parameters;
}

static void grow(struct db_parameters *parameters)
{
  const int capacity = parameters->capacity == 0 ? FIRST_CAPACITY : parameters->capacity * 2;
  const size_t slots = (size_t)capacity;
  const size_t used = (size_t)parameters->count;
  const char **values = arena_alloc_array(parameters->arena, slots, sizeof *values);
  int *lengths = arena_alloc_array(parameters->arena, slots, sizeof *lengths);
  int *formats = arena_alloc_array(parameters->arena, slots, sizeof *formats);
  if (used != 0) {
    memcpy(values, parameters->values, used * sizeof *values);
    memcpy(lengths, parameters->lengths, used * sizeof *lengths);
  }
  for (size_t i = 0; i < slots; i++) {
    formats[i] = 1;
  }
  parameters->values = values;
  parameters->lengths = lengths;
  parameters->formats = formats;
  parameters->capacity = capacity;
}

static void add(struct db_parameters *parameters, const char *bytes, size_t length)
{
  assert(length <= INT_MAX);
  if (parameters->count == parameters->capacity) {
    grow(parameters);
  }
  parameters->values[parameters->count] = bytes;
  parameters->lengths[parameters->count] = (int)length;
  parameters->count++;
}

void db_add_null(struct db_parameters *parameters)
{
  add(parameters, NULL, 0);
}

void db_add_bool(struct db_parameters *parameters, bool value)
{
  add(parameters, value ? "\1" : "\0", 1);
}

void db_add_int32(struct db_parameters *parameters, int32_t value)
{
  char *bytes = arena_alloc_bytes(parameters->arena, sizeof value);
  put_int32(bytes, (uint32_t)value);
  add(parameters, bytes, sizeof value);
}

void db_add_int64(struct db_parameters *parameters, int64_t value)
{
  char *bytes = arena_alloc_bytes(parameters->arena, sizeof value);
  put_int64(bytes, (uint64_t)value);
  add(parameters, bytes, sizeof value);
}

void db_add_double(struct db_parameters *parameters, double value)
{
  if (isnan(value)) {
    db_add_null(parameters);
    return;
  }
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  char *bytes = arena_alloc_bytes(parameters->arena, sizeof bits);
  put_int64(bytes, bits);
  add(parameters, bytes, sizeof bits);
}

/* An empty slice may carry data == NULL, which libpq would send as NULL. */
void db_add_text(struct db_parameters *parameters, struct text value)
{
  add(parameters, value.length == 0 ? "" : text_copy(parameters->arena, value).data, value.length);
}

void db_add_time(struct db_parameters *parameters, int64_t time_us)
{
  db_add_int64(parameters, db_time_to_wire(time_us));
}

static size_t count_nulls(const uint8_t *is_null, size_t count)
{
  size_t nulls = 0;
  for (size_t i = 0; is_null != NULL && i < count; i++) {
    nulls += is_null[i] != 0;
  }
  return nulls;
}

/* Reserves the array in the arena, registers it as the next parameter and writes its head. Returns where the elements go. */
static char *begin_array(struct db_parameters *parameters, enum element_type type, size_t count, bool has_nulls,
                         size_t element_bytes)
{
  assert(count <= INT32_MAX);
  const bool empty = count == 0; /* an empty array has no dimension, so its head is shorter */
  const size_t bytes = empty ? 12 : ARRAY_HEAD_BYTES + element_bytes;
  char *start = arena_alloc_bytes(parameters->arena, bytes);
  char *at = put_int32(start, empty ? 0 : 1);
  at = put_int32(at, has_nulls ? 1 : 0);
  at = put_int32(at, (uint32_t)type);
  if (!empty) {
    at = put_int32(at, (uint32_t)count);
    at = put_int32(at, 1); /* lower bound */
  }
  add(parameters, start, bytes);
  return at;
}

/* One loop for all types of a width: inlined, so that each caller gets its own with the width and whether it is a time as
 * constants. */
static inline __attribute__((always_inline)) void add_fixed_array(struct db_parameters *parameters, enum element_type type,
                                                                  const void *values, size_t width, bool is_time,
                                                                  const uint8_t *is_null, size_t count)
{
  const size_t nulls = count_nulls(is_null, count);
  const size_t bytes = count * ELEMENT_HEAD_BYTES + (count - nulls) * width;
  char *at = begin_array(parameters, type, count, nulls != 0, bytes);
  const char *from = values;
  for (size_t i = 0; i < count; i++, from += width) {
    if (nulls != 0 && is_null[i] != 0) {
      at = put_int32(at, UINT32_MAX);
      continue;
    }
    at = put_int32(at, (uint32_t)width);
    if (width == 8) {
      uint64_t value;
      memcpy(&value, from, sizeof value);
      at = put_int64(at, is_time ? (uint64_t)db_time_to_wire((int64_t)value) : value);
    } else if (width == 4) {
      uint32_t value;
      memcpy(&value, from, sizeof value);
      at = put_int32(at, value);
    } else if (width == 2) {
      uint16_t value;
      memcpy(&value, from, sizeof value);
      at = put_int16(at, value);
    } else {
      *at++ = *from != 0;
    }
  }
}

void db_add_int64_array(struct db_parameters *parameters, const int64_t *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_INT8, values, sizeof *values, false, is_null, count);
}

void db_add_int32_array(struct db_parameters *parameters, const int32_t *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_INT4, values, sizeof *values, false, is_null, count);
}

void db_add_int16_array(struct db_parameters *parameters, const int16_t *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_INT2, values, sizeof *values, false, is_null, count);
}

void db_add_float4_array(struct db_parameters *parameters, const float *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_FLOAT4, values, sizeof *values, false, is_null, count);
}

void db_add_float8_array(struct db_parameters *parameters, const double *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_FLOAT8, values, sizeof *values, false, is_null, count);
}

void db_add_bool_array(struct db_parameters *parameters, const uint8_t *values, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_BOOL, values, sizeof *values, false, is_null, count);
}

void db_add_time_array(struct db_parameters *parameters, const int64_t *times_us, const uint8_t *is_null, size_t count)
{
  add_fixed_array(parameters, TYPE_TIMESTAMPTZ, times_us, sizeof *times_us, true, is_null, count);
}

/* `prefix` is put before every element: "" or jsonb's version byte. */
static void add_slice_array(struct db_parameters *parameters, enum element_type type, struct text prefix,
                            const struct text *values, size_t count)
{
  size_t bytes = count * ELEMENT_HEAD_BYTES;
  bool has_nulls = false;
  for (size_t i = 0; i < count; i++) {
    has_nulls = has_nulls || values[i].data == NULL;
    bytes += values[i].data == NULL ? 0 : prefix.length + values[i].length;
  }
  char *at = begin_array(parameters, type, count, has_nulls, bytes);
  for (size_t i = 0; i < count; i++) {
    if (values[i].data == NULL) {
      at = put_int32(at, UINT32_MAX);
      continue;
    }
    at = put_int32(at, (uint32_t)(prefix.length + values[i].length));
    at = put_bytes(at, prefix);
    at = put_bytes(at, values[i]);
  }
}

void db_add_text_array(struct db_parameters *parameters, const struct text *values, size_t count)
{
  add_slice_array(parameters, TYPE_TEXT, TEXT(""), values, count);
}

void db_add_bytes_array(struct db_parameters *parameters, const struct text *values, size_t count)
{
  add_slice_array(parameters, TYPE_BYTEA, TEXT(""), values, count);
}

void db_add_jsonb_array(struct db_parameters *parameters, const struct text *values, size_t count)
{
  add_slice_array(parameters, TYPE_JSONB, TEXT("\1"), values, count);
}
