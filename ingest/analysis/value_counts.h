/* A multiset of whole numbers, for exact medians and percentiles: each value that occurs, with how often.
 *
 * Owns its memory until value_counts_free; grows with the number of different values, not of all. Zeroed is empty. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_VALUE_COUNTS_H
#define CRUMBTRAIL_INGEST_ANALYSIS_VALUE_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/analysis/state.h"

struct value_count {
  int64_t value;
  int64_t count;
};

struct value_counts {
  struct value_count *items; /* ascending by value */
  size_t item_count;
  size_t capacity;
  int64_t total;
};

void value_counts_free(struct value_counts *counts);  /* leaves it empty */
void value_counts_clear(struct value_counts *counts); /* keeps the memory */
void value_counts_add(struct value_counts *counts, int64_t value, int64_t count);
void value_counts_merge(struct value_counts *counts, const struct value_counts *more);
/* Over what `counts` holds; the same set may not be both. */
void value_counts_copy(struct value_counts *counts, const struct value_counts *from);
/* The value at `rank`, from 0, in ascending order; rank < total. */
int64_t value_counts_at(const struct value_counts *counts, int64_t rank);

void value_counts_save(const struct value_counts *counts, struct buffer *out);
void value_counts_load(struct value_counts *counts, struct state_reader *in);

#endif
