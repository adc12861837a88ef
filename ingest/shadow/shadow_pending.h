/* Shadow texts that wait to be stored, by vehicle: of whole classic shadows the newest alone, of everything else all.
 *
 * Owns copies of the texts, bounded in bytes: what does not fit is left out, and its shadow stays behind until its thing
 * reports again. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_PENDING_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_PENDING_H

#include "ingest/shadow/shadow_document.h"
#include "server/base/text.h"

struct shadow_text {
  enum shadow_form form;
  struct text text;
  struct text name;    /* the shadow's, when the text does not say it; empty otherwise */
  struct text vehicle; /* the vehicle's name, of one whose id is not known; empty otherwise */
  int64_t received_at_us;
  struct shadow_text *next;
};

/* One vehicle. */
struct shadow_entry {
  int64_t vehicle_id;
  struct shadow_text whole; /* without data: none */
  struct shadow_mark mark;  /* of it */
  size_t whole_capacity;
  struct shadow_text *others;
};

struct shadow_pending;

struct shadow_pending *shadow_pending_new(size_t bytes_max);
void shadow_pending_free(struct shadow_pending *pending); /* accepts NULL */
void shadow_pending_clear(struct shadow_pending *pending);

/* A whole classic shadow, whose version and time are known without reading it. False: there was no room. */
bool shadow_pending_put(struct shadow_pending *pending, int64_t vehicle_id, struct shadow_mark mark, int64_t received_at_us,
                        struct text text);
/* Anything else. */
bool shadow_pending_add(struct shadow_pending *pending, int64_t vehicle_id, const struct shadow_text *text);

/* The same for a vehicle that is known by `text->vehicle` alone, until its id is found. */
bool shadow_pending_add_stranger(struct shadow_pending *pending, const struct shadow_text *text);
struct shadow_text *shadow_pending_strangers(const struct shadow_pending *pending);
/* The strangers that have an id now join its vehicle; those with 0 are left out. `ids` in the order of the list. */
void shadow_pending_introduce(struct shadow_pending *pending, const int64_t *ids);

size_t shadow_pending_count(const struct shadow_pending *pending);
size_t shadow_pending_bytes(const struct shadow_pending *pending);
const struct shadow_entry *shadow_pending_at(const struct shadow_pending *pending, size_t index);

#endif
