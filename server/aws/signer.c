#include "server/aws/signer.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <time.h>

#include "server/aws/uri.h"
#include "server/base/clock.h"

enum { HASH_BYTES = 32, DATE_TEXT_MAX = 24 };

static void write_hex(const unsigned char hash[HASH_BYTES], char hex[SIGNER_HASH_HEX + 1])
{
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < HASH_BYTES; i++) {
    hex[2 * i] = digits[hash[i] >> 4];
    hex[2 * i + 1] = digits[hash[i] & 15];
  }
  hex[SIGNER_HASH_HEX] = '\0';
}

void signer_hash(struct text payload, char hex[SIGNER_HASH_HEX + 1])
{
  unsigned char hash[HASH_BYTES];
  unsigned length = 0;
  int done = EVP_Digest(payload.length > 0 ? payload.data : "", payload.length, hash, &length, EVP_sha256(), NULL);
  assert(done == 1 && length == HASH_BYTES);
  (void)done;
  write_hex(hash, hex);
}

static void keyed_hash(const unsigned char *key, size_t key_length, struct text message, unsigned char out[HASH_BYTES])
{
  unsigned length = 0;
  const unsigned char *done =
      HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)message.data, message.length, out, &length);
  assert(done != NULL && length == HASH_BYTES);
  (void)done;
}

static int compare_texts(struct text a, struct text b)
{
  size_t shorter = a.length < b.length ? a.length : b.length;
  int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;
  return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_pairs(const void *left, const void *right)
{
  const struct signer_pair *a = left;
  const struct signer_pair *b = right;
  int order = compare_texts(a->name, b->name);
  return order != 0 ? order : compare_texts(a->value, b->value);
}

struct text signer_query(struct arena *arena, const struct signer_pair *query, size_t count)
{
  struct signer_pair *encoded = arena_alloc_array(arena, count + 1, sizeof *encoded);
  for (size_t i = 0; i < count; i++) {
    encoded[i] = (struct signer_pair){uri_encoded(arena, query[i].name, false), uri_encoded(arena, query[i].value, false)};
  }
  qsort(encoded, count, sizeof *encoded, compare_pairs);
  struct buffer out = {0};
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      buffer_append_char(&out, '&');
    }
    buffer_append_text(&out, encoded[i].name);
    buffer_append_char(&out, '=');
    buffer_append_text(&out, encoded[i].value);
  }
  struct text text = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return text;
}

static struct text lower_case(struct arena *arena, struct text name)
{
  char *out = arena_alloc_bytes(arena, name.length + 1);
  for (size_t i = 0; i < name.length; i++) {
    out[i] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] - 'A' + 'a' : name.data[i]);
  }
  return (struct text){out, name.length};
}

/* Trimmed, and spaces in a row as one. */
static struct text tidy_value(struct arena *arena, struct text value)
{
  struct text trimmed = text_trim(value);
  char *out = arena_alloc_bytes(arena, trimmed.length + 1);
  size_t length = 0;
  for (size_t i = 0; i < trimmed.length; i++) {
    if (trimmed.data[i] != ' ' || trimmed.data[i - 1] != ' ') {
      out[length++] = trimmed.data[i];
    }
  }
  return (struct text){out, length};
}

/* By name alone: qsort is not stable, and what has one name keeps the order in which it is sent. */
static void sort_headers(struct signer_pair *headers, size_t count)
{
  for (size_t i = 1; i < count; i++) {
    struct signer_pair moved = headers[i];
    size_t at = i;
    while (at > 0 && compare_texts(headers[at - 1].name, moved.name) > 0) {
      headers[at] = headers[at - 1];
      at--;
    }
    headers[at] = moved;
  }
}

/* Appends the header lines to `lines`; the list of names to `names`. */
static void write_headers(const struct signer_pair *headers, size_t count, struct buffer *lines, struct buffer *names)
{
  for (size_t i = 0; i < count; i++) {
    bool repeats = i > 0 && text_equal(headers[i].name, headers[i - 1].name);
    if (repeats) {
      lines->length--; /* several of one name stand in one line, with commas */
      buffer_append_char(lines, ',');
    } else {
      buffer_append_text(lines, headers[i].name);
      buffer_append_char(lines, ':');
      buffer_printf(names, "%s%.*s", i > 0 ? ";" : "", TEXT_ARGS(headers[i].name));
    }
    buffer_append_text(lines, headers[i].value);
    buffer_append_char(lines, '\n');
  }
}

