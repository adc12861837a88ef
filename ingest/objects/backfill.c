#include "ingest/objects/backfill.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/aws/aws_waiter.h"
#include "ingest/objects/backfill_pages.h"
#include "ingest/objects/backfill_report.h"
#include "ingest/objects/backfill_total.h"
#include "ingest/writer/batch_writer.h"
#include "server/db/command_database.h"
#include "ingest/objects/fetcher.h"
#include "ingest/objects/object_listing.h"
#include "server/db/steady_connection.h"
#include "server/base/clock.h"
#include "server/db/embedded.h"
#include "server/db/migrate.h"
#include "server/log.h"

enum {
  PAGES_MAX = 8, /* listed and not settled */
  PAGE_ARENA_BYTES = 256 * 1024,
  CONNECT_TIMEOUT_S = 10,
  STATEMENT_TIMEOUT_MS = 10000,
  STEP_US = 50000,
  LOOK_EVERY_MS = 300,
  BAR_EVERY_MS = 500,
  LINE_EVERY_MS = 10000,
  STOP_GRACE_MS = 3000,
  LISTING_TRIES_MAX = 10,
  LISTING_PAUSE_MS = 3000,
};

const char *const BACKFILL_FLAGS[] = {"from=", "to=", NULL};

struct backfill {
  const struct command_input *input;
  struct s3_location location;
  struct key_span span;
  const char *conninfo;
  struct embedded *embedded; /* ours meanwhile, or NULL */
  struct aws_client *client;
  struct batch_writer *writer;
  struct fetcher *fetcher;
  struct backfill_counter *counter;
  struct steady_connection database;
  struct aws_waiter waiter;
  struct object_listing listing;
  struct backfill_pages pages;
  int listing_tries;
  int64_t list_at_us; /* monotonic */
  int64_t look_at_us;
  int64_t report_at_us;
  int64_t began_us;
  bool has_terminal;
};

void backfill_print_help(struct buffer *out)
{
  buffer_append_text(
      out, TEXT("usage: crumbtrail backfill s3://BUCKET/PREFIX [--from DATE] [--to DATE] [--database URL | --data FOLDER]\n"
                "\n"
                "Reads the objects under the prefix that were not read yet, beside a running server or alone.\n"
                "Ended at any time, the same command goes on where it stood. The exit code is 0 when everything was read.\n"
                "\n"
                "  --from DATE  only objects of this day and later, by the date in their keys, else by their last change\n"
                "  --to DATE    only objects up to this day, it included\n"
                "\n"
                "A DATE is 2024-05-20, or a time such as 2024-05-20T13:00:00Z (for --to: before it). Units of the events and\n"
                "access to S3 are settings, the same as the server's: speed-unit, aws-region, s3-endpoint-url and so on.\n"));
}

/* ---- arguments ---- */

static struct error read_date(const struct command_input *input, const char *flag, int64_t whole_day_us, int64_t *time_us)
{
  const char *value = config_extra_value(input->extras, flag);
  if (value == NULL) {
    return error_none();
  }
  const char *midnight = arena_printf(input->arena, "%sT00:00:00Z", value);
  if (clock_parse(text_from(midnight), time_us)) {
    *time_us += whole_day_us;
    return error_none();
  }
  if (!clock_parse(text_from(value), time_us)) {
    return error_at(ERROR_SETUP, flag, "--%s: expected a date such as 2024-05-20, or a time such as 2024-05-20T13:00:00Z",
                    flag);
  }
  return error_none();
}

static struct error read_arguments(struct backfill *backfill)
{
  struct error error = s3_parse_url(text_from(backfill->input->file), &backfill->location);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_SETUP, "%.200s: %s", backfill->input->file, error.detail);
  }
  backfill->span = (struct key_span){INT64_MIN, INT64_MAX};
  TRY(read_date(backfill->input, "from", 0, &backfill->span.from_us));
  TRY(read_date(backfill->input, "to", US_PER_DAY, &backfill->span.until_us));
  if (backfill->span.from_us >= backfill->span.until_us) {
    return error_at(ERROR_SETUP, "to", "--to lies before --from");
  }
  return error_none();
}

/* ---- parts ---- */

static struct db_settings database_of(const struct backfill *backfill, const char *name)
{
  return (struct db_settings){.conninfo = backfill->conninfo,
                              .application_name = name,
                              .connect_timeout_s = CONNECT_TIMEOUT_S,
                              .statement_timeout_ms = STATEMENT_TIMEOUT_MS};
}

