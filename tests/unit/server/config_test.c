#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config.h"

static const char *const extra_flags[] = {"new", "vehicles=", NULL};

struct loaded {
  struct config config;
  const char **positional;
  int positional_count;
  struct config_extras extras;
};

static struct error load(struct arena *arena, const char *arguments, struct loaded *loaded)
{
  enum { ARGUMENTS_MAX = 32 };
  char *argv[ARGUMENTS_MAX] = {"crumbtrail", "serve"};
  int argc = 2;
  struct text rest = text_from(arguments);
  struct text argument;
  while (text_split(&rest, ' ', &argument)) {
    assert_true(argc < ARGUMENTS_MAX);
    bool in_cases = text_starts_with(argument, TEXT("CASES"));
    argv[argc++] = in_cases ? arena_printf(arena, CASES_FOLDER "%.*s", (int)argument.length - 5, argument.data + 5)
                            : text_to_cstring(arena, argument);
  }
  return config_load(arena, argc, argv, 2, extra_flags, &loaded->config, &loaded->positional, &loaded->positional_count,
                     &loaded->extras);
}

static void load_well(struct arena *arena, const char *arguments, struct loaded *loaded)
{
  struct error error = load(arena, arguments, loaded);
  if (error.code != ERROR_NONE) {
    fail_msg("%s: %s: %s", arguments, error.field, error.detail);
  }
}

static void test_defaults(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct loaded loaded;
  load_well(arena, "", &loaded);
  assert_string_equal(loaded.config.listen, "127.0.0.1:8080");
  assert_string_equal(loaded.config.data_folder, "/var/lib/crumbtrail");
  assert_string_equal(loaded.config.database, "");
  assert_int_equal(loaded.config.silent_after_s, 900);
  assert_int_equal(loaded.config.ingest_body_max_bytes, 1048576);
  assert_string_equal(loaded.config.log_format, "logfmt");
  assert_int_equal(loaded.positional_count, 0);
  assert_int_equal(loaded.extras.count, 0);
  arena_free(arena);
}

static void test_flags_and_extras(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct loaded loaded;
  load_well(arena, "one --listen localhost:0 --new --vehicles 15 --query-workers=8 - --vehicles=16 --database= -- --two",
            &loaded);
  assert_string_equal(loaded.config.listen, "localhost:0");
  assert_int_equal(loaded.config.query_workers, 8);
  assert_int_equal(loaded.positional_count, 3);
  assert_string_equal(loaded.positional[0], "one");
  assert_string_equal(loaded.positional[1], "-");
  assert_string_equal(loaded.positional[2], "--two");
  assert_int_equal(loaded.extras.count, 3);
  assert_string_equal(config_extra_value(&loaded.extras, "new"), "");
  assert_string_equal(config_extra_value(&loaded.extras, "vehicles"), "16");
  assert_null(config_extra_value(&loaded.extras, "other"));
  arena_free(arena);
}

static void test_precedence(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct loaded loaded;
  load_well(arena, "--config CASES/config/good.conf", &loaded);
  assert_int_equal(loaded.config.silent_after_s, 600);
  assert_string_equal(loaded.config.speed_unit, "kmh");
  assert_string_equal(loaded.config.raster_attribution, "  kept spaces = and signs # too ");
  setenv("CRUMBTRAIL_SILENT_AFTER_S", "700", 1);
  setenv("CRUMBTRAIL_SPEED_UNIT", "", 1);
  setenv("CRUMBTRAIL_PORT", "tcp://10.0.0.1:80", 1);
  setenv("CRUMBTRAIL_INGEST_KEY_FILE", CASES_FOLDER "/config/secret.txt", 1);
  load_well(arena, "--config CASES/config/good.conf", &loaded);
  assert_int_equal(loaded.config.silent_after_s, 700);
  assert_string_equal(loaded.config.speed_unit, "kmh");
  assert_string_equal(loaded.config.ingest_key, "s3cret-key");
  load_well(arena, "--silent-after-s 800 --config CASES/config/windows.conf", &loaded);
  assert_int_equal(loaded.config.silent_after_s, 800);
  assert_string_equal(loaded.config.log_level, "debug");
  assert_string_equal(loaded.config.listen, "[::1]:9000");
  setenv("CRUMBTRAIL_INGEST_KEY", "also", 1);
  struct error error = load(arena, "", &loaded);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_string_equal(error.field, "CRUMBTRAIL_INGEST_KEY");
  unsetenv("CRUMBTRAIL_INGEST_KEY");
  setenv("CRUMBTRAIL_INGEST_KEY_FILE", "/does/not/exist", 1);
  error = load(arena, "", &loaded);
  assert_int_equal(error.code, ERROR_SETUP);
  unsetenv("CRUMBTRAIL_INGEST_KEY_FILE");
  unsetenv("CRUMBTRAIL_SILENT_AFTER_S");
  unsetenv("CRUMBTRAIL_SPEED_UNIT");
  unsetenv("CRUMBTRAIL_PORT");
  arena_free(arena);
}

