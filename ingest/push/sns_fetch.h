/* Fetches a signing certificate of SNS by the AWS client and hands what came to the HTTP thread.
 *
 * Owns itself from start to end: on_fetched is called once, on the thread of the HTTP server. Nothing is followed elsewhere,
 * and the connection's own certificate is verified (server/aws/client.h, aws_plain_get). */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_FETCH_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_FETCH_H

#include "server/aws/client.h"
#include "server/base/error.h"
#include "server/base/text.h"
#include "server/http/http_server.h"

struct sns_fetch_settings {
  struct aws_client *client;
  const char *link_endpoint_url; /* instead of the link's own scheme, host and port; "" = none */
  struct http_server *server;
  /* The texts live as long as the call. */
  void (*on_fetched)(void *context, struct text url, const struct error *error, struct text body);
  void *context;
};

/* An error: nothing was started. */
struct error sns_fetch_start(struct sns_fetch_settings settings, struct text url) ERROR_MUST_CHECK;

#endif
