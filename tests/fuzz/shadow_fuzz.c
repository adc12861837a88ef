/* Messages of shadows, a line each, read and put together; what comes out must be JSON again. */
#include <assert.h>

#include "ingest/shadow/shadow_fold.h"

enum { MESSAGES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_json(struct arena *arena, struct text text)
{
  const struct json *value = NULL;
  struct error error = json_parse(arena, text, JSON_LIMITS_DEFAULT, &value);
  assert(error.code == ERROR_NONE && value->type == JSON_OBJECT);
}

static void fold(struct arena *arena, struct shadow_item *items, size_t count, struct shadow_state *kept)
{
  struct shadow_state state;
  const struct shadow_state *stored = kept->reported.data != NULL ? kept : NULL;
  if (shadow_fold(arena, items, count, stored, &state)) {
    check_json(arena, state.reported);
    check_json(arena, state.desired);
    check_json(arena, state.delta);
    check_json(arena, state.metadata);
    *kept = state;
  }
}

/* Half of the messages at once, the others one by one onto what is stored. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  struct arena *arena = arena_new(4096);
  struct shadow_item items[MESSAGES_MAX];
  struct shadow_state kept = {0};
  struct text rest = {(const char *)bytes, length};
  size_t count = 0;
  for (struct text line; count < MESSAGES_MAX && text_split(&rest, '\n', &line);) {
    struct shadow_item *item = &items[count];
    *item = (struct shadow_item){.vehicle_id = 1, .received_at_us = 1};
    enum shadow_form form = text_starts_with(line, TEXT("{\"state\"")) ? SHADOW_WHOLE : SHADOW_EVENT;
    count += shadow_update_read(arena, line, form, &item->update) ? 1 : 0;
  }
  size_t half = (count + 1) / 2;
  shadow_items_sort(items, half);
  for (size_t i = 0; i < half;) {
    size_t run = shadow_items_run(items + i, half - i);
    fold(arena, items + i, run, &kept);
    i += run;
  }
  for (size_t i = half; i < count; i++) {
    fold(arena, items + i, 1, &kept);
  }
  arena_free(arena);
  return 0;
}
