#include "ingest/objects/backfill_report.h"

#include <stdio.h>

enum { BAR_CELLS = 24 };

/* 1234567 -> "1,234,567". */
static void append_count(struct buffer *out, int64_t count)
{
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
  for (int i = 0; i < length; i++) {
    if (i != 0 && (length - i) % 3 == 0) {
      buffer_append_char(out, ',');
    }
    buffer_append_char(out, digits[i]);
  }
}

static int64_t settled(const struct backfill_counts *counts)
{
  return counts->known + counts->read + counts->missing + counts->failed;
}

/* By bytes, which is what takes the time; by objects where all are empty. */
static double share_of(const struct backfill_counts *counts, const struct backfill_total *total)
{
  double done = total->bytes > 0 ? (double)counts->bytes : (double)settled(counts);
  double all = total->bytes > 0 ? (double)total->bytes : (double)total->objects;
  double share = all > 0 ? done / all : 1;
  return share < 1 ? share : 1;
}

static void append_cells(struct buffer *out, double share)
{
  int filled = (int)(share * BAR_CELLS);
  buffer_append_char(out, '[');
  for (int i = 0; i < BAR_CELLS; i++) {
    buffer_append_char(out, i < filled ? '#' : '-');
  }
  buffer_printf(out, "] %3d%%  ", (int)(share * 100));
}

static void append_rest(struct buffer *out, double share, double elapsed_s)
{
  double left_s = elapsed_s * (1 - share) / share;
  if (left_s < 90) {
    buffer_printf(out, "  about %.0f s left", left_s);
  } else if (left_s < 2 * 3600) {
    buffer_printf(out, "  about %.0f min left", left_s / 60);
  } else {
    buffer_printf(out, "  about %.0f h left", left_s / 3600);
  }
}

void backfill_bar(struct buffer *out, const struct backfill_counts *counts, const struct backfill_total *total,
                  double elapsed_s)
{
  double share = total->is_known ? share_of(counts, total) : 0;
  int64_t events = counts->stored + counts->duplicates + counts->rejected;
  if (total->is_known) {
    append_cells(out, share);
  }
  append_count(out, settled(counts));
  buffer_append_text(out, TEXT(" of "));
  append_count(out, total->objects > counts->listed ? total->objects : counts->listed);
  buffer_append_text(out, total->is_known ? TEXT(" objects  ") : TEXT(" and more objects  "));
  append_count(out, events);
  buffer_append_text(out, TEXT(" events  "));
  append_count(out, elapsed_s > 0 ? (int64_t)((double)events / elapsed_s) : 0);
  buffer_append_text(out, TEXT("/s"));
  if (total->is_known && share > 0.01 && share < 1) {
    append_rest(out, share, elapsed_s);
  }
}

static void append_part(struct buffer *out, const char *before, int64_t count, const char *what)
{
  buffer_printf(out, "%s", before);
  append_count(out, count);
  buffer_printf(out, " %s", what);
}

void backfill_summary(struct buffer *out, const struct backfill_counts *counts, double elapsed_s)
{
  append_part(out, "", counts->listed, counts->listed == 1 ? "object listed: " : "objects listed: ");
  append_part(out, "", counts->read, "read");
  append_part(out, ", ", counts->known, "read before");
  if (counts->missing != 0) {
    append_part(out, ", ", counts->missing, "deleted or replaced meanwhile");
  }
  if (counts->failed != 0) {
    append_part(out, ", ", counts->failed, "failed");
  }
  append_part(out, ". ", counts->stored, "events stored");
  append_part(out, ", ", counts->duplicates, "known already");
  append_part(out, ", ", counts->rejected, "rejected");
  buffer_printf(out, ", in %.1f s.\n", elapsed_s);
}
