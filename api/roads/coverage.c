/* GET /v1/roads/coverage: how much of what was driven had a known limit, by local days of the depot. */
#include "api/handlers.h"

#include "api/row_list.h"
#include "api/speeding/filter.h"
#include "api_sql.h"

enum { COLUMN_DAY, COLUMN_DISTANCE, COLUMN_KNOWN_DISTANCE, COLUMN_OBSERVED, COLUMN_KNOWN_TIME };
enum { KM_DECIMALS = 3, HOUR_DECIMALS = 3, SHARE_DECIMALS = 4 };

struct driven {
  double distance_m, known_distance_m, observed_s, known_s;
};

static void write_driven(struct json_writer *json, const struct driven *driven)
{
  json_key(json, "distance_km");
  json_decimal(json, driven->distance_m / 1000, KM_DECIMALS);
  json_key(json, "known_limit_km");
  json_decimal(json, driven->known_distance_m / 1000, KM_DECIMALS);
  json_key(json, "known_limit_share");
  json_decimal(json, driven->known_distance_m / driven->distance_m, SHARE_DECIMALS); /* null where nothing was driven */
  json_key(json, "observed_h");
  json_decimal(json, driven->observed_s / 3600, HOUR_DECIMALS);
  json_key(json, "known_limit_h");
  json_decimal(json, driven->known_s / 3600, HOUR_DECIMALS);
}

static struct driven driven_of(const struct db_rows *rows, int row)
{
  return (struct driven){db_double(rows, row, COLUMN_DISTANCE), db_double(rows, row, COLUMN_KNOWN_DISTANCE),
                         db_double(rows, row, COLUMN_OBSERVED), db_double(rows, row, COLUMN_KNOWN_TIME)};
}

static void write_days(struct json_writer *json, const struct db_rows *rows)
{
  json_key(json, "days");
  json_begin_array(json);
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct driven driven = driven_of(rows, row);
    json_begin_object(json);
    json_text_column(json, "day", rows, row, COLUMN_DAY);
    write_driven(json, &driven);
    json_end_object(json);
  }
  json_end_array(json);
}

static void answer(struct request *request, const struct speeding_filter *filter, const struct db_rows *rows)
{
  struct driven all = {0};
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct driven driven = driven_of(rows, row);
    all.distance_m += driven.distance_m;
    all.known_distance_m += driven.known_distance_m;
    all.observed_s += driven.observed_s;
    all.known_s += driven.known_s;
  }
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  json_begin_object(&json);
  json_key(&json, "from");
  json_time(&json, filter->range.from_us);
  json_key(&json, "to");
  json_time(&json, filter->range.to_us);
  json_key(&json, "time_zone");
  json_string(&json, filter->depot_zone);
  write_driven(&json, &all);
  write_days(&json, rows);
  json_end_object(&json);
  buffer_append_char(response_body(request), '\n');
}

struct error roads_coverage(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"from", "to", "range", "tz", "vehicle*", NULL};
  struct speeding_filter filter;
  struct db_parameters *parameters = db_parameters_new(request_arena(request));
  const struct db_rows *rows;
  TRY(request_parameters_only(request, KNOWN));
  TRY(speeding_filter_read(request, context, connection, &filter));
  db_add_text(parameters, filter.depot_zone);
  db_add_time(parameters, filter.range.from_us);
  db_add_time(parameters, filter.range.to_us);
  add_ids(parameters, &filter.vehicles);
  TRY(db_query(connection, request_arena(request), &SQL_SUM_LIMIT_COVERAGE, parameters, &rows));
  answer(request, &filter, rows);
  return error_none();
}
