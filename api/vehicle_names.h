/* Names of vehicles by id, kept for the life of the process: a vehicle never changes its name.
 *
 * Saves the join in every page of history. Owns the names. Thread: any; a lock inside. */
#ifndef CRUMBTRAIL_API_VEHICLE_NAMES_H
#define CRUMBTRAIL_API_VEHICLE_NAMES_H

#include "api/position.h"
#include "server/db/connection.h"

struct vehicle_names;

struct vehicle_names *vehicle_names_new(void);
void vehicle_names_free(struct vehicle_names *names); /* accepts NULL */

/* The name, or without data when it is not known yet. Lives as long as `names`. */
struct text vehicle_names_find(struct vehicle_names *names, int64_t vehicle_id);
void vehicle_names_add(struct vehicle_names *names, int64_t vehicle_id, struct text name);

/* Sets `vehicle` of every position, asking the database for those not known yet. */
struct error vehicle_names_fill(struct vehicle_names *names, struct db_connection *connection, struct arena *arena,
                                struct position *positions, size_t count) ERROR_MUST_CHECK;

#endif
