/* Cases in tests/cases/temperature: NAME.input has a rule (names and values) and a breadcrumb a line, or a row of them:
 *     rule highest=8 hysteresis=0.5 for=300
 *     10:00:00 5.2                         a reading
 *     10:01:00-10:10:00/60 5.2..9          one every 60 s, from 5.2 to 9 in a straight line
 *     10:11:00 - pause=1 flags=8 version=2 `-`: without a temperature
 * NAME.expected what the machine makes of it: what ended, then after `open:` what goes on. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/temperature_machine.h"
#include "server/base/clock.h"

enum { FIXES_MAX = 4096 };

/* 2026-11-22T00:00:00Z */
static const int64_t DAY_US = INT64_C(1795305600) * 1000000;

struct drive {
  struct temperature_rule rule;
  struct fix *fixes;
  size_t count;
};

/* What a fold has made. */
struct made {
  struct row_set excursions;
  struct row_set conditions;
};

/* ---- reading a case ---- */

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  const size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static double number_of(struct text text)
{
  double value = 0;
  if (!text_to_double(text, &value)) {
    fail_msg("no number: %.*s", TEXT_ARGS(text));
  }
  return value;
}

static struct temperature_rule rule_with(float lowest_c, float highest_c)
{
  return (struct temperature_rule){.rule_id = 7,
                                   .lowest_c = lowest_c,
                                   .highest_c = highest_c,
                                   .urgent_lowest_c = NAN,
                                   .urgent_highest_c = NAN,
                                   .hysteresis_c = 0.5F,
                                   .for_us = 300 * US_PER_SECOND,
                                   .clear_for_us = 300 * US_PER_SECOND,
                                   .pause_max_us = 1800 * US_PER_SECOND,
                                   .warming_us = 0,
                                   .silent_us = 900 * US_PER_SECOND};
}

static void read_rule(struct text line, struct temperature_rule *rule)
{
  *rule = rule_with(NAN, NAN);
  for (struct text word; text_split(&line, ' ', &word);) {
    struct text name;
    const bool has_value = memchr(word.data, '=', word.length) != NULL && text_split(&word, '=', &name);
    const double value = has_value ? number_of(word) : 0;
    const int64_t value_us = (int64_t)(value * 1e6);
    if (!has_value) {
      rule->expects_sensor = rule->expects_sensor || text_equal(word, TEXT("expects_sensor"));
    } else if (text_equal(name, TEXT("lowest"))) {
      rule->lowest_c = (float)value;
    } else if (text_equal(name, TEXT("highest"))) {
      rule->highest_c = (float)value;
    } else if (text_equal(name, TEXT("urgent_lowest"))) {
      rule->urgent_lowest_c = (float)value;
    } else if (text_equal(name, TEXT("urgent_highest"))) {
      rule->urgent_highest_c = (float)value;
    } else if (text_equal(name, TEXT("hysteresis"))) {
      rule->hysteresis_c = (float)value;
    } else if (text_equal(name, TEXT("for"))) {
      rule->for_us = value_us;
    } else if (text_equal(name, TEXT("clear_for"))) {
      rule->clear_for_us = value_us;
    } else if (text_equal(name, TEXT("pause_max"))) {
      rule->pause_max_us = value_us;
    } else if (text_equal(name, TEXT("warming"))) {
      rule->warming_us = value_us;
    } else if (text_equal(name, TEXT("silent"))) {
      rule->silent_us = value_us;
    } else {
      fail_msg("no such word: %.*s", TEXT_ARGS(name));
    }
  }
}

static int64_t time_of(struct text clock)
{
  int64_t parts[3] = {0, 0, 0};
  struct text part;
  for (int i = 0; i < 3 && text_split(&clock, ':', &part); i++) {
    assert_true(text_to_int64(part, &parts[i]));
  }
  return DAY_US + (parts[0] * 3600 + parts[1] * 60 + parts[2]) * US_PER_SECOND;
}

static struct fix fix_at(int64_t recorded_at_us, float temperature_c)
{
  return (struct fix){.recorded_at_us = recorded_at_us,
                      .version = 1,
                      .longitude_deg = 13.5,
                      .latitude_deg = 52.5,
                      .speed_kmh = 50,
                      .heading_deg = NAN,
                      .temperature_c = temperature_c,
                      .ignition = -1,
                      .is_paused = -1};
}

