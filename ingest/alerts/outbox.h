/* The outbox in the database: messages are taken for a while, sent, and what came of them is written down.
 *
 * A message that was taken and never settled (its courier was killed) is taken again once its lease is over, under the same
 * message_id. Texts live in the arena given. Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_OUTBOX_H
#define CRUMBTRAIL_INGEST_ALERTS_OUTBOX_H

#include "ingest/alerts/courier_message.h"
#include "ingest/alerts/courier_outcome.h"
#include "server/base/error.h"
#include "server/db/connection.h"

struct outbox_claim {
  int64_t now_us;
  int64_t lease_us;
  const struct text *full_channels; /* nothing of these */
  size_t full_count;
  int channel_max; /* of each channel at once */
  int rows_max;
};
struct outbox_messages {
  struct courier_message *items;
  size_t count;
};
struct error outbox_claim(struct db_connection *connection, struct arena *arena, const struct outbox_claim *claim,
                          struct outbox_messages *messages) ERROR_MUST_CHECK;

struct outbox_result {
  int64_t outbox_id;
  struct text channel;
  enum courier_verdict verdict;
  int status;
  struct text answer;
  int64_t next_try_at_us;
};
/* One transaction: the messages, and what they say of their channels. A channel that is disabled by it is logged. */
struct error outbox_settle(struct db_connection *connection, struct arena *arena, const struct outbox_result *results,
                           size_t count, int64_t now_us, int64_t disable_after_us) ERROR_MUST_CHECK;

/* Gives up what nobody will take; logs each. */
struct error outbox_expire(struct db_connection *connection, struct arena *arena, int64_t now_us, int64_t give_up_after_us,
                           size_t *given_up) ERROR_MUST_CHECK;

#endif
