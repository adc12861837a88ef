#include "ingest/stream/event_splitter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/events/event_resync.h"
#include "ingest/events/event_scanner.h"
#include "server/base/arena.h"
#include "server/json/broken.h"
#include "server/json/reader.h"

enum {
  ARENA_BYTES = 16 * 1024,
  ARRAY_HEAD_MAX = 256,
  /* So many broken values in a row are kept each for itself; what follows up to the next good one is kept as one: it is no list
   * of events at all. */
  BAD_RUN_MAX = 1000,
};

enum mode {
  MODE_BETWEEN, /* separators and brackets of arrays */
  MODE_VALUE,   /* an object, or an array within an array */
  MODE_SCALAR,  /* a string, number or word */
  MODE_BROKEN,  /* a broken value whose end is looked for */
  MODE_SKIP,    /* a broken value that is over before another seems to begin */
  MODE_LARGE,   /* a value that is too large, and not known to be broken */
};

struct event_splitter {
  struct buffer window; /* what is not used up begins at `start` */
  size_t start;
  size_t used; /* by the item that was handed out last */
  enum mode mode;
  bool is_ended;
  bool in_array;
  struct event_scanner scanner;
  size_t broken_at;   /* MODE_BROKEN: how far from the start the value looks good */
  bool is_unbalanced; /* an end by brackets was looked for in vain in the last EVENT_SPLITTER_AHEAD bytes */
  size_t since_unbalanced;
  struct event_resync resync; /* MODE_SKIP */
  struct buffer skipped;      /* MODE_SKIP, MODE_LARGE: its first bytes */
  uint64_t skipped_bytes;
  struct buffer array_head; /* the first bytes of the array at hand */
  struct buffer junk;       /* the first bytes of too many broken values in a row */
  uint64_t junk_bytes;
  size_t bad_run;
  bool has_held; /* an item that is said after the junk before it */
  enum split_result held_result;
  struct split_item held;
  struct arena *arena;
  char reason[ERROR_DETAIL_MAX + 64];
};

struct event_splitter *event_splitter_new(void)
{
  struct event_splitter *splitter = calloc(1, sizeof *splitter);
  if (splitter == NULL) {
    error_out_of_memory(sizeof *splitter);
  }
  splitter->arena = arena_new(ARENA_BYTES);
  buffer_reserve(&splitter->window, 1); /* pointers into it always exist */
  return splitter;
}

void event_splitter_free(struct event_splitter *splitter)
{
  if (splitter != NULL) {
    buffer_free(&splitter->window);
    buffer_free(&splitter->skipped);
    buffer_free(&splitter->array_head);
    buffer_free(&splitter->junk);
    arena_free(splitter->arena);
    free(splitter);
  }
}

/* ---- the window ---- */

static struct text window(const struct event_splitter *splitter)
{
  return (struct text){splitter->window.data + splitter->start, splitter->window.length - splitter->start};
}

static void append_up_to(struct buffer *buffer, struct text bytes, size_t length_max)
{
  size_t room = length_max > buffer->length ? length_max - buffer->length : 0;
  buffer_append(buffer, bytes.data, bytes.length < room ? bytes.length : room);
}

static void use_up(struct event_splitter *splitter, size_t length)
{
  if (splitter->in_array) {
    append_up_to(&splitter->array_head, (struct text){window(splitter).data, length}, ARRAY_HEAD_MAX);
  }
  splitter->start += length;
  splitter->since_unbalanced += length;
}

void event_splitter_add(struct event_splitter *splitter, struct text bytes)
{
  if (splitter->start != 0) { /* what is left is less than one value */
    splitter->window.length -= splitter->start;
    memmove(splitter->window.data, splitter->window.data + splitter->start, splitter->window.length);
    splitter->start = 0;
  }
  buffer_append_text(&splitter->window, bytes);
}

void event_splitter_end(struct event_splitter *splitter)
{
  splitter->is_ended = true;
}

/* ---- what comes out ---- */

static enum split_result hand_out(struct event_splitter *splitter, enum split_result result, struct text text, size_t used,
                                  struct split_item *item)
{
  if (text.length > EVENT_SPLITTER_VALUE_MAX) {
    text.length = EVENT_SPLITTER_VALUE_MAX;
  }
  *item = (struct split_item){.text = text, .reason = splitter->reason};
  splitter->used = used;
  splitter->mode = MODE_BETWEEN;
  return result;
}

static void set_mode(struct event_splitter *splitter, enum mode mode)
{
  splitter->mode = mode;
  splitter->scanner = event_scanner_make(mode == MODE_VALUE);
}

