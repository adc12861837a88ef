#include "server/json/writer.h"

#include <assert.h>
#include <math.h>

#include "server/base/clock.h"
#include "server/json/reader.h"

struct json_writer json_writer_to(struct buffer *out)
{
  return (struct json_writer){.out = out};
}

/* Before each value: the comma, unless a key has placed it. */
static void begin_value(struct json_writer *writer)
{
  if (writer->after_key) {
    writer->after_key = false;
    return;
  }
  bool *has_member = &writer->has_member[writer->depth];
  if (*has_member && writer->depth > 0) {
    buffer_append_char(writer->out, ',');
  }
  *has_member = true;
}

static void open_container(struct json_writer *writer, char bracket)
{
  begin_value(writer);
  assert(writer->depth + 1 < JSON_WRITER_DEPTH_MAX);
  writer->has_member[++writer->depth] = false;
  buffer_append_char(writer->out, bracket);
}

static void close_container(struct json_writer *writer, char bracket)
{
  assert(writer->depth > 0 && !writer->after_key);
  writer->depth--;
  buffer_append_char(writer->out, bracket);
}

void json_begin_object(struct json_writer *writer)
{
  open_container(writer, '{');
}

void json_end_object(struct json_writer *writer)
{
  close_container(writer, '}');
}

void json_begin_array(struct json_writer *writer)
{
  open_container(writer, '[');
}

void json_end_array(struct json_writer *writer)
{
  close_container(writer, ']');
}

static char short_escape(char byte)
{
  switch (byte) {
  case '"':
  case '\\':
    return byte;
  case '\b':
    return 'b';
  case '\f':
    return 'f';
  case '\n':
    return 'n';
  case '\r':
    return 'r';
  case '\t':
    return 't';
  default:
    return '\0';
  }
}

static void append_escape(struct buffer *out, char byte)
{
  char letter = short_escape(byte);
  if (letter != '\0') {
    buffer_append(out, (char[2]){'\\', letter}, 2);
  } else {
    buffer_printf(out, "\\u%04x", (unsigned char)byte);
  }
}

static void append_quoted(struct buffer *out, struct text value)
{
  buffer_reserve(out, value.length + 2);
  buffer_append_char(out, '"');
  size_t start = 0;
  for (size_t i = 0; i < value.length; i++) {
    unsigned char byte = (unsigned char)value.data[i];
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      buffer_append(out, value.data + start, i - start);
      append_escape(out, (char)byte);
      start = i + 1;
    }
  }
  if (value.length > start) {
    buffer_append(out, value.data + start, value.length - start);
  }
  buffer_append_char(out, '"');
}

void json_key_text(struct json_writer *writer, struct text key)
{
  assert(writer->depth > 0 && !writer->after_key);
  begin_value(writer);
  append_quoted(writer->out, key);
  buffer_append_char(writer->out, ':');
  writer->after_key = true;
}

void json_key(struct json_writer *writer, const char *key)
{
  assert(writer->depth > 0 && !writer->after_key);
  begin_value(writer);
  size_t length = strlen(key);
  buffer_reserve(writer->out, length + 3);
  buffer_append_char(writer->out, '"');
  buffer_append(writer->out, key, length);
  buffer_append(writer->out, "\":", 2);
  writer->after_key = true;
}

void json_null(struct json_writer *writer)
{
  json_raw(writer, TEXT("null"));
}

void json_boolean(struct json_writer *writer, bool value)
{
  json_raw(writer, value ? TEXT("true") : TEXT("false"));
}

void json_int64(struct json_writer *writer, int64_t value)
{
  begin_value(writer);
  buffer_append_int64(writer->out, value);
}

void json_decimal(struct json_writer *writer, double value, int decimals)
{
  if (!isfinite(value)) {
    json_null(writer);
    return;
  }
  begin_value(writer);
  buffer_append_decimal(writer->out, value, decimals);
}

void json_string(struct json_writer *writer, struct text value)
{
  begin_value(writer);
  append_quoted(writer->out, value);
}

void json_cstring(struct json_writer *writer, const char *value)
{
  if (value == NULL) {
    json_null(writer);
  } else {
    json_string(writer, text_from(value));
  }
}

void json_time(struct json_writer *writer, int64_t time_us)
{
  begin_value(writer);
  char quoted[CLOCK_TEXT_MAX + 2] = "\"";
  int length = clock_format(time_us, quoted + 1);
  quoted[length + 1] = '"';
  buffer_append(writer->out, quoted, (size_t)length + 2);
}

void json_raw(struct json_writer *writer, struct text json)
{
  begin_value(writer);
  buffer_append_text(writer->out, json);
}

/* Without the white space of the input, so that one value stays one line. As deep as the reader nests. */
static void append_value(struct buffer *out, const struct json *value)
{
  if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
    buffer_append_text(out, value->raw);
    return;
  }
  bool object = value->type == JSON_OBJECT;
  buffer_append_char(out, object ? '{' : '[');
  JSON_EACH (child, value) {
    if (child->index > 0) {
      buffer_append_char(out, ',');
    }
    if (object) {
      append_quoted(out, child->key);
      buffer_append_char(out, ':');
    }
    append_value(out, child);
  }
  buffer_append_char(out, object ? '}' : ']');
}

void json_value(struct json_writer *writer, const struct json *value)
{
  begin_value(writer);
  append_value(writer->out, value);
}
