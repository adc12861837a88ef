/* The change feed as the database has it: how far it is numbered, and which positions changed since.
 *
 * Read the head first: everything up to it is then visible to what is read next, and what is later comes again the next time.
 * Thread: the connection's. */
#ifndef CRUMBTRAIL_API_FEED_READER_H
#define CRUMBTRAIL_API_FEED_READER_H

#include "api/position.h"
#include "server/db/connection.h"

enum { FEED_EPOCH_MAX = 40, FEED_PAGE_ROWS = 4096 };

struct feed_head {
  int64_t seq;
  char epoch[FEED_EPOCH_MAX]; /* seq counts within it */
};

/* The last row known; the next page begins after it. */
struct feed_cursor {
  int64_t seq;
  int64_t vehicle_id;
};

/* Everything after `seq`; -1: everything. */
static inline struct feed_cursor feed_cursor_after(int64_t seq)
{
  return (struct feed_cursor){seq, INT64_MAX};
}

struct feed_page {
  struct position *positions; /* ascending seq; they and their texts are in the arena */
  uint8_t *hidden;            /* hidden[i] != 0: positions[i] left the map */
  size_t count;
  bool is_last;
};

struct error feed_read_head(struct db_connection *connection, struct feed_head *head) ERROR_MUST_CHECK;
/* Moves the cursor on. */
struct error feed_read_page(struct db_connection *connection, struct arena *arena, struct feed_cursor *cursor,
                            struct feed_page *page) ERROR_MUST_CHECK;

#endif
