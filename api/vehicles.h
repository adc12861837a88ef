/* A vehicle of the registry with its newest position, and its JSON, CSV and GeoJSON forms. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_VEHICLES_H
#define CRUMBTRAIL_API_VEHICLES_H

#include "api/handlers.h"
#include "api/position.h"
#include "server/base/arena.h"

struct vehicle {
  int64_t vehicle_id;
  struct text name;
  struct text kind; /* without data: unknown, here and below */
  struct text fleet;
  struct text vin;
  struct text attributes; /* a JSON object */
  int64_t created_at_us;
  int64_t retired_at_us; /* 0: not removed */
  bool has_position;     /* and is on the map */
  struct position position;
  enum vehicle_status status; /* STATUS_UNKNOWN without a position */
  bool has_extra;             /* read by vehicle_read alone */
  struct text extra;          /* what the position's event said beyond the columns: a JSON object, or data == NULL */
};

/* Columns of list_vehicles.sql and read_vehicle.sql. */
struct vehicle vehicle_from_row(const struct db_rows *rows, int row);
/* Gives each vehicle its newest position and its status now. */
struct error vehicles_add_positions(const struct api *api, struct db_connection *connection, struct arena *arena,
                                    struct vehicle *vehicles, size_t count, int64_t now_us) ERROR_MUST_CHECK;
/* Removed, and nothing was received since. */
static inline bool vehicle_is_removed(const struct vehicle *vehicle)
{
  return vehicle->retired_at_us != 0 && !vehicle->has_position;
}

void vehicle_write_object(struct json_writer *json, const struct vehicle *vehicle);
void vehicle_write_feature(struct json_writer *json, const struct vehicle *vehicle);
void vehicle_csv_header(struct buffer *out);
void vehicle_csv_row(struct buffer *out, const struct vehicle *vehicle);

/* Reads one by name; ERROR_NOT_FOUND. */
struct error vehicle_read(const struct api *api, struct request *request, struct db_connection *connection, struct text name,
                          struct vehicle *vehicle) ERROR_MUST_CHECK;

#endif
