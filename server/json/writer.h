/* JSON out: a streaming writer that appends to a buffer and places commas itself.
 *
 * Owns nothing but its depth; the buffer is the caller's. Wrong nesting is a programmer's error (assert).
 * Strings are escaped; numbers are finite decimals. Thread: one at a time. */
#ifndef CRUMBTRAIL_SERVER_JSON_WRITER_H
#define CRUMBTRAIL_SERVER_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

struct json;

enum { JSON_WRITER_DEPTH_MAX = 32 };

struct json_writer {
  struct buffer *out;
  uint32_t depth;
  bool after_key;
  bool has_member[JSON_WRITER_DEPTH_MAX];
};

struct json_writer json_writer_to(struct buffer *out);

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key); /* a plain ASCII literal of ours */
void json_key_text(struct json_writer *writer, struct text key);

void json_null(struct json_writer *writer);
void json_boolean(struct json_writer *writer, bool value);
void json_int64(struct json_writer *writer, int64_t value);
void json_decimal(struct json_writer *writer, double value, int decimals); /* NaN and infinities are written null */
void json_string(struct json_writer *writer, struct text value);
void json_cstring(struct json_writer *writer, const char *value); /* NULL is written null */
void json_time(struct json_writer *writer, int64_t time_us);
/* Bytes that are JSON already (a jsonb column, a value of the reader). */
void json_raw(struct json_writer *writer, struct text json);
/* A value of the reader, whole. */
void json_value(struct json_writer *writer, const struct json *value);

#endif
