#include "server/aws/uri.h"

#include <stdio.h>

#include "server/config.h"

static bool is_unreserved(unsigned char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

void uri_encode(struct buffer *out, struct text bytes, bool keep_slash)
{
  static const char hex[] = "0123456789ABCDEF";
  buffer_reserve(out, bytes.length * 3);
  for (size_t i = 0; i < bytes.length; i++) {
    unsigned char byte = (unsigned char)bytes.data[i];
    if (is_unreserved(byte) || (keep_slash && byte == '/')) {
      buffer_append_char(out, (char)byte);
    } else {
      char escape[3] = {'%', hex[byte >> 4], hex[byte & 15]};
      buffer_append(out, escape, sizeof escape);
    }
  }
}

struct text uri_encoded(struct arena *arena, struct text bytes, bool keep_slash)
{
  struct buffer out = {0};
  uri_encode(&out, bytes, keep_slash);
  struct text encoded = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return encoded;
}

static void drop_last_segment(struct buffer *out)
{
  while (out->length > 0 && out->data[--out->length] != '/') {
  }
}

void uri_normalize_path(struct buffer *out, struct text path)
{
  size_t start = out->length;
  struct buffer normal = {0};
  struct text rest = path;
  struct text segment;
  bool ends_with_slash = true;
  while (text_split(&rest, '/', &segment)) {
    bool is_dots = text_equal(segment, TEXT(".")) || text_equal(segment, TEXT(".."));
    if (text_equal(segment, TEXT(".."))) {
      drop_last_segment(&normal);
    } else if (segment.length > 0 && !is_dots) {
      buffer_append_char(&normal, '/');
      buffer_append_text(&normal, segment);
    }
    ends_with_slash = segment.length == 0 || is_dots;
  }
  if (text_ends_with(path, TEXT("/"))) {
    ends_with_slash = true;
  }
  buffer_append_text(out, buffer_text(&normal));
  if (out->length == start || ends_with_slash) {
    buffer_append_char(out, '/');
  }
  buffer_free(&normal);
}

static bool has_bad_byte(struct text url)
{
  for (size_t i = 0; i < url.length; i++) {
    unsigned char byte = (unsigned char)url.data[i];
    if (byte <= ' ' || byte >= 0x7f || byte == '#' || byte == '\\') {
      return true;
    }
  }
  return false;
}

static bool split_authority(struct text authority, struct uri *uri)
{
  size_t host_end = authority.length;
  const char *bracket = memchr(authority.data, ']', authority.length);
  bool is_ipv6 = authority.length > 0 && authority.data[0] == '[';
  if (is_ipv6 != (bracket != NULL)) {
    return false;
  }
  size_t from = is_ipv6 ? (size_t)(bracket - authority.data) + 1 : 0;
  const char *colon = memchr(authority.data + from, ':', authority.length - from);
  if (colon != NULL) {
    host_end = (size_t)(colon - authority.data);
    uri->port = (struct text){colon + 1, authority.length - host_end - 1};
    int64_t number;
    if (!text_to_int64(uri->port, &number) || number < 1 || number > UINT16_MAX) {
      return false;
    }
  }
  uri->host = (struct text){authority.data, host_end};
  bool is_own_port = colon == NULL || text_equal(uri->port, uri->is_https ? TEXT("443") : TEXT("80"));
  uri->authority = is_own_port ? uri->host : authority;
  return host_end > 0 && (!is_ipv6 || host_end == from);
}

struct error uri_parse(struct text url, struct uri *uri)
{
  *uri = (struct uri){.is_https = text_starts_with(url, TEXT("https://"))};
  if (!uri->is_https && !text_starts_with(url, TEXT("http://"))) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not an http:// or https:// URL", TEXT_ARGS(text_cut(url, 120)));
  }
  size_t start = uri->is_https ? 8 : 7;
  size_t end = start;
  while (end < url.length && url.data[end] != '/' && url.data[end] != '?') {
    end++;
  }
  struct text authority = {url.data + start, end - start};
  uri->target = (struct text){url.data + end, url.length - end};
  if (has_bad_byte(url) || memchr(authority.data, '@', authority.length) != NULL || !split_authority(authority, uri)) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not a URL of the form https://HOST[:PORT][/PATH]",
                      TEXT_ARGS(text_cut(url, 120)));
  }
  return error_none();
}

bool uri_is_loopback(const struct uri *uri)
{
  char host[64];
  struct text bare = uri->host;
  if (bare.length > 2 && bare.data[0] == '[') {
    bare = (struct text){bare.data + 1, bare.length - 2};
  }
  snprintf(host, sizeof host, "%.*s", TEXT_ARGS(text_cut(bare, sizeof host - 1)));
  return bare.length < sizeof host && config_is_loopback(host);
}
