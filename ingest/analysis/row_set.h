/* Rows that a machine of the analysis has made, in the order in which it made them: an array that grows.
 *
 * Each machine names its row type and appends with row_set_add; who reads casts `items`. Lives in an arena. Thread: one at a
 * time. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROW_SET_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROW_SET_H

#include <stddef.h>

#include "server/base/arena.h"

struct row_set {
  struct arena *arena;
  void *items;
  size_t count;
  size_t capacity;
  size_t row_bytes;
};

struct row_set row_set_make(struct arena *arena, size_t row_bytes);
/* Copies row_bytes from `row`. */
void row_set_add(struct row_set *rows, const void *row);

#endif
