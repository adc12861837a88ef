/* Timelines in tests/cases/alerts: NAME.input has what comes, a line each, at +SECONDS after 2026-11-22T12:00:00Z;
 * NAME.expected what the machine says of it. Words of the input:
 *
 *   channel NAME | close NAME | policy NAME JSON | max_age S | offset +FROM S (the depot's zone)
 *   +T condition KIND began=+T [fires=+T] [ended=+T] [seen=+T] [value=V] [limit=V] [vehicle=N] [subject=N] [says=begin|end]
 *   +T acknowledge|assign|note|mute [by=WHO] [to=WHO] [text=..] [until=+T] [alert=N]
 *   +T mute_all vehicle=N kind=WORD until=+T | +T look
 *
 * Between two lines the machine is asked to look whenever it said that it must. After each line it is asked once more: then it
 * must have nothing to say. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/alerts/alert_machine.h"
#include "server/base/clock.h"

/* 2026-11-22T12:00:00Z */
static const int64_t BASE_US = INT64_C(1795348800) * 1000000;
enum { FILES_MAX = 16, RULES_MAX = 16, LOOKS_MAX = 500 };

struct key {
  int64_t vehicle_id;
  int kind;
  int64_t subject_id;
  struct alert_file file;
};

struct timeline {
  struct arena *arena;
  struct buffer out;
  int64_t now_us;
  int64_t next_id;
  struct key keys[FILES_MAX];
  size_t key_count;
  struct alert_rules rules;
  struct alert_policy policies[RULES_MAX];
  struct text channels[RULES_MAX];
  struct alert_mute mutes[RULES_MAX];
  int64_t zone_from_us[RULES_MAX];
  int64_t zone_offset_s[RULES_MAX];
};

static int64_t read_time(struct text word)
{
  int64_t seconds = 0;
  struct text number = text_starts_with(word, TEXT("+")) ? (struct text){word.data + 1, word.length - 1} : word;
  assert_true(text_to_int64(number, &seconds));
  return BASE_US + seconds * US_PER_SECOND;
}

static int64_t seconds_of(int64_t time_us)
{
  return (time_us - BASE_US) / US_PER_SECOND;
}

/* ---- what is said ---- */

static void print_messages(struct timeline *timeline, const struct alert_machine *machine, const struct alert_event *event)
{
  const struct alert_message *messages = machine->messages.items;
  for (size_t i = 0; i < machine->messages.count; i++) {
    if (messages[i].alert == event->alert && messages[i].sequence == event->sequence) {
      buffer_printf(&timeline->out, " -> %.*s", TEXT_ARGS(messages[i].channel));
      if (messages[i].not_before_us > machine->now_us) {
        buffer_printf(&timeline->out, " not before +%" PRId64, seconds_of(messages[i].not_before_us));
      }
    }
  }
}

static void print_event(struct timeline *timeline, const struct alert_machine *machine, const struct alert_event *event)
{
  const struct alert *then = &event->then;
  buffer_printf(&timeline->out, "+%" PRId64 " %" PRId64 ".%d %s vehicle=%" PRId64 " %s %s", seconds_of(event->at_us),
                event->alert->alert_id, event->sequence, alert_kind_word(then->kind), then->vehicle_id,
                alert_change_word(event->change), alert_state_word(then->state));
  if (then->late_s != 0) {
    buffer_printf(&timeline->out, " late_s=%" PRId64, then->late_s);
  }
  if (!isnan(then->value)) {
    buffer_printf(&timeline->out, " value=%g", (double)then->value);
  }
  if (event->by.length != 0) {
    buffer_printf(&timeline->out, " by=%.*s", TEXT_ARGS(event->by));
  }
  if (event->note.length != 0) {
    buffer_printf(&timeline->out, " note=%.*s", TEXT_ARGS(event->note));
  }
  print_messages(timeline, machine, event);
  buffer_printf(&timeline->out, "\n");
}