/* "5", "5..9" or "-" */
static void read_range(struct text word, float *first, float *last)
{
  *first = *last = NAN;
  if (text_equal(word, TEXT("-"))) {
    return;
  }
  for (size_t i = 0; i + 1 < word.length; i++) {
    if (word.data[i] == '.' && word.data[i + 1] == '.') {
      *first = (float)number_of((struct text){word.data, i});
      *last = (float)number_of((struct text){word.data + i + 2, word.length - i - 2});
      return;
    }
  }
  *first = *last = (float)number_of(word);
}

static void read_row(struct text line, struct drive *drive)
{
  struct text times = {0};
  struct text temperature = {0};
  struct text from;
  struct text until;
  float first = NAN;
  float last = NAN;
  int64_t every_us = US_PER_SECOND;
  assert_true(text_split(&line, ' ', &times) && text_split(&line, ' ', &temperature));
  read_range(temperature, &first, &last);
  struct fix fix = fix_at(0, first);
  for (struct text word; text_split(&line, ' ', &word);) {
    struct text name;
    (void)text_split(&word, '=', &name);
    const double value = number_of(word);
    fix.is_paused = text_equal(name, TEXT("pause")) ? (int8_t)value : fix.is_paused;
    fix.flags = text_equal(name, TEXT("flags")) ? (uint8_t)value : fix.flags;
    fix.version = text_equal(name, TEXT("version")) ? (int64_t)value : fix.version;
  }
  assert_true(text_split(&times, '-', &from));
  const int64_t from_us = time_of(from);
  int64_t until_us = from_us;
  if (text_split(&times, '/', &until)) {
    until_us = time_of(until);
    every_us = (int64_t)(number_of(times) * 1e6);
  }
  for (int64_t at_us = from_us; at_us <= until_us; at_us += every_us) {
    const double share = until_us == from_us ? 0 : (double)(at_us - from_us) / (double)(until_us - from_us);
    assert_true(drive->count < FIXES_MAX);
    fix.recorded_at_us = at_us;
    fix.temperature_c = (float)((double)first + share * ((double)last - (double)first));
    drive->fixes[drive->count++] = fix;
  }
}

static struct drive read_drive(struct arena *arena, struct text input)
{
  struct drive drive = {.fixes = arena_alloc_array(arena, FIXES_MAX, sizeof *drive.fixes)};
  for (struct text line; text_split(&input, '\n', &line);) {
    if (text_starts_with(line, TEXT("rule "))) {
      read_rule(line, &drive.rule);
    } else if (line.length > 0 && line.data[0] != '#') {
      read_row(line, &drive);
    }
  }
  return drive;
}

/* ---- folding ---- */

static struct made made_new(struct arena *arena)
{
  return (struct made){row_set_make(arena, sizeof(struct excursion)), row_set_make(arena, sizeof(struct condition))};
}

/* Steps over [from, until), saved and loaded again after each `every` steps (0: never). */
static void step_over(struct temperature_machine *machine, const struct drive *drive, size_t from, size_t until, size_t every,
                      struct made *made)
{
  struct buffer saved = {0};
  for (size_t i = from; i < until; i++) {
    temperature_machine_step(machine, &drive->rule, &drive->fixes[i], &made->excursions, &made->conditions);
    if (every != 0 && i % every == 0) {
      buffer_clear(&saved);
      temperature_machine_save(machine, &saved);
      struct text in = buffer_text(&saved);
      assert_true(temperature_machine_load(machine, &in));
      assert_int_equal(in.length, 0);
    }
  }
  buffer_free(&saved);
}

/* ---- writing what was made ---- */

