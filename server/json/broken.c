#include "server/json/broken.h"

#include <string.h>

static bool is_space(char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static const char *skip_space(const char *at, const char *end)
{
  while (at < end && is_space(*at)) {
    at++;
  }
  return at;
}

/* Behind the closing quote, or NULL. `at` is the opening one. */
static const char *skip_string(const char *at, const char *end)
{
  for (at++; at < end && *at != '"'; at++) {
    at += *at == '\\';
  }
  return at < end ? at + 1 : NULL;
}

/* Only brackets of the value's own kind count: one of the other kind that is missing or too many does no harm. */
static const char *balanced_end(const char *at, const char *end)
{
  char opening = *at;
  char closing = opening == '{' ? '}' : ']';
  size_t depth = 0;
  while (at != NULL && at < end) {
    if (*at == '"') {
      at = skip_string(at, end);
      continue;
    }
    depth += *at == opening;
    depth -= *at == closing;
    at++;
    if (depth == 0) {
      return at;
    }
  }
  return NULL;
}

/* Of what is neither array nor object: up to what may be the next value or the end of the array. */
static const char *bare_end(const char *at, const char *end, bool in_array)
{
  const char *start = at;
  while (at != NULL && at < end) {
    bool ends_element = in_array && (*at == ',' || *at == ']');
    if (at > start && (ends_element || *at == '{' || *at == '[')) {
      return at;
    }
    at = *at == '"' ? skip_string(at, end) : at + 1;
  }
  return in_array ? NULL : at;
}

/* Behind brackets that only seem to balance, because a quote is missing, stands the middle of something. */
static bool may_follow(const char *at, const char *end)
{
  at = skip_space(at, end);
  return at == end || memchr(",[]{}", *at, 5) != NULL;
}

static void find_line(struct json_broken *state, const char *start, const char *end)
{
  if (state->newline != NULL && start <= state->newline) {
    return;
  }
  const char *newline = memchr(start, '\n', (size_t)(end - start));
  state->newline = newline != NULL ? newline : end;
  state->next = skip_space(state->newline, end);
  state->line_last = state->newline;
  while (state->line_last > start && is_space(state->line_last[-1])) {
    state->line_last--;
  }
}

/* The end of the first line when the next one begins a value and this one is not in the middle of its own, or NULL. */
static const char *line_end(struct json_broken *state, const char *start, const char *end)
{
  find_line(state, start, end);
  bool value_follows = state->next < end && (*state->next == '{' || *state->next == '[');
  if (!value_follows || state->line_last == start || memchr(":[{", state->line_last[-1], 3) != NULL) {
    return NULL;
  }
  return state->newline;
}

/* Whether a string that begins in the line runs over its end, which no good string does. */
static bool ends_in_string(const char *at, const char *newline)
{
  while (at != NULL && at < newline) {
    at = *at == '"' ? skip_string(at, newline) : at + 1;
  }
  return at == NULL;
}

static const char *value_end(const char *start, const char *limit, const char *end, bool in_array)
{
  if (*start != '{' && *start != '[') {
    return bare_end(start, limit, in_array);
  }
  const char *after = balanced_end(start, limit);
  return after != NULL && may_follow(after, end) ? after : NULL;
}

static const char *find_end(struct json_broken *state, const char *start, const char *end, bool in_array)
{
  const char *newline = state->is_unbalanced ? line_end(state, start, end) : NULL;
  const char *after = value_end(start, newline != NULL ? newline : end, end, in_array);
  if (state->is_unbalanced) {
    return after != NULL ? after : newline;
  }
  if (after != NULL && memchr(start, '\n', (size_t)(after - start)) == NULL) {
    return after;
  }
  state->is_unbalanced = after == NULL;
  newline = line_end(state, start, end);
  return newline != NULL && (after == NULL || ends_in_string(start, newline)) ? newline : after;
}

static struct text trim_end(struct text value)
{
  while (value.length > 1 && (is_space(value.data[value.length - 1]) || value.data[value.length - 1] == ',')) {
    value.length--;
  }
  return value;
}

bool json_broken_cut(struct json_broken *state, struct text *rest, bool in_array, struct text *value)
{
  const char *end = rest->data + rest->length;
  const char *after = find_end(state, rest->data, end, in_array);
  if (after == NULL) {
    *value = *rest;
    *rest = (struct text){end, 0};
    return false;
  }
  *value = trim_end((struct text){rest->data, (size_t)(after - rest->data)});
  *rest = (struct text){after, (size_t)(end - after)};
  return true;
}
