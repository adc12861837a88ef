#include "server/base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/error.h"

static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

static char lower(char byte)
{
  return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool text_equal_ignoring_case(struct text a, struct text b)
{
  if (a.length != b.length) {
    return false;
  }
  for (size_t i = 0; i < a.length; i++) {
    if (lower(a.data[i]) != lower(b.data[i])) {
      return false;
    }
  }
  return true;
}

bool text_starts_with(struct text whole, struct text prefix)
{
  return whole.length >= prefix.length && text_equal((struct text){whole.data, prefix.length}, prefix);
}

bool text_ends_with(struct text whole, struct text suffix)
{
  if (whole.length < suffix.length) {
    return false;
  }
  return suffix.length == 0 || memcmp(whole.data + (whole.length - suffix.length), suffix.data, suffix.length) == 0;
}

struct text text_trim(struct text slice)
{
  while (slice.length > 0 && (slice.data[0] == ' ' || slice.data[0] == '\t')) {
    slice.data++;
    slice.length--;
  }
  while (slice.length > 0 && (slice.data[slice.length - 1] == ' ' || slice.data[slice.length - 1] == '\t')) {
    slice.length--;
  }
  return slice;
}

bool text_split(struct text *rest, char separator, struct text *part)
{
  if (rest->length == 0) {
    return false;
  }
  const char *found = memchr(rest->data, separator, rest->length);
  if (found == NULL) {
    *part = *rest;
    *rest = (struct text){rest->data + rest->length, 0};
    return true;
  }
  size_t before = (size_t)(found - rest->data);
  *part = (struct text){rest->data, before};
  *rest = (struct text){found + 1, rest->length - before - 1};
  return true;
}

bool text_to_int64(struct text slice, int64_t *value)
{
  bool negative = slice.length > 0 && slice.data[0] == '-';
  size_t i = negative ? 1 : 0;
  if (i == slice.length) {
    return false;
  }
  int64_t sum = 0; /* counted downwards: the negative range is the larger one */
  for (; i < slice.length; i++) {
    if (!is_digit(slice.data[i]) || __builtin_mul_overflow(sum, 10, &sum) ||
        __builtin_sub_overflow(sum, slice.data[i] - '0', &sum)) {
      return false;
    }
  }
  if (!negative && sum == INT64_MIN) {
    return false;
  }
  *value = negative ? sum : -sum;
  return true;
}

/* A number taken apart: (-1)^negative * mantissa * 10^exponent, exact unless `more_digits`. */
struct decimal {
  bool negative;
  bool more_digits; /* than fit into the mantissa */
  uint64_t mantissa;
  int exponent;
};

enum { MANTISSA_DIGITS_MAX = 19, EXPONENT_MAX = 100000 };

static const char *scan_digits(const char *at, const char *end, struct decimal *number, int *digits, bool fraction)
{
  for (; at < end && is_digit(*at); at++) {
    if (*digits < MANTISSA_DIGITS_MAX) {
      number->mantissa = number->mantissa * 10 + (uint64_t)(*at - '0');
      *digits += number->mantissa != 0;
      number->exponent -= fraction;
    } else {
      number->more_digits = true;
    }
  }
  return at;
}

static const char *scan_exponent(const char *at, const char *end, int *exponent)
{
  if (at == end || (*at != 'e' && *at != 'E')) {
    return at;
  }
  at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) {
    at++;
  }
  const char *start = at;
  int sum = 0;
  for (; at < end && is_digit(*at); at++) {
    sum = sum < EXPONENT_MAX ? sum * 10 + (*at - '0') : sum;
  }
  *exponent += negative ? -sum : sum;
  return at > start ? at : NULL;
}

static bool scan_decimal(struct text slice, struct decimal *number)
{
  if (slice.length == 0) { /* then there may be no pointer to add to */
    return false;
  }
  const char *at = slice.data;
  const char *end = slice.data + slice.length;
  number->negative = *at == '-';
  at += *at == '-' || *at == '+';
  int digits = 0;
  const char *whole = at;
  at = scan_digits(at, end, number, &digits, false);
  bool any = at > whole;
  if (at < end && *at == '.') {
    const char *fraction = ++at;
    at = scan_digits(at, end, number, &digits, true);
    any = any || at > fraction;
  }
  if (!any) {
    return false;
  }
  at = scan_exponent(at, end, &number->exponent);
  return at == end;
}

/* The C library rounds correctly whatever the number of digits. The "C" locale is asked for by name, so that a setlocale()
 * somewhere cannot make the point a comma; for "C" newlocale hands out a constant. */
