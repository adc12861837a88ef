#include "ingest/objects/fetcher_marks.h"

#include <stdlib.h>

#include "ingest/events/rejected.h"
#include "server/base/clock.h"
#include "server/log.h"

struct marking {
  struct object_mark *marks;
  size_t mark_count;
  struct object_entry *replaced; /* what stands in the place of announced objects now */
  size_t replaced_count;
  size_t trouble_count;
  struct text trouble;
  struct arena *arena;
  unsigned int seed;
};

static void add_replaced(struct marking *marking, const struct object_read *read)
{
  struct announcement *announcement = arena_alloc(marking->arena, sizeof *announcement);
  *announcement = (struct announcement){
      .bucket = read->claim.bucket, .key = read->claim.key, .etag = read->etag, .size_bytes = read->length_bytes};
  marking->replaced[marking->replaced_count++] = (struct object_entry){announcement, read->claim.found_by};
}

/* Spread, so that what failed together does not come back together. */
static int64_t spread(unsigned int *seed, int64_t delay_us)
{
  return delay_us / 4 * 3 + delay_us / 1024 * (rand_r(seed) % 512);
}

/* What holds for all of them is said once, by who pauses: here it would be said for each object on each of its tries. */
static void log_attempt(const struct object_read *read, const struct object_decision *decision)
{
  const struct object_claim *claim = &read->claim;
  if (decision->state == OBJECT_READ) {
    LOG_DEBUG("object_read", "bucket=%s key=%s bytes=%lld events=%llu", log_quote(claim->bucket), log_quote(claim->key),
              (long long)read->received_bytes, (unsigned long long)read->totals.events);
  } else if (decision->is_trouble) {
    LOG_DEBUG("object_not_read", "bucket=%s key=%s state=%s tries=%d detail=%s", log_quote(claim->bucket),
              log_quote(claim->key), object_state_word(decision->state), claim->tries, log_quote_cstring(decision->error));
  } else if (decision->state != OBJECT_WAITING) {
    LOG_WARNING("object_not_read", "bucket=%s key=%s state=%s tries=%d detail=%s", log_quote(claim->bucket),
                log_quote(claim->key), object_state_word(decision->state), claim->tries, log_quote_cstring(decision->error));
  }
}

static void add_mark(struct marking *marking, const struct object_read *read, const struct fetcher_metrics *metrics)
{
  struct object_decision decision = object_read_decide(read);
  bool is_again = decision.state == OBJECT_WAITING || decision.state == OBJECT_FAILED;
  bool is_read = decision.state == OBJECT_READ;
  const struct event_stream_totals *totals = &read->totals;
  struct text error = rejected_storable(text_copy(marking->arena, text_from(decision.error)));
  marking->marks[marking->mark_count++] = (struct object_mark){
      .claim = &read->claim,
      .state = decision.state,
      .next_try_at_us = is_again ? clock_now_us() + spread(&marking->seed, decision.delay_us) : 0,
      .error = error.length != 0 ? error : (struct text){NULL, 0},
      .etag = is_read ? rejected_storable(read->etag) : TEXT(""),
      .size_bytes = is_read ? read->received_bytes : -1,
      .events = (int64_t)totals->events,
      .stored = (int64_t)totals->stored,
      .duplicates = (int64_t)totals->duplicates,
      .rejected = (int64_t)totals->rejected,
      .digest = is_read ? (struct text){(const char *)totals->digest, sizeof totals->digest} : (struct text){NULL, 0}};
  if (decision.is_trouble) {
    marking->trouble_count++;
    marking->trouble = text_copy(marking->arena, text_from(decision.error));
  }
  if (read->is_replaced) {
    add_replaced(marking, read);
  }
  log_attempt(read, &decision);
  fetcher_metrics_count(metrics, decision.state, read->received_bytes);
}

struct error fetcher_marks_write(struct db_connection *connection, struct arena *arena, struct object_read *const *done,
                                 size_t count, const struct fetcher_metrics *metrics, struct fetcher_marks *marks)
{
  struct marking marking = {.marks = arena_alloc_array(arena, count, sizeof(struct object_mark)),
                            .replaced = arena_alloc_array(arena, count, sizeof(struct object_entry)),
                            .arena = arena,
                            .seed = marks->seed};
  int64_t now_us = clock_now_us();
  for (size_t i = 0; i < count; i++) {
    add_mark(&marking, done[i], metrics);
  }
  *marks = (struct fetcher_marks){marking.seed, marking.mark_count, marking.trouble_count, marking.trouble,
                                  marking.replaced_count != 0};
  if (marking.replaced_count != 0) {
    TRY(object_ledger_announce(connection, arena, marking.replaced, marking.replaced_count, now_us, NULL));
  }
  return marking.mark_count != 0 ? object_ledger_mark(connection, arena, marking.marks, marking.mark_count, now_us)
                                 : error_none();
}
