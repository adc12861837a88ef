#include "ingest/generator/replay.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/generator/event_sink.h"
#include "ingest/generator/event_writer.h"
#include "ingest/generator/options.h"
#include "ingest/generator/trace.h"
#include "server/base/clock.h"

static const double MPS_PER_MPH = 0.44704;
enum { STOP_GRACE_MS = 5000, SPEED_DECIMALS = 2 };

const char *const REPLAY_FLAGS[] = {"speed=", SINK_FLAGS, NULL};

struct replay {
  struct trace trace;
  struct shadow *shadows; /* one a vehicle */
  struct sink_options options;
  struct event_sink *sink;
  FILE *notes;
  double speed; /* 0: flat out */
  int64_t sent;
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
          "  --speed X          X times as fast as it happened (1); 0 = as fast as they are taken\n"));
  sink_options_print_help(out);
}

static void write_row(struct replay *replay, const struct trace_row *row, const char *thing, struct buffer *event)
{
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

static bool send_row(struct replay *replay, const struct trace_row *row, struct buffer *event)
{
  char thing[160];
  snprintf(thing, sizeof thing, "iotfleet_%s", replay->trace.vehicles[row->vehicle].data);
  write_row(replay, row, thing, event);
  struct outgoing_event outgoing = {buffer_text(event), thing, row->vehicle, row->time_us};
  return !event_sink_is_stopped(replay->sink) && event_sink_take(replay->sink, &outgoing);
}

static void send_all(struct replay *replay)
{
  struct buffer event = {0};
  int64_t began_us = clock_monotonic_us();
  for (size_t i = 0; i < replay->trace.count; i++) {
    const struct trace_row *row = &replay->trace.rows[i];
    if (replay->speed > 0) {
      double after_us = (double)(row->time_us - replay->trace.rows[0].time_us) / replay->speed;
      event_sink_wait(replay->sink, began_us + (int64_t)after_us);
    }
    if (!send_row(replay, row, &event)) {
      break;
    }
    replay->sent++;
  }
  event_sink_finish(replay->sink, STOP_GRACE_MS);
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
  return event_sink_report(replay->sink, replay->notes) && whole ? 0 : 1;
}

static struct error prepare(struct arena *arena, const struct config *config, const struct config_extras *extras,
                            const char *file, const volatile sig_atomic_t *stop, struct replay *replay)
{
  TRY(option_number(extras, "speed", 0, 1e6, &replay->speed));
  TRY(sink_options_read(arena, extras, &replay->options));
  TRY(trace_load(file, stderr, &replay->trace));
  TRY(event_sink_open(arena, config, &replay->options, replay->trace.vehicle_count, stop, &replay->sink));
  replay->notes = event_sink_notes(replay->sink);
  return error_none();
}

int replay_run(struct arena *arena, const struct config *config, const struct config_extras *extras, const char *file,
               const volatile sig_atomic_t *stop)
{
  struct replay replay = {.speed = 1};
  struct error error = prepare(arena, config, extras, file, stop, &replay);
  int code = 2;
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "crumbtrail replay: %s\n", error.detail);
  } else {
    code = run(&replay);
  }
  event_sink_close(replay.sink);
  trace_free(&replay.trace);
  return code;
}
