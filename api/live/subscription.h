/* What a client of /v1/stream asks for: the form, the view (a box, some vehicles) and where to resume.
 *
 * A plain value whose texts live in the arena that was given. Thread: any. */
#ifndef CRUMBTRAIL_API_LIVE_SUBSCRIPTION_H
#define CRUMBTRAIL_API_LIVE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { SUBSCRIPTION_MESSAGE_MAX_BYTES = 16 * 1024, SUBSCRIPTION_VEHICLES_MAX = 2000, SUBSCRIPTION_EPOCH_MAX = 64 };

/* Degrees, edges inside. west > east: the box crosses the 180th meridian. */
struct view_box {
  double west;
  double south;
  double east;
  double north;
};

struct view {
  bool has_box;
  bool has_vehicles; /* false: all of them */
  struct view_box box;
  const struct text *names; /* ascending, without doubles */
  size_t name_count;
  const int64_t *vehicle_ids; /* ascending */
  size_t vehicle_id_count;
};

struct subscription {
  bool binary;
  struct view view;
  bool has_resume;
  struct text resume_epoch;
  int64_t resume_seq;
  int64_t resume_alerts_seq; /* of the last alert that it was sent; -1: resume_seq says it */
};

/* One text message. ERROR_BAD_INPUT names the member that is wrong. */
struct error subscription_parse(struct arena *arena, struct text message, struct subscription *subscription) ERROR_MUST_CHECK;

/* A deep copy, for as long as the arena lives. */
struct view view_copy(struct arena *arena, const struct view *view);
bool view_selects_vehicle(const struct view *view, int64_t vehicle_id, struct text name);
static inline bool view_box_contains(const struct view_box *box, double longitude_deg, double latitude_deg)
{
  /* Without branches but the last: most changes lie outside of most views, for reasons that nobody can predict. */
  bool is_in_band = (latitude_deg >= box->south) & (latitude_deg <= box->north);
  bool is_east = longitude_deg >= box->west;
  bool is_west = longitude_deg <= box->east;
  bool is_between = box->west <= box->east ? is_east & is_west : is_east | is_west;
  return is_in_band & is_between;
}

/* The epoch as a client of this view sees it: the feed's epoch and a digest of the view. What a client knows depends on its
 * view, so a client that returns with another view is a stranger and gets a snapshot. */
void subscription_epoch(const char *feed_epoch, const struct view *view, char out[SUBSCRIPTION_EPOCH_MAX]);

#endif
