#include "ingest/analysis/window.h"

#include <openssl/sha.h>

#include "server/base/clock.h"

/* What a restart folds again at most, for each vehicle. */
static const int64_t CHECKPOINT_EVERY_US = 300 * US_PER_SECOND;
enum { CHECKPOINT_EVERY_BREADCRUMBS = 500 };
/* What a late breadcrumb of today makes fold again at most. */
static const int64_t PART_US = 7200 * US_PER_SECOND;
/* A breadcrumb at 0,0 is no predecessor of any (ingest/events/flags.h): the flag of the next but one may depend on it. */
enum { NULL_ISLAND = 1 };

int64_t checkpoint_digest(struct text state)
{
  unsigned char hash[SHA256_DIGEST_LENGTH];
  int64_t digest;
  SHA256((const unsigned char *)state.data, state.length, hash);
  memcpy(&digest, hash, sizeof digest);
  return digest;
}

void window_begin(struct window *window, struct window_settings settings, struct fold *fold, int64_t from_us,
                  int64_t checkpoint_at_us, struct arena *arena)
{
  const int64_t runs_since_us = fold_runs_since_us(fold);
  *window = (struct window){.settings = settings,
                            .arena = arena,
                            .fold = *fold,
                            .from_us = from_us,
                            .until_us = WINDOW_NO_END,
                            .runs_from_us = runs_since_us < from_us ? runs_since_us : from_us,
                            .runs_until_us = WINDOW_NO_END,
                            .rows = fold_rows_make(arena),
                            .checkpoints = row_set_make(arena, sizeof(struct checkpoint)),
                            .checkpoint_at_us = checkpoint_at_us};
  fold_init(fold);
}

void window_free(struct window *window)
{
  fold_free(&window->fold);
}

/* ---- checkpoints ---- */

static struct checkpoint save_state(const struct window *window)
{
  struct buffer bytes = {0};
  fold_save(&window->fold, &bytes);
  const struct text state = text_copy(window->arena, buffer_text(&bytes));
  buffer_free(&bytes);
  return (struct checkpoint){.digest = checkpoint_digest(state), .state = state};
}

static int64_t floor_to(int64_t time_us, int64_t step_us)
{
  const int64_t rest = time_us % step_us;
  return time_us - (rest < 0 ? rest + step_us : rest);
}

/* Where a checkpoint belongs between the last breadcrumb and one of this time; false: nowhere. */
static bool find_boundary(const struct window *window, int64_t time_us, struct checkpoint *boundary)
{
  const struct local_days *days = window->settings.context.places.days;
  const int64_t last_us = window->fold.last_recorded_at_us;
  const int64_t after_us = last_us > window->checkpoint_at_us ? last_us : window->checkpoint_at_us;
  const int64_t day_us = local_days_begin_us(days, local_days_at(days, time_us));
  const int64_t part_us = floor_to(time_us, PART_US);
  if (last_us == INT64_MIN) {
    return false;
  }
  if (day_us > after_us) {
    *boundary = (struct checkpoint){.at_us = day_us, .kind = CHECKPOINT_DAY};
    return true;
  }
  if (part_us > after_us && part_us >= window->settings.parts_from_us) {
    *boundary = (struct checkpoint){.at_us = part_us, .kind = CHECKPOINT_PART};
    return true;
  }
  return false;
}

/* Stored ones up to this time that differ are passed over: what was made on the way replaces them. */
static bool meets_stored(struct window *window, int64_t time_us, struct checkpoint *now)
{
  while (window->next_stored < window->settings.stored_count) {
    const struct checkpoint *stored = &window->settings.stored[window->next_stored];
    if (stored->at_us > time_us) {
      return false;
    }
    if (window->is_past_touched) {
      *now = now->state.data != NULL ? *now : save_state(window);
      if (now->digest == stored->digest) {
        const int64_t runs_since_us = fold_runs_since_us(&window->fold);
        window->until_us = stored->at_us;
        window->runs_until_us = runs_since_us < stored->at_us ? runs_since_us : stored->at_us;
        return true;
      }
    }
    window->next_stored++;
  }
  return false;
}

static void add_checkpoint(struct window *window, struct checkpoint checkpoint)
{
  row_set_add(&window->checkpoints, &checkpoint);
  window->checkpoint_at_us = checkpoint.at_us;
  window->since_checkpoint = 0;
}

/* ---- folding ---- */

static void note_touched(struct window *window, const struct fix *fix)
{
  const int64_t touched_until_us = window->settings.touched_until_us;
  if (!window->is_past_touched && fix->recorded_at_us > touched_until_us && (fix->flags & NULL_ISLAND) == 0) {
    window->is_past_touched = true;
  }
}

bool window_take(struct window *window, const struct fix *fix)
{
  struct checkpoint now = {0};
  struct checkpoint boundary;
  if (fix->recorded_at_us > window->fold.last_recorded_at_us) {
    if (meets_stored(window, fix->recorded_at_us, &now)) {
      return false;
    }
    if (find_boundary(window, fix->recorded_at_us, &boundary)) {
      now = now.state.data != NULL ? now : save_state(window);
      boundary.state = now.state;
      boundary.digest = now.digest;
      add_checkpoint(window, boundary);
    }
  }
  fold_step(&window->fold, &window->settings.context, fix, &window->rows);
  window->since_checkpoint++;
  note_touched(window, fix);
  return true;
}

bool window_is_checkpoint_due(const struct window *window)
{
  return window->since_checkpoint >= CHECKPOINT_EVERY_BREADCRUMBS ||
         (window->since_checkpoint > 0 && (window->checkpoint_at_us == WINDOW_BEGINNING ||
                                           window->fold.last_recorded_at_us - window->checkpoint_at_us >= CHECKPOINT_EVERY_US));
}

void window_finish(struct window *window, bool wants_checkpoint)
{
  fold_show(&window->fold, &window->settings.context, &window->rows);
  if (wants_checkpoint && window->fold.last_recorded_at_us != INT64_MIN) {
    struct checkpoint newest = save_state(window);
    newest.at_us = window->fold.last_recorded_at_us + 1;
    newest.kind = CHECKPOINT_NEWEST;
    add_checkpoint(window, newest);
  }
}
