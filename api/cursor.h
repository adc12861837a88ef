/* Keyset cursors: where a list goes on, as an opaque word that only fits the query it was made for.
 *
 * base64url, unpadded, of a checksum over (version, filter, key) and the key. A cursor that was changed, or is used with
 * another filter, is ERROR_BAD_INPUT. It holds no secret and gives no right, so the checksum is not a signature. Thread: any;
 * pure. */
#ifndef CRUMBTRAIL_API_CURSOR_H
#define CRUMBTRAIL_API_CURSOR_H

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"
#include "server/http/request.h"

enum { CURSOR_KEY_MAX = 160 };

/* FNV-1a, 64 bits; start with CURSOR_HASH_START. */
#define CURSOR_HASH_START UINT64_C(14695981039346656037)
uint64_t cursor_hash(uint64_t hash, const void *bytes, size_t length);

struct text cursor_make(struct arena *arena, uint64_t filter, const void *key, size_t length);
struct error cursor_read(struct arena *arena, struct text cursor, uint64_t filter, struct text *key) ERROR_MUST_CHECK;

/* Hash of the path and of all query parameters but `cursor`, `limit` and `f`, which may change from page to page. */
uint64_t cursor_filter(const struct request *request);
/* The request's URL, absolute, with the parameter `name` set to `value` in place of what it was. */
struct text cursor_url(struct request *request, const char *name, struct text value);
/* Link: <url>; rel="next" */
void cursor_link(struct request *request, struct text url);

#endif
