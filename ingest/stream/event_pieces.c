#include "ingest/stream/event_pieces.h"

#include <pthread.h>
#include <stdlib.h>

#include "server/base/arena.h"

enum {
  PIECE_BYTES = 256 * 1024,
  PIECE_VALUES_MAX = 2000, /* as many as the writer puts into one transaction */
  PIECE_BROKEN_MAX = 250,
  MEMORY_MAX_BYTES = 4 * 1024 * 1024,
  ARENA_BYTES = 16 * 1024,
  TRIES_AT_ONCE = 8,
};

/* One delivery: its body is the bytes that it was read from. */
struct piece {
  struct delivery delivery;
  struct event_pieces *pieces;
  struct arena *arena;
  struct buffer body;
  struct piece *next; /* in the line */
};

/* Where a value stands in the input. */
struct place {
  uint32_t number; /* within its record, or the input */
  uint32_t record;
};

struct broken {
  struct place place;
  size_t offset;
  size_t length;
  struct text field; /* data == NULL: its place */
  struct text reason;
};

struct event_pieces {
  struct event_stream_settings settings;
  void (*on_finished)(void *owner, struct event_stream_totals *totals);
  void *owner;
  struct arena *texts;

  /* The source's thread. */
  struct arena *parsed; /* what event_read makes, piece by piece */
  struct buffer scratch;
  struct buffer values; /* "[value,value" */
  size_t value_count;
  struct place places[PIECE_VALUES_MAX];
  struct buffer broken_bytes;
  size_t broken_count;
  struct broken broken[PIECE_BROKEN_MAX];
  struct arena *broken_texts;
  struct place place; /* of the next value */
  bool has_records;
  uint64_t count; /* of all values and broken ones */
  bool has_delivered;

  pthread_mutex_t mutex; /* all below */
  struct batch_writer_waiter waiter;
  struct piece *line; /* the writer had no room for them yet */
  struct piece **line_end;
  size_t under_way;
  size_t under_way_bytes;
  bool is_waiting; /* the waiter is with the writer */
  int calls;       /* of on_room that have not returned */
  bool wants_room;
  bool has_ended;
  bool has_failed;
  struct event_stream_totals totals;
};

static void on_writer_room(struct batch_writer_waiter *waiter);

struct event_pieces *event_pieces_new(const struct event_stream_settings *settings,
                                      void (*on_finished)(void *owner, struct event_stream_totals *totals), void *owner)
{
  struct event_pieces *pieces = calloc(1, sizeof *pieces);
  if (pieces == NULL) {
    error_out_of_memory(sizeof *pieces);
  }
  pieces->settings = *settings;
  pieces->on_finished = on_finished;
  pieces->owner = owner;
  pieces->texts = arena_new(512);
  pieces->settings.vehicle_hint = text_copy(pieces->texts, settings->vehicle_hint);
  pieces->settings.file = text_copy(pieces->texts, settings->file);
  pieces->settings.request_id = text_copy(pieces->texts, settings->request_id);
  if (settings->memory_max_bytes == 0) {
    pieces->settings.memory_max_bytes = MEMORY_MAX_BYTES;
  }
  pieces->parsed = arena_new(ARENA_BYTES);
  pieces->broken_texts = arena_new(512);
  pieces->line_end = &pieces->line;
  pieces->waiter.on_room = on_writer_room;
  (void)pthread_mutex_init(&pieces->mutex, NULL);
  return pieces;
}

static void free_piece(struct piece *piece)
{
  buffer_free(&piece->body);
  arena_free(piece->arena);
  free(piece);
}

static void drop_line(struct event_pieces *pieces)
{
  while (pieces->line != NULL) {
    struct piece *piece = pieces->line;
    pieces->line = piece->next;
    free_piece(piece);
  }
  pieces->line_end = &pieces->line;
}

/* ---- both sides, under the lock ---- */

static void lock(struct event_pieces *pieces)
{
  (void)pthread_mutex_lock(&pieces->mutex);
}

static void unlock(struct event_pieces *pieces)
{
  (void)pthread_mutex_unlock(&pieces->mutex);
}

static void fail(struct event_pieces *pieces, struct error outcome)
{
  if (!pieces->has_failed) {
    pieces->has_failed = true;
    pieces->totals.outcome = outcome;
  }
  drop_line(pieces);
}

/* To the writer, as far as it has room. One that is full of nothing that would end (the spool takes no more) is not waited for:
 * the whole is to be given again later. */