/* CASES in the expectation stands for the folder, as in the arguments. */
static char *with_folder(struct arena *arena, char *text)
{
  char *found = strstr(text, "CASES");
  return found == NULL ? text : arena_printf(arena, "%.*s%s%s", (int)(found - text), text, CASES_FOLDER, found + 5);
}

static void check_refused(struct arena *arena, char *line)
{
  char *arrow = strstr(line, " -> ");
  assert_non_null(arrow);
  char *bar = strstr(arrow, " | ");
  assert_non_null(bar);
  *arrow = *bar = '\0';
  struct loaded loaded;
  struct error error = load(arena, line, &loaded);
  const char *field = with_folder(arena, arrow + 4);
  const char *detail = with_folder(arena, bar + 3);
  if (error.code != ERROR_SETUP || strncmp(error.field, field, ERROR_FIELD_MAX - 1) != 0 ||
      strstr(error.detail, detail) == NULL) {
    fail_msg("%s: %d %s | %s", line, (int)error.code, error.field, error.detail);
  }
}

static void test_refused(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/config/refused.txt", "r");
  assert_non_null(file);
  char line[300];
  int cases = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] != '#') {
      struct arena *arena = arena_new(4096);
      check_refused(arena, line);
      arena_free(arena);
      cases++;
    }
  }
  fclose(file);
  assert_true(cases > 25);
}

static void test_print_hides_secrets(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct loaded loaded;
  struct buffer out = {0};
  load_well(arena, "--config CASES/config/good.conf --ingest-key topsecret --log-level debug", &loaded);
  config_print(&loaded.config, &out);
  buffer_append_char(&out, '\0');
  assert_null(strstr(out.data, "topsecret"));
  assert_null(strstr(out.data, "hunter2"));
  assert_non_null(strstr(out.data, "# flag\ningest-key = ****\n"));
  assert_non_null(strstr(out.data, "# file\ndatabase = ****\n"));
  assert_non_null(strstr(out.data, "# file\nsilent-after-s = 600\n"));
  assert_non_null(strstr(out.data, "# flag\nlog-level = debug\n"));
  assert_non_null(strstr(out.data, "# default\ningest-key-next = \"\"\n"));
  buffer_clear(&out);
  load_well(arena, "--database postgres:///fleet?host=/run/postgresql", &loaded);
  config_print(&loaded.config, &out);
  buffer_append_char(&out, '\0');
  assert_non_null(strstr(out.data, "database = postgres:///fleet?host=/run/postgresql\n"));
  buffer_free(&out);
  struct error error = load(arena, "--ingest-key \xff", &loaded);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_null(strchr(error.detail, '\xff'));
  arena_free(arena);
}

static void test_help_names_every_unit(void **state)
{
  (void)state;
  struct buffer out = {0};
  config_print_help(&out);
  buffer_append_char(&out, '\0');
  assert_non_null(strstr(out.data, "  --silent-after-s N\n"));
  assert_non_null(strstr(out.data, "10 to 604800 seconds. Default: 900."));
  assert_non_null(strstr(out.data, "  --speed-unit mph|kmh|ms\n"));
  buffer_free(&out);
}

static void test_addresses(void **state)
{
  (void)state;
  char host[64];
  uint16_t port;
  assert_int_equal(config_parse_address(TEXT("127.0.0.1:8080"), host, &port).code, ERROR_NONE);
  assert_string_equal(host, "127.0.0.1");
  assert_int_equal(port, 8080);
  assert_int_equal(config_parse_address(TEXT("[::1]:65535"), host, &port).code, ERROR_NONE);
  assert_string_equal(host, "::1");
  const char *bad[] = {"",           ":",       ":1",
                       "host",       "host:",   "host:-1",
                       "host:65536", "host:1x", "::1:80",
                       "[]:80",      "[::1]80", "a-host-name-of-more-than-sixty-three-bytes-is-not-what-anybody-has:1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(config_parse_address(text_from(bad[i]), host, &port).code, ERROR_SETUP);
  }
  assert_true(config_is_loopback("127.0.0.1"));
  assert_true(config_is_loopback("127.9.9.9"));
  assert_true(config_is_loopback("::1"));
  assert_true(config_is_loopback("LocalHost"));
  assert_false(config_is_loopback("0.0.0.0"));
  assert_false(config_is_loopback("::"));
  assert_false(config_is_loopback("128.0.0.1"));
  assert_false(config_is_loopback("127.0.0.1.example.org"));
  assert_false(config_is_loopback(""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_flags_and_extras),
      cmocka_unit_test(test_precedence),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_print_hides_secrets),
      cmocka_unit_test(test_help_names_every_unit),
      cmocka_unit_test(test_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