/* As the database does it: gives numbers to what is new, and forgets what was dropped. */
static void settle(struct timeline *timeline, const struct alert_machine *machine)
{
  for (size_t k = 0; k < timeline->key_count; k++) {
    struct alert_file *file = &timeline->keys[k].file;
    for (size_t i = 0; i < file->count; i++) {
      struct alert *alert = file->items[i];
      if (alert->state != ALERT_STATE_NONE && alert->alert_id == 0) {
        alert->alert_id = ++timeline->next_id;
      }
      if (alert->is_changed && alert->state == ALERT_STATE_PENDING) {
        buffer_printf(&timeline->out, "+%" PRId64 " %" PRId64 " pending\n", seconds_of(timeline->now_us), alert->alert_id);
      }
      if (alert->is_changed && alert->state == ALERT_STATE_NONE) {
        buffer_printf(&timeline->out, "+%" PRId64 " %" PRId64 " dropped\n", seconds_of(timeline->now_us), alert->alert_id);
      }
      alert->is_changed = false;
    }
  }
  const struct alert_event *events = machine->events.items;
  for (size_t i = 0; i < machine->events.count; i++) {
    print_event(timeline, machine, &events[i]);
  }
}

static struct alert_machine make_machine(struct timeline *timeline)
{
  return alert_machine_make(timeline->arena, &timeline->rules, timeline->now_us);
}

static void look_at_all(struct timeline *timeline, bool only_due, bool must_be_silent)
{
  struct alert_machine machine = make_machine(timeline);
  for (size_t k = 0; k < timeline->key_count; k++) {
    for (size_t i = 0; i < timeline->keys[k].file.count; i++) {
      struct alert *alert = timeline->keys[k].file.items[i];
      if (!only_due || (alert->next_due_at_us != 0 && alert->next_due_at_us <= timeline->now_us)) {
        alert_machine_look(&machine, alert);
      }
      assert_true(alert->next_due_at_us == 0 || alert->next_due_at_us > timeline->now_us || alert->state == ALERT_STATE_NONE);
    }
  }
  assert_true(!must_be_silent || machine.events.count == 0);
  settle(timeline, &machine);
}

static int64_t next_due_us(const struct timeline *timeline)
{
  int64_t next_us = INT64_MAX;
  for (size_t k = 0; k < timeline->key_count; k++) {
    for (size_t i = 0; i < timeline->keys[k].file.count; i++) {
      const int64_t due_us = timeline->keys[k].file.items[i]->next_due_at_us;
      next_us = due_us != 0 && due_us < next_us ? due_us : next_us;
    }
  }
  return next_us;
}

static void go_to(struct timeline *timeline, int64_t time_us)
{
  assert_true(time_us >= timeline->now_us);
  for (int looks = 0; next_due_us(timeline) <= time_us; looks++) {
    assert_true(looks < LOOKS_MAX);
    timeline->now_us = next_due_us(timeline);
    look_at_all(timeline, true, false);
  }
  timeline->now_us = time_us;
}

/* ---- what comes ---- */

/* The value of `name=` among the words, or without data. */
static struct text member(struct text words, const char *name)
{
  for (struct text word; text_split(&words, ' ', &word);) {
    struct text value = word;
    struct text key;
    if (memchr(word.data, '=', word.length) != NULL && text_split(&value, '=', &key) && text_equal(key, text_from(name))) {
      return value;
    }
  }
  return (struct text){NULL, 0};
}

static int64_t number_member(struct text words, const char *name, int64_t otherwise)
{
  const struct text value = member(words, name);
  int64_t number = otherwise;
  assert_true(value.data == NULL || text_to_int64(value, &number));
  return number;
}

static int64_t time_member(struct text words, const char *name, int64_t otherwise)
{
  const struct text value = member(words, name);
  return value.data != NULL ? read_time(value) : otherwise;
}

static float float_member(struct text words, const char *name)
{
  const struct text value = member(words, name);
  double number = NAN;
  assert_true(value.data == NULL || text_to_double(value, &number));
  return (float)number;
}

static struct alert_file *file_of(struct timeline *timeline, int64_t vehicle_id, int kind, int64_t subject_id)
{
  for (size_t i = 0; i < timeline->key_count; i++) {
    struct key *key = &timeline->keys[i];
    if (key->vehicle_id == vehicle_id && key->kind == kind && key->subject_id == subject_id) {
      return &key->file;
    }
  }
  assert_true(timeline->key_count < FILES_MAX);
  struct key *key = &timeline->keys[timeline->key_count++];
  *key = (struct key){.vehicle_id = vehicle_id, .kind = kind, .subject_id = subject_id};
  return &key->file;
}

