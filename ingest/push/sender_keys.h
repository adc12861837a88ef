/* The keys that senders of events must know: the one in force, and the next one while senders change from one to the other.
 * A small value; the texts are borrowed. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SENDER_KEYS_H
#define CRUMBTRAIL_INGEST_PUSH_SENDER_KEYS_H

#include <stdbool.h>

#include "server/base/error.h"
#include "server/base/text.h"
#include "server/http/request.h"

struct sender_keys {
  struct text current;
  struct text next; /* may be empty */
};

/* ERROR_SETUP names the setting when `current` is empty. */
struct error sender_keys_make(const char *current, const char *next, struct sender_keys *keys) ERROR_MUST_CHECK;

/* In time that does not tell how much of it is right. */
bool sender_keys_match(const struct sender_keys *keys, struct text given);

/* The header x-ingest-key. ERROR_UNAUTHORIZED. */
struct error sender_keys_check(const struct sender_keys *keys, const struct request *request) ERROR_MUST_CHECK;

/* For senders that cannot add a header of ours: also `Authorization: Bearer KEY`, or the password of `Authorization: Basic` (a
 * URL https://any:KEY@host/ makes it). ERROR_UNAUTHORIZED. */
struct error sender_keys_check_any(const struct sender_keys *keys, struct request *request) ERROR_MUST_CHECK;

#endif
