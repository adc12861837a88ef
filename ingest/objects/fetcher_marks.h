/* Writes down what came of objects whose reading is over, in one set. Thread: the fetcher's. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_FETCHER_MARKS_H
#define CRUMBTRAIL_INGEST_OBJECTS_FETCHER_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "ingest/objects/fetcher_metrics.h"
#include "ingest/objects/object_read.h"

struct fetcher_marks {
  unsigned int seed; /* kept from call to call: spreads the next tries of what failed together */
  size_t marked_count;
  size_t trouble_count; /* of these, where S3 as a whole is in trouble */
  struct text trouble;  /* of one of these, in the arena; empty: there was none */
  bool has_replaced;    /* something else stands in the place of an object, and is announced now */
};

struct error fetcher_marks_write(struct db_connection *connection, struct arena *arena, struct object_read *const *done,
                                 size_t count, const struct fetcher_metrics *metrics,
                                 struct fetcher_marks *marks) ERROR_MUST_CHECK;

#endif
