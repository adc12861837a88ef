#include "ingest/objects/object_key.h"

#include <stdio.h>

#include "server/base/clock.h"

enum { VEHICLE_NAME_MAX = 128 };
#define US_PER_HOUR (3600 * US_PER_SECOND)

/* ---- parts ---- */

/* Cuts off the last part; false when nothing was left. */
static bool take_last_part(struct text *rest, struct text *part)
{
  if (rest->data == NULL) {
    return false;
  }
  const char *slash = rest->length != 0 ? memrchr(rest->data, '/', rest->length) : NULL;
  size_t start = slash != NULL ? (size_t)(slash - rest->data) + 1 : 0;
  *part = (struct text){rest->data + start, rest->length - start};
  *rest = slash != NULL ? (struct text){rest->data, start - 1} : (struct text){NULL, 0};
  return true;
}

static bool are_digits(const char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] < '0' || bytes[i] > '9') {
      return false;
    }
  }
  return true;
}

/* 10 or 13 digits, with or without an extension behind them. 0: something else. */
static size_t timestamp_length(struct text part)
{
  size_t length = 0;
  while (length < part.length && part.data[length] >= '0' && part.data[length] <= '9') {
    length++;
  }
  bool ends = length == part.length || part.data[length] == '.';
  return ends && (length == 10 || length == 13) ? length : 0;
}

/* ---- vehicle ---- */

static bool is_vehicle_name(struct text name)
{
  for (size_t i = 0; i < name.length; i++) {
    char byte = name.data[i];
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (!is_letter && !(byte >= '0' && byte <= '9') && byte != ':' && byte != '_' && byte != '-') {
      return false;
    }
  }
  return name.length >= 1 && name.length <= VEHICLE_NAME_MAX;
}

struct match {
  struct arena *arena;
  struct text vehicle;
};

static const struct text VEHICLE = {"{vehicle}", 9};

static bool vehicle_fits(struct match *match, struct text prefix, struct text part)
{
  if (part.length < prefix.length || !text_equal_ignoring_case((struct text){part.data, prefix.length}, prefix)) {
    return false;
  }
  struct text name = {part.data + prefix.length, part.length - prefix.length};
  struct text decoded;
  if (!text_percent_decode(match->arena, name, &decoded) || !is_vehicle_name(decoded)) {
    return false;
  }
  match->vehicle = decoded;
  return true;
}

static bool part_fits(struct match *match, struct text wanted, struct text part)
{
  if (text_ends_with(wanted, VEHICLE)) {
    return vehicle_fits(match, (struct text){wanted.data, wanted.length - VEHICLE.length}, part);
  }
  if (text_equal(wanted, TEXT("{time}"))) {
    return timestamp_length(part) != 0;
  }
  return text_equal(wanted, TEXT("*")) || text_equal_ignoring_case(wanted, part);
}

/* Whether the last parts of the key are those of the pattern. */
static bool end_fits(struct match *match, struct text pattern, struct text key)
{
  struct text wanted;
  struct text part;
  while (take_last_part(&pattern, &wanted)) {
    if (!take_last_part(&key, &part) || !part_fits(match, wanted, part)) {
      return false;
    }
  }
  return true;
}

static bool pattern_fits(struct match *match, struct text pattern, struct text key)
{
  if (!text_ends_with(pattern, TEXT("/**"))) {
    return end_fits(match, pattern, key);
  }
  pattern.length -= 3;
  struct text last;
  while (take_last_part(&key, &last)) { /* at least one part follows */
    if (key.data != NULL && end_fits(match, pattern, key)) {
      return true;
    }
  }
  return false;
}

struct text object_key_vehicle(const struct key_patterns *patterns, struct arena *arena, struct text key)
{
  struct match match = {.arena = arena};
  for (size_t i = 0; i < patterns->count; i++) {
    if (pattern_fits(&match, patterns->patterns[i], key)) {
      return match.vehicle;
    }
  }
  return (struct text){NULL, 0};
}

/* ---- patterns ---- */

