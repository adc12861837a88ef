#include "api/live/sent_log.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "server/base/clock.h"

/* Half an hour of a fleet that never rests, and longer of one that does. */
enum { ENTRIES = 16384 };
static const int64_t ENTRY_US = 100 * US_PER_MS;
static const int64_t ROUND_US = 200 * US_PER_MS;

struct entry {
  int64_t seq; /* of the entry's last frame */
  int64_t first_at_us;
  int64_t frames;
};

struct sent_log {
  pthread_mutex_t lock;
  struct entry entries[ENTRIES];
  size_t count; /* made since sent_log_begin; entry i is at i modulo ENTRIES */
};

struct sent_log *sent_log_new(void)
{
  struct sent_log *log = calloc(1, sizeof *log);
  if (log == NULL) {
    abort();
  }
  pthread_mutex_init(&log->lock, NULL);
  return log;
}

void sent_log_free(struct sent_log *log)
{
  if (log != NULL) {
    pthread_mutex_destroy(&log->lock);
    free(log);
  }
}

static struct entry *at(struct sent_log *log, size_t index)
{
  return &log->entries[index % ENTRIES];
}

void sent_log_begin(struct sent_log *log, int64_t seq, int64_t now_us)
{
  pthread_mutex_lock(&log->lock);
  log->entries[0] = (struct entry){.seq = seq, .first_at_us = now_us - ENTRY_US};
  log->count = 1;
  pthread_mutex_unlock(&log->lock);
}

void sent_log_note(struct sent_log *log, int64_t seq, int64_t sent_at_us)
{
  pthread_mutex_lock(&log->lock);
  assert(log->count != 0);
  struct entry *last = at(log, log->count - 1);
  if (sent_at_us - last->first_at_us >= ENTRY_US) {
    last = at(log, log->count++);
    *last = (struct entry){.first_at_us = sent_at_us};
  }
  last->seq = seq;
  last->frames++;
  pthread_mutex_unlock(&log->lock);
}

/* The first entry, from the oldest kept on, that told `seq`; log->count when none did. */
static size_t first_that_told(struct sent_log *log, size_t oldest, int64_t seq)
{
  size_t low = oldest;
  size_t high = log->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (at(log, middle)->seq < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

enum sent_state sent_log_find(struct sent_log *log, int64_t seq, struct sent_frames *frames)
{
  enum sent_state state = SENT;
  pthread_mutex_lock(&log->lock);
  const size_t oldest = log->count > ENTRIES ? log->count - ENTRIES : 0;
  const size_t found = first_that_told(log, oldest, seq);
  *frames = (struct sent_frames){0};
  if (log->count == 0 || (found == oldest && found != log->count)) {
    state = SENT_FORGOTTEN; /* an older frame may have told it before */
  } else if (found == log->count) {
    state = SENT_NOT_YET;
  } else {
    frames->first_at_us = at(log, found)->first_at_us;
    for (size_t i = found; i < log->count && at(log, i)->first_at_us - frames->first_at_us < ROUND_US; i++) {
      frames->frames += at(log, i)->frames;
    }
  }
  pthread_mutex_unlock(&log->lock);
  return state;
}
