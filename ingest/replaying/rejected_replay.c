#include "ingest/replaying/rejected_replay.h"

#include "ingest/replaying/replay_parameters.h"
#include "ingest_sql.h"
#include "server/db/connection.h"
#include "server/json/writer.h"
#include "server/log.h"

/* Rows have up to a few MiB each. */
enum { CHUNK_ROWS = 16, CHUNK_ARENA_BYTES = 256 * 1024, ERRORS_LISTED_MAX = 50 };

/* ---- one ---- */

static void write_events(struct json_writer *json, size_t stored, size_t duplicates)
{
  json_key(json, "stored");
  json_int64(json, (int64_t)stored);
  json_key(json, "duplicates");
  json_int64(json, (int64_t)duplicates);
}

static struct error replay_one(struct request *request, void *context, struct db_connection *connection)
{
  struct replay_chunk chunk = {.desk = context, .arena = request_arena(request)};
  int64_t rejected_id = 0;
  TRY(replay_id_read(request, &rejected_id));
  struct db_parameters *parameters = db_parameters_new(chunk.arena);
  db_add_int64(parameters, rejected_id);
  const struct db_rows *rows;
  TRY(db_query(connection, chunk.arena, &SQL_SELECT_REJECTED, parameters, &rows));
  if (db_row_count(rows) == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no rejected event %lld", (long long)rejected_id);
  }
  TRY(replay_chunk_run(&chunk, connection, rows));
  const struct replay_row *row = &chunk.rows[0];
  if (row->outcome == REPLAY_REJECTED) {
    return error_at(ERROR_CONFLICT, text_to_cstring(chunk.arena, row->field), "it still cannot be taken: %.*s",
                    TEXT_ARGS(row->reason));
  }
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  json_begin_object(&json);
  json_key(&json, "rejected_id");
  json_int64(&json, rejected_id);
  json_key(&json, "outcome");
  json_cstring(&json, replay_outcome_name(row->outcome));
  write_events(&json, row->delivery.stored_count, row->delivery.duplicate_count);
  json_end_object(&json);
  return error_none();
}

/* ---- all that fit ---- */

struct totals {
  size_t replayed;
  size_t settled;
  size_t still_rejected;
  size_t stored;
  size_t duplicates;
};

static void add_optional(struct db_parameters *parameters, struct text value)
{
  if (value.data == NULL) {
    db_add_null(parameters);
  } else {
    db_add_text(parameters, value);
  }
}

static void add_optional_time(struct db_parameters *parameters, int64_t time_us)
{
  if (time_us == INT64_MIN || time_us == INT64_MAX) {
    db_add_null(parameters);
  } else {
    db_add_time(parameters, time_us);
  }
}

static struct error select_rows(const struct replay_filter *filter, struct db_connection *connection, struct arena *arena,
                                const struct db_rows **rows)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, filter->after_id);
  if (filter->source == 0) {
    db_add_null(parameters);
  } else {
    db_add_int32(parameters, filter->source);
  }
  add_optional(parameters, filter->vehicle);
  add_optional(parameters, filter->reason);
  add_optional_time(parameters, filter->from_us);
  add_optional_time(parameters, filter->to_us);
  db_add_int64(parameters, filter->limit < CHUNK_ROWS ? filter->limit : CHUNK_ROWS);
  return db_query(connection, arena, &SQL_SELECT_OPEN_REJECTED, parameters, rows);
}

static void write_error(struct json_writer *json, const struct replay_row *row)
{
  json_begin_object(json);
  json_key(json, "rejected_id");
  json_int64(json, row->rejected_id);
  json_key(json, "name");
  json_string(json, row->field);
  json_key(json, "reason");
  json_string(json, row->reason);
  json_end_object(json);
}

static void add_up(const struct replay_chunk *chunk, struct totals *totals, struct json_writer *json)
{
  for (size_t i = 0; i < chunk->count; i++) {
    const struct replay_row *row = &chunk->rows[i];
    totals->replayed++;
    totals->stored += row->delivery.stored_count;
    totals->duplicates += row->delivery.duplicate_count;
    if (row->outcome != REPLAY_REJECTED) {
      totals->settled++;
    } else if (totals->still_rejected++ < ERRORS_LISTED_MAX) {
      write_error(json, row);
    }
  }
}

static void finish_answer(struct json_writer *json, const struct totals *totals, const struct replay_filter *filter,
                          bool is_at_end)
{
  json_end_array(json);
  json_key(json, "replayed");
  json_int64(json, (int64_t)totals->replayed);
  json_key(json, "settled");
  json_int64(json, (int64_t)totals->settled);
  json_key(json, "still_rejected");
  json_int64(json, (int64_t)totals->still_rejected);
  write_events(json, totals->stored, totals->duplicates);
  json_key(json, "after");
  if (is_at_end) {
    json_null(json);
  } else {
    json_int64(json, filter->after_id);
  }
  json_end_object(json);
}

static struct error replay_matching(struct request *request, void *context, struct db_connection *connection)
{
  struct replay_filter filter;
  struct totals totals = {0};
  bool is_at_end = false;
  TRY(replay_filter_read(request, &filter));
  struct json_writer json = json_writer_to(response_body(request));
  response_content_type(request, "application/json");
  json_begin_object(&json);
  json_key(&json, "errors");
  json_begin_array(&json);
  struct arena *arena = arena_new_within(request_arena(request), CHUNK_ARENA_BYTES);
  while (!is_at_end && filter.limit > 0) {
    struct replay_chunk chunk = {.desk = context, .arena = arena};
    const struct db_rows *rows;
    arena_reset(arena);
    TRY(select_rows(&filter, connection, arena, &rows));
    if (db_row_count(rows) == 0) {
      is_at_end = true;
      continue;
    }
    TRY(replay_chunk_run(&chunk, connection, rows));
    add_up(&chunk, &totals, &json);
    filter.after_id = chunk.rows[chunk.count - 1].rejected_id;
    filter.limit -= (int64_t)chunk.count;
  }
  finish_answer(&json, &totals, &filter, is_at_end);
  LOG_INFO("rejected_replayed", "rows=%zu settled=%zu still_rejected=%zu", totals.replayed, totals.settled,
           totals.still_rejected);
  return error_none();
}

static const struct route ROUTES[] = {
    {HTTP_POST, "/v1/ingest/rejected/{id}/replay", ROLE_ADMIN, "Read a rejected event again", .query = replay_one},
    {HTTP_POST, "/v1/ingest/rejected/replay", ROLE_ADMIN, "Read rejected events again", .query = replay_matching},
};

struct route_table rejected_replay_routes(struct replay_desk *desk)
{
  return (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], desk};
}
