/* The cases of tests/cases/days. */
#include "tests/unit/cmocka_all.h"

#include "ingest/analysis/day_machine.h"
#include "tests/support/drive_fold.h"

static void print(struct buffer *out, const struct row_set *rows)
{
  const struct drive_day_row *days = rows[0].items;
  for (size_t i = 0; i < rows[0].count; i++) {
    buffer_printf(out, "day %d", days[i].day - DRIVE_DAY);
    drive_print(out, "driver", (double)days[i].driver_id, 0);
    drive_print(out, "distance_m", days[i].distance_m, 3);
    drive_print(out, "known_limit_m", days[i].known_limit_m, 3);
    drive_print(out, "over_limit_m", days[i].over_limit_m, 3);
    drive_print(out, "observed_s", days[i].observed_s, 6);
    drive_print(out, "moving_s", days[i].moving_s, 6);
    drive_print(out, "known_limit_s", days[i].known_limit_s, 6);
    drive_print(out, "over_limit_s", days[i].over_limit_s, 6);
    drive_print(out, "samples", days[i].samples, 0);
    drive_print(out, "max_speed", (double)days[i].max_speed_kmh, 3);
    buffer_append_char(out, '\n');
  }
}

static void step(void *machine, const struct fix *fix, const struct place *place, struct row_set *rows)
{
  day_machine_step(machine, fix, place, &rows[0]);
}
static void show(const void *machine, struct row_set *rows)
{
  day_machine_show(machine, &rows[0]);
}
static void init(void *machine)
{
  day_machine_init(machine);
}
static void release(void *machine)
{
  day_machine_free(machine);
}
static void copy(void *machine, const void *from)
{
  day_machine_copy(machine, from);
}
static void save(const void *machine, struct buffer *out)
{
  day_machine_save(machine, out);
}
static bool load(void *machine, struct text *in)
{
  return day_machine_load(machine, in);
}

static const struct fold_subject SUBJECT = {
    sizeof(struct day_machine), {sizeof(struct drive_day_row), 0}, init, release, copy, step, show, save, load, print,
};

static void check_case(const char *folder, const char *name)
{
  fold_check_case(&SUBJECT, folder, name);
}

static void cases(void **state)
{
  (void)state;
  assert_true(drive_each_case(CASES_FOLDER "/days", check_case) >= 10);
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
