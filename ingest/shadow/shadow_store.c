#include "ingest/shadow/shadow_store.h"

#include <stdlib.h>

#include "ingest/writer/batch_commit.h"
#include "ingest/shadow/shadow_fold.h"
#include "ingest_sql.h"
#include "server/log.h"

enum { CHUNK_ENTRIES = 256, MERGE_ROUNDS_MAX = 3 };

/* One set of vehicles on its way. */
struct store {
  struct db_connection *connection;
  struct arena *arena;
  struct shadow_reports *reports;
  struct shadow_store_counts *counts;
};

/* The items of one shadow. */
struct group {
  const struct shadow_item *items;
  size_t count;
  bool has_whole;
  bool is_done;
  const struct shadow_state *stored;
  struct shadow_state state;
};

/* ---- reading ---- */

static void read_text(const struct store *store, int64_t vehicle_id, const struct shadow_text *text, struct shadow_item *items,
                      size_t *count)
{
  struct shadow_item *item = &items[*count];
  if (!shadow_update_read(store->arena, text->text, text->form, &item->update)) {
    store->counts->unread++;
    return;
  }
  item->vehicle_id = vehicle_id;
  item->received_at_us = text->received_at_us;
  if (item->update.name.length == 0 && text->name.length != 0) {
    item->update.name = text->name;
  }
  if (item->update.updated_at_us == 0 || item->update.updated_at_us > text->received_at_us) {
    item->update.updated_at_us = text->received_at_us;
  }
  (*count)++;
}

static size_t count_texts(const struct shadow_pending *pending, size_t first, size_t end)
{
  size_t count = 0;
  for (size_t i = first; i < end; i++) {
    const struct shadow_entry *entry = shadow_pending_at(pending, i);
    count += entry->whole.text.data != NULL ? 1 : 0;
    for (const struct shadow_text *text = entry->others; text != NULL; text = text->next) {
      count++;
    }
  }
  return count;
}

static size_t read_texts(const struct store *store, const struct shadow_pending *pending, size_t first, size_t end,
                         struct shadow_item **items)
{
  size_t count = 0;
  *items = arena_alloc_array(store->arena, count_texts(pending, first, end), sizeof **items);
  for (size_t i = first; i < end; i++) {
    const struct shadow_entry *entry = shadow_pending_at(pending, i);
    if (entry->whole.text.data != NULL) {
      read_text(store, entry->vehicle_id, &entry->whole, *items, &count);
    }
    for (const struct shadow_text *text = entry->others; text != NULL; text = text->next) {
      read_text(store, entry->vehicle_id, text, *items, &count);
    }
  }
  shadow_items_sort(*items, count);
  return count;
}

static size_t make_groups(const struct store *store, const struct shadow_item *items, size_t count, struct group **groups)
{
  size_t group_count = 0;
  *groups = arena_alloc_array(store->arena, count, sizeof **groups);
  for (size_t i = 0; i < count;) {
    size_t run = shadow_items_run(items + i, count - i);
    (*groups)[group_count++] =
        (struct group){.items = items + i, .count = run, .has_whole = shadow_items_have_whole(items + i, run)};
    i += run;
  }
  return group_count;
}

/* ---- what is stored ---- */

static struct shadow_state state_of_row(const struct db_rows *rows, int row)
{
  return (struct shadow_state){.vehicle_id = db_int64(rows, row, 0),
                               .name = db_text(rows, row, 1),
                               .mark = {db_int64(rows, row, 2), db_time(rows, row, 3)},
                               .is_complete = db_bool(rows, row, 4),
                               .reported = db_jsonb(rows, row, 5),
                               .desired = db_jsonb(rows, row, 6),
                               .metadata = db_jsonb(rows, row, 7)};
}

static struct group *find_group(struct group *groups, size_t count, int64_t vehicle_id, struct text name)
{
  for (size_t i = 0; i < count; i++) {
    if (groups[i].items[0].vehicle_id == vehicle_id && text_equal(groups[i].items[0].update.name, name)) {
      return &groups[i];
    }
  }
  return NULL;
}

