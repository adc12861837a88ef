#include "api/zones/geofence_geometry.h"

#include <math.h>

#include "api/zones/geofence_form.h"

enum { RING_POSITIONS_MIN = 4, NUMBERS_MIN = 2, NUMBERS_MAX = 4 };
static const double WIDEST_DEG = 180;

/* What was seen so far. */
struct walk {
  struct grid_box box;
  uint32_t points;
};

struct position {
  double longitude_deg;
  double latitude_deg;
};

static struct error check_position(const struct json *value, struct walk *walk, struct position *position)
{
  if (value->type != JSON_ARRAY || value->count < NUMBERS_MIN || value->count > NUMBERS_MAX) {
    return json_error(value, "expected a position: [longitude, latitude]");
  }
  TRY(json_read_double(json_element(value, 0), -180, 180, &position->longitude_deg));
  TRY(json_read_double(json_element(value, 1), -90, 90, &position->latitude_deg));
  walk->box.west_deg = fmin(walk->box.west_deg, position->longitude_deg);
  walk->box.east_deg = fmax(walk->box.east_deg, position->longitude_deg);
  walk->box.south_deg = fmin(walk->box.south_deg, position->latitude_deg);
  walk->box.north_deg = fmax(walk->box.north_deg, position->latitude_deg);
  walk->points++;
  return walk->points <= GEOFENCE_POINTS_MAX ? error_none()
                                             : json_error(value, "too many corners: at most %d in a zone", GEOFENCE_POINTS_MAX);
}

static struct error check_ring(const struct json *ring, struct walk *walk)
{
  struct position first = {0, 0};
  struct position position = {0, 0};
  if (ring->type != JSON_ARRAY || ring->count < RING_POSITIONS_MIN) {
    return json_error(ring, "expected a ring: at least %d positions", RING_POSITIONS_MIN);
  }
  JSON_EACH (value, ring) {
    TRY(check_position(value, walk, &position));
    if (value == ring->first) {
      first = position;
    }
  }
  if (first.longitude_deg != position.longitude_deg || first.latitude_deg != position.latitude_deg) {
    return json_error(ring, "a ring must end where it begins");
  }
  return error_none();
}

static struct error check_polygon(const struct json *polygon, struct walk *walk)
{
  if (polygon->type != JSON_ARRAY || polygon->count == 0) {
    return json_error(polygon, "expected a polygon: an array of rings");
  }
  JSON_EACH (ring, polygon) {
    TRY(check_ring(ring, walk));
  }
  return error_none();
}

static struct error check_polygons(const struct json *polygons, struct walk *walk)
{
  if (polygons->type != JSON_ARRAY || polygons->count == 0) {
    return json_error(polygons, "expected an array of polygons");
  }
  JSON_EACH (polygon, polygons) {
    TRY(check_polygon(polygon, walk));
  }
  return error_none();
}

struct error geofence_geometry_check(const struct json *geometry, struct grid_box *box)
{
  struct walk walk = {.box = {INFINITY, INFINITY, -INFINITY, -INFINITY}};
  struct text type;
  if (geometry->type != JSON_OBJECT || json_member(geometry, TEXT("type")) == NULL) {
    return json_error(geometry, "expected a GeoJSON geometry of type Polygon or MultiPolygon");
  }
  const struct json *kind = json_member(geometry, TEXT("type"));
  const struct json *coordinates = json_member(geometry, TEXT("coordinates"));
  TRY(json_read_string(kind, 32, &type));
  if (!text_equal(type, TEXT("Polygon")) && !text_equal(type, TEXT("MultiPolygon"))) {
    return json_error(kind, "expected Polygon or MultiPolygon");
  }
  if (coordinates == NULL) {
    return json_error(geometry, "its coordinates are missing");
  }
  TRY(text_equal(type, TEXT("Polygon")) ? check_polygon(coordinates, &walk) : check_polygons(coordinates, &walk));
  if (walk.box.east_deg - walk.box.west_deg > WIDEST_DEG) {
    return json_error(coordinates, "wider than 180 degrees: a zone over the antimeridian is cut there in two polygons");
  }
  *box = walk.box;
  return error_none();
}
