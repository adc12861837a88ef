/* Slices of text and a growing byte buffer.
 *
 * A `struct text` borrows its bytes (UTF-8, not terminated) from an arena, a request or a literal and owns nothing.
 * A `struct buffer` owns its bytes until buffer_free. Thread: any, one at a time. */
#ifndef CRUMBTRAIL_SERVER_BASE_TEXT_H
#define CRUMBTRAIL_SERVER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct text {
  const char *data;
  size_t length;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_ARGS(slice) (int)(slice).length, (slice).data /* for "%.*s" */

static inline struct text text_from(const char *terminated)
{
  return (struct text){terminated, terminated != NULL ? strlen(terminated) : 0};
}
static inline bool text_equal(struct text a, struct text b)
{
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}
bool text_equal_ignoring_case(struct text a, struct text b); /* ASCII only */
bool text_starts_with(struct text whole, struct text prefix);
bool text_ends_with(struct text whole, struct text suffix);
struct text text_trim(struct text slice); /* spaces and tabs at both ends */
/* Cuts off the part before `separator`; the rest stays in *rest. False when *rest was empty from the start. */
bool text_split(struct text *rest, char separator, struct text *part);
/* The whole slice must be the number; false when it is not, or out of range. */
bool text_to_int64(struct text slice, int64_t *value);
bool text_to_double(struct text slice, double *value); /* finite decimal, optional exponent; no hex, inf or nan */
bool text_is_utf8(struct text slice);
/* At most `length_max` bytes of it; where it is cut, it does not end within a UTF-8 sequence. */
struct text text_cut(struct text slice, size_t length_max);
/* Without the incomplete UTF-8 sequence that a cut has left at the end. */
struct text text_drop_partial(struct text slice);
/* Same length and bytes, in time that depends on the length only. */
bool text_equal_constant_time(struct text a, struct text b);
/* Terminated copies. */
char *text_to_cstring(struct arena *arena, struct text slice);
struct text text_copy(struct arena *arena, struct text slice);
/* %XX decoding ('+' is left alone); false on a bad escape or a NUL. Borrows `slice` when there is nothing to decode. */
bool text_percent_decode(struct arena *arena, struct text slice, struct text *decoded);

struct buffer {
  char *data;
  size_t length;
  size_t capacity;
};

void buffer_free(struct buffer *buffer);  /* leaves an empty buffer */
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_reserve(struct buffer *buffer, size_t more_bytes);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
  if (buffer->capacity - buffer->length < length) {
    buffer_reserve(buffer, length);
  }
  if (length != 0) {
    memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
  }
}
static inline void buffer_append_text(struct buffer *buffer, struct text slice)
{
  buffer_append(buffer, slice.data, slice.length);
}
static inline void buffer_append_char(struct buffer *buffer, char byte)
{
  buffer_append(buffer, &byte, 1);
}
void buffer_append_int64(struct buffer *buffer, int64_t value);
/* At most `decimals` (0-9) digits after the point, correctly rounded, trailing zeros cut, never an exponent; -0 is written 0.
 * A value that is not finite appends nothing. */
void buffer_append_decimal(struct buffer *buffer, double value, int decimals);
static inline struct text buffer_text(const struct buffer *buffer)
{
  return (struct text){buffer->data, buffer->length};
}

#endif
