/* The cases of tests/cases/speeding. */
#include "tests/unit/cmocka_all.h"

#include "ingest/analysis/speeding_machine.h"
#include "tests/support/drive_fold.h"

static void print_episode(struct buffer *out, const struct speeding_row *row)
{
  static const char *const ENDS[] = {"open", "under", "gap", "limit", "ignition", "invalid"};
  static const char *const SOURCES[] = {"unknown", "override", "posted", "estimated", "zone", "vehicle", "fleet"};
  assert_int_equal(row->is_open, row->end_reason == SPEEDING_OPEN);
  buffer_printf(out, "episode ");
  drive_print_time(out, row->started_at_us);
  buffer_printf(out, " to ");
  drive_print_time(out, row->ended_at_us);
  buffer_printf(out, " %s", ENDS[row->end_reason]);
  drive_print(out, "driver", row->driver_id != 0 ? (double)row->driver_id : (double)NAN, 0);
  drive_print(out, "before", (double)row->before_s, 3);
  drive_print(out, "after", (double)row->after_s, 3);
  drive_print(out, "distance_m", row->distance_m, 3);
  drive_print(out, "samples", row->samples, 0);
  drive_print(out, "gap", (double)row->largest_gap_s, 3);
  drive_print(out, "speed max", (double)row->max_speed_kmh, 3);
  drive_print(out, "mean", (double)row->mean_speed_kmh, 3);
  drive_print(out, "p95", (double)row->p95_speed_kmh, 3);
  drive_print(out, "limit", (double)row->limit_kmh, 3);
  buffer_printf(out, " %s", SOURCES[row->limit_source]);
  drive_print(out, "excess max", (double)row->max_excess_kmh, 3);
  drive_print(out, "mean", (double)row->mean_excess_kmh, 3);
  drive_print(out, "integral", row->excess_integral_kmh_s, 3);
  drive_print(out, "quality", row->quality != 0 ? (double)row->quality : (double)NAN, 0);
  drive_print(out, "road", row->road_id != 0 ? (double)row->road_id : (double)NAN, 0);
  drive_print(out, "zone", row->geofence_id != 0 ? (double)row->geofence_id : (double)NAN, 0);
  drive_print_place(out, "from", row->started_longitude_deg, row->started_latitude_deg);
  drive_print_place(out, "peak", row->peak_longitude_deg, row->peak_latitude_deg);
  buffer_printf(out, " at ");
  drive_print_time(out, row->peak_at_us);
  drive_print_place(out, "to", row->ended_longitude_deg, row->ended_latitude_deg);
  buffer_append_char(out, '\n');
}

static void print(struct buffer *out, const struct row_set *rows)
{
  const struct speeding_row *episodes = rows[0].items;
  for (size_t i = 0; i < rows[0].count; i++) {
    print_episode(out, &episodes[i]);
  }
  const struct condition *conditions = rows[1].items;
  for (size_t i = 0; i < rows[1].count; i++) {
    assert_int_equal(conditions[i].kind, CONDITION_SPEEDING);
    assert_int_equal(conditions[i].subject_id, 0);
    buffer_printf(out, "condition ");
    drive_print_time(out, conditions[i].began_at_us);
    buffer_printf(out, " fires ");
    drive_print_time(out, conditions[i].fires_at_us);
    if (conditions[i].ended_at_us != 0) {
      buffer_printf(out, " ended ");
      drive_print_time(out, conditions[i].ended_at_us);
    }
    buffer_printf(out, " seen ");
    drive_print_time(out, conditions[i].seen_at_us);
    drive_print(out, "value", (double)conditions[i].value, 3);
    drive_print(out, "limit", (double)conditions[i].limit_value, 3);
    drive_print_place(out, "at", conditions[i].longitude_deg, conditions[i].latitude_deg);
    buffer_append_char(out, '\n');
  }
}

static void step(void *machine, const struct fix *fix, const struct place *place, struct row_set *rows)
{
  static const struct speeding_rules RULES = {.tolerance_kmh = 5, .samples_min = 2, .duration_min_us = 10000000};
  speeding_machine_step(machine, &RULES, fix, place, &rows[0], &rows[1]);
}
static void show(const void *machine, struct row_set *rows)
{
  speeding_machine_show(machine, &rows[0], &rows[1]);
}
static void init(void *machine)
{
  speeding_machine_init(machine);
}
static void release(void *machine)
{
  speeding_machine_free(machine);
}
static void copy(void *machine, const void *from)
{
  speeding_machine_copy(machine, from);
}
static void save(const void *machine, struct buffer *out)
{
  speeding_machine_save(machine, out);
}
static bool load(void *machine, struct text *in)
{
  return speeding_machine_load(machine, in);
}

static const struct fold_subject SUBJECT = {
    sizeof(struct speeding_machine),
    {sizeof(struct speeding_row), sizeof(struct condition)},
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
  assert_true(drive_each_case(CASES_FOLDER "/speeding", check_case) >= 30);
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
