/* What windows have made of vehicles goes to the database: rows by difference, checkpoints.
 *
 * Within the caller's transaction, set-based: so many statements, however many vehicles. What is there already and is the same
 * stays untouched; what differs gets another revision; what is not there any more is deleted, or withdrawn where alerts rest on
 * it. Days that changed are noted for reports (analysis_day). Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_ROW_WRITER_H
#define CRUMBTRAIL_INGEST_ANALYSIS_ROW_WRITER_H

#include "ingest/analysis/window.h"
#include "server/db/connection.h"

struct written_window {
  const struct window *window;
  bool may_lack_rows; /* rows that are stored may be none any more */
  bool is_replay;     /* checkpoints stored within it are replaced */
};

struct write_settings {
  int64_t rule_version;
  int64_t conditions_from_us; /* conditions that ended before it are of no interest any more */
  int64_t parts_from_us;      /* checkpoints within a day that are older go */
};

/* Adds how many rows changed to *changed. */
struct error row_writer_write(struct db_connection *connection, struct arena *arena, const struct written_window *windows,
                              size_t count, struct write_settings settings, int64_t *changed) ERROR_MUST_CHECK;

#endif
