#include "api/live/viewer.h"

#include <stdlib.h>

/* Which fleet slots a viewer still has to look at, in slot order: the way back in for a client that resumes, or that fell so
 * far behind that the ring of changes no longer tells what it missed. */
struct catch_up {
  bool active;
  bool resuming;         /* by seq, from an earlier connection; else by change number, on this one */
  uint32_t next_slot;    /* all before it have been looked at */
  uint64_t since_change; /* unless resuming */
  int64_t since_seq;     /* when resuming */
  uint64_t change_after; /* where the ring goes on once this is done */
  int64_t seq_after;
};

struct marks {
  uint64_t *words;
  uint32_t word_count;
};

struct viewer {
  struct arena *arena; /* the view's texts */
  struct view view;
  bool binary;
  int64_t seq;
  uint64_t next_change; /* changes before it are known to the client */

  struct marks known;    /* the client holds a position of this slot */
  struct marks named;    /* ... and its name; lives as long as the socket */
  struct marks selected; /* by name or id, when the view has vehicles */
  uint32_t selected_upto;

  uint32_t *snapshot_slots; /* what the snapshot promised to hold; NULL once it is sent */
  uint32_t snapshot_count;
  uint32_t snapshot_sent;
  int64_t snapshot_seq;

  struct catch_up catch_up;
};

static bool marks_has(const struct marks *marks, uint32_t slot)
{
  return slot / 64 < marks->word_count && (marks->words[slot / 64] >> (slot % 64) & 1) != 0;
}

static void marks_set(struct marks *marks, uint32_t slot, bool value)
{
  uint32_t word = slot / 64;
  if (word >= marks->word_count) {
    if (!value) {
      return;
    }
    uint32_t count = word + 1 + word / 2;
    marks->words = realloc(marks->words, count * sizeof marks->words[0]);
    if (marks->words == NULL) {
      abort();
    }
    memset(marks->words + marks->word_count, 0, (count - marks->word_count) * sizeof marks->words[0]);
    marks->word_count = count;
  }
  uint64_t bit = UINT64_C(1) << (slot % 64);
  marks->words[word] = value ? marks->words[word] | bit : marks->words[word] & ~bit;
}

static void marks_clear(struct marks *marks)
{
  free(marks->words);
  *marks = (struct marks){0};
}

struct viewer *viewer_new(void)
{
  struct viewer *viewer = calloc(1, sizeof *viewer);
  if (viewer == NULL) {
    abort();
  }
  viewer->arena = arena_new(256);
  return viewer;
}

void viewer_free(struct viewer *viewer)
{
  if (viewer == NULL) {
    return;
  }
  arena_free(viewer->arena);
  marks_clear(&viewer->known);
  marks_clear(&viewer->named);
  marks_clear(&viewer->selected);
  free(viewer->snapshot_slots);
  free(viewer);
}

/* A vehicle may be named before it has ever been seen, so new slots are compared as they come. */
static void select_new_slots(struct viewer *viewer, const struct fleet_state *fleet)
{
  if (!viewer->view.has_vehicles) {
    return;
  }
  for (; viewer->selected_upto < fleet->count; viewer->selected_upto++) {
    const struct position *position = &fleet->positions[viewer->selected_upto];
    if (view_selects_vehicle(&viewer->view, position->vehicle_id, position->vehicle)) {
      marks_set(&viewer->selected, viewer->selected_upto, true);
    }
  }
}

static bool is_in_view(const struct viewer *viewer, const struct fleet_state *fleet, uint32_t slot)
{
  const struct fleet_place *place = &fleet->places[slot];
  if (viewer->view.has_box && !view_box_contains(&viewer->view.box, place->longitude_deg, place->latitude_deg)) {
    return false;
  }
  return !place->is_hidden && (!viewer->view.has_vehicles || marks_has(&viewer->selected, slot));
}

