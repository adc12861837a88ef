#include "ingest/events/event_resync.h"

#include <stdint.h>

static bool seems_to_begin(const struct event_resync *resync, char byte)
{
  return (byte == '{' && (resync->after_close || resync->after_newline)) || (byte == '[' && resync->after_newline);
}

size_t event_resync_find(struct event_resync *resync, struct text bytes, bool in_array)
{
  for (size_t at = 0; at < bytes.length; at++) {
    char byte = bytes.data[at];
    if (seems_to_begin(resync, byte)) {
      return at;
    }
    if (byte == '\n') {
      resync->after_newline = true;
    } else if (!event_is_separator(byte) || (byte == ',' && !in_array)) {
      resync->after_newline = false;
      resync->after_close = byte == '}' || byte == ']';
    }
  }
  return SIZE_MAX;
}

size_t event_resync_in_junk(struct text bytes)
{
  char before = ' ';
  for (size_t at = 0; at < bytes.length; at++) {
    char byte = bytes.data[at];
    if (byte == '{' && (before == '}' || before == ']' || before == '\n')) {
      return at;
    }
    if (byte == '\n' || byte == ',' || !event_is_separator(byte)) {
      before = byte;
    }
  }
  return SIZE_MAX;
}
