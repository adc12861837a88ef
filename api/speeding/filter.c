#include "api/speeding/filter.h"

#include "api/row_list.h"
#include "api/time_zones.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { RANGE_DAYS_MAX = 3700, WORDS_MAX = 8 };

const char *const SPEEDING_BANDS[BAND_COUNT] = {"minor", "moderate", "severe", "extreme"};
const char *const SPEEDING_REVIEWS[REVIEW_COUNT] = {"open", "confirmed", "excused", "disputed"};
static const char *const RANGES[] = {"today",      "yesterday",   "this_week",    "last_week",   "this_month",
                                     "last_month", "last_7_days", "last_30_days", "last_90_days"};
enum { RANGE_COUNT = sizeof RANGES / sizeof RANGES[0] };

/* ---- the range ---- */

/* An end of the range: a time, or a day of the zone, or neither. */
struct range_end {
  int64_t at_us; /* 0: none */
  struct text day;
};

static bool is_day(struct text value)
{
  char whole[CLOCK_TEXT_MAX];
  int64_t time_us;
  if (value.length != 10 || value.data[4] != '-') {
    return false;
  }
  memcpy(whole, value.data, 10);
  memcpy(whole + 10, "T00:00:00Z", 10);
  return clock_parse((struct text){whole, 20}, &time_us) && time_us >= TIME_RANGE_ALL.from_us;
}

static struct error read_end(const struct request *request, const char *name, struct range_end *end)
{
  struct text value;
  *end = (struct range_end){0, {NULL, 0}};
  if (!request_parameter_find(request, name, &value)) {
    return error_none();
  }
  if (is_day(value)) {
    end->day = value;
    return error_none();
  }
  const struct error error = parse_time(name, value, &end->at_us);
  return error.code == ERROR_NONE ? error : error_at(ERROR_BAD_INPUT, name, "%s, or a day like 2026-11-22", error.detail);
}

static struct error read_range_name(const struct request *request, bool has_ends, struct text *range)
{
  *range = (struct text){NULL, 0};
  if (!request_parameter_find(request, "range", range)) {
    return error_none();
  }
  if (has_ends) {
    return error_at(ERROR_BAD_INPUT, "range", "expected either range or from and to");
  }
  for (size_t i = 0; i < RANGE_COUNT; i++) {
    if (text_equal(*range, text_from(RANGES[i]))) {
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "range",
                  "expected today, yesterday, this_week, last_week, this_month, last_month, last_7_days, last_30_days or "
                  "last_90_days");
}

static void add_end(struct db_parameters *parameters, const struct range_end *end)
{
  if (end->at_us != 0) {
    db_add_time(parameters, end->at_us);
  } else {
    db_add_null(parameters);
  }
  add_text_or_null(parameters, end->day);
}

static struct error check_range(const struct speeding_filter *filter)
{
  if (filter->range.from_us >= filter->range.to_us) {
    return error_at(ERROR_BAD_INPUT, "to", "must be later than from");
  }
  if (filter->range.to_us - filter->range.from_us > RANGE_DAYS_MAX * US_PER_DAY) {
    return error_at(ERROR_BAD_INPUT, "to", "at most %d days after from", RANGE_DAYS_MAX);
  }
  return error_none();
}

/* The range, and what holds where the request says nothing. */
static struct error read_range(struct request *request, struct db_connection *connection, struct speeding_filter *filter)
{
  struct arena *arena = request_arena(request);
  struct range_end from;
  struct range_end to;
  struct text range;
  TRY(read_end(request, "from", &from));
  TRY(read_end(request, "to", &to));
  TRY(read_range_name(request, from.at_us != 0 || from.day.data != NULL || to.at_us != 0 || to.day.data != NULL, &range));
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, filter->now_us);
  add_text_or_null(parameters, filter->zone);
  add_text_or_null(parameters, range);
  add_end(parameters, &from);
  add_end(parameters, &to);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_READ_REPORT_RANGE, parameters, &rows));
  if (db_row_count(rows) != 1) {
    return error_make(ERROR_INTERNAL, "setting speeding_report is missing in the database");
  }
  filter->zone = db_text(rows, 0, 0);
  filter->range = (struct time_range){db_time(rows, 0, 1), db_time(rows, 0, 2)};
  filter->previous_from_us = db_time(rows, 0, 3);
  filter->depot_zone = db_text(rows, 0, 4);
  filter->tolerance_kmh = db_double(rows, 0, 5);
  filter->min_duration_s = db_double(rows, 0, 6);
  filter->min_samples = (int32_t)db_int64(rows, 0, 7);
  for (int band = 0; band < BAND_COUNT - 1; band++) {
    filter->bands_kmh[band] = db_double(rows, 0, 8 + band);
  }
  filter->rule_version = db_int64(rows, 0, 11);
  return check_range(filter);
}

/* ---- the rest ---- */

static struct error read_strict(const struct request *request, bool *is_strict)
{
  struct text value;
  if (!request_parameter_find(request, "strict", &value)) {
    return error_none();
  }
  *is_strict = text_equal(value, TEXT("true"));
  return *is_strict || text_equal(value, TEXT("false")) ? error_none()
                                                        : error_at(ERROR_BAD_INPUT, "strict", "expected true or false");
}

static struct error read_words(const struct request *request, const char *name, const char *const *words, unsigned count,
                               unsigned *set)
{
  *set = 0;
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (!text_equal(parameter.name, text_from(name))) {
      continue;
    }
    unsigned word = 0;
    while (word < count && !text_equal(parameter.value, text_from(words[word]))) {
      word++;
    }
    if (word == count) {
      return error_at(ERROR_BAD_INPUT, name, "expected %s, %s, %s or %s", words[0], words[1], words[2], words[3]);
    }
    *set |= 1u << word;
  }
  *set = *set == 0 ? (1u << count) - 1 : *set;
  return error_none();
}

struct error speeding_filter_read(struct request *request, struct api *api, struct db_connection *connection,
                                  struct speeding_filter *filter)
{
  int64_t min_samples;
  *filter = (struct speeding_filter){.now_us = clock_now_us()};
  TRY(read_words(request, "band", SPEEDING_BANDS, BAND_COUNT, &filter->bands));
  TRY(read_words(request, "review", SPEEDING_REVIEWS, REVIEW_COUNT, &filter->reviews));
  TRY(read_strict(request, &filter->is_strict));
  TRY(parameter_time_zone(api->zones, request, connection, &filter->zone));
  TRY(read_range(request, connection, filter));
  min_samples = filter->min_samples;
  TRY(parameter_double(request, "tolerance_kmh", 0.0, 300.0, &filter->tolerance_kmh));
  TRY(parameter_double(request, "min_duration_s", 0.0, 86400.0, &filter->min_duration_s));
  TRY(parameter_int64(request, "min_samples", 1, 1000000, &min_samples));
  filter->min_samples = (int32_t)min_samples;
  return wanted_names_read(request, connection, &filter->vehicles, &filter->drivers);
}

/* ---- as parameters ---- */

void add_words(struct db_parameters *parameters, struct arena *arena, unsigned set, const char *const *words, size_t count)
{
  struct text *names = arena_alloc_array(arena, WORDS_MAX, sizeof *names);
  size_t name_count = 0;
  for (size_t i = 0; i < count; i++) {
    if ((set & 1u << i) != 0) {
      names[name_count++] = text_from(words[i]);
    }
  }
  if (name_count == count) {
    db_add_null(parameters);
  } else {
    db_add_text_array(parameters, names, name_count);
  }
}
