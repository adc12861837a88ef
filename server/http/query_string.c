#include "server/http/query_string.h"

#include <string.h>

static bool decode(struct arena *arena, struct text encoded, struct text *decoded)
{
  if (memchr(encoded.data, '+', encoded.length) != NULL) {
    char *spaced = arena_alloc_bytes(arena, encoded.length);
    for (size_t i = 0; i < encoded.length; i++) {
      spaced[i] = encoded.data[i] == '+' ? ' ' : encoded.data[i];
    }
    encoded.data = spaced;
  }
  return text_percent_decode(arena, encoded, decoded) && text_is_utf8(*decoded);
}

static struct error parse_pair(struct arena *arena, struct text pair, struct request_parameter *parameter)
{
  const char *equals = memchr(pair.data, '=', pair.length);
  struct text name = pair;
  struct text value = {pair.data + pair.length, 0};
  if (equals != NULL) {
    name.length = (size_t)(equals - pair.data);
    value = (struct text){equals + 1, pair.length - name.length - 1};
  }
  if (!decode(arena, name, &parameter->name)) {
    return error_at(ERROR_BAD_INPUT, "query", "a parameter's name has a bad %%XX escape or is not UTF-8");
  }
  if (!decode(arena, value, &parameter->value)) {
    char field[ERROR_FIELD_MAX];
    size_t length = parameter->name.length < sizeof field ? parameter->name.length : 0;
    memcpy(field, parameter->name.data, length);
    field[length < sizeof field ? length : 0] = '\0';
    return error_at(ERROR_BAD_INPUT, field, "the value has a bad %%XX escape or is not UTF-8");
  }
  return error_none();
}

struct error query_string_parse(struct arena *arena, struct text query, struct request_parameter **parameters, int *count)
{
  *parameters = NULL;
  *count = 0;
  if (query.length == 0) {
    return error_none();
  }
  size_t pairs_max = 1;
  for (size_t i = 0; i < query.length; i++) {
    pairs_max += query.data[i] == '&';
  }
  struct request_parameter *parsed = arena_alloc_array(arena, pairs_max, sizeof *parsed);
  int parsed_count = 0;
  struct text rest = query;
  struct text pair;
  while (text_split(&rest, '&', &pair)) {
    if (pair.length == 0) {
      continue;
    }
    TRY(parse_pair(arena, pair, &parsed[parsed_count]));
    parsed_count++;
  }
  *parameters = parsed;
  *count = parsed_count;
  return error_none();
}
