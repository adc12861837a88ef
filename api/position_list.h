/* A list of positions on its way out, in JSON, GeoJSON, CSV or newline-delimited JSON.
 *
 *   open, [members], begin_items, add ..., end_items, [members], close
 *
 * Members are written by the caller to list.json where position_list_has_members says so ("seq", "next"); GeoJSON carries them
 * as foreign members of its FeatureCollection. Everything streams: call response_begin before the first add. Thread: the query
 * worker's. The buffer ends with the request. */
#ifndef CRUMBTRAIL_API_POSITION_LIST_H
#define CRUMBTRAIL_API_POSITION_LIST_H

#include "api/format.h"
#include "api/position.h"
#include "server/http/request.h"

struct position_list {
  struct request *request;
  struct buffer *out;
  struct json_writer json;
  enum format format;
  bool has_seq; /* each item says its seq */
};

struct position_list position_list_open(struct request *request, enum format format, bool has_seq);
bool position_list_has_members(const struct position_list *list);
void position_list_begin_items(struct position_list *list);
struct error position_list_add(struct position_list *list, const struct position *position,
                               enum vehicle_status status) ERROR_MUST_CHECK;
void position_list_end_items(struct position_list *list);
/* Member "next": the URL, or null when it has no data. */
void position_list_next(struct position_list *list, struct text url);
struct error position_list_close(struct position_list *list) ERROR_MUST_CHECK;

/* A buffer that ends with the request. */
struct buffer *request_buffer(struct request *request);

/* The CSV form of one position and its header, without the end of the line. */
void position_csv_header(struct buffer *out);
void position_csv_row(struct buffer *out, const struct position *position, enum vehicle_status status);
/* A GeoJSON geometry of type Point. */
void position_write_point(struct json_writer *json, const struct position *position);

#endif
