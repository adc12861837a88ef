#include "ingest/alerts/webhook_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "server/base/base64.h"

#define PREFIX "whsec_"
enum { PREFIX_LENGTH = sizeof PREFIX - 1, KEY_MIN_BYTES = 24, KEY_MAX_BYTES = 64, KEY_MADE_BYTES = 32, SECRET_MAX = 128 };

static bool read_key(struct text secret, char key[SECRET_MAX], size_t *length)
{
  if (!text_starts_with(secret, TEXT(PREFIX)) || secret.length > SECRET_MAX) {
    return false;
  }
  const struct text encoded = {secret.data + PREFIX_LENGTH, secret.length - PREFIX_LENGTH};
  return base64_decode(encoded, key, length) && *length >= KEY_MIN_BYTES && *length <= KEY_MAX_BYTES;
}

struct error webhook_secret_check(struct text secret)
{
  char key[SECRET_MAX];
  size_t length = 0;
  const bool is_good = read_key(secret, key, &length);
  OPENSSL_cleanse(key, sizeof key);
  return is_good ? error_none()
                 : error_at(ERROR_BAD_INPUT, "secret", "expected " PREFIX " and the base64 of %d to %d bytes", KEY_MIN_BYTES,
                            KEY_MAX_BYTES);
}

struct text webhook_secret_make(struct arena *arena)
{
  unsigned char bytes[KEY_MADE_BYTES];
  struct buffer secret = {0};
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    abort(); /* without randomness no secret is one */
  }
  buffer_append_text(&secret, TEXT(PREFIX));
  base64_encode((struct text){(const char *)bytes, sizeof bytes}, &secret);
  OPENSSL_cleanse(bytes, sizeof bytes);
  const struct text made = text_copy(arena, buffer_text(&secret));
  buffer_free(&secret);
  return made;
}

struct text webhook_sign(struct arena *arena, struct text secret, struct text message_id, int64_t timestamp_s, struct text body)
{
  char key[SECRET_MAX];
  size_t key_length = 0;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_length = 0;
  struct buffer content = {0};
  struct buffer signature = {0};
  (void)read_key(secret, key, &key_length);
  buffer_printf(&content, "%.*s.%lld.", TEXT_ARGS(message_id), (long long)timestamp_s);
  buffer_append_text(&content, body);
  (void)HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)content.data, content.length, digest, &digest_length);
  OPENSSL_cleanse(key, sizeof key);
  buffer_append_text(&signature, TEXT("v1,"));
  base64_encode((struct text){(const char *)digest, digest_length}, &signature);
  const struct text made = text_copy(arena, buffer_text(&signature));
  buffer_free(&content);
  buffer_free(&signature);
  return made;
}
