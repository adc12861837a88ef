/* Zones as rows of list_geofences.sql and read_geofence.sql. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_ZONES_GEOFENCES_H
#define CRUMBTRAIL_API_ZONES_GEOFENCES_H

#include "server/db/connection.h"
#include "server/http/request.h"
#include "server/json/writer.h"

enum geofence_column {
  GEOFENCE_ID,
  GEOFENCE_NAME,
  GEOFENCE_LIMIT,
  GEOFENCE_ALERT_ENTER,
  GEOFENCE_ALERT_EXIT,
  GEOFENCE_DWELL,
  GEOFENCE_COLOR,
  GEOFENCE_AREA,
  GEOFENCE_CORNERS,
  GEOFENCE_CREATED_AT,
  GEOFENCE_UPDATED_AT,
  GEOFENCE_GEOMETRY,
  GEOFENCE_WEST,
  GEOFENCE_SOUTH,
  GEOFENCE_EAST,
  GEOFENCE_NORTH,
  GEOFENCE_DIGEST,
};

/* What is asked for of a zone, but its outline: members of an object. */
void geofence_write_content(struct json_writer *json, const struct db_rows *rows, int row);
/* One row or none. */
struct error geofence_read(struct db_connection *connection, struct arena *arena, struct text name,
                           const struct db_rows **rows) ERROR_MUST_CHECK;
struct error geofence_missing(struct text name) ERROR_MUST_CHECK;
/* With its outline. */
void geofence_answer(struct request *request, const struct db_rows *rows);

#endif
