/* What is asked for of rows that begin and end, when those are wanted of which a part lies within a range: /v1/trips,
 * /v1/stops.
 *
 * The statements list by (started_at, vehicle_id) and take the parameters that overlap_add_parameters adds; their first four
 * columns are those of enum overlap_column. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_TRIPS_OVERLAP_QUERY_H
#define CRUMBTRAIL_API_TRIPS_OVERLAP_QUERY_H

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/row_list.h"
#include "api/wanted_names.h"

enum overlap_column { OVERLAP_VEHICLE_ID, OVERLAP_VEHICLE, OVERLAP_STARTED_AT, OVERLAP_ENDED_AT };

struct overlap_query {
  struct time_range range;
  struct wanted_names vehicles;
  struct wanted_names drivers;
  bool has_drivers; /* the rows have drivers to be asked for */
  int64_t after_us; /* of the last row shown, as the following */
  int64_t after_vehicle_id;
};

/* Reads from, to, vehicle and driver. */
struct error overlap_query_read(struct request *request, struct db_connection *connection, bool has_drivers,
                                struct overlap_query *query) ERROR_MUST_CHECK;

/* For struct row_list. */
void overlap_add_parameters(const void *query, struct db_parameters *parameters, int64_t limit);
void overlap_move_behind(void *query, const struct db_rows *rows, int row);
struct text overlap_key(const void *query, struct arena *arena);
struct error overlap_resume(void *query, struct arena *arena, struct text key) ERROR_MUST_CHECK;

/* GeoJSON: [longitude, latitude]. */
void overlap_write_position(struct json_writer *json, double longitude_deg, double latitude_deg);

#endif