static struct error read_stored(const struct store *store, struct group *groups, size_t count)
{
  int64_t *ids = arena_alloc_array(store->arena, count, sizeof *ids);
  struct text *names = arena_alloc_array(store->arena, count, sizeof *names);
  size_t wanted = 0;
  for (size_t i = 0; i < count; i++) {
    if (!groups[i].has_whole && !groups[i].is_done) {
      groups[i].stored = NULL;
      ids[wanted] = groups[i].items[0].vehicle_id;
      names[wanted++] = groups[i].items[0].update.name;
    }
  }
  if (wanted == 0) {
    return error_none();
  }
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(store->arena);
  db_add_int64_array(parameters, ids, NULL, wanted);
  db_add_text_array(parameters, names, wanted);
  TRY(db_query(store->connection, store->arena, &SQL_READ_SHADOWS, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    struct group *group = find_group(groups, count, db_int64(rows, row, 0), db_text(rows, row, 1));
    struct shadow_state *stored = arena_alloc(store->arena, sizeof *stored);
    *stored = state_of_row(rows, row);
    if (group != NULL) {
      group->stored = stored;
    }
  }
  return error_none();
}

/* ---- writing ---- */

static struct db_parameters *parameters_of(struct arena *arena, struct group *const *groups, size_t count)
{
  int64_t *numbers[5];
  uint8_t *is_complete = arena_alloc_array(arena, count, 1);
  uint8_t *came_whole = arena_alloc_array(arena, count, 1);
  struct text *texts[5];
  for (size_t column = 0; column < 5; column++) {
    numbers[column] = arena_alloc_array(arena, count, sizeof *numbers[column]);
    texts[column] = arena_alloc_array(arena, count, sizeof *texts[column]);
  }
  for (size_t i = 0; i < count; i++) {
    const struct shadow_state *state = &groups[i]->state;
    const int64_t row_numbers[5] = {state->vehicle_id, state->mark.version, state->mark.updated_at_us, state->received_at_us,
                                    state->merged_onto};
    const struct text row_texts[5] = {state->name, state->reported, state->desired, state->delta, state->metadata};
    for (size_t column = 0; column < 5; column++) {
      numbers[column][i] = row_numbers[column];
      texts[column][i] = row_texts[column];
    }
    is_complete[i] = state->is_complete ? 1 : 0;
    came_whole[i] = state->is_merged ? 0 : 1;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, numbers[0], NULL, count);
  db_add_text_array(parameters, texts[0], count);
  db_add_int64_array(parameters, numbers[1], NULL, count);
  db_add_time_array(parameters, numbers[2], NULL, count);
  db_add_time_array(parameters, numbers[3], NULL, count);
  db_add_bool_array(parameters, is_complete, NULL, count);
  db_add_int64_array(parameters, numbers[4], came_whole, count);
  db_add_jsonb_array(parameters, texts[1], count);
  db_add_jsonb_array(parameters, texts[2], count);
  db_add_jsonb_array(parameters, texts[3], count);
  db_add_text_array(parameters, texts[4], count);
  return parameters;
}

/* Those that came whole are done, stored or older; merged ones that were not stored met another writer and are tried again. */
static void mark_done(struct group *const *groups, size_t count, const struct db_rows *rows)
{
  for (size_t i = 0; i < count; i++) {
    groups[i]->is_done = groups[i]->is_done || !groups[i]->state.is_merged;
  }
  size_t at = 0; /* they mostly come in the order in which they were sent */
  for (int row = 0; row < db_row_count(rows); row++) {
    for (size_t tries = 0; tries < count; tries++, at = (at + 1) % count) {
      if (groups[at]->state.vehicle_id == db_int64(rows, row, 0) && text_equal(groups[at]->state.name, db_text(rows, row, 1))) {
        groups[at]->is_done = true;
        break;
      }
    }
  }
}

/* Halves a set that the database refuses until the shadow at fault stands alone: numbers beyond its range, for one. */
static struct error write_groups(const struct store *store, struct group *const *groups, size_t count)
{
  const struct db_rows *rows = NULL;
  struct error error =
      db_query(store->connection, store->arena, &SQL_UPSERT_SHADOWS, parameters_of(store->arena, groups, count), &rows);
  if (error.code == ERROR_NONE) {
    mark_done(groups, count, rows);
    store->counts->stored += (uint64_t)db_row_count(rows);
    return error;
  }
  if (!batch_error_is_of_data(&error)) {
    return error;
  }
  if (count == 1) {
    LOG_WARNING("shadow_refused_by_database", "vehicle_id=%lld sqlstate=%s detail=%s", (long long)groups[0]->state.vehicle_id,
                error.sqlstate, log_quote_cstring(error.detail));
    groups[0]->is_done = true;
    store->counts->refused++;
    return error_none();
  }
  TRY(write_groups(store, groups, count / 2));
  return write_groups(store, groups + count / 2, count - count / 2);
}

/* ---- what is reported ---- */

static struct shadow_report *add_report(struct shadow_reports *reports)
{
  if (reports->count == reports->capacity) {
    reports->capacity = reports->capacity == 0 ? 64 : reports->capacity * 2;
    reports->items = realloc(reports->items, reports->capacity * sizeof *reports->items);
    if (reports->items == NULL) {
      error_out_of_memory(reports->capacity * sizeof *reports->items);
    }
  }
  return &reports->items[reports->count++];
}

/* Every state that was told counts, also one that came late and is not stored. */
static void tell(struct arena *arena, struct shadow_reports *reports, const struct group *group)
{
  for (size_t i = 0; i < group->count; i++) {
    const struct shadow_update *update = &group->items[i].update;
    bool is_whole = update->extent == SHADOW_EXTENT_WHOLE;
    if (update->reported == NULL && !is_whole) {
      continue;
    }
    struct text desired = update->desired != NULL ? update->desired->raw : TEXT("{}");
    *add_report(reports) = (struct shadow_report){group->items[0].vehicle_id, group->items[0].update.name, update->version,
                                                  update->reported != NULL ? update->reported->raw : TEXT("{}"),
                                                  is_whole ? desired : (struct text){NULL, 0}};
  }
  if (!group->has_whole && group->state.reported.data != NULL) {
    const struct shadow_state *state = &group->state;
    *add_report(reports) = (struct shadow_report){state->vehicle_id, text_copy(arena, state->name), state->mark.version,
                                                  state->reported, state->desired};
  }
}

/* ---- a set ---- */

static struct error write_round(const struct store *store, struct group *groups, size_t count, bool *is_done)
{
  struct group **written = arena_alloc_array(store->arena, count, sizeof(struct group *));
  size_t written_count = 0;
  *is_done = true;
  TRY(read_stored(store, groups, count));
  for (size_t i = 0; i < count; i++) {
    struct group *group = &groups[i];
    if (group->is_done) {
      continue;
    }
    if (shadow_fold(store->arena, group->items, group->count, group->stored, &group->state)) {
      written[written_count++] = group;
    } else {
      group->is_done = true;
    }
  }
  if (written_count != 0) {
    TRY(write_groups(store, written, written_count));
  }
  for (size_t i = 0; i < count; i++) {
    *is_done = *is_done && groups[i].is_done;
  }
  return error_none();
}

static struct error write_chunk(const struct store *store, const struct shadow_pending *pending, size_t first, size_t end)
{
  struct shadow_item *items = NULL;
  struct group *groups = NULL;
  bool is_done = false;
  size_t item_count = read_texts(store, pending, first, end, &items);
  size_t group_count = make_groups(store, items, item_count, &groups);
  for (int round = 0; round < MERGE_ROUNDS_MAX && !is_done && group_count != 0; round++) {
    TRY(write_round(store, groups, group_count, &is_done));
  }
  for (size_t i = 0; i < group_count && store->reports != NULL; i++) {
    tell(store->arena, store->reports, &groups[i]);
  }
  return error_none();
}

static struct error introduce_strangers(const struct store *store, struct shadow_pending *pending)
{
  size_t count = 0;
  for (const struct shadow_text *text = shadow_pending_strangers(pending); text != NULL; text = text->next) {
    count++;
  }
  if (count == 0) {
    return error_none();
  }
  struct text *names = arena_alloc_array(store->arena, count, sizeof *names);
  int64_t *ids = arena_alloc_array(store->arena, count, sizeof *ids);
  size_t at = 0;
  for (const struct shadow_text *text = shadow_pending_strangers(pending); text != NULL; text = text->next) {
    names[at++] = text->vehicle;
  }
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(store->arena);
  db_add_text_array(parameters, names, count);
  TRY(db_query(store->connection, store->arena, &SQL_SELECT_VEHICLES, parameters, &rows));
  for (int row = 0; row < db_row_count(rows); row++) {
    for (size_t i = 0; i < count; i++) {
      ids[i] = text_equal(names[i], db_text(rows, row, 1)) ? db_int64(rows, row, 0) : ids[i];
    }
  }
  shadow_pending_introduce(pending, ids);
  return error_none();
}

struct error shadow_store_write(struct db_connection *connection, struct arena *arena, struct shadow_pending *pending,
                                struct shadow_reports *reports, struct shadow_store_counts *counts)
{
  const struct store store = {connection, arena, reports, counts};
  TRY(introduce_strangers(&store, pending));
  for (size_t first = 0; first < shadow_pending_count(pending); first += CHUNK_ENTRIES) {
    size_t end = first + CHUNK_ENTRIES < shadow_pending_count(pending) ? first + CHUNK_ENTRIES : shadow_pending_count(pending);
    if (reports == NULL) {
      arena_reset(arena);
    }
    TRY(write_chunk(&store, pending, first, end));
  }
  return error_none();
}
