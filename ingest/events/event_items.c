#include "ingest/events/event_items.h"

#include "server/json/broken.h"

/* More than a body of real events has; bounds the memory that one takes. */
enum { EVENTS_MAX = 100000 };

/* The body on its way to items. All are found before the first is read: their number is known then, and whether the paths
 * need it. */
struct splitting {
  struct arena *arena;
  struct text rest;
  struct text array; /* the array at hand, from its bracket to the body's end; data == NULL outside */
  struct json_broken broken;
  struct event_items found;
  struct event_item **end;
};

static void add_item(struct splitting *splitting, struct event_item item)
{
  struct event_item *added = arena_alloc_bytes(splitting->arena, sizeof *added);
  *added = item;
  *splitting->end = added;
  splitting->end = &added->next;
  splitting->found.count++;
}

static void add_broken(struct splitting *splitting, const char *reason, struct text broken)
{
  add_item(splitting, (struct event_item){.broken = broken, .reason = text_copy(splitting->arena, text_from(reason))});
}

static bool skip_separators(struct text *rest)
{
  while (rest->length != 0 && memchr(" \t\r\n,", rest->data[0], 5) != NULL) {
    rest->data++;
    rest->length--;
  }
  return rest->length != 0;
}

/* Whether a bracket was read that begins or ends an array of events. */
static bool read_bracket(struct splitting *splitting)
{
  char byte = splitting->rest.data[0];
  if (byte == '[' && splitting->array.data == NULL) {
    splitting->array = splitting->rest;
    splitting->found.has_array = true;
  } else if (byte == ']' && splitting->array.data != NULL) {
    splitting->array = (struct text){NULL, 0};
  } else {
    return false;
  }
  splitting->rest.data++;
  splitting->rest.length--;
  return true;
}

static void read_item(struct splitting *splitting)
{
  const struct json *value = NULL;
  struct text broken;
  struct error error = json_parse_next(splitting->arena, &splitting->rest, JSON_LIMITS_DEFAULT, &value);
  if (error.code == ERROR_NONE) {
    add_item(splitting, (struct event_item){.value = value});
    return;
  }
  if (!json_broken_cut(&splitting->broken, &splitting->rest, splitting->array.data != NULL, &broken)) {
    splitting->array = (struct text){NULL, 0};
  }
  add_broken(splitting, error.detail, broken);
}

static void split(struct splitting *splitting)
{
  while (skip_separators(&splitting->rest)) {
    if (splitting->found.count == EVENTS_MAX) {
      add_broken(splitting, "too many events in one body", splitting->rest);
      return;
    }
    if (!read_bracket(splitting)) {
      read_item(splitting);
    }
  }
  if (splitting->array.data != NULL) {
    add_broken(splitting, "not acceptable JSON: the input ends where ',' or ']' should be", splitting->array);
  }
}

struct event_items event_items_find(struct arena *arena, struct text body)
{
  struct splitting splitting = {.arena = arena, .rest = body};
  splitting.end = &splitting.found.first;
  split(&splitting);
  return splitting.found;
}
