/* Changes of the desired state that were sent: which vehicles have some, which reported state confirms them, and their end by
 * time.
 *
 * Thread: the shadow keeper's, with its connection. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_DESIRED_CONFIRM_H
#define CRUMBTRAIL_INGEST_SHADOW_DESIRED_CONFIRM_H

#include "ingest/shadow/shadow_store.h"

/* Vehicles with changes that are waiting or sent, ascending, in the arena. */
struct desired_open {
  int64_t *vehicle_ids;
  int64_t *sent_at_us; /* of the last one; INT64_MIN: none was sent */
  size_t count;
};

struct error desired_open_read(struct db_connection *connection, struct arena *arena,
                               struct desired_open *open) ERROR_MUST_CHECK;

/* Holds the reports against what was sent. */
struct error desired_confirm_reports(struct db_connection *connection, struct arena *arena,
                                     const struct shadow_reports *reports, int64_t now_us) ERROR_MUST_CHECK;

/* The same with the stored shadows of those vehicles: for what was sent since `since_us`, all; else those that came since then.
 */
struct error desired_confirm_stored(struct db_connection *connection, struct arena *arena, const struct desired_open *open,
                                    int64_t since_us, int64_t now_us) ERROR_MUST_CHECK;

struct error desired_expire(struct db_connection *connection, struct arena *arena, int64_t now_us) ERROR_MUST_CHECK;

#endif
