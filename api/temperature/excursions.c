/* GET /v1/temperature/excursions: when loads were out of range. */
#include "api/handlers.h"

#include "api/parameters.h"
#include "api/row_list.h"
#include "api/rules/temperature_rule_form.h"
#include "api/vehicle_ids.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { DEGREE_DECIMALS = 3, SUM_DECIMALS = 3 };

/* list_excursions.sql */
enum column {
  COLUMN_VEHICLE,
  COLUMN_RULE,
  COLUMN_TIER,
  COLUMN_SIDE,
  COLUMN_STARTED_AT,
  COLUMN_ENDED_AT,
  COLUMN_LIMIT,
  COLUMN_EXTREME,
  COLUMN_EXTREME_AT,
  COLUMN_DEGREE_MINUTES,
  COLUMN_OVER,
  COLUMN_PAUSED,
  COLUMN_SAMPLES,
  COLUMN_FIRED_AT,
  COLUMN_IS_OPEN,
  COLUMN_REVISION,
  COLUMN_RULE_VERSION,
  COLUMN_VEHICLE_ID,
  COLUMN_RULE_ID,
};

enum choice { ANY = -1, NO = 0, YES = 1 };

struct excursion_place {
  int64_t started_at_us;
  int64_t vehicle_id;
  int64_t rule_id;
  int64_t tier;
};

struct excursion_query {
  struct excursion_place place; /* of the last one shown */
  struct vehicle_ids vehicles;
  struct text rule; /* without data: any */
  int32_t tier;     /* 0: any */
  int32_t side;     /* 0: any */
  enum choice fired;
  enum choice open;
  struct time_range range;
};

/* ---- the statement ---- */

static void add_choice(struct db_parameters *parameters, enum choice choice)
{
  if (choice == ANY) {
    db_add_null(parameters);
  } else {
    db_add_int32(parameters, choice);
  }
}

static void add_parameters(const void *context, struct db_parameters *parameters, int64_t limit)
{
  const struct excursion_query *query = context;
  db_add_time(parameters, query->place.started_at_us);
  db_add_int64(parameters, query->place.vehicle_id);
  db_add_int64(parameters, query->place.rule_id);
  db_add_int32(parameters, (int32_t)query->place.tier);
  if (query->vehicles.is_wanted) {
    db_add_int64_array(parameters, query->vehicles.ids, NULL, query->vehicles.count);
  } else {
    db_add_null(parameters);
  }
  add_text_or_null(parameters, query->rule);
  add_int32_or_null(parameters, query->tier);
  add_int32_or_null(parameters, query->side);
  add_choice(parameters, query->fired);
  add_choice(parameters, query->open);
  add_time_or_null(parameters, query->range.from_us);
  add_time_or_null(parameters, query->range.to_us);
  db_add_int64(parameters, limit);
}

static void move_behind(void *context, const struct db_rows *rows, int row)
{
  struct excursion_query *query = context;
  query->place = (struct excursion_place){db_time(rows, row, COLUMN_STARTED_AT), db_int64(rows, row, COLUMN_VEHICLE_ID),
                                          db_int64(rows, row, COLUMN_RULE_ID), db_int64(rows, row, COLUMN_TIER)};
}

static struct text key(const void *context, struct arena *arena)
{
  const struct excursion_query *query = context;
  return text_copy(arena, (struct text){(const char *)&query->place, sizeof query->place});
}

static struct error resume(void *context, struct arena *arena, struct text key)
{
  struct excursion_query *query = context;
  (void)arena;
  if (key.length != sizeof query->place) {
    return error_at(ERROR_BAD_INPUT, "cursor", "not a cursor of this list");
  }
  memcpy(&query->place, key.data, sizeof query->place);
  return error_none();
}

/* ---- the answer ---- */

static const char *tier_name(int64_t tier)
{
  return tier == 2 ? "urgent" : "normal";
}

static const char *side_name(int64_t side)
{
  return side == 1 ? "cold" : "warm";
}

static double duration_s(const struct db_rows *rows, int row)
{
  return (double)(db_time(rows, row, COLUMN_ENDED_AT) - db_time(rows, row, COLUMN_STARTED_AT)) / (double)US_PER_SECOND;
}

static void write_decimal(struct json_writer *json, const char *key, double value, int decimals)
{
  json_key(json, key);
  json_decimal(json, value, decimals);
}

