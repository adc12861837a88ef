#include "ingest/analysis/fold_rows.h"

#include "ingest/analysis/condition.h"
#include "ingest/analysis/day_machine.h"
#include "ingest/analysis/road_runs.h"
#include "ingest/analysis/speeding_machine.h"
#include "ingest/analysis/temperature_machine.h"
#include "ingest/analysis/trip_machine.h"
#include "ingest/analysis/zone_machine.h"

static const size_t ROW_BYTES[FOLD_KIND_COUNT] = {
    [FOLD_TRIPS] = sizeof(struct trip_row),        [FOLD_STOPS] = sizeof(struct stop_row),
    [FOLD_EPISODES] = sizeof(struct speeding_row), [FOLD_DAYS] = sizeof(struct drive_day_row),
    [FOLD_VISITS] = sizeof(struct zone_visit),     [FOLD_EXCURSIONS] = sizeof(struct excursion),
    [FOLD_CONDITIONS] = sizeof(struct condition),  [FOLD_ROAD_RUNS] = sizeof(struct road_run),
};

struct fold_rows fold_rows_make(struct arena *arena)
{
  struct fold_rows rows;
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    rows.sets[kind] = row_set_make(arena, ROW_BYTES[kind]);
    rows.settled[kind] = row_set_make(arena, sizeof(int64_t));
  }
  return rows;
}

void fold_rows_settle(struct fold_rows *rows, int64_t settled_at_us)
{
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    while (rows->settled[kind].count < rows->sets[kind].count) {
      row_set_add(&rows->settled[kind], &settled_at_us);
    }
  }
}
