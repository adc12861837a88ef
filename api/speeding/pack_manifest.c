/* manifest.json of an insurance pack: what the figures rest on, and digests of the files and of the raw objects behind them. */
#include "api/speeding/pack.h"

#include <math.h>

#include "api_sql.h"

enum sampling_column {
  SAMPLING_INTERVAL_S,
  SAMPLING_EPISODES,
  SAMPLING_STRICT,
  SAMPLING_SINGLE,
  SAMPLING_JUMP,
  SAMPLING_GAP,
  SAMPLING_ESTIMATED,
  SAMPLING_MEAN_S,
  SAMPLING_MEDIAN_S,
  SAMPLING_P95_S,
};

enum file_column { FILE_EPISODE, FILE_ADDRESS, FILE_BREADCRUMBS };
enum object_column { OBJECT_FILE, OBJECT_VERSION_ID, OBJECT_ETAG, OBJECT_SIZE, OBJECT_SHA256, OBJECT_FINISHED_AT };

#define MM_PER_KM 1e6

static void write_number(struct json_writer *json, const char *key, double value, int decimals)
{
  json_key(json, key);
  json_decimal(json, value, decimals);
}

static void write_count(struct json_writer *json, const char *key, int64_t value)
{
  json_key(json, key);
  json_int64(json, value);
}

/* ---- what the figures rest on ---- */

static void write_coverage(struct json_writer *json, const struct pack *pack)
{
  const struct report_sums *total = &pack->report.total;
  const bool has_driven = total->distance_mm > 0.0;
  json_key(json, "limit_coverage");
  json_begin_object(json);
  write_number(json, "distance_km", total->distance_mm / MM_PER_KM, 3);
  write_number(json, "known_limit_km", total->known_limit_mm / MM_PER_KM, 3);
  write_number(json, "known_limit_share", has_driven ? total->known_limit_mm / total->distance_mm : (double)NAN, 6);
  json_end_object(json);
}

static void write_sampling(struct json_writer *json, const struct pack *pack)
{
  struct interval_cache cache;
  const struct db_rows *rows = pack->sampling;
  interval_cache_init(&cache);
  const struct report_figures figures = report_figures_of(&pack->report.total, NULL, &cache);
  json_key(json, "sampling");
  json_begin_object(json);
  write_number(json, "mean_interval_s", db_double(rows, 0, SAMPLING_INTERVAL_S), 3);
  write_number(json, "duration_uncertainty_mean_s", db_double(rows, 0, SAMPLING_MEAN_S), 3);
  write_number(json, "duration_uncertainty_median_s", db_double(rows, 0, SAMPLING_MEDIAN_S), 3);
  write_number(json, "duration_uncertainty_p95_s", db_double(rows, 0, SAMPLING_P95_S), 3);
  write_count(json, "episodes_of_one_breadcrumb", db_int64(rows, 0, SAMPLING_SINGLE));
  write_count(json, "episodes_with_a_jump", db_int64(rows, 0, SAMPLING_JUMP));
  write_count(json, "episodes_with_a_gap_over_60_s", db_int64(rows, 0, SAMPLING_GAP));
  write_count(json, "episodes_with_an_estimated_limit", db_int64(rows, 0, SAMPLING_ESTIMATED));
  write_number(json, "per_100_km", figures.per_100_km, 6);
  json_key(json, "per_100_km_interval_95");
  json_begin_array(json);
  json_decimal(json, figures.per_100_km_low, 6);
  json_decimal(json, figures.per_100_km_high, 6);
  json_end_array(json);
  json_end_object(json);
}

static void write_files(struct json_writer *json, const struct pack *pack)
{
  json_key(json, "files");
  json_begin_array(json);
  for (size_t i = 0; i < pack->file_count; i++) {
    json_begin_object(json);
    json_key(json, "name");
    json_cstring(json, pack->files[i].name);
    write_count(json, "bytes", pack->files[i].entry.bytes);
    json_key(json, "sha256");
    json_cstring(json, pack->files[i].entry.sha256);
    json_end_object(json);
  }
  json_end_array(json);
}

/* ---- the raw objects ---- */

static void write_object(struct json_writer *json, struct text address, const struct db_rows *objects, int row)
{
  json_begin_object(json);
  json_key(json, "object");
  json_string(json, address);
  json_text_column(json, "version_id", objects, row, OBJECT_VERSION_ID);
  json_text_column(json, "etag", objects, row, OBJECT_ETAG);
  json_int64_column(json, "size_bytes", objects, row, OBJECT_SIZE);
  json_text_column(json, "sha256", objects, row, OBJECT_SHA256);
  json_time_column(json, "read_at", objects, row, OBJECT_FINISHED_AT);
  json_end_object(json);
}

/* An address whose object the ledger does not know: it is told all the same. */
static void write_unknown_object(struct json_writer *json, struct text address)
{
  static const char *const ABSENT[] = {"version_id", "etag", "size_bytes", "sha256", "read_at"};
  json_begin_object(json);
  json_key(json, "object");
  json_string(json, address);
  for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++) {
    json_key(json, ABSENT[i]);
    json_null(json);
  }
  json_end_object(json);
}

