#include "ingest/generator/replay.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/generator/event_writer.h"
#include "ingest/generator/http_sender.h"
#include "ingest/generator/options.h"
#include "ingest/generator/summary.h"
#include "ingest/generator/trace.h"
#include "server/base/clock.h"

static const double MPS_PER_MPH = 0.44704;
enum { STOP_GRACE_MS = 5000, SPEED_DECIMALS = 2, LONGEST_NAP_US = 200000 };

const char *const REPLAY_FLAGS[] = {"to=", "speed=", "connections=", "batch=", NULL};

struct replay {
  struct trace trace;
  struct shadow *shadows;     /* one a vehicle */
  struct http_sender *sender; /* NULL: standard output */
  const volatile sig_atomic_t *stop;
  FILE *notes;
  double speed; /* 0: flat out */
  int64_t sent;
  bool output_failed;
};

void replay_print_help(struct buffer *out)
{
  buffer_append_text(
      out,
      TEXT(
          "usage: crumbtrail replay FILE.csv [options]\n"
          "\n"
          "Sends a recorded trace as IoT events. The file's first line names its columns: vehicle_id, timestamp,\n"
          "latitude, longitude, and if known speed (m/s) and heading (degrees). Vehicle 2619 becomes the thing iotfleet_2619.\n"
          "\n"
          "  --to URL           where the events go (http://127.0.0.1:8080/ingest/iot); - writes one event a line\n"
          "  --speed X          X times as fast as it happened (1); 0 = as fast as they are taken\n"
          "  --connections N    requests at a time (32)\n"
          "  --batch N          up to so many events a request, as an array (1)\n"
          "  --ingest-key KEY   or CRUMBTRAIL_INGEST_KEY_FILE=FILE (DATA/ingest-key when there is one)\n"));
}

static bool is_stopped(const struct replay *replay)
{
  return (replay->stop != NULL && *replay->stop != 0) || replay->output_failed;
}

static void wait_until(struct replay *replay, int64_t until_us)
{
  while (!is_stopped(replay) && clock_monotonic_us() < until_us) {
    int64_t nap_us = until_us - clock_monotonic_us();
    nap_us = nap_us < LONGEST_NAP_US ? nap_us : LONGEST_NAP_US;
    if (replay->sender != NULL) {
      http_sender_run(replay->sender, clock_monotonic_us() + nap_us);
    } else if (nap_us > 0) {
      struct timespec pause = {0, nap_us * 1000};
      nanosleep(&pause, NULL);
    }
  }
}

static void write_row(struct replay *replay, const struct trace_row *row, struct buffer *event)
{
  char thing[160];
  snprintf(thing, sizeof thing, "iotfleet_%s", replay->trace.vehicles[row->vehicle].data);
  struct report report = {
      .thing = thing,
      .time_us = row->time_us,
      .latitude_deg = row->latitude_deg,
      .longitude_deg = row->longitude_deg,
      .speed_mph = (double)row->speed_mps / MPS_PER_MPH,
      .speed_decimals = SPEED_DECIMALS,
      .heading_deg = (double)row->heading_deg,
      .temperature_c = (double)NAN,
      .ignition = -1,
  };
  buffer_clear(event);
  event_write(event, &replay->shadows[row->vehicle], &report);
}

static bool send_event(struct replay *replay, struct text event)
{
  if (replay->sender != NULL) {
    return http_sender_event(replay->sender, event);
  }
  if (fwrite(event.data, 1, event.length, stdout) != event.length || putchar('\n') == EOF) {
    replay->output_failed = true;
  }
  return !replay->output_failed;
}

static void send_all(struct replay *replay)
{
  struct buffer event = {0};
  int64_t began_us = clock_monotonic_us();
  for (size_t i = 0; i < replay->trace.count; i++) {
    const struct trace_row *row = &replay->trace.rows[i];
    if (replay->speed > 0) {
      double after_us = (double)(row->time_us - replay->trace.rows[0].time_us) / replay->speed;
      wait_until(replay, began_us + (int64_t)after_us);
    }
    write_row(replay, row, &event);
    if (is_stopped(replay) || !send_event(replay, buffer_text(&event))) {
      break;
    }
    replay->sent++;
  }
  if (replay->sender == NULL && fflush(stdout) != 0) {
    replay->output_failed = true;
  }
  buffer_free(&event);
}

static int run(struct replay *replay)
{
  replay->shadows = calloc(replay->trace.vehicle_count + 1, sizeof *replay->shadows);
  if (replay->shadows == NULL) {
    abort();
  }
  send_all(replay);
  for (uint32_t i = 0; i < replay->trace.vehicle_count; i++) {
    shadow_free(&replay->shadows[i]);
  }
  free(replay->shadows);
  fprintf(replay->notes, "rows %zu of %" PRIu32 " vehicles; unreadable rows %" PRId64 "\n", replay->trace.count,
          replay->trace.vehicle_count, replay->trace.bad_rows);
  bool whole = replay->sent == (int64_t)replay->trace.count;
  if (!whole) {
    fprintf(replay->notes, "%" PRId64 " rows have not been sent.\n", (int64_t)replay->trace.count - replay->sent);
  }
  if (replay->sender == NULL) {
    fprintf(replay->notes, "events written: %" PRId64 "\n", replay->sent);
    return whole ? 0 : 1;
  }
  http_sender_finish(replay->sender, STOP_GRACE_MS);
  return summary_print(replay->notes, replay->sender) && whole ? 0 : 1;
}

static struct error prepare(struct arena *arena, const struct config *config, const struct config_extras *extras,
                            const char *file, struct replay *replay)
{
  int64_t connections = 32;
  int64_t batch = 1;
  const char *to = config_extra_value(extras, "to");
  to = to != NULL ? to : "http://127.0.0.1:8080/ingest/iot";
  TRY(option_number(extras, "speed", 0, 1e6, &replay->speed));
  TRY(option_integer(extras, "connections", 1, 1024, &connections));
  TRY(option_integer(extras, "batch", 1, 1000, &batch));
  if (strncmp(to, "s3://", 5) == 0) {
    return error_at(ERROR_SETUP, "to", "--to %s: writing to S3 is not part of this version; use an http:// URL or -", to);
  }
  bool to_output = strcmp(to, "-") == 0;
  replay->notes = to_output ? stderr : stdout;
  TRY(trace_load(file, stderr, &replay->trace));
  if (to_output) {
    return error_none();
  }
  return http_sender_new((struct http_sender_settings){.url = to,
                                                       .ingest_key = option_ingest_key(arena, config),
                                                       .connections = (int)connections,
                                                       .batch_events = (int)batch,
                                                       .stop = replay->stop},
                         &replay->sender);
}

int replay_run(struct arena *arena, const struct config *config, const struct config_extras *extras, const char *file,
               const volatile sig_atomic_t *stop)
{
  struct replay replay = {.stop = stop, .speed = 1};
  struct error error = prepare(arena, config, extras, file, &replay);
  int code = 2;
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "crumbtrail replay: %s\n", error.detail);
  } else {
    code = run(&replay);
  }
  http_sender_free(replay.sender);
  trace_free(&replay.trace);
  return code;
}