static void write_clock(struct buffer *out, const char *word, int64_t at_us)
{
  if (at_us == 0) {
    buffer_printf(out, " %s never", word);
    return;
  }
  const int64_t second = (at_us - DAY_US) / US_PER_SECOND;
  buffer_printf(out, " %s %02d:%02d:%02d", word, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static void write_number(struct buffer *out, const char *word, double value)
{
  buffer_printf(out, " %s ", word);
  if (isnan(value)) {
    buffer_append_text(out, TEXT("none"));
  }
  buffer_append_decimal(out, value, 3);
}

static void write_excursion(struct buffer *out, const struct excursion *row)
{
  buffer_printf(out, "excursion %s %s", row->tier == TIER_URGENT ? "urgent" : "normal",
                row->side == SIDE_WARM ? "warm" : "cold");
  write_clock(out, "from", row->started_at_us);
  write_clock(out, "to", row->ended_at_us);
  write_number(out, "limit", (double)row->limit_c);
  write_number(out, "extreme", (double)row->extreme_c);
  write_clock(out, "at", row->extreme_at_us);
  write_number(out, "degree_minutes", row->degree_minutes);
  write_number(out, "over_s", row->over_s);
  write_number(out, "paused_s", row->paused_s);
  buffer_printf(out, " samples %d", row->samples);
  write_clock(out, "fired", row->fired_at_us);
  buffer_printf(out, "%s\n", row->is_open ? " open" : "");
  assert_int_equal(row->rule_id, 7);
}

static const char *kind_name(enum condition_kind kind)
{
  switch (kind) {
  case CONDITION_TEMPERATURE:
    return "temperature";
  case CONDITION_URGENT:
    return "urgent";
  case CONDITION_WARMING:
    return "warming";
  case CONDITION_SILENT_SENSOR:
    return "silent_sensor";
  default:
    return "?";
  }
}

static void write_condition(struct buffer *out, const struct condition *row)
{
  buffer_printf(out, "condition %s", kind_name(row->kind));
  write_clock(out, "began", row->began_at_us);
  write_clock(out, "fires", row->fires_at_us);
  write_clock(out, "ended", row->ended_at_us);
  write_clock(out, "seen", row->seen_at_us);
  write_number(out, "value", (double)row->value);
  write_number(out, "limit", (double)row->limit_value);
  buffer_printf(out, isnan(row->longitude_deg) ? " nowhere\n" : "\n");
  assert_int_equal(row->subject_id, 7);
}

static void write_made(struct buffer *out, const struct made *made)
{
  const struct excursion *excursions = made->excursions.items;
  const struct condition *conditions = made->conditions.items;
  for (size_t i = 0; i < made->excursions.count; i++) {
    write_excursion(out, &excursions[i]);
  }
  for (size_t i = 0; i < made->conditions.count; i++) {
    write_condition(out, &conditions[i]);
  }
}

static void write_all(struct arena *arena, struct buffer *out, const struct drive *drive,
                      const struct temperature_machine *machine, const struct made *made)
{
  struct made open = made_new(arena);
  const struct temperature_machine before = *machine;
  write_made(out, made);
  temperature_machine_show(machine, &drive->rule, &open.excursions, &open.conditions);
  assert_memory_equal(&before, machine, sizeof before);
  buffer_append_text(out, TEXT("open:\n"));
  write_made(out, &open);
}

static void fold(struct arena *arena, const struct drive *drive, size_t save_every, struct buffer *out)
{
  struct temperature_machine machine;
  struct made made = made_new(arena);
  temperature_machine_init(&machine);
  step_over(&machine, drive, 0, drive->count, save_every, &made);
  write_all(arena, out, drive, &machine, &made);
}

/* ---- cases ---- */

static int check_case(const char *input_path)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer out = {0};
  struct buffer again = {0};
  const size_t stem = strlen(input_path) - strlen(".input");
  const struct drive drive = read_drive(arena, read_file(arena, input_path));
  const char *expected_path = arena_printf(arena, "%.*s.expected", (int)stem, input_path);
  fold(arena, &drive, 0, &out);
  fold(arena, &drive, 1, &again);
  bool is_same = text_equal(buffer_text(&out), read_file(arena, expected_path));
  if (!is_same) {
    print_error("%s gives:\n%.*s", input_path, (int)out.length, out.data);
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(expected_path, "wb");
      (void)fwrite(out.data, 1, out.length, file);
      (void)fclose(file);
    }
  }
  if (!text_equal(buffer_text(&out), buffer_text(&again))) {
    print_error("%s, saved and loaded after every step, gives:\n%.*s", input_path, (int)again.length, again.data);
    is_same = false;
  }
  buffer_free(&out);
  buffer_free(&again);
  arena_free(arena);
  return is_same ? 0 : 1;
}

static void cases_come_out_as_written(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/temperature");
  int cases = 0;
  int failures = 0;
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      char path[512];
      (void)snprintf(path, sizeof path, "%s/temperature/%s", CASES_FOLDER, entry->d_name);
      failures += check_case(path);
      cases++;
    }
  }
  (void)closedir(folder);
  assert_true(cases >= 40);
  assert_int_equal(failures, 0);
}

