/* Writes made-up history as COPY BINARY to standard output, because the formula of `cell` lives only in C:
 *
 *   bench_breadcrumbs FIRST_DAY DAYS VEHICLES PER_DAY | psql -c "COPY breadcrumb FROM STDIN (FORMAT binary)"
 *
 * FIRST_DAY is 2026-11-01. Vehicles drive a random walk around Portland; rows come in the order of their time, as they arrive
 * in life, and are numbered (seq) from 1 in that order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/grid.h"

static const int64_t POSTGRESQL_EPOCH_US = INT64_C(946684800) * US_PER_SECOND;

struct walker {
  double longitude_deg;
  double latitude_deg;
  double heading_deg;
  double speed_kmh;
};

static double random_unit(void)
{
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

static void put_integer(uint64_t value, int bytes)
{
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    putchar_unlocked((int)((value >> shift) & 0xff));
  }
}

static void put_field(uint64_t value, int bytes)
{
  put_integer((uint64_t)bytes, 4);
  put_integer(value, bytes);
}

static void put_float(float value)
{
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_field(bits, 4);
}

static void put_double(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_integer(bits, 8);
}

static void put_point(double longitude_deg, double latitude_deg)
{
  put_integer(25, 4);
  putchar_unlocked(0); /* EWKB, big endian, point with SRID */
  put_integer(0x20000001u, 4);
  put_integer(4326, 4);
  put_double(longitude_deg);
  put_double(latitude_deg);
}

static void step(struct walker *walker, double seconds)
{
  walker->heading_deg = fmod(walker->heading_deg + (random_unit() - 0.5) * 60.0 + 360.0, 360.0);
  walker->speed_kmh = random_unit() < 0.3 ? 0.0 : 20.0 + random_unit() * 80.0;
  const double metres = walker->speed_kmh / 3.6 * seconds;
  walker->longitude_deg += metres / 78000.0 * sin(walker->heading_deg * M_PI / 180.0);
  walker->latitude_deg += metres / 111195.0 * cos(walker->heading_deg * M_PI / 180.0);
  if (fabs(walker->longitude_deg + 122.65) > 0.5 || fabs(walker->latitude_deg - 45.5) > 0.35) {
    walker->longitude_deg = -122.65 + (random_unit() - 0.5);
    walker->latitude_deg = 45.5 + (random_unit() - 0.5) * 0.7;
  }
}

static void put_row(const struct walker *walker, int64_t vehicle_id, int64_t recorded_at_us, int64_t version, int64_t seq)
{
  put_integer(14, 2);
  put_field((uint64_t)vehicle_id, 8);
  put_field((uint64_t)(recorded_at_us - POSTGRESQL_EPOCH_US), 8);
  put_field((uint64_t)version, 8);
  put_field((uint64_t)seq, 8);
  put_field((uint64_t)(recorded_at_us - POSTGRESQL_EPOCH_US + 730 * US_PER_MS), 8);
  put_point(walker->longitude_deg, walker->latitude_deg);
  put_field((uint64_t)grid_cell(walker->longitude_deg, walker->latitude_deg), 4);
  put_float((float)walker->speed_kmh);
  put_float((float)walker->heading_deg);
  put_float((float)(vehicle_id % 10 == 0 ? -18.0 + random_unit() : 4.0 + random_unit()));
  put_field(walker->speed_kmh > 0.0, 1);
  put_field(0, 2);
  put_field(1, 2);
  put_integer(0xffffffffu, 4);
}

static void write_history(int64_t start_us, int64_t days, int64_t vehicles, int64_t per_day)
{
  struct walker *walkers = calloc((size_t)vehicles, sizeof *walkers);
  const int64_t interval_us = US_PER_DAY / per_day;
  int64_t seq = 0;
  for (int64_t round = 0; round < days * per_day; round++) {
    for (int64_t i = 0; i < vehicles; i++) {
      step(&walkers[i], (double)interval_us / 1e6);
      put_row(&walkers[i], i + 1, start_us + round * interval_us + i * (interval_us / vehicles), round + 1, ++seq);
    }
  }
  free(walkers);
}

int main(int argc, char **argv)
{
  int64_t start_us;
  int64_t numbers[3];
  char first[CLOCK_TEXT_MAX];
  if (argc != 5) {
    fprintf(stderr, "usage: bench_breadcrumbs FIRST_DAY DAYS VEHICLES PER_DAY\n");
    return 2;
  }
  snprintf(first, sizeof first, "%.10sT00:00:00Z", argv[1]);
  for (int i = 0; i < 3; i++) {
    if (!text_to_int64(text_from(argv[i + 2]), &numbers[i]) || numbers[i] < 1) {
      fprintf(stderr, "bench_breadcrumbs: %s is not a count\n", argv[i + 2]);
      return 2;
    }
  }
  if (!clock_parse(text_from(first), &start_us)) {
    fprintf(stderr, "bench_breadcrumbs: %s is not a day\n", argv[1]);
    return 2;
  }
  fwrite("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 1, 19, stdout);
  write_history(start_us, numbers[0], numbers[1], numbers[2]);
  put_integer(0xffff, 2);
  return ferror(stdout) != 0;
}
