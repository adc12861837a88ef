/* The vehicles and drivers that a request names by `vehicle` and `driver`, both repeatable.
 *
 * Texts and ids live as long as the request. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_WANTED_NAMES_H
#define CRUMBTRAIL_API_WANTED_NAMES_H

#include "server/db/connection.h"
#include "server/http/request.h"

/* Vehicles or drivers that the request names. */
struct wanted_names {
  bool is_wanted;
  const struct text *names;
  size_t name_count;
  const int64_t *ids; /* ascending; names that nobody has are left out. Driver 0: nobody */
  size_t count;
};

/* Names that nobody has find nothing; the empty name of a driver is nobody. */
struct error wanted_names_read(struct request *request, struct db_connection *connection, struct wanted_names *vehicles,
                               struct wanted_names *drivers) ERROR_MUST_CHECK;

/* text[] of the names, or null when none are wanted. */
void add_names(struct db_parameters *parameters, const struct wanted_names *wanted);
/* bigint[] of the ids, or null when none are wanted. */
void add_ids(struct db_parameters *parameters, const struct wanted_names *wanted);
bool wanted_names_hold(const struct wanted_names *wanted, int64_t id);

#endif
