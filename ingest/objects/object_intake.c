#include "ingest/objects/object_intake.h"

#include <stdlib.h>

#include "ingest/objects/fetcher.h"
#include "ingest/objects/object_queue.h"
#include "ingest/objects/sqs_poller.h"
#include "ingest/objects/sweep.h"

enum { STATEMENT_TIMEOUT_MS = 10000 };

struct object_intake {
  struct object_intake_settings settings;
  struct event_settings events;
  struct fetcher *fetcher;
  struct object_queue *queue;
  struct sqs_poller *poller;
  struct sweep *sweep;
};

static struct db_settings database_of(const struct object_intake *intake, const char *name)
{
  struct db_settings database = intake->settings.database;
  database.application_name = name;
  database.statement_timeout_ms = STATEMENT_TIMEOUT_MS;
  return database;
}

static struct error start_fetcher(struct object_intake *intake)
{
  const struct config *config = intake->settings.config;
  struct fetcher_settings fetcher = {.database = database_of(intake, "crumbtrail fetcher"),
                                     .aws = aws_settings_of(config, NULL),
                                     .writer = intake->settings.writer,
                                     .events = intake->events,
                                     .readers = (int)config->object_readers,
                                     .metrics = intake->settings.metrics};
  TRY(key_patterns_parse(intake->settings.arena, "object-vehicle-patterns", config->object_vehicle_patterns,
                         &fetcher.patterns));
  return fetcher_start(fetcher, &intake->fetcher);
}

static struct error start_queue(struct object_intake *intake)
{
  struct object_queue_settings queue = {.database = database_of(intake, "crumbtrail objects"),
                                        .on_announced = fetcher_wake,
                                        .context = intake->fetcher,
                                        .metrics = intake->settings.metrics};
  return object_queue_start(queue, &intake->queue);
}

static struct error start_poller(struct object_intake *intake)
{
  struct sqs_poller_settings poller = {.queue_urls = intake->settings.config->sqs_queue_url,
                                       .client = intake->settings.aws,
                                       .intake = {intake->queue, intake->settings.writer, intake->events},
                                       .metrics = intake->settings.metrics};
  return sqs_poller_start(poller, &intake->poller);
}

static struct error start_sweep(struct object_intake *intake)
{
  const struct config *config = intake->settings.config;
  struct sweep_settings sweep = {.database = database_of(intake, "crumbtrail sweep"),
                                 .client = intake->settings.aws,
                                 .prefixes = config->sweep_prefixes,
                                 .days = config->sweep_days,
                                 .interval_s = config->sweep_interval_s,
                                 .on_announced = fetcher_wake,
                                 .context = intake->fetcher,
                                 .metrics = intake->settings.metrics};
  return sweep_start(sweep, &intake->sweep);
}

static struct error start_parts(struct object_intake *intake)
{
  const struct config *config = intake->settings.config;
  TRY(event_settings_make(config->speed_unit, config->temperature_unit, config->temperature_field, config->stale_field_s,
                          &intake->events));
  TRY(start_fetcher(intake));
  TRY(start_queue(intake));
  TRY(start_poller(intake));
  return start_sweep(intake);
}

struct error object_intake_start(struct object_intake_settings settings, struct object_intake **intake)
{
  struct object_intake *made = calloc(1, sizeof *made);
  if (made == NULL) {
    abort();
  }
  made->settings = settings;
  *intake = made;
  return start_parts(made);
}

struct object_queue *object_intake_queue(const struct object_intake *intake)
{
  return intake->queue;
}

void object_intake_drain(struct object_intake *intake, int grace_ms)
{
  if (intake == NULL) {
    return;
  }
  sqs_poller_stop(intake->poller);
  sweep_stop(intake->sweep);
  object_queue_stop(intake->queue, grace_ms);
  fetcher_drain(intake->fetcher, grace_ms);
  intake->poller = NULL;
  intake->sweep = NULL;
  intake->queue = NULL;
}

void object_intake_free(struct object_intake *intake)
{
  if (intake != NULL) {
    fetcher_stop(intake->fetcher);
    free(intake);
  }
}
