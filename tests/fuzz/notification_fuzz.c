/* Whatever is announced: a list of objects that can be stored and asked for, events, or an error that names its field. Seeds:
 * tests/cases/notifications. */
#include <stdlib.h>

#include "ingest/objects/notification.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static void check_text(struct text value)
{
  REQUIRE(value.data != NULL);
  REQUIRE(text_is_utf8(value) && (value.length == 0 || memchr(value.data, '\0', value.length) == NULL));
}

static void check_announcement(const struct announcement *announcement)
{
  check_text(announcement->bucket);
  check_text(announcement->key);
  check_text(announcement->version_id);
  check_text(announcement->etag);
  check_text(announcement->sequencer);
  REQUIRE(announcement->bucket.length != 0 && announcement->bucket.length <= OBJECT_BUCKET_MAX_BYTES);
  REQUIRE(announcement->key.length != 0 && announcement->key.length <= OBJECT_KEY_MAX_BYTES);
  REQUIRE(announcement->size_bytes >= -1);
}

static void check_order(const struct notification *notification)
{
  for (size_t i = 1; i < notification->created_count; i++) {
    struct text a = notification->created[i - 1].sequencer;
    struct text b = notification->created[i].sequencer;
    int order = announcement_compare_sequencers(a, b);
    int reverse = announcement_compare_sequencers(b, a);
    REQUIRE((order < 0) == (reverse > 0) && (order == 0) == (reverse == 0));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena *arena = arena_new(1 << 14);
  struct notification notification;
  struct text input = {(const char *)data, size};
  struct error error = notification_read(arena, input, &notification);
  if (error.code != ERROR_NONE) {
    REQUIRE(error.code == ERROR_BAD_INPUT && error.field[0] != '\0' && error.detail[0] != '\0');
    arena_free(arena);
    return 0;
  }
  for (size_t i = 0; i < notification.created_count; i++) {
    check_announcement(&notification.created[i]);
  }
  for (size_t i = 0; i < notification.ignored_count; i++) {
    check_text(notification.ignored[i].what);
    REQUIRE(notification.ignored[i].kind != NOTIFICATION_CREATED);
  }
  check_order(&notification);
  bool says_something = notification.created_count + notification.ignored_count != 0;
  REQUIRE(notification.is_events != says_something);
  REQUIRE(notification.is_events == (notification.not_a_form.code != ERROR_NONE));
  REQUIRE(notification.is_events || notification.events.length == 0);
  arena_free(arena);
  return 0;
}
