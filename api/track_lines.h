/* A track as GeoJSON: a FeatureCollection of LineStrings with the values of each point in arrays of the same length.
 *
 * A line is written when it is full or crosses the antimeridian (RFC 7946, 3.1.9), so that memory stays bounded; the next one
 * starts where it ended. A line of one point is a Point. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_TRACK_LINES_H
#define CRUMBTRAIL_API_TRACK_LINES_H

#include "api/position.h"
#include "server/base/arena.h"

enum { TRACK_LINE_POINTS_MAX = 20000 };

struct track_lines {
  struct json_writer json;
  struct text vehicle;
  struct position *points; /* of the present line */
  size_t count;
  size_t capacity;
  size_t lines_written;
};

struct track_lines track_lines_begin(struct arena *arena, struct buffer *out, struct text vehicle);
void track_lines_add(struct track_lines *lines, const struct position *position);
void track_lines_end(struct track_lines *lines);

#endif
