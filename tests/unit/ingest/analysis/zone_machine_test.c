/* Cases in tests/cases/zones: NAME.input has zones that ask for a dwell, and a breadcrumb a line, or a row of them:
 *     dwell 1 600
 *     10:00:00 1,2                    in zones 1 and 2
 *     10:01:00-10:05:00/60 - flags=8  one every 60 s, in none
 * NAME.expected what the machine makes of it: what ended, then after `open:` what goes on. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/zone_machine.h"
#include "server/base/clock.h"

enum { FIXES_MAX = 4096, ZONES_MAX = 8 };

/* 2026-11-22T00:00:00Z */
static const int64_t DAY_US = INT64_C(1795305600) * 1000000;

struct drive {
  struct zone_rule zones[ZONES_MAX];
  struct zone_rules rules;
  size_t count;
  struct fix fixes[FIXES_MAX];
  int64_t inside[FIXES_MAX][ZONES_MAX];
  size_t inside_count[FIXES_MAX];
};

struct made {
  struct row_set visits;
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

static int64_t number_of(struct text text)
{
  int64_t value = 0;
  if (!text_to_int64(text, &value)) {
    fail_msg("no number: %.*s", TEXT_ARGS(text));
  }
  return value;
}

static int64_t time_of(struct text clock)
{
  int64_t parts[3] = {0, 0, 0};
  struct text part;
  for (int i = 0; i < 3 && text_split(&clock, ':', &part); i++) {
    parts[i] = number_of(part);
  }
  return DAY_US + (parts[0] * 3600 + parts[1] * 60 + parts[2]) * US_PER_SECOND;
}

static void add_fix(struct drive *drive, int64_t at_us, struct text zones, uint8_t flags)
{
  const size_t i = drive->count++;
  assert_true(i < FIXES_MAX);
  drive->fixes[i] = (struct fix){.recorded_at_us = at_us,
                                 .version = 1,
                                 .longitude_deg = 13.5,
                                 .latitude_deg = 52.5,
                                 .speed_kmh = 50,
                                 .heading_deg = NAN,
                                 .temperature_c = NAN,
                                 .ignition = -1,
                                 .is_paused = -1,
                                 .flags = flags};
  for (struct text zone; !text_equal(zones, TEXT("-")) && text_split(&zones, ',', &zone);) {
    drive->inside[i][drive->inside_count[i]++] = number_of(zone);
  }
}

static void read_row(struct text line, struct drive *drive)
{
  struct text times = TEXT("");
  struct text zones = TEXT("");
  struct text from = TEXT("");
  struct text until = TEXT("");
  uint8_t flags = 0;
  assert_true(text_split(&line, ' ', &times) && text_split(&line, ' ', &zones));
  for (struct text word; text_split(&line, ' ', &word);) {
    struct text name = TEXT("");
    (void)text_split(&word, '=', &name);
    assert_true(text_equal(name, TEXT("flags")));
    flags = (uint8_t)number_of(word);
  }
  assert_true(text_split(&times, '-', &from));
  int64_t at_us = time_of(from);
  if (!text_split(&times, '/', &until)) {
    add_fix(drive, at_us, zones, flags);
    return;
  }
  for (; at_us <= time_of(until); at_us += number_of(times) * US_PER_SECOND) {
    add_fix(drive, at_us, zones, flags);
  }
}

static struct drive *read_drive(struct arena *arena, struct text input)
{
  struct drive *drive = arena_alloc(arena, sizeof *drive);
  drive->rules.zones = drive->zones;
  for (struct text line; text_split(&input, '\n', &line);) {
    struct text word;
    if (line.length == 0 || line.data[0] == '#') {
      continue;
    }
    if (!text_starts_with(line, TEXT("dwell "))) {
      read_row(line, drive);
      continue;
    }
    (void)text_split(&line, ' ', &word);
    (void)text_split(&line, ' ', &word);
    drive->zones[drive->rules.count++] = (struct zone_rule){number_of(word), number_of(line) * US_PER_SECOND};
  }
  return drive;
}

/* ---- folding ---- */

static void step_over(struct zone_machine *machine, const struct drive *drive, size_t every, struct made *made)
{
  struct buffer saved = {0};
  for (size_t i = 0; i < drive->count; i++) {
    const struct place place = {.geofence_ids = drive->inside[i], .geofence_count = drive->inside_count[i]};
    zone_machine_step(machine, &drive->rules, &drive->fixes[i], &place, &made->visits, &made->conditions);
    if (every != 0 && i % every == 0) {
      buffer_clear(&saved);
      zone_machine_save(machine, &saved);
      struct zone_machine loaded;
      struct text in = buffer_text(&saved);
      zone_machine_init(&loaded);
      assert_true(zone_machine_load(&loaded, &in));
      assert_int_equal(in.length, 0);
      zone_machine_copy(machine, &loaded);
      zone_machine_free(&loaded);
    }
  }
  buffer_free(&saved);
}

static void write_clock(struct buffer *out, const char *word, int64_t at_us)
{
  if (at_us == 0) {
    buffer_printf(out, " %s never", word);
    return;
  }
  const int64_t second = (at_us - DAY_US) / US_PER_SECOND;
  buffer_printf(out, " %s %02d:%02d:%02d", word, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static void write_made(struct buffer *out, const struct made *made)
{
  const struct zone_visit *visits = made->visits.items;
  const struct condition *conditions = made->conditions.items;
  for (size_t i = 0; i < made->visits.count; i++) {
    buffer_printf(out, "visit %d", (int)visits[i].geofence_id);
    write_clock(out, "from", visits[i].entered_at_us);
    write_clock(out, "to", visits[i].exited_at_us);
    buffer_printf(out, " samples %d%s\n", visits[i].samples, visits[i].is_open ? " open" : "");
  }
  for (size_t i = 0; i < made->conditions.count; i++) {
    buffer_printf(out, "condition %s %d", conditions[i].kind == CONDITION_ZONE_DWELL ? "dwell" : "inside",
                  (int)conditions[i].subject_id);
    write_clock(out, "began", conditions[i].began_at_us);
    write_clock(out, "fires", conditions[i].fires_at_us);
    write_clock(out, "ended", conditions[i].ended_at_us);
    write_clock(out, "seen", conditions[i].seen_at_us);
    buffer_append_char(out, '\n');
  }
}

static void fold(struct arena *arena, const struct drive *drive, size_t save_every, struct buffer *out)
{
  struct zone_machine machine;
  struct made made = {row_set_make(arena, sizeof(struct zone_visit)), row_set_make(arena, sizeof(struct condition))};
  struct made open = {row_set_make(arena, sizeof(struct zone_visit)), row_set_make(arena, sizeof(struct condition))};
  zone_machine_init(&machine);
  step_over(&machine, drive, save_every, &made);
  write_made(out, &made);
  zone_machine_show(&machine, &drive->rules, &open.visits, &open.conditions);
  buffer_append_text(out, TEXT("open:\n"));
  write_made(out, &open);
  zone_machine_save(&machine, out);
  zone_machine_free(&machine);
}

/* Without the saved state, which is no text. */
static struct text readable(const struct buffer *out)
{
  const char *open = memmem(out->data, out->length, "open:\n", 6);
  size_t length = (size_t)(open - out->data) + 6;
  while (length < out->length &&
         (text_starts_with((struct text){out->data + length, out->length - length}, TEXT("visit ")) ||
          text_starts_with((struct text){out->data + length, out->length - length}, TEXT("condition ")))) {
    length = (size_t)((const char *)memchr(out->data + length, '\n', out->length - length) - out->data) + 1;
  }
  return (struct text){out->data, length};
}

static int check_case(const char *input_path)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer out = {0};
  struct buffer again = {0};
  const size_t stem = strlen(input_path) - strlen(".input");
  const struct drive *drive = read_drive(arena, read_file(arena, input_path));
  const char *expected_path = arena_printf(arena, "%.*s.expected", (int)stem, input_path);
  fold(arena, drive, 0, &out);
  fold(arena, drive, 1, &again);
  const struct text shown = readable(&out);
  const bool is_same = text_equal(shown, read_file(arena, expected_path));
  if (!is_same) {
    print_error("%s gives:\n%.*s", input_path, TEXT_ARGS(shown));
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(expected_path, "wb");
      (void)fwrite(shown.data, 1, shown.length, file);
      (void)fclose(file);
    }
  }
  assert_true(text_equal(buffer_text(&out), buffer_text(&again)));
  buffer_free(&out);
  buffer_free(&again);
  arena_free(arena);
  return is_same ? 0 : 1;
}

static void cases_come_out_as_written(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/zones");
  int cases = 0;
  int failures = 0;
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      char path[512];
      (void)snprintf(path, sizeof path, "%s/zones/%s", CASES_FOLDER, entry->d_name);
      failures += check_case(path);
      cases++;
    }
  }
  (void)closedir(folder);
  assert_true(cases >= 15);
  assert_int_equal(failures, 0);
}

