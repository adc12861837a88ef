#include "ingest/writer/batch_paths.h"

#include <math.h>

#include "server/base/clock.h"

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

static struct db_parameters *ensure_parameters(struct arena *arena, int source, const struct path_sums *sums,
                                               int64_t committed_at_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, source);
  db_add_time(parameters, sums->first_received_at_us);
  db_add_time(parameters, committed_at_us);
  db_add_double(parameters, sums->lag_s / (double)sums->received);
  return parameters;
}

static struct db_parameters *count_parameters(struct arena *arena, int source, const struct path_sums *sums,
                                              int64_t committed_at_us)
{
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64(parameters, source);
  db_add_int64(parameters, sums->deliveries);
  db_add_int64(parameters, sums->stored);
  db_add_int64(parameters, sums->duplicates);
  db_add_int64(parameters, sums->duplicates_elsewhere);
  db_add_int64(parameters, sums->rejected);
  db_add_time(parameters, sums->first_received_at_us);
  db_add_time(parameters, sums->last_received_at_us);
  if (sums->prompt != 0) {
    db_add_time(parameters, sums->last_recorded_at_us);
  } else {
    db_add_null(parameters);
  }
  db_add_time(parameters, committed_at_us);
  db_add_double(parameters, sums->lag_s / (double)sums->received);
  db_add_double(parameters, sums->prompt != 0 ? sums->age_s / (double)sums->prompt : (double)NAN);
  return parameters;
}

void batch_path_parameters(const struct batch *batch, int64_t committed_at_us, struct path_parameters paths[PATH_COUNT])
{
  struct path_sums all[PATH_COUNT] = {0};
  for (size_t i = 0; i < batch->delivery_count; i++) {
    add_delivery(&all[batch->deliveries[i]->source], batch->deliveries[i], committed_at_us);
  }
  for (size_t i = 0; i < batch->row_count; i++) {
    add_row(&all[batch->rows[i].delivery->source], &batch->rows[i], committed_at_us);
  }
  for (int source = 0; source < PATH_COUNT; source++) {
    paths[source] = (struct path_parameters){NULL, NULL};
    if (all[source].received != 0) {
      paths[source].ensure = ensure_parameters(batch->arena, source, &all[source], committed_at_us);
      paths[source].count = count_parameters(batch->arena, source, &all[source], committed_at_us);
    }
  }
}
