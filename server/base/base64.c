#include "server/base/base64.h"

#include <stdint.h>

enum { BAD = 0xC0 }; /* no value of six bits has one of these */

/* clang-format off */
static const uint8_t VALUES[256] = {
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 62, BAD, BAD, BAD, 63,
  52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD, BAD, BAD, BAD, BAD,
  BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
  41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
  BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
};
/* clang-format on */

static uint32_t value_of(char byte)
{
  return VALUES[(unsigned char)byte];
}

/* Four characters; false when one of them is none of the alphabet. */
static bool decode_four(const char *in, char *out)
{
  uint32_t a = value_of(in[0]);
  uint32_t b = value_of(in[1]);
  uint32_t c = value_of(in[2]);
  uint32_t d = value_of(in[3]);
  out[0] = (char)(a << 2 | b >> 4);
  out[1] = (char)(b << 4 | c >> 2);
  out[2] = (char)(c << 6 | d);
  return ((a | b | c | d) & BAD) == 0;
}

/* The last four, of which one or two may be padding. */
static bool decode_last(const char *in, char *out, size_t *length)
{
  size_t padding = in[3] != '=' ? 0 : in[2] != '=' ? 1 : 2;
  char whole[4] = {in[0], in[1], padding == 2 ? 'A' : in[2], padding != 0 ? 'A' : in[3]};
  char bytes[3];
  bool is_good = decode_four(whole, bytes);
  size_t kept = 3 - padding;
  for (size_t i = 0; i < 3; i++) {
    is_good = is_good && (i < kept || bytes[i] == 0);
    if (i < kept) {
      out[i] = bytes[i];
    }
  }
  *length += kept;
  return is_good;
}

bool base64_decode(struct text encoded, char *out, size_t *length)
{
  *length = 0;
  if (encoded.length % 4 != 0) {
    return false;
  }
  bool is_good = true;
  size_t at = 0;
  for (; at + 4 < encoded.length; at += 4) {
    is_good = decode_four(encoded.data + at, out + *length) && is_good;
    *length += 3;
  }
  return encoded.length == 0 || (decode_last(encoded.data + at, out + *length, length) && is_good);
}

void base64_encode(struct text bytes, struct buffer *out)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  buffer_reserve(out, bytes.length / 3 * 4 + 4);
  for (size_t at = 0; at < bytes.length; at += 3) {
    const size_t left = bytes.length - at;
    const unsigned char a = (unsigned char)bytes.data[at];
    const unsigned char b = left > 1 ? (unsigned char)bytes.data[at + 1] : 0;
    const unsigned char c = left > 2 ? (unsigned char)bytes.data[at + 2] : 0;
    const char four[4] = {alphabet[a >> 2], alphabet[(a & 3) << 4 | b >> 4], left > 1 ? alphabet[(b & 15) << 2 | c >> 6] : '=',
                          left > 2 ? alphabet[c & 63] : '='};
    buffer_append(out, four, sizeof four);
  }
}
