#include "server/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/error.h"

void buffer_free(struct buffer *buffer)
{
  free(buffer->data);
  *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
  buffer->length = 0;
}

void buffer_reserve(struct buffer *buffer, size_t more_bytes)
{
  if (buffer->capacity - buffer->length >= more_bytes) {
    return;
  }
  if (more_bytes > PTRDIFF_MAX - buffer->length) {
    error_out_of_memory(more_bytes);
  }
  size_t needed = buffer->length + more_bytes;
  size_t capacity = buffer->capacity < 128 ? 256 : buffer->capacity * 2;
  if (capacity < needed) {
    capacity = needed;
  }
  char *data = realloc(buffer->data, capacity);
  if (data == NULL) {
    error_out_of_memory(capacity);
  }
  buffer->data = data;
  buffer->capacity = capacity;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
  va_list arguments;
  va_list again;
  va_start(arguments, format);
  va_copy(again, arguments);
  buffer_reserve(buffer, 64);
  size_t room = buffer->capacity - buffer->length;
  int length = vsnprintf(buffer->data + buffer->length, room, format, arguments);
  va_end(arguments);
  if (length >= 0 && (size_t)length >= room) {
    buffer_reserve(buffer, (size_t)length + 1);
    length = vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
  }
  va_end(again);
  if (length > 0) {
    buffer->length += (size_t)length;
  }
}

/* Writes the digits so that they end before `end`; returns where they begin. */
static char *write_digits_before(char *end, uint64_t value)
{
  static const char pairs[] =
      "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
      "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
      "9899";
  while (value >= 100) {
    size_t pair = (size_t)(value % 100) * 2;
    value /= 100;
    end -= 2;
    memcpy(end, pairs + pair, 2);
  }
  if (value >= 10) {
    end -= 2;
    memcpy(end, pairs + value * 2, 2);
  } else {
    *--end = (char)('0' + value);
  }
  return end;
}

void buffer_append_int64(struct buffer *buffer, int64_t value)
{
  char digits[24];
  char *end = digits + sizeof digits;
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  char *start = write_digits_before(end, magnitude);
  if (value < 0) {
    *--start = '-';
  }
  buffer_append(buffer, start, (size_t)(end - start));
}

static void append_large_decimal(struct buffer *buffer, double value, int decimals)
{
  char digits[400]; /* 309 before the point */
  int length = snprintf(digits, sizeof digits, "%.*f", decimals, value);
  if (decimals > 0) {
    while (digits[length - 1] == '0') {
      length--;
    }
    length -= digits[length - 1] == '.';
  }
  buffer_append(buffer, digits, (size_t)length);
}

/* Nearest integer to value * power (value >= 0, product under 2^52), ties to even, as printf would round the exact value.
 * Only when the rounded product is exactly half way does the rounding error decide. */
static uint64_t scale_rounded(double value, double power)
{
  double product = value * power;
  uint64_t whole = (uint64_t)product;
  double fraction = product - (double)whole;
  if (fraction < 0.5) {
    return whole;
  }
  if (fraction > 0.5) {
    return whole + 1;
  }
  double error = fma(value, power, -product);
  return error > 0 || (error == 0 && whole % 2 == 1) ? whole + 1 : whole;
}

void buffer_append_decimal(struct buffer *buffer, double value, int decimals)
{
  static const uint64_t powers[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
  static const double product_max = 4503599627370496.0; /* 2^52: halves are still exact */
  if (!isfinite(value)) {
    return;
  }
  double power = (double)powers[decimals];
  double magnitude = fabs(value);
  if (magnitude * power >= product_max) {
    append_large_decimal(buffer, value, decimals);
    return;
  }
  uint64_t scaled = scale_rounded(magnitude, power);
  while (decimals > 0 && scaled % 10 == 0) {
    scaled /= 10;
    decimals--;
  }
  char digits[40];
  char *end = digits + sizeof digits;
  char *start = end;
  uint64_t whole = scaled / powers[decimals];
  if (decimals > 0) {
    /* The digit above the fraction keeps its leading zeros; the point then takes that digit's place. */
    start = write_digits_before(end, scaled % powers[decimals] + powers[decimals]);
    *start = '.';
  }
  start = write_digits_before(start, whole);
  if (value < 0 && scaled != 0) {
    *--start = '-';
  }
  buffer_append(buffer, start, (size_t)(end - start));
}
