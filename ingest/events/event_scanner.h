/* Where a JSON object or array ends that arrives in pieces, by its structure alone: brackets, keys, colons, commas and the ends
 * of strings. Numbers and words are not looked into.
 *
 * A plain value; owns nothing. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_EVENTS_EVENT_SCANNER_H
#define CRUMBTRAIL_INGEST_EVENTS_EVENT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"

enum scan_state {
  SCAN_VALUE,
  SCAN_VALUE_OR_END,
  SCAN_KEY,
  SCAN_KEY_OR_END,
  SCAN_COLON,
  SCAN_AFTER, /* a value: a comma or the closing bracket follows */
  SCAN_STRING,
  SCAN_WORD,
};

struct event_scanner {
  uint64_t objects; /* a bit for each open bracket, the lowest is the innermost: an object */
  uint32_t depth;
  enum scan_state state;
  bool is_key;     /* the string at hand */
  bool is_escaped; /* its next byte */
  bool is_whole;   /* the bytes given always begin with the value: strings can be looked back into */
  size_t at;       /* how far it has come */
  size_t quote;    /* that has closed a string as the last thing seen; SIZE_MAX: it was something else */
  size_t restart;  /* SCAN_BROKEN: where another value seems to begin; SIZE_MAX: nowhere */
};

/* `is_whole`: every event_scan gets the value from its first byte; else what follows the bytes before, with `at` set to 0. */
struct event_scanner event_scanner_make(bool is_whole);

enum scan_result {
  SCAN_MORE,   /* all bytes were seen, and the value goes on */
  SCAN_END,    /* `at` is behind its last byte */
  SCAN_BROKEN, /* `at` is the first byte that cannot be */
};
/* From `at` on. The first byte of all is '{' or '['. */
enum scan_result event_scan(struct event_scanner *scanner, struct text bytes);

#endif
