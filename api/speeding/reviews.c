/* PATCH /v1/speeding/episodes/{id}: what a dispatcher says of an episode. Every review is kept; the newest counts. */
#include "api/speeding/episodes.h"

#include "api_sql.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

enum { NOTE_MAX = 2000, REVIEWER_MAX = 200 };

struct review {
  struct text state;
  struct text note; /* without data: none, as the following */
  struct text reviewed_by;
};

static struct error read_state(const struct json *member, struct text *state)
{
  TRY(json_read_string(member, NOTE_MAX, state));
  for (int i = 0; i < REVIEW_COUNT; i++) {
    if (text_equal(*state, text_from(SPEEDING_REVIEWS[i]))) {
      return error_none();
    }
  }
  return json_error(member, "expected open, confirmed, excused or disputed");
}

static struct error read_text(const struct json *member, size_t length_max, struct text *value)
{
  return member->type == JSON_NULL ? error_none() : json_read_string(member, length_max, value);
}

static struct error read_member(const struct json *member, struct review *review)
{
  if (text_equal(member->key, TEXT("review"))) {
    return read_state(member, &review->state);
  }
  if (text_equal(member->key, TEXT("note"))) {
    return read_text(member, NOTE_MAX, &review->note);
  }
  if (text_equal(member->key, TEXT("reviewed_by"))) {
    return read_text(member, REVIEWER_MAX, &review->reviewed_by);
  }
  return json_error(member, "unknown: expected review, note or reviewed_by");
}

static struct error read_body(struct request *request, struct review *review)
{
  const struct text type = request_header(request, "content-type");
  const struct json *root;
  *review = (struct review){0};
  if (!text_starts_with(type, TEXT("application/json")) && !text_starts_with(type, TEXT("application/merge-patch+json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(json_parse(request_arena(request), request_body(request), JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(member, review));
  }
  return review->state.data != NULL
             ? error_none()
             : error_at(ERROR_BAD_INPUT, "review", "missing: expected open, confirmed, excused or disputed");
}

static struct error keep(struct request *request, struct db_connection *connection, const struct db_rows *rows,
                         const struct review *review)
{
  struct arena *arena = request_arena(request);
  const int64_t vehicle_id = db_int64(rows, 0, EPISODE_VEHICLE_ID);
  const int64_t started_at_us = db_time(rows, 0, EPISODE_STARTED_AT);
  const int64_t ended_at_us = db_time(rows, 0, EPISODE_ENDED_AT);
  struct db_parameters *row = db_parameters_new(arena);
  db_add_int64(row, vehicle_id);
  db_add_time(row, started_at_us);
  db_add_time(row, ended_at_us);
  db_add_text(row, review->state);
  add_text_or_null(row, review->note);
  add_text_or_null(row, review->reviewed_by);
  db_add_time(row, clock_now_us());
  struct db_parameters *days = db_parameters_new(arena);
  db_add_int64(days, vehicle_id);
  db_add_time(days, started_at_us);
  db_add_time(days, ended_at_us);
  struct db_pipeline *pipeline = db_pipeline_new(arena);
  db_pipeline_add(pipeline, &SQL_BEGIN_WRITE, NULL);
  db_pipeline_add(pipeline, &SQL_INSERT_REVIEW, row);
  db_pipeline_add(pipeline, &SQL_TOUCH_REVIEWED_DAYS, days);
  db_pipeline_add(pipeline, &SQL_COMMIT, NULL);
  return db_pipeline_run(connection, pipeline, NULL);
}

struct error episodes_review(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  struct review review;
  const struct db_rows *rows;
  (void)context;
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_body(request, &review));
  TRY(episode_read(request, connection, &rows));
  TRY(keep(request, connection, rows, &review));
  TRY(episode_read(request, connection, &rows));
  response_content_type(request, "application/json");
  return episode_answer(request, connection, rows, FORMAT_JSON);
}
