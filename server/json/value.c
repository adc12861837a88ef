#include "server/json/reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const struct json *json_member(const struct json *object, struct text key)
{
  if (object == NULL || object->type != JSON_OBJECT) {
    return NULL;
  }
  JSON_EACH (member, object) {
    if (text_equal(member->key, key)) {
      return member;
    }
  }
  return NULL;
}

const struct json *json_element(const struct json *array, size_t index)
{
  if (array == NULL || array->type != JSON_ARRAY || index >= array->count) {
    return NULL;
  }
  const struct json *element = array->first;
  while (index-- > 0) {
    element = element->next;
  }
  return element;
}

struct path {
  char *at;
  char *end; /* room for the final NUL is kept */
};

static void path_append(struct path *path, struct text part)
{
  size_t room = (size_t)(path->end - path->at);
  size_t length = part.length < room ? part.length : room;
  if (length > 0) {
    memcpy(path->at, part.data, length);
    path->at += length;
  }
}

static bool is_plain_key(struct text key)
{
  for (size_t i = 0; i < key.length; i++) {
    char byte = key.data[i];
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (!letter && (byte < '0' || byte > '9') && byte != '_' && byte != '-' && byte != '$' && byte != ':') {
      return false;
    }
  }
  return key.length > 0;
}

static void path_append_key(struct path *path, struct text key, bool first)
{
  if (is_plain_key(key)) {
    path_append(path, first ? TEXT("") : TEXT("."));
    path_append(path, key);
    return;
  }
  path_append(path, TEXT("[\""));
  for (size_t i = 0; i < key.length; i++) {
    /* What would break a log line or the path's own quotes is not shown. */
    bool shown = (unsigned char)key.data[i] >= 0x20 && key.data[i] != '"' && key.data[i] != '\\' && key.data[i] != 0x7F;
    path_append(path, shown ? (struct text){key.data + i, 1} : TEXT("?"));
  }
  path_append(path, TEXT("\"]"));
}

/* As deep as the parser nests, which JSON_DEPTH_MAX bounds. */
static void path_append_value(struct path *path, const struct json *value)
{
  if (value->parent == NULL) {
    return;
  }
  path_append_value(path, value->parent);
  if (value->parent->type == JSON_ARRAY) {
    char index[24];
    int length = snprintf(index, sizeof index, "[%u]", value->index);
    path_append(path, (struct text){index, (size_t)length});
  } else {
    path_append_key(path, value->key, value->parent->parent == NULL);
  }
}

void json_path(const struct json *value, char *out, size_t out_bytes)
{
  if (out_bytes == 0) {
    return;
  }
  struct path path = {out, out + out_bytes - 1};
  if (value != NULL && value->parent != NULL) {
    path_append_value(&path, value);
  } else {
    path_append(&path, TEXT("$"));
  }
  struct text written = text_drop_partial((struct text){out, (size_t)(path.at - out)});
  out[written.length] = '\0';
}

struct error json_error(const struct json *value, const char *detail_format, ...)
{
  char field[ERROR_FIELD_MAX];
  char detail[ERROR_DETAIL_MAX];
  va_list arguments;
  va_start(arguments, detail_format);
  vsnprintf(detail, sizeof detail, detail_format, arguments);
  va_end(arguments);
  json_path(value, field, sizeof field);
  return error_at(ERROR_BAD_INPUT, field, "%s", detail);
}

struct error json_read_double(const struct json *value, double minimum, double maximum, double *out)
{
  double number;
  if (value == NULL || value->type != JSON_NUMBER || !text_to_double(value->text, &number) || number < minimum ||
      number > maximum) {
    return json_error(value, "expected a number from %.15g to %.15g", minimum, maximum);
  }
  *out = number;
  return error_none();
}

/* Also 42.0 and 1e3, which some senders write for whole numbers, as far as doubles are exact. */
static bool number_to_int64(struct text number, int64_t *out)
{
  if (text_to_int64(number, out)) {
    return true;
  }
  double value;
  if (!text_to_double(number, &value) || value != floor(value) || fabs(value) > 9007199254740992.0) {
    return false;
  }
  *out = (int64_t)value;
  return true;
}

struct error json_read_int64(const struct json *value, int64_t minimum, int64_t maximum, int64_t *out)
{
  int64_t number;
  if (value == NULL || value->type != JSON_NUMBER || !number_to_int64(value->text, &number) || number < minimum ||
      number > maximum) {
    return json_error(value, "expected a whole number from %lld to %lld", (long long)minimum, (long long)maximum);
  }
  *out = number;
  return error_none();
}

struct error json_read_string(const struct json *value, size_t length_max, struct text *out)
{
  if (value == NULL || value->type != JSON_STRING || value->text.length > length_max) {
    return json_error(value, "expected a text of at most %zu bytes", length_max);
  }
  *out = value->text;
  return error_none();
}

bool json_lenient_double(const struct json *value, double *out)
{
  if (value == NULL || (value->type != JSON_NUMBER && value->type != JSON_STRING)) {
    return false;
  }
  return text_to_double(text_trim(value->text), out);
}

bool json_lenient_int64(const struct json *value, int64_t *out)
{
  if (value == NULL || (value->type != JSON_NUMBER && value->type != JSON_STRING)) {
    return false;
  }
  return number_to_int64(text_trim(value->text), out);
}
