#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "api/live/viewer.h"
#include "server/base/clock.h"

enum { RING = 8, VEHICLES = 50, SILENT_AFTER_S = 900 };
static const int64_t NOW_US = INT64_C(1700000000000000);

/* What a client believes after the frames it has seen. */
struct believer {
  struct viewer *viewer;
  bool holds[VEHICLES + 1];
  double longitude_deg[VEHICLES + 1];
  uint8_t status[VEHICLES + 1];
  int64_t seq;
  bool snapshot_is_complete;
};

static struct frame_scratch scratch;

static struct position position_of(int64_t vehicle_id, double longitude_deg, int64_t seq)
{
  static const char names[] = "v00v01v02v03v04v05v06v07v08v09";
  return (struct position){.vehicle_id = vehicle_id,
                           .vehicle = {names + vehicle_id % 10 * 3, 3},
                           .recorded_at_us = NOW_US,
                           .received_at_us = NOW_US,
                           .seq = seq,
                           .longitude_deg = longitude_deg,
                           .latitude_deg = 1,
                           .speed_kmh = 50,
                           .heading_deg = NAN,
                           .temperature_c = NAN,
                           .ignition = 1};
}

static void move(struct fleet_state *fleet, int64_t vehicle_id, double longitude_deg, bool hidden)
{
  struct position position = position_of(vehicle_id, longitude_deg, fleet->head + 1);
  assert_true(fleet_state_apply(fleet, &position, hidden, NOW_US));
  fleet_state_set_head(fleet, position.seq);
}

static struct subscription box_of(double west, double east)
{
  return (struct subscription){.view = {.has_box = true, .box = {west, -5, east, 5}}};
}

static void take(struct believer *believer, const struct fleet_state *fleet, const struct frame_content *content)
{
  for (uint32_t i = 0; i < content->slot_count; i++) {
    const struct position *position = &fleet->positions[content->slots[i]];
    believer->holds[position->vehicle_id] = true;
    believer->longitude_deg[position->vehicle_id] = position->longitude_deg;
    believer->status[position->vehicle_id] = fleet->status[content->slots[i]];
  }
  for (uint32_t i = 0; i < content->removed_count; i++) {
    believer->holds[fleet->positions[content->removed_slots[i]].vehicle_id] = false;
  }
  believer->snapshot_is_complete |= content->kind == CONTENT_SNAPSHOT && content->part == content->parts;
  believer->seq = content->seq;
}

static int catch_up(struct believer *believer, const struct fleet_state *fleet)
{
  struct frame_content content;
  int frames = 0;
  while (viewer_is_behind(believer->viewer, fleet)) {
    if (viewer_next(believer->viewer, fleet, &scratch, &content)) {
      take(believer, fleet, &content);
      frames++;
    }
  }
  if (viewer_seq(believer->viewer) != 0) {
    believer->seq = viewer_seq(believer->viewer);
  }
  return frames;
}

static void assert_believes_the_truth(const struct believer *believer, const struct fleet_state *fleet,
                                      const struct view_box *box)
{
  for (uint32_t slot = 0; slot < fleet->count; slot++) {
    const struct position *position = &fleet->positions[slot];
    bool is_in_view = !fleet->places[slot].is_hidden && view_box_contains(box, position->longitude_deg, position->latitude_deg);
    assert_int_equal(believer->holds[position->vehicle_id], is_in_view);
    if (is_in_view) {
      assert_true(believer->longitude_deg[position->vehicle_id] == position->longitude_deg);
      assert_int_equal(believer->status[position->vehicle_id], fleet->status[slot]);
    }
  }
}

static struct fleet_state *new_fleet(void)
{
  return fleet_state_new(RING, SILENT_AFTER_S * US_PER_SECOND);
}

