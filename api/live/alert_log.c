#include "api/live/alert_log.h"

#include <stdlib.h>

struct alert_log {
  struct alert_frame frames[ALERT_LOG_FRAMES_MAX]; /* a ring; vehicle and json share one piece of memory */
  size_t first;
  size_t count;
  size_t bytes;
  int64_t after_seq; /* all after it are here */
};

struct alert_log *alert_log_new(void)
{
  struct alert_log *log = calloc(1, sizeof *log);
  if (log == NULL) {
    abort();
  }
  return log;
}

static struct alert_frame *frame_at(struct alert_log *log, size_t index)
{
  return &log->frames[(log->first + index) % ALERT_LOG_FRAMES_MAX];
}

static void forget_oldest(struct alert_log *log)
{
  struct alert_frame *oldest = frame_at(log, 0);
  log->after_seq = oldest->seq;
  log->bytes -= oldest->json.length + oldest->vehicle.length;
  free((char *)(uintptr_t)oldest->json.data);
  *oldest = (struct alert_frame){0};
  log->first = (log->first + 1) % ALERT_LOG_FRAMES_MAX;
  log->count--;
}

void alert_log_free(struct alert_log *log)
{
  if (log != NULL) {
    while (log->count > 0) {
      forget_oldest(log);
    }
    free(log);
  }
}

void alert_log_begin_after(struct alert_log *log, int64_t seq)
{
  while (log->count > 0) {
    forget_oldest(log);
  }
  log->after_seq = seq;
}

void alert_log_add(struct alert_log *log, const struct alert_frame *frame)
{
  const int64_t newest_seq = log->count > 0 ? frame_at(log, log->count - 1)->seq : log->after_seq;
  const size_t bytes = frame->json.length + frame->vehicle.length;
  if (frame->seq <= newest_seq) {
    return;
  }
  while (log->count > 0 && (log->count == ALERT_LOG_FRAMES_MAX || log->bytes + bytes > ALERT_LOG_BYTES_MAX)) {
    forget_oldest(log);
  }
  char *copy = malloc(bytes + 1);
  if (copy == NULL) {
    abort();
  }
  memcpy(copy, frame->json.data, frame->json.length);
  memcpy(copy + frame->json.length, frame->vehicle.data, frame->vehicle.length);
  *frame_at(log, log->count) = (struct alert_frame){.seq = frame->seq,
                                                    .vehicle_id = frame->vehicle_id,
                                                    .vehicle = {copy + frame->json.length, frame->vehicle.length},
                                                    .json = {copy, frame->json.length}};
  log->count++;
  log->bytes += bytes;
}

bool alert_log_reaches(const struct alert_log *log, int64_t seq)
{
  return seq >= log->after_seq;
}

const struct alert_frame *alert_log_next(const struct alert_log *log, int64_t seq)
{
  size_t low = 0;
  size_t high = log->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (log->frames[(log->first + middle) % ALERT_LOG_FRAMES_MAX].seq <= seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < log->count ? &log->frames[(log->first + low) % ALERT_LOG_FRAMES_MAX] : NULL;
}
