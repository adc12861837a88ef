#include "ingest/generator/street_grid.h"

#include <math.h>
#include <stdlib.h>

/* Line k of either direction lies k blocks from the depot. A place is the crossing (column, row). */
static const double BLOCK_M = 80;
enum { LINES_EACH_WAY = 110, COLLECTOR_EVERY = 5, ARTERIAL_EVERY = 10, FAST_EVERY = 40 };

static const double MPS_PER_MPH = 0.44704;

struct crossing {
  int column;
  int row;
};

static uint64_t place_of(struct crossing crossing)
{
  return ((uint64_t)(uint32_t)crossing.column << 32) | (uint32_t)crossing.row;
}

static struct crossing crossing_of(uint64_t place)
{
  return (struct crossing){(int)(int32_t)(place >> 32), (int)(int32_t)(place & UINT32_MAX)};
}

static double limit_mps(int line)
{
  if (line % FAST_EVERY == 0) {
    return 55 * MPS_PER_MPH;
  }
  if (line % ARTERIAL_EVERY == 0) {
    return 35 * MPS_PER_MPH;
  }
  return (line % COLLECTOR_EVERY == 0 ? 30 : 20) * MPS_PER_MPH;
}

/* Gentle waves, so that the streets bend as streets by a river do. */
static double crossing_x_m(int column, int row)
{
  double y_m = row * BLOCK_M;
  return column * BLOCK_M + 90 * sin(y_m / 1900 + 1) + 22 * sin(y_m / 470);
}

static double crossing_y_m(int column, int row)
{
  double x_m = column * BLOCK_M;
  return row * BLOCK_M + 70 * sin(x_m / 2300 + 2) + 18 * sin(x_m / 610 + 4);
}

static int clamp_line(int line)
{
  return line < -LINES_EACH_WAY ? -LINES_EACH_WAY : line > LINES_EACH_WAY ? LINES_EACH_WAY : line;
}

static uint64_t some_place(void *context, struct random *random)
{
  (void)context;
  int column = (int)random_noise(random, 35);
  int row = (int)random_noise(random, 35);
  return place_of((struct crossing){clamp_line(column), clamp_line(row)});
}

/* Deliveries follow each other within a few kilometres, with a pull back towards the depot. */
static uint64_t next_place(void *context, struct random *random, uint64_t from)
{
  (void)context;
  struct crossing here = crossing_of(from);
  for (;;) {
    int column = clamp_line((int)(here.column * 0.92) + (int)random_noise(random, 24));
    int row = clamp_line((int)(here.row * 0.92) + (int)random_noise(random, 24));
    if (abs(column - here.column) + abs(row - here.row) >= 3) {
      return place_of((struct crossing){column, row});
    }
  }
}

static uint32_t street_of(bool is_column, int line)
{
  return ((uint32_t)(line + LINES_EACH_WAY) << 1) | (is_column ? 1 : 0);
}

/* Drives straight on from `from` to `to` (same row or same column), both ends left out. */
static void add_straight(struct route *route, struct random *random, struct crossing from, struct crossing to)
{
  bool on_column = from.column == to.column;
  int line = on_column ? from.column : from.row;
  int first = on_column ? from.row : from.column;
  int last = on_column ? to.row : to.column;
  int step = last > first ? 1 : -1;
  for (int cross = first + step; cross != last; cross += step) {
    bool big = line % COLLECTOR_EVERY == 0 && cross % COLLECTOR_EVERY == 0 && line % FAST_EVERY != 0;
    bool red = big && random_chance(random, 0.3);
    if (!red && cross % 2 != 0) {
      continue;
    }
    int column = on_column ? line : cross;
    int row = on_column ? cross : line;
    route_add(route, crossing_x_m(column, row), crossing_y_m(column, row), limit_mps(line), street_of(on_column, line));
    if (red) {
      route_add_wait(route, random_integer(random, 8, 45));
    }
  }
}

/* The arterial that lies best between two columns. */
static int arterial_between(int from, int to)
{
  int middle = (from + to) / 2;
  int nearest = (int)lround((double)middle / ARTERIAL_EVERY) * ARTERIAL_EVERY;
  return clamp_line(nearest);
}

