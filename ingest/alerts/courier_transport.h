/* Carries many messages at once over HTTP and SMTP (libcurl's multi interface); one slow receiver holds up nobody else.
 *
 * Redirects and proxies of the environment are not used; every address is judged when it is connected to (server/egress.h), but
 * for the mail server, which the operator has named. libcurl is in here and nowhere else of this folder. Owns its connections.
 * Thread: the courier's; only courier_transport_wake any. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_COURIER_TRANSPORT_H
#define CRUMBTRAIL_INGEST_ALERTS_COURIER_TRANSPORT_H

#include "ingest/alerts/courier_outcome.h"
#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/egress.h"

struct courier_transport;

struct courier_transport_settings {
  const struct egress *egress; /* borrowed */
  int64_t timeout_ms;          /* of one attempt, in all */
  const char *ca_file;         /* certificates to verify with; "": the system's */
  const char *smtp_url;        /* smtp://HOST:587 or smtps://HOST */
  const char *smtp_user;       /* "": none */
  const char *smtp_password;
  bool smtp_needs_tls;
};

struct courier_transport *courier_transport_new(struct courier_transport_settings settings);
void courier_transport_free(struct courier_transport *transport); /* accepts NULL; breaks off what is under way */

/* Called from within courier_transport_run; the outcome's text lives until it returns. */
typedef void courier_done(void *context, void *flight, const struct courier_outcome *outcome);

/* The texts are copied. `flight` comes back with courier_done. */
void courier_transport_post(struct courier_transport *transport, void *flight, struct text url, struct text message_id,
                            int64_t timestamp_s, struct text signature, struct text body);
void courier_transport_mail(struct courier_transport *transport, void *flight, struct text from_address, const struct text *to,
                            size_t to_count, struct text mail);

/* Moves what is under way until something ended, `fd` (or -1) became readable, it was woken, or the time is over. */
void courier_transport_run(struct courier_transport *transport, int fd, int timeout_ms, courier_done *done, void *context);
void courier_transport_wake(struct courier_transport *transport);

#endif
