/* Typed query parameters, range-checked; errors name the parameter.
 *
 * parse_* read a value; parameter_* look it up in the request and leave *out alone when it is absent, so that the caller's
 * default stays. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_PARAMETERS_H
#define CRUMBTRAIL_API_PARAMETERS_H

#include "server/base/error.h"
#include "server/base/grid.h"
#include "server/base/text.h"
#include "server/http/request.h"

enum { VEHICLES_MAX = 100, VEHICLE_NAME_MAX = 128, LIMIT_MAX = 10000, LIMIT_DEFAULT = 100, POSITIONS_LIMIT_DEFAULT = 1000 };

/* Half open: from <= t < to. */
struct time_range {
  int64_t from_us;
  int64_t to_us;
};
/* Everything that can be stored: 2000-01-01 to 9999-12-31. */
extern const struct time_range TIME_RANGE_ALL;

struct error parse_time(const char *name, struct text value, int64_t *time_us) ERROR_MUST_CHECK;
struct error parse_int64(const char *name, struct text value, int64_t minimum, int64_t maximum, int64_t *out) ERROR_MUST_CHECK;
struct error parse_double(const char *name, struct text value, double minimum, double maximum, double *out) ERROR_MUST_CHECK;
/* west,south,east,north in degrees; west > east crosses the antimeridian. */
struct error parse_bbox(const char *name, struct text value, struct grid_box *box) ERROR_MUST_CHECK;
/* 1-128 of [A-Za-z0-9:_-] */
struct error parse_vehicle_name(const char *name, struct text value) ERROR_MUST_CHECK;
bool box_contains(const struct grid_box *box, double longitude_deg, double latitude_deg);

struct error parameter_time(const struct request *request, const char *name, int64_t *time_us) ERROR_MUST_CHECK;
/* `from` and `to`; an empty or backward range is an error. */
struct error parameter_time_range(const struct request *request, struct time_range *range) ERROR_MUST_CHECK;
struct error parameter_int64(const struct request *request, const char *name, int64_t minimum, int64_t maximum,
                             int64_t *out) ERROR_MUST_CHECK;
struct error parameter_double(const struct request *request, const char *name, double minimum, double maximum,
                              double *out) ERROR_MUST_CHECK;
struct error parameter_bbox(const struct request *request, bool *present, struct grid_box *box) ERROR_MUST_CHECK;

/* All values of `vehicle`, at most VEHICLES_MAX; names points into the request's arena. count 0: not asked for. */
struct vehicle_names_wanted {
  struct text *names;
  size_t count;
};
struct error parameter_vehicles(struct request *request, struct vehicle_names_wanted *wanted) ERROR_MUST_CHECK;

#endif
