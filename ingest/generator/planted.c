#include "ingest/generator/planted.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"

static const double KMH_PER_MPS = 3.6;
static const double WARM_C = 5;

struct stretch {
  const char *name; /* NULL: there is none */
  int64_t from_us;
  int64_t until_us;
  double worst; /* km/h, or degrees Celsius */
  double norm;  /* the limit there, or the set point */
  bool is_posted;
};

struct planted {
  FILE *file;
  const char *path;
  int vehicles;
  struct stretch *drives;
  struct stretch *loads;
};

struct error planted_open(const char *path, int vehicles, struct planted **opened)
{
  FILE *file = fopen(path, "we");
  if (file == NULL) {
    return error_at(ERROR_SETUP, "planted", "cannot write %.200s: %s", path, strerror(errno));
  }
  struct planted *planted = calloc(1, sizeof *planted);
  if (planted == NULL) {
    abort();
  }
  *planted = (struct planted){.file = file,
                              .path = path,
                              .vehicles = vehicles,
                              .drives = calloc((size_t)vehicles, sizeof *planted->drives),
                              .loads = calloc((size_t)vehicles, sizeof *planted->loads)};
  if (planted->drives == NULL || planted->loads == NULL) {
    abort();
  }
  fputs("vehicle,what,from,until,limit_kmh,max_speed_kmh,limit_is_posted,set_point_c,warmest_c\n", file);
  *opened = planted;
  return error_none();
}

static void end_drive(struct planted *planted, struct stretch *stretch)
{
  if (stretch->name != NULL) {
    char from[CLOCK_TEXT_MAX];
    char until[CLOCK_TEXT_MAX];
    clock_format(stretch->from_us, from);
    clock_format(stretch->until_us, until);
    fprintf(planted->file, "%s,speeding,%s,%s,%.3f,%.3f,%s,,\n", stretch->name, from, until, stretch->norm, stretch->worst,
            stretch->is_posted ? "true" : "false");
    stretch->name = NULL;
  }
}

static void end_load(struct planted *planted, struct stretch *stretch)
{
  if (stretch->name != NULL) {
    char from[CLOCK_TEXT_MAX];
    char until[CLOCK_TEXT_MAX];
    clock_format(stretch->from_us, from);
    clock_format(stretch->until_us, until);
    fprintf(planted->file, "%s,warm,%s,%s,,,,%.2f,%.2f\n", stretch->name, from, until, stretch->norm, stretch->worst);
    stretch->name = NULL;
  }
}

void planted_note_drive(struct planted *planted, int vehicle, const struct planted_drive *drive)
{
  struct stretch *stretch = &planted->drives[vehicle];
  const double speed_kmh = drive->speed_mps * KMH_PER_MPS;
  const double limit_kmh = drive->limit_mps * KMH_PER_MPS;
  const bool is_over = speed_kmh > limit_kmh;
  if (!is_over || limit_kmh != stretch->norm || drive->limit_is_posted != stretch->is_posted) {
    end_drive(planted, stretch);
  }
  if (!is_over) {
    return;
  }
  if (stretch->name == NULL) {
    *stretch = (struct stretch){.name = drive->name,
                                .from_us = drive->time_us,
                                .worst = speed_kmh,
                                .norm = limit_kmh,
                                .is_posted = drive->limit_is_posted};
  }
  stretch->until_us = drive->time_us;
  stretch->worst = fmax(stretch->worst, speed_kmh);
}

void planted_note_load(struct planted *planted, int vehicle, const char *name, int64_t time_us, double air_c,
                       double set_point_c)
{
  struct stretch *stretch = &planted->loads[vehicle];
  if (air_c <= set_point_c + WARM_C) {
    end_load(planted, stretch);
    return;
  }
  if (stretch->name == NULL) {
    *stretch = (struct stretch){.name = name, .from_us = time_us, .worst = air_c, .norm = set_point_c};
  }
  stretch->until_us = time_us;
  stretch->worst = fmax(stretch->worst, air_c);
}

struct error planted_close(struct planted *planted)
{
  if (planted == NULL) {
    return error_none();
  }
  for (int i = 0; i < planted->vehicles; i++) {
    end_drive(planted, &planted->drives[i]);
    end_load(planted, &planted->loads[i]);
  }
  const bool failed_before = ferror(planted->file) != 0;
  const bool failed = fclose(planted->file) != 0 || failed_before;
  const struct error error =
      failed ? error_at(ERROR_SETUP, "planted", "%.200s could not be written whole", planted->path) : error_none();
  free(planted->drives);
  free(planted->loads);
  free(planted);
  return error;
}
