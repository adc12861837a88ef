#include "ingest/shadow/shadow_fold.h"

#include <stdlib.h>

#include "ingest/shadow/shadow_merge.h"

static int compare_texts(struct text a, struct text b)
{
  size_t shorter = a.length < b.length ? a.length : b.length;
  int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
  return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_items(const void *left, const void *right)
{
  const struct shadow_item *a = left;
  const struct shadow_item *b = right;
  if (a->vehicle_id != b->vehicle_id) {
    return a->vehicle_id < b->vehicle_id ? -1 : 1;
  }
  int order = compare_texts(a->update.name, b->update.name);
  if (order != 0) {
    return order;
  }
  if (a->update.version != b->update.version) {
    return a->update.version < b->update.version ? -1 : 1;
  }
  return (a->update.extent > b->update.extent) - (a->update.extent < b->update.extent);
}

void shadow_items_sort(struct shadow_item *items, size_t count)
{
  qsort(items, count, sizeof *items, compare_items);
}

size_t shadow_items_run(const struct shadow_item *items, size_t count)
{
  size_t run = 1;
  while (run < count && items[run].vehicle_id == items[0].vehicle_id &&
         text_equal(items[run].update.name, items[0].update.name)) {
    run++;
  }
  return run;
}

static struct shadow_mark mark_of(const struct shadow_item *item)
{
  return (struct shadow_mark){item->update.version, item->update.updated_at_us};
}

static const struct shadow_item *newest_whole(const struct shadow_item *items, size_t count)
{
  const struct shadow_item *newest = NULL;
  for (size_t i = 0; i < count; i++) {
    if (items[i].update.extent == SHADOW_EXTENT_WHOLE &&
        (newest == NULL || shadow_is_after(mark_of(&items[i]), mark_of(newest)))) {
      newest = &items[i];
    }
  }
  return newest;
}

bool shadow_items_have_whole(const struct shadow_item *items, size_t count)
{
  return newest_whole(items, count) != NULL;
}

static struct text raw_or_empty(const struct json *value)
{
  return value != NULL ? value->raw : TEXT("{}");
}

static const struct json *parse(struct arena *arena, struct text text)
{
  const struct json *value = NULL;
  struct error error = json_parse(arena, text, JSON_LIMITS_DEFAULT, &value);
  return error.code == ERROR_NONE ? value : NULL;
}

static struct text take_text(struct arena *arena, struct buffer *scratch)
{
  struct text text = text_copy(arena, buffer_text(scratch));
  buffer_clear(scratch);
  return text;
}

static struct text merged(struct arena *arena, struct buffer *scratch, struct text state, const struct json *patch)
{
  struct json_writer out = json_writer_to(scratch);
  shadow_write_merged(&out, parse(arena, state), patch);
  return take_text(arena, scratch);
}

/* The times of both sections, without those of members that are gone. */
static struct text metadata_of(struct arena *arena, struct buffer *scratch, const struct shadow_state *state,
                               struct text reported_times, struct text desired_times)
{
  struct json_writer out = json_writer_to(scratch);
  json_begin_object(&out);
  json_key(&out, "reported");
  shadow_write_pruned(&out, parse(arena, reported_times), parse(arena, state->reported));
  json_key(&out, "desired");
  shadow_write_pruned(&out, parse(arena, desired_times), parse(arena, state->desired));
  json_end_object(&out);
  return take_text(arena, scratch);
}

static void start_whole(struct arena *arena, struct buffer *scratch, const struct shadow_item *item, struct shadow_state *state)
{
  const struct shadow_update *update = &item->update;
  struct json_writer out = json_writer_to(scratch);
  *state = (struct shadow_state){.vehicle_id = item->vehicle_id,
                                 .name = update->name,
                                 .mark = mark_of(item),
                                 .received_at_us = item->received_at_us,
                                 .is_complete = true,
                                 .reported = raw_or_empty(update->reported),
                                 .desired = raw_or_empty(update->desired)};
  json_begin_object(&out);
  json_key(&out, "reported");
  json_raw(&out, raw_or_empty(update->reported_metadata));
  json_key(&out, "desired");
  json_raw(&out, raw_or_empty(update->desired_metadata));
  json_end_object(&out);
  state->metadata = take_text(arena, scratch);
}

static void start_empty(const struct shadow_item *item, struct shadow_state *state)
{
  *state = (struct shadow_state){.vehicle_id = item->vehicle_id,
                                 .name = item->update.name,
                                 .mark = {0, item->update.updated_at_us},
                                 .is_complete = true, /* as long as the first part follows on nothing */
                                 .reported = TEXT("{}"),
                                 .desired = TEXT("{}"),
                                 .metadata = TEXT("{}")};
}

/* A part of the version that is there already adds something only when a part of it was missed. */
static bool adds(const struct shadow_item *item, const struct shadow_state *state)
{
  struct shadow_mark mark = mark_of(item);
  return shadow_is_after(mark, state->mark) || (mark.version == state->mark.version && !state->is_complete);
}

static void apply_part(struct arena *arena, struct buffer *scratch, const struct shadow_item *item, struct shadow_state *state)
{
  const struct shadow_update *update = &item->update;
  const struct json *times = parse(arena, state->metadata);
  const struct json *reported_times = json_member(times, TEXT("reported"));
  const struct json *desired_times = json_member(times, TEXT("desired"));
  bool follows = update->version == state->mark.version + 1 && update->extent == SHADOW_EXTENT_PART;
  state->is_complete = state->is_complete && follows;
  state->reported = update->clears_reported ? TEXT("{}") : merged(arena, scratch, state->reported, update->reported);
  state->desired = update->clears_desired ? TEXT("{}") : merged(arena, scratch, state->desired, update->desired);
  struct text reported_merged = merged(arena, scratch, raw_or_empty(reported_times), update->reported_metadata);
  struct text desired_merged = merged(arena, scratch, raw_or_empty(desired_times), update->desired_metadata);
  state->metadata = metadata_of(arena, scratch, state, reported_merged, desired_merged);
  state->mark = mark_of(item);
  state->received_at_us = item->received_at_us;
}

static struct text delta_of(struct arena *arena, struct buffer *scratch, const struct shadow_state *state)
{
  struct json_writer out = json_writer_to(scratch);
  shadow_write_delta(&out, parse(arena, state->desired), parse(arena, state->reported));
  return take_text(arena, scratch);
}

bool shadow_fold(struct arena *arena, const struct shadow_item *items, size_t count, const struct shadow_state *stored,
                 struct shadow_state *state)
{
  struct buffer scratch = {0};
  const struct shadow_item *whole = newest_whole(items, count);
  bool changed = whole != NULL;
  if (whole != NULL) {
    start_whole(arena, &scratch, whole, state);
  } else if (stored != NULL) {
    *state = *stored;
  } else {
    start_empty(&items[0], state);
  }
  state->is_merged = whole == NULL;
  state->merged_onto = stored != NULL ? stored->mark.version : SHADOW_NOT_STORED;
  bool is_fresh = whole == NULL && stored == NULL;
  for (size_t i = 0; i < count; i++) {
    if (items[i].update.extent != SHADOW_EXTENT_WHOLE && (is_fresh || adds(&items[i], state))) {
      apply_part(arena, &scratch, &items[i], state);
      changed = true;
      is_fresh = false;
    }
  }
  state->delta = text_equal(state->desired, TEXT("{}")) ? TEXT("{}") : delta_of(arena, &scratch, state);
  buffer_free(&scratch);
  return changed;
}
