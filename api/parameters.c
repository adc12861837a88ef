#include "api/parameters.h"

#include "server/base/arena.h"
#include "server/base/clock.h"

const struct time_range TIME_RANGE_ALL = {INT64_C(946684800) * US_PER_SECOND, INT64_C(253402214400) * US_PER_SECOND};

struct error parse_time(const char *name, struct text value, int64_t *time_us)
{
  if (!clock_parse(value, time_us)) {
    return error_at(ERROR_BAD_INPUT, name, "expected a time like 2026-11-22T20:51:07Z");
  }
  if (*time_us < TIME_RANGE_ALL.from_us || *time_us > TIME_RANGE_ALL.to_us) {
    return error_at(ERROR_BAD_INPUT, name, "expected a time from 2000-01-01 to 9999-12-31");
  }
  return error_none();
}

struct error parse_int64(const char *name, struct text value, int64_t minimum, int64_t maximum, int64_t *out)
{
  if (!text_to_int64(value, out) || *out < minimum || *out > maximum) {
    return error_at(ERROR_BAD_INPUT, name, "expected a whole number from %lld to %lld", (long long)minimum, (long long)maximum);
  }
  return error_none();
}

struct error parse_double(const char *name, struct text value, double minimum, double maximum, double *out)
{
  if (!text_to_double(value, out) || *out < minimum || *out > maximum) {
    return error_at(ERROR_BAD_INPUT, name, "expected a number from %g to %g", minimum, maximum);
  }
  return error_none();
}

struct error parse_bbox(const char *name, struct text value, struct grid_box *box)
{
  double corners[4];
  int count = 0;
  struct text part;
  if (text_ends_with(value, TEXT(","))) {
    return error_at(ERROR_BAD_INPUT, name, "expected four numbers: west,south,east,north");
  }
  while (text_split(&value, ',', &part)) {
    if (count == 4) {
      return error_at(ERROR_BAD_INPUT, name, "expected four numbers: west,south,east,north");
    }
    const double limit = count % 2 == 0 ? 180.0 : 90.0;
    TRY(parse_double(name, text_trim(part), -limit, limit, &corners[count]));
    count++;
  }
  if (count != 4) {
    return error_at(ERROR_BAD_INPUT, name, "expected four numbers: west,south,east,north");
  }
  if (corners[1] > corners[3]) {
    return error_at(ERROR_BAD_INPUT, name, "south is north of north: expected west,south,east,north");
  }
  *box = (struct grid_box){corners[0], corners[1], corners[2], corners[3]};
  return error_none();
}

static bool is_name_byte(char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == ':' ||
         byte == '_' || byte == '-';
}

struct error parse_vehicle_name(const char *name, struct text value)
{
  bool is_good = value.length > 0 && value.length <= VEHICLE_NAME_MAX;
  for (size_t i = 0; is_good && i < value.length; i++) {
    is_good = is_name_byte(value.data[i]);
  }
  return is_good ? error_none() : error_at(ERROR_BAD_INPUT, name, "expected 1 to 128 of A-Z a-z 0-9 : _ -");
}

bool box_contains(const struct grid_box *box, double longitude_deg, double latitude_deg)
{
  if (latitude_deg < box->south_deg || latitude_deg > box->north_deg) {
    return false;
  }
  if (box->west_deg <= box->east_deg) {
    return longitude_deg >= box->west_deg && longitude_deg <= box->east_deg;
  }
  return longitude_deg >= box->west_deg || longitude_deg <= box->east_deg;
}

struct error parameter_time(const struct request *request, const char *name, int64_t *time_us)
{
  struct text value;
  return request_parameter_find(request, name, &value) ? parse_time(name, value, time_us) : error_none();
}

struct error parameter_time_range(const struct request *request, struct time_range *range)
{
  TRY(parameter_time(request, "from", &range->from_us));
  TRY(parameter_time(request, "to", &range->to_us));
  if (range->from_us >= range->to_us) {
    return error_at(ERROR_BAD_INPUT, "to", "must be later than from");
  }
  return error_none();
}

struct error parameter_int64(const struct request *request, const char *name, int64_t minimum, int64_t maximum, int64_t *out)
{
  struct text value;
  return request_parameter_find(request, name, &value) ? parse_int64(name, value, minimum, maximum, out) : error_none();
}

struct error parameter_double(const struct request *request, const char *name, double minimum, double maximum, double *out)
{
  struct text value;
  return request_parameter_find(request, name, &value) ? parse_double(name, value, minimum, maximum, out) : error_none();
}

struct error parameter_bbox(const struct request *request, bool *present, struct grid_box *box)
{
  struct text value;
  *present = request_parameter_find(request, "bbox", &value);
  return *present ? parse_bbox("bbox", value, box) : error_none();
}

struct error parameter_vehicles(struct request *request, struct vehicle_names_wanted *wanted)
{
  *wanted = (struct vehicle_names_wanted){0};
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (!text_equal(parameter.name, TEXT("vehicle"))) {
      continue;
    }
    TRY(parse_vehicle_name("vehicle", parameter.value));
    if (wanted->count == VEHICLES_MAX) {
      return error_at(ERROR_BAD_INPUT, "vehicle", "at most %d vehicles", VEHICLES_MAX);
    }
    if (wanted->names == NULL) {
      wanted->names = arena_alloc_array(request_arena(request), VEHICLES_MAX, sizeof *wanted->names);
    }
    wanted->names[wanted->count++] = parameter.value;
  }
  return error_none();
}
