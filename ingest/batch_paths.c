#include "ingest/batch_paths.h"

#include "server/base/clock.h"

enum { SOURCES = SOURCE_REPLAY + 1 };

struct path_sums {
  int64_t received; /* pieces too, unlike `deliveries` */
  int64_t deliveries;
  int64_t stored;
  int64_t duplicates;
  int64_t duplicates_elsewhere;
  int64_t rejected;
  int64_t first_received_at_us;
  int64_t last_received_at_us;
  int64_t last_recorded_at_us; /* not of those in the future */
  int64_t prompt;              /* stored and not in the future */
  double lag_s;
  double age_s;
};

static double seconds_between(int64_t earlier_us, int64_t later_us)
{
  return later_us > earlier_us ? (double)(later_us - earlier_us) / (double)US_PER_SECOND : 0;
}

static void add_delivery(struct path_sums *sums, const struct delivery *delivery, int64_t committed_at_us)
{
  int64_t received_at_us = delivery->received_at_us;
  if (sums->received == 0 || received_at_us < sums->first_received_at_us) {
    sums->first_received_at_us = received_at_us;
  }
  if (sums->received == 0 || received_at_us > sums->last_received_at_us) {
    sums->last_received_at_us = received_at_us;
  }
  sums->received++;
  sums->deliveries += delivery->is_continuation ? 0 : 1;
  sums->rejected += (int64_t)delivery->reject_count;
  /* Until the rows are counted, these are what repeats within the batch. */
  sums->duplicates += (int64_t)delivery->duplicate_count;
  sums->duplicates_elsewhere += (int64_t)delivery->duplicate_elsewhere_count;
  sums->lag_s += seconds_between(received_at_us, committed_at_us);
}

static void add_row(struct path_sums *sums, const struct batch_row *row, int64_t committed_at_us)
{
  if (row->exists) {
    sums->duplicates++;
    sums->duplicates_elsewhere += row->stored_source != row->delivery->source ? 1 : 0;
    return;
  }
  sums->stored++;
  if ((row->flags & FLAG_FUTURE) == 0) {
    int64_t recorded_at_us = row->key.recorded_at_us;
    sums->last_recorded_at_us =
        sums->prompt == 0 || recorded_at_us > sums->last_recorded_at_us ? recorded_at_us : sums->last_recorded_at_us;
    sums->prompt++;
    sums->age_s += seconds_between(recorded_at_us, committed_at_us);
  }
}

struct db_parameters *batch_path_parameters(const struct batch *batch, int64_t committed_at_us)
{
  struct path_sums all[SOURCES] = {0};
  int16_t sources[SOURCES];
  int64_t deliveries[SOURCES], stored[SOURCES], duplicates[SOURCES], elsewhere[SOURCES], rejected[SOURCES];
  int64_t first_received_at_us[SOURCES], last_received_at_us[SOURCES], last_recorded_at_us[SOURCES];
  double lag_s[SOURCES], age_s[SOURCES];
  uint8_t nothing_prompt[SOURCES];
  size_t count = 0;
  for (size_t i = 0; i < batch->delivery_count; i++) {
    add_delivery(&all[batch->deliveries[i]->source], batch->deliveries[i], committed_at_us);
  }
  for (size_t i = 0; i < batch->row_count; i++) {
    add_row(&all[batch->rows[i].delivery->source], &batch->rows[i], committed_at_us);
  }
  for (int source = 0; source < SOURCES; source++) {
    const struct path_sums *sums = &all[source];
    if (sums->received == 0) {
      continue;
    }
    sources[count] = (int16_t)source;
    deliveries[count] = sums->deliveries;
    stored[count] = sums->stored;
    duplicates[count] = sums->duplicates;
    elsewhere[count] = sums->duplicates_elsewhere;
    rejected[count] = sums->rejected;
    first_received_at_us[count] = sums->first_received_at_us;
    last_received_at_us[count] = sums->last_received_at_us;
    last_recorded_at_us[count] = sums->last_recorded_at_us;
    nothing_prompt[count] = sums->prompt == 0 ? 1 : 0;
    lag_s[count] = sums->lag_s / (double)sums->received;
    age_s[count] = sums->prompt == 0 ? 0 : sums->age_s / (double)sums->prompt;
    count++;
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  db_add_int16_array(parameters, sources, NULL, count);
  db_add_int64_array(parameters, deliveries, NULL, count);
  db_add_int64_array(parameters, stored, NULL, count);
  db_add_int64_array(parameters, duplicates, NULL, count);
  db_add_int64_array(parameters, elsewhere, NULL, count);
  db_add_int64_array(parameters, rejected, NULL, count);
  db_add_time_array(parameters, first_received_at_us, NULL, count);
  db_add_time_array(parameters, last_received_at_us, NULL, count);
  db_add_time_array(parameters, last_recorded_at_us, nothing_prompt, count);
  db_add_float8_array(parameters, lag_s, NULL, count);
  db_add_float8_array(parameters, age_s, nothing_prompt, count);
  db_add_time(parameters, committed_at_us);
  return parameters;
}
