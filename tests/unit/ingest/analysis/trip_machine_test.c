/* Cases in tests/cases/trips: NAME.input is a drive (tests/support/drive_case.h), NAME.expected what the machine makes of it:
 * what is over, then after `open:` what is shown at the end of the data. */
#include "tests/unit/cmocka_all.h"

#include "ingest/analysis/trip_machine.h"
#include "tests/support/drive_case.h"

struct made {
  struct row_set trips;
  struct row_set stops;
};

static struct made made_new(struct arena *arena)
{
  return (struct made){row_set_make(arena, sizeof(struct trip_row)), row_set_make(arena, sizeof(struct stop_row))};
}

static void print_made(struct buffer *out, const struct made *made)
{
  static const char *const ENDS[] = {"open", "stop", "ignition", "gap"};
  const struct trip_row *trips = made->trips.items;
  for (size_t i = 0; i < made->trips.count; i++) {
    buffer_printf(out, "trip ");
    drive_print_time(out, trips[i].started_at_us);
    buffer_printf(out, " to ");
    drive_print_time(out, trips[i].ended_at_us);
    drive_print(out, "driver", trips[i].driver_id != 0 ? (double)trips[i].driver_id : (double)NAN, 0);
    drive_print(out, "distance_m", trips[i].distance_m, 3);
    drive_print(out, "moving_s", trips[i].moving_s, 6);
    drive_print(out, "max_speed", (double)trips[i].max_speed_kmh, 3);
    drive_print(out, "samples", trips[i].samples, 0);
    drive_print_place(out, "from", trips[i].started_longitude_deg, trips[i].started_latitude_deg);
    drive_print_place(out, "to", trips[i].ended_longitude_deg, trips[i].ended_latitude_deg);
    buffer_printf(out, " %s\n", ENDS[trips[i].end_reason]);
    assert_int_equal(trips[i].is_open, trips[i].end_reason == TRIP_OPEN);
  }
  const struct stop_row *stops = made->stops.items;
  for (size_t i = 0; i < made->stops.count; i++) {
    buffer_printf(out, "stop ");
    drive_print_time(out, stops[i].started_at_us);
    buffer_printf(out, " to ");
    drive_print_time(out, stops[i].ended_at_us);
    drive_print(out, "idling_s", stops[i].idling_s, 6);
    drive_print(out, "samples", stops[i].samples, 0);
    drive_print_place(out, "at", stops[i].longitude_deg, stops[i].latitude_deg);
    buffer_printf(out, stops[i].is_open ? " open\n" : "\n");
  }
}

/* Where the fold is interrupted: not at all, by a checkpoint, by going on with a copy. */
enum cut { CUT_NONE, CUT_CHECKPOINT, CUT_COPY };

static void cut_machine(struct trip_machine *machine, enum cut cut)
{
  struct trip_machine next;
  trip_machine_init(&next);
  struct buffer saved = {0};
  if (cut == CUT_CHECKPOINT) {
    trip_machine_save(machine, &saved);
    struct text rest = buffer_text(&saved);
    assert_true(trip_machine_load(&next, &rest));
    assert_int_equal(rest.length, 0);
    struct buffer again = {0};
    trip_machine_save(&next, &again);
    assert_true(text_equal(buffer_text(&saved), buffer_text(&again)));
    buffer_free(&again);
  } else {
    trip_machine_copy(&next, machine);
  }
  trip_machine_free(machine);
  *machine = next;
  buffer_free(&saved);
}

static void fold(struct buffer *out, const struct drive *drive, size_t cut_at, enum cut cut)
{
  struct arena *arena = arena_new(65536);
  struct made made = made_new(arena);
  struct made shown = made_new(arena);
  struct trip_machine machine;
  trip_machine_init(&machine);
  for (size_t i = 0; i <= drive->count; i++) {
    if (i == cut_at && cut != CUT_NONE) {
      trip_machine_show(&machine, &shown.trips, &shown.stops); /* changes nothing */
      shown = made_new(arena);
      cut_machine(&machine, cut);
    }
    if (i < drive->count) {
      trip_machine_step(&machine, &drive->fixes[i], &drive->places[i], &made.trips, &made.stops);
    }
  }
  trip_machine_show(&machine, &shown.trips, &shown.stops);
  print_made(out, &made);
  buffer_printf(out, "open:\n");
  print_made(out, &shown);
  trip_machine_free(&machine);
  arena_free(arena);
}

static void check_case(const char *folder, const char *name)
{
  struct arena *arena = arena_new(65536);
  const struct drive *drive = drive_read(arena, drive_read_file(arena, arena_printf(arena, "%s/%s.input", folder, name)));
  const struct text expected = drive_read_file(arena, arena_printf(arena, "%s/%s.expected", folder, name));
  struct buffer whole = {0};
  fold(&whole, drive, 0, CUT_NONE);
  if (!text_equal(buffer_text(&whole), expected)) {
    fail_msg("%s:\n%.*s", name, TEXT_ARGS(buffer_text(&whole)));
  }
  for (size_t at = 0; at <= drive->count; at++) {
    for (int cut = CUT_CHECKPOINT; cut <= CUT_COPY; cut++) {
      struct buffer parted = {0};
      fold(&parted, drive, at, (enum cut)cut);
      if (!text_equal(buffer_text(&parted), expected)) {
        fail_msg("%s, cut at breadcrumb %zu:\n%.*s", name, at, TEXT_ARGS(buffer_text(&parted)));
      }
      buffer_free(&parted);
    }
  }
  buffer_free(&whole);
  arena_free(arena);
}

static void cases(void **state)
{
  (void)state;
  assert_true(drive_each_case(CASES_FOLDER "/trips", check_case) >= 15);
}

static void a_damaged_state_is_refused(void **state)
{
  (void)state;
  struct arena *arena = arena_new(65536);
  const struct drive *drive =
      drive_read(arena, TEXT("08:00:00 speed=60\n08:00:05-08:01:00/5 east+=83\n08:01:05-08:10:00/5 speed=0"));
  for (size_t count = 0; count <= drive->count; count += 12) {
    struct made made = made_new(arena);
    struct trip_machine machine;
    trip_machine_init(&machine);
    for (size_t i = 0; i < count; i++) {
      trip_machine_step(&machine, &drive->fixes[i], &drive->places[i], &made.trips, &made.stops);
    }
    struct buffer saved = {0};
    trip_machine_save(&machine, &saved);
    for (size_t length = 0; length < saved.length; length++) {
      struct text part = {saved.data, length};
      assert_false(trip_machine_load(&machine, &part));
      assert_null(machine.state);
    }
    buffer_free(&saved);
    trip_machine_free(&machine);
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(a_damaged_state_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