/* A cluster that is started here may be older than the program; a server that runs has migrated already. */
static struct error open_database(struct backfill *backfill)
{
  const struct config *config = backfill->input->config;
  struct arena *arena = backfill->input->arena;
  backfill->conninfo = command_database_running(arena, config);
  if (backfill->conninfo == NULL && !embedded_exists(arena, config->data_folder)) {
    return error_at(
        ERROR_SETUP, "data",
        "--data: %.200s holds no database to fill: name the server's folder, or its database with --database (a new "
        "one is made by crumbtrail migrate)",
        config->data_folder);
  }
  if (backfill->conninfo == NULL) {
    TRY(embedded_start(arena, config->data_folder, config->postgres_bin_folder, &backfill->embedded));
    backfill->conninfo = embedded_conninfo(backfill->embedded);
  }
  struct db_connection *connection = NULL;
  struct db_settings settings = database_of(backfill, "crumbtrail backfill");
  settings.statement_timeout_ms = 0;
  TRY(db_open(settings, &connection));
  int applied = 0;
  struct error error = backfill->embedded != NULL ? migrate_apply(connection, &applied) : migrate_check(connection);
  db_close(connection);
  return error;
}

static struct error start_reading(struct backfill *backfill)
{
  const struct config *config = backfill->input->config;
  struct batch_writer_settings writer = {.database = database_of(backfill, "crumbtrail backfill writer"),
                                         .queue_max = config->ingest_queue_max};
  TRY(batch_writer_start(writer, &backfill->writer));
  struct fetcher_settings fetcher = {.database = database_of(backfill, "crumbtrail backfill fetcher"),
                                     .aws = aws_settings_of(config, NULL),
                                     .writer = backfill->writer,
                                     .readers = (int)config->object_readers};
  TRY(event_settings_make(config->speed_unit, config->temperature_unit, config->temperature_field, config->stale_field_s,
                          &fetcher.events));
  TRY(key_patterns_parse(backfill->input->arena, "object-vehicle-patterns", config->object_vehicle_patterns,
                         &fetcher.patterns));
  return fetcher_start(fetcher, &backfill->fetcher);
}

static struct error start_parts(struct backfill *backfill)
{
  TRY(read_arguments(backfill));
  TRY(open_database(backfill));
  TRY(start_reading(backfill));
  TRY(aws_client_start(aws_settings_of(backfill->input->config, NULL), &backfill->client));
  steady_connection_init(&backfill->database, database_of(backfill, "crumbtrail backfill"));
  backfill->listing = object_listing_begin(backfill->client, &backfill->waiter, backfill->location, backfill->span);
  if (backfill->has_terminal) {
    backfill->counter = backfill_counter_start(backfill->client, backfill->location, backfill->span);
  }
  return error_none();
}

static void stop_parts(struct backfill *backfill)
{
  backfill_counter_stop(backfill->counter);
  fetcher_drain(backfill->fetcher, STOP_GRACE_MS);
  batch_writer_stop(backfill->writer, STOP_GRACE_MS);
  fetcher_stop(backfill->fetcher);
  aws_client_stop(backfill->client);
  object_listing_end(&backfill->listing);
  backfill_pages_free(&backfill->pages);
  steady_connection_close(&backfill->database);
  embedded_stop(backfill->embedded);
}

/* ---- the way through ---- */

/* What may heal is asked for again. */
static struct error list_page(struct backfill *backfill)
{
  struct announcement *objects = NULL;
  size_t count = 0;
  struct aws_outcome outcome = {.is_temporary = false};
  struct arena *arena = arena_new(PAGE_ARENA_BYTES);
  struct error error = object_listing_next(&backfill->listing, arena, &objects, &count, &outcome);
  if (error.code == ERROR_NONE) {
    backfill->listing_tries = 0;
    backfill_pages_add(&backfill->pages, arena, objects, count);
    backfill->look_at_us = 0;
    return error;
  }
  arena_free(arena);
  if (*backfill->input->stop != 0) {
    return error_none(); /* which ends the run */
  }
  if (!outcome.is_temporary || ++backfill->listing_tries > LISTING_TRIES_MAX) {
    return error;
  }
  LOG_WARNING("backfill_cannot_list", "detail=%s", log_quote_cstring(error.detail));
  backfill->list_at_us = clock_monotonic_us() + LISTING_PAUSE_MS * US_PER_MS;
  return error_none();
}

