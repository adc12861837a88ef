/* Drives as text, for the tests of the analysis. A line is a breadcrumb, or a row of them:
 *
 *     08:00:00 east=0 speed=60 ignition=on limit=50 source=posted
 *     08:00:05-08:10:00/5 east+=83 speed=60..80        one every 5 s: 83 m further each, faster in a straight line
 *     08:10:05 flags=8
 *
 * Times are of 2026-03-09 UTC, hours beyond 23 of the days after. Values hold until another is given, but for flags. east,
 * north: metres from 30.27 N 97.74 W; speed, limit: km/h, `-` is unknown; ignition: on, off, -; road, zone: numbers. `midnight
 * 05:00:00` (before the first breadcrumb, ascending) is where a local day begins; without any it is at 00:00:00 UTC. `driver 7
 * 08:00:00-09:00:00` assigns one; else nobody drives. Everything is static: each test program has its own copy. */
#ifndef CRUMBTRAIL_TESTS_SUPPORT_DRIVE_CASE_H
#define CRUMBTRAIL_TESTS_SUPPORT_DRIVE_CASE_H

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/fix.h"
#include "ingest/analysis/geodesic.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/text.h"

enum { DRIVE_FIXES_MAX = 20000, DRIVE_LIST_MAX = 16 };

static const int64_t DRIVE_DAY_US = INT64_C(1773014400) * 1000000; /* 2026-03-09T00:00:00Z */
static const int32_t DRIVE_DAY = 20521;
static const double DRIVE_LONGITUDE_DEG = -97.74;
static const double DRIVE_LATITUDE_DEG = 30.27;

struct drive_driver {
  int64_t driver_id;
  int64_t from_us;
  int64_t until_us;
};

struct drive {
  struct fix *fixes;
  struct place *places;
  size_t count;
  int64_t midnights_us[DRIVE_LIST_MAX];
  size_t midnight_count;
  struct drive_driver drivers[DRIVE_LIST_MAX];
  size_t driver_count;
  /* What holds for the next line. */
  double east_m;
  double north_m;
  struct fix fix;
  struct place place;
};

static inline void drive_fault(const char *what, struct text where)
{
  (void)fprintf(stderr, "drive case: %s: %.*s\n", what, TEXT_ARGS(where));
  abort();
}

static inline double drive_number(struct text word)
{
  double value = 0;
  if (text_equal(word, TEXT("-"))) {
    return NAN;
  }
  if (!text_to_double(word, &value)) {
    drive_fault("no number", word);
  }
  return value;
}

