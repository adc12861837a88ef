/* Whatever arrives: every event ends as a breadcrumb in range or as a reject that can be stored. Seeds: tests/cases/events. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/events/event_reader.h"
#include "ingest/events/event_values.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static const int64_t NOW_US = INT64_C(1795348800) * US_PER_SECOND;

static bool is_between(double value, double minimum, double maximum)
{
  return value >= minimum && value <= maximum;
}

static void check_breadcrumb(struct arena *arena, const struct breadcrumb *breadcrumb)
{
  REQUIRE(event_is_vehicle_name(breadcrumb->vehicle));
  REQUIRE(is_between(breadcrumb->latitude_deg, -90, 90) && is_between(breadcrumb->longitude_deg, -180, 180));
  REQUIRE(breadcrumb->recorded_at_us >= INT64_C(946684800) * US_PER_SECOND);
  REQUIRE(breadcrumb->recorded_at_us <= NOW_US + 366 * US_PER_DAY);
  REQUIRE(breadcrumb->version >= 0);
  REQUIRE(isnan(breadcrumb->speed_kmh) || is_between((double)breadcrumb->speed_kmh, 0, 100001));
  REQUIRE(isnan(breadcrumb->heading_deg) || (breadcrumb->heading_deg >= 0 && breadcrumb->heading_deg < 360));
  REQUIRE(isnan(breadcrumb->temperature_c) || is_between((double)breadcrumb->temperature_c, -274, 2001));
  REQUIRE(breadcrumb->ignition >= -1 && breadcrumb->ignition <= 1);
  REQUIRE((breadcrumb->flags & FLAG_JUMP) == 0);
  if (breadcrumb->extra.data != NULL) {
    /* "event", "stale" and the like nest a member one level deeper than it came. */
    const struct json_limits limits = {40, 2000, 400000};
    const struct json *extra = NULL;
    struct error error = json_parse(arena, breadcrumb->extra, limits, &extra);
    REQUIRE(error.code == ERROR_NONE && extra->type == JSON_OBJECT && extra->count != 0);
  }
}

static bool is_storable(struct text value)
{
  return text_is_utf8(value) && (value.length == 0 || memchr(value.data, '\0', value.length) == NULL);
}

static void check_reject(const struct rejected *reject)
{
  REQUIRE(reject->vehicle.data == NULL || event_is_vehicle_name(reject->vehicle));
  REQUIRE(reject->field.length != 0 && is_storable(reject->field));
  REQUIRE(reject->reason.length != 0 && is_storable(reject->reason));
  REQUIRE(reject->body.length != 0);
}

/* How many events a body holds in which the reader refuses nothing, found in the plainest way; SIZE_MAX for another one. */
static size_t count_events(struct arena *arena, struct text rest)
{
  size_t count = 0;
  const struct json *value = NULL;
  for (;;) {
    struct error error = json_parse_next(arena, &rest, JSON_LIMITS_DEFAULT, &value);
    if (error.code != ERROR_NONE) {
      return SIZE_MAX;
    }
    if (value == NULL) {
      return count;
    }
    count += value->type == JSON_ARRAY ? value->count : 1;
  }
}

/* They come in the order of the body and do not overlap, but for those of one event (an error action wraps several messages)
 * and for an array without an end, which comes last. */
static void check_rejects(const struct events *events, struct text body)
{
  const char *at = body.data;
  for (size_t i = 0; i < events->reject_count; i++) {
    const struct rejected *reject = &events->rejects[i];
    check_reject(reject);
    bool is_of_same = i != 0 && reject->index == events->rejects[i - 1].index;
    REQUIRE(i == 0 || is_of_same || reject->index > events->rejects[i - 1].index);
    REQUIRE(reject->body.data + reject->body.length <= body.data + body.length);
    if (!is_of_same && (i + 1 < events->reject_count || reject->body.data[0] != '[')) {
      REQUIRE(reject->body.data >= at);
    }
    const char *end = reject->body.data + reject->body.length;
    at = end > at ? end : at;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer scratch = {0};
  struct event_settings settings;
  struct events events;
  struct error error = event_settings_make("mph", "c", "temperature", 60, &settings);
  REQUIRE(error.code == ERROR_NONE);
  struct event_input input = {.body = {(const char *)data, size}, .now_us = NOW_US, .source = SOURCE_IOT_HTTP};
  event_read(arena, &scratch, &settings, &input, &events);
  for (size_t i = 0; i < events.breadcrumb_count; i++) {
    check_breadcrumb(arena, &events.breadcrumbs[i]);
  }
  check_rejects(&events, input.body);
  size_t count = count_events(arena, input.body);
  size_t found = events.breadcrumb_count + events.reject_count + events.confirmation_count;
  bool may_wrap = memmem(data, size, "payloads", 8) != NULL || memmem(data, size, "\\u", 2) != NULL;
  REQUIRE(count == SIZE_MAX || (may_wrap ? found >= count : found == count));
  buffer_free(&scratch);
  arena_free(arena);
  return 0;
}