static void submit_line(struct event_pieces *pieces)
{
  int tries_left = TRIES_AT_ONCE;
  while (pieces->line != NULL && !pieces->is_waiting) {
    struct piece *piece = pieces->line;
    struct error error = batch_writer_submit(pieces->settings.writer, &piece->delivery);
    if (error.code == ERROR_BUSY) {
      pieces->is_waiting = batch_writer_wait_for_room(pieces->settings.writer, &pieces->waiter);
      if (!pieces->is_waiting && --tries_left == 0) {
        fail(pieces, error);
      }
    } else if (error.code != ERROR_NONE) {
      fail(pieces, error);
    } else {
      pieces->line = piece->next;
      pieces->line_end = pieces->line == NULL ? &pieces->line : pieces->line_end;
      pieces->under_way++;
      pieces->under_way_bytes += piece->delivery.memory_bytes;
    }
  }
}

static enum event_stream_state state_of(const struct event_pieces *pieces)
{
  if (pieces->has_failed) {
    return EVENT_STREAM_FAILED;
  }
  bool has_room = pieces->line == NULL && pieces->under_way_bytes < pieces->settings.memory_max_bytes;
  return has_room ? EVENT_STREAM_TAKEN : EVENT_STREAM_FULL;
}

static void finish(struct event_pieces *pieces)
{
  pieces->on_finished(pieces->owner, &pieces->totals);
  buffer_free(&pieces->scratch);
  buffer_free(&pieces->values);
  buffer_free(&pieces->broken_bytes);
  arena_free(pieces->parsed);
  arena_free(pieces->broken_texts);
  arena_free(pieces->texts);
  (void)pthread_mutex_destroy(&pieces->mutex);
  free(pieces);
}

/* Unlocks. Nobody may touch the pieces afterwards but the source, and the source not once it has ended them. */
static void settle(struct event_pieces *pieces)
{
  submit_line(pieces);
  if (pieces->wants_room && state_of(pieces) != EVENT_STREAM_FULL) {
    pieces->wants_room = false;
    pieces->calls++;
    unlock(pieces);
    pieces->settings.on_room(pieces->settings.context);
    lock(pieces);
    pieces->calls--;
  }
  bool is_over =
      pieces->has_ended && pieces->under_way == 0 && pieces->line == NULL && !pieces->is_waiting && pieces->calls == 0;
  unlock(pieces);
  if (is_over) {
    finish(pieces);
  }
}

/* ---- the writer's thread ---- */

static void on_writer_room(struct batch_writer_waiter *waiter)
{
  struct event_pieces *pieces = (struct event_pieces *)((char *)waiter - offsetof(struct event_pieces, waiter));
  lock(pieces);
  pieces->is_waiting = false;
  settle(pieces);
}

static void count(struct event_pieces *pieces, const struct delivery *delivery)
{
  struct event_stream_totals *totals = &pieces->totals;
  size_t all = delivery->breadcrumb_count + delivery->reject_count;
  if (delivery->outcome.code == ERROR_BAD_INPUT) {
    totals->rejected += all;
  } else if (delivery->outcome.code != ERROR_NONE) {
    fail(pieces, delivery->outcome);
  } else if (delivery->is_spooled) {
    totals->spooled += all;
  } else {
    totals->stored += delivery->stored_count;
    totals->duplicates += delivery->duplicate_count;
    totals->duplicates_elsewhere += delivery->duplicate_elsewhere_count;
    totals->rejected += delivery->reject_count;
  }
}

static void on_done(struct delivery *first)
{
  while (first != NULL) {
    struct delivery *next = first->next;
    struct piece *piece = first->owner;
    struct event_pieces *pieces = piece->pieces;
    lock(pieces);
    pieces->under_way--;
    pieces->under_way_bytes -= first->memory_bytes;
    count(pieces, first);
    free_piece(piece);
    settle(pieces);
    first = next;
  }
}

/* ---- making a piece ---- */

static struct piece *new_piece(struct event_pieces *pieces, struct buffer *body)
{
  struct piece *piece = calloc(1, sizeof *piece);
  if (piece == NULL) {
    error_out_of_memory(sizeof *piece);
  }
  piece->pieces = pieces;
  piece->arena = arena_new(ARENA_BYTES);
  piece->body = *body;
  *body = (struct buffer){0};
  return piece;
}