static inline int64_t drive_time_us(struct text clock)
{
  double parts[3] = {0, 0, 0};
  struct text part;
  for (int i = 0; i < 3 && text_split(&clock, ':', &part); i++) {
    parts[i] = drive_number(part);
  }
  return DRIVE_DAY_US + llround((parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1e6);
}

static inline void drive_print_time(struct buffer *out, int64_t at_us)
{
  const int64_t us = at_us - DRIVE_DAY_US;
  buffer_printf(out, "%02d:%02d:%02d", (int)(us / 3600000000), (int)(us / 60000000 % 60), (int)(us / 1000000 % 60));
  if (us % 1000000 != 0) {
    buffer_printf(out, ".%06d", (int)(us % 1000000));
  }
}

/* " NAME 12.5", without it where the value is absent. */
static inline void drive_print(struct buffer *out, const char *name, double value, int decimals)
{
  if (!isnan(value)) {
    buffer_printf(out, " %s ", name);
    buffer_append_decimal(out, value, decimals);
  }
}

/* Metres along the parallel and the meridian are exact as the machines measure them; both at once nearly. */
static inline double drive_longitude_deg(double east_m)
{
  return DRIVE_LONGITUDE_DEG + east_m / geodesic_m(0, DRIVE_LATITUDE_DEG, 0.001, DRIVE_LATITUDE_DEG) * 0.001;
}
static inline double drive_latitude_deg(double north_m)
{
  return DRIVE_LATITUDE_DEG + north_m / geodesic_m(0, DRIVE_LATITUDE_DEG, 0, DRIVE_LATITUDE_DEG + 0.001) * 0.001;
}
static inline void drive_print_place(struct buffer *out, const char *name, double longitude_deg, double latitude_deg)
{
  const double degree_m = 1000 * geodesic_m(0, DRIVE_LATITUDE_DEG, 0.001, DRIVE_LATITUDE_DEG);
  const double meridian_m = 1000 * geodesic_m(0, DRIVE_LATITUDE_DEG, 0, DRIVE_LATITUDE_DEG + 0.001);
  buffer_printf(out, " %s ", name);
  buffer_append_decimal(out, (longitude_deg - DRIVE_LONGITUDE_DEG) * degree_m, 0);
  buffer_append_char(out, ',');
  buffer_append_decimal(out, (latitude_deg - DRIVE_LATITUDE_DEG) * meridian_m, 0);
}

/* ---- reading ---- */

static inline void drive_set_day(const struct drive *drive, int64_t at_us, struct place *place)
{
  place->day = DRIVE_DAY + (int32_t)((at_us - DRIVE_DAY_US) / 86400000000);
  place->day_began_at_us = DRIVE_DAY_US + (place->day - DRIVE_DAY) * INT64_C(86400000000);
  for (size_t i = 0; i < drive->midnight_count && drive->midnights_us[i] <= at_us; i++) {
    place->day = DRIVE_DAY + (int32_t)i;
    place->day_began_at_us = drive->midnights_us[i];
  }
}

static inline void drive_set_driver(const struct drive *drive, int64_t at_us, struct place *place)
{
  place->driver_id = 0;
  place->driver_from_us = INT64_MIN;
  place->driver_until_us = INT64_MAX;
  for (size_t i = 0; i < drive->driver_count; i++) {
    const struct drive_driver *driver = &drive->drivers[i];
    if (driver->from_us <= at_us && at_us < driver->until_us) {
      place->driver_id = driver->driver_id;
      place->driver_from_us = driver->from_us;
      place->driver_until_us = driver->until_us;
      return;
    }
    if (driver->until_us <= at_us && driver->until_us > place->driver_from_us) {
      place->driver_from_us = driver->until_us;
    }
    if (driver->from_us > at_us && driver->from_us < place->driver_until_us) {
      place->driver_until_us = driver->from_us;
    }
  }
}

static inline void drive_add(struct drive *drive, int64_t at_us, uint8_t flags)
{
  if (drive->count == DRIVE_FIXES_MAX) {
    drive_fault("too many breadcrumbs", TEXT(""));
  }
  drive->fix.recorded_at_us = at_us;
  drive->fix.version = 1;
  drive->fix.flags = flags;
  drive->fix.longitude_deg = drive_longitude_deg(drive->east_m);
  drive->fix.latitude_deg = drive_latitude_deg(drive->north_m);
  drive_set_day(drive, at_us, &drive->place);
  drive_set_driver(drive, at_us, &drive->place);
  drive->fixes[drive->count] = drive->fix;
  drive->places[drive->count] = drive->place;
  drive->count++;
}

static inline enum limit_source drive_source(struct text word)
{
  static const char *const NAMES[] = {"unknown", "override", "posted", "estimated", "zone", "vehicle", "fleet"};
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    if (text_equal(word, text_from(NAMES[i]))) {
      return (enum limit_source)i;
    }
  }
  drive_fault("no source of limits", word);
  return LIMIT_UNKNOWN;
}

/* "60", "60..80": the value at `part` (0 to 1) of the row. */
static inline double drive_between(struct text word, double part)
{
  for (size_t i = 0; i + 1 < word.length; i++) {
    if (word.data[i] == '.' && word.data[i + 1] == '.') {
      const double first = drive_number((struct text){word.data, i});
      const double last = drive_number((struct text){word.data + i + 2, word.length - i - 2});
      return first + (last - first) * part;
    }
  }
  return drive_number(word);
}

static inline void drive_set(struct drive *drive, struct text name, struct text value, double part)
{
  const bool is_step = text_ends_with(name, TEXT("+"));
  if (text_equal(name, TEXT("east")) || text_equal(name, TEXT("east+"))) {
    drive->east_m = drive_between(value, part) + (is_step ? drive->east_m : 0);
  } else if (text_equal(name, TEXT("north")) || text_equal(name, TEXT("north+"))) {
    drive->north_m = drive_between(value, part) + (is_step ? drive->north_m : 0);
  } else if (text_equal(name, TEXT("speed"))) {
    drive->fix.speed_kmh = (float)drive_between(value, part);
  } else if (text_equal(name, TEXT("limit"))) {
    drive->place.limit_kmh = (float)drive_between(value, part);
    drive->place.limit_source = isnan(drive->place.limit_kmh)                ? LIMIT_UNKNOWN
                                : drive->place.limit_source == LIMIT_UNKNOWN ? LIMIT_POSTED
                                                                             : drive->place.limit_source;
  } else if (text_equal(name, TEXT("source"))) {
    drive->place.limit_source = drive_source(value);
  } else if (text_equal(name, TEXT("ignition"))) {
    drive->fix.ignition = text_equal(value, TEXT("on")) ? 1 : text_equal(value, TEXT("off")) ? 0 : -1;
  } else if (text_equal(name, TEXT("road"))) {
    drive->place.road_id = (int64_t)drive_number(value);
  } else if (text_equal(name, TEXT("zone"))) {
    drive->place.limit_geofence_id = (int64_t)drive_number(value);
  } else if (!text_equal(name, TEXT("flags"))) {
    drive_fault("no such name", name);
  }
}

