#include "api/speeding/report_query.h"

#include "api/speeding/sql_literal.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { PARAMETER_COUNT = 14 };
#define MM_PER_KM 1e6
#define US_PER_H 36e8

enum column {
  COLUMN_KEY,
  COLUMN_DISTANCE_KM = 4,
  COLUMN_OBSERVED_H,
  COLUMN_MOVING_H,
  COLUMN_KNOWN_LIMIT_KM,
  COLUMN_EPISODES = 9,
  COLUMN_BANDS,
  COLUMN_OVER_LIMIT_KM = 20,
  COLUMN_OVER_LIMIT_H,
  COLUMN_WORST_EXCESS_KMH = 24,
  COLUMN_WORST_EPISODE_ID,
  COLUMN_PREVIOUS_EPISODES,
  COLUMN_PREVIOUS_DISTANCE_KM,
};

/* ---- summing ---- */

static struct db_parameters *make_parameters(const struct speeding_filter *filter, enum report_group_by group_by,
                                             struct arena *arena)
{
  static const struct wanted_names ANY = {0};
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text(parameters, text_from(REPORT_GROUPS[group_by]));
  db_add_time(parameters, filter->range.from_us);
  db_add_time(parameters, filter->range.to_us);
  db_add_time(parameters, filter->previous_from_us);
  db_add_text(parameters, filter->zone);
  db_add_text(parameters, filter->depot_zone);
  db_add_double(parameters, filter->tolerance_kmh);
  db_add_double(parameters, filter->min_duration_s);
  db_add_int32(parameters, filter->min_samples);
  db_add_bool(parameters, filter->is_strict);
  add_names(parameters, group_by == GROUP_BY_VEHICLE ? &ANY : &filter->vehicles);
  add_names(parameters, group_by == GROUP_BY_DRIVER ? &ANY : &filter->drivers);
  add_words(parameters, arena, filter->bands, SPEEDING_BANDS, BAND_COUNT);
  add_words(parameters, arena, filter->reviews, SPEEDING_REVIEWS, REVIEW_COUNT);
  return parameters;
}

static struct report_group group_from(const struct db_rows *rows, int row)
{
  struct report_group group = {.key = db_int64(rows, row, COLUMN_KEY),
                               .now = {.distance_mm = db_double(rows, row, COLUMN_DISTANCE_KM) * MM_PER_KM,
                                       .known_limit_mm = db_double(rows, row, COLUMN_KNOWN_LIMIT_KM) * MM_PER_KM,
                                       .over_limit_mm = db_double(rows, row, COLUMN_OVER_LIMIT_KM) * MM_PER_KM,
                                       .observed_us = db_double(rows, row, COLUMN_OBSERVED_H) * US_PER_H,
                                       .moving_us = db_double(rows, row, COLUMN_MOVING_H) * US_PER_H,
                                       .over_limit_us = db_double(rows, row, COLUMN_OVER_LIMIT_H) * US_PER_H,
                                       .episodes = db_int64(rows, row, COLUMN_EPISODES)},
                               .previous = {.episodes = db_int64(rows, row, COLUMN_PREVIOUS_EPISODES),
                                            .distance_mm = db_double(rows, row, COLUMN_PREVIOUS_DISTANCE_KM) * MM_PER_KM}};
  for (int band = 0; band < BAND_COUNT; band++) {
    group.now.bands[band] = db_int64(rows, row, COLUMN_BANDS + band);
  }
  if (group.now.episodes > 0) {
    group.now.worst_excess_kmh = db_double(rows, row, COLUMN_WORST_EXCESS_KMH);
    group.now.worst_episode_id = db_int64(rows, row, COLUMN_WORST_EPISODE_ID);
  }
  return group;
}

struct error report_query_sum(struct db_connection *connection, const struct speeding_filter *filter,
                              enum report_group_by group_by, struct arena *arena, struct report_groups *groups)
{
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_REPORT_SPEEDING, make_parameters(filter, group_by, arena), &rows));
  *groups = (struct report_groups){.count = (size_t)db_row_count(rows)};
  groups->items = arena_alloc_array(arena, groups->count, sizeof *groups->items);
  for (size_t i = 0; i < groups->count; i++) {
    groups->items[i] = group_from(rows, (int)i);
  }
  return error_none();
}

/* ---- showing ---- */

/* Literals in the order of the parameters, one after the other in a buffer. */
struct literals {
  struct buffer text;
  size_t ends[PARAMETER_COUNT];
  size_t count;
};

static void end_literal(struct literals *literals)
{
  literals->ends[literals->count++] = literals->text.length;
}

static void add_text_literal(struct literals *literals, struct text value)
{
  sql_append_text(&literals->text, value);
  end_literal(literals);
}

static void add_time_literal(struct literals *literals, int64_t time_us)
{
  sql_append_time(&literals->text, time_us);
  end_literal(literals);
}

static void add_double_literal(struct literals *literals, double value)
{
  sql_append_double(&literals->text, value);
  end_literal(literals);
}

static void add_names_literal(struct literals *literals, const struct wanted_names *wanted)
{
  if (wanted->is_wanted) {
    sql_append_texts(&literals->text, wanted->names, wanted->name_count);
  } else {
    sql_append_text(&literals->text, (struct text){NULL, 0});
  }
  end_literal(literals);
}

static void add_words_literal(struct literals *literals, unsigned set, const char *const *words, size_t count)
{
  struct text names[BAND_COUNT + REVIEW_COUNT];
  size_t name_count = 0;
  for (size_t i = 0; i < count; i++) {
    if ((set & 1u << i) != 0) {
      names[name_count++] = text_from(words[i]);
    }
  }
  const struct wanted_names wanted = {.is_wanted = name_count < count, .names = names, .name_count = name_count};
  add_names_literal(literals, &wanted);
}

void report_query_write(struct buffer *out, const struct speeding_filter *filter, enum report_group_by group_by)
{
  struct literals literals = {0};
  struct text slices[PARAMETER_COUNT];
  add_text_literal(&literals, text_from(REPORT_GROUPS[group_by]));
  add_time_literal(&literals, filter->range.from_us);
  add_time_literal(&literals, filter->range.to_us);
  add_time_literal(&literals, filter->previous_from_us);
  add_text_literal(&literals, filter->zone);
  add_text_literal(&literals, filter->depot_zone);
  add_double_literal(&literals, filter->tolerance_kmh);
  add_double_literal(&literals, filter->min_duration_s);
  add_double_literal(&literals, (double)filter->min_samples);
  buffer_append_text(&literals.text, filter->is_strict ? TEXT("true") : TEXT("false"));
  end_literal(&literals);
  add_names_literal(&literals, &filter->vehicles);
  add_names_literal(&literals, &filter->drivers);
  add_words_literal(&literals, filter->bands, SPEEDING_BANDS, BAND_COUNT);
  add_words_literal(&literals, filter->reviews, SPEEDING_REVIEWS, REVIEW_COUNT);
  for (size_t i = 0; i < literals.count; i++) {
    const size_t start = i == 0 ? 0 : literals.ends[i - 1];
    slices[i] = (struct text){literals.text.data + start, literals.ends[i] - start};
  }
  sql_write(out, text_from(SQL_REPORT_SPEEDING.text), slices, literals.count);
  buffer_free(&literals.text);
}
