/* GET /v1/speeding/episodes and /v1/speeding/episodes/{id}. */
#include "api/speeding/episodes.h"

#include "api/cursor.h"
#include "api_sql.h"

/* What a cursor holds. */
struct place {
  int64_t started_at_us;
  int64_t vehicle_id;
  double excess_kmh;
};

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct episode_query *query = context;
  const struct speeding_filter *filter = query->filter;
  db_add_time(parameters, query->sort == SORT_TIME ? query->after_us : filter->range.from_us);
  db_add_time(parameters, filter->range.to_us);
  db_add_int64(parameters, query->after_vehicle_id);
  db_add_int64(parameters, limit);
  db_add_double(parameters, filter->tolerance_kmh);
  db_add_double(parameters, filter->min_duration_s);
  db_add_int32(parameters, filter->min_samples);
  db_add_bool(parameters, filter->is_strict);
  add_ids(parameters, &filter->drivers);
  add_words(parameters, query->arena, filter->bands, SPEEDING_BANDS, BAND_COUNT);
  add_words(parameters, query->arena, filter->reviews, SPEEDING_REVIEWS, REVIEW_COUNT);
  if (query->sort == SORT_WORST || filter->vehicles.is_wanted) {
    add_ids(parameters, &filter->vehicles);
  }
  if (query->sort == SORT_WORST) {
    db_add_double(parameters, query->after_excess_kmh);
    db_add_time(parameters, query->after_us);
  }
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct episode_query *query = context;
  query->after_us = db_time(rows, row, EPISODE_STARTED_AT);
  query->after_vehicle_id = db_int64(rows, row, EPISODE_VEHICLE_ID);
  query->after_excess_kmh = db_double(rows, row, EPISODE_MAX_EXCESS_KMH);
}

static struct text key(const void *context, struct arena *arena)
{
  const struct episode_query *query = context;
  const struct place place = {query->after_us, query->after_vehicle_id, query->after_excess_kmh};
  return text_copy(arena, (struct text){(const char *)&place, sizeof place});
}

static struct error resume(void *context, struct arena *arena, struct text key_of_cursor)
{
  struct episode_query *query = context;
  struct place place;
  (void)arena;
  if (key_of_cursor.length != sizeof place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&place, key_of_cursor.data, sizeof place);
  query->after_us = place.started_at_us;
  query->after_vehicle_id = place.vehicle_id;
  query->after_excess_kmh = place.excess_kmh;
  return error_none();
}

static struct error read_sort(const struct request *request, enum episode_sort *sort)
{
  struct text value;
  *sort = SORT_TIME;
  if (!request_parameter_find(request, "sort", &value) || text_equal(value, TEXT("time"))) {
    return error_none();
  }
  *sort = SORT_WORST;
  return text_equal(value, TEXT("worst")) ? error_none() : error_at(ERROR_BAD_INPUT, "sort", "expected time or worst");
}

static const struct sql_statement *statement_for(const struct speeding_filter *filter, enum episode_sort sort)
{
  if (sort == SORT_WORST) {
    return &SQL_LIST_WORST_EPISODES;
  }
  return filter->vehicles.is_wanted ? &SQL_LIST_EPISODES_OF_VEHICLES : &SQL_LIST_EPISODES;
}

struct episode_query episode_query_begin(const struct speeding_filter *filter, struct arena *arena, enum episode_sort sort)
{
  return (struct episode_query){.filter = filter,
                                .arena = arena,
                                .sort = sort,
                                .after_us = sort == SORT_TIME ? filter->range.from_us : TIME_RANGE_ALL.from_us,
                                .after_vehicle_id = -1,
                                .after_excess_kmh = 1e9};
}

struct error episode_query_next(struct episode_query *query, struct arena *arena, struct db_connection *connection,
                                int64_t limit, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  add_parameters(query, parameters, limit);
  TRY(db_query(connection, arena, statement_for(query->filter, query->sort), parameters, rows));
  if (db_row_count(*rows) > 0) {
    move_behind(query, *rows, db_row_count(*rows) - 1);
  }
  return error_none();
}