static bool convert_slowly(struct text slice, double *value)
{
  char small[128];
  char *copy = slice.length < sizeof small ? small : malloc(slice.length + 1);
  if (copy == NULL) {
    error_out_of_memory(slice.length);
  }
  memcpy(copy, slice.data, slice.length);
  copy[slice.length] = '\0';
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  *value = strtod_l(copy, NULL, c_locale);
  freelocale(c_locale);
  if (copy != small) {
    free(copy);
  }
  return isfinite(*value);
}

bool text_to_double(struct text slice, double *value)
{
  static const double powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  struct decimal number = {0};
  if (!scan_decimal(slice, &number)) {
    return false;
  }
  /* Clinger: mantissa and power of ten are exact doubles, so one operation rounds once. */
  bool exact = !number.more_digits && number.mantissa <= (UINT64_C(1) << 53) && number.exponent >= -22 && number.exponent <= 22;
  if (!exact) {
    return convert_slowly(slice, value);
  }
  double magnitude = (double)number.mantissa;
  magnitude = number.exponent < 0 ? magnitude / powers[-number.exponent] : magnitude * powers[number.exponent];
  *value = number.negative ? -magnitude : magnitude;
  return true;
}

/* Length of the well-formed sequence at `at` (Unicode, table 3-7), 0 when there is none. */
static size_t utf8_sequence_length(const unsigned char *at, size_t left)
{
  unsigned char lead = at[0];
  if (lead < 0x80) {
    return 1;
  }
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || left < length) {
    return 0;
  }
  unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < lowest || at[1] > highest) {
    return 0;
  }
  for (size_t i = 2; i < length; i++) {
    if ((at[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  return length;
}

bool text_is_utf8(struct text slice)
{
  const unsigned char *at = (const unsigned char *)slice.data;
  size_t left = slice.length;
  while (left > 0) {
    uint64_t word;
    if (left >= sizeof word) {
      memcpy(&word, at, sizeof word);
      if ((word & UINT64_C(0x8080808080808080)) == 0) {
        at += sizeof word;
        left -= sizeof word;
        continue;
      }
    }
    size_t length = utf8_sequence_length(at, left);
    if (length == 0) {
      return false;
    }
    at += length;
    left -= length;
  }
  return true;
}

struct text text_drop_partial(struct text slice)
{
  size_t lead = slice.length; /* one behind the last byte that is not a continuation */
  while (lead > 0 && slice.length - lead < 3 && ((unsigned char)slice.data[lead - 1] & 0xC0) == 0x80) {
    lead--;
  }
  if (lead == 0) {
    return slice;
  }
  const unsigned char *sequence = (const unsigned char *)slice.data + lead - 1;
  bool complete = sequence[0] < 0xC0 || utf8_sequence_length(sequence, slice.length - lead + 1) > 0;
  return (struct text){slice.data, complete ? slice.length : lead - 1};
}

struct text text_cut(struct text slice, size_t length_max)
{
  return slice.length <= length_max ? slice : text_drop_partial((struct text){slice.data, length_max});
}

bool text_equal_constant_time(struct text a, struct text b)
{
  if (a.length != b.length) {
    return false;
  }
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.length; i++) {
    difference = (unsigned char)(difference | (a.data[i] ^ b.data[i]));
  }
  return difference == 0;
}

char *text_to_cstring(struct arena *arena, struct text slice)
{
  char *copy = arena_alloc_bytes(arena, slice.length + 1);
  if (slice.length > 0) {
    memcpy(copy, slice.data, slice.length);
  }
  copy[slice.length] = '\0';
  return copy;
}

struct text text_copy(struct arena *arena, struct text slice)
{
  return (struct text){text_to_cstring(arena, slice), slice.length};
}

static int hex_value(char byte)
{
  if (is_digit(byte)) {
    return byte - '0';
  }
  char low = lower(byte);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool text_percent_decode(struct arena *arena, struct text slice, struct text *decoded)
{
  if (slice.length > 0 && memchr(slice.data, '\0', slice.length) != NULL) {
    return false;
  }
  if (slice.length == 0 || memchr(slice.data, '%', slice.length) == NULL) {
    *decoded = slice;
    return true;
  }
  char *out = arena_alloc_bytes(arena, slice.length);
  size_t length = 0;
  for (size_t i = 0; i < slice.length; i++) {
    char byte = slice.data[i];
    if (byte == '%') {
      int high = slice.length - i > 2 ? hex_value(slice.data[i + 1]) : -1;
      int low = slice.length - i > 2 ? hex_value(slice.data[i + 2]) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) {
        return false;
      }
      byte = (char)(high * 16 + low);
      i += 2;
    }
    out[length++] = byte;
  }
  *decoded = (struct text){out, length};
  return true;
}
