#include "ingest/generator/simulate_options.h"

#include "ingest/generator/options.h"
#include "ingest/generator/simulate.h"
#include "server/base/clock.h"

static const double LONGEST_RUN_S = 100.0 * 365.25 * 86400;

const char *const SIMULATE_FLAGS[] = {
    "new",       "vehicles=", "move=",      "deletefleet", "rate=",  "interval=", "seed=",    "reefers=",
    "speeders=", "late=",     "duplicate=", "dirty=",      "start=", "planted=",  SINK_FLAGS, NULL};

void simulate_print_help(struct buffer *out)
{
  buffer_append_text(
      out,
      TEXT("usage: crumbtrail simulate [options]\n"
           "\n"
           "Simulates a delivery fleet that reports as AWS IoT things do. Same seed and start, same events, wherever they go.\n"
           "\n"
           "  --new              register the vehicles (PUT /v1/vehicles/NAME) before they move\n"
           "  --vehicles N       how many (15)\n"
           "  --move M           how many moves each (none)\n"
           "  --deletefleet      remove the vehicles afterwards (DELETE /v1/vehicles/NAME)\n"
           "  --interval S       seconds between two moves of a vehicle (5)\n"
           "  --rate N           events a second in all, whatever the simulated time; 0 = as fast as they are taken.\n"
           "                     Without it events go out when they happen (to standard output: at once)\n"
           "  --seed N           same seed, same fleet, same events (1)\n"
           "  --start TIME       when the simulated time begins (now; so that it ends now when it runs faster)\n"
           "  --reefers K        so many carry a load with a temperature (0)\n"
           "  --speeders K       so many drive too fast at times (0)\n"
           "  --late P%          this share is held back and sent later, out of order (0)\n"
           "  --duplicate P%     this share is sent twice (0)\n"
           "  --dirty P%         this share is wrong: at 0,0, in the future, far away, or unreadable (0)\n"
           "  --planted FILE     write what truly went wrong as CSV: every stretch over a limit, every load that got warm\n"
           "  --data FOLDER, --database URL\n"
           "                     where imported roads are: the vehicles follow them, else made-up streets\n"));
  sink_options_print_help(out);
}

static struct error read_counts(const struct config_extras *extras, struct simulate_options *options)
{
  TRY(option_integer(extras, "vehicles", 1, 1000000, &options->vehicles));
  TRY(option_integer(extras, "move", 0, INT64_C(1000000000000), &options->moves));
  TRY(option_integer(extras, "seed", 0, INT64_MAX, &options->seed));
  TRY(option_integer(extras, "reefers", 0, options->vehicles, &options->reefers));
  return option_integer(extras, "speeders", 0, options->vehicles, &options->speeders);
}

static struct error read_shares(const struct config_extras *extras, struct simulate_options *options)
{
  TRY(option_share(extras, "late", &options->late_share));
  TRY(option_share(extras, "duplicate", &options->duplicate_share));
  return option_share(extras, "dirty", &options->dirty_share);
}

static struct error read_pace(const struct config_extras *extras, struct simulate_options *options)
{
  double interval_s = -1;
  TRY(option_number(extras, "rate", 0, 1e7, &options->rate));
  TRY(option_number(extras, "interval", 0.001, 86400, &interval_s));
  if (interval_s < 0) {
    interval_s = options->rate > 0 ? (double)options->vehicles / options->rate : 5;
  }
  options->interval_us = (int64_t)(interval_s * 1e6);
  if ((double)options->moves * interval_s > LONGEST_RUN_S) {
    return error_at(ERROR_SETUP, "move", "--move times --interval is more than 100 years");
  }
  return error_none();
}

/* Simulated time that runs faster than the clock begins in the past: an event from the future would only be flagged. */
static int64_t default_start_us(const struct simulate_options *options)
{
  double real_rate = (double)options->vehicles * 1e6 / (double)options->interval_us;
  bool faster =
      options->rate >= 0 ? options->rate == 0 || options->rate > real_rate * 1.001 : options->sink.kind == SINK_OUTPUT;
  double span_us = (double)options->moves * (double)options->interval_us;
  int64_t now_us = clock_now_us();
  return faster && span_us < 3650.0 * (double)US_PER_DAY ? now_us - (int64_t)span_us : now_us;
}

struct error simulate_options_read(struct arena *arena, const struct config_extras *extras, struct simulate_options *options)
{
  *options = (struct simulate_options){
      .register_fleet = option_given(extras, "new"),
      .delete_fleet = option_given(extras, "deletefleet"),
      .vehicles = 15,
      .seed = 1,
      .rate = -1,
  };
  TRY(sink_options_read(arena, extras, &options->sink));
  TRY(read_counts(extras, options));
  TRY(read_shares(extras, options));
  TRY(read_pace(extras, options));
  options->planted_path = config_extra_value(extras, "planted");
  options->start_us = default_start_us(options);
  return option_time(extras, "start", &options->start_us);
}
