#include "ingest/analysis/fold_roads.h"

/* What was matched before the last checkpoint may have left the map. */
static struct error load_held(struct road_source *roads, struct db_connection *connection, struct arena *arena,
                              const struct fold_track *tracks, size_t count)
{
  int64_t *road_ids = arena_alloc_array(arena, count, sizeof *road_ids);
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    const struct fold *fold = tracks[i].fold;
    if (fold->has_held && fold->held.match.road_id != 0) {
      road_ids[found++] = fold->held.match.road_id;
    }
  }
  return found == 0 ? error_none() : road_source_load_limits(roads, connection, arena, road_ids, found);
}

struct error fold_roads_prepare(struct road_source *roads, struct db_connection *connection, struct arena *arena,
                                const struct fold_track *tracks, size_t count)
{
  if (count == 0) {
    return error_none();
  }
  struct road_track *matched = arena_alloc_array(arena, count, sizeof *matched);
  for (size_t i = 0; i < count; i++) {
    matched[i] = (struct road_track){&tracks[i].fold->matcher, tracks[i].fixes, tracks[i].count};
  }
  TRY(road_source_prepare(roads, connection, arena, matched, count));
  return load_held(roads, connection, arena, tracks, count);
}