/* ---- properties ---- */

static uint32_t next_random(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

static struct drive *random_drive(struct arena *arena, uint64_t *seed)
{
  struct drive *drive = arena_alloc(arena, sizeof *drive);
  int64_t at_us = DAY_US;
  unsigned inside = 0;
  drive->zones[0] = (struct zone_rule){2, 600 * US_PER_SECOND};
  drive->rules = (struct zone_rules){drive->zones, 1};
  for (size_t i = 0; i < 1000; i++) {
    struct text zones = TEXT("-");
    at_us += (1 + next_random(seed) % 60) * US_PER_SECOND;
    inside = next_random(seed) % 6 == 0 ? inside ^ (1U << next_random(seed) % ZONES_MAX) : inside;
    add_fix(drive, at_us, zones, next_random(seed) % 20 == 0 ? 8 : 0);
    for (unsigned zone = 0; zone < ZONES_MAX; zone++) {
      if ((inside & (1U << zone)) != 0) {
        drive->inside[i][drive->inside_count[i]++] = zone + 1;
      }
    }
  }
  return drive;
}

static void however_it_is_split_the_rows_are_the_same(void **state)
{
  (void)state;
  uint64_t seed = 20261123;
  for (int round = 0; round < 20; round++) {
    struct arena *arena = arena_new(1 << 16);
    struct buffer whole = {0};
    struct buffer split = {0};
    const struct drive *drive = random_drive(arena, &seed);
    fold(arena, drive, 0, &whole);
    fold(arena, drive, 1 + next_random(&seed) % 30, &split);
    assert_int_equal(whole.length, split.length);
    assert_memory_equal(whole.data, split.data, whole.length);
    buffer_free(&whole);
    buffer_free(&split);
    arena_free(arena);
  }
}

static void every_breadcrumb_inside_is_in_one_visit(void **state)
{
  (void)state;
  uint64_t seed = 3;
  struct arena *arena = arena_new(1 << 16);
  const struct drive *drive = random_drive(arena, &seed);
  int64_t expected[ZONES_MAX + 1] = {0};
  int64_t counted[ZONES_MAX + 1] = {0};
  struct zone_machine machine;
  struct made made = {row_set_make(arena, sizeof(struct zone_visit)), row_set_make(arena, sizeof(struct condition))};
  for (size_t i = 0; i < drive->count; i++) {
    for (size_t zone = 0; drive->fixes[i].flags == 0 && zone < drive->inside_count[i]; zone++) {
      expected[drive->inside[i][zone]]++;
    }
  }
  zone_machine_init(&machine);
  step_over(&machine, drive, 0, &made);
  zone_machine_show(&machine, &drive->rules, &made.visits, &made.conditions);
  const struct zone_visit *visits = made.visits.items;
  for (size_t i = 0; i < made.visits.count; i++) {
    counted[visits[i].geofence_id] += visits[i].samples;
    assert_true(visits[i].exited_at_us >= visits[i].entered_at_us);
  }
  assert_memory_equal(expected, counted, sizeof expected);
  assert_true(made.visits.count > 50);
  zone_machine_free(&machine);
  arena_free(arena);
}

static void a_broken_state_is_refused(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1 << 16);
  struct zone_machine machine;
  struct made made = {row_set_make(arena, sizeof(struct zone_visit)), row_set_make(arena, sizeof(struct condition))};
  struct buffer saved = {0};
  struct drive *drive = read_drive(arena, TEXT("10:00:00 1,2\n"));
  zone_machine_init(&machine);
  step_over(&machine, drive, 0, &made);
  zone_machine_save(&machine, &saved);
  for (size_t length = 0; length < saved.length; length++) {
    struct text in = {saved.data, length};
    zone_machine_free(&machine);
    assert_false(zone_machine_load(&machine, &in));
  }
  zone_machine_free(&machine);
  buffer_free(&saved);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cases_come_out_as_written),
      cmocka_unit_test(however_it_is_split_the_rows_are_the_same),
      cmocka_unit_test(every_breadcrumb_inside_is_in_one_visit),
      cmocka_unit_test(a_broken_state_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
