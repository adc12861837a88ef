/* What the machine is fed with: conditions that are new in the database, and vehicles that the clock makes silent or not.
 *
 * Only reads. Texts live in the arena given. Thread: the connection's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_READINGS_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_READINGS_H

#include "ingest/alerts/alert_machine.h"
#include "server/db/connection.h"

struct alert_readings {
  struct row_set items; /* struct alert_reading */
  int64_t last_change;  /* of the conditions among them */
  bool is_full;         /* there may be more */
};

/* Those behind `change`. */
struct error alert_readings_of_conditions(struct db_connection *connection, struct arena *arena, int64_t change,
                                          struct alert_readings *readings) ERROR_MUST_CHECK;

struct silence_settings {
  int64_t silent_after_us;
  int64_t max_age_us; /* silences that began longer ago are no news */
  bool tells_silence; /* else only what ends by it */
  bool tells_parked;  /* vehicles whose ignition was off, too */
};
/* Adds silent vehicles, and those that are heard again; and speeding of which nothing is heard any more: it is over as far as
 * anybody knows, while a load that was too warm still is. */
struct error alert_readings_of_silence(struct db_connection *connection, struct arena *arena, struct silence_settings settings,
                                       int64_t now_us, struct alert_readings *readings) ERROR_MUST_CHECK;

/* Those of one vehicle, kind and subject together, as alert_machine_take wants them. */
void alert_readings_sort(struct alert_readings *readings);
bool alert_reading_same_file(const struct alert_reading *a, const struct alert_reading *b);

#endif
