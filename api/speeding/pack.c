/* GET /v1/speeding/pack: everything about a period's speeding that an insurer asks for, in one ZIP. */
#include "api/speeding/pack.h"

#include "api/position_list.h"
#include "api_sql.h"
#include "server/base/clock.h"

enum { FLUSH_BYTES = 16 * 1024, PAGE_ARENA_BYTES = 64 * 1024, NAME_PAGE_ROWS = 1000 };

static struct error send(void *context, const void *bytes, size_t length)
{
  return response_write(context, bytes, length);
}

struct error pack_flush(struct pack *pack)
{
  if (pack->out->length < FLUSH_BYTES) {
    return error_none();
  }
  const struct error error = zip_stream_add(pack->zip, buffer_text(pack->out));
  buffer_clear(pack->out);
  return error;
}

/* ---- files ---- */

static struct error write_report_csv(struct pack *pack)
{
  struct interval_cache cache;
  interval_cache_init(&cache);
  buffer_append_text(pack->out, report_csv_header(&pack->report));
  buffer_append(pack->out, "\r\n", 2);
  for (size_t first = 0; first < pack->report.count; first += NAME_PAGE_ROWS) {
    const size_t end = first + NAME_PAGE_ROWS < pack->report.count ? first + NAME_PAGE_ROWS : pack->report.count;
    struct text *names;
    arena_reset(pack->arena);
    TRY(report_read_names(&pack->report, pack->connection, pack->arena, first, end, &names));
    for (size_t row = first; row < end; row++) {
      struct csv_row cells = csv_row_begin(pack->out);
      report_write_cells(&cells, &pack->report, row, names[row - first], &cache);
      csv_row_end(&cells);
      TRY(pack_flush(pack));
    }
  }
  return error_none();
}

static struct error write_episodes_csv(struct pack *pack)
{
  struct episode_query query = episode_query_begin(&pack->listed, request_arena(pack->request), SORT_TIME);
  const struct db_rows *rows;
  buffer_append_text(pack->out, TEXT(EPISODE_CSV_HEADER "\r\n"));
  do {
    arena_reset(pack->arena);
    TRY(episode_query_next(&query, pack->arena, pack->connection, PACK_PAGE_ROWS, &rows));
    for (int row = 0; row < db_row_count(rows); row++) {
      struct csv_row cells = csv_row_begin(pack->out);
      episode_write_cells(&cells, rows, row);
      csv_row_end(&cells);
      TRY(pack_flush(pack));
    }
  } while (db_row_count(rows) == PACK_PAGE_ROWS);
  return error_none();
}

static struct error write_episodes_geojson(struct pack *pack)
{
  struct episode_query query = episode_query_begin(&pack->listed, request_arena(pack->request), SORT_TIME);
  struct json_writer json = json_writer_to(pack->out);
  const struct db_rows *rows;
  json_begin_object(&json);
  json_key(&json, "type");
  json_cstring(&json, "FeatureCollection");
  json_key(&json, "features");
  json_begin_array(&json);
  do {
    arena_reset(pack->arena);
    TRY(episode_query_next(&query, pack->arena, pack->connection, PACK_PAGE_ROWS, &rows));
    TRY(episode_write_features(&json, pack->arena, pack->connection, rows, 0, db_row_count(rows)));
    TRY(pack_flush(pack));
  } while (db_row_count(rows) == PACK_PAGE_ROWS);
  json_end_array(&json);
  json_end_object(&json);
  buffer_append_char(pack->out, '\n');
  return error_none();
}

static struct error add_file(struct pack *pack, const char *name, struct error (*write)(struct pack *pack))
{
  struct pack_file *file = &pack->files[pack->file_count];
  file->name = name;
  TRY(zip_stream_begin_entry(pack->zip, name, pack->made_at_us));
  TRY(write(pack));
  TRY(zip_stream_add(pack->zip, buffer_text(pack->out)));
  buffer_clear(pack->out);
  TRY(zip_stream_end_entry(pack->zip, &file->entry));
  pack->file_count++;
  return error_none();
}

/* ---- the whole ---- */