static bool is_pattern(struct text pattern)
{
  int vehicles = 0;
  int count = 0;
  struct text part;
  struct text rest = pattern;
  for (; take_last_part(&rest, &part); count++) {
    bool is_rest = text_equal(part, TEXT("**"));
    bool has_vehicle = text_ends_with(part, VEHICLE);
    struct text literal = {part.data, has_vehicle ? part.length - VEHICLE.length : part.length};
    bool is_plain = text_equal(part, TEXT("{time}")) || text_equal(part, TEXT("*")) ||
                    (memchr(literal.data, '{', literal.length) == NULL && memchr(literal.data, '*', literal.length) == NULL);
    if (part.length == 0 || (is_rest ? count != 0 : !is_plain)) {
      return false;
    }
    vehicles += has_vehicle;
  }
  return vehicles == 1;
}

struct error key_patterns_parse(struct arena *arena, const char *setting, const char *text, struct key_patterns *patterns)
{
  struct text rest = text_from(text);
  struct text pattern;
  *patterns = (struct key_patterns){.patterns = arena_alloc_array(arena, rest.length + 1, sizeof(struct text))};
  while (text_split(&rest, ',', &pattern)) {
    pattern = text_trim(pattern);
    if (!is_pattern(pattern)) {
      return error_at(ERROR_SETUP, setting,
                      "%.*s is no pattern of keys: parts between slashes, one of them with {vehicle}, as in "
                      "thingname={vehicle}/**",
                      TEXT_ARGS(pattern));
    }
    patterns->patterns[patterns->count++] = pattern;
  }
  return error_none();
}

/* ---- time ---- */

static int64_t digits_value(const char *bytes, size_t count)
{
  int64_t value = 0;
  for (size_t i = 0; i < count; i++) {
    value = value * 10 + (bytes[i] - '0');
  }
  return value;
}

/* Reads `count` digits at *at, behind `before`; moves *at behind them. */
static bool read_field(struct text key, size_t *at, struct text before, size_t count, int64_t low, int64_t high, int64_t *value)
{
  size_t start = *at + before.length;
  if (start + count > key.length || memcmp(key.data + *at, before.data, before.length) != 0 ||
      !are_digits(key.data + start, count)) {
    return false;
  }
  *value = digits_value(key.data + start, count);
  *at = start + count;
  return *value >= low && *value <= high;
}

static bool day_start(int64_t year, int64_t month, int64_t day, int64_t *time_us)
{
  char date[40];
  int length = snprintf(date, sizeof date, "%04d-%02d-%02dT00:00:00Z", (int)year, (int)month, (int)day);
  return clock_parse((struct text){date, (size_t)length}, time_us);
}

struct date_form {
  enum key_time_form form;
  struct text year; /* what stands before each number */
  struct text month;
  struct text day;
  struct text hour; /* empty: has no hour */
};
static const struct date_form DATE_FORMS[] = {
    {KEY_TIME_FOLDERS, {"", 0}, {"/", 1}, {"/", 1}, {"/", 1}},
    {KEY_TIME_NAMED_FOLDERS, {"year=", 5}, {"/month=", 7}, {"/day=", 5}, {"/hour=", 6}},
    {KEY_TIME_DAY, {"", 0}, {"-", 1}, {"-", 1}, {"", 0}},
};

static const struct date_form *date_form_of(enum key_time_form form)
{
  size_t i = 0;
  while (DATE_FORMS[i].form != form) {
    i++;
  }
  return &DATE_FORMS[i];
}

/* A date in this form at `start`, up to the end of a part. */
static bool read_date(const struct date_form *form, struct text key, size_t start, struct key_time *time)
{
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  int64_t hour = 0;
  size_t at = start;
  bool is_date = read_field(key, &at, form->year, 4, 1970, 9998, &year) &&
                 read_field(key, &at, form->month, 2, 1, 12, &month) && read_field(key, &at, form->day, 2, 1, 31, &day) &&
                 at < key.length && key.data[at] == '/' && day_start(year, month, day, &time->from_us);
  if (!is_date) {
    return false;
  }
  time->has_hour =
      form->hour.length != 0 && read_field(key, &at, form->hour, 2, 0, 23, &hour) && at < key.length && key.data[at] == '/';
  time->from_us += time->has_hour ? hour * US_PER_HOUR : 0;
  time->until_us = time->from_us + (time->has_hour ? US_PER_HOUR : US_PER_DAY);
  time->form = form->form;
  time->offset = start + form->year.length;
  return true;
}

