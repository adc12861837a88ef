#include "ingest/ingest.h"

#include <stdlib.h>

#include "ingest/alerts/alerts.h"
#include "ingest/analysis/analyser.h"
#include "ingest/writer/batch_writer.h"
#include "ingest/shadow/desired_sender.h"
#include "ingest/events/event_reader.h"
#include "ingest/push/firehose.h"
#include "ingest/ingest_key.h"
#include "ingest/keeper.h"
#include "ingest/objects/object_intake.h"
#include "ingest/objects/object_retry.h"
#include "ingest/push/push_intake.h"
#include "ingest/push/receiver.h"
#include "ingest/replaying/rejected_replay.h"
#include "ingest/shadow/shadow_keeper.h"
#include "server/aws/client.h"
#include "ingest/spool/spool.h"
#include "ingest/spool_announcements.h"
#include "ingest/spool_events.h"

enum { WRITER_TIMEOUT_MS = 10000, KEEPER_TIMEOUT_MS = 10000, SHADOWS_TIMEOUT_MS = 10000 };
enum { DESIRED_TIMEOUT_MS = 10000, ANALYSIS_TIMEOUT_MS = 120000 };

/* Beyond the writer's: what the last batches said of shadows. */
enum { SHADOWS_GRACE_MS = 1000 };

struct ingest {
  struct ingest_settings settings;
  const char *key; /* of the senders */
  struct event_settings events;
  struct keeper *keeper;
  struct shadow_keeper *shadows;
  struct desired_sender *sender; /* NULL: nothing can be sent */
  struct spool *spool;           /* NULL: off by the setting */
  struct spool_events *spool_events;
  struct spool_announcements *spool_announcements;
  struct batch_writer *writer;
  struct analyser *analyser;
  struct aws_client *aws;
  struct object_intake *objects;
  struct push_intake *pushed;
  struct receiver *receiver;
  struct replay_desk *replays;
  struct firehose *firehose;
  struct alerts *alerts;
};

static struct db_settings database_of(const struct ingest *ingest, const char *name, int statement_timeout_ms)
{
  struct db_settings database = ingest->settings.database;
  database.application_name = name;
  database.statement_timeout_ms = statement_timeout_ms;
  return database;
}

static struct error start_keeper(struct ingest *ingest)
{
  struct keeper_settings keeper = {database_of(ingest, "crumbtrail keeper", KEEPER_TIMEOUT_MS),
                                   ingest->settings.config->partitions_ahead_days, ingest->settings.metrics};
  return keeper_start(keeper, &ingest->keeper);
}

static struct error start_shadows(struct ingest *ingest)
{
  struct shadow_keeper_settings shadows = {database_of(ingest, "crumbtrail shadows", SHADOWS_TIMEOUT_MS),
                                           ingest->settings.metrics};
  return shadow_keeper_start(shadows, &ingest->shadows);
}

/* Where nothing says which AWS to use, asking it would only find out that there is none. */
const char *ingest_cannot_send_reason(const struct config *config)
{
  const char *const known[] = {config->iot_endpoint_url, config->aws_endpoint_url, config->aws_region,
                               config->aws_profile,      getenv("AWS_REGION"),     getenv("AWS_DEFAULT_REGION")};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (known[i] != NULL && known[i][0] != '\0') {
      return NULL;
    }
  }
  return "nothing can be sent to vehicles: set iot-endpoint-url (https://PREFIX-ats.iot.REGION.amazonaws.com) or aws-region, "
         "and "
         "give the server AWS keys that may do iot:UpdateThingShadow and iot:GetThingShadow";
}

static struct error start_sender(struct ingest *ingest)
{
  struct desired_sender_settings sender = {.database = database_of(ingest, "crumbtrail desired", DESIRED_TIMEOUT_MS),
                                           .aws = ingest->aws,
                                           .shadows = ingest->shadows,
                                           .metrics = ingest->settings.metrics};
  bool cannot_send = ingest_cannot_send_reason(ingest->settings.config) != NULL;
  return cannot_send ? error_none() : desired_sender_start(sender, &ingest->sender);
}

static struct error read_event_settings(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  return event_settings_make(config->speed_unit, config->temperature_unit, config->temperature_field, config->stale_field_s,
                             &ingest->events);
}

static struct error open_spool(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  struct spool_settings spool = {
      .data_folder = config->data_folder, .bytes_max = config->spool_max_bytes, .metrics = ingest->settings.metrics};
  return config->spool_max_bytes != 0 ? spool_open(spool, &ingest->spool) : error_none();
}

