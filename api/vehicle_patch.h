/* What a change of a vehicle's kind and fleet leaves behind: rules may hold for it now that did not. Thread: a query worker's,
 * between BEGIN and COMMIT on its connection. */
#ifndef CRUMBTRAIL_API_VEHICLE_PATCH_H
#define CRUMBTRAIL_API_VEHICLE_PATCH_H

#include "server/db/connection.h"

struct vehicle_group {
  int64_t vehicle_id; /* 0: the vehicle is not there */
  struct text kind;   /* without data: none */
  struct text fleet;
};

/* Holds the vehicle's row until the end of the transaction. */
struct error vehicle_group_read(struct db_connection *connection, struct arena *arena, struct text name,
                                struct vehicle_group *group) ERROR_MUST_CHECK;
/* Notes the change, if there is one. */
struct error vehicle_group_note(struct db_connection *connection, struct arena *arena, struct text name,
                                const struct vehicle_group *before, const struct vehicle_group *after) ERROR_MUST_CHECK;

#endif
