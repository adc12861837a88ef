/* The certificates that SNS signs with, by their URL: fetched once, kept while they are among the last ones used.
 *
 * Which URL may be fetched is judged before (sns_message_check_certificate_url). Who waits for a certificate is called when it
 * has come, or why it has not. Owned by one thread, which makes every call; fetching itself is the maker's. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_CERTIFICATES_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_CERTIFICATES_H

#include <stdint.h>

#include "ingest/push/sns_signature.h"

struct sns_certificates;

enum { SNS_CERTIFICATES_KEPT = 10, SNS_FETCHES_MAX = 8 };
#define SNS_FETCH_PAUSE_US (INT64_C(5) * INT64_C(1000000)) /* after one that failed, until it is tried again */

struct sns_waiter {
  /* NULL: `error` says why. Must not call this module; `certificate` lives as long as the call. */
  void (*resume)(struct sns_waiter *waiter, const struct sns_certificate *certificate, const struct error *error);
  struct sns_waiter *next;
};

/* Starts to fetch; sns_certificates_arrived tells the end, on the owner's thread and not from within. An error: it was not
 * started. `url` is borrowed for the call. */
struct sns_fetcher {
  struct error (*start)(void *context, struct text url);
  void *context;
};

struct sns_certificates *sns_certificates_new(struct sns_fetcher fetcher);
void sns_certificates_free(struct sns_certificates *certificates); /* accepts NULL; nobody may wait any more */

/* NULL: not here. It lives until the next call of this module. */
const struct sns_certificate *sns_certificates_find(struct sns_certificates *certificates, struct text url);

/* After sns_certificates_find has found nothing: fetches it unless that is under way; waiter->resume follows.
 * ERROR_UPSTREAM_AWAY: it could not be fetched a moment ago. ERROR_BUSY: too many are being fetched. */
struct error sns_certificates_wait(struct sns_certificates *certificates, struct text url, int64_t now_us,
                                   struct sns_waiter *waiter) ERROR_MUST_CHECK;

/* The end of a fetch: the bytes, or the error. Calls everybody who waits. */
void sns_certificates_arrived(struct sns_certificates *certificates, struct text url, const struct error *error,
                              struct text pem, int64_t now_us);

#endif
