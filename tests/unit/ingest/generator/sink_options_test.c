#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "ingest/generator/sink_options.h"

/* "to=s3://b/p/ layout=s3 topic-keys" as the flags of a command. */
static struct error read_flags(struct arena *arena, const char *line, struct sink_options *options)
{
  struct text rest = text_from(text_to_cstring(arena, text_from(line)));
  struct config_extras extras = {arena_alloc_array(arena, 16, sizeof(struct config_extra)), 0};
  for (struct text part; text_split(&rest, ' ', &part);) {
    struct text name;
    if (!text_split(&part, '=', &name)) {
      continue;
    }
    extras.items[extras.count++] = (struct config_extra){text_to_cstring(arena, name), text_to_cstring(arena, part)};
  }
  return sink_options_read(arena, &extras, options);
}

static void targets_are_told_apart(void **state)
{
  (void)state;
  static const struct {
    const char *flags;
    enum sink_kind kind;
  } CASES[] = {
      {"", SINK_IOT},
      {"to=-", SINK_OUTPUT},
      {"to=https://h/ingest/iot batch=10", SINK_IOT},
      {"to=http://h:8080/ingest/firehose gzip buffer-s=0", SINK_FIREHOSE},
      {"to=http://h:8080/ingest/firehose?x=1", SINK_FIREHOSE},
      {"to=s3://bucket/iot/iotfleet/", SINK_OBJECTS},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct arena *arena = arena_new(4096);
    struct sink_options options;
    struct error error = read_flags(arena, CASES[i].flags, &options);
    assert_int_equal(error.code, ERROR_NONE);
    assert_int_equal(options.kind, CASES[i].kind);
    arena_free(arena);
  }
}

static void a_prefix_ends_with_a_slash(void **state)
{
  (void)state;
  static const char *const CASES[][2] = {
      {"to=s3://bucket", ""}, {"to=s3://bucket/", ""}, {"to=s3://bucket/a/b", "a/b/"}, {"to=s3://bucket/a/b/", "a/b/"}};
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    struct arena *arena = arena_new(4096);
    struct sink_options options;
    struct error error = read_flags(arena, CASES[i][0], &options);
    assert_int_equal(error.code, ERROR_NONE);
    assert_true(text_equal(options.bucket, TEXT("bucket")));
    assert_true(text_equal(options.prefix, text_from(CASES[i][1])));
    assert_int_equal(options.layout, LAYOUT_S3P);
    arena_free(arena);
  }
}

static void firehose_has_its_limits(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct sink_options options;
  struct error error =
      read_flags(arena, "to=s3://bucket layout=firehose buffer-mib=128 separator=crlf stream=a.b_c-d gzip", &options);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(options.firehose.bytes_max, INT64_C(128) << 20);
  assert_int_equal(options.firehose.open_us, 60000000);
  assert_string_equal(options.firehose.separator, "\r\n");
  assert_true(options.is_gzip);
  error = read_flags(arena, "to=s3://bucket layout=s3 topic-keys notify=http://h/ingest/s3 notify-style=minio", &options);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(options.layout, LAYOUT_S3_TOPIC);
  assert_int_equal(options.notify_style, NOTIFICATION_MINIO);
  arena_free(arena);
}

static void what_does_not_belong_together_is_refused(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/generator/refused_targets.txt", "re");
  assert_non_null(file);
  int cases = 0;
  for (char line[512]; fgets(line, sizeof line, file) != NULL; cases++) {
    struct arena *arena = arena_new(4096);
    struct text rest = {line, strcspn(line, "\n")};
    struct text flags;
    assert_true(text_split(&rest, '|', &flags));
    struct sink_options options;
    struct error error = read_flags(arena, text_to_cstring(arena, flags), &options);
    assert_int_equal(error.code, ERROR_SETUP);
    if (strstr(error.detail, text_to_cstring(arena, rest)) == NULL) {
      fail_msg("%s: %s", line, error.detail);
    }
    arena_free(arena);
  }
  fclose(file);
  assert_true(cases > 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets_are_told_apart),
      cmocka_unit_test(a_prefix_ends_with_a_slash),
      cmocka_unit_test(firehose_has_its_limits),
      cmocka_unit_test(what_does_not_belong_together_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
