/* One shadow from several messages: the newest whole one, with the parts that came after it, in the order of their versions.
 *
 * Pure; texts live in the arena. Thread: any, one at a time per arena. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_FOLD_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_FOLD_H

#include <stddef.h>

#include "ingest/shadow/shadow_document.h"

struct shadow_item {
  int64_t vehicle_id;
  int64_t received_at_us;
  struct shadow_update update;
};

enum { SHADOW_NOT_STORED = -1 };

/* A shadow as it is stored. */
struct shadow_state {
  int64_t vehicle_id;
  struct text name;
  struct shadow_mark mark;
  int64_t received_at_us;
  bool is_complete; /* no update between its parts was missed */
  bool is_merged;   /* onto merged_onto, the stored version; SHADOW_NOT_STORED: there was none */
  int64_t merged_onto;
  struct text reported; /* JSON objects */
  struct text desired;
  struct text delta;
  struct text metadata; /* {"reported":..,"desired":..} */
};

/* Brings the items of one shadow together (first to end, sorted by version), and those of one shadow next to each other. */
void shadow_items_sort(struct shadow_item *items, size_t count);
/* How many of the items at the start belong to the same shadow. */
size_t shadow_items_run(const struct shadow_item *items, size_t count);
/* Whether a state can be made of them without the stored one. */
bool shadow_items_have_whole(const struct shadow_item *items, size_t count);

/* `stored` may be NULL. False: nothing of the items is newer than what is stored. */
bool shadow_fold(struct arena *arena, const struct shadow_item *items, size_t count, const struct shadow_state *stored,
                 struct shadow_state *state);

#endif
