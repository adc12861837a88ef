#include "ingest/events/rejected.h"

#include <openssl/sha.h>

void rejected_digest(struct text body, struct text vehicle_hint, unsigned char digest[REJECTED_DIGEST_BYTES])
{
  if (vehicle_hint.length == 0) {
    SHA256((const unsigned char *)(body.data != NULL ? body.data : ""), body.length, digest);
    return;
  }
  unsigned char parts[2 * REJECTED_DIGEST_BYTES];
  rejected_digest(body, TEXT(""), parts);
  rejected_digest(vehicle_hint, TEXT(""), parts + REJECTED_DIGEST_BYTES);
  SHA256(parts, sizeof parts, digest);
}

struct text rejected_storable(struct text value)
{
  const char *nul = value.length != 0 ? memchr(value.data, '\0', value.length) : NULL;
  if (nul != NULL) {
    value.length = (size_t)(nul - value.data);
  }
  /* What was cut in the middle of a character is whole again after at most three bytes; other damage costs the text. */
  for (int dropped = 0; dropped < 4 && value.length != 0; dropped++) {
    if (text_is_utf8(value)) {
      return value;
    }
    value.length--;
  }
  return text_is_utf8(value) ? value : TEXT("");
}
