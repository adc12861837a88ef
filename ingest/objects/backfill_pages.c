#include "ingest/objects/backfill_pages.h"

#include "ingest/objects/object_ledger.h"
#include "server/base/clock.h"

enum { ARENA_FIRST_BYTES = 64 * 1024, TRIES_MAX = 3 };
/* A failed object whose next try is further away is not waited for. */
#define PATIENCE_US (10 * US_PER_SECOND)

struct backfill_page {
  struct backfill_page *next;
  struct arena *arena;
  struct announcement *objects; /* those that are open */
  size_t count;
  bool is_announced;
};

void backfill_pages_add(struct backfill_pages *pages, struct arena *arena, const struct announcement *objects, size_t count)
{
  struct backfill_page *page = arena_alloc(arena, sizeof *page);
  struct backfill_page **end = &pages->first;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *page = (struct backfill_page){.arena = arena, .count = count, .objects = arena_alloc_array(arena, count, sizeof *objects)};
  if (count != 0) {
    memcpy(page->objects, objects, count * sizeof *objects);
  }
  *end = page;
  pages->count++;
  pages->counts.listed += (int64_t)count;
}

/* Those for which `is_settled` says so leave the page. */
static struct error look(struct backfill_pages *pages, struct backfill_page *page, struct db_connection *connection,
                         struct arena *arena,
                         bool (*is_settled)(struct backfill_counts *counts, const struct object_progress *progress))
{
  struct object_progress *progress = NULL;
  size_t kept = 0;
  TRY(object_ledger_look(connection, arena, page->objects, page->count, &progress));
  for (size_t i = 0; i < page->count; i++) {
    bool cannot_be_kept = page->is_announced && !progress[i].is_known; /* a name that only the listing knows */
    pages->counts.failed += cannot_be_kept;
    if (cannot_be_kept || (progress[i].is_known && is_settled(&pages->counts, &progress[i]))) {
      pages->counts.bytes += page->objects[i].size_bytes;
    } else {
      page->objects[kept++] = page->objects[i];
    }
  }
  page->count = kept;
  return error_none();
}

static bool was_read_before(struct backfill_counts *counts, const struct object_progress *progress)
{
  bool was_read = progress->state == OBJECT_READ || progress->state == OBJECT_IGNORED;
  counts->known += was_read;
  return was_read;
}

static bool is_over(struct backfill_counts *counts, const struct object_progress *progress)
{
  switch (progress->state) {
  case OBJECT_READ:
    counts->read++;
    counts->stored += progress->stored;
    counts->duplicates += progress->duplicates;
    counts->rejected += progress->rejected;
    return true;
  case OBJECT_IGNORED:
    counts->known++;
    return true;
  case OBJECT_MISSING:
    counts->missing++;
    return true;
  case OBJECT_FAILED:
    if (progress->tries >= TRIES_MAX || progress->next_try_at_us > clock_now_us() + PATIENCE_US) {
      counts->failed++;
      return true;
    }
    return false;
  default:
    return false;
  }
}

static struct error announce(struct backfill_page *page, struct db_connection *connection, struct arena *arena)
{
  struct object_entry *entries = arena_alloc_array(arena, page->count, sizeof *entries);
  for (size_t i = 0; i < page->count; i++) {
    entries[i] = (struct object_entry){&page->objects[i], FOUND_BY_BACKFILL};
  }
  return object_ledger_announce(connection, arena, entries, page->count, clock_now_us(), NULL);
}

static struct error advance_page(struct backfill_pages *pages, struct backfill_page *page, struct db_connection *connection,
                                 struct arena *arena)
{
  if (page->is_announced) {
    return look(pages, page, connection, arena, is_over);
  }
  TRY(look(pages, page, connection, arena, was_read_before));
  TRY(announce(page, connection, arena));
  page->is_announced = true;
  return error_none();
}

struct error backfill_pages_advance(struct backfill_pages *pages, struct db_connection *connection)
{
  struct arena *arena = arena_new(ARENA_FIRST_BYTES);
  struct error error = error_none();
  struct backfill_page **link = &pages->first;
  while (*link != NULL && error.code == ERROR_NONE) {
    struct backfill_page *page = *link;
    error = advance_page(pages, page, connection, arena);
    arena_reset(arena);
    if (error.code == ERROR_NONE && page->count == 0) {
      *link = page->next;
      pages->count--;
      arena_free(page->arena);
    } else {
      link = &page->next;
    }
  }
  arena_free(arena);
  return error;
}

void backfill_pages_free(struct backfill_pages *pages)
{
  while (pages->first != NULL) {
    struct backfill_page *page = pages->first;
    pages->first = page->next;
    arena_free(page->arena);
  }
  pages->count = 0;
}