static void say_why(struct event_splitter *splitter, struct text value)
{
  const struct json *ignored = NULL;
  struct text rest = value;
  struct error error = json_parse_next(splitter->arena, &rest, JSON_LIMITS_DEFAULT, &ignored);
  (void)snprintf(splitter->reason, sizeof splitter->reason, "%s",
                 error.code != ERROR_NONE ? error.detail : "not acceptable JSON: it is not clear where the value ends");
  arena_reset(splitter->arena);
}

static void say_too_large(struct event_splitter *splitter)
{
  (void)snprintf(splitter->reason, sizeof splitter->reason, "a value may have %d bytes", EVENT_SPLITTER_VALUE_MAX);
}

/* ---- between values ---- */

static enum split_result end_array(struct event_splitter *splitter, struct split_item *item)
{
  splitter->in_array = false;
  (void)snprintf(splitter->reason, sizeof splitter->reason,
                 "not acceptable JSON: the input ends where ',' or ']' should be; its elements have been read");
  return hand_out(splitter, SPLIT_BROKEN, buffer_text(&splitter->array_head), 0, item);
}

/* Whether a bracket was read that begins or ends an array of values. */
static bool read_bracket(struct event_splitter *splitter, char byte)
{
  if (byte == '[' && !splitter->in_array) {
    splitter->in_array = true;
    buffer_clear(&splitter->array_head);
    use_up(splitter, 1);
    return true;
  }
  if (byte == ']' && splitter->in_array) {
    use_up(splitter, 1);
    splitter->in_array = false;
    return true;
  }
  return false;
}

/* True: a value begins. */
static bool find_value(struct event_splitter *splitter)
{
  for (struct text rest = window(splitter); rest.length != 0; rest = window(splitter)) {
    size_t separators = 0;
    while (separators < rest.length && event_is_separator(rest.data[separators])) {
      separators++;
    }
    use_up(splitter, separators);
    if (separators == rest.length) {
      return false;
    }
    char byte = rest.data[separators];
    if (!read_bracket(splitter, byte)) {
      set_mode(splitter, byte == '{' || byte == '[' ? MODE_VALUE : MODE_SCALAR);
      return true;
    }
  }
  return false;
}

/* ---- one value ---- */

static void begin_skip(struct event_splitter *splitter, enum mode mode, size_t length)
{
  struct text bytes = {window(splitter).data, length};
  buffer_clear(&splitter->skipped);
  append_up_to(&splitter->skipped, bytes, EVENT_SPLITTER_VALUE_MAX);
  splitter->skipped_bytes = length;
  use_up(splitter, length);
  splitter->mode = mode;
  splitter->resync = (struct event_resync){false, false};
}

static struct text at_most(struct text bytes, size_t length_max)
{
  return (struct text){bytes.data, bytes.length < length_max ? bytes.length : length_max};
}

/* The value has no end within the bytes given. */
static bool wants_more(struct event_splitter *splitter, struct text bytes)
{
  if (bytes.length == EVENT_SPLITTER_VALUE_MAX) {
    say_too_large(splitter);
    begin_skip(splitter, splitter->mode == MODE_SCALAR ? MODE_SKIP : MODE_LARGE, bytes.length);
    /* What the scanner has seen of it stays true; it can no longer be looked back into. */
    splitter->scanner.is_whole = false;
    splitter->scanner.at = 0;
    return false;
  }
  if (splitter->is_ended) {
    splitter->broken_at = bytes.length;
    splitter->mode = MODE_BROKEN;
    return false;
  }
  return true;
}

static enum split_result read_value(struct event_splitter *splitter, struct split_item *item)
{
  struct text bytes = at_most(window(splitter), EVENT_SPLITTER_VALUE_MAX);
  switch (event_scan(&splitter->scanner, bytes)) {
  case SCAN_END:
    return hand_out(splitter, SPLIT_VALUE, (struct text){bytes.data, splitter->scanner.at}, splitter->scanner.at, item);
  case SCAN_BROKEN:
    splitter->broken_at = splitter->scanner.at;
    splitter->mode = MODE_BROKEN;
    return SPLIT_END;
  case SCAN_MORE:
    break;
  }
  return wants_more(splitter, bytes) ? SPLIT_MORE : SPLIT_END;
}

