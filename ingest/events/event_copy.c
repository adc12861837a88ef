#include "ingest/events/event_copy.h"

static void keep(struct arena *arena, struct text body, struct text *text)
{
  uintptr_t at = (uintptr_t)text->data;
  uintptr_t start = (uintptr_t)body.data;
  if (text->data != NULL && (at < start || at - start + text->length > body.length)) {
    *text = text_copy(arena, *text);
  }
}

static void *copy(struct arena *arena, const void *first, size_t count, size_t size)
{
  return count != 0 ? memcpy(arena_alloc_bytes(arena, count * size), first, count * size) : NULL;
}

void event_copy(struct arena *arena, struct text body, struct events *events)
{
  events->breadcrumbs = copy(arena, events->breadcrumbs, events->breadcrumb_count, sizeof *events->breadcrumbs);
  for (size_t i = 0; i < events->breadcrumb_count; i++) {
    struct breadcrumb *breadcrumb = &events->breadcrumbs[i];
    keep(arena, body, &breadcrumb->vehicle);
    keep(arena, body, &breadcrumb->extra);
    keep(arena, body, &breadcrumb->shadow);
  }
  events->rejects = copy(arena, events->rejects, events->reject_count, sizeof *events->rejects);
  events->reject_capacity = events->reject_count;
  for (size_t i = 0; i < events->reject_count; i++) {
    struct rejected *rejected = &events->rejects[i];
    keep(arena, body, &rejected->vehicle);
    keep(arena, body, &rejected->field);
    keep(arena, body, &rejected->reason);
    keep(arena, body, &rejected->body);
  }
  keep(arena, body, &events->confirmation_url);
}
