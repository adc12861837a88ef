#include "ingest/objects/object_ledger.h"

#include <stdlib.h>

#include "ingest_sql.h"
#include "server/log.h"

enum { VERSION_KEY_MAX_BYTES = 1024 };

static const char *const FOUND_BY_WORDS[FOUND_BY_COUNT] = {"", "sns", "sqs", "webhook", "eventbridge", "backfill", "sweep"};
static const char *const STATE_WORDS[OBJECT_STATE_COUNT] = {"waiting", "reading", "read", "failed", "missing", "ignored"};

const char *found_by_word(enum found_by found_by)
{
  return FOUND_BY_WORDS[found_by];
}

const char *object_state_word(enum object_state state)
{
  return STATE_WORDS[state];
}

static enum object_state state_of(struct text word)
{
  for (int i = 0; i < OBJECT_STATE_COUNT; i++) {
    if (text_equal(word, text_from(STATE_WORDS[i]))) {
      return (enum object_state)i;
    }
  }
  return OBJECT_WAITING;
}

struct text object_version_key(const struct announcement *announcement)
{
  return announcement->etag.length != 0 ? announcement->etag : announcement->version_id;
}

static struct text never_null(struct text value)
{
  return value.data != NULL ? value : TEXT("");
}

static struct text null_when_empty(struct text value)
{
  return value.length != 0 ? value : (struct text){NULL, 0};
}

/* ---- the columns of a set ---- */

static struct text *text_column(struct arena *arena, size_t count)
{
  return arena_alloc_array(arena, count, sizeof(struct text));
}

static int64_t *int64_column(struct arena *arena, size_t count)
{
  return arena_alloc_array(arena, count, sizeof(int64_t));
}

/* ---- announcing ---- */

static bool is_name(struct text name, size_t length_max)
{
  return name.length != 0 && name.length <= length_max && text_is_utf8(name);
}

static bool can_be_kept(const struct announcement *object)
{
  struct text version_key = object_version_key(object);
  return is_name(object->bucket, OBJECT_BUCKET_MAX_BYTES) && is_name(object->key, OBJECT_KEY_MAX_BYTES) &&
         (version_key.length == 0 || is_name(version_key, VERSION_KEY_MAX_BYTES)) && text_is_utf8(object->version_id);
}

/* A console's "folder" is an empty object whose key ends with a slash. */
static bool is_folder(const struct announcement *object)
{
  return object->size_bytes <= 0 && text_ends_with(object->key, TEXT("/"));
}

struct announcing_columns {
  struct text *bucket;
  struct text *key;
  struct text *version_key;
  struct text *version_id;
  struct text *etag;
  int64_t *size_bytes;
  uint8_t *size_is_null;
  int64_t *modified_at_us;
  uint8_t *modified_is_null;
  int16_t *found_by;
  uint8_t *is_ignored;
  size_t count;
};

static void add_entry(struct announcing_columns *columns, const struct object_entry *entry)
{
  const struct announcement *object = entry->announcement;
  size_t i = columns->count++;
  columns->bucket[i] = object->bucket;
  columns->key[i] = object->key;
  columns->version_key[i] = never_null(object_version_key(object));
  columns->version_id[i] = null_when_empty(object->version_id);
  columns->etag[i] = null_when_empty(object->etag);
  columns->size_bytes[i] = object->size_bytes;
  columns->size_is_null[i] = object->size_bytes < 0;
  columns->modified_at_us[i] = object->event_time_us;
  columns->modified_is_null[i] = object->event_time_us == 0;
  columns->found_by[i] = (int16_t)entry->found_by;
  columns->is_ignored[i] = is_folder(object);
}

static struct announcing_columns announcing_columns_of(struct arena *arena, const struct object_entry *entries, size_t count)
{
  struct announcing_columns columns = {
      .bucket = text_column(arena, count),
      .key = text_column(arena, count),
      .version_key = text_column(arena, count),
      .version_id = text_column(arena, count),
      .etag = text_column(arena, count),
      .size_bytes = int64_column(arena, count),
      .size_is_null = arena_alloc(arena, count),
      .modified_at_us = int64_column(arena, count),
      .modified_is_null = arena_alloc(arena, count),
      .found_by = arena_alloc_array(arena, count, sizeof(int16_t)),
      .is_ignored = arena_alloc(arena, count),
  };
  for (size_t i = 0; i < count; i++) {
    if (can_be_kept(entries[i].announcement)) {
      add_entry(&columns, &entries[i]);
    } else {
      LOG_WARNING("object_has_no_name_of_s3", "bucket=%s key=%s", log_quote(text_cut(entries[i].announcement->bucket, 100)),
                  log_quote(text_cut(entries[i].announcement->key, 200)));
    }
  }
  return columns;
}