static bool read_part_date(struct text key, size_t start, struct key_time *time)
{
  for (size_t i = 0; i < 2; i++) {
    if (read_date(&DATE_FORMS[i], key, start, time)) {
      return true;
    }
  }
  /* Of a part that ends with a day only the end counts. */
  const char *slash = memchr(key.data + start, '/', key.length - start);
  size_t end = slash != NULL ? (size_t)(slash - key.data) : start;
  bool is_named = end >= start + 11 && key.data[end - 11] == '=';
  return (end == start + 10 || is_named) && read_date(&DATE_FORMS[2], key, end - 10, time);
}

static bool read_timestamp(struct text key, size_t start, struct key_time *time)
{
  struct text part = {key.data + start, key.length - start};
  size_t length = timestamp_length(part);
  if (length == 0) {
    return false;
  }
  int64_t unit_us = length == 10 ? US_PER_SECOND : US_PER_MS;
  *time = (struct key_time){.form = length == 10 ? KEY_TIME_SECONDS : KEY_TIME_MILLISECONDS,
                            .offset = start,
                            .from_us = digits_value(part.data, length) * unit_us};
  time->until_us = time->from_us + unit_us;
  return true;
}

struct key_time object_key_time(struct text key)
{
  struct key_time time = {.form = KEY_TIME_NONE};
  size_t start = 0;
  for (;;) {
    const char *slash = start < key.length ? memchr(key.data + start, '/', key.length - start) : NULL;
    if (slash == NULL) {
      if (!read_timestamp(key, start, &time)) {
        time = (struct key_time){.form = KEY_TIME_NONE};
      }
      return time;
    }
    if (read_part_date(key, start, &time)) {
      return time;
    }
    start = (size_t)(slash - key.data) + 1;
  }
}

/* ---- spans ---- */

bool object_key_is_within(struct text key, int64_t modified_at_us, struct key_span span)
{
  struct key_time time = object_key_time(key);
  if (time.form == KEY_TIME_NONE) {
    return modified_at_us >= span.from_us && modified_at_us < span.until_us;
  }
  return time.until_us > span.from_us && time.from_us < span.until_us;
}

/* The first text of this form that keys of this time and later are not before. */
static struct text earliest(struct arena *arena, struct key_time time, int64_t at_us)
{
  char day[16];
  if (time.form == KEY_TIME_SECONDS) { /* "start after" leaves its own text out */
    return text_from(arena_printf(arena, "%010lld", (long long)(at_us / US_PER_SECOND - 1)));
  }
  if (time.form == KEY_TIME_MILLISECONDS) {
    return text_from(arena_printf(arena, "%013lld", (long long)(at_us / US_PER_MS - 1)));
  }
  const struct date_form *form = date_form_of(time.form);
  int64_t midnight_us = clock_day(at_us) * US_PER_DAY;
  clock_format_day(clock_day(at_us), day);
  const char *text = arena_printf(arena, "%.4s%s%.2s%s%.2s", day, form->month.data, day + 5, form->day.data, day + 8);
  if (time.has_hour) {
    text = arena_printf(arena, "%s%s%02d", text, form->hour.data, (int)((at_us - midnight_us) / US_PER_HOUR));
  }
  return text_from(text);
}

bool object_key_skip(struct arena *arena, struct text key, struct key_span span, struct text *start_after)
{
  struct key_time time = object_key_time(key);
  struct text rest;
  if (time.form == KEY_TIME_NONE) {
    return false;
  }
  if (time.until_us <= span.from_us) {
    rest = earliest(arena, time, span.from_us);
  } else if (time.from_us >= span.until_us) {
    rest = TEXT(":"); /* behind all digits */
  } else {
    return false;
  }
  *start_after = text_from(arena_printf(arena, "%.*s%.*s", (int)time.offset, key.data, TEXT_ARGS(rest)));
  size_t common = key.length < start_after->length ? key.length : start_after->length;
  int order = memcmp(start_after->data, key.data, common);
  return order > 0 || (order == 0 && start_after->length > key.length);
}
