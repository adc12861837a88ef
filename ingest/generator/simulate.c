#include "ingest/generator/simulate.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ingest/generator/event_source.h"
#include "ingest/generator/http_sender.h"
#include "ingest/generator/options.h"
#include "ingest/generator/road_network.h"
#include "ingest/generator/street_grid.h"
#include "ingest/generator/summary.h"
#include "server/base/clock.h"

enum { STOP_GRACE_MS = 5000 };

struct simulation {
  struct simulate_options options;
  struct event_source *source;
  struct http_sender *sender; /* NULL: standard output */
  const volatile sig_atomic_t *stop;
  FILE *notes;
  int64_t sent;
  bool output_failed;
};

static bool is_stopped(const struct simulation *simulation)
{
  return (simulation->stop != NULL && *simulation->stop != 0) || simulation->output_failed;
}

/* When the next event is to go out on the monotonic clock; 0: at once. */
static int64_t due_us(const struct simulation *simulation, int64_t began_us)
{
  const struct simulate_options *options = &simulation->options;
  if (options->rate > 0) {
    return began_us + (int64_t)((double)simulation->sent * 1e6 / options->rate);
  }
  if (options->rate == 0 || simulation->sender == NULL) {
    return 0;
  }
  int64_t happens_us = event_source_next_us(simulation->source);
  return happens_us == INT64_MAX ? 0 : began_us + happens_us - options->start_us;
}

static void wait_until(struct simulation *simulation, int64_t until_us)
{
  while (!is_stopped(simulation) && clock_monotonic_us() < until_us) {
    int64_t wait_us = until_us - clock_monotonic_us();
    if (simulation->sender != NULL) {
      http_sender_run(simulation->sender, clock_monotonic_us() + (wait_us < 200000 ? wait_us : 200000));
    } else if (wait_us > 0) {
      struct timespec pause = {0, (wait_us < 200000 ? wait_us : 200000) * 1000};
      nanosleep(&pause, NULL);
    }
  }
}

static bool send_event(struct simulation *simulation, struct text event)
{
  if (simulation->sender != NULL) {
    return http_sender_event(simulation->sender, event);
  }
  if (fwrite(event.data, 1, event.length, stdout) != event.length || putchar('\n') == EOF) {
    simulation->output_failed = true;
  }
  return !simulation->output_failed;
}

static void move_fleet(struct simulation *simulation)
{
  int64_t began_us = clock_monotonic_us();
  struct text event;
  while (!is_stopped(simulation)) {
    wait_until(simulation, due_us(simulation, began_us));
    if (is_stopped(simulation) || !event_source_next(simulation->source, &event) || !send_event(simulation, event)) {
      break;
    }
    simulation->sent++;
  }
  if (simulation->sender == NULL && fflush(stdout) != 0) {
    simulation->output_failed = true;
  }
}

/* Registers or removes each vehicle; the server answers every call before the next step begins. */
static void call_for_each(struct simulation *simulation, const char *method)
{
  const struct fleet *fleet = event_source_fleet(simulation->source);
  for (int i = 0; i < fleet_count(fleet) && simulation->sender != NULL; i++) {
    char path[80];
    snprintf(path, sizeof path, "/v1/vehicles/%s", fleet_name(fleet, i));
    if (!http_sender_call(simulation->sender, method, path)) {
      break;
    }
  }
  if (simulation->sender != NULL) {
    http_sender_finish(simulation->sender, STOP_GRACE_MS);
  }
}

static int finish(struct simulation *simulation)
{
  int64_t held_back = event_source_held_back(simulation->source);
  if (held_back > 0) {
    fprintf(simulation->notes, "%" PRId64 " events were still held back and have not been sent.\n", held_back);
  }
  if (simulation->sender == NULL) {
    fprintf(simulation->notes, "events written: %" PRId64 "\n", simulation->sent);
    return simulation->output_failed ? 1 : 0;
  }
  return summary_print(simulation->notes, simulation->sender) ? 0 : 1;
}

static int run(struct simulation *simulation)
{
  const struct simulate_options *options = &simulation->options;
  if (simulation->sender == NULL && (options->register_fleet || options->delete_fleet)) {
    fprintf(simulation->notes, "Standard output has no registry: --new and --deletefleet do nothing there.\n");
  }
  if (options->register_fleet) {
    call_for_each(simulation, "PUT");
  }
  if (options->moves > 0) {
    move_fleet(simulation);
  }
  if (simulation->sender != NULL) {
    http_sender_finish(simulation->sender, STOP_GRACE_MS);
  }
  if (options->delete_fleet && is_stopped(simulation)) {
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
  struct simulation simulation = {.stop = stop};
  struct error error = simulate_options_read(extras, &simulation.options);
  if (error.code != ERROR_NONE) {
    return fail(&error);
  }
  bool to_output = simulate_options_to_output(&simulation.options);
  simulation.notes = to_output ? stderr : stdout;
  if (!to_output) {
    error = http_sender_new((struct http_sender_settings){.url = simulation.options.to,
                                                          .ingest_key = option_ingest_key(arena, config),
                                                          .connections = (int)simulation.options.connections,
                                                          .batch_events = (int)simulation.options.batch,
                                                          .stop = stop},
                            &simulation.sender);
    if (error.code != ERROR_NONE) {
      return fail(&error);
    }
  }
  struct road_network *roads = NULL;
  error = road_network_load(arena, config, &roads);
  int code = 2;
  if (error.code != ERROR_NONE) {
    fail(&error);
  } else {
    fprintf(simulation.notes, roads != NULL ? "The vehicles follow the imported roads.\n"
                                            : "No imported roads: the vehicles follow made-up streets.\n");
    fflush(simulation.notes);
    simulation.source = event_source_new(&simulation.options, roads != NULL ? road_network_map(roads) : street_grid());
    code = run(&simulation);
  }
  event_source_free(simulation.source);
  road_network_free(roads);
  http_sender_free(simulation.sender);
  return code;
}
