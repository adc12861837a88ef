/* Alerts between the database and the machine: locks and loads, and writes what the machine said.
 *
 * Everything happens in the caller's transaction, over sets. Rows of `alert` are locked before they are loaded, so that of two
 * who change one alert the second sees what the first has done. Texts live in the arena given. Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_STORE_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_STORE_H

#include "ingest/alerts/alert_machine.h"
#include "server/db/connection.h"

struct alert_list {
  struct alert *items; /* ascending by alert_id; those that are no more are left out */
  size_t count;
};

struct error alert_store_lock(struct db_connection *connection, struct arena *arena, const int64_t *alert_ids, size_t count,
                              struct alert_list *alerts) ERROR_MUST_CHECK;

/* The policies, channels and mutes in force, and the depot's clock. A policy that cannot be read is logged and left out. */
struct error alert_store_rules(struct db_connection *connection, struct arena *arena, int64_t now_us, int64_t max_age_us,
                               struct alert_rules *rules) ERROR_MUST_CHECK;

/* Stores the alerts that have changed, the events and the messages of the machine; gives numbers to what is new, and tells the
 * courier and the stream with the commit. `alerts`: all that the machine may have touched. */
struct error alert_store_save(struct db_connection *connection, const struct alert_machine *machine,
                              struct alert *const *alerts, size_t count) ERROR_MUST_CHECK;

#endif
