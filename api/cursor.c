#include "api/cursor.h"

#include <string.h>

enum { CHECKSUM_BYTES = 8, CURSOR_VERSION = 1 };

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint64_t cursor_hash(uint64_t hash, const void *bytes, size_t length)
{
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < length; i++) {
    hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
  }
  return hash;
}

static uint64_t checksum(uint64_t filter, const void *key, size_t length)
{
  const unsigned char version = CURSOR_VERSION;
  uint64_t hash = cursor_hash(CURSOR_HASH_START, &version, 1);
  hash = cursor_hash(hash, &filter, sizeof filter);
  hash = cursor_hash(hash, key, length);
  return hash ^ (hash >> 29);
}

static struct text encode(struct arena *arena, const unsigned char *bytes, size_t length)
{
  char *out = arena_alloc_bytes(arena, length * 4 / 3 + 4);
  size_t written = 0;
  uint32_t bits = 0;
  int bit_count = 0;
  for (size_t i = 0; i < length; i++) {
    bits = bits << 8 | bytes[i];
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      out[written++] = ALPHABET[bits >> (bit_count - 6) & 63];
    }
  }
  if (bit_count > 0) {
    out[written++] = ALPHABET[bits << (6 - bit_count) & 63];
  }
  return (struct text){out, written};
}

static bool decode(struct text cursor, unsigned char *out, size_t capacity, size_t *length)
{
  uint32_t bits = 0;
  int bit_count = 0;
  *length = 0;
  for (size_t i = 0; i < cursor.length; i++) {
    const char *digit = cursor.data[i] != '\0' ? strchr(ALPHABET, cursor.data[i]) : NULL;
    if (digit == NULL) {
      return false;
    }
    bits = bits << 6 | (uint32_t)(digit - ALPHABET);
    bit_count += 6;
    if (bit_count >= 8) {
      if (*length == capacity) {
        return false;
      }
      bit_count -= 8;
      out[(*length)++] = (unsigned char)(bits >> bit_count);
    }
  }
  /* The bits left over are zero in what encode makes: one spelling per cursor. */
  return bit_count < 6 && (bits & ((1u << bit_count) - 1)) == 0;
}

struct text cursor_make(struct arena *arena, uint64_t filter, const void *key, size_t length)
{
  unsigned char *bytes = arena_alloc_bytes(arena, CHECKSUM_BYTES + length);
  const uint64_t sum = checksum(filter, key, length);
  memcpy(bytes, &sum, CHECKSUM_BYTES);
  memcpy(bytes + CHECKSUM_BYTES, key, length);
  return encode(arena, bytes, CHECKSUM_BYTES + length);
}

struct error cursor_read(struct arena *arena, struct text cursor, uint64_t filter, struct text *key)
{
  unsigned char *bytes = arena_alloc_bytes(arena, CHECKSUM_BYTES + CURSOR_KEY_MAX);
  size_t length;
  if (!decode(cursor, bytes, CHECKSUM_BYTES + CURSOR_KEY_MAX, &length) || length < CHECKSUM_BYTES) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this server");
  }
  uint64_t sum;
  memcpy(&sum, bytes, CHECKSUM_BYTES);
  if (sum != checksum(filter, bytes + CHECKSUM_BYTES, length - CHECKSUM_BYTES)) {
    return error_at(ERROR_BAD_INPUT, "cursor", "the cursor belongs to another query, or was changed");
  }
  *key = (struct text){(const char *)bytes + CHECKSUM_BYTES, length - CHECKSUM_BYTES};
  return error_none();
}

uint64_t cursor_filter(const struct request *request)
{
  const struct text path = request_path(request);
  uint64_t hash = cursor_hash(CURSOR_HASH_START, path.data, path.length);
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (text_equal(parameter.name, TEXT("cursor")) || text_equal(parameter.name, TEXT("limit")) ||
        text_equal(parameter.name, TEXT("f"))) {
      continue;
    }
    hash = cursor_hash(hash, "&", 1);
    hash = cursor_hash(hash, parameter.name.data, parameter.name.length);
    hash = cursor_hash(hash, "=", 1);
    hash = cursor_hash(hash, parameter.value.data, parameter.value.length);
  }
  return hash;
}

static void append_encoded(struct buffer *out, struct text value)
{
  static const char HEX[] = "0123456789ABCDEF";
  for (size_t i = 0; i < value.length; i++) {
    const unsigned char byte = (unsigned char)value.data[i];
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
        (byte != '\0' && strchr("-._~,:", byte) != NULL)) {
      buffer_append_char(out, (char)byte);
    } else {
      const char escape[3] = {'%', HEX[byte >> 4], HEX[byte & 15]};
      buffer_append(out, escape, sizeof escape);
    }
  }
}

struct text cursor_url(struct request *request, const char *name, struct text value)
{
  struct buffer url = {0};
  struct text path;
  struct text target = request_target(request);
  buffer_append_text(&url, request_base_url(request));
  if (text_split(&target, '?', &path)) {
    buffer_append_text(&url, path);
  }
  buffer_append_char(&url, '?');
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (text_equal(parameter.name, text_from(name))) {
      continue;
    }
    append_encoded(&url, parameter.name);
    buffer_append_char(&url, '=');
    append_encoded(&url, parameter.value);
    buffer_append_char(&url, '&');
  }
  append_encoded(&url, text_from(name));
  buffer_append_char(&url, '=');
  append_encoded(&url, value);
  const struct text copy = text_copy(request_arena(request), buffer_text(&url));
  buffer_free(&url);
  return copy;
}

void cursor_link(struct request *request, struct text url)
{
  response_header(request, "Link", "<%.*s>; rel=\"next\"", TEXT_ARGS(url));
}