static void a_snapshot_then_changes(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 10);
  move(fleet, 1, 5, false);
  move(fleet, 2, 50, false);
  assert_false(viewer_subscribe(believer.viewer, fleet, &subscription, true));
  assert_int_equal(catch_up(&believer, fleet), 1);
  assert_true(believer.snapshot_is_complete);
  assert_believes_the_truth(&believer, fleet, &subscription.view.box);

  move(fleet, 2, 10, false);     /* enters, on the edge */
  move(fleet, 1, 10.001, false); /* leaves */
  assert_int_equal(catch_up(&believer, fleet), 1);
  assert_believes_the_truth(&believer, fleet, &subscription.view.box);
  move(fleet, 2, 10, true); /* hidden */
  catch_up(&believer, fleet);
  assert_false(believer.holds[2]);
  move(fleet, 1, 60, false); /* not in view, never known there: nothing to say, but the seq advances */
  assert_int_equal(catch_up(&believer, fleet), 0);
  assert_int_equal(viewer_seq(believer.viewer), fleet->head);
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

static void an_empty_view_has_an_empty_snapshot(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 10);
  viewer_subscribe(believer.viewer, fleet, &subscription, false);
  assert_int_equal(catch_up(&believer, fleet), 1);
  assert_true(believer.snapshot_is_complete);
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

static void many_changes_of_one_vehicle_are_one(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 10);
  struct frame_content content;
  viewer_subscribe(believer.viewer, fleet, &subscription, false);
  catch_up(&believer, fleet);
  for (int i = 0; i < RING - 2; i++) {
    move(fleet, 1 + i % 2, i % 10, false);
  }
  assert_true(viewer_next(believer.viewer, fleet, &scratch, &content));
  assert_int_equal(content.slot_count, 2);
  assert_int_equal(content.seq, fleet->head);
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

static void a_resumption_tells_what_was_missed_only(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 10);
  for (int i = 1; i <= 20; i++) {
    move(fleet, i, 5, false);
  }
  viewer_subscribe(believer.viewer, fleet, &subscription, false);
  catch_up(&believer, fleet);
  viewer_free(believer.viewer);

  move(fleet, 3, 6, false);
  move(fleet, 4, 60, false);
  move(fleet, 5, 5, true);
  subscription.has_resume = true;
  subscription.resume_seq = believer.seq;
  believer.viewer = viewer_new();
  struct frame_content content;
  assert_true(viewer_subscribe(believer.viewer, fleet, &subscription, true));
  assert_true(viewer_next(believer.viewer, fleet, &scratch, &content));
  assert_int_equal(content.slot_count, 1);
  assert_int_equal(content.removed_count, 2);
  take(&believer, fleet, &content);
  assert_believes_the_truth(&believer, fleet, &subscription.view.box);
  move(fleet, 20, 70, false); /* known only from the connection before */
  catch_up(&believer, fleet);
  assert_believes_the_truth(&believer, fleet, &subscription.view.box);
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

static void a_strange_epoch_or_seq_gets_a_snapshot(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct viewer *viewer = viewer_new();
  struct subscription subscription = box_of(0, 10);
  move(fleet, 1, 5, false);
  subscription.has_resume = true;
  subscription.resume_seq = fleet->head + 1;
  assert_false(viewer_subscribe(viewer, fleet, &subscription, true));
  subscription.resume_seq = fleet->head;
  assert_false(viewer_subscribe(viewer, fleet, &subscription, false));
  assert_true(viewer_subscribe(viewer, fleet, &subscription, true));
  viewer_free(viewer);
  fleet_state_free(fleet);
}

static void time_alone_changes_a_status(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 10);
  move(fleet, 1, 5, false);
  viewer_subscribe(believer.viewer, fleet, &subscription, false);
  catch_up(&believer, fleet);
  assert_int_equal(believer.status[1], STATUS_MOVING);
  viewer_free(believer.viewer); /* the connection is cut, then the vehicle falls silent */
  assert_int_equal(fleet_state_sweep(fleet, NOW_US + SILENT_AFTER_S * US_PER_SECOND), 1);
  assert_int_equal(fleet_state_sweep(fleet, NOW_US + SILENT_AFTER_S * US_PER_SECOND), 0);
  believer.viewer = viewer_new();
  subscription.has_resume = true;
  subscription.resume_seq = believer.seq;
  assert_true(viewer_subscribe(believer.viewer, fleet, &subscription, true));
  catch_up(&believer, fleet);
  assert_int_equal(believer.status[1], STATUS_SILENT);
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