static struct signer_pair *gather_headers(struct arena *arena, const struct signer_request *request,
                                          const struct signer_scope *scope, struct text date, size_t *count)
{
  struct signer_pair *headers = arena_alloc_array(arena, request->header_count + 2, sizeof *headers);
  *count = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    headers[(*count)++] =
        (struct signer_pair){lower_case(arena, request->headers[i].name), tidy_value(arena, request->headers[i].value)};
  }
  headers[(*count)++] = (struct signer_pair){TEXT("x-amz-date"), date};
  if (scope->session_token.length > 0) {
    headers[(*count)++] = (struct signer_pair){TEXT("x-amz-security-token"), scope->session_token};
  }
  sort_headers(headers, *count);
  return headers;
}

static void write_path(struct buffer *out, const struct signer_request *request)
{
  if (request->path_as_is) {
    buffer_append_text(out, request->path);
    return;
  }
  struct buffer normal = {0};
  uri_normalize_path(&normal, request->path);
  uri_encode(out, buffer_text(&normal), true);
  buffer_free(&normal);
}

static void signing_key(const struct signer_scope *scope, struct text day, unsigned char key[HASH_BYTES])
{
  struct buffer secret = {0};
  buffer_append_text(&secret, TEXT("AWS4"));
  buffer_append_text(&secret, scope->secret_access_key);
  keyed_hash((const unsigned char *)secret.data, secret.length, day, key);
  keyed_hash(key, HASH_BYTES, scope->region, key);
  keyed_hash(key, HASH_BYTES, scope->service, key);
  keyed_hash(key, HASH_BYTES, TEXT("aws4_request"), key);
  buffer_free(&secret);
}

static struct text date_text(struct arena *arena, int64_t time_us)
{
  time_t seconds = (time_t)(time_us / US_PER_SECOND);
  struct tm parts;
  char *out = arena_alloc(arena, DATE_TEXT_MAX);
  gmtime_r(&seconds, &parts);
  size_t length = strftime(out, DATE_TEXT_MAX, "%Y%m%dT%H%M%SZ", &parts);
  return (struct text){out, length};
}

void signer_sign(struct arena *arena, const struct signer_request *request, const struct signer_scope *scope,
                 struct signer_signature *signature)
{
  struct text date = date_text(arena, scope->time_us);
  struct text day = {date.data, 8};
  size_t header_count = 0;
  struct signer_pair *headers = gather_headers(arena, request, scope, date, &header_count);
  struct buffer names = {0};
  struct buffer canonical = {0};
  buffer_append_text(&canonical, request->method);
  buffer_append_char(&canonical, '\n');
  write_path(&canonical, request);
  buffer_printf(&canonical, "\n%.*s\n", TEXT_ARGS(signer_query(arena, request->query, request->query_count)));
  write_headers(headers, header_count, &canonical, &names);
  buffer_printf(&canonical, "\n%.*s\n%.*s", TEXT_ARGS(buffer_text(&names)), TEXT_ARGS(request->payload_hash));

  char hash[SIGNER_HASH_HEX + 1];
  signer_hash(buffer_text(&canonical), hash);
  const char *credential =
      arena_printf(arena, "%.*s/%.*s/%.*s/aws4_request", TEXT_ARGS(day), TEXT_ARGS(scope->region), TEXT_ARGS(scope->service));
  const char *to_sign = arena_printf(arena, "AWS4-HMAC-SHA256\n%.*s\n%s\n%s", TEXT_ARGS(date), credential, hash);
  unsigned char key[HASH_BYTES];
  unsigned char mac[HASH_BYTES];
  signing_key(scope, day, key);
  keyed_hash(key, HASH_BYTES, text_from(to_sign), mac);
  char hex[SIGNER_HASH_HEX + 1];
  write_hex(mac, hex);
  signature->date = date;
  signature->authorization =
      text_from(arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%.*s/%s, SignedHeaders=%.*s, Signature=%s",
                             TEXT_ARGS(scope->access_key_id), credential, TEXT_ARGS(buffer_text(&names)), hex));
  signature->canonical = text_copy(arena, buffer_text(&canonical));
  buffer_free(&canonical);
  buffer_free(&names);
}