/* Rows of two results on their way through: both are sorted by the number of the episode's file. */
struct evidence {
  const struct db_rows *files;
  const struct db_rows *objects;
  int file;
  int object;
};

static void write_evidence_of(struct json_writer *json, struct evidence *evidence, int64_t episode_id, int number)
{
  int64_t without_object = 0;
  int64_t breadcrumbs = 0;
  json_begin_object(json);
  write_count(json, "episode_id", episode_id);
  json_key(json, "objects");
  json_begin_array(json);
  for (; evidence->file < db_row_count(evidence->files) && db_int64(evidence->files, evidence->file, FILE_EPISODE) == number;
       evidence->file++) {
    const struct text address = db_text(evidence->files, evidence->file, FILE_ADDRESS);
    const int64_t count = db_int64(evidence->files, evidence->file, FILE_BREADCRUMBS);
    const int first = evidence->object;
    breadcrumbs += count;
    without_object += address.data == NULL ? count : 0;
    for (; evidence->object < db_row_count(evidence->objects) &&
           db_int64(evidence->objects, evidence->object, OBJECT_FILE) == evidence->file + 1;
         evidence->object++) {
      write_object(json, address, evidence->objects, evidence->object);
    }
    if (address.data != NULL && first == evidence->object) {
      write_unknown_object(json, address);
    }
  }
  json_end_array(json);
  write_count(json, "breadcrumbs", breadcrumbs);
  write_count(json, "breadcrumbs_without_object", without_object);
  json_end_object(json);
}

/* One element a row of `files`; null for what came in no object. */
static struct error read_objects(struct pack *pack, const struct db_rows *files, const struct db_rows **objects)
{
  const size_t count = (size_t)db_row_count(files);
  struct text *addresses = arena_alloc_array(pack->arena, count, sizeof *addresses);
  for (size_t i = 0; i < count; i++) {
    addresses[i] = db_text(files, (int)i, FILE_ADDRESS);
  }
  struct db_parameters *parameters = db_parameters_new(pack->arena);
  db_add_text_array(parameters, addresses, count);
  return db_query(pack->connection, pack->arena, &SQL_LIST_OBJECTS_OF_FILES, parameters, objects);
}

static struct error write_evidence(struct pack *pack, struct json_writer *json)
{
  struct episode_query query = episode_query_begin(&pack->listed, request_arena(pack->request), SORT_TIME);
  const struct db_rows *rows;
  json_key(json, "evidence");
  json_begin_array(json);
  do {
    struct evidence evidence = {0};
    arena_reset(pack->arena);
    TRY(episode_query_next(&query, pack->arena, pack->connection, PACK_PAGE_ROWS, &rows));
    TRY(episode_ask(&SQL_LIST_FILES_OF_EPISODES, pack->arena, pack->connection, rows, 0, db_row_count(rows), &evidence.files));
    TRY(read_objects(pack, evidence.files, &evidence.objects));
    for (int row = 0; row < db_row_count(rows); row++) {
      write_evidence_of(json, &evidence, db_int64(rows, row, EPISODE_ID), row + 1);
      TRY(pack_flush(pack));
    }
  } while (db_row_count(rows) == PACK_PAGE_ROWS);
  json_end_array(json);
  return error_none();
}

/* Empty: everybody. */
static void write_names(struct json_writer *json, const char *key, const struct wanted_names *wanted)
{
  json_key(json, key);
  json_begin_array(json);
  for (size_t i = 0; i < wanted->name_count; i++) {
    json_string(json, wanted->names[i]);
  }
  json_end_array(json);
}

static void write_words(struct json_writer *json, const char *key, unsigned set, const char *const *words, size_t count)
{
  json_key(json, key);
  json_begin_array(json);
  for (size_t i = 0; i < count; i++) {
    if ((set & 1u << i) != 0) {
      json_cstring(json, words[i]);
    }
  }
  json_end_array(json);
}

struct error pack_write_manifest(struct pack *pack)
{
  struct json_writer json = json_writer_to(pack->out);
  json_begin_object(&json);
  json_key(&json, "format");
  json_cstring(&json, "crumbtrail speeding pack 1");
  json_key(&json, "made_at");
  json_time(&json, pack->made_at_us);
  json_key(&json, "made_by");
  json_cstring(&json, "crumbtrail " CRUMBTRAIL_VERSION);
  report_write_head(&json, &pack->report);
  write_names(&json, "vehicles", &pack->filter.vehicles);
  write_names(&json, "drivers", &pack->filter.drivers);
  write_words(&json, "bands", pack->filter.bands, SPEEDING_BANDS, BAND_COUNT);
  write_words(&json, "reviews", pack->filter.reviews, SPEEDING_REVIEWS, REVIEW_COUNT);
  write_count(&json, "episodes_counted", pack->report.total.episodes);
  write_count(&json, "episodes_listed", db_int64(pack->sampling, 0, SAMPLING_EPISODES));
  write_count(&json, "episodes_strict", db_int64(pack->sampling, 0, SAMPLING_STRICT));
  write_coverage(&json, pack);
  write_sampling(&json, pack);
  write_files(&json, pack);
  TRY(write_evidence(pack, &json));
  json_end_object(&json);
  buffer_append_char(pack->out, '\n');
  return error_none();
}
