/* JSON in: bytes to a tree in an arena, and typed, range-checked reads whose errors name the path.
 *
 * The tree and its texts live in the arena given to json_parse*; unescaped strings and numbers borrow the input bytes, which
 * must live as long. RFC 8259 without a byte order mark; refused: duplicate keys in an object, NUL bytes and \u0000 (PostgreSQL
 * text cannot hold it), bad UTF-8, lone surrogates, anything over the limits. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_SERVER_JSON_READER_H
#define CRUMBTRAIL_SERVER_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
  enum json_type type;
  bool boolean;
  struct text key;  /* within an object: the member's name; within an array: empty */
  struct text text; /* JSON_STRING: decoded; JSON_NUMBER: as written */
  uint32_t index;   /* position within the parent */
  uint32_t count;   /* JSON_ARRAY, JSON_OBJECT: number of children */
  const struct json *parent;
  const struct json *first;
  const struct json *next;
  struct text raw; /* the value's bytes in the input */
};

enum { JSON_DEPTH_MAX = 64 };

struct json_limits {
  uint32_t depth_max;   /* 32 is the custom here; at most JSON_DEPTH_MAX */
  uint32_t members_max; /* keys of one object */
  uint32_t values_max;  /* nodes of one document */
};
extern const struct json_limits JSON_LIMITS_DEFAULT; /* 32, 1000, 200000 */

/* Exactly one value (white space around it). ERROR_BAD_INPUT with the byte offset in the detail. */
struct error json_parse(struct arena *arena, struct text input, struct json_limits limits,
                        const struct json **value) ERROR_MUST_CHECK;

/* One value of several back to back (nothing, white space or commas between them are separators; a number or a bare word must
 * not touch the next, but may touch the end of an array whose elements are read like this). Sets *value and advances *rest past
 * it. *value is NULL when only separators were left. On an error *rest stands at the start of the bad value, and the offset in
 * the detail counts from there; server/json/broken.h finds its end. */
struct error json_parse_next(struct arena *arena, struct text *rest, struct json_limits limits,
                             const struct json **value) ERROR_MUST_CHECK;

/* Member of an object, element of an array; NULL when absent or `value` is not of that type (or NULL itself). */
const struct json *json_member(const struct json *object, struct text key);
const struct json *json_element(const struct json *array, size_t index);
#define JSON_EACH(child, parent_value) \
  for (const struct json *child = (parent_value)->first; child != NULL; child = child->next)

/* "[3].current.state.reported.lat" of a value within its document; "$" for the root. */
void json_path(const struct json *value, char *out, size_t out_bytes);
/* ERROR_BAD_INPUT at the value's path. */
struct error json_error(const struct json *value, const char *detail_format, ...) ERROR_PRINTF(2, 3) ERROR_MUST_CHECK;

/* Typed reads; the error names the path and what was expected. A NULL value is an error that cannot name its path: look for
 * an absent member before. An integer may be written with an exponent or a fraction of zeros (1e3, 42.0). */
struct error json_read_double(const struct json *value, double minimum, double maximum, double *out) ERROR_MUST_CHECK;
struct error json_read_int64(const struct json *value, int64_t minimum, int64_t maximum, int64_t *out) ERROR_MUST_CHECK;
struct error json_read_string(const struct json *value, size_t length_max, struct text *out) ERROR_MUST_CHECK;

/* A number, also when it comes as a numeric string ("45"); false when it is neither. For AWS events, whose authors quote
 * numbers. */
bool json_lenient_double(const struct json *value, double *out);
bool json_lenient_int64(const struct json *value, int64_t *out);

#endif
