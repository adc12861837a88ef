/* Leaves out breadcrumbs of a line that lie within a tolerance of the line without them (Ramer-Douglas-Peucker).
 *
 * Distances are in metres on a plane that touches the earth at the segment looked at; the shorter way round the antimeridian is
 * taken. Works on one page of a line at a time: first and last always stay, so that pages join and memory stays bounded; what
 * is left out of a page is within the tolerance all the same. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SIMPLIFY_H
#define CRUMBTRAIL_API_SIMPLIFY_H

#include <stddef.h>

#include "api/position.h"
#include "server/base/arena.h"

/* Moves the positions that stay to the front, in order, and returns how many they are. `tolerance_m` 0 keeps everything.
 * `arena` is used for marks, one byte a position, and the stack. */
size_t simplify(struct arena *arena, struct position *positions, size_t count, double tolerance_m);

/* Metres from a position to the segment between two others. */
double simplify_distance_m(const struct position *position, const struct position *start, const struct position *end);

#endif
