/* What the key of an S3 object tells: whose events it holds, and of what time.
 *
 * Both are hints: the events themselves say better. Pure; texts borrow from the key. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_KEY_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

/* Where the name of the vehicle stands: "thingname={vehicle}/ **" and such, comma separated, the first that fits counts.
 * A pattern is held against the end of the key, part by part between slashes: {vehicle} (text may stand before it), {time} (10
 * or 13 digits, also with an extension), * (any part), text (in any case); with ** at its end it fits anywhere in the key and
 * any parts may follow. */
struct key_patterns {
  struct text *patterns;
  size_t count;
};
/* ERROR_SETUP names `setting` and the pattern that is wrong. Borrows the text. */
struct error key_patterns_parse(struct arena *arena, const char *setting, const char *text,
                                struct key_patterns *patterns) ERROR_MUST_CHECK;

/* The vehicle's name, 1-128 of [A-Za-z0-9:_-]; empty when no pattern fits. The arena is used when the key escapes the name. */
struct text object_key_vehicle(const struct key_patterns *patterns, struct arena *arena, struct text key);

/* The time that a key gives: YYYY/MM/DD[/HH] (Firehose), year=YYYY/month=MM/day=DD[/hour=HH], a part that ends with YYYY-MM-DD
 * (dt=2024-05-20), or a last part of 10 or 13 digits (seconds, milliseconds). The leftmost of them. UTC. */
enum key_time_form {
  KEY_TIME_NONE,
  KEY_TIME_FOLDERS,
  KEY_TIME_NAMED_FOLDERS,
  KEY_TIME_DAY,
  KEY_TIME_SECONDS,
  KEY_TIME_MILLISECONDS
};
struct key_time {
  enum key_time_form form;
  size_t offset;   /* where it begins in the key */
  bool has_hour;   /* of the two forms in folders */
  int64_t from_us; /* from_us <= its time < until_us */
  int64_t until_us;
};
struct key_time object_key_time(struct text key);

/* Times of interest; INT64_MIN and INT64_MAX leave an end open. */
struct key_span {
  int64_t from_us;
  int64_t until_us;
};
/* Whether the key's time, or `modified_at_us` where it has none, lies within. */
bool object_key_is_within(struct text key, int64_t modified_at_us, struct key_span span);

/* Listing in the order of keys: `key`, the last that was listed, lies outside of the span, and so do those that follow it under
 * the same beginning. True: list on after *start_after (in the arena), which leaves nothing out that lies within. */
bool object_key_skip(struct arena *arena, struct text key, struct key_span span, struct text *start_after);

#endif
