#include "ingest/push/push_intake.h"

#include <stdlib.h>

#include "ingest/push/confirmer.h"
#include "ingest/push/link_endpoint.h"
#include "ingest/push/message_log.h"
#include "ingest/push/s3_webhook.h"
#include "ingest/push/sns_receiver.h"
#include "server/aws/client.h"

enum { STATEMENT_TIMEOUT_MS = 5000, LINKS_MAX = 16, LINK_TIMEOUT_MS = 10000 };

struct push_intake {
  struct push_intake_settings settings;
  struct aws_client *links; /* of its own: it ends before the HTTP server, to which it brings certificates */
  struct message_log *messages;
  struct confirmer *confirmer;
  struct sns_receiver *sns;
  struct s3_webhook *webhook;
};

static struct db_settings database_of(const struct push_intake *intake, const char *name)
{
  struct db_settings database = intake->settings.database;
  database.application_name = name;
  database.statement_timeout_ms = STATEMENT_TIMEOUT_MS;
  return database;
}

static struct error start_confirmer(struct push_intake *intake)
{
  struct confirmer_settings confirmer = {.database = database_of(intake, "crumbtrail confirmer"),
                                         .client = intake->links,
                                         .link_endpoint_url = intake->settings.config->aws_link_endpoint_url};
  return confirmer_start(confirmer, &intake->confirmer);
}

static struct error make_sns(struct push_intake *intake)
{
  const struct push_intake_settings *settings = &intake->settings;
  struct sns_receiver_settings sns = {.writer = settings->writer,
                                      .objects = settings->objects,
                                      .spool = settings->spool,
                                      .messages = intake->messages,
                                      .confirmer = intake->confirmer,
                                      .client = intake->links,
                                      .link_endpoint_url = settings->config->aws_link_endpoint_url,
                                      .topics_allowed = settings->config->sns_topics_allowed,
                                      .keys = settings->keys,
                                      .events = settings->events,
                                      .metrics = settings->metrics};
  return sns_receiver_new(sns, &intake->sns);
}

static void make_webhook(struct push_intake *intake)
{
  const struct push_intake_settings *settings = &intake->settings;
  struct s3_webhook_settings webhook = {.objects = settings->objects,
                                        .spool = settings->spool,
                                        .writer = settings->writer,
                                        .keys = settings->keys,
                                        .body_max_bytes = settings->config->ingest_body_max_bytes,
                                        .metrics = settings->metrics};
  intake->webhook = s3_webhook_new(webhook);
}

static struct error start_parts(struct push_intake *intake)
{
  TRY(link_endpoint_check(intake->settings.config->aws_link_endpoint_url));
  struct aws_settings links = {.requests_max = LINKS_MAX, .timeout_ms = LINK_TIMEOUT_MS};
  TRY(aws_client_start(links, &intake->links));
  TRY(message_log_start(database_of(intake, "crumbtrail messages"), &intake->messages));
  TRY(start_confirmer(intake));
  make_webhook(intake);
  return make_sns(intake);
}

struct error push_intake_start(struct push_intake_settings settings, struct push_intake **intake)
{
  struct push_intake *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->settings = settings;
  *intake = made;
  return start_parts(made);
}

struct message_log *push_intake_messages(const struct push_intake *intake)
{
  return intake->messages;
}

struct confirmer *push_intake_confirmer(const struct push_intake *intake)
{
  return intake->confirmer;
}

void push_intake_add_routes(struct push_intake *intake, struct router *router)
{
  router_add(router, sns_receiver_routes(intake->sns));
  router_add(router, s3_webhook_routes(intake->webhook));
}

void push_intake_stop(struct push_intake *intake, int grace_ms)
{
  if (intake != NULL) {
    sns_receiver_stop(intake->sns);
    confirmer_stop(intake->confirmer); /* before the client, whom its thread gives links to open */
    aws_client_stop(intake->links);
    intake->links = NULL;
    message_log_stop(intake->messages, grace_ms);
  }
}

void push_intake_free(struct push_intake *intake)
{
  if (intake != NULL) {
    sns_receiver_free(intake->sns);
    s3_webhook_free(intake->webhook);
    confirmer_free(intake->confirmer);
    message_log_free(intake->messages);
    free(intake);
  }
}