struct error object_ledger_announce(struct db_connection *connection, struct arena *arena, const struct object_entry *entries,
                                    size_t count, int64_t now_us, size_t *new_counts)
{
  struct announcing_columns columns = announcing_columns_of(arena, entries, count);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, columns.bucket, columns.count);
  db_add_text_array(parameters, columns.key, columns.count);
  db_add_text_array(parameters, columns.version_key, columns.count);
  db_add_text_array(parameters, columns.version_id, columns.count);
  db_add_text_array(parameters, columns.etag, columns.count);
  db_add_int64_array(parameters, columns.size_bytes, columns.size_is_null, columns.count);
  db_add_time_array(parameters, columns.modified_at_us, columns.modified_is_null, columns.count);
  db_add_int16_array(parameters, columns.found_by, NULL, columns.count);
  db_add_bool_array(parameters, columns.is_ignored, NULL, columns.count);
  db_add_time(parameters, now_us);
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_ANNOUNCE_OBJECTS, parameters, &rows));
  for (int row = 0; new_counts != NULL && row < db_row_count(rows); row++) {
    new_counts[db_int64(rows, row, 0)]++;
  }
  return error_none();
}

/* ---- claiming ---- */

static int compare_keys(const void *a, const void *b)
{
  const struct object_claim *left = a;
  const struct object_claim *right = b;
  size_t common = left->key.length < right->key.length ? left->key.length : right->key.length;
  int order = memcmp(left->key.data, right->key.data, common);
  return order != 0 ? order : (left->key.length > right->key.length) - (left->key.length < right->key.length);
}

struct error object_ledger_claim(struct db_connection *connection, struct arena *arena, struct object_claiming claiming,
                                 struct object_claim **claims, size_t *count)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int32(parameters, claiming.of_backfill ? 1 : 0);
  db_add_time(parameters, claiming.now_us);
  db_add_time(parameters, claiming.lease_until_us);
  db_add_int32(parameters, claiming.limit);
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_CLAIM_OBJECTS, parameters, &rows));
  *count = (size_t)db_row_count(rows);
  *claims = arena_alloc_array(arena, *count, sizeof **claims);
  for (int row = 0; row < db_row_count(rows); row++) {
    (*claims)[row] = (struct object_claim){.bucket = db_text(rows, row, 0),
                                           .key = db_text(rows, row, 1),
                                           .version_key = db_text(rows, row, 2),
                                           .version_id = never_null(db_text(rows, row, 3)),
                                           .etag = never_null(db_text(rows, row, 4)),
                                           .size_bytes = db_is_null(rows, row, 5) ? -1 : db_int64(rows, row, 5),
                                           .found_by = (enum found_by)db_int64(rows, row, 6),
                                           .tries = (int32_t)db_int64(rows, row, 7)};
  }
  qsort(*claims, *count, sizeof **claims, compare_keys);
  return error_none();
}

/* ---- keeping and marking ---- */

static void add_claim_columns(struct db_parameters *parameters, struct arena *arena, const struct object_claim *const *claims,
                              size_t count)
{
  struct text *bucket = text_column(arena, count);
  struct text *key = text_column(arena, count);
  struct text *version_key = text_column(arena, count);
  int32_t *tries = arena_alloc_array(arena, count, sizeof *tries);
  for (size_t i = 0; i < count; i++) {
    bucket[i] = claims[i]->bucket;
    key[i] = claims[i]->key;
    version_key[i] = claims[i]->version_key;
    tries[i] = claims[i]->tries;
  }
  db_add_text_array(parameters, bucket, count);
  db_add_text_array(parameters, key, count);
  db_add_text_array(parameters, version_key, count);
  db_add_int32_array(parameters, tries, NULL, count);
}

struct error object_ledger_renew(struct db_connection *connection, struct arena *arena,
                                 const struct object_claim *const *claims, size_t count, int64_t lease_until_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  add_claim_columns(parameters, arena, claims, count);
  db_add_time(parameters, lease_until_us);
  return db_run(connection, &SQL_RENEW_OBJECT_LEASES, parameters, NULL);
}

