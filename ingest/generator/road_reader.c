/* Reads the roads for road_network.h from the database. */
#include <math.h>
#include <stdio.h>

#include "ingest/generator/road_network.h"
#include "server/db/command_database.h"
#include "ingest_sql.h"
#include "server/base/arena.h"
#include "server/db/connection.h"

enum { PAGE_ROADS = 5000 };
static const double RADIUS_LATITUDE_DEG = 0.108; /* 12 km */

struct window {
  double west_deg, south_deg, east_deg, north_deg;
  double latitude_deg, longitude_deg;
};

/* Little-endian well-known binary of a line string: byte order, type, count, then pairs of doubles. */
static void add_road(struct road_network *network, struct arena *arena, const struct db_rows *rows, int row)
{
  enum { HEADER_BYTES = 9 };
  struct text wkb = db_text(rows, row, 5);
  uint32_t count = 0;
  if (wkb.length < HEADER_BYTES || wkb.data[0] != 1) {
    return;
  }
  memcpy(&count, wkb.data + 5, sizeof count);
  if (wkb.length < HEADER_BYTES + (size_t)count * 16) {
    return;
  }
  double *pairs = arena_alloc_array(arena, count, 16);
  memcpy(pairs, wkb.data + HEADER_BYTES, (size_t)count * 16);
  struct road road = {
      .name = db_text(rows, row, 1),
      .kind = db_text(rows, row, 2),
      .limit_kmh = db_double(rows, row, 3),
      .oneway = (int)db_int64(rows, row, 4),
  };
  road_network_add(network, &road, pairs, count);
}

static struct error read_window(struct db_connection *connection, struct arena *arena, struct window *window, bool *any)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_READ_IMPORTED_EXTENT, db_parameters_new(arena), &rows));
  *any = db_row_count(rows) > 0 && !db_is_null(rows, 0, 0);
  if (!*any) {
    return error_none();
  }
  double west_deg = db_double(rows, 0, 0);
  double south_deg = db_double(rows, 0, 1);
  double east_deg = db_double(rows, 0, 2);
  double north_deg = db_double(rows, 0, 3);
  bool has_depot = DEPOT_LONGITUDE_DEG > west_deg && DEPOT_LONGITUDE_DEG < east_deg && DEPOT_LATITUDE_DEG > south_deg &&
                   DEPOT_LATITUDE_DEG < north_deg;
  window->latitude_deg = has_depot ? DEPOT_LATITUDE_DEG : (south_deg + north_deg) / 2;
  window->longitude_deg = has_depot ? DEPOT_LONGITUDE_DEG : (west_deg + east_deg) / 2;
  double radius_longitude_deg = RADIUS_LATITUDE_DEG / fmax(0.1, cos(window->latitude_deg * 0.017453292519943295));
  window->west_deg = window->longitude_deg - radius_longitude_deg;
  window->east_deg = window->longitude_deg + radius_longitude_deg;
  window->south_deg = window->latitude_deg - RADIUS_LATITUDE_DEG;
  window->north_deg = window->latitude_deg + RADIUS_LATITUDE_DEG;
  return error_none();
}

static struct error read_roads(struct db_connection *connection, const struct window *window, struct road_network *network)
{
  int64_t after_way_id = INT64_MIN;
  for (int count = PAGE_ROADS; count == PAGE_ROADS;) {
    struct arena *page = arena_new(1 << 20);
    struct db_parameters *parameters = db_parameters_new(page);
    db_add_int64(parameters, after_way_id);
    db_add_int32(parameters, PAGE_ROADS);
    db_add_double(parameters, window->west_deg);
    db_add_double(parameters, window->south_deg);
    db_add_double(parameters, window->east_deg);
    db_add_double(parameters, window->north_deg);
    const struct db_rows *rows = NULL;
    struct error error = db_query(connection, page, &SQL_READ_ROADS, parameters, &rows);
    count = error.code == ERROR_NONE ? db_row_count(rows) : 0;
    for (int row = 0; row < count; row++) {
      add_road(network, page, rows, row);
      after_way_id = db_int64(rows, row, 0);
    }
    arena_free(page);
    TRY(error);
  }
  return error_none();
}

static struct error load(struct db_connection *connection, struct arena *arena, struct road_network **network)
{
  struct window window = {0};
  bool any = false;
  TRY(read_window(connection, arena, &window, &any));
  if (!any) {
    return error_none();
  }
  struct road_network *loaded = road_network_new(window.latitude_deg, window.longitude_deg);
  struct error error = read_roads(connection, &window, loaded);
  if (error.code != ERROR_NONE || !road_network_finish(loaded)) {
    road_network_free(loaded);
    return error;
  }
  *network = loaded;
  return error_none();
}

struct error road_network_load(struct arena *arena, const struct config *config, struct road_network **network)
{
  *network = NULL;
  bool is_asked = config->database != NULL && config->database[0] != '\0';
  const char *conninfo = command_database_running(arena, config);
  if (conninfo == NULL) {
    return error_none();
  }
  struct db_connection *connection = NULL;
  struct error error = db_open(
      (struct db_settings){
          .conninfo = conninfo, .application_name = "crumbtrail simulate", .connect_timeout_s = 10, .read_only = true},
      &connection);
  if (error.code == ERROR_NONE) {
    error = load(connection, arena, network);
  }
  db_close(connection);
  if (error.code != ERROR_NONE && is_asked) {
    return error_make(ERROR_SETUP, "the roads cannot be read from the database: %.200s", error.detail);
  }
  return error_none();
}