static inline void drive_read_row(struct drive *drive, struct text line)
{
  struct text when;
  text_split(&line, ' ', &when);
  struct text first;
  struct text last = {0};
  struct text every = TEXT("0");
  text_split(&when, '-', &first);
  if (when.length > 0) {
    text_split(&when, '/', &last);
    every = when;
  }
  const int64_t first_us = drive_time_us(first);
  const int64_t last_us = last.length > 0 ? drive_time_us(last) : first_us;
  const int64_t every_us = llround(drive_number(every) * 1e6);
  for (int64_t at_us = first_us; at_us <= last_us; at_us += every_us > 0 ? every_us : 1) {
    uint8_t flags = 0;
    struct text rest = line;
    for (struct text word; text_split(&rest, ' ', &word);) {
      struct text name;
      if (word.length == 0) {
        continue;
      }
      text_split(&word, '=', &name);
      drive_set(drive, name, word, last_us > first_us ? (double)(at_us - first_us) / (double)(last_us - first_us) : 0);
      flags = text_equal(name, TEXT("flags")) ? (uint8_t)drive_number(word) : flags;
    }
    drive_add(drive, at_us, flags);
  }
}

static inline void drive_read_line(struct drive *drive, struct text line)
{
  struct text rest = line;
  struct text word;
  if (text_starts_with(line, TEXT("midnight "))) {
    text_split(&rest, ' ', &word);
    drive->midnights_us[drive->midnight_count++] = drive_time_us(rest);
  } else if (text_starts_with(line, TEXT("driver "))) {
    struct drive_driver *driver = &drive->drivers[drive->driver_count++];
    text_split(&rest, ' ', &word);
    text_split(&rest, ' ', &word);
    driver->driver_id = (int64_t)drive_number(word);
    text_split(&rest, '-', &word);
    driver->from_us = drive_time_us(word);
    driver->until_us = drive_time_us(rest);
  } else if (line.length > 0 && line.data[0] != '#') {
    drive_read_row(drive, line);
  }
}

static inline struct text drive_read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  const size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static inline struct drive *drive_new(struct arena *arena)
{
  struct drive *drive = arena_alloc(arena, sizeof *drive);
  drive->fixes = arena_alloc_array(arena, DRIVE_FIXES_MAX, sizeof *drive->fixes);
  drive->places = arena_alloc_array(arena, DRIVE_FIXES_MAX, sizeof *drive->places);
  drive->fix = (struct fix){.speed_kmh = NAN, .heading_deg = NAN, .temperature_c = NAN, .ignition = -1, .is_paused = -1};
  drive->place = (struct place){.limit_kmh = NAN};
  return drive;
}

static inline struct drive *drive_read(struct arena *arena, struct text lines)
{
  struct drive *drive = drive_new(arena);
  for (struct text line; text_split(&lines, '\n', &line);) {
    drive_read_line(drive, line);
  }
  return drive;
}

/* Calls `check` with each case of the folder, by name without ".input"; says how many there were. */
static inline int drive_each_case(const char *folder, void (*check)(const char *folder, const char *name))
{
  struct dirent **entries = NULL;
  const int count = scandir(folder, &entries, NULL, alphasort);
  int cases = 0;
  for (int i = 0; i < count; i++) {
    struct text name = text_from(entries[i]->d_name);
    if (text_ends_with(name, TEXT(".input"))) {
      entries[i]->d_name[name.length - TEXT(".input").length] = '\0';
      check(folder, entries[i]->d_name);
      cases++;
    }
    free(entries[i]);
  }
  free(entries);
  return cases;
}

#endif
