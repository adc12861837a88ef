#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/json/reader.h"
#include "server/log.h"
#include "server/log_limit.h"
#include "server/metrics.h"

static int pipe_ends[2];
static char line[16384];

static int open_pipe(void **state)
{
  (void)state;
  if (pipe(pipe_ends) != 0) {
    return -1;
  }
  log_to(pipe_ends[1]);
  return 0;
}

static int close_pipe(void **state)
{
  (void)state;
  log_to(STDERR_FILENO);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return 0;
}

/* The one line that the last call wrote, without its time. */
static const char *written(void)
{
  ssize_t length = read(pipe_ends[0], line, sizeof line - 1);
  assert_true(length > 0);
  assert_int_equal(line[length - 1], '\n');
  line[length - 1] = '\0';
  assert_null(strchr(line, '\n'));
  return line[0] == '{' ? line : strchr(line, ' ') + 1;
}

static void test_logfmt(void **state)
{
  (void)state;
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
  LOG_INFO("batch_committed", "rows=%d name=%s", 412, log_quote(TEXT("a b")));
  assert_string_equal(written(), "info event=batch_committed rows=412 name=\"a b\"");
  LOG_WARNING("plain", "");
  assert_string_equal(written(), "warning event=plain");
  LOG_ERROR("forged", "text=%s", "x\nerror event=lie");
  assert_string_equal(written(), "error event=forged text=x error event=lie");
  struct error error = error_at(ERROR_DATABASE_REFUSED, "", "it \"failed\"");
  memcpy(error.sqlstate, "23505", 6);
  log_error(LOG_LEVEL_ERROR, "refused", &error);
  assert_string_equal(written(), "error event=refused error=database_refused sqlstate=23505 detail=\"it \\\"failed\\\"\"");
}

static const struct json *read_line(struct arena *arena)
{
  const char *text = written();
  const struct json *value;
  struct error error = json_parse(arena, text_from(text), JSON_LIMITS_DEFAULT, &value);
  if (error.code != ERROR_NONE) {
    fail_msg("%s: %s", text, error.detail);
  }
  return value;
}

static void expect_raw(const struct json *object, const char *key, const char *raw)
{
  const struct json *member = json_member(object, text_from(key));
  assert_non_null(member);
  assert_true(text_equal(member->raw, text_from(raw)));
}

static void test_json_lines(void **state)
{
  (void)state;
  struct arena *arena = arena_new(8192);
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  LOG_INFO("mixed", "n=-4.5e3 zero=007 point=5. plus=+1 yes=true word=%s text=%s empty= odd=a\"b last=\"open",
           log_quote(TEXT("w")), log_quote(TEXT("a \"q\" \\ \x01 \n=")));
  const struct json *value = read_line(arena);
  expect_raw(value, "level", "\"info\"");
  expect_raw(value, "event", "\"mixed\"");
  expect_raw(value, "n", "-4.5e3");
  expect_raw(value, "zero", "\"007\"");
  expect_raw(value, "point", "\"5.\"");
  expect_raw(value, "plus", "\"+1\"");
  expect_raw(value, "yes", "true");
  expect_raw(value, "word", "\"w\"");
  expect_raw(value, "text", "\"a \\\"q\\\" \\\\ \\u0001 \\n=\"");
  expect_raw(value, "empty", "\"\"");
  expect_raw(value, "odd", "\"a\\\"b\"");
  LOG_INFO("empty", "");
  assert_int_equal(read_line(arena)->count, 3);
  arena_free(arena);
}

static void test_long_lines_stay_whole(void **state)
{
  (void)state;
  struct arena *arena = arena_new(8192);
  char text[6000];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  LOG_INFO("long", "a=%s b=1", text);
  assert_non_null(read_line(arena));
  LOG_INFO("long", "a=%s b=%s", log_quote_cstring(text), log_quote_cstring(text));
  assert_int_equal(read_line(arena)->count, 5);
  memset(text, '"', sizeof text - 1);
  LOG_INFO("long", "a=%s", text);
  assert_non_null(read_line(arena));
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
  LOG_INFO("long", "a=%s", text);
  assert_true(strlen(written()) < 4096);
  arena_free(arena);
}

static void test_levels_and_names(void **state)
{
  (void)state;
  log_setup(LOG_LEVEL_WARNING, LOG_FORMAT_LOGFMT);
  assert_false(log_is_on(LOG_LEVEL_INFO));
  LOG_DEBUG("unseen", "x=%d", 1);
  LOG_INFO("unseen", "x=%d", 1);
  LOG_WARNING("seen", "x=%d", 1);
  assert_string_equal(written(), "warning event=seen x=1");
  enum log_level level;
  enum log_format format;
  assert_true(log_level_from("error", &level) && level == LOG_LEVEL_ERROR);
  assert_false(log_level_from("loud", &level));
  assert_true(log_format_from("json", &format) && format == LOG_FORMAT_JSON);
  assert_false(log_format_from("xml", &format));
}

static void test_quote(void **state)
{
  (void)state;
  assert_string_equal(log_quote(TEXT("plain-word_1:2")), "plain-word_1:2");
  assert_string_equal(log_quote(TEXT("")), "\"\"");
  assert_string_equal(log_quote(TEXT("a=b")), "\"a=b\"");
  assert_string_equal(log_quote(TEXT("é")), "é");
  assert_string_equal(log_quote(TEXT("\xFF\xFE")), "??");
  const char *first = log_quote(TEXT("one"));
  assert_string_equal(log_quote(TEXT("two")), "two");
  assert_string_equal(first, "one");
}

static void test_events_are_counted(void **state)
{
  (void)state;
  struct metrics *metrics = metrics_new();
  log_count_into(metrics);
  log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
  LOG_INFO("counted", "");
  LOG_INFO("counted", "");
  log_count_into(NULL);
  LOG_INFO("counted", "");
  struct counter *counter = metrics_counter(metrics, "crumbtrail_log_events_total", "event=\"counted\",level=\"info\"", "");
  assert_int_equal(counter_value(counter), 2);
  metrics_free(metrics);
}

static void test_a_flood_is_cut(void **state)
{
  (void)state;
  log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
  for (int i = 0; i < 1000; i++) {
    LOG_INFO("flood", "");
  }
  size_t lines = 0;
  ssize_t length = read(pipe_ends[0], line, sizeof line);
  for (ssize_t i = 0; i < length; i++) {
    lines += line[i] == '\n';
  }
  assert_in_range(lines, LOG_LIMIT_BURST, LOG_LIMIT_BURST + 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_logfmt),           cmocka_unit_test(test_json_lines), cmocka_unit_test(test_long_lines_stay_whole),
      cmocka_unit_test(test_levels_and_names), cmocka_unit_test(test_quote),      cmocka_unit_test(test_events_are_counted),
      cmocka_unit_test(test_a_flood_is_cut),
  };
  return cmocka_run_group_tests(tests, open_pipe, close_pipe);
}