static void take_condition(struct timeline *timeline, struct text words)
{
  struct text kind_word;
  enum condition_kind kind = CONDITION_SPEEDING;
  (void)text_split(&words, ' ', &kind_word);
  assert_true(alert_kind_from(kind_word, &kind));
  const int64_t vehicle_id = number_member(words, "vehicle", 1);
  const int64_t subject_id = number_member(words, "subject", 0);
  const struct text says = member(words, "says");
  const struct alert_reading reading = {.condition = {.kind = kind,
                                                      .subject_id = subject_id,
                                                      .began_at_us = time_member(words, "began", 0),
                                                      .fires_at_us = time_member(words, "fires", 0),
                                                      .ended_at_us = time_member(words, "ended", 0),
                                                      .seen_at_us = time_member(words, "seen", timeline->now_us),
                                                      .value = float_member(words, "value"),
                                                      .limit_value = float_member(words, "limit"),
                                                      .longitude_deg = -122.6,
                                                      .latitude_deg = 45.5},
                                        .vehicle_id = vehicle_id,
                                        .vehicle = vehicle_id == 1 ? TEXT("one") : TEXT("two"),
                                        .fleet = vehicle_id == 1 ? TEXT("north") : TEXT(""),
                                        .says_beginning = says.data == NULL || text_equal(says, TEXT("begin")),
                                        .says_end = says.data == NULL || text_equal(says, TEXT("end"))};
  struct alert_machine machine = make_machine(timeline);
  alert_machine_take(&machine, file_of(timeline, vehicle_id, (int)kind, subject_id), &reading);
  settle(timeline, &machine);
}

static struct alert *alert_of(struct timeline *timeline, int64_t alert_id)
{
  for (size_t k = 0; k < timeline->key_count; k++) {
    for (size_t i = 0; i < timeline->keys[k].file.count; i++) {
      if (timeline->keys[k].file.items[i]->alert_id == alert_id) {
        return timeline->keys[k].file.items[i];
      }
    }
  }
  fail_msg("there is no such alert");
  return NULL;
}

static void take_command(struct timeline *timeline, enum alert_command_kind kind, struct text words)
{
  const struct alert_command command = {.kind = kind,
                                        .by = member(words, "by"),
                                        .note = member(words, "text"),
                                        .assignee = member(words, "to"),
                                        .until_us = time_member(words, "until", 0)};
  struct alert_machine machine = make_machine(timeline);
  const struct error error = alert_machine_command(&machine, alert_of(timeline, number_member(words, "alert", 1)), &command);
  if (error.code != ERROR_NONE) {
    buffer_printf(&timeline->out, "+%" PRId64 " refused: %s\n", seconds_of(timeline->now_us), error.detail);
  }
  settle(timeline, &machine);
}

static void add_mute(struct timeline *timeline, struct text words)
{
  enum condition_kind kind = CONDITION_SPEEDING;
  const struct text word = member(words, "kind");
  const bool has_kind = word.data != NULL;
  assert_true(!has_kind || alert_kind_from(word, &kind));
  timeline->mutes[timeline->rules.mute_count++] =
      (struct alert_mute){number_member(words, "vehicle", 0), has_kind ? (int)kind : 0, time_member(words, "until", 0)};
}

static void take_policy(struct timeline *timeline, struct text words)
{
  struct text name;
  size_t at = 0;
  (void)text_split(&words, ' ', &name);
  while (at < timeline->rules.policy_count && !text_equal(timeline->policies[at].name, name)) {
    at++;
  }
  const struct error error = alert_policy_read(timeline->arena, words, &timeline->policies[at]);
  assert_string_equal(error.code == ERROR_NONE ? "" : error.detail, "");
  timeline->policies[at].name = name;
  timeline->rules.policy_count = at < timeline->rules.policy_count ? timeline->rules.policy_count : at + 1;
}

static void close_channel(struct timeline *timeline, struct text name)
{
  for (size_t i = 0; i < timeline->rules.channel_count; i++) {
    if (text_equal(timeline->channels[i], name)) {
      timeline->channels[i] = timeline->channels[--timeline->rules.channel_count];
      return;
    }
  }
}

static void take_offset(struct timeline *timeline, struct text words)
{
  struct text from;
  (void)text_split(&words, ' ', &from);
  const size_t at = timeline->rules.clock.count++;
  timeline->zone_from_us[at] = read_time(from);
  assert_true(text_to_int64(words, &timeline->zone_offset_s[at]));
}

