#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "server/metrics.h"

static void test_text_format(void **state)
{
  (void)state;
  static const double bounds[2] = {0.5, 2};
  struct metrics *metrics = metrics_new();
  const char *labels = "path=\"a\\\"b\"";
  struct counter *plain = metrics_counter(metrics, "crumbtrail_events_total", "", "All \\ events\nthat came.");
  struct counter *labelled = metrics_counter(metrics, "crumbtrail_events_total", labels, "All \\ events\nthat came.");
  struct gauge *gauge = metrics_gauge(metrics, "crumbtrail_depth", "", "Depth.");
  struct histogram *histogram = metrics_histogram(metrics, "crumbtrail_commit_seconds", "kind=\"x\"", "Time.", bounds, 2);
  assert_ptr_equal(plain, metrics_counter(metrics, "crumbtrail_events_total", "", ""));
  assert_ptr_not_equal(plain, labelled);
  counter_add(plain, 3);
  counter_add(labelled, UINT64_MAX);
  gauge_set(gauge, 2.5);
  histogram_observe(histogram, 0.5);
  histogram_observe(histogram, 1.25);
  histogram_observe(histogram, 7);
  struct buffer out = {0};
  metrics_render(metrics, &out);
  buffer_append_char(&out, '\0');
  assert_string_equal(out.data, "# HELP crumbtrail_events_total All \\\\ events\\nthat came.\n"
                                "# TYPE crumbtrail_events_total counter\n"
                                "crumbtrail_events_total 3\n"
                                "crumbtrail_events_total{path=\"a\\\"b\"} 18446744073709551615\n"
                                "# HELP crumbtrail_depth Depth.\n"
                                "# TYPE crumbtrail_depth gauge\n"
                                "crumbtrail_depth 2.5\n"
                                "# HELP crumbtrail_commit_seconds Time.\n"
                                "# TYPE crumbtrail_commit_seconds histogram\n"
                                "crumbtrail_commit_seconds_bucket{kind=\"x\",le=\"0.5\"} 1\n"
                                "crumbtrail_commit_seconds_bucket{kind=\"x\",le=\"2\"} 2\n"
                                "crumbtrail_commit_seconds_bucket{kind=\"x\",le=\"+Inf\"} 3\n"
                                "crumbtrail_commit_seconds_sum{kind=\"x\"} 8.75\n"
                                "crumbtrail_commit_seconds_count{kind=\"x\"} 3\n");
  buffer_free(&out);
  metrics_free(metrics);
  metrics_free(NULL);
}

static void test_odd_numbers(void **state)
{
  (void)state;
  struct metrics *metrics = metrics_new();
  gauge_set(metrics_gauge(metrics, "a", "", "A."), NAN);
  gauge_set(metrics_gauge(metrics, "b", "", "B."), INFINITY);
  gauge_set(metrics_gauge(metrics, "c", "", "C."), -INFINITY);
  gauge_set(metrics_gauge(metrics, "d", "", "D."), 1e300);
  struct buffer out = {0};
  metrics_render(metrics, &out);
  buffer_append_char(&out, '\0');
  assert_non_null(strstr(out.data, "\na NaN\n"));
  assert_non_null(strstr(out.data, "\nb +Inf\n"));
  assert_non_null(strstr(out.data, "\nc -Inf\n"));
  assert_non_null(strstr(out.data, "\nd 1e+300\n"));
  buffer_free(&out);
  metrics_free(metrics);
}

enum { THREADS = 4, EACH = 20000 };

static void *update(void *context)
{
  struct metrics *metrics = context;
  struct counter *counter = metrics_counter(metrics, "c", "", "C.");
  struct histogram *histogram = metrics_histogram(metrics, "h", "", "H.", METRICS_BOUNDS_ROWS, 9);
  for (int i = 0; i < EACH; i++) {
    counter_add(counter, 1);
    histogram_observe(histogram, 2);
  }
  return NULL;
}

static void test_threads_lose_nothing(void **state)
{
  (void)state;
  struct metrics *metrics = metrics_new();
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    pthread_create(&threads[i], NULL, update, metrics);
  }
  struct buffer out = {0};
  metrics_render(metrics, &out);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  buffer_clear(&out);
  metrics_render(metrics, &out);
  buffer_append_char(&out, '\0');
  assert_non_null(strstr(out.data, "\nc 80000\n"));
  assert_non_null(strstr(out.data, "h_bucket{le=\"1\"} 0\n"));
  assert_non_null(strstr(out.data, "h_bucket{le=\"3\"} 80000\n"));
  assert_non_null(strstr(out.data, "h_sum 160000\n"));
  buffer_free(&out);
  metrics_free(metrics);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_format),
      cmocka_unit_test(test_odd_numbers),
      cmocka_unit_test(test_threads_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
