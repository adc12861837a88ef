#include "api/speeding/sql_literal.h"

#include <assert.h>
#include <stdio.h>

#include "server/base/clock.h"

void sql_append_text(struct buffer *out, struct text value)
{
  if (value.data == NULL) {
    buffer_append_text(out, TEXT("NULL"));
    return;
  }
  if (value.length > 0 && memchr(value.data, '\\', value.length) != NULL) {
    buffer_append_char(out, 'E');
  }
  buffer_append_char(out, '\'');
  for (size_t i = 0; i < value.length; i++) {
    if (value.data[i] == '\'' || value.data[i] == '\\') {
      buffer_append_char(out, value.data[i]);
    }
    buffer_append_char(out, value.data[i]);
  }
  buffer_append_char(out, '\'');
}

void sql_append_texts(struct buffer *out, const struct text *values, size_t count)
{
  buffer_append_text(out, TEXT("ARRAY["));
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      buffer_append_text(out, TEXT(", "));
    }
    sql_append_text(out, values[i]);
  }
  buffer_append_char(out, ']');
}

void sql_append_time(struct buffer *out, int64_t time_us)
{
  buffer_append_char(out, '\'');
  buffer_append_time(out, time_us);
  buffer_append_char(out, '\'');
}

void sql_append_double(struct buffer *out, double value)
{
  char text[32];
  const int length = snprintf(text, sizeof text, "%.17g", value);
  buffer_append(out, text, (size_t)length);
}

static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

/* Behind the comment lines at the head. */
static struct text body_of(struct text statement)
{
  while (text_starts_with(statement, TEXT("--"))) {
    struct text line;
    text_split(&statement, '\n', &line);
  }
  return statement;
}

void sql_write(struct buffer *out, struct text statement, const struct text *literals, size_t count)
{
  const struct text body = body_of(statement);
  for (size_t i = 0; i < body.length; i++) {
    if (body.data[i] != '$' || i + 1 == body.length || !is_digit(body.data[i + 1])) {
      buffer_append_char(out, body.data[i]);
      continue;
    }
    size_t number = 0;
    while (i + 1 < body.length && is_digit(body.data[i + 1])) {
      number = number * 10 + (size_t)(body.data[i + 1] - '0');
      i++;
    }
    assert(number >= 1 && number <= count);
    buffer_append_text(out, literals[number - 1]);
  }
}