struct error episodes_list(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {SPEEDING_PARAMETERS, "sort", "limit", "cursor", "f", NULL};
  struct speeding_filter filter;
  enum episode_sort sort;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_sort(request, &sort));
  TRY(speeding_filter_read(request, context, connection, &filter));
  const struct row_list list = {.statement = statement_for(&filter, sort),
                                .add_parameters = add_parameters,
                                .move_behind = move_behind,
                                .key = key,
                                .resume = resume,
                                .write_members = episode_write_members,
                                .csv_header = TEXT(EPISODE_CSV_HEADER),
                                .write_cells = episode_write_cells,
                                .write_features = episode_write_features};
  struct episode_query query = episode_query_begin(&filter, request_arena(request), sort);
  return row_list_answer(&list, &query, request, connection);
}

/* ---- one ---- */

struct error episode_read(struct request *request, struct db_connection *connection, const struct db_rows **rows)
{
  struct arena *arena = request_arena(request);
  int64_t id;
  TRY(parse_int64("id", request_path_parameter(request, "id"), 1, INT64_MAX, &id));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, id);
  TRY(db_query(connection, arena, &SQL_READ_EPISODE, parameters, rows));
  return db_row_count(*rows) == 1 ? error_none()
                                  : error_make(ERROR_NOT_FOUND, "there is no episode %lld, or no longer", (long long)id);
}

static void write_breadcrumbs(struct json_writer *json, const struct db_rows *rows, const struct db_rows *crumbs)
{
  const double limit_kmh = db_double(rows, 0, EPISODE_LIMIT_KMH);
  json_key(json, "breadcrumbs");
  json_begin_array(json);
  for (int i = 0; i < db_row_count(crumbs); i++) {
    const double speed_kmh = db_double(crumbs, i, CRUMB_SPEED_KMH);
    json_begin_object(json);
    json_key(json, "recorded_at");
    json_time(json, db_time(crumbs, i, CRUMB_RECORDED_AT));
    json_key(json, "lon");
    json_decimal(json, db_double(crumbs, i, CRUMB_LONGITUDE), 7);
    json_key(json, "lat");
    json_decimal(json, db_double(crumbs, i, CRUMB_LATITUDE), 7);
    json_key(json, "speed_kmh");
    json_decimal(json, speed_kmh, 2);
    json_key(json, "excess_kmh");
    json_decimal(json, speed_kmh - limit_kmh, 2);
    json_key(json, "heading_deg");
    json_decimal(json, db_double(crumbs, i, CRUMB_HEADING_DEG), 1);
    json_end_object(json);
  }
  json_end_array(json);
}

static struct error write_reviews(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                  const struct db_rows *rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  const struct db_rows *reviews;
  db_add_int64(parameters, db_int64(rows, 0, EPISODE_VEHICLE_ID));
  db_add_time(parameters, db_time(rows, 0, EPISODE_STARTED_AT));
  db_add_time(parameters, db_time(rows, 0, EPISODE_ENDED_AT));
  TRY(db_query(connection, arena, &SQL_LIST_REVIEWS_OF_EPISODE, parameters, &reviews));
  json_key(json, "reviews");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(reviews); row++) {
    json_begin_object(json);
    json_text_column(json, "review", reviews, row, 0);
    json_text_column(json, "note", reviews, row, 1);
    json_text_column(json, "reviewed_by", reviews, row, 2);
    json_time_column(json, "reviewed_at", reviews, row, 3);
    json_end_object(json);
  }
  json_end_array(json);
  return error_none();
}

struct error episode_answer(struct request *request, struct db_connection *connection, const struct db_rows *rows,
                            enum format format)
{
  struct arena *arena = request_arena(request);
  const struct db_rows *crumbs;
  TRY(episode_ask(&SQL_LIST_BREADCRUMBS_OF_EPISODES, arena, connection, rows, 0, 1, &crumbs));
  struct json_writer json = json_writer_to(response_body(request));
  response_header(request, "Cache-Control", "private, no-cache");
  if (format == FORMAT_GEOJSON) {
    episode_write_feature(&json, rows, 0, crumbs, 0, db_row_count(crumbs));
  } else {
    json_begin_object(&json);
    episode_write_members(&json, rows, 0);
    TRY(write_reviews(&json, arena, connection, rows));
    write_breadcrumbs(&json, rows, crumbs);
    json_end_object(&json);
  }
  buffer_append_char(response_body(request), '\n');
  return error_none();
}

struct error episodes_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"f", NULL};
  const struct db_rows *rows;
  enum format format;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(format_negotiate(request, FORMAT_JSON | FORMAT_GEOJSON, &format));
  TRY(episode_read(request, connection, &rows));
  return episode_answer(request, connection, rows, format);
}
