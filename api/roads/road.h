/* A road segment as rows of list_roads.sql, on its way out. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_ROADS_ROAD_H
#define CRUMBTRAIL_API_ROADS_ROAD_H

#include "api/row_list.h"

enum road_column {
  ROAD_ID,
  ROAD_WAY_ID,
  ROAD_NAME,
  ROAD_REF,
  ROAD_KIND,
  ROAD_ONEWAY,
  ROAD_LENGTH_M,
  ROAD_FORWARD_KMH,
  ROAD_BACKWARD_KMH,
  ROAD_ESTIMATED_KMH,
  ROAD_OVERRIDE_KMH,
  ROAD_NOTE,
  ROAD_UPDATED_AT,
  ROAD_UPDATED_BY,
  ROAD_GEOMETRY,
};

void road_write_members(struct json_writer *json, const struct db_rows *rows, int row);
#define ROAD_CSV_HEADER                                                                                             \
  "road_id,way_id,name,ref,kind,oneway,length_m,posted_forward_kmh,posted_backward_kmh,estimated_kmh,override_kmh," \
  "override_note,override_updated_at,limit_source"
void road_write_cells(struct csv_row *cells, const struct db_rows *rows, int row);
void road_write_feature(struct json_writer *json, const struct db_rows *rows, int row);

/* {id} of the path. ERROR_BAD_INPUT. */
struct error road_id_of_path(struct request *request, int64_t *road_id) ERROR_MUST_CHECK;
/* The one row. ERROR_NOT_FOUND. */
struct error road_read(struct request *request, struct db_connection *connection, int64_t road_id,
                       const struct db_rows **rows) ERROR_MUST_CHECK;
/* The one row with its geometry as the answer, JSON or a GeoJSON feature. */
void road_answer(struct request *request, const struct db_rows *rows, enum format format);

#endif
