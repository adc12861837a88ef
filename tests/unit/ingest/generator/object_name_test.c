#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "ingest/generator/object_name.h"
#include "server/base/clock.h"

static const char UUID[] = "00000000-0000-4000-8000-000000000000";

static void append_key(struct buffer *key, struct text layout, struct text prefix, const char *name, int64_t time_us)
{
  if (text_starts_with(layout, TEXT("firehose"))) {
    struct firehose_object object = {name, time_us, UUID, text_ends_with(layout, TEXT(".gz"))};
    object_name_of_firehose(key, prefix, &object);
    return;
  }
  enum object_layout of_event = text_equal(layout, TEXT("s3p"))        ? LAYOUT_S3P
                                : text_equal(layout, TEXT("s3-topic")) ? LAYOUT_S3_TOPIC
                                                                       : LAYOUT_S3;
  object_name_of_event(key, prefix, of_event, name, time_us / US_PER_MS);
}

static void keys_are_those_of_aws(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/generator/object_names.txt", "re");
  assert_non_null(file);
  int cases = 0;
  for (char line[512]; fgets(line, sizeof line, file) != NULL;) {
    struct text rest = {line, strcspn(line, "\n")};
    struct text parts[5];
    if (line[0] == '#') {
      continue;
    }
    for (int i = 0; i < 5; i++) {
      assert_true(text_split(&rest, '|', &parts[i]));
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", TEXT_ARGS(parts[2]));
    int64_t time_us = 0;
    assert_true(clock_parse(parts[3], &time_us));
    struct buffer key = {0};
    append_key(&key, parts[0], parts[1], name, time_us);
    buffer_append_char(&key, '\0');
    buffer_append_char(&key, '\0');
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(key.data, parts[4].data);
    buffer_free(&key);
    cases++;
  }
  fclose(file);
  assert_int_equal(cases, 7);
}

static void the_same_content_has_the_same_id(void **state)
{
  (void)state;
  char first[UUID_TEXT_MAX];
  char again[UUID_TEXT_MAX];
  char other[UUID_TEXT_MAX];
  object_uuid(TEXT("{\"a\":1}"), 0, first);
  object_uuid(TEXT("{\"a\":1}"), 0, again);
  assert_string_equal(first, again);
  object_uuid(TEXT("{\"a\":2}"), 0, other);
  assert_string_not_equal(first, other);
  object_uuid(TEXT("{\"a\":1}"), 1, other);
  assert_string_not_equal(first, other);
  assert_int_equal(strlen(first), 36);
  assert_int_equal(first[14], '4');
  assert_non_null(strchr("89ab", first[19]));
  assert_true(first[8] == '-' && first[13] == '-' && first[18] == '-' && first[23] == '-');
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_are_those_of_aws),
      cmocka_unit_test(the_same_content_has_the_same_id),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