static void take_line(struct timeline *timeline, struct text line)
{
  struct text word;
  (void)text_split(&line, ' ', &word);
  if (text_starts_with(word, TEXT("+"))) {
    go_to(timeline, read_time(word));
    (void)text_split(&line, ' ', &word);
  }
  if (text_equal(word, TEXT("channel"))) {
    timeline->channels[timeline->rules.channel_count++] = line;
  } else if (text_equal(word, TEXT("close"))) {
    close_channel(timeline, line);
  } else if (text_equal(word, TEXT("policy"))) {
    take_policy(timeline, line);
  } else if (text_equal(word, TEXT("max_age"))) {
    timeline->rules.max_age_us = read_time(line) - BASE_US;
  } else if (text_equal(word, TEXT("offset"))) {
    take_offset(timeline, line);
  } else if (text_equal(word, TEXT("condition"))) {
    take_condition(timeline, line);
  } else if (text_equal(word, TEXT("acknowledge"))) {
    take_command(timeline, ALERT_COMMAND_ACKNOWLEDGE, line);
  } else if (text_equal(word, TEXT("assign"))) {
    take_command(timeline, ALERT_COMMAND_ASSIGN, line);
  } else if (text_equal(word, TEXT("note"))) {
    take_command(timeline, ALERT_COMMAND_NOTE, line);
  } else if (text_equal(word, TEXT("mute"))) {
    take_command(timeline, ALERT_COMMAND_MUTE, line);
  } else if (text_equal(word, TEXT("mute_all"))) {
    add_mute(timeline, line);
  } else {
    assert_true(text_equal(word, TEXT("look")));
  }
  look_at_all(timeline, false, false); /* as after a change of the rules */
  look_at_all(timeline, false, true);
}

static char *read_file(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return NULL;
  }
  char *bytes = malloc(1 << 16);
  assert_non_null(bytes);
  *length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return bytes;
}

static int check_case(const char *name)
{
  char path[512];
  size_t length = 0;
  (void)snprintf(path, sizeof path, CASES_FOLDER "/alerts/%s.input", name);
  char *input = read_file(path, &length);
  assert_non_null(input);
  struct timeline *timeline = calloc(1, sizeof *timeline);
  assert_non_null(timeline);
  timeline->arena = arena_new(1 << 16);
  timeline->now_us = BASE_US;
  timeline->rules = (struct alert_rules){.policies = timeline->policies,
                                         .channels = timeline->channels,
                                         .mutes = timeline->mutes,
                                         .clock = {timeline->zone_from_us, timeline->zone_offset_s, 0},
                                         .max_age_us = 3600 * US_PER_SECOND};
  struct text rest = {input, length};
  for (struct text line; text_split(&rest, '\n', &line);) {
    if (line.length != 0 && line.data[0] != '#') {
      take_line(timeline, line);
    }
  }
  (void)snprintf(path, sizeof path, CASES_FOLDER "/alerts/%s.expected", name);
  size_t expected_length = 0;
  char *expected = read_file(path, &expected_length);
  const struct text got = buffer_text(&timeline->out);
  const bool is_same = expected != NULL && text_equal(got, (struct text){expected, expected_length});
  if (!is_same) {
    print_error("%s says:\n%.*s", name, (int)got.length, got.length != 0 ? got.data : "");
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(path, "wb");
      (void)fwrite(got.length != 0 ? got.data : "", 1, got.length, file);
      (void)fclose(file);
    }
  }
  free(expected);
  free(input);
  buffer_free(&timeline->out);
  arena_free(timeline->arena);
  free(timeline);
  return is_same ? 0 : 1;
}

static void timelines_are_as_expected(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/alerts");
  assert_non_null(folder);
  int count = 0;
  int failures = 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    const struct text file = text_from(entry->d_name);
    if (text_ends_with(file, TEXT(".input"))) {
      char name[256];
      (void)snprintf(name, sizeof name, "%.*s", (int)(file.length - 6), file.data);
      failures += check_case(name);
      count++;
    }
  }
  (void)closedir(folder);
  assert_true(count >= 30);
  assert_int_equal(failures, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(timelines_are_as_expected)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
