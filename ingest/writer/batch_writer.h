/* One thread that turns many deliveries into few transactions.
 *
 * Owns: the queue, one database connection, the registry of vehicles, its thread. It takes all that waits, never lingers, and
 * commits it as one pipeline (one round trip). Deliveries come from batch_writer_submit on any thread; the finished ones of a
 * batch that have the same `on_done` go to it as one list, on the writer's thread, after their breadcrumbs have committed or
 * with the error that stopped them. With a spool, what the database does not take goes to disk instead, and back on the spool's
 * thread; so does what is submitted while the database is away, or while a transaction takes longer than a second. Delivering
 * the same again is harmless. */
#ifndef CRUMBTRAIL_INGEST_WRITER_BATCH_WRITER_H
#define CRUMBTRAIL_INGEST_WRITER_BATCH_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/events/breadcrumb.h"
#include "ingest/events/rejected.h"
#include "server/base/error.h"
#include "server/db/connection.h"

struct batch;
struct batch_writer;
struct metrics;
struct spool;
struct vehicle_registry;

/* What one request brought. The submitter's until batch_writer_submit succeeds, the writer's until on_done. */
struct delivery {
  const struct breadcrumb *breadcrumbs;
  size_t breadcrumb_count;
  const struct rejected *rejects;
  size_t reject_count;
  struct text body; /* the bytes that event_read got: kept when the database refuses the whole, read again from the spool */
  struct text vehicle_hint; /* what event_read got beside the body; may be empty */
  struct text request_id;
  int64_t received_at_us;
  size_t memory_bytes;  /* what it holds while it waits; the queue is bounded by it */
  uint8_t source;       /* enum breadcrumb_source */
  bool is_continuation; /* a further piece of what was delivered as one: not counted as a delivery of its own */
  bool is_repeatable;   /* the submitter can bring it again (an S3 object): never spooled */
  /* Set by the writer. `outcome`: none; bad input (the database refused the data, which is in `rejected` now); database away,
   * query timeout, refused or shutting down (nothing is known to be stored: deliver it again). */
  struct error outcome;
  bool is_spooled; /* the database is away: the body is on disk, and nothing is known yet of what will be stored of it */
  size_t stored_count;
  size_t duplicate_count;
  size_t duplicate_elsewhere_count;        /* those among the duplicates whose stored breadcrumb came by another source */
  void (*on_done)(struct delivery *first); /* takes the list back; not NULL */
  struct delivery *next;                   /* in that list */
  void *owner;                             /* the submitter's */
};

struct batch_writer_settings {
  struct db_settings database;
  int64_t queue_max;       /* deliveries that may wait */
  int64_t queue_max_bytes; /* sum of memory_bytes of all that are not done; 0: 128 MiB */
  struct spool *spool;     /* may be NULL; borrowed until batch_writer_stop */
  struct metrics *metrics; /* may be NULL */
  /* Sees each batch after its commit, before its deliveries end, on the writer's thread; may be NULL. */
  void (*on_committed)(void *context, const struct batch *batch, const struct vehicle_registry *registry);
  void *on_committed_context;
};

/* Starts the thread; the database may be away, it is asked for again and again. */
struct error batch_writer_start(struct batch_writer_settings settings, struct batch_writer **writer) ERROR_MUST_CHECK;

/* ERROR_BUSY: the queue is full. ERROR_DATABASE_AWAY, ERROR_SHUTTING_DOWN: said at once. Otherwise on_done follows. */
struct error batch_writer_submit(struct batch_writer *writer, struct delivery *delivery) ERROR_MUST_CHECK;

/* For submitters that cannot refuse: after ERROR_BUSY `on_room` is called once, on the writer's or the spool's thread, when
 * deliveries have left the queue; then submit again, with whatever that says. False: some have left it meanwhile, submit again
 * at once. Any thread. */
struct batch_writer_waiter {
  void (*on_room)(struct batch_writer_waiter *waiter);
  struct batch_writer_waiter *next;
};
bool batch_writer_wait_for_room(struct batch_writer *writer, struct batch_writer_waiter *waiter) ERROR_MUST_CHECK;

/* Connected to the database and not stopping. Any thread. */
bool batch_writer_is_ready(const struct batch_writer *writer);
/* A transaction has been running for so long that what is submitted goes to the spool. Any thread. */
bool batch_writer_is_stuck(const struct batch_writer *writer);
/* What waits behind such a transaction goes to the spool. Called now and then, by the spool's thread. */
void batch_writer_relieve(struct batch_writer *writer);

/* Takes nothing more, writes what waits within grace_ms, ends the rest with ERROR_SHUTTING_DOWN (or in the spool), and frees.
 * Accepts NULL. */
void batch_writer_stop(struct batch_writer *writer, int grace_ms);

#endif
