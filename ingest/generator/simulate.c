#include "ingest/generator/simulate.h"

#include <inttypes.h>
#include <stdio.h>

#include "ingest/generator/event_sink.h"
#include "ingest/generator/event_source.h"
#include "ingest/generator/road_network.h"
#include "ingest/generator/street_grid.h"
#include "server/base/clock.h"

enum { STOP_GRACE_MS = 5000 };

struct simulation {
  struct simulate_options options;
  struct event_source *source;
  struct event_sink *sink;
  FILE *notes;
  int64_t sent;
};

/* When the next event is to go out on the monotonic clock; 0: at once. */
static int64_t due_us(const struct simulation *simulation, int64_t began_us)
{
  const struct simulate_options *options = &simulation->options;
  if (options->rate > 0) {
    return began_us + (int64_t)((double)simulation->sent * 1e6 / options->rate);
  }
  if (options->rate == 0 || options->sink.kind == SINK_OUTPUT) {
    return 0;
  }
  int64_t happens_us = event_source_next_us(simulation->source);
  return happens_us == INT64_MAX ? 0 : began_us + happens_us - options->start_us;
}

static void move_fleet(struct simulation *simulation)
{
  int64_t began_us = clock_monotonic_us();
  struct outgoing_event event;
  while (!event_sink_is_stopped(simulation->sink)) {
    event_sink_wait(simulation->sink, due_us(simulation, began_us));
    if (event_sink_is_stopped(simulation->sink) || !event_source_next(simulation->source, &event) ||
        !event_sink_take(simulation->sink, &event)) {
      break;
    }
    simulation->sent++;
  }
}

/* Registers or removes each vehicle; the server answers every call before the next step begins. */
static void call_for_each(struct simulation *simulation, const char *method)
{
  const struct fleet *fleet = event_source_fleet(simulation->source);
  for (int i = 0; i < fleet_count(fleet) && event_sink_has_register(simulation->sink); i++) {
    char path[80];
    snprintf(path, sizeof path, "/v1/vehicles/%s", fleet_name(fleet, i));
    if (!event_sink_call(simulation->sink, method, path)) {
      break;
    }
  }
  event_sink_finish(simulation->sink, STOP_GRACE_MS);
}

static int finish(struct simulation *simulation)
{
  int64_t held_back = event_source_held_back(simulation->source);
  if (held_back > 0) {
    fprintf(simulation->notes, "%" PRId64 " events were still held back and have not been sent.\n", held_back);
  }
  return event_sink_report(simulation->sink, simulation->notes) ? 0 : 1;
}

static int run(struct simulation *simulation)
{
  const struct simulate_options *options = &simulation->options;
  if (!event_sink_has_register(simulation->sink) && (options->register_fleet || options->delete_fleet)) {
    fprintf(simulation->notes, "%s has no register of vehicles: --new and --deletefleet do nothing there.\n",
            options->sink.kind == SINK_OUTPUT ? "Standard output" : "S3");
  }
  if (options->register_fleet) {
    call_for_each(simulation, "PUT");
  }
  if (options->moves > 0) {
    move_fleet(simulation);
  }
  event_sink_finish(simulation->sink, STOP_GRACE_MS);
  if (options->delete_fleet && event_sink_is_stopped(simulation->sink)) {
    fprintf(simulation->notes, "Stopped: the fleet has not been removed.\n");
  } else if (options->delete_fleet) {
    call_for_each(simulation, "DELETE");
  }
  return finish(simulation);
}

static int fail(const struct error *error)
{
  fprintf(stderr, "crumbtrail simulate: %s\n", error->detail);
  return 2;
}

static int run_on_roads(struct simulation *simulation, struct arena *arena, const struct config *config)
{
  struct road_network *roads = NULL;
  struct error error = road_network_load(arena, config, &roads);
  if (error.code != ERROR_NONE) {
    return fail(&error);
  }
  fprintf(simulation->notes, roads != NULL ? "The vehicles follow the imported roads.\n"
                                           : "No imported roads: the vehicles follow made-up streets.\n");
  fflush(simulation->notes);
  const struct simulate_options *options = &simulation->options;
  struct planted *planted = NULL;
  if (options->planted_path != NULL) {
    error = planted_open(options->planted_path, (int)options->vehicles, &planted);
  }
  int code = 0;
  if (error.code == ERROR_NONE) {
    simulation->source = event_source_new(options, roads != NULL ? road_network_map(roads) : street_grid(), planted);
    code = run(simulation);
    error = planted_close(planted);
    event_source_free(simulation->source);
  }
  road_network_free(roads);
  return error.code == ERROR_NONE ? code : fail(&error);
}

int simulate_run(struct arena *arena, const struct config *config, const struct config_extras *extras,
                 const volatile sig_atomic_t *stop)
{
  if (extras->count == 0) {
    struct buffer help = {0};
    simulate_print_help(&help);
    fwrite(help.data, 1, help.length, stdout);
    buffer_free(&help);
    return 0;
  }
  struct simulation simulation = {0};
  struct error error = simulate_options_read(arena, extras, &simulation.options);
  if (error.code == ERROR_NONE) {
    error =
        event_sink_open(arena, config, &simulation.options.sink, (uint32_t)simulation.options.vehicles, stop, &simulation.sink);
  }
  if (error.code != ERROR_NONE) {
    return fail(&error);
  }
  simulation.notes = event_sink_notes(simulation.sink);
  int code = run_on_roads(&simulation, arena, config);
  event_sink_close(simulation.sink);
  return code;
}