/* What an earlier run has left in it goes to the database from now on. */
static struct error start_spool(struct ingest *ingest)
{
  if (ingest->spool == NULL) {
    return error_none();
  }
  ingest->spool_events = spool_events_new(ingest->writer, &ingest->events);
  spool_set_taker(ingest->spool, SPOOL_EVENTS, spool_events_taker(ingest->spool_events));
  ingest->spool_announcements = spool_announcements_new(object_intake_queue(ingest->objects), ingest->writer);
  spool_set_taker(ingest->spool, SPOOL_ANNOUNCEMENTS, spool_announcements_taker(ingest->spool_announcements));
  return spool_start(ingest->spool);
}

static void take_shadows(void *shadows, const struct batch *batch, const struct vehicle_registry *registry)
{
  shadow_keeper_take(shadows, batch, registry);
}

static struct error start_writer(struct ingest *ingest)
{
  struct batch_writer_settings writer = {.database = database_of(ingest, "crumbtrail writer", WRITER_TIMEOUT_MS),
                                         .queue_max = ingest->settings.config->ingest_queue_max,
                                         .spool = ingest->spool,
                                         .metrics = ingest->settings.metrics,
                                         .on_committed = take_shadows,
                                         .on_committed_context = ingest->shadows};
  return batch_writer_start(writer, &ingest->writer);
}

static struct error start_analyser(struct ingest *ingest)
{
  const struct analyser_settings analyser = {.database = database_of(ingest, "crumbtrail analyser", ANALYSIS_TIMEOUT_MS),
                                             .time_zone = ingest->settings.config->depot_time_zone,
                                             .uses_estimates = strcmp(ingest->settings.config->estimated_limits, "yes") == 0,
                                             .metrics = ingest->settings.metrics};
  return analyser_start(analyser, &ingest->analyser);
}

static struct error start_objects(struct ingest *ingest)
{
  struct object_intake_settings objects = {.config = ingest->settings.config,
                                           .arena = ingest->settings.arena,
                                           .database = ingest->settings.database,
                                           .writer = ingest->writer,
                                           .aws = ingest->aws,
                                           .metrics = ingest->settings.metrics};
  return object_intake_start(objects, &ingest->objects);
}

static struct error start_pushed(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  struct push_intake_settings pushed = {.config = config,
                                        .database = ingest->settings.database,
                                        .events = ingest->events,
                                        .writer = ingest->writer,
                                        .objects = object_intake_queue(ingest->objects),
                                        .spool = ingest->spool,
                                        .metrics = ingest->settings.metrics};
  TRY(sender_keys_make(ingest->key, config->ingest_key_next, &pushed.keys));
  return push_intake_start(pushed, &ingest->pushed);
}

static struct error make_receiver(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  struct receiver_settings receiver = {.writer = ingest->writer,
                                       .confirmer = push_intake_confirmer(ingest->pushed),
                                       .iot_accounts_allowed = config->iot_accounts_allowed,
                                       .ingest_key = ingest->key,
                                       .ingest_key_next = config->ingest_key_next,
                                       .speed_unit = config->speed_unit,
                                       .temperature_unit = config->temperature_unit,
                                       .temperature_field = config->temperature_field,
                                       .stale_field_s = config->stale_field_s,
                                       .body_max_bytes = config->ingest_body_max_bytes,
                                       .metrics = ingest->settings.metrics};
  return receiver_new(receiver, &ingest->receiver);
}

static struct error make_firehose(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  struct firehose_settings firehose = {.writer = ingest->writer,
                                       .messages = push_intake_messages(ingest->pushed),
                                       .events = ingest->events,
                                       .body_max_bytes = config->firehose_body_max_bytes,
                                       .metrics = ingest->settings.metrics};
  TRY(sender_keys_make(ingest->key, config->ingest_key_next, &firehose.keys));
  ingest->firehose = firehose_new(firehose);
  return error_none();
}

static struct error load_key(struct ingest *ingest)
{
  const struct config *config = ingest->settings.config;
  ingest->key = config->ingest_key;
  return ingest->key[0] != '\0' ? error_none() : ingest_key_load(ingest->settings.arena, config->data_folder, &ingest->key);
}