static void a_vehicle_may_be_named_before_it_exists(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  struct viewer *viewer = viewer_new();
  const struct text names[] = {TEXT("v03")};
  struct subscription subscription = {.view = {.has_vehicles = true, .names = names, .name_count = 1}};
  struct frame_content content;
  viewer_subscribe(viewer, fleet, &subscription, false);
  assert_true(viewer_next(viewer, fleet, &scratch, &content));
  move(fleet, 2, 5, false);
  assert_false(viewer_next(viewer, fleet, &scratch, &content));
  move(fleet, 3, 5, false);
  assert_true(viewer_next(viewer, fleet, &scratch, &content));
  assert_int_equal(content.slot_count, 1);
  viewer_free(viewer);
  fleet_state_free(fleet);
}

static void an_old_seq_changes_nothing(void **unused)
{
  (void)unused;
  struct fleet_state *fleet = new_fleet();
  move(fleet, 1, 5, false);
  struct position again = position_of(1, 9, fleet->head);
  assert_false(fleet_state_apply(fleet, &again, false, NOW_US));
  assert_true(fleet->places[fleet_state_find(fleet, 1)].longitude_deg == 5);
  assert_int_equal(fleet_state_find(fleet, 2), UINT32_MAX);
  fleet_state_free(fleet);
}

static void reconnect(struct believer *believer, const struct fleet_state *fleet, struct subscription *subscription,
                      bool moved_the_view)
{
  viewer_free(believer->viewer);
  believer->viewer = viewer_new();
  subscription->has_resume = believer->snapshot_is_complete;
  subscription->resume_seq = believer->seq;
  if (!viewer_subscribe(believer->viewer, fleet, subscription, !moved_the_view)) {
    memset(believer->holds, 0, sizeof believer->holds);
    believer->snapshot_is_complete = false;
  }
}

/* Whatever moves, hides, falls silent, is cut, lags behind the ring or looks elsewhere: in the end the client has the truth. */
static void snapshot_and_updates_are_the_truth(void **unused)
{
  (void)unused;
  srandom(7);
  struct fleet_state *fleet = new_fleet();
  struct believer believer = {.viewer = viewer_new()};
  struct subscription subscription = box_of(0, 50);
  struct frame_content content;
  int64_t now_us = NOW_US;
  viewer_subscribe(believer.viewer, fleet, &subscription, false);
  for (int step = 0; step < 200000; step++) {
    long dice = random() % 1000;
    if (dice < 700) {
      move(fleet, 1 + random() % VEHICLES, (double)(random() % 100), random() % 10 == 0);
    } else if (dice < 980) {
      if (viewer_next(believer.viewer, fleet, &scratch, &content)) {
        take(&believer, fleet, &content);
      }
    } else if (dice < 990) {
      reconnect(&believer, fleet, &subscription, false);
    } else if (dice < 993) {
      subscription = box_of((double)(random() % 100), (double)(random() % 100));
      reconnect(&believer, fleet, &subscription, true);
    } else if (dice < 995) {
      now_us += random() % 2 == 0 ? US_PER_SECOND : SILENT_AFTER_S * US_PER_SECOND;
      fleet_state_sweep(fleet, now_us);
    } else {
      catch_up(&believer, fleet);
      assert_believes_the_truth(&believer, fleet, &subscription.view.box);
    }
  }
  viewer_free(believer.viewer);
  fleet_state_free(fleet);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_snapshot_then_changes),
      cmocka_unit_test(an_empty_view_has_an_empty_snapshot),
      cmocka_unit_test(many_changes_of_one_vehicle_are_one),
      cmocka_unit_test(a_resumption_tells_what_was_missed_only),
      cmocka_unit_test(a_strange_epoch_or_seq_gets_a_snapshot),
      cmocka_unit_test(time_alone_changes_a_status),
      cmocka_unit_test(a_vehicle_may_be_named_before_it_exists),
      cmocka_unit_test(an_old_seq_changes_nothing),
      cmocka_unit_test(snapshot_and_updates_are_the_truth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