static bool plan(void *context, struct random *random, uint64_t from_place, uint64_t to_place, struct route *route)
{
  (void)context;
  struct crossing from = crossing_of(from_place);
  struct crossing to = crossing_of(to_place);
  if (from.column == to.column && from.row == to.row) {
    return false;
  }
  int column = from.row == to.row ? to.column : arterial_between(from.column, to.column);
  struct crossing corners[4] = {from, {column, from.row}, {column, to.row}, to};
  route_clear(route);
  int count = 1;
  for (int i = 1; i < 4; i++) {
    if (corners[i].column != corners[count - 1].column || corners[i].row != corners[count - 1].row) {
      corners[count++] = corners[i];
    }
  }
  for (int i = 0; i + 1 < count; i++) {
    struct crossing a = corners[i];
    struct crossing b = corners[i + 1];
    bool on_column = a.column == b.column;
    int line = on_column ? a.column : a.row;
    uint32_t street = street_of(on_column, line);
    double x_m = crossing_x_m(a.column, a.row);
    double y_m = crossing_y_m(a.column, a.row);
    if (i == 0) {
      route_add(route, x_m, y_m, limit_mps(line), street);
    } else {
      int next_column = on_column ? a.column : a.column + (b.column > a.column ? 1 : -1);
      int next_row = on_column ? a.row + (b.row > a.row ? 1 : -1) : a.row;
      route_add_corner(route, x_m, y_m, crossing_x_m(next_column, next_row), crossing_y_m(next_column, next_row),
                       limit_mps(line), street);
    }
    add_straight(route, random, a, b);
  }
  route_add(route, crossing_x_m(to.column, to.row), crossing_y_m(to.column, to.row), limit_mps(to.row),
            street_of(false, to.row));
  route_finish(route);
  return true;
}

static const char *const STREET_NAMES[] = {"Burnside", "Couch",   "Davis",      "Everett", "Flanders", "Glisan",
                                           "Hoyt",     "Irving",  "Johnson",    "Kearney", "Lovejoy",  "Marshall",
                                           "Northrup", "Overton", "Pettygrove", "Quimby",  "Raleigh",  "Savier",
                                           "Thurman",  "Upshur",  "Vaughn",     "Wilson"};

static const char *ordinal_ending(int number)
{
  if (number % 100 >= 11 && number % 100 <= 13) {
    return "th";
  }
  static const char *const ENDINGS[] = {"th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"};
  return ENDINGS[number % 10];
}

/* All that there is was made up, signs included. */
static bool has_posted_limit(void *context, uint32_t street)
{
  (void)context;
  (void)street;
  return true;
}

static void append_address(void *context, uint32_t street, double x_m, double y_m, struct buffer *out)
{
  (void)context;
  int line = (int)(street >> 1) - LINES_EACH_WAY;
  bool is_column = (street & 1) != 0;
  double across_m = is_column ? y_m : x_m;
  double east_m = is_column ? line * BLOCK_M : x_m;
  double north_m = is_column ? y_m : line * BLOCK_M;
  int house = ((int)(fabs(across_m) / BLOCK_M) + 1) * 100 + (int)fmod(fabs(across_m), BLOCK_M);
  const char *quarter = north_m >= 0 ? (east_m >= 0 ? "Northeast" : "Northwest") : (east_m >= 0 ? "Southeast" : "Southwest");
  if (is_column) {
    int number = abs(line) + 1;
    buffer_printf(out, "%d, %s %d%s Avenue", house, quarter, number, ordinal_ending(number));
  } else {
    const char *name = STREET_NAMES[(size_t)abs(line) % (sizeof STREET_NAMES / sizeof STREET_NAMES[0])];
    buffer_printf(out, "%d, %s %s Street", house, quarter, name);
  }
  buffer_append_text(out, TEXT(", Portland, Multnomah County, Oregon, United States of America"));
}

struct street_map street_grid(void)
{
  return (struct street_map){
      .origin_latitude_deg = DEPOT_LATITUDE_DEG,
      .origin_longitude_deg = DEPOT_LONGITUDE_DEG,
      .depot = place_of((struct crossing){0, 0}),
      .some_place = some_place,
      .next_place = next_place,
      .plan = plan,
      .has_posted_limit = has_posted_limit,
      .append_address = append_address,
  };
}