static void promise_snapshot(struct viewer *viewer, const struct fleet_state *fleet)
{
  uint32_t *slots = malloc(((size_t)fleet->count + 1) * sizeof *slots);
  if (slots == NULL) {
    abort();
  }
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    if (is_in_view(viewer, fleet, slot)) {
      slots[count++] = slot;
      marks_set(&viewer->known, slot, true);
    }
  }
  viewer->snapshot_slots = slots;
  viewer->snapshot_count = count;
  viewer->snapshot_seq = fleet->head;
}

bool viewer_subscribe(struct viewer *viewer, const struct fleet_state *fleet, const struct subscription *subscription,
                      bool epoch_is_known)
{
  arena_reset(viewer->arena);
  marks_clear(&viewer->known);
  marks_clear(&viewer->selected);
  free(viewer->snapshot_slots);
  viewer->snapshot_slots = NULL;
  viewer->snapshot_count = viewer->snapshot_sent = viewer->selected_upto = 0;
  viewer->catch_up = (struct catch_up){0};
  viewer->view = view_copy(viewer->arena, &subscription->view);
  viewer->binary = subscription->binary;
  viewer->next_change = fleet->change_count;
  viewer->seq = 0;
  select_new_slots(viewer, fleet);

  if (!epoch_is_known || !subscription->has_resume || subscription->resume_seq > fleet->head) {
    promise_snapshot(viewer, fleet);
    return false;
  }
  viewer->seq = subscription->resume_seq;
  viewer->catch_up = (struct catch_up){.active = true,
                                       .resuming = true,
                                       .since_seq = subscription->resume_seq,
                                       .change_after = fleet->change_count,
                                       .seq_after = fleet->head};
  return true;
}

bool viewer_is_catching_up(const struct viewer *viewer)
{
  return viewer->snapshot_slots != NULL || viewer->catch_up.active;
}

bool viewer_is_behind(const struct viewer *viewer, const struct fleet_state *fleet)
{
  return viewer_is_catching_up(viewer) || viewer->next_change != fleet->change_count || viewer->seq != fleet->head;
}

static bool next_snapshot_part(struct viewer *viewer, struct frame_scratch *scratch, struct frame_content *content)
{
  uint32_t part_max = viewer->binary ? SNAPSHOT_PART_MAX_BINARY : SNAPSHOT_PART_MAX_JSON;
  uint32_t left = viewer->snapshot_count - viewer->snapshot_sent;
  uint32_t count = left < part_max ? left : part_max;
  memcpy(scratch->slots, viewer->snapshot_slots + viewer->snapshot_sent, count * sizeof scratch->slots[0]);
  uint32_t parts = (viewer->snapshot_count + part_max - 1) / part_max;
  content->kind = CONTENT_SNAPSHOT;
  content->part = (uint16_t)(viewer->snapshot_sent / part_max + 1);
  content->parts = (uint16_t)(parts == 0 ? 1 : parts);
  content->seq = viewer->snapshot_seq;
  content->slots = scratch->slots;
  content->slot_count = count;
  viewer->snapshot_sent += count;
  if (viewer->snapshot_sent == viewer->snapshot_count) {
    free(viewer->snapshot_slots);
    viewer->snapshot_slots = NULL;
    viewer->seq = viewer->snapshot_seq;
  }
  return true;
}

struct collector {
  struct viewer *viewer;
  const struct fleet_state *fleet;
  struct frame_scratch *scratch;
  struct frame_content *content;
  uint32_t slots_max;
};

static bool is_full(const struct collector *collector)
{
  return collector->content->slot_count == collector->slots_max || collector->content->removed_count == REMOVED_MAX;
}

static void add_position(struct collector *collector, uint32_t slot)
{
  const struct fleet_state *fleet = collector->fleet;
  struct frame_content *content = collector->content;
  collector->scratch->slots[content->slot_count++] = slot;
  if (!fleet->by_time[slot] && fleet->positions[slot].received_at_us < content->oldest_received_at_us) {
    content->oldest_received_at_us = fleet->positions[slot].received_at_us;
  }
}

