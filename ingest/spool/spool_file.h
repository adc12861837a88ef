/* The file of the spool: DATA/spool.sqlite, packs of entries in the order in which they came.
 *
 * Locked for one process while it is open. A transaction that put entries is on disk when the call
 * returns; one that deleted them may be undone by a power cut, which brings them again. Thread: one at a time.
 * Errors: ERROR_SETUP (open: cannot be made, is locked, comes from a newer program); ERROR_BUSY (the disk is full but for a
 * reserve); ERROR_INTERNAL otherwise, where spool_file_is_damaged tells whether the file is to be moved aside. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_FILE_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_FILE_H

#include "ingest/spool/spool.h"

struct spool_file;

/* What waits, counted as spool_entry_bytes does. */
struct spool_totals {
  uint64_t entries[SPOOL_KIND_COUNT];
  uint64_t bytes;
};

/* Makes the folder and the file when they are missing. A damaged file is moved aside first: *damaged is how many were (0 or 1).
 */
struct error spool_file_open(struct arena *arena, const char *data_folder, struct spool_file **file,
                             int *damaged) ERROR_MUST_CHECK;
void spool_file_close(struct spool_file *file); /* accepts NULL */

const struct spool_totals *spool_file_totals(const struct spool_file *file);
/* 0: nothing waits. */
struct error spool_file_oldest(struct spool_file *file, int64_t *received_at_us) ERROR_MUST_CHECK;

/* All of them in one transaction, synced; none after an error. Only kind, source, is_continuation, texts and time are read. */
struct error spool_file_put(struct spool_file *file, struct spool_entry *const *entries, size_t count) ERROR_MUST_CHECK;

/* The entries of a kind behind `after_id`, in order: at most `count_max`, at least one if there is any, and no more packs once
 * `bytes_max` is passed. They live in the arena. `count_max` is SPOOL_PACK_ENTRIES_MAX at least. */
struct error spool_file_read(struct spool_file *file, uint8_t kind, int64_t after_id, size_t count_max, size_t bytes_max,
                             struct arena *arena, struct spool_entry **entries, size_t *count) ERROR_MUST_CHECK;

/* The entries of a kind up to `through_id`, but for those of a pack that has more: they stay until all of it may go. *count are
 * gone. The file shrinks when it is empty. */
struct error spool_file_delete(struct spool_file *file, uint8_t kind, int64_t through_id, uint64_t *count) ERROR_MUST_CHECK;

bool spool_file_is_damaged(const struct spool_file *file);
/* Closes it, and renames it to spool-damaged-TIME.sqlite beside; frees `file` in any case. */
struct error spool_file_move_aside(struct spool_file *file) ERROR_MUST_CHECK;

#endif
