#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest/generator/trace.h"
#include "server/base/clock.h"

static void load(const char *name, struct trace *trace, char *notes, size_t notes_bytes)
{
  char path[512];
  snprintf(path, sizeof path, "%s/generator/%s", CASES_FOLDER, name);
  FILE *file = fmemopen(notes, notes_bytes, "w");
  struct error error = trace_load(path, file, trace);
  fclose(file);
  assert_string_equal(error.detail, "");
  assert_int_equal(error.code, ERROR_NONE);
}

static void rows_come_in_the_order_of_their_times(void **state)
{
  (void)state;
  char notes[2048] = "";
  struct trace trace;
  load("trace.csv", &trace, notes, sizeof notes);
  assert_int_equal(trace.count, 4);
  assert_int_equal(trace.vehicle_count, 2);
  assert_int_equal(trace.rows[0].line, 4); /* same moment as line 6, which stands after it */
  assert_int_equal(trace.rows[1].line, 6);
  assert_int_equal(trace.rows[0].time_us, INT64_C(1490072431) * US_PER_SECOND);
  assert_true(fabs((double)trace.rows[2].speed_mps - 17.43456) < 1e-4);
  assert_true(isnan(trace.rows[3].speed_mps));
  assert_true(text_equal(trace.vehicles[trace.rows[3].vehicle], TEXT("2620")));
  trace_free(&trace);
}

static void unreadable_rows_are_named(void **state)
{
  (void)state;
  char notes[2048] = "";
  struct trace trace;
  load("trace_bad.csv", &trace, notes, sizeof notes);
  assert_int_equal(trace.count, 1);
  assert_int_equal(trace.bad_rows, 5);
  assert_non_null(strstr(notes, "trace_bad.csv:3: vehicle_id"));
  assert_non_null(strstr(notes, "trace_bad.csv:5: timestamp"));
  assert_non_null(strstr(notes, "trace_bad.csv:6: latitude"));
  assert_non_null(strstr(notes, "trace_bad.csv:8: longitude")); /* the row before spans two lines */
  assert_non_null(strstr(notes, "trace_bad.csv:9: speed"));
  trace_free(&trace);
}

static void a_file_that_is_no_trace_is_refused(void **state)
{
  (void)state;
  struct trace trace;
  char path[512];
  snprintf(path, sizeof path, "%s/generator/first_event.json", CASES_FOLDER);
  struct error error = trace_load(path, stderr, &trace);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "no column vehicle_id"));
  error = trace_load("/nowhere.csv", stderr, &trace);
  assert_int_equal(error.code, ERROR_SETUP);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_come_in_the_order_of_their_times),
      cmocka_unit_test(unreadable_rows_are_named),
      cmocka_unit_test(a_file_that_is_no_trace_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