static struct error advance(struct backfill *backfill)
{
  struct error error = steady_connection_ensure(&backfill->database);
  if (error.code == ERROR_NONE) {
    error = backfill_pages_advance(&backfill->pages, backfill->database.connection);
  }
  fetcher_wake(backfill->fetcher);
  bool may_heal = error.code == ERROR_DATABASE_AWAY || error.code == ERROR_QUERY_TIMEOUT;
  return may_heal ? error_none() : error;
}

static void report(struct backfill *backfill)
{
  struct buffer line = {0};
  double elapsed_s = (double)(clock_monotonic_us() - backfill->began_us) / 1e6;
  struct backfill_total total = backfill_counter_total(backfill->counter);
  backfill_bar(&line, &backfill->pages.counts, &total, elapsed_s);
  if (backfill->has_terminal) {
    printf("\r%.*s\033[K", TEXT_ARGS(buffer_text(&line)));
    fflush(stdout);
  } else {
    LOG_INFO("backfill_progress", "at=%s", log_quote(buffer_text(&line)));
  }
  buffer_free(&line);
}

static struct error step(struct backfill *backfill)
{
  int64_t now_us = clock_monotonic_us();
  if (!backfill->listing.is_over && backfill->pages.count < PAGES_MAX && now_us >= backfill->list_at_us) {
    TRY(list_page(backfill));
  }
  if (now_us >= backfill->look_at_us) {
    backfill->look_at_us = now_us + LOOK_EVERY_MS * US_PER_MS;
    TRY(advance(backfill));
  }
  if (now_us >= backfill->report_at_us) {
    backfill->report_at_us = now_us + (backfill->has_terminal ? BAR_EVERY_MS : LINE_EVERY_MS) * US_PER_MS;
    report(backfill);
  }
  return error_none();
}

static struct error run(struct backfill *backfill)
{
  struct error error = error_none();
  backfill->report_at_us = backfill->began_us + LINE_EVERY_MS / 10 * US_PER_MS;
  while (error.code == ERROR_NONE && (!backfill->listing.is_over || backfill->pages.count != 0)) {
    if (*backfill->input->stop != 0) {
      return error_make(ERROR_SHUTTING_DOWN, "ended before everything was read: the same command goes on from here");
    }
    error = step(backfill);
    bool is_full = backfill->listing.is_over || backfill->pages.count == PAGES_MAX;
    if (is_full) {
      (void)usleep(STEP_US);
    }
  }
  return error;
}

static int conclude(const struct backfill *backfill, const struct error *error)
{
  const struct backfill_counts *counts = &backfill->pages.counts;
  struct buffer text = {0};
  if (counts->listed != 0 || error->code == ERROR_NONE) {
    backfill_summary(&text, counts, (double)(clock_monotonic_us() - backfill->began_us) / 1e6);
    printf("%s%.*s", backfill->has_terminal ? "\r\033[K" : "", TEXT_ARGS(buffer_text(&text)));
    fflush(stdout);
  }
  buffer_free(&text);
  if (error->code != ERROR_NONE) {
    fprintf(stderr, "crumbtrail backfill: %s\n", error->detail);
    return EXIT_FAILURE;
  }
  if (counts->failed != 0) {
    fprintf(stderr,
            "crumbtrail backfill: not everything was read. The reasons stand in the log and in table ingest_object; the "
            "same command tries again\n");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

/* On a terminal the bar is what is looked at. */
static void quieten(const struct config *config)
{
  enum log_level level = LOG_LEVEL_INFO;
  enum log_format format = LOG_FORMAT_LOGFMT;
  if (log_level_from(config->log_level, &level) && log_format_from(config->log_format, &format) && level == LOG_LEVEL_INFO) {
    log_setup(LOG_LEVEL_WARNING, format);
  }
}

int backfill_run(const struct command_input *input)
{
  struct backfill backfill = {.input = input, .began_us = clock_monotonic_us(), .has_terminal = isatty(STDOUT_FILENO) != 0};
  if (backfill.has_terminal) {
    quieten(input->config);
  }
  aws_waiter_init(&backfill.waiter);
  backfill.waiter.stop = input->stop;
  struct error error = start_parts(&backfill);
  if (error.code == ERROR_NONE) {
    error = run(&backfill);
  }
  int exit_code = conclude(&backfill, &error);
  stop_parts(&backfill);
  aws_waiter_destroy(&backfill.waiter);
  return exit_code;
}
