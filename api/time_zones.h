/* The names of time zones that PostgreSQL knows (pg_timezone_names), read once: the server looks through hundreds of files for
 * them.
 *
 * Owns the names. Thread: any; a lock inside. */
#ifndef CRUMBTRAIL_API_TIME_ZONES_H
#define CRUMBTRAIL_API_TIME_ZONES_H

#include "server/db/connection.h"
#include "server/http/request.h"

struct time_zones;

struct time_zones *time_zones_new(void);
void time_zones_free(struct time_zones *zones); /* accepts NULL */

/* The parameter `tz`; it is left alone when absent. ERROR_BAD_INPUT names it when PostgreSQL has no such zone. */
struct error parameter_time_zone(struct time_zones *zones, struct request *request, struct db_connection *connection,
                                 struct text *zone) ERROR_MUST_CHECK;

#endif
