/* What waits on disk while the database is away: DATA/spool.sqlite, and the thread that fills and empties it.
 *
 * Entries are put from any thread; all that wait go to disk in one transaction that is synced before their on_done. What is on
 * disk is given, in order within its kind, to the taker of its kind as soon as that one says it is ready, also after a restart;
 * it is deleted only after the taker has given it back as done. A crash at any moment loses nothing; it may bring some again.
 * The file belongs to one process (locked). A damaged file is moved aside and kept, never dropped.
 * Thread: started and stopped by main; spool_put and spool_give_back any; on_done and the takers' calls: the spool's own. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct metrics;
struct spool;
struct spool_chunk;

/* Written in the file: numbers stay. */
enum spool_kind {
  SPOOL_EVENTS = 1,        /* a delivery of events: body and vehicle_hint as event_read gets them */
  SPOOL_ANNOUNCEMENTS = 2, /* a notification of S3 objects: the body that notification_read gets */
  SPOOL_KIND_COUNT
};

/* The submitter's until spool_put succeeds, then the spool's until on_done. */
struct spool_entry {
  uint8_t kind;   /* enum spool_kind */
  uint8_t source; /* enum breadcrumb_source */
  bool is_continuation;
  struct text vehicle_hint;
  struct text request_id;
  struct text body;
  int64_t received_at_us;
  /* Of an entry that is put: on disk, or not (full, disk full, stopping: the sender shall try again). */
  bool is_kept;
  void (*on_done)(struct spool_entry *first); /* a list by `next`; not NULL */
  void *owner;                                /* the submitter's, or the taker's */
  struct spool_entry *next;
  /* The spool's own, of an entry that is given to a taker. */
  int64_t entry_id;
  struct spool_chunk *chunk;
  bool is_taken;
};

/* Who takes the entries of one kind from the spool. */
struct spool_taker {
  void *context;
  /* Asked several times a second. */
  bool (*is_ready)(void *context);
  /* A list by `next`. Every entry must be given back once, at any time, on any thread; the arena and the entries' texts live
   * until the last of the list has been. */
  void (*take)(void *context, struct spool_entry *first, struct arena *arena);
};

struct spool_settings {
  const char *data_folder; /* holds spool.sqlite; borrowed until spool_stop */
  int64_t bytes_max;       /* of what waits on disk; more is not kept */
  struct metrics *metrics; /* may be NULL */
};

/* Opens the file. ERROR_SETUP: it cannot be made, or another process has it. */
struct error spool_open(struct spool_settings settings, struct spool **spool) ERROR_MUST_CHECK;
/* Before spool_start. What is of a kind without a taker stays. */
void spool_set_taker(struct spool *spool, enum spool_kind kind, struct spool_taker taker);
struct error spool_start(struct spool *spool) ERROR_MUST_CHECK;

/* ERROR_BUSY: too much waits to be written. ERROR_SHUTTING_DOWN. Otherwise on_done follows. */
struct error spool_put(struct spool *spool, struct spool_entry *entry) ERROR_MUST_CHECK;

/* By a taker: what it did with the entries of the list (those that it links by `next`). Done: stored, or refused for good with
 * its reason kept elsewhere. Else it stays on disk and is given again later. */
void spool_give_back(struct spool_entry *first, bool is_done);

/* For health, metrics and the page. Any thread. */
struct spool_state {
  uint64_t entries;
  uint64_t bytes;
  uint64_t bytes_max;
  int64_t oldest_received_at_us; /* 0: nothing waits */
  uint64_t damaged_files;        /* moved aside since the start, and kept */
};
void spool_read_state(struct spool *spool, struct spool_state *state);

/* When it returns, no taker is called any more. Accepts NULL. */
void spool_stop_draining(struct spool *spool);
/* Writes what has been put, and closes. All takers must have given back what they had. Accepts NULL. */
void spool_stop(struct spool *spool);

#endif
