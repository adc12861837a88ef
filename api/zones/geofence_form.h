/* A zone as it is asked for: the body of PUT /v1/geofences/{name}, or a feature of an imported GeoJSON file, checked.
 *
 * Coordinates are checked for shape and range here; whether rings cross themselves is for PostGIS to say. Pure; texts borrow
 * from the body. Thread: any. */
#ifndef CRUMBTRAIL_API_ZONES_GEOFENCE_FORM_H
#define CRUMBTRAIL_API_ZONES_GEOFENCE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/grid.h"
#include "server/base/text.h"

enum { GEOFENCE_POINTS_MAX = 20000, GEOFENCES_IMPORTED_MAX = 1000 };

struct geofence_form {
  struct text name;     /* of an imported feature */
  struct text geometry; /* GeoJSON; without data: as it was */
  struct grid_box box;  /* of the geometry */
  double limit_kmh;     /* NaN: none */
  bool alert_enter;
  bool alert_exit;
  int32_t dwell_s;   /* 0: none */
  struct text color; /* without data: none */
};

/* Members, or a GeoJSON feature with them in its properties. ERROR_BAD_INPUT names the member. */
struct error geofence_form_read(struct arena *arena, struct text body, struct geofence_form *form) ERROR_MUST_CHECK;

struct geofence_forms {
  struct geofence_form *items;
  size_t count;
};
/* A feature collection; names are in the property `name_property` of each feature, and no two the same. */
struct error geofence_forms_read(struct arena *arena, struct text body, struct text name_property,
                                 struct geofence_forms *forms) ERROR_MUST_CHECK;

#endif