/* What the answer said of the object. */
static void add_answer_columns(struct db_parameters *parameters, struct arena *arena, const struct object_mark *marks,
                               size_t count)
{
  struct text *etag = text_column(arena, count);
  int64_t *size_bytes = int64_column(arena, count);
  uint8_t *size_is_null = arena_alloc(arena, count);
  for (size_t i = 0; i < count; i++) {
    etag[i] = null_when_empty(marks[i].etag);
    size_bytes[i] = marks[i].size_bytes;
    size_is_null[i] = marks[i].size_bytes < 0;
  }
  db_add_text_array(parameters, etag, count);
  db_add_int64_array(parameters, size_bytes, size_is_null, count);
}

static void add_count_columns(struct db_parameters *parameters, struct arena *arena, const struct object_mark *marks,
                              size_t count)
{
  int64_t *columns[4];
  for (size_t column = 0; column < 4; column++) {
    columns[column] = int64_column(arena, count);
  }
  for (size_t i = 0; i < count; i++) {
    columns[0][i] = marks[i].events;
    columns[1][i] = marks[i].stored;
    columns[2][i] = marks[i].duplicates;
    columns[3][i] = marks[i].rejected;
  }
  for (size_t column = 0; column < 4; column++) {
    db_add_int64_array(parameters, columns[column], NULL, count);
  }
}

struct error object_ledger_mark(struct db_connection *connection, struct arena *arena, const struct object_mark *marks,
                                size_t count, int64_t now_us)
{
  const struct object_claim **claims = arena_alloc_array(arena, count, sizeof *claims);
  struct text *state = text_column(arena, count);
  int64_t *next_try_at_us = int64_column(arena, count);
  uint8_t *has_no_try = arena_alloc(arena, count);
  struct text *error = text_column(arena, count);
  struct text *digest = text_column(arena, count);
  for (size_t i = 0; i < count; i++) {
    claims[i] = marks[i].claim;
    state[i] = text_from(STATE_WORDS[marks[i].state]);
    next_try_at_us[i] = marks[i].next_try_at_us;
    has_no_try[i] = marks[i].next_try_at_us == 0;
    error[i] = marks[i].error;
    digest[i] = marks[i].digest;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  add_claim_columns(parameters, arena, claims, count);
  db_add_text_array(parameters, state, count);
  db_add_time_array(parameters, next_try_at_us, has_no_try, count);
  db_add_text_array(parameters, error, count);
  add_answer_columns(parameters, arena, marks, count);
  add_count_columns(parameters, arena, marks, count);
  db_add_bytes_array(parameters, digest, count);
  db_add_time(parameters, now_us);
  return db_run(connection, &SQL_MARK_OBJECTS, parameters, NULL);
}

/* ---- looking ---- */

struct error object_ledger_look(struct db_connection *connection, struct arena *arena, const struct announcement *objects,
                                size_t count, struct object_progress **progress)
{
  struct text *bucket = text_column(arena, count);
  struct text *key = text_column(arena, count);
  struct text *version_key = text_column(arena, count);
  for (size_t i = 0; i < count; i++) {
    bucket[i] = objects[i].bucket;
    key[i] = objects[i].key;
    version_key[i] = never_null(object_version_key(&objects[i]));
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, bucket, count);
  db_add_text_array(parameters, key, count);
  db_add_text_array(parameters, version_key, count);
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_LIST_OBJECT_STATES, parameters, &rows));
  *progress = arena_alloc_array(arena, count, sizeof **progress);
  for (int row = 0; row < db_row_count(rows); row++) {
    (*progress)[db_int64(rows, row, 0) - 1] =
        (struct object_progress){.is_known = true,
                                 .state = state_of(db_text(rows, row, 1)),
                                 .tries = (int32_t)db_int64(rows, row, 2),
                                 .next_try_at_us = db_is_null(rows, row, 3) ? 0 : db_time(rows, row, 3),
                                 .stored = db_int64(rows, row, 4),
                                 .duplicates = db_int64(rows, row, 5),
                                 .rejected = db_int64(rows, row, 6),
                                 .size_bytes = db_is_null(rows, row, 7) ? 0 : db_int64(rows, row, 7)};
  }
  return error_none();
}
