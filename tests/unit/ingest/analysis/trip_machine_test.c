/* The cases of tests/cases/trips. */
#include "tests/unit/cmocka_all.h"

#include "ingest/analysis/trip_machine.h"
#include "tests/support/drive_fold.h"

static void print(struct buffer *out, const struct row_set *rows)
{
  static const char *const ENDS[] = {"open", "stop", "ignition", "gap"};
  const struct trip_row *trips = rows[0].items;
  for (size_t i = 0; i < rows[0].count; i++) {
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
  const struct stop_row *stops = rows[1].items;
  for (size_t i = 0; i < rows[1].count; i++) {
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

static void step(void *machine, const struct fix *fix, const struct place *place, struct row_set *rows)
{
  trip_machine_step(machine, fix, place, &rows[0], &rows[1]);
}
static void show(const void *machine, struct row_set *rows)
{
  trip_machine_show(machine, &rows[0], &rows[1]);
}
static void init(void *machine)
{
  trip_machine_init(machine);
}
static void release(void *machine)
{
  trip_machine_free(machine);
}
static void copy(void *machine, const void *from)
{
  trip_machine_copy(machine, from);
}
static void save(const void *machine, struct buffer *out)
{
  trip_machine_save(machine, out);
}
static bool load(void *machine, struct text *in)
{
  return trip_machine_load(machine, in);
}

static const struct fold_subject SUBJECT = {
    sizeof(struct trip_machine),
    {sizeof(struct trip_row), sizeof(struct stop_row)},
    init,
    release,
    copy,
    step,
    show,
    save,
    load,
    print,
};

static void check_case(const char *folder, const char *name)
{
  fold_check_case(&SUBJECT, folder, name);
}

static void cases(void **state)
{
  (void)state;
  assert_true(drive_each_case(CASES_FOLDER "/trips", check_case) >= 30);
}

static void random_drives(void **state)
{
  (void)state;
  fold_check_random_drives(&SUBJECT, 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(random_drives)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