static struct error read_sampling(struct pack *pack)
{
  struct arena *arena = request_arena(pack->request);
  const struct speeding_filter *filter = &pack->listed;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, filter->range.from_us);
  db_add_time(parameters, filter->range.to_us);
  db_add_double(parameters, filter->tolerance_kmh);
  db_add_double(parameters, filter->min_duration_s);
  db_add_int32(parameters, filter->min_samples);
  add_ids(parameters, &filter->vehicles);
  add_ids(parameters, &filter->drivers);
  add_words(parameters, arena, filter->bands, SPEEDING_BANDS, BAND_COUNT);
  add_words(parameters, arena, filter->reviews, SPEEDING_REVIEWS, REVIEW_COUNT);
  db_add_text(parameters, filter->depot_zone);
  return db_query(pack->connection, arena, &SQL_READ_PACK_SAMPLING, parameters, &pack->sampling);
}

static struct error read(struct pack *pack, struct api *api)
{
  struct text strict;
  TRY(speeding_filter_read(pack->request, api, pack->connection, &pack->filter));
  if (!request_parameter_find(pack->request, "strict", &strict)) {
    pack->filter.is_strict = true;
  }
  pack->listed = pack->filter;
  pack->listed.is_strict = false;
  TRY(report_make(NULL, pack->connection, &pack->filter, GROUP_BY_VEHICLE, request_arena(pack->request), &pack->report));
  return read_sampling(pack);
}

/* speeding_2026-11-01_2026-12-01.zip: the first day, and the day before which it ends. */
static struct error name_file(struct pack *pack)
{
  const int64_t ends_us[] = {pack->filter.range.from_us, pack->filter.range.to_us};
  struct db_parameters *parameters = db_parameters_new(pack->arena);
  const struct db_rows *rows;
  db_add_time_array(parameters, ends_us, NULL, 2);
  db_add_text(parameters, pack->filter.zone);
  TRY(db_query(pack->connection, pack->arena, &SQL_FORMAT_LOCAL_TIMES, parameters, &rows));
  response_content_type(pack->request, "application/zip");
  response_header(pack->request, "Cache-Control", "private, no-store");
  response_header(pack->request, "Content-Disposition", "attachment; filename=\"speeding_%.10s_%.10s.zip\"",
                  db_text(rows, 0, 0).data, db_text(rows, 1, 0).data);
  return error_none();
}

static struct error answer(struct pack *pack)
{
  TRY(name_file(pack));
  TRY(response_begin(pack->request));
  if (request_is_head(pack->request)) {
    return error_none();
  }
  pack->zip = zip_stream_open(request_arena(pack->request), send, pack->request);
  TRY(add_file(pack, "report.csv", write_report_csv));
  TRY(add_file(pack, "episodes.csv", write_episodes_csv));
  TRY(add_file(pack, "episodes.geojson", write_episodes_geojson));
  TRY(add_file(pack, "report.html", pack_write_html));
  TRY(add_file(pack, "manifest.json", pack_write_manifest));
  return zip_stream_close(pack->zip);
}

static bool ended_the_transaction(const struct error *error)
{
  return error->code == ERROR_DATABASE_AWAY || error->code == ERROR_DATABASE_REFUSED || error->code == ERROR_QUERY_TIMEOUT;
}

struct error packs_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {SPEEDING_PARAMETERS, NULL};
  struct pack *pack = arena_alloc(request_arena(request), sizeof *pack);
  *pack = (struct pack){.request = request,
                        .connection = connection,
                        .arena = arena_new_within(request_arena(request), PAGE_ARENA_BYTES),
                        .made_at_us = clock_now_us(),
                        .out = request_buffer(request)};
  TRY(request_parameters_only(request, KNOWN));
  TRY(db_run(connection, &SQL_BEGIN_SNAPSHOT, NULL, NULL));
  struct error error = read(pack, context);
  if (error.code == ERROR_NONE) {
    error = answer(pack);
  }
  if (ended_the_transaction(&error)) {
    return error;
  }
  const struct error end = db_run(connection, &SQL_COMMIT, NULL, NULL);
  return error.code != ERROR_NONE ? error : end;
}
