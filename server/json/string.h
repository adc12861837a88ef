/* The inside of a JSON string: finding its end, checking it, undoing its escapes.
 *
 * Only server/json/reader.c calls it. Owns nothing; a decoded string lives in the arena given. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_JSON_STRING_H
#define CRUMBTRAIL_SERVER_JSON_STRING_H

#include "server/base/arena.h"
#include "server/base/text.h"

struct json_string_result {
  const char *after;   /* the byte behind the closing quote; NULL on a failure */
  const char *bad_at;  /* where it failed */
  const char *problem; /* what is wrong, as words for the client */
};

/* `at` is the byte behind the opening quote. *decoded borrows the input when there are no escapes. Refuses control characters,
 * bad UTF-8, bad escapes, \u0000 and surrogates that are not a pair. */
struct json_string_result json_string_scan(struct arena *arena, const char *at, const char *end, struct text *decoded);

#endif
