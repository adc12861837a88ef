/* Cases in tests/cases/notifications: NAME.input is the notification as it arrives, NAME.expected what it says, a line each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ingest/objects/notification.h"
#include "server/base/clock.h"

static void append_announcement(struct buffer *out, const struct announcement *announcement)
{
  buffer_printf(out, "created bucket=%.*s key=<%.*s> version_id=<%.*s> etag=<%.*s> size=%lld sequencer=<%.*s> at=",
                TEXT_ARGS(announcement->bucket), TEXT_ARGS(announcement->key), TEXT_ARGS(announcement->version_id),
                TEXT_ARGS(announcement->etag), (long long)announcement->size_bytes, TEXT_ARGS(announcement->sequencer));
  if (announcement->event_time_us == 0) {
    buffer_append_char(out, '-');
  } else {
    buffer_append_time(out, announcement->event_time_us);
  }
  buffer_append_char(out, '\n');
}

static void render(struct buffer *out, const struct notification *notification)
{
  static const char *const kinds[] = {"created", "removed", "test", "other"};
  buffer_append_text(out, notification->is_envelope ? TEXT("within an SNS message\n") : TEXT(""));
  buffer_append_text(out, notification->is_eventbridge ? TEXT("EventBridge\n") : TEXT(""));
  for (size_t i = 0; i < notification->created_count; i++) {
    append_announcement(out, &notification->created[i]);
  }
  for (size_t i = 0; i < notification->ignored_count; i++) {
    buffer_printf(out, "%s: %.*s\n", kinds[notification->ignored[i].kind], TEXT_ARGS(notification->ignored[i].what));
  }
  if (notification->is_events) {
    buffer_printf(out, "events <%.*s> because %s: %s\n", TEXT_ARGS(text_trim(notification->events)),
                  notification->not_a_form.field, notification->not_a_form.detail);
  }
}

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static void read_notification(struct arena *arena, struct text input, struct buffer *out)
{
  struct notification notification;
  struct error error = notification_read(arena, input, &notification);
  if (error.code != ERROR_NONE) {
    buffer_printf(out, "error at %s: %s\n", error.field, error.detail);
  } else {
    render(out, &notification);
  }
}

static int check_case(const char *input_path)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer out = {0};
  size_t stem = strlen(input_path) - strlen(".input");
  const char *expected_path = arena_printf(arena, "%.*s.expected", (int)stem, input_path);
  read_notification(arena, read_file(arena, input_path), &out);
  bool is_same = text_equal(buffer_text(&out), read_file(arena, expected_path));
  if (!is_same) {
    print_error("%s gives:\n%.*s", input_path, (int)out.length, out.data);
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(expected_path, "wb");
      (void)fwrite(out.data, 1, out.length, file);
      (void)fclose(file);
    }
  }
  buffer_free(&out);
  arena_free(arena);
  return is_same ? 0 : 1;
}

static void test_cases(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/notifications");
  assert_non_null(folder);
  int checked = 0;
  int wrong = 0;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      char path[512];
      (void)snprintf(path, sizeof path, "%s/notifications/%s", CASES_FOLDER, entry->d_name);
      wrong += check_case(path);
      checked++;
    }
  }
  (void)closedir(folder);
  assert_true(checked > 30);
  assert_int_equal(wrong, 0);
}

static int compare(const char *a, const char *b)
{
  int order = announcement_compare_sequencers(text_from(a), text_from(b));
  int reverse = announcement_compare_sequencers(text_from(b), text_from(a));
  assert_true((order > 0) == (reverse < 0) && (order == 0) == (reverse == 0));
  return order;
}

static void test_sequencers(void **state)
{
  (void)state;
  assert_true(compare("0055AED6DCD90281E5", "55aed6dcd90281e5") == 0);
  assert_true(compare("0055AED6DCD90281E5", "55aed6dcd90281e6") < 0);
  assert_true(compare("617f08299329d189", "0055AED6DCD90281E5") > 0);
  assert_true(compare("1", "0F") < 0);
  assert_true(compare("10", "F") > 0); /* the longer is larger, whatever pads it */
  assert_true(compare("0", "000") == 0);
  assert_true(compare("0", "1") < 0);
  assert_true(compare("", "0") < 0);
  assert_true(compare("", "") == 0);
  assert_true(compare("zz", "") == 0);
  assert_true(compare("zz", "1") < 0);
}

/* A record that says too much: the largest key, one more, and many records. */
static void test_sizes(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1 << 16);
  struct buffer input = {0};
  for (int length = 1024; length <= 1025; length++) {
    struct notification notification;
    buffer_clear(&input);
    buffer_printf(&input, "{\"EventName\":\"s3:ObjectCreated:Put\",\"Key\":\"fleet/%0*d\"}", length, 0);
    struct error error = notification_read(arena, buffer_text(&input), &notification);
    assert_int_equal(error.code, length == 1024 ? ERROR_NONE : ERROR_BAD_INPUT);
  }
  buffer_clear(&input);
  buffer_append_text(&input, TEXT("{\"Records\":["));
  for (int i = 0; i < 1000; i++) {
    buffer_printf(&input,
                  "%s{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\","
                  "\"s3\":{\"bucket\":{\"name\":\"fleet\"},\"object\":{\"key\":\"k%d\"}}}",
                  i == 0 ? "" : ",", i);
  }
  buffer_append_text(&input, TEXT("]}"));
  struct notification notification;
  struct error error = notification_read(arena, buffer_text(&input), &notification);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(notification.created_count, 1000);
  assert_true(text_equal(notification.created[999].key, TEXT("k999")));
  buffer_free(&input);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_sequencers),
      cmocka_unit_test(test_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
