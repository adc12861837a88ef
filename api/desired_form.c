#include "api/desired_form.h"

#include <float.h>

#include "server/json/reader.h"
#include "server/json/writer.h"

/* Names of the members that lead to a value, outermost first. */
struct path {
  struct text names[DESIRED_DEPTH_MAX];
  int length;
};

struct error parse_shadow_name(const char *name, struct text value)
{
  bool is_good = value.length >= 1 && value.length <= SHADOW_NAME_MAX;
  for (size_t i = 0; is_good && i < value.length; i++) {
    char byte = value.data[i];
    is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
              (byte != '\0' && strchr("$:_-", byte) != NULL);
  }
  return is_good ? error_none() : error_at(ERROR_BAD_INPUT, name, "expected 1 to %d of A-Z a-z 0-9 $ : _ -", SHADOW_NAME_MAX);
}

static struct error check_value(const struct json *value, int depth)
{
  double number = 0;
  if (value->type == JSON_NUMBER) {
    return json_read_double(value, -DBL_MAX, DBL_MAX, &number);
  }
  if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
    return error_none();
  }
  if (depth > DESIRED_DEPTH_MAX) {
    return json_error(value, "nested too deep: at most %d levels", DESIRED_DEPTH_MAX);
  }
  if (value->type == JSON_OBJECT && value->count == 0) {
    return json_error(value, "an empty object asks for nothing; null deletes the member");
  }
  JSON_EACH (child, value) {
    if (value->type == JSON_ARRAY && child->type == JSON_NULL) {
      return json_error(child, "an array cannot hold null");
    }
    TRY(check_value(child, depth + 1));
  }
  return error_none();
}

/* Arrays are replaced whole, so they are looked for whole. */
static void write_awaited(struct json_writer *out, const struct json *object, struct path *path)
{
  JSON_EACH (member, object) {
    path->names[path->length++] = member->key;
    if (member->type == JSON_OBJECT) {
      write_awaited(out, member, path);
    } else {
      json_begin_object(out);
      json_key(out, "path");
      json_begin_array(out);
      for (int i = 0; i < path->length; i++) {
        json_string(out, path->names[i]);
      }
      json_end_array(out);
      if (member->type != JSON_NULL) {
        json_key(out, "value");
        json_value(out, member);
      }
      json_end_object(out);
    }
    path->length--;
  }
}

static struct text awaited_of(struct arena *arena, const struct json *desired)
{
  struct buffer text = {0};
  struct json_writer out = json_writer_to(&text);
  struct path path = {.length = 0};
  json_begin_array(&out);
  write_awaited(&out, desired, &path);
  json_end_array(&out);
  const struct text copy = text_copy(arena, buffer_text(&text));
  buffer_free(&text);
  return copy;
}

static struct error read_desired(struct arena *arena, const struct json *member, struct desired_form *form)
{
  if (member->type != JSON_OBJECT) {
    return json_error(member, "expected an object");
  }
  if (member->raw.length > DESIRED_BYTES_MAX) {
    return json_error(member, "expected at most %d bytes of JSON; it has %zu", DESIRED_BYTES_MAX, member->raw.length);
  }
  TRY(check_value(member, 1));
  form->desired = member->raw;
  form->awaited = awaited_of(arena, member);
  return error_none();
}

static struct error read_member(struct arena *arena, const struct json *member, struct desired_form *form)
{
  if (text_equal(member->key, TEXT("desired"))) {
    return read_desired(arena, member, form);
  }
  if (text_equal(member->key, TEXT("shadow"))) {
    if (member->type == JSON_NULL) {
      return error_none();
    }
    TRY(json_read_string(member, SHADOW_NAME_MAX, &form->shadow));
    return parse_shadow_name("shadow", form->shadow);
  }
  if (text_equal(member->key, TEXT("requested_by"))) {
    return json_read_string(member, REQUESTED_BY_MAX, &form->requested_by);
  }
  if (text_equal(member->key, TEXT("expires_after_s"))) {
    return json_read_int64(member, EXPIRES_AFTER_MIN_S, EXPIRES_AFTER_MAX_S, &form->expires_after_s);
  }
  return json_error(member, "unknown: expected desired, shadow, requested_by or expires_after_s");
}

struct error desired_form_read(struct arena *arena, struct text body, int64_t expires_after_default_s,
                               struct desired_form *form)
{
  const struct json *root = NULL;
  *form = (struct desired_form){.shadow = TEXT(""), .expires_after_s = expires_after_default_s};
  TRY(json_parse(arena, body, JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(arena, member, form));
  }
  if (form->desired.data == NULL) {
    return error_at(ERROR_BAD_INPUT, "desired", "missing: expected an object with the members to be set");
  }
  return error_none();
}
