/* "a=1&b=x%20y" to names and values: bytes of the outside, so this is pure and fuzzed.
 * Thread: any. */
#ifndef CRUMBTRAIL_SERVER_HTTP_QUERY_STRING_H
#define CRUMBTRAIL_SERVER_HTTP_QUERY_STRING_H

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"
#include "server/http/request.h"

/* Percent-decoded, '+' is a space, empty pairs are skipped, a name without '=' has an empty value. The array and the texts live
 * in the arena. ERROR_BAD_INPUT on a bad escape, a NUL or bytes that are not UTF-8. */
struct error query_string_parse(struct arena *arena, struct text query, struct request_parameter **parameters,
                                int *count) ERROR_MUST_CHECK;

#endif