static void deliver(struct event_pieces *pieces, struct piece *piece)
{
  struct delivery *delivery = &piece->delivery;
  delivery->request_id = pieces->settings.request_id;
  delivery->vehicle_hint = pieces->settings.vehicle_hint;
  delivery->received_at_us = pieces->settings.received_at_us;
  delivery->source = pieces->settings.source;
  delivery->is_continuation = pieces->has_delivered;
  delivery->is_repeatable = pieces->settings.is_repeatable;
  delivery->memory_bytes = sizeof *piece + piece->body.capacity + arena_used_bytes(piece->arena);
  delivery->on_done = on_done;
  delivery->owner = piece;
  pieces->has_delivered = true;
  lock(pieces);
  pieces->totals.events += delivery->breadcrumb_count + delivery->reject_count;
  if (pieces->has_failed) {
    free_piece(piece);
  } else {
    *pieces->line_end = piece;
    pieces->line_end = &piece->next;
  }
  submit_line(pieces);
  unlock(pieces);
}

/* "[12]", "records[3]", "records[3][1]"; "$" for the only value of an input. */
static struct text path_of(const struct event_pieces *pieces, struct arena *arena, struct place place, struct text within)
{
  const char *dot = within.length != 0 && within.data[0] != '[' ? "." : "";
  char *path = NULL;
  if (pieces->has_records && place.number == 0) {
    path = arena_printf(arena, "records[%u]%s%.*s", place.record, dot, TEXT_ARGS(within));
  } else if (pieces->has_records) {
    path = arena_printf(arena, "records[%u][%u]%s%.*s", place.record, place.number, dot, TEXT_ARGS(within));
  } else if (pieces->count == 1) {
    path = arena_printf(arena, "%.*s", TEXT_ARGS(within.length != 0 ? within : TEXT("$")));
  } else {
    path = arena_printf(arena, "[%u]%s%.*s", place.number, dot, TEXT_ARGS(within));
  }
  return text_from(path);
}

/* What event_read says of value N of the piece, without that. */
static struct text within_value(struct text field)
{
  const char *end = field.length != 0 && field.data[0] == '[' ? memchr(field.data, ']', field.length) : NULL;
  if (end != NULL) {
    size_t cut = (size_t)(end + 1 - field.data);
    field = (struct text){field.data + cut, field.length - cut};
  }
  return field.length != 0 && field.data[0] == '.' ? (struct text){field.data + 1, field.length - 1} : field;
}

/* What event_read has made ends with the next piece; what borrows from the body stays. */
static struct text keep(const struct piece *piece, struct text text)
{
  bool is_within = text.data >= piece->body.data && text.data < piece->body.data + piece->body.length;
  return text.data == NULL || is_within ? text : text_copy(piece->arena, text);
}

static void keep_events(const struct event_pieces *pieces, struct piece *piece, const struct events *events)
{
  struct breadcrumb *breadcrumbs = arena_alloc_array(piece->arena, events->breadcrumb_count, sizeof *breadcrumbs);
  for (size_t i = 0; i < events->breadcrumb_count; i++) {
    breadcrumbs[i] = events->breadcrumbs[i];
    breadcrumbs[i].vehicle = keep(piece, breadcrumbs[i].vehicle);
    breadcrumbs[i].extra = keep(piece, breadcrumbs[i].extra);
    breadcrumbs[i].shadow = keep(piece, breadcrumbs[i].shadow);
  }
  struct rejected *rejects = arena_alloc_array(piece->arena, events->reject_count, sizeof *rejects);
  for (size_t i = 0; i < events->reject_count; i++) {
    struct place place = pieces->places[events->rejects[i].index];
    rejects[i] = events->rejects[i];
    rejects[i].index = place.number;
    rejects[i].vehicle = keep(piece, rejects[i].vehicle);
    rejects[i].field = path_of(pieces, piece->arena, place, within_value(rejects[i].field));
    rejects[i].reason = keep(piece, rejects[i].reason);
    rejects[i].body = keep(piece, rejects[i].body);
  }
  piece->delivery.breadcrumbs = breadcrumbs;
  piece->delivery.breadcrumb_count = events->breadcrumb_count;
  piece->delivery.rejects = rejects;
  piece->delivery.reject_count = events->reject_count;
}

