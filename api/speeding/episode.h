/* A speeding episode as bi.speeding_episodes shows it, on its way out. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_EPISODE_H
#define CRUMBTRAIL_API_SPEEDING_EPISODE_H

#include "api/row_list.h"

/* Columns of list_episodes.sql and its kin. */
enum episode_column {
  EPISODE_ID,
  EPISODE_VEHICLE_ID,
  EPISODE_VEHICLE,
  EPISODE_DRIVER_ID,
  EPISODE_DRIVER,
  EPISODE_STARTED_AT,
  EPISODE_ENDED_AT,
  EPISODE_DURATION_S,
  EPISODE_BEFORE_S,
  EPISODE_AFTER_S,
  EPISODE_DISTANCE_M,
  EPISODE_SAMPLES,
  EPISODE_LARGEST_GAP_S,
  EPISODE_MAX_SPEED_KMH,
  EPISODE_MEAN_SPEED_KMH,
  EPISODE_P95_SPEED_KMH,
  EPISODE_LIMIT_KMH,
  EPISODE_LIMIT_SOURCE,
  EPISODE_MAX_EXCESS_KMH,
  EPISODE_MEAN_EXCESS_KMH,
  EPISODE_EXCESS_INTEGRAL,
  EPISODE_BAND,
  EPISODE_HAS_JUMP,
  EPISODE_IS_ESTIMATED,
  EPISODE_IS_STRICT,
  EPISODE_END_REASON,
  EPISODE_ROAD,
  EPISODE_ZONE,
  EPISODE_STARTED_LON,
  EPISODE_STARTED_LAT,
  EPISODE_PEAK_AT,
  EPISODE_PEAK_LON,
  EPISODE_PEAK_LAT,
  EPISODE_ENDED_LON,
  EPISODE_ENDED_LAT,
  EPISODE_IS_OPEN,
  EPISODE_REVIEW,
  EPISODE_REVIEW_NOTE,
  EPISODE_REVIEWED_BY,
  EPISODE_REVIEWED_AT,
  EPISODE_REVISION,
  EPISODE_RULE_VERSION,
};

void episode_write_members(struct json_writer *json, const struct db_rows *rows, int row);
/* Without the end of the line. */
#define EPISODE_CSV_HEADER                                                                                           \
  "id,vehicle_id,vehicle,driver_id,driver,started_at,ended_at,duration_s,before_s,after_s,distance_m,samples,"       \
  "largest_gap_s,max_speed_kmh,mean_speed_kmh,p95_speed_kmh,limit_kmh,limit_source,max_excess_kmh,mean_excess_kmh,"  \
  "excess_integral_kmh_s,band,has_jump,is_estimated,is_strict,end_reason,road,zone,started_lon,started_lat,peak_at," \
  "peak_lon,peak_lat,ended_lon,ended_lat,is_open,review,review_note,reviewed_by,reviewed_at,revision,rule_version"
void episode_write_cells(struct csv_row *cells, const struct db_rows *rows, int row);

/* Columns of list_breadcrumbs_of_episodes.sql. */
enum episode_crumb_column {
  CRUMB_EPISODE,
  CRUMB_RECORDED_AT,
  CRUMB_LONGITUDE,
  CRUMB_LATITUDE,
  CRUMB_SPEED_KMH,
  CRUMB_HEADING_DEG,
};

/* Asks a statement about the episodes in rows [first, end): $1 their vehicles, $2 their starts, $3 their ends.
 * list_breadcrumbs_of_episodes.sql and list_files_of_episodes.sql are such. */
struct error episode_ask(const struct sql_statement *statement, struct arena *arena, struct db_connection *connection,
                         const struct db_rows *rows, int first, int end, const struct db_rows **answer) ERROR_MUST_CHECK;
/* One as a GeoJSON feature with the line of its breadcrumbs [first, end): a point where there are fewer than two, several lines
 * where it crosses the antimeridian (RFC 7946, 3.1.9). */
void episode_write_feature(struct json_writer *json, const struct db_rows *rows, int row, const struct db_rows *crumbs,
                           int first, int end);
/* Those in rows [first, end), whose breadcrumbs are read at once. */
struct error episode_write_features(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                    const struct db_rows *rows, int first, int end) ERROR_MUST_CHECK;

#endif