/* ---- properties ---- */

static uint32_t next_random(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

static double random_between(uint64_t *state, double low, double high)
{
  return low + (high - low) * (double)next_random(state) / 2147483648.0;
}

/* Readings that wander about the limits, with gaps, pauses, silence, flags and several versions of one moment. */
static struct drive random_drive(struct arena *arena, uint64_t *seed, size_t count)
{
  struct drive drive = {rule_with(2, 8), arena_alloc_array(arena, count, sizeof *drive.fixes), count};
  double temperature_c = random_between(seed, 0, 10);
  int64_t at_us = DAY_US;
  bool is_silent = false;
  drive.rule.urgent_highest_c = 10;
  drive.rule.urgent_lowest_c = 0;
  drive.rule.warming_us = 1200 * US_PER_SECOND;
  for (size_t i = 0; i < count; i++) {
    const uint32_t event = next_random(seed) % 200;
    at_us += event == 0 ? 7200 * US_PER_SECOND : (int64_t)random_between(seed, 0, event < 100 ? 20 : 120) * US_PER_SECOND;
    temperature_c += random_between(seed, -0.5, 0.5) + (5 - temperature_c) * 0.02;
    is_silent = next_random(seed) % 60 == 0 ? !is_silent : is_silent;
    drive.fixes[i] = fix_at(at_us, is_silent && event % 3 != 0 ? NAN : (float)(round(temperature_c * 10) / 10));
    drive.fixes[i].version = (int64_t)i;
    drive.fixes[i].is_paused = (int8_t)(next_random(seed) % 30 == 0 ? next_random(seed) % 2 : UINT32_MAX);
    drive.fixes[i].flags = (uint8_t)(next_random(seed) % 25 == 0 ? 1U << next_random(seed) % 4 : 0);
  }
  return drive;
}

static void however_it_is_split_the_rows_are_the_same(void **state)
{
  (void)state;
  uint64_t seed = 20261123;
  size_t excursions = 0;
  size_t conditions = 0;
  for (int round = 0; round < 60; round++) {
    struct arena *arena = arena_new(1 << 16);
    struct buffer whole = {0};
    struct buffer split = {0};
    const struct drive drive = random_drive(arena, &seed, 1500);
    struct made made = made_new(arena);
    struct temperature_machine machine;
    temperature_machine_init(&machine);
    step_over(&machine, &drive, 0, drive.count, 0, &made);
    write_all(arena, &whole, &drive, &machine, &made);
    temperature_machine_save(&machine, &whole);
    excursions += made.excursions.count;
    conditions += made.conditions.count;

    made = made_new(arena);
    temperature_machine_init(&machine);
    step_over(&machine, &drive, 0, drive.count, 1 + next_random(&seed) % 50, &made);
    write_all(arena, &split, &drive, &machine, &made);
    temperature_machine_save(&machine, &split);
    assert_int_equal(whole.length, split.length);
    assert_memory_equal(whole.data, split.data, whole.length);
    buffer_free(&whole);
    buffer_free(&split);
    arena_free(arena);
  }
  assert_true(excursions > 500);
  assert_true(conditions > excursions);
}

/* Readings beyond a limit, counted with loops that know nothing of the machine. */
static void every_reading_beyond_a_limit_is_in_one_excursion(void **state)
{
  (void)state;
  uint64_t seed = 7;
  for (int round = 0; round < 40; round++) {
    struct arena *arena = arena_new(1 << 16);
    struct drive drive = random_drive(arena, &seed, 1200);
    struct made made = made_new(arena);
    struct temperature_machine machine;
    int64_t expected = 0;
    int64_t counted = 0;
    int64_t last_us = 0;
    for (size_t i = 0; i < drive.count; i++) {
      const struct fix *fix = &drive.fixes[i];
      const bool is_reading = !isnan(fix->temperature_c) && (fix->flags & 2) == 0 && fix->recorded_at_us != last_us;
      last_us = is_reading ? fix->recorded_at_us : last_us;
      expected += is_reading && (fix->temperature_c > 8 || fix->temperature_c < 2) ? 1 : 0;
    }
    temperature_machine_init(&machine);
    step_over(&machine, &drive, 0, drive.count, 0, &made);
    temperature_machine_show(&machine, &drive.rule, &made.excursions, &made.conditions);
    const struct excursion *rows = made.excursions.items;
    int64_t ended_us = 0;
    for (size_t i = 0; i < made.excursions.count; i++) {
      if (rows[i].tier == TIER_NORMAL) {
        counted += rows[i].samples;
        assert_true(rows[i].started_at_us > ended_us && rows[i].ended_at_us >= rows[i].started_at_us);
        assert_true(rows[i].degree_minutes >= 0 && rows[i].over_s >= 0);
        assert_true(rows[i].paused_s <= 1800);
        ended_us = rows[i].ended_at_us;
      }
    }
    assert_int_equal(counted, expected);
    arena_free(arena);
  }
}

/* ---- the rest ---- */

static void a_broken_state_is_refused(void **state)
{
  (void)state;
  struct temperature_machine machine;
  struct buffer saved = {0};
  temperature_machine_init(&machine);
  temperature_machine_save(&machine, &saved);
  for (size_t length = 0; length < saved.length; length++) {
    struct text in = {saved.data, length};
    assert_false(temperature_machine_load(&machine, &in));
  }
  saved.data[0] = 99;
  struct text in = buffer_text(&saved);
  assert_false(temperature_machine_load(&machine, &in));
  buffer_free(&saved);
}

static void the_line_is_that_of_most_readings(void **state)
{
  (void)state;
  struct temperature_reading readings[TREND_READINGS_MAX];
  for (int i = 0; i < TREND_READINGS_MAX; i++) {
    readings[i] = (struct temperature_reading){DAY_US + INT64_C(60) * i * US_PER_SECOND, (float)(0.25 * i) - 20};
  }
  struct temperature_trend trend = temperature_trend_of(readings, TREND_READINGS_MAX);
  assert_true(trend.is_known && fabs(trend.c_per_minute - 0.25) < 1e-6 && fabs(trend.level_c + 15) < 1e-6);
  for (int i = 0; i < TREND_READINGS_MAX; i += 4) { /* 6 of 21 are nonsense */
    readings[i].temperature_c = i % 8 == 0 ? 85 : -127;
  }
  trend = temperature_trend_of(readings, TREND_READINGS_MAX);
  assert_true(fabs(trend.c_per_minute - 0.25) < 0.05 && fabs(trend.level_c + 15) < 0.5);
  assert_false(temperature_trend_of(readings, 4).is_known);
  assert_false(temperature_trend_of(readings, 0).is_known);
  const struct temperature_reading five[5] = {
      {0, 1}, {60 * US_PER_SECOND, 2}, {120 * US_PER_SECOND, 2}, {180 * US_PER_SECOND, 5}, {240 * US_PER_SECOND, 5}};
  trend = temperature_trend_of(five, 5);
  /* The slopes are 0, 0, 0.5, 1, 1, 1, 1.33, 1.5, 1.5 and 3. */
  assert_true(fabs(trend.c_per_minute - 1) < 1e-9);
  assert_true(fabs(trend.level_c - 5) < 1e-9);
}

static void words_of_the_pause_field(void **state)
{
  (void)state;
  static const char *const YES[] = {"1", "true", "TRUE", "on", "open", "Open", "yes", "active", "defrost", "2", "0.5"};
  static const char *const NO[] = {"0", "false", "off", "closed", "no", "inactive", "0.0", "Off"};
  static const char *const NEITHER[] = {"", "ajar", "{}", "null", "nan"};
  for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
    assert_int_equal(temperature_pause_read(text_from(YES[i])), 1);
  }
  for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
    assert_int_equal(temperature_pause_read(text_from(NO[i])), 0);
  }
  for (size_t i = 0; i < sizeof NEITHER / sizeof NEITHER[0]; i++) {
    assert_int_equal(temperature_pause_read(text_from(NEITHER[i])), -1);
  }
  assert_int_equal(temperature_pause_read((struct text){NULL, 0}), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cases_come_out_as_written),
      cmocka_unit_test(however_it_is_split_the_rows_are_the_same),
      cmocka_unit_test(every_reading_beyond_a_limit_is_in_one_excursion),
      cmocka_unit_test(a_broken_state_is_refused),
      cmocka_unit_test(the_line_is_that_of_most_readings),
      cmocka_unit_test(words_of_the_pause_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
