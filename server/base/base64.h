/* Base64 (RFC 4648, section 4), strictly: with padding, without white space, and one text for each value.
 * Owns nothing. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_BASE_BASE64_H
#define CRUMBTRAIL_SERVER_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/text.h"

/* At most so many bytes come of it. */
static inline size_t base64_decoded_max(size_t encoded_length)
{
  return encoded_length / 4 * 3;
}

/* Into `out`, which holds base64_decoded_max bytes; it may be where `encoded` begins. False: not base64, or bits that the
 * padding leaves over are not zero; `out` holds anything then. */
bool base64_decode(struct text encoded, char *out, size_t *length);

/* Appends the bytes as base64. */
void base64_encode(struct text bytes, struct buffer *out);

#endif
