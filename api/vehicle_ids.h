/* The vehicles that a request names, as ids. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_VEHICLE_IDS_H
#define CRUMBTRAIL_API_VEHICLE_IDS_H

#include "server/db/connection.h"
#include "server/http/request.h"

struct vehicle_ids {
  bool is_wanted; /* the request has `vehicle` */
  int64_t *ids;   /* in the request's arena; names that nobody has are left out */
  size_t count;
};

/* All values of the parameter `vehicle`. */
struct error vehicle_ids_wanted(struct request *request, struct db_connection *connection,
                                struct vehicle_ids *ids) ERROR_MUST_CHECK;
/* {name} of the path; ERROR_NOT_FOUND when nobody has it. */
struct error vehicle_ids_of_path(struct request *request, struct db_connection *connection, int64_t *vehicle_id,
                                 struct text *name) ERROR_MUST_CHECK;

#endif
