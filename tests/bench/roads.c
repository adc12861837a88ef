/* Road matching held against drives whose road is known: how often the limit is right, missing and wrong, and what it costs.
 *
 * usage: bench_roads CONNINFO < drives.csv, lines of drive,second,lon,lat,speed_kmh,heading_deg,road_id,is_forward,limit_kmh
 * (the last three the truth), as tests/bench/roads.js makes them. Beside it, the nearest road point by point. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/id_index.h"
#include "ingest/analysis/road_map.h"
#include "ingest/analysis/road_source.h"
#include "server/base/clock.h"

enum { BREADCRUMBS_MAX = 1000000 };

struct truth {
  int drive;
  int64_t road_id;
  bool is_forward;
  float limit_kmh;
};

struct score {
  size_t right, missing, wrong, against_oneway;
};

static struct fix *fixes;
static struct truth *truths;
static size_t breadcrumb_count;
static bool ignores_heading;

static void read_drives(void)
{
  char line[256];
  fixes = calloc(BREADCRUMBS_MAX, sizeof *fixes);
  truths = calloc(BREADCRUMBS_MAX, sizeof *truths);
  while (breadcrumb_count < BREADCRUMBS_MAX && fgets(line, sizeof line, stdin) != NULL) {
    double field[9];
    char *rest = line;
    for (int i = 0; i < 9; i++) {
      field[i] = strtod(rest, &rest);
      rest += *rest == ',';
    }
    fixes[breadcrumb_count] = (struct fix){.recorded_at_us = (int64_t)(field[0] * 1e5 + field[1]) * US_PER_SECOND,
                                           .longitude_deg = field[2],
                                           .latitude_deg = field[3],
                                           .speed_kmh = (float)field[4],
                                           .heading_deg = ignores_heading ? NAN : (float)field[5]};
    truths[breadcrumb_count++] = (struct truth){(int)field[0], (int64_t)field[6], field[7] > 0, (float)field[8]};
  }
}

static void count(struct score *score, struct road_source *source, const struct truth *truth, struct road_match match)
{
  const struct road_limits *limits = road_source_limits(source, match.road_id);
  const float limit_kmh = limits == NULL ? NAN : (match.is_forward ? limits->posted_forward_kmh : limits->posted_backward_kmh);
  if (isnan(limit_kmh)) {
    score->missing++;
  } else if (fabsf(limit_kmh - truth->limit_kmh) < 0.1F) {
    score->right++;
  } else {
    score->wrong++;
  }
  const uint32_t segment = road_map_find(road_source_map(source), match.road_id);
  if (segment != ID_INDEX_NONE) {
    score->against_oneway += road_map_segment(road_source_map(source), segment).oneway == (match.is_forward ? -1 : 1);
  }
}

/* The nearest by distance + 0.35 m per degree. */
static struct road_match nearest(struct road_map *map, const struct fix *fix)
{
  struct road_candidate candidates[32];
  struct road_match best = {0};
  double best_m = INFINITY;
  const size_t found = road_map_near(map, fix->longitude_deg, fix->latitude_deg, 35, candidates, 32);
  for (size_t i = 0; i < 2 * found; i++) {
    const struct road_candidate *candidate = &candidates[i / 2];
    const struct map_road road = road_map_segment(map, candidate->segment);
    const bool is_forward = i % 2 == 0;
    const double angle_deg = fabs(remainder((double)(fix->heading_deg - candidate->bearing_deg) - (is_forward ? 0 : 180), 360));
    const double metres = (double)candidate->distance_m + 0.35 * angle_deg;
    if (road.oneway != (is_forward ? -1 : 1) && angle_deg <= 60 && metres < best_m) {
      best_m = metres;
      best = (struct road_match){road.road_id, is_forward};
    }
  }
  return best;
}

static size_t drive_end(size_t from)
{
  size_t end = from;
  while (end < breadcrumb_count && truths[end].drive == truths[from].drive) {
    end++;
  }
  return end;
}

static void print(const char *name, const struct score *score)
{
  const double all = (double)(score->right + score->missing + score->wrong) / 100;
  printf("%-10s right %6.2f %%  missing %5.2f %%  wrong %5.2f %%  against one-way %zu\n", name, (double)score->right / all,
         (double)score->missing / all, (double)score->wrong / all, score->against_oneway);
}

static void check(struct error error)
{
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "bench_roads: %s\n", error.detail);
    exit(1);
  }
}

/* All that is measured. */
struct measured {
  struct score matched, pointwise;
  int64_t prepare_us, match_us;
  size_t pending_max, pending_sum;
};

static void match_drive(struct road_source *source, struct db_connection *connection, size_t from, struct measured *measured)
{
  struct arena *arena = arena_new(1 << 16);
  struct road_matcher matcher;
  struct row_set settled = row_set_make(arena, sizeof(struct road_match));
  road_matcher_init(&matcher);
  const struct road_track track = {&matcher, fixes + from, drive_end(from) - from};
  const int64_t began_us = clock_thread_cpu_us();
  check(road_source_prepare(source, connection, arena, &track, 1));
  const int64_t prepared_us = clock_thread_cpu_us();
  for (size_t i = 0; i < track.count; i++) {
    road_matcher_step(&matcher, road_source_map(source), &track.fixes[i], &settled);
    const size_t pending = road_matcher_pending(&matcher);
    measured->pending_max = pending > measured->pending_max ? pending : measured->pending_max;
    measured->pending_sum += pending;
  }
  road_matcher_settle(&matcher, &settled);
  measured->match_us += clock_thread_cpu_us() - prepared_us;
  measured->prepare_us += prepared_us - began_us;
  const struct road_match *matches = settled.items;
  for (size_t i = 0; i < track.count; i++) {
    count(&measured->matched, source, &truths[from + i], matches[i]);
    count(&measured->pointwise, source, &truths[from + i], nearest(road_source_map(source), &track.fixes[i]));
  }
  road_matcher_free(&matcher);
  arena_free(arena);
}

int main(int argument_count, char **arguments)
{
  if (argument_count < 2) {
    fprintf(stderr, "usage: bench_roads CONNINFO [--no-heading] < drives.csv\n");
    return 2;
  }
  ignores_heading = argument_count > 2;
  read_drives();
  struct db_connection *connection = NULL;
  check(db_open((struct db_settings){.conninfo = arguments[1], .application_name = "bench_roads"}, &connection));
  struct road_source *source = road_source_new();
  struct measured measured = {0};
  for (size_t from = 0; from < breadcrumb_count; from = drive_end(from)) {
    match_drive(source, connection, from, &measured);
  }
  const double breadcrumbs = (double)breadcrumb_count;
  print("matched", &measured.matched);
  print("by point", &measured.pointwise);
  printf(
      "%zu breadcrumbs; %.2f us each to match, %.2f to prepare (reading the roads included); pending %.2f on average, at most "
      "%zu\n",
      breadcrumb_count, (double)measured.match_us / breadcrumbs, (double)measured.prepare_us / breadcrumbs,
      (double)measured.pending_sum / breadcrumbs, measured.pending_max);
  road_source_free(source);
  db_close(connection);
  free(fixes);
  free(truths);
  return 0;
}
