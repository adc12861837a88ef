/* report.html of an insurance pack: for people and their printers (A4 and Letter), without scripts and without anything from
 * elsewhere. */
#include "api/speeding/pack.h"

#include <math.h>

#include "api_sql.h"

enum { ROWS_PRINTED_MAX = 200, WORST_PRINTED = 25 };
#define MM_PER_KM 1e6
#define US_PER_H 36e8

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Speeding report</title>\n<style>\n"
    "@page { margin: 14mm; }\n"
    "body { font: 10pt/1.4 system-ui, sans-serif; color: #111; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 16pt; } h2 { font-size: 12pt; margin-top: 1.6em; }\n"
    "table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; } tr { break-inside: avoid; }\n"
    "th, td { text-align: right; padding: 2pt 5pt; border-bottom: 0.5pt solid #bbb; font-variant-numeric: tabular-nums; }\n"
    "th { border-bottom: 1pt solid #111; vertical-align: bottom; }\n"
    "th.name, td.name { text-align: left; overflow-wrap: anywhere; }\n"
    "dl { display: grid; grid-template-columns: max-content auto; gap: 2pt 12pt; } dd { margin: 0; }\n"
    "@media print { body { margin: 0; max-width: none; padding: 0; font-size: 8.5pt; } }\n"
    "</style>\n</head>\n<body>\n<h1>Speeding report</h1>\n";

/* ---- pieces ---- */

static void add_escaped(struct buffer *out, struct text text)
{
  for (size_t i = 0; i < text.length; i++) {
    switch (text.data[i]) {
    case '&':
      buffer_append_text(out, TEXT("&amp;"));
      break;
    case '<':
      buffer_append_text(out, TEXT("&lt;"));
      break;
    case '>':
      buffer_append_text(out, TEXT("&gt;"));
      break;
    case '"':
      buffer_append_text(out, TEXT("&quot;"));
      break;
    default:
      buffer_append_char(out, text.data[i]);
    }
  }
}

/* A number with all its decimals, so that columns stand under each other. */
static void add_number(struct buffer *out, double value, int decimals)
{
  if (isfinite(value)) {
    buffer_printf(out, "%.*f", decimals, value);
  } else {
    buffer_append_text(out, TEXT("&ndash;"));
  }
}

static void add_number_cell(struct buffer *out, double value, int decimals)
{
  buffer_append_text(out, TEXT("<td>"));
  add_number(out, value, decimals);
}

static void add_text_cell(struct buffer *out, struct text text)
{
  buffer_append_text(out, TEXT("<td class=\"name\">"));
  add_escaped(out, text);
}

static void begin_fact(struct buffer *out, const char *name)
{
  buffer_printf(out, "<dt>%s</dt><dd>", name);
}

static void end_fact(struct buffer *out)
{
  buffer_append_text(out, TEXT("</dd>\n"));
}

static double percent(double part, double whole)
{
  return whole > 0.0 ? 100.0 * part / whole : (double)NAN;
}

/* ---- what it is about ---- */

static struct error read_local_times(struct pack *pack, const int64_t *times_us, size_t count, const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(pack->arena);
  db_add_time_array(parameters, times_us, NULL, count);
  db_add_text(parameters, pack->filter.zone);
  return db_query(pack->connection, pack->arena, &SQL_FORMAT_LOCAL_TIMES, parameters, rows);
}