/* Behind the last byte of a string, or of what touches; 0: it is not there yet. */
static size_t scalar_length(struct text bytes, bool is_ended)
{
  if (bytes.data[0] == '"') {
    for (size_t at = 1; at < bytes.length; at++) {
      if (bytes.data[at] == '"' || bytes.data[at] == '\n') {
        return at + 1;
      }
      at += bytes.data[at] == '\\';
    }
    return is_ended ? bytes.length : 0;
  }
  for (size_t at = 1; at < bytes.length; at++) {
    if (memchr(" ,\n\r\t[]{\"", bytes.data[at], 9) != NULL) {
      return at;
    }
  }
  return is_ended ? bytes.length : 0;
}

static enum split_result read_scalar(struct event_splitter *splitter, struct split_item *item)
{
  struct text bytes = at_most(window(splitter), EVENT_SPLITTER_VALUE_MAX);
  size_t length = scalar_length(bytes, splitter->is_ended && bytes.length < EVENT_SPLITTER_VALUE_MAX);
  if (length == 0) {
    return wants_more(splitter, bytes) ? SPLIT_MORE : SPLIT_END;
  }
  struct text value = {bytes.data, length};
  struct text rest = value;
  const struct json *read = NULL;
  struct error error = json_parse_next(splitter->arena, &rest, JSON_LIMITS_DEFAULT, &read);
  arena_reset(splitter->arena);
  if (error.code == ERROR_NONE && rest.length == 0) {
    return hand_out(splitter, SPLIT_VALUE, value, length, item);
  }
  splitter->broken_at = length;
  splitter->mode = MODE_BROKEN;
  return SPLIT_END;
}

/* ---- broken ones ---- */

static enum split_result hand_out_broken(struct event_splitter *splitter, struct text bytes, struct text value, size_t used,
                                         struct split_item *item)
{
  say_why(splitter, bytes);
  if (value.length > EVENT_SPLITTER_VALUE_MAX) {
    size_t length = strlen(splitter->reason);
    (void)snprintf(splitter->reason + length, sizeof splitter->reason - length, " (%zu bytes, of which the first %d are kept)",
                   value.length, EVENT_SPLITTER_VALUE_MAX);
  }
  return hand_out(splitter, SPLIT_BROKEN, value, used, item);
}

/* Finds the end as event_read does. False: none within the bytes. */
static bool find_end(struct event_splitter *splitter, struct text bytes, bool is_all, size_t restart, struct text *value,
                     size_t *used)
{
  bool is_scalar = bytes.data[0] != '{' && bytes.data[0] != '[';
  struct json_broken state = {.is_unbalanced = splitter->is_unbalanced};
  /* Once brackets have led nowhere they are not followed beyond what seems to be the next value: time is linear that way. */
  struct text rest = splitter->is_unbalanced || is_scalar ? at_most(bytes, restart) : bytes;
  bool is_found = json_broken_cut(&state, &rest, splitter->in_array, value);
  if (state.is_unbalanced && !splitter->is_unbalanced) {
    splitter->is_unbalanced = true;
    splitter->since_unbalanced = 0;
  }
  *used = (size_t)(rest.data - bytes.data);
  return is_found && (is_all || !is_scalar || *used != bytes.length);
}

static enum split_result read_broken(struct event_splitter *splitter, struct split_item *item)
{
  size_t wanted = splitter->broken_at + EVENT_SPLITTER_AHEAD;
  struct text bytes = at_most(window(splitter), wanted);
  bool is_all = splitter->is_ended && bytes.length == window(splitter).length;
  if (bytes.length < wanted && !splitter->is_ended) {
    return SPLIT_MORE;
  }
  if (splitter->since_unbalanced >= EVENT_SPLITTER_AHEAD) {
    splitter->is_unbalanced = false;
  }
  bool is_junk = bytes.data[0] != '{' && bytes.data[0] != '[';
  size_t restart = is_junk ? event_resync_in_junk(bytes) : splitter->scanner.restart;
  struct text value;
  size_t used = 0;
  if (find_end(splitter, bytes, is_all, restart, &value, &used)) {
    return hand_out_broken(splitter, bytes, value, used, item);
  }
  if (restart != SIZE_MAX) {
    return hand_out_broken(splitter, bytes, at_most(bytes, restart), restart, item);
  }
  say_why(splitter, bytes);
  begin_skip(splitter, MODE_SKIP, splitter->broken_at);
  return SPLIT_END;
}

/* ---- what is not kept in the window ---- */

static void skip(struct event_splitter *splitter, size_t length)
{
  append_up_to(&splitter->skipped, (struct text){window(splitter).data, length}, EVENT_SPLITTER_VALUE_MAX);
  splitter->skipped_bytes += length;
  use_up(splitter, length);
}

