/* Announced objects of S3 become rows of ingest_object: from then on they will be read, whatever happens to this process.
 *
 * Owns: a bounded queue, one database connection, its thread. Takes all that waits and inserts it in one transaction; the
 * finished announcings that have the same `on_done` go to it as one list, on the queue's thread, after the commit or with the
 * error that stopped it. Announcing the same object again changes nothing. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_QUEUE_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/error.h"
#include "server/db/connection.h"

struct announcement;
struct metrics;
struct object_queue;

/* ingest_object.found_by */
enum found_by {
  FOUND_BY_SNS = 1,
  FOUND_BY_SQS = 2,
  FOUND_BY_WEBHOOK = 3,
  FOUND_BY_EVENTBRIDGE = 4,
  FOUND_BY_BACKFILL = 5,
  FOUND_BY_SWEEP = 6,
};

/* What one notification brought. The submitter's until object_queue_announce succeeds, the queue's until on_done. */
struct announcing {
  const struct announcement *announcements;
  size_t announcement_count;
  enum found_by found_by;
  /* Set by the queue. `outcome`: none (every object is in the table, now or already); database away, query timeout, refused or
   * shutting down (nothing is known to be kept: announce it again). */
  struct error outcome;
  void (*on_done)(struct announcing *first); /* takes the list back; not NULL */
  struct announcing *next;                   /* in that list */
  void *owner;                               /* the submitter's */
};

struct object_queue_settings {
  struct db_settings database;
  /* Called on the queue's thread after new objects have been committed. NULL: nobody waits for them. */
  void (*on_announced)(void *context);
  void *context;
  struct metrics *metrics; /* may be NULL */
};

/* Starts the thread; the database may be away, it is asked for again and again. */
struct error object_queue_start(struct object_queue_settings settings, struct object_queue **queue) ERROR_MUST_CHECK;

/* Any thread. ERROR_BUSY: too many wait. ERROR_DATABASE_AWAY, ERROR_SHUTTING_DOWN: said at once. Otherwise on_done follows. */
struct error object_queue_announce(struct object_queue *queue, struct announcing *announcing) ERROR_MUST_CHECK;

/* Connected to the database and not stopping. Any thread. */
bool object_queue_is_ready(const struct object_queue *queue);

/* Takes nothing more, writes what waits within grace_ms, ends the rest with ERROR_SHUTTING_DOWN, and frees. Accepts NULL. */
void object_queue_stop(struct object_queue *queue, int grace_ms);

#endif
