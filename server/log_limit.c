#include "server/log_limit.h"

#include <string.h>

#define LINE_US (INT64_C(1000000) / LOG_LIMIT_PER_SECOND)

static struct log_limit_event *find_event(struct log_limit *limit, const char *name)
{
  uint32_t hash = 2166136261U;
  for (const char *byte = name; *byte != '\0'; byte++) {
    hash = (hash ^ (unsigned char)*byte) * 16777619U;
  }
  for (uint32_t i = 0; i < LOG_LIMIT_EVENTS; i++) {
    struct log_limit_event *event = &limit->events[(hash + i) % LOG_LIMIT_EVENTS];
    if (event->name == NULL) {
      event->name = name;
      return event;
    }
    if (strcmp(event->name, name) == 0) {
      return event;
    }
  }
  return NULL;
}

bool log_limit_admits(struct log_limit *limit, const char *name, int64_t now_us, uint64_t *left_out)
{
  struct log_limit_event *event = find_event(limit, name);
  *left_out = 0;
  if (event == NULL) {
    return true;
  }
  /* Each line moves the time at which the whole burst is there again. */
  int64_t full_at_us = event->full_at_us > now_us ? event->full_at_us : now_us;
  if (full_at_us + LINE_US > now_us + LOG_LIMIT_BURST * LINE_US) {
    event->left_out++;
    return false;
  }
  event->full_at_us = full_at_us + LINE_US;
  *left_out = event->left_out;
  event->left_out = 0;
  return true;
}
