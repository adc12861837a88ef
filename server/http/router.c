#include "server/http/router.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 8 };

struct segment {
  struct text text; /* literal, or the name between the braces */
  bool is_parameter;
};

struct entry {
  const struct route *route;
  void *context;
  struct segment segments[SEGMENTS_MAX];
  int segment_count;
  int parameter_count;
  struct text literal; /* the whole pattern when it has no parameter, else what comes before the first */
};

struct router {
  struct entry *entries;
  int count;
  int capacity;
};

struct router *router_new(void)
{
  struct router *router = calloc(1, sizeof *router);
  if (router == NULL) {
    abort();
  }
  return router;
}

void router_free(struct router *router)
{
  if (router == NULL) {
    return;
  }
  free(router->entries);
  free(router);
}

static void compile(struct entry *entry, const struct route *route, void *context)
{
  struct text pattern = text_from(route->pattern);
  assert(pattern.length > 0 && pattern.data[0] == '/');
  assert((route->handle != NULL) + (route->query != NULL) + (route->accept != NULL) + (route->stream != NULL) == 1);
  *entry = (struct entry){.route = route, .context = context, .literal = pattern};
  struct text rest = {pattern.data + 1, pattern.length - 1};
  struct text part;
  while (text_split(&rest, '/', &part)) {
    assert(entry->segment_count < SEGMENTS_MAX);
    struct segment *segment = &entry->segments[entry->segment_count++];
    segment->text = part;
    if (part.length > 0 && part.data[0] == '{') {
      assert(part.length > 2 && part.data[part.length - 1] == '}' && entry->parameter_count < ROUTE_PARAMETERS_MAX);
      segment->is_parameter = true;
      segment->text = (struct text){part.data + 1, part.length - 2};
      if (entry->parameter_count++ == 0) {
        entry->literal.length = (size_t)(part.data - pattern.data);
      }
    }
  }
}

void router_add(struct router *router, struct route_table table)
{
  for (size_t i = 0; i < table.count; i++) {
    for (int j = 0; j < router->count; j++) {
      const struct route *other = router->entries[j].route;
      assert(other->method != table.routes[i].method || strcmp(other->pattern, table.routes[i].pattern) != 0);
      (void)other;
    }
    if (router->count == router->capacity) {
      router->capacity = router->capacity == 0 ? 32 : router->capacity * 2;
      router->entries = reallocarray(router->entries, (size_t)router->capacity, sizeof *router->entries);
      if (router->entries == NULL) {
        abort();
      }
    }
    compile(&router->entries[router->count++], &table.routes[i], table.context);
  }
}

int router_count(const struct router *router)
{
  return router->count;
}

const struct route *router_at(const struct router *router, int index)
{
  assert(index >= 0 && index < router->count);
  return router->entries[index].route;
}

static bool fits(const struct entry *entry, struct text path, struct text values[ROUTE_PARAMETERS_MAX])
{
  if (entry->parameter_count == 0) {
    return text_equal(entry->literal, path);
  }
  if (!text_starts_with(path, entry->literal)) {
    return false;
  }
  struct text rest = {path.data + 1, path.length - 1};
  int parameter = 0;
  for (int i = 0; i < entry->segment_count; i++) {
    struct text part;
    if (!text_split(&rest, '/', &part)) {
      return false;
    }
    const struct segment *segment = &entry->segments[i];
    if (segment->is_parameter ? part.length == 0 : !text_equal(part, segment->text)) {
      return false;
    }
    if (segment->is_parameter) {
      values[parameter++] = part;
    }
  }
  /* text_split leaves nothing after the last part, and so it does after a trailing slash, which makes another path. */
  return rest.length == 0 && path.data[path.length - 1] != '/';
}

static void take(struct route_match *match, const struct entry *entry, int index,
                 const struct text values[ROUTE_PARAMETERS_MAX])
{
  match->route = entry->route;
  match->context = entry->context;
  match->index = index;
  match->parameter_count = 0;
  for (int i = 0; i < entry->segment_count; i++) {
    if (entry->segments[i].is_parameter) {
      match->names[match->parameter_count] = entry->segments[i].text;
      match->values[match->parameter_count] = values[match->parameter_count];
      match->parameter_count++;
    }
  }
}

struct route_match router_match(const struct router *router, enum http_method method, struct text path)
{
  struct route_match match = {.index = -1};
  if (path.length == 0 || path.data[0] != '/') {
    return match;
  }
  enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
  int fewest_parameters = ROUTE_PARAMETERS_MAX + 1;
  for (int i = 0; i < router->count; i++) {
    const struct entry *entry = &router->entries[i];
    struct text values[ROUTE_PARAMETERS_MAX];
    if (!fits(entry, path, values)) {
      continue;
    }
    match.allowed |= (unsigned)entry->route->method;
    if (entry->route->method == wanted && entry->parameter_count < fewest_parameters) {
      fewest_parameters = entry->parameter_count;
      take(&match, entry, i, values);
    }
  }
  if ((match.allowed & HTTP_GET) != 0) {
    match.allowed |= HTTP_HEAD;
  }
  if (match.allowed != 0) {
    match.allowed |= HTTP_OPTIONS;
  }
  return match;
}