/* An array, so that an array among the values stays one of them. */
static void deliver_values(struct event_pieces *pieces)
{
  struct events events;
  if (pieces->value_count == 0) {
    return;
  }
  buffer_append_char(&pieces->values, ']');
  struct piece *piece = new_piece(pieces, &pieces->values);
  piece->delivery.body = buffer_text(&piece->body);
  struct event_input input = {.body = piece->delivery.body,
                              .vehicle_hint = pieces->settings.vehicle_hint,
                              .file = pieces->settings.file,
                              .now_us = pieces->settings.received_at_us,
                              .source = pieces->settings.source};
  event_read(pieces->parsed, &pieces->scratch, pieces->settings.events, &input, &events);
  keep_events(pieces, piece, &events);
  arena_reset(pieces->parsed);
  pieces->value_count = 0;
  deliver(pieces, piece);
}

static void deliver_broken(struct event_pieces *pieces)
{
  if (pieces->broken_count == 0) {
    return;
  }
  struct piece *piece = new_piece(pieces, &pieces->broken_bytes);
  struct rejected *rejects = arena_alloc_array(piece->arena, pieces->broken_count, sizeof *rejects);
  for (size_t i = 0; i < pieces->broken_count; i++) {
    const struct broken *broken = &pieces->broken[i];
    rejects[i] = (struct rejected){.index = broken->place.number,
                                   .field = broken->field.data != NULL ? text_copy(piece->arena, broken->field)
                                                                       : path_of(pieces, piece->arena, broken->place, TEXT("")),
                                   .reason = text_copy(piece->arena, broken->reason),
                                   .body = {piece->body.data + broken->offset, broken->length}};
  }
  arena_reset(pieces->broken_texts);
  piece->delivery.body = buffer_text(&piece->body);
  piece->delivery.rejects = rejects;
  piece->delivery.reject_count = pieces->broken_count;
  pieces->broken_count = 0;
  deliver(pieces, piece);
}

/* ---- the source's thread ---- */

void event_pieces_begin_record(struct event_pieces *pieces, uint32_t index)
{
  pieces->has_records = true;
  pieces->place = (struct place){.record = index};
}

void event_pieces_add_value(struct event_pieces *pieces, struct text value)
{
  buffer_append_char(&pieces->values, pieces->value_count == 0 ? '[' : ',');
  buffer_append_text(&pieces->values, value);
  pieces->places[pieces->value_count++] = pieces->place;
  pieces->place.number++;
  pieces->count++;
  if (pieces->value_count == PIECE_VALUES_MAX || pieces->values.length >= PIECE_BYTES) {
    deliver_values(pieces);
  }
}

void event_pieces_add_broken(struct event_pieces *pieces, const char *field, const char *reason, struct text bytes)
{
  struct broken *broken = &pieces->broken[pieces->broken_count++];
  *broken = (struct broken){.place = pieces->place, .offset = pieces->broken_bytes.length, .length = bytes.length};
  broken->reason = rejected_storable(text_copy(pieces->broken_texts, text_from(reason)));
  if (field != NULL) {
    broken->field = rejected_storable(text_copy(pieces->broken_texts, text_from(field)));
  }
  buffer_append_text(&pieces->broken_bytes, bytes);
  buffer_append_char(&pieces->broken_bytes, '\n');
  pieces->place.number++;
  pieces->count++;
  if (pieces->broken_count == PIECE_BROKEN_MAX || pieces->broken_bytes.length >= PIECE_BYTES) {
    deliver_broken(pieces);
  }
}

enum event_stream_state event_pieces_state(struct event_pieces *pieces)
{
  lock(pieces);
  enum event_stream_state state = state_of(pieces);
  unlock(pieces);
  return state;
}

bool event_pieces_wait_for_room(struct event_pieces *pieces)
{
  lock(pieces);
  pieces->wants_room = state_of(pieces) == EVENT_STREAM_FULL;
  bool waits = pieces->wants_room;
  unlock(pieces);
  return waits;
}

static void end(struct event_pieces *pieces, struct error outcome)
{
  lock(pieces);
  pieces->has_ended = true;
  pieces->wants_room = false;
  if (outcome.code != ERROR_NONE) {
    fail(pieces, outcome);
  }
  settle(pieces);
}

void event_pieces_finish(struct event_pieces *pieces)
{
  deliver_values(pieces);
  deliver_broken(pieces);
  end(pieces, error_none());
}

void event_pieces_abandon(struct event_pieces *pieces, struct error outcome)
{
  end(pieces, outcome);
}
