#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "ingest/generator/s3_notification.h"
#include "ingest/objects/notification.h"
#include "server/base/clock.h"

static const char *const FILES[] = {"notification_s3.json", "notification_eventbridge.json", "notification_minio.json"};

static struct stored_object example(void)
{
  return (struct stored_object){.bucket = TEXT("fleet-raw"),
                                .key = TEXT("iot/iotfleet/s3p/thingname=iotfleet_thc_121/1463704133689"),
                                .etag = TEXT("d41d8cd98f00b204e9800998ecf8427e"),
                                .version_id = TEXT("096fKKXTRTtl3on89fVO.nfljtsv6qko"),
                                .region = TEXT("us-west-2"),
                                .size_bytes = 1024,
                                .stored_at_us = INT64_C(1463704134120000),
                                .sequence = 7};
}

static void notifications_are_those_of_their_services(void **state)
{
  (void)state;
  struct stored_object object = example();
  for (enum notification_style style = NOTIFICATION_S3; style <= NOTIFICATION_MINIO; style++) {
    char path[512];
    char expected[4096];
    snprintf(path, sizeof path, "%s/generator/%s", CASES_FOLDER, FILES[style]);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t length = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    expected[length - 1] = '\0'; /* the line end */
    struct buffer written = {0};
    s3_notification_write(&written, style, &object);
    buffer_append_char(&written, '\0');
    assert_string_equal(written.data, expected);
    buffer_free(&written);
  }
}

static void our_own_reader_finds_the_object(void **state)
{
  (void)state;
  static const char *const KEYS[] = {"iot/iotfleet/s3p/thingname=fleet:7/1463704133689",
                                     "iot/s3/$aws/things/a/shadow/update/documents/1", "red flower+100%.jpg",
                                     "a//b/../\xC3\xA9~*"};
  struct stored_object object = example();
  for (enum notification_style style = NOTIFICATION_S3; style <= NOTIFICATION_MINIO; style++) {
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
      struct arena *arena = arena_new(4096);
      struct buffer written = {0};
      struct notification notification = {0};
      object.key = text_from(KEYS[i]);
      object.version_id = TEXT("");
      s3_notification_write(&written, style, &object);
      struct error error = notification_read(arena, buffer_text(&written), &notification);
      assert_int_equal(error.code, ERROR_NONE);
      assert_int_equal(notification.created_count, 1);
      const struct announcement *found = &notification.created[0];
      assert_true(text_equal(found->key, object.key));
      assert_true(text_equal(found->bucket, object.bucket));
      assert_true(text_equal(found->etag, object.etag));
      assert_int_equal(found->size_bytes, object.size_bytes);
      assert_int_equal(found->version_id.length, 0);
      assert_true(notification.is_eventbridge == (style == NOTIFICATION_EVENTBRIDGE));
      buffer_free(&written);
      arena_free(arena);
    }
  }
}

static void a_later_object_has_a_higher_sequencer(void **state)
{
  (void)state;
  struct stored_object object = example();
  char last[64] = "";
  for (int i = 0; i < 4; i++) {
    struct buffer written = {0};
    object.sequence++;
    object.stored_at_us += i % 2 == 0 ? 0 : 999999;
    s3_notification_write(&written, NOTIFICATION_S3, &object);
    buffer_append_char(&written, '\0');
    const char *found = strstr(written.data, "\"sequencer\":\"") + 13;
    char sequencer[32];
    snprintf(sequencer, sizeof sequencer, "%.18s", found);
    assert_true(strcmp(sequencer, last) > 0);
    memcpy(last, sequencer, sizeof sequencer);
    buffer_free(&written);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notifications_are_those_of_their_services),
      cmocka_unit_test(our_own_reader_finds_the_object),
      cmocka_unit_test(a_later_object_has_a_higher_sequencer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