static void add_change(struct collector *collector, uint32_t slot, bool may_be_known)
{
  struct viewer *viewer = collector->viewer;
  if (is_in_view(viewer, collector->fleet, slot)) {
    marks_set(&viewer->known, slot, true);
    add_position(collector, slot);
  } else if (may_be_known || marks_has(&viewer->known, slot)) {
    marks_set(&viewer->known, slot, false);
    collector->scratch->removed[collector->content->removed_count++] = slot;
  }
}

static bool was_missed(const struct catch_up *catch_up, const struct fleet_state *fleet, uint32_t slot)
{
  if (!catch_up->resuming) {
    return fleet->places[slot].changed >= catch_up->since_change;
  }
  return fleet->positions[slot].seq > catch_up->since_seq || fleet->status_head[slot] >= catch_up->since_seq;
}

static void collect_catch_up(struct collector *collector)
{
  struct viewer *viewer = collector->viewer;
  struct catch_up *catch_up = &viewer->catch_up;
  const struct fleet_state *fleet = collector->fleet;
  for (; catch_up->next_slot < fleet->count && !is_full(collector); catch_up->next_slot++) {
    uint32_t slot = catch_up->next_slot;
    if (was_missed(catch_up, fleet, slot)) {
      /* Whether an earlier connection knew the vehicle is not remembered: it is told of every one that might have left. */
      bool selected = !viewer->view.has_vehicles || marks_has(&viewer->selected, slot);
      add_change(collector, slot, catch_up->resuming && selected);
    } else if (catch_up->resuming && is_in_view(viewer, fleet, slot)) {
      marks_set(&viewer->known, slot, true);
    }
  }
  if (catch_up->next_slot >= fleet->count) {
    catch_up->active = false;
    viewer->next_change = catch_up->change_after;
    viewer->seq = catch_up->seq_after;
  }
}

static void collect_ring(struct collector *collector)
{
  struct viewer *viewer = collector->viewer;
  const struct fleet_state *fleet = collector->fleet;
  uint64_t change = viewer->next_change;
  for (; change != fleet->change_count && !is_full(collector); change++) {
    uint32_t slot = fleet->ring[change & (fleet->ring_size - 1)];
    if (fleet->places[slot].changed == change) {
      add_change(collector, slot, false);
    }
  }
  viewer->next_change = change;
  if (change == fleet->change_count) {
    viewer->seq = fleet->head;
  }
}

bool viewer_next(struct viewer *viewer, const struct fleet_state *fleet, struct frame_scratch *scratch,
                 struct frame_content *content)
{
  *content = (struct frame_content){.kind = CONTENT_UPDATE, .part = 1, .parts = 1, .oldest_received_at_us = INT64_MAX};
  if (viewer->snapshot_slots != NULL) {
    return next_snapshot_part(viewer, scratch, content);
  }
  select_new_slots(viewer, fleet);
  if (!viewer->catch_up.active && !fleet_state_ring_holds(fleet, viewer->next_change)) {
    viewer->catch_up = (struct catch_up){
        .active = true, .since_change = viewer->next_change, .change_after = fleet->change_count, .seq_after = fleet->head};
  }
  struct collector collector = {viewer, fleet, scratch, content, viewer->binary ? UPDATE_MAX_BINARY : UPDATE_MAX_JSON};
  if (viewer->catch_up.active) {
    collect_catch_up(&collector);
  } else {
    collect_ring(&collector);
  }
  content->seq = viewer->seq;
  content->slots = scratch->slots;
  content->removed_slots = scratch->removed;
  return content->slot_count != 0 || content->removed_count != 0;
}

bool viewer_is_binary(const struct viewer *viewer)
{
  return viewer->binary;
}

bool viewer_selects_vehicle(const struct viewer *viewer, int64_t vehicle_id, struct text name)
{
  return view_selects_vehicle(&viewer->view, vehicle_id, name);
}

int64_t viewer_seq(const struct viewer *viewer)
{
  return viewer->seq;
}

bool viewer_mark_named(struct viewer *viewer, uint32_t slot)
{
  if (marks_has(&viewer->named, slot)) {
    return false;
  }
  marks_set(&viewer->named, slot, true);
  return true;
}
