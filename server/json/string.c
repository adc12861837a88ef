#include "server/json/string.h"

#include <stdint.h>

static struct json_string_result failure(const char *at, const char *problem)
{
  return (struct json_string_result){NULL, at, problem};
}

static struct json_string_result success(const char *after)
{
  return (struct json_string_result){after, NULL, NULL};
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The high bit of every byte that is a quote, a backslash or a control character; bytes above such a one may have it too. */
static uint64_t word_stops(uint64_t word)
{
  uint64_t quote = word ^ (EACH_BYTE * '"');
  uint64_t backslash = word ^ (EACH_BYTE * '\\');
  uint64_t is_quote = (quote - EACH_BYTE) & ~quote;
  uint64_t is_backslash = (backslash - EACH_BYTE) & ~backslash;
  uint64_t is_control = (word - EACH_BYTE * 0x20) & ~word;
  return (is_quote | is_backslash | is_control) & HIGH_BITS;
}

static bool is_stop(unsigned char byte)
{
  return byte == '"' || byte == '\\' || byte < 0x20;
}

/* The next quote, backslash or control character, or `end`. Gathers in *bits whether any byte was beyond ASCII. */
static const char *find_stop(const char *at, const char *end, uint64_t *bits)
{
  uint64_t word;
  while (end - at >= (ptrdiff_t)sizeof word) {
    memcpy(&word, at, sizeof word);
    uint64_t stops = word_stops(word);
    if (stops != 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
      uint64_t below_stop = (stops & -stops) - 1; /* with bits of the stop itself, but not its highest */
      *bits |= word & below_stop;
      return at + __builtin_ctzll(stops) / 8;
    }
    if (stops != 0) {
      break;
    }
    *bits |= word;
    at += sizeof word;
  }
  while (at < end && !is_stop((unsigned char)*at)) {
    *bits |= (unsigned char)*at;
    at++;
  }
  return at;
}

/* Four hexadecimal digits; -1 when they are not. */
static int32_t read_hex4(const char *at, const char *end)
{
  if (end - at < 4) {
    return -1;
  }
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    char byte = at[i];
    int32_t digit = byte >= '0' && byte <= '9'   ? byte - '0'
                    : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                    : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                                 : -1;
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

static char *write_utf8(char *out, uint32_t code)
{
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | (code >> 6));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | (code >> 12));
    *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | (code >> 18));
    *out++ = (char)(0x80 | ((code >> 12) & 0x3F));
    *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

/* `at` is the first digit of \uXXXX; reads the second half of a pair too. */
static struct json_string_result decode_unicode(const char *at, const char *end, char **out)
{
  int32_t first = read_hex4(at, end);
  if (first < 0) {
    return failure(at, "\\u needs four hexadecimal digits");
  }
  if (first == 0) {
    return failure(at, "\\u0000 cannot be stored");
  }
  uint32_t code = (uint32_t)first;
  at += 4;
  if (code >= 0xDC00 && code <= 0xDFFF) {
    return failure(at - 4, "low surrogate without a high one");
  }
  if (code >= 0xD800 && code <= 0xDBFF) {
    int32_t second = end - at >= 2 && at[0] == '\\' && at[1] == 'u' ? read_hex4(at + 2, end) : -1;
    if (second < 0xDC00 || second > 0xDFFF) {
      return failure(at - 4, "high surrogate without a low one");
    }
    code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)second - 0xDC00);
    at += 6;
  }
  *out = write_utf8(*out, code);
  return success(at);
}

static char simple_escape(char letter)
{
  switch (letter) {
  case '"':
  case '\\':
  case '/':
    return letter;
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return '\0';
  }
}

/* `at` is the byte behind the backslash. */
static struct json_string_result decode_escape(const char *at, const char *end, char **out)
{
  if (at < end && *at == 'u') {
    return decode_unicode(at + 1, end, out);
  }
  char byte = at < end ? simple_escape(*at) : '\0';
  if (byte == '\0') {
    return failure(at, "unknown escape in a string");
  }
  *(*out)++ = byte;
  return success(at + 1);
}

/* The closing quote of a string that has escapes, or NULL. */
static const char *find_closing_quote(const char *at, const char *end, uint64_t *bits)
{
  for (;;) {
    at = find_stop(at, end, bits);
    if (at == end || *at == '"') {
      return at == end ? NULL : at;
    }
    at += *at == '\\' && end - at > 1 ? 2 : 1;
  }
}

static struct json_string_result decode(char *out, const char *at, const char *quote, struct text *decoded)
{
  char *start = out;
  uint64_t ignored_bits = 0;
  while (at < quote) {
    const char *stop = find_stop(at, quote, &ignored_bits);
    memcpy(out, at, (size_t)(stop - at));
    out += stop - at;
    at = stop;
    if (at == quote) {
      break;
    }
    if (*at != '\\') {
      return failure(at, "control character in a string");
    }
    struct json_string_result escape = decode_escape(at + 1, quote, &out);
    if (escape.after == NULL) {
      return escape;
    }
    at = escape.after;
  }
  *decoded = (struct text){start, (size_t)(out - start)};
  return success(quote + 1);
}

struct json_string_result json_string_scan(struct arena *arena, const char *at, const char *end, struct text *decoded)
{
  uint64_t bits = 0;
  const char *start = at;
  const char *stop = find_stop(at, end, &bits);
  if (stop < end && (unsigned char)*stop < 0x20) {
    return failure(stop, "control character in a string");
  }
  const char *quote = stop < end && *stop == '\\' ? find_closing_quote(stop, end, &bits) : stop;
  if (quote == NULL || quote == end) {
    return failure(end, "string without an end");
  }
  struct text raw = {start, (size_t)(quote - start)};
  if ((bits & HIGH_BITS) != 0 && !text_is_utf8(raw)) {
    return failure(start, "string is not UTF-8");
  }
  if (quote == stop) {
    *decoded = raw;
    return success(quote + 1);
  }
  return decode(arena_alloc_bytes(arena, raw.length), start, quote, decoded);
}
