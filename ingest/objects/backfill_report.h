/* What a back-fill says of itself: a bar on a terminal, a sentence at the end. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_REPORT_H
#define CRUMBTRAIL_INGEST_OBJECTS_BACKFILL_REPORT_H

#include "ingest/objects/backfill_pages.h"
#include "server/base/text.h"

struct backfill_total {
  bool is_known;
  int64_t objects;
  int64_t bytes;
};

/* "[#########-----------]  45%  1,234 of 2,700 objects  56,789 events  12,345/s  about 3 min left"; without a known total
 * neither bar nor end. */
void backfill_bar(struct buffer *out, const struct backfill_counts *counts, const struct backfill_total *total,
                  double elapsed_s);

/* "2,700 objects listed: ..." */
void backfill_summary(struct buffer *out, const struct backfill_counts *counts, double elapsed_s);

#endif