static void write_members(struct json_writer *json, const struct db_rows *rows, int row)
{
  json_text_column(json, "vehicle", rows, row, COLUMN_VEHICLE);
  json_text_column(json, "rule", rows, row, COLUMN_RULE);
  json_key(json, "tier");
  json_cstring(json, tier_name(db_int64(rows, row, COLUMN_TIER)));
  json_key(json, "side");
  json_cstring(json, side_name(db_int64(rows, row, COLUMN_SIDE)));
  json_time_column(json, "started_at", rows, row, COLUMN_STARTED_AT);
  json_time_column(json, "ended_at", rows, row, COLUMN_ENDED_AT);
  write_decimal(json, "duration_s", duration_s(rows, row), SUM_DECIMALS);
  write_decimal(json, "limit_c", db_double(rows, row, COLUMN_LIMIT), DEGREE_DECIMALS);
  write_decimal(json, "extreme_c", db_double(rows, row, COLUMN_EXTREME), DEGREE_DECIMALS);
  json_time_column(json, "extreme_at", rows, row, COLUMN_EXTREME_AT);
  write_decimal(json, "degree_minutes", db_double(rows, row, COLUMN_DEGREE_MINUTES), SUM_DECIMALS);
  write_decimal(json, "over_s", db_double(rows, row, COLUMN_OVER), SUM_DECIMALS);
  write_decimal(json, "paused_s", db_double(rows, row, COLUMN_PAUSED), SUM_DECIMALS);
  json_int64_column(json, "samples", rows, row, COLUMN_SAMPLES);
  json_time_column(json, "fired_at", rows, row, COLUMN_FIRED_AT);
  json_key(json, "is_open");
  json_boolean(json, db_bool(rows, row, COLUMN_IS_OPEN));
  json_int64_column(json, "revision", rows, row, COLUMN_REVISION);
  json_int64_column(json, "rule_version", rows, row, COLUMN_RULE_VERSION);
}

static void write_cells(struct csv_row *cells, const struct db_rows *rows, int row)
{
  csv_text(cells, db_text(rows, row, COLUMN_VEHICLE));
  csv_text(cells, db_text(rows, row, COLUMN_RULE));
  csv_text(cells, text_from(tier_name(db_int64(rows, row, COLUMN_TIER))));
  csv_text(cells, text_from(side_name(db_int64(rows, row, COLUMN_SIDE))));
  csv_time(cells, db_time(rows, row, COLUMN_STARTED_AT));
  csv_time(cells, db_time(rows, row, COLUMN_ENDED_AT));
  csv_decimal(cells, duration_s(rows, row), SUM_DECIMALS);
  csv_decimal(cells, db_double(rows, row, COLUMN_LIMIT), DEGREE_DECIMALS);
  csv_decimal(cells, db_double(rows, row, COLUMN_EXTREME), DEGREE_DECIMALS);
  csv_time(cells, db_time(rows, row, COLUMN_EXTREME_AT));
  csv_decimal(cells, db_double(rows, row, COLUMN_DEGREE_MINUTES), SUM_DECIMALS);
  csv_decimal(cells, db_double(rows, row, COLUMN_OVER), SUM_DECIMALS);
  csv_decimal(cells, db_double(rows, row, COLUMN_PAUSED), SUM_DECIMALS);
  csv_int64(cells, db_int64(rows, row, COLUMN_SAMPLES));
  csv_time_column(cells, rows, row, COLUMN_FIRED_AT);
  csv_text(cells, db_bool(rows, row, COLUMN_IS_OPEN) ? TEXT("true") : TEXT("false"));
  csv_int64(cells, db_int64(rows, row, COLUMN_REVISION));
  csv_int64(cells, db_int64(rows, row, COLUMN_RULE_VERSION));
}

/* ---- the question ---- */

/* `first` is 1, `second` is 2. */
static struct error read_word(const struct request *request, const char *name, const char *first, const char *second,
                              int32_t *value)
{
  struct text word;
  if (!request_parameter_find(request, name, &word)) {
    return error_none();
  }
  *value = text_equal(word, text_from(first)) ? 1 : 2;
  return *value == 1 || text_equal(word, text_from(second))
             ? error_none()
             : error_at(ERROR_BAD_INPUT, name, "expected %s or %s", first, second);
}

static struct error read_choice(const struct request *request, const char *name, enum choice *choice)
{
  int32_t value = 0;
  TRY(read_word(request, name, "true", "false", &value));
  *choice = value == 0 ? ANY : value == 1 ? YES : NO;
  return error_none();
}

static struct error read_query(struct request *request, struct db_connection *connection, struct excursion_query *query)
{
  TRY(vehicle_ids_wanted(request, connection, &query->vehicles));
  if (request_parameter_find(request, "rule", &query->rule)) {
    TRY(parse_rule_name("rule", query->rule));
  }
  TRY(read_word(request, "tier", "normal", "urgent", &query->tier));
  TRY(read_word(request, "side", "cold", "warm", &query->side));
  TRY(read_choice(request, "fired", &query->fired));
  TRY(read_choice(request, "open", &query->open));
  return parameter_time_range(request, &query->range);
}

struct error temperature_excursions(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {"vehicle*", "rule", "tier",  "side",   "fired", "open",
                                      "from",     "to",   "limit", "cursor", "f",     NULL};
  static const struct row_list LIST = {
      .statement = &SQL_LIST_EXCURSIONS,
      .add_parameters = add_parameters,
      .move_behind = move_behind,
      .key = key,
      .resume = resume,
      .write_members = write_members,
      .csv_header =
          TEXT("vehicle,rule,tier,side,started_at,ended_at,duration_s,limit_c,extreme_c,extreme_at,degree_minutes,over_s,"
               "paused_s,samples,fired_at,is_open,revision,rule_version"),
      .write_cells = write_cells};
  struct excursion_query query = {.place = {TIME_RANGE_ALL.to_us, INT64_MAX, INT64_MAX, INT32_MAX}, .range = TIME_RANGE_ALL};
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_query(request, connection, &query));
  return row_list_answer(&LIST, &query, request, connection);
}