static void write_totals(struct pack *pack)
{
  struct buffer *out = pack->out;
  const struct report_sums *total = &pack->report.total;
  struct interval_cache cache;
  interval_cache_init(&cache);
  const struct report_figures figures = report_figures_of(total, &pack->report.total_previous, &cache);
  begin_fact(out, "Observed");
  buffer_printf(out, "%.1f km, %.1f h", total->distance_mm / MM_PER_KM, total->observed_us / US_PER_H);
  end_fact(out);
  begin_fact(out, "Limit known");
  add_number(out, percent(total->known_limit_mm, total->distance_mm), 1);
  buffer_append_text(out, TEXT(" % of the distance"));
  end_fact(out);
  begin_fact(out, "Episodes");
  buffer_printf(out, "%lld (minor %lld, moderate %lld, severe %lld, extreme %lld)", (long long)total->episodes,
                (long long)total->bands[BAND_MINOR], (long long)total->bands[BAND_MODERATE],
                (long long)total->bands[BAND_SEVERE], (long long)total->bands[BAND_EXTREME]);
  end_fact(out);
  begin_fact(out, "Rate");
  add_number(out, figures.per_100_km, 3);
  buffer_append_text(out, TEXT(" for each 100 km (95 % interval "));
  add_number(out, figures.per_100_km_low, 3);
  buffer_append_text(out, TEXT(" to "));
  add_number(out, figures.per_100_km_high, 3);
  buffer_append_text(out, TEXT("); in the period before "));
  add_number(out, figures.previous_per_100_km, 3);
  end_fact(out);
  begin_fact(out, "Over the limit");
  add_number(out, percent(total->over_limit_mm, total->distance_mm), 2);
  buffer_append_text(out, TEXT(" % of the distance, "));
  add_number(out, percent(total->over_limit_us, total->observed_us), 2);
  buffer_append_text(out, TEXT(" % of the time, whatever the tolerance"));
  end_fact(out);
}

static struct error write_facts(struct pack *pack)
{
  struct buffer *out = pack->out;
  const struct speeding_filter *filter = &pack->filter;
  const int64_t times_us[] = {filter->range.from_us, filter->range.to_us, pack->made_at_us};
  const struct db_rows *times;
  arena_reset(pack->arena);
  TRY(read_local_times(pack, times_us, 3, &times));
  buffer_append_text(out, TEXT("<dl>\n"));
  begin_fact(out, "Period");
  buffer_printf(out, "%.*s to before %.*s (", TEXT_ARGS(db_text(times, 0, 0)), TEXT_ARGS(db_text(times, 1, 0)));
  add_escaped(out, filter->zone);
  buffer_append_text(out, pack->report.is_whole_days ? TEXT(")") : TEXT("); days that are cut are shared out by time"));
  end_fact(out);
  begin_fact(out, "Counted");
  buffer_printf(out, "more than %g km/h over the limit, at least %g s and %d breadcrumbs%s", filter->tolerance_kmh,
                filter->min_duration_s, (int)filter->min_samples,
                filter->is_strict ? "; strict: without single breadcrumbs, jumps, gaps over 60 s, excused and disputed episodes"
                                  : "");
  end_fact(out);
  begin_fact(out, "Bands");
  buffer_printf(out, "minor up to %g km/h over the limit, moderate up to %g, severe up to %g, extreme above",
                filter->bands_kmh[BAND_MINOR], filter->bands_kmh[BAND_MODERATE], filter->bands_kmh[BAND_SEVERE]);
  end_fact(out);
  write_totals(pack);
  begin_fact(out, "Rule set");
  buffer_printf(out, "version %lld; made %.*s by crumbtrail " CRUMBTRAIL_VERSION, (long long)filter->rule_version,
                TEXT_ARGS(db_text(times, 2, 0)));
  end_fact(out);
  buffer_append_text(out, TEXT("</dl>\n"));
  return error_none();
}

/* ---- tables ---- */

static void write_vehicle(struct buffer *out, const struct report_row *row, struct text name, struct interval_cache *cache)
{
  const struct report_figures figures = report_figures_of(&row->now, &row->previous, cache);
  buffer_append_text(out, TEXT("<tr>"));
  add_number_cell(out, row->rank > 0 ? (double)row->rank : (double)NAN, 0);
  add_text_cell(out, name);
  add_number_cell(out, row->now.distance_mm / MM_PER_KM, 1);
  add_number_cell(out, row->now.observed_us / US_PER_H, 1);
  add_number_cell(out, percent(row->now.known_limit_mm, row->now.distance_mm), 1);
  add_number_cell(out, (double)row->now.episodes, 0);
  for (int band = 0; band < BAND_COUNT; band++) {
    add_number_cell(out, (double)row->now.bands[band], 0);
  }
  add_number_cell(out, figures.per_100_km, 3);
  add_number_cell(out, figures.per_100_km_low, 3);
  add_number_cell(out, figures.per_100_km_high, 3);
  add_number_cell(out, figures.per_100_km - figures.previous_per_100_km, 3);
  add_number_cell(out, row->now.episodes > 0 ? row->now.worst_excess_kmh : (double)NAN, 1);
  buffer_append_text(out, TEXT("</tr>\n"));
}