static enum split_result end_skip(struct event_splitter *splitter, struct split_item *item)
{
  if (splitter->skipped_bytes > splitter->skipped.length) {
    size_t length = strlen(splitter->reason);
    (void)snprintf(splitter->reason + length, sizeof splitter->reason - length,
                   " (%" PRIu64 " bytes, of which the first %zu are kept)", splitter->skipped_bytes, splitter->skipped.length);
  }
  return hand_out(splitter, SPLIT_BROKEN, buffer_text(&splitter->skipped), 0, item);
}

static enum split_result read_on(struct event_splitter *splitter, struct split_item *item)
{
  struct text bytes = window(splitter);
  size_t next = event_resync_find(&splitter->resync, bytes, splitter->in_array);
  if (next != SIZE_MAX) {
    skip(splitter, next);
    return end_skip(splitter, item);
  }
  skip(splitter, bytes.length);
  if (!splitter->is_ended) {
    return SPLIT_MORE;
  }
  splitter->in_array = false; /* the value at fault has swallowed its end */
  return end_skip(splitter, item);
}

static enum split_result read_large(struct event_splitter *splitter, struct split_item *item)
{
  struct text bytes = window(splitter);
  enum scan_result result = event_scan(&splitter->scanner, bytes);
  size_t seen = splitter->scanner.at;
  splitter->scanner.at = 0;
  skip(splitter, seen);
  if (result == SCAN_END || (result == SCAN_BROKEN && splitter->scanner.restart != SIZE_MAX) ||
      (result == SCAN_MORE && splitter->is_ended)) {
    return end_skip(splitter, item);
  }
  if (result == SCAN_BROKEN) {
    splitter->mode = MODE_SKIP;
    splitter->resync = (struct event_resync){false, false};
    return SPLIT_END;
  }
  return SPLIT_MORE;
}

/* ---- */

/* SPLIT_END with an input that has not ended: the mode has changed. */
static enum split_result step(struct event_splitter *splitter, struct split_item *item)
{
  switch (splitter->mode) {
  case MODE_BETWEEN:
    return find_value(splitter) ? SPLIT_END : SPLIT_MORE;
  case MODE_VALUE:
    return read_value(splitter, item);
  case MODE_SCALAR:
    return read_scalar(splitter, item);
  case MODE_BROKEN:
    return read_broken(splitter, item);
  case MODE_SKIP:
    return read_on(splitter, item);
  case MODE_LARGE:
    return read_large(splitter, item);
  }
  return SPLIT_MORE;
}

static enum split_result next_of_input(struct event_splitter *splitter, struct split_item *item)
{
  use_up(splitter, splitter->used);
  splitter->used = 0;
  for (;;) {
    enum split_result result = step(splitter, item);
    if (result == SPLIT_MORE && splitter->is_ended) {
      if (splitter->in_array) {
        return end_array(splitter, item);
      }
      splitter->is_ended = false;
      return SPLIT_END;
    }
    if (result != SPLIT_END) {
      return result;
    }
  }
}

static enum split_result hand_out_junk(struct event_splitter *splitter, struct split_item *item)
{
  (void)snprintf(splitter->reason, sizeof splitter->reason,
                 "no event among the last %d values and %" PRIu64 " bytes more, of which the first %zu are kept", BAD_RUN_MAX,
                 splitter->junk_bytes, splitter->junk.length);
  *item = (struct split_item){.text = buffer_text(&splitter->junk), .reason = splitter->reason};
  splitter->junk_bytes = 0;
  return SPLIT_BROKEN;
}

enum split_result event_splitter_next(struct event_splitter *splitter, struct split_item *item)
{
  if (splitter->has_held) {
    splitter->has_held = false;
    *item = splitter->held;
    return splitter->held_result;
  }
  for (;;) {
    enum split_result result = next_of_input(splitter, item);
    bool is_good = result == SPLIT_VALUE && item->text.data[0] == '{';
    if (is_good || result == SPLIT_END) {
      splitter->bad_run = 0;
      if (splitter->junk_bytes == 0) {
        return result;
      }
      splitter->has_held = true;
      splitter->held_result = result;
      splitter->held = *item;
      return hand_out_junk(splitter, item);
    }
    if (result == SPLIT_MORE || ++splitter->bad_run <= BAD_RUN_MAX) {
      return result;
    }
    if (splitter->junk_bytes == 0) {
      buffer_clear(&splitter->junk);
    }
    append_up_to(&splitter->junk, item->text, EVENT_SPLITTER_VALUE_MAX);
    splitter->junk_bytes += item->text.length;
  }
}
