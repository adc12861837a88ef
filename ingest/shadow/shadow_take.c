/* What a committed batch says of shadows: on the writer's thread, so it looks at each row once and copies little. */
#include "ingest/writer/batch.h"
#include "ingest/shadow/shadow_keeper.h"
#include "ingest/shadow/shadow_keeper_state.h"

/* Bodies of rejects are of any kind; a larger one is no shadow: a state has at most 8 KB, and its metadata a multiple. */
enum { REJECT_BYTES_MAX = 256 * 1024 };

static struct shadow_mark mark_of(const struct batch_row *row)
{
  int64_t received_at_us = row->delivery->received_at_us;
  int64_t time_us = row->key.recorded_at_us < received_at_us ? row->key.recorded_at_us : received_at_us;
  return (struct shadow_mark){row->key.version, time_us};
}

static void add_row(struct shadow_keeper *keeper, struct shadow_pending *pending, const struct batch_row *row)
{
  const struct breadcrumb *breadcrumb = row->breadcrumb;
  const struct shadow_text text = {.form = (enum shadow_form)breadcrumb->shadow_form,
                                   .text = breadcrumb->shadow,
                                   .received_at_us = row->delivery->received_at_us};
  shadow_keeper_count_left_out(keeper, shadow_pending_add(pending, row->vehicle->vehicle_id, &text));
}

/* The new rows of one vehicle. Of whole shadows the last is the newest; each of the others may bring a part, or confirm what
 * the vehicle was asked. */
static void take_vehicle(struct shadow_keeper *keeper, const struct batch_row *first, const struct batch_row *end)
{
  const int64_t vehicle_id = first->vehicle->vehicle_id;
  const bool is_watched = shadow_keeper_watches(keeper, vehicle_id);
  struct shadow_pending *pending = keeper->incoming[is_watched ? SHADOW_URGENT : SHADOW_ORDINARY];
  const struct batch_row *newest = NULL;
  for (const struct batch_row *row = first; row < end; row++) {
    if (row->exists || row->breadcrumb->shadow_form == SHADOW_NONE) {
      continue;
    }
    if (row->breadcrumb->shadow_form == SHADOW_WHOLE) {
      newest = newest == NULL || shadow_is_after(mark_of(row), mark_of(newest)) ? row : newest;
    }
    if (is_watched || row->breadcrumb->shadow_form == SHADOW_EVENT) {
      add_row(keeper, pending, row);
    }
  }
  if (newest != NULL && !is_watched) {
    shadow_keeper_count_left_out(keeper, shadow_pending_put(pending, vehicle_id, mark_of(newest),
                                                            newest->delivery->received_at_us, newest->breadcrumb->shadow));
  }
}

/* What brings no position is rejected as a breadcrumb, and may be a shadow all the same: a delta, a named one, a desired state.
 */
static void take_rejects(struct shadow_keeper *keeper, const struct delivery *delivery, const struct vehicle_registry *registry)
{
  for (size_t i = 0; i < delivery->reject_count; i++) {
    const struct rejected *reject = &delivery->rejects[i];
    if (reject->vehicle.data == NULL || reject->body.length > REJECT_BYTES_MAX) {
      continue;
    }
    const struct vehicle_state *vehicle = vehicle_registry_find(registry, reject->vehicle);
    const bool is_watched = vehicle != NULL && shadow_keeper_watches(keeper, vehicle->vehicle_id);
    struct shadow_pending *pending = keeper->incoming[is_watched ? SHADOW_URGENT : SHADOW_ORDINARY];
    const struct shadow_text text = {.form = SHADOW_EVENT,
                                     .text = reject->body,
                                     .vehicle = vehicle == NULL ? reject->vehicle : TEXT(""),
                                     .received_at_us = delivery->received_at_us};
    shadow_keeper_count_left_out(keeper, vehicle != NULL ? shadow_pending_add(pending, vehicle->vehicle_id, &text)
                                                         : shadow_pending_add_stranger(pending, &text));
  }
}

void shadow_keeper_take(struct shadow_keeper *keeper, const struct batch *batch, const struct vehicle_registry *registry)
{
  pthread_mutex_lock(&keeper->mutex);
  const struct batch_row *end = batch->rows + batch->row_count;
  for (const struct batch_row *first = batch->rows; first < end;) {
    const struct batch_row *next = first + 1;
    while (next < end && next->vehicle == first->vehicle) {
      next++;
    }
    take_vehicle(keeper, first, next);
    first = next;
  }
  for (size_t i = 0; i < batch->delivery_count && batch->reject_count != 0; i++) {
    take_rejects(keeper, batch->deliveries[i], registry);
  }
  pthread_mutex_unlock(&keeper->mutex);
}