static struct error write_vehicles(struct pack *pack)
{
  struct buffer *out = pack->out;
  const struct report *report = &pack->report;
  const size_t count = report->count < ROWS_PRINTED_MAX ? report->count : ROWS_PRINTED_MAX;
  struct interval_cache cache;
  struct text *names;
  interval_cache_init(&cache);
  arena_reset(pack->arena);
  TRY(report_read_names(report, pack->connection, pack->arena, 0, count, &names));
  buffer_append_text(
      out, TEXT("<h2>Vehicles</h2>\n<table>\n<thead><tr><th>Rank<th class=\"name\">Vehicle<th>km<th>h<th>Limit known %"
                "<th>Episodes<th>Minor<th>Moderate<th>Severe<th>Extreme<th>per 100 km<th>from<th>to<th>Change"
                "<th>Worst km/h</tr></thead>\n<tbody>\n"));
  for (size_t row = 0; row < count; row++) {
    write_vehicle(out, &report->rows[row], names[row], &cache);
    TRY(pack_flush(pack));
  }
  buffer_append_text(out, TEXT("</tbody>\n</table>\n"));
  if (count < report->count) {
    buffer_printf(out, "<p>%zu more vehicles are in report.csv.</p>\n", report->count - count);
  }
  return error_none();
}

static void write_episode(struct buffer *out, const struct db_rows *rows, int row, struct text time)
{
  buffer_append_text(out, TEXT("<tr>"));
  add_number_cell(out, (double)db_int64(rows, row, EPISODE_ID), 0);
  add_text_cell(out, time);
  add_text_cell(out, db_text(rows, row, EPISODE_VEHICLE));
  add_text_cell(out, db_text(rows, row, EPISODE_DRIVER));
  add_text_cell(out, db_text(rows, row, EPISODE_ROAD));
  add_number_cell(out, db_double(rows, row, EPISODE_DURATION_S), 0);
  add_number_cell(out, db_double(rows, row, EPISODE_MAX_SPEED_KMH), 1);
  add_number_cell(out, db_double(rows, row, EPISODE_LIMIT_KMH), 0);
  add_number_cell(out, db_double(rows, row, EPISODE_MAX_EXCESS_KMH), 1);
  add_text_cell(out, db_text(rows, row, EPISODE_BAND));
  add_text_cell(out, db_text(rows, row, EPISODE_REVIEW));
  buffer_append_text(out, TEXT("</tr>\n"));
}

static struct error write_worst(struct pack *pack)
{
  struct buffer *out = pack->out;
  int64_t times_us[WORST_PRINTED];
  const struct db_rows *rows;
  const struct db_rows *times;
  struct episode_query query = episode_query_begin(&pack->filter, request_arena(pack->request), SORT_WORST);
  arena_reset(pack->arena);
  TRY(episode_query_next(&query, pack->arena, pack->connection, WORST_PRINTED, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    times_us[row] = db_time(rows, row, EPISODE_STARTED_AT);
  }
  TRY(read_local_times(pack, times_us, (size_t)db_row_count(rows), &times));
  buffer_append_text(
      out, TEXT("<h2>Worst episodes</h2>\n<table>\n<thead><tr><th>Id<th class=\"name\">Began<th class=\"name\">Vehicle"
                "<th class=\"name\">Driver<th class=\"name\">Road<th>s<th>km/h<th>Limit<th>Excess"
                "<th class=\"name\">Band<th class=\"name\">Review</tr></thead>\n<tbody>\n"));
  for (int row = 0; row < db_row_count(rows); row++) {
    write_episode(out, rows, row, db_text(times, row, 0));
  }
  buffer_append_text(out, TEXT("</tbody>\n</table>\n"));
  return error_none();
}

struct error pack_write_html(struct pack *pack)
{
  buffer_append_text(pack->out, text_from(HEAD));
  TRY(write_facts(pack));
  TRY(write_vehicles(pack));
  TRY(write_worst(pack));
  buffer_append_text(
      pack->out, TEXT("<p>Every episode is in episodes.csv and episodes.geojson; manifest.json says what the figures rest on. "
                      "The interval takes the episodes for a Poisson count: a rate from little driving says little.</p>\n"
                      "</body>\n</html>\n"));
  return error_none();
}
