#include "api/ingest_status.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/handlers.h"
#include "api/ingest_figures.h"
#include "server/base/clock.h"
#include "server/json/writer.h"

/* Of many objects the counting takes a while: reading may take a tenth of the time at most. */
static const int64_t FRESH_US = US_PER_SECOND;
enum { REST_FACTOR = 10 };

struct ingest_status {
  pthread_mutex_t reading; /* held by the one who asks the database */
  pthread_mutex_t lock;    /* of what follows */
  struct buffer figures;   /* members of a JSON object, with their braces */
  int64_t read_at_us;      /* 0: never */
  int64_t stale_at_us;
};

struct ingest_status *ingest_status_new(void)
{
  struct ingest_status *status = calloc(1, sizeof *status);
  if (status == NULL) {
    abort();
  }
  pthread_mutex_init(&status->reading, NULL);
  pthread_mutex_init(&status->lock, NULL);
  return status;
}

void ingest_status_free(struct ingest_status *status)
{
  if (status != NULL) {
    pthread_mutex_destroy(&status->reading);
    pthread_mutex_destroy(&status->lock);
    buffer_free(&status->figures);
    free(status);
  }
}

enum freshness { FRESH, STALE, NEVER_READ };

/* A clock that was set back makes them stale, too. */
static enum freshness freshness_of(struct ingest_status *status, int64_t now_us)
{
  pthread_mutex_lock(&status->lock);
  const bool is_fresh = now_us < status->stale_at_us && now_us >= status->read_at_us;
  const enum freshness freshness = status->read_at_us == 0 ? NEVER_READ : is_fresh ? FRESH : STALE;
  pthread_mutex_unlock(&status->lock);
  return freshness;
}

static struct error read_figures(struct ingest_status *status, struct db_connection *connection, struct arena *arena,
                                 int64_t now_us)
{
  struct buffer fresh = {0};
  const int64_t began_us = clock_monotonic_us();
  struct json_writer json = json_writer_to(&fresh);
  json_begin_object(&json);
  const struct error error = ingest_figures_write(&json, connection, arena, now_us);
  if (error.code != ERROR_NONE) {
    buffer_free(&fresh);
    return error;
  }
  json_end_object(&json);
  const int64_t rest_us = (clock_monotonic_us() - began_us) * REST_FACTOR;
  pthread_mutex_lock(&status->lock);
  const struct buffer old = status->figures;
  status->figures = fresh;
  status->read_at_us = now_us;
  status->stale_at_us = now_us + (rest_us > FRESH_US ? rest_us : FRESH_US);
  pthread_mutex_unlock(&status->lock);
  fresh = old;
  buffer_free(&fresh);
  return error;
}

/* One reads. The others take what is there, so that nobody waits behind a database that hangs; only without anything they wait.
 */
static struct error refresh_figures(struct ingest_status *status, struct db_connection *connection, struct arena *arena,
                                    int64_t now_us)
{
  struct error error = error_none();
  const enum freshness freshness = freshness_of(status, now_us);
  if (freshness == FRESH) {
    return error;
  }
  if (freshness == NEVER_READ) {
    pthread_mutex_lock(&status->reading);
  } else if (pthread_mutex_trylock(&status->reading) != 0) {
    return error;
  }
  if (freshness_of(status, now_us) != FRESH) {
    error = read_figures(status, connection, arena, now_us);
  }
  pthread_mutex_unlock(&status->reading);
  return error;
}

/* A copy in the arena, without data when nothing was ever read. */
static struct text copy_figures(struct ingest_status *status, struct arena *arena, int64_t *read_at_us)
{
  pthread_mutex_lock(&status->lock);
  const struct text figures = text_copy(arena, buffer_text(&status->figures));
  *read_at_us = status->read_at_us;
  pthread_mutex_unlock(&status->lock);
  return figures;
}

static void write_time_or_null(struct json_writer *json, const char *key, int64_t time_us)
{
  json_key(json, key);
  if (time_us == 0) {
    json_null(json);
  } else {
    json_time(json, time_us);
  }
}

static void write_spool(struct json_writer *json, const struct api_ingest_state *state)
{
  json_key(json, "spool");
  json_begin_object(json);
  json_key(json, "is_on");
  json_boolean(json, state->spool_is_on);
  json_key(json, "is_spooling");
  json_boolean(json, state->is_spooling);
  json_key(json, "entries");
  json_int64(json, (int64_t)state->spool_entries);
  json_key(json, "bytes");
  json_int64(json, (int64_t)state->spool_bytes);
  json_key(json, "bytes_max");
  json_int64(json, (int64_t)state->spool_bytes_max);
  write_time_or_null(json, "oldest_received_at", state->spool_oldest_us);
  json_key(json, "damaged_files");
  json_int64(json, (int64_t)state->spool_damaged_files);
  json_end_object(json);
}

static void write_database(struct json_writer *json, const struct api_ingest_state *state, bool is_away, int64_t read_at_us)
{
  json_key(json, "database");
  json_begin_object(json);
  json_key(json, "is_away");
  json_boolean(json, is_away);
  json_key(json, "reason");
  json_cstring(json, !is_away ? NULL : state->not_ready_reason != NULL ? state->not_ready_reason : "it does not answer");
  write_time_or_null(json, "as_of", read_at_us);
  json_end_object(json);
}

/* Members of the figures go beside the others; there is always one. */
static void append_figures(struct buffer *out, struct text figures)
{
  out->length--; /* our closing brace */
  buffer_append_char(out, ',');
  buffer_append(out, figures.data + 1, figures.length - 1);
}

/* A database that hangs is not asked: whoever looks at the status wants to know just that. */
struct error ingest_status_read(struct request *request, void *context, struct db_connection *connection)
{
  static const char *const KNOWN[] = {NULL};
  const struct api *api = context;
  struct arena *arena = request_arena(request);
  const int64_t now_us = clock_now_us();
  const struct api_ingest_state state = api->settings.read_ingest(api->settings.ingest);
  bool is_away = connection == NULL || state.not_ready_reason != NULL || state.is_spooling;
  int64_t read_at_us = 0;
  TRY(request_parameters_only(request, KNOWN));
  if (!is_away) {
    const struct error error = refresh_figures(api->status, connection, arena, now_us);
    if (error.code != ERROR_NONE && error.code != ERROR_QUERY_TIMEOUT) {
      return error;
    }
    is_away = error.code != ERROR_NONE;
  }
  const struct text figures = copy_figures(api->status, arena, &read_at_us);
  response_content_type(request, "application/json");
  response_header(request, "Cache-Control", "private, no-cache");
  struct buffer *out = response_body(request);
  struct json_writer json = json_writer_to(out);
  json_begin_object(&json);
  json_key(&json, "now");
  json_time(&json, now_us);
  write_database(&json, &state, is_away, read_at_us);
  write_spool(&json, &state);
  json_end_object(&json);
  if (figures.length != 0) {
    append_figures(out, figures);
  }
  buffer_append_char(out, '\n');
  return error_none();
}
