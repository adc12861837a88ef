#include "api/simplify.h"

#include <math.h>
#include <string.h>

static const double METRES_PER_DEGREE = 111194.93; /* mean earth radius, 6,371,008.8 m */

struct point {
  double x;
  double y;
};

static struct point metres_from(const struct position *origin, const struct position *position)
{
  double longitude_deg = position->longitude_deg - origin->longitude_deg;
  if (longitude_deg > 180.0) {
    longitude_deg -= 360.0;
  } else if (longitude_deg < -180.0) {
    longitude_deg += 360.0;
  }
  const double latitude_deg = position->latitude_deg - origin->latitude_deg;
  const double middle_rad = (origin->latitude_deg + latitude_deg / 2.0) * M_PI / 180.0;
  return (struct point){longitude_deg * METRES_PER_DEGREE * cos(middle_rad), latitude_deg * METRES_PER_DEGREE};
}

double simplify_distance_m(const struct position *position, const struct position *start, const struct position *end)
{
  const struct point p = metres_from(start, position);
  const struct point e = metres_from(start, end);
  const double length_squared = e.x * e.x + e.y * e.y;
  double along = length_squared > 0.0 ? (p.x * e.x + p.y * e.y) / length_squared : 0.0;
  along = along < 0.0 ? 0.0 : (along > 1.0 ? 1.0 : along);
  return hypot(p.x - along * e.x, p.y - along * e.y);
}

struct span {
  size_t first;
  size_t last;
};

static size_t farthest(const struct position *positions, struct span span, double *distance_m)
{
  size_t found = span.first;
  *distance_m = 0.0;
  for (size_t i = span.first + 1; i < span.last; i++) {
    const double here_m = simplify_distance_m(&positions[i], &positions[span.first], &positions[span.last]);
    if (here_m > *distance_m) {
      *distance_m = here_m;
      found = i;
    }
  }
  return found;
}

/* A stack instead of recursion: spans still to look at never overlap, so there are fewer of them than positions. */
static void mark_kept(struct arena *arena, const struct position *positions, size_t count, double tolerance_m,
                      unsigned char *is_kept)
{
  struct span *stack = arena_alloc_array(arena, count, sizeof *stack);
  size_t depth = 0;
  stack[depth++] = (struct span){0, count - 1};
  while (depth > 0) {
    const struct span span = stack[--depth];
    double distance_m;
    const size_t middle = farthest(positions, span, &distance_m);
    if (distance_m > tolerance_m) {
      is_kept[middle] = 1;
      stack[depth++] = (struct span){span.first, middle};
      stack[depth++] = (struct span){middle, span.last};
    }
  }
}

size_t simplify(struct arena *arena, struct position *positions, size_t count, double tolerance_m)
{
  if (tolerance_m <= 0.0 || count < 3) {
    return count;
  }
  unsigned char *is_kept = arena_alloc(arena, count);
  is_kept[0] = is_kept[count - 1] = 1;
  mark_kept(arena, positions, count, tolerance_m, is_kept);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_kept[i] != 0) {
      positions[kept++] = positions[i];
    }
  }
  return kept;
}