static struct error start_alerts(struct ingest *ingest)
{
  struct alerts_settings alerts = {.config = ingest->settings.config,
                                   .database = ingest->settings.database,
                                   .aws = ingest->aws,
                                   .metrics = ingest->settings.metrics};
  return alerts_start(alerts, &ingest->alerts);
}

/* What stores. */
static struct error start_store(struct ingest *ingest)
{
  TRY(read_event_settings(ingest));
  TRY(start_keeper(ingest));
  TRY(start_shadows(ingest));
  TRY(open_spool(ingest));
  TRY(start_writer(ingest));
  return start_analyser(ingest);
}

/* What brings it there. */
static struct error start_ways_in(struct ingest *ingest)
{
  TRY(aws_client_start(aws_settings_of(ingest->settings.config, ingest->settings.metrics), &ingest->aws));
  TRY(start_sender(ingest));
  TRY(start_alerts(ingest));
  TRY(start_objects(ingest));
  TRY(start_spool(ingest));
  TRY(start_pushed(ingest));
  TRY(make_receiver(ingest));
  TRY(make_firehose(ingest));
  ingest->replays = replay_desk_new(
      (struct replay_desk_settings){.writer = ingest->writer, .events = ingest->events, .metrics = ingest->settings.metrics});
  return error_none();
}

static struct error start_parts(struct ingest *ingest)
{
  TRY(load_key(ingest));
  TRY(start_store(ingest));
  return start_ways_in(ingest);
}

struct error ingest_start(struct ingest_settings settings, struct ingest **ingest)
{
  struct ingest *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  *ingest = made;
  return start_parts(made);
}

void ingest_add_routes(struct ingest *ingest, struct router *router)
{
  router_add(router, receiver_routes(ingest->receiver));
  router_add(router, rejected_replay_routes(ingest->replays));
  router_add(router, object_retry_routes());
  push_intake_add_routes(ingest->pushed, router);
  router_add(router, firehose_routes(ingest->firehose));
  router_add(router, alerts_routes(ingest->alerts));
}

const char *ingest_not_ready_reason(const struct ingest *ingest)
{
  if (batch_writer_is_ready(ingest->writer)) {
    return NULL;
  }
  struct ingest_spool_state spool = ingest_spool_state(ingest);
  if (!spool.is_spooling) {
    return "the writer has no database";
  }
  return spool.bytes < spool.bytes_max ? NULL : "the writer has no database, and the spool is full";
}

struct ingest_spool_state ingest_spool_state(const struct ingest *ingest)
{
  if (ingest->spool == NULL) {
    return (struct ingest_spool_state){.is_on = false};
  }
  struct spool_state state;
  spool_read_state(ingest->spool, &state);
  return (struct ingest_spool_state){.is_on = true,
                                     .is_spooling =
                                         !batch_writer_is_ready(ingest->writer) || batch_writer_is_stuck(ingest->writer),
                                     .entries = state.entries,
                                     .bytes = state.bytes,
                                     .bytes_max = state.bytes_max,
                                     .oldest_received_at_us = state.oldest_received_at_us,
                                     .damaged_files = state.damaged_files};
}

void ingest_stop(struct ingest *ingest, int grace_ms)
{
  if (ingest != NULL) {
    replay_desk_stop(ingest->replays);
    alerts_stop(ingest->alerts);
    push_intake_stop(ingest->pushed, grace_ms);
    spool_stop_draining(ingest->spool);
    object_intake_drain(ingest->objects, grace_ms);
    batch_writer_stop(ingest->writer, grace_ms);
    ingest->writer = NULL;
    analyser_stop(ingest->analyser);
    ingest->analyser = NULL;
    desired_sender_stop(ingest->sender);
    ingest->sender = NULL;
    shadow_keeper_stop(ingest->shadows, SHADOWS_GRACE_MS);
    ingest->shadows = NULL;
    spool_stop(ingest->spool);
    ingest->spool = NULL;
  }
}

void ingest_free(struct ingest *ingest)
{
  if (ingest == NULL) {
    return;
  }
  alerts_free(ingest->alerts);
  object_intake_free(ingest->objects);
  aws_client_stop(ingest->aws);
  receiver_free(ingest->receiver);
  firehose_free(ingest->firehose);
  push_intake_free(ingest->pushed);
  spool_events_free(ingest->spool_events);
  replay_desk_free(ingest->replays);
  spool_announcements_free(ingest->spool_announcements);
  keeper_stop(ingest->keeper);
  free(ingest);
}
