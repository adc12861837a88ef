/* Which messages were taken already: SNS and Firehose deliver the same one again when our answer was late or lost.
 *
 * A help, not a promise: an id is remembered some time after its work was committed, and a log that cannot be asked knows
 * nothing, so work may be done twice, which is harmless. Ids are forgotten after a day. Table ingest_message.
 * Owns: a bounded queue, one database connection, its thread. Lookups that have the same `on_done` come back as one list, on
 * the log's thread. */
#ifndef CRUMBTRAIL_INGEST_PUSH_MESSAGE_LOG_H
#define CRUMBTRAIL_INGEST_PUSH_MESSAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"
#include "server/db/connection.h"

struct message_log;

enum { MESSAGE_ID_MAX_BYTES = 200 };

/* The asker's until message_log_find says true, the log's until on_done. */
struct message_lookup {
  uint8_t source; /* enum breadcrumb_source */
  struct text message_id;
  bool is_known;                                 /* set by the log; false also when it could not be found out */
  void (*on_done)(struct message_lookup *first); /* takes the list back; not NULL */
  struct message_lookup *next;                   /* in that list */
  void *owner;                                   /* the asker's */
};

/* Starts the thread; the database may be away, it is asked for again and again. */
struct error message_log_start(struct db_settings database, struct message_log **log) ERROR_MUST_CHECK;

/* Any thread. False: it cannot be asked now (no database, too many wait, stopping), and on_done is not called: the message
 * counts as new. */
bool message_log_find(struct message_log *log, struct message_lookup *lookup);

/* Any thread; copies the id and returns at once. Call it when the message's work has been committed. An id that is longer than
 * MESSAGE_ID_MAX_BYTES, or finds no room, is not remembered. */
void message_log_remember(struct message_log *log, uint8_t source, struct text message_id, int64_t received_at_us);

/* Writes what waits, within grace_ms; lookups that wait end with is_known false. From then on nothing is known, and nothing is
 * remembered. Accepts NULL. */
void message_log_stop(struct message_log *log, int grace_ms);
/* After message_log_stop. Accepts NULL. */
void message_log_free(struct message_log *log);

#endif
