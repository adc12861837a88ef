#include "ingest/shadow/shadow_merge.h"

static bool is_object(const struct json *value)
{
  return value != NULL && value->type == JSON_OBJECT;
}

void shadow_write_merged(struct json_writer *out, const struct json *state, const struct json *patch)
{
  json_begin_object(out);
  if (state != NULL && state->type == JSON_OBJECT) {
    JSON_EACH (member, state) {
      const struct json *change = json_member(patch, member->key);
      if (change != NULL && change->type == JSON_NULL) {
        continue;
      }
      json_key_text(out, member->key);
      if (is_object(change)) {
        shadow_write_merged(out, member, change);
      } else {
        json_value(out, change != NULL ? change : member);
      }
    }
  }
  if (patch != NULL && patch->type == JSON_OBJECT) {
    JSON_EACH (member, patch) {
      if (member->type == JSON_NULL || json_member(state, member->key) != NULL) {
        continue;
      }
      json_key_text(out, member->key);
      if (is_object(member)) {
        shadow_write_merged(out, NULL, member);
      } else {
        json_value(out, member);
      }
    }
  }
  json_end_object(out);
}

/* The time of one value stands in an object of its own, which is no part of the state. */
static void write_pruned_member(struct json_writer *out, const struct json *metadata, const struct json *value)
{
  json_key_text(out, metadata->key);
  if (is_object(metadata) && is_object(value)) {
    shadow_write_pruned(out, metadata, value);
  } else {
    json_value(out, metadata);
  }
}

void shadow_write_pruned(struct json_writer *out, const struct json *metadata, const struct json *state)
{
  json_begin_object(out);
  if (is_object(metadata)) {
    JSON_EACH (member, metadata) {
      const struct json *value = json_member(state, member->key);
      if (value != NULL) {
        write_pruned_member(out, member, value);
      }
    }
  }
  json_end_object(out);
}

static bool numbers_equal(const struct json *a, const struct json *b)
{
  double left = 0;
  double right = 0;
  return text_equal(a->text, b->text) || (json_lenient_double(a, &left) && json_lenient_double(b, &right) && left == right);
}

static bool children_equal(const struct json *a, const struct json *b);

static bool values_equal(const struct json *a, const struct json *b)
{
  if (a == NULL || b == NULL || a->type != b->type) {
    return false;
  }
  switch (a->type) {
  case JSON_NULL:
    return true;
  case JSON_BOOLEAN:
    return a->boolean == b->boolean;
  case JSON_NUMBER:
    return numbers_equal(a, b);
  case JSON_STRING:
    return text_equal(a->text, b->text);
  case JSON_ARRAY:
  case JSON_OBJECT:
    return a->count == b->count && children_equal(a, b);
  }
  return false;
}

static bool children_equal(const struct json *a, const struct json *b)
{
  const struct json *beside = b->first;
  JSON_EACH (child, a) {
    const struct json *other = a->type == JSON_OBJECT ? json_member(b, child->key) : beside;
    if (!values_equal(child, other)) {
      return false;
    }
    beside = beside->next;
  }
  return true;
}

/* Whether something of it is left to be reported. Objects count by their members. */
static bool differs(const struct json *desired, const struct json *reported)
{
  if (!is_object(desired) || !is_object(reported)) {
    return !values_equal(desired, reported);
  }
  JSON_EACH (member, desired) {
    if (differs(member, json_member(reported, member->key))) {
      return true;
    }
  }
  return false;
}

void shadow_write_delta(struct json_writer *out, const struct json *desired, const struct json *reported)
{
  json_begin_object(out);
  if (is_object(desired)) {
    JSON_EACH (member, desired) {
      const struct json *value = json_member(reported, member->key);
      if (!differs(member, value)) {
        continue;
      }
      json_key_text(out, member->key);
      if (is_object(member) && is_object(value)) {
        shadow_write_delta(out, member, value);
      } else {
        json_value(out, member);
      }
    }
  }
  json_end_object(out);
}
