#include "ingest/push/sns_fetch.h"

#include <stdlib.h>

#include "ingest/push/sns_signature.h"

struct sns_fetch {
  struct http_task task;
  struct sns_fetch_settings settings;
  struct aws_request *request;
  struct error error;
  char url[];
};

static void sns_fetch_free(struct sns_fetch *fetch)
{
  aws_request_free(fetch->request);
  free(fetch);
}

static void hand_over(struct http_task *task)
{
  struct sns_fetch *fetch = (struct sns_fetch *)task;
  struct text body = fetch->error.code == ERROR_NONE ? aws_request_body(fetch->request) : TEXT("");
  fetch->settings.on_fetched(fetch->settings.context, text_from(fetch->url), &fetch->error, body);
  sns_fetch_free(fetch);
}

/* On the client's thread. */
static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct sns_fetch *fetch = context;
  (void)request;
  fetch->error = outcome->error;
  fetch->task = (struct http_task){.run = hand_over};
  http_server_post(fetch->settings.server, &fetch->task);
}

struct error sns_fetch_start(struct sns_fetch_settings settings, struct text url)
{
  struct sns_fetch *fetch = calloc(1, sizeof *fetch + url.length + 1);
  if (fetch == NULL) {
    error_out_of_memory(sizeof *fetch + url.length + 1);
  }
  fetch->settings = settings;
  memcpy(fetch->url, url.data, url.length);
  struct aws_handlers handlers = {.context = fetch, .on_done = on_done};
  struct error error =
      aws_plain_get(fetch->url, settings.link_endpoint_url, SNS_CERTIFICATE_MAX_BYTES, handlers, &fetch->request);
  if (error.code == ERROR_NONE) {
    error = aws_submit(settings.client, fetch->request);
  }
  if (error.code != ERROR_NONE) {
    sns_fetch_free(fetch);
  }
  return error;
}
