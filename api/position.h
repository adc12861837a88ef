/* A position or breadcrumb as the API shows it: the value, its status, and its JSON form (interfaces.md, "A position in JSON").
 *
 * The same function writes it for REST and for the stream, so both say the same. Status: definitions.md, "Status of a vehicle".
 * Thread: any; a plain value whose texts borrow from the rows or the store it came from. */
#ifndef CRUMBTRAIL_API_POSITION_H
#define CRUMBTRAIL_API_POSITION_H

#include <stdint.h>

#include "server/base/text.h"
#include "server/json/writer.h"

enum vehicle_status { STATUS_UNKNOWN = 0, STATUS_MOVING = 1, STATUS_IDLING = 2, STATUS_STOPPED = 3, STATUS_SILENT = 4 };

struct position {
  int64_t vehicle_id;
  struct text vehicle;
  int64_t recorded_at_us;
  int64_t received_at_us;
  int64_t slow_since_us; /* 0: not slow */
  int64_t version;
  int64_t seq;
  double longitude_deg;
  double latitude_deg;
  float speed_kmh;     /* NaN: unknown */
  float heading_deg;   /* NaN: unknown */
  float temperature_c; /* NaN: unknown */
  int8_t ignition;     /* -1 unknown, 0 off, 1 on */
  uint8_t flags;       /* ingest/events/breadcrumb.h, enum breadcrumb_flag */
};

/* Speed of at least 5 km/h moves; unknown speed counts as slow. Slow with ignition on idles; with ignition off is stopped; with
 * ignition unknown is stopped once it has been slow for 3 min, idling before. Nothing for silent_after_us: silent. */
enum vehicle_status position_status(const struct position *position, int64_t now_us, int64_t silent_after_us);
/* Status of a past breadcrumb, at its own time: never silent. History does not keep slow_since: slow with ignition unknown and
 * slow_since_us 0 is stopped. */
enum vehicle_status position_status_then(const struct position *position);
const char *vehicle_status_name(enum vehicle_status status); /* "moving" */

/* The members, between json_begin_object and json_end_object that the caller writes (who may add some). */
void position_write_members(struct json_writer *writer, const struct position *position, enum vehicle_status status);
/* The name of one flag, "null_island"; the JSON form lists those of the set bits, ascending. */
const char *position_flag_name(uint8_t single_bit);

#endif
