/* Opens the links by which AWS has us confirm that it may send to us: subscriptions of SNS topics, destinations of AWS IoT.
 *
 * Whether a link is AWS's and may be opened by itself is judged by who asks. Each request is a row of ingest_confirmation
 * before its sender is answered, so that a restart forgets none; what happened to it is in the row and in the log. A try that
 * failed for now is repeated for two days, as long as AWS's tokens live. Owns: a bounded queue, its thread, a database
 * connection while there is work. Fetches by the AWS client. */
#ifndef CRUMBTRAIL_INGEST_PUSH_CONFIRMER_H
#define CRUMBTRAIL_INGEST_PUSH_CONFIRMER_H

#include <stdint.h>

#include "server/aws/client.h"
#include "server/base/error.h"
#include "server/base/text.h"
#include "server/db/connection.h"

struct confirmer;

enum confirmation_kind { CONFIRM_SUBSCRIPTION, CONFIRM_DESTINATION };

/* The asker's until confirmer_ask succeeds, the confirmer's until on_done. */
struct confirmation {
  enum confirmation_kind kind;
  struct text arn; /* of the topic, of the destination */
  struct text url; /* AWS's */
  bool is_allowed; /* false: it is kept for the operator to open */
  int64_t asked_at_us;
  struct error outcome; /* set by the confirmer: none when the row is committed; whether the link could be opened comes later */
  void (*on_done)(struct confirmation *confirmation); /* on the confirmer's thread; not NULL */
  void *owner;                                        /* the asker's */
};

struct confirmer_settings {
  struct db_settings database;
  struct aws_client *client;
  const char *link_endpoint_url; /* instead of the links' own scheme, host and port; "" = none */
};

struct error confirmer_start(struct confirmer_settings settings, struct confirmer **confirmer) ERROR_MUST_CHECK;

/* Any thread. ERROR_BUSY, ERROR_SHUTTING_DOWN: said at once. Otherwise on_done follows. */
struct error confirmer_ask(struct confirmer *confirmer, struct confirmation *confirmation) ERROR_MUST_CHECK;

/* Before the AWS client stops, which is given links to open until then: ends what waits; from then on nothing is taken. A fetch
 * that comes back later is forgotten, its row still waits. Accepts NULL. */
void confirmer_stop(struct confirmer *confirmer);
/* After confirmer_stop, and after the AWS client has stopped. Accepts NULL. */
void confirmer_free(struct confirmer *confirmer);

#endif
