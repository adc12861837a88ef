#include "ingest/objects/object_listing.h"

struct object_listing object_listing_begin(struct aws_client *client, struct aws_waiter *waiter, struct s3_location location,
                                           struct key_span span)
{
  return (struct object_listing){.client = client, .waiter = waiter, .location = location, .span = span};
}

/* The jump never leaves the prefix, and never goes back. */
static void go_on_after(struct object_listing *listing, struct arena *arena, const struct s3_page *page)
{
  struct text start_after;
  listing->is_over = page->is_last;
  buffer_clear(&listing->start_after);
  buffer_clear(&listing->continuation);
  if (page->is_last) {
    return;
  }
  bool jumps = page->count != 0 && object_key_skip(arena, page->entries[page->count - 1].key, listing->span, &start_after) &&
               start_after.length >= listing->location.prefix.length;
  if (jumps) {
    buffer_append_text(&listing->start_after, start_after);
  } else {
    buffer_append_text(&listing->continuation, page->next);
  }
}

struct error object_listing_next(struct object_listing *listing, struct arena *arena, struct announcement **objects,
                                 size_t *count, struct aws_outcome *outcome)
{
  struct s3_list list = {.bucket = listing->location.bucket,
                         .prefix = listing->location.prefix,
                         .start_after = buffer_text(&listing->start_after),
                         .continuation = buffer_text(&listing->continuation)};
  struct s3_page page;
  *count = 0;
  struct aws_request *request = s3_list_request(list, aws_waiter_handlers(listing->waiter));
  struct error error = aws_waiter_call(listing->waiter, listing->client, request, outcome);
  if (error.code == ERROR_NONE) {
    error = s3_read_page(request, arena, &page);
  }
  aws_request_free(request);
  if (error.code != ERROR_NONE) {
    return error;
  }
  *objects = arena_alloc_array(arena, page.count, sizeof **objects);
  for (size_t i = 0; i < page.count; i++) {
    const struct s3_entry *entry = &page.entries[i];
    if (object_key_is_within(entry->key, entry->modified_at_us, listing->span)) {
      (*objects)[(*count)++] = (struct announcement){.bucket = listing->location.bucket,
                                                     .key = entry->key,
                                                     .etag = entry->etag,
                                                     .size_bytes = entry->size_bytes,
                                                     .event_time_us = entry->modified_at_us};
    }
  }
  go_on_after(listing, arena, &page);
  return error_none();
}

void object_listing_end(struct object_listing *listing)
{
  buffer_free(&listing->start_after);
  buffer_free(&listing->continuation);
}
