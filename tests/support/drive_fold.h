/* What every machine of the analysis must keep, checked over the cases of a folder: NAME.input is a drive (drive_case.h),
 * NAME.expected what the machine makes of it, its rows in order, then after `open:` what it shows at the end of the data.
 * However the fold is interrupted (a checkpoint, a copy, a look at what is open), the rows are the same. Include cmocka first.
 */
#ifndef CRUMBTRAIL_TESTS_SUPPORT_DRIVE_FOLD_H
#define CRUMBTRAIL_TESTS_SUPPORT_DRIVE_FOLD_H

#include "ingest/analysis/row_set.h"
#include "tests/support/drive_case.h"

enum { FOLD_KINDS = 2, FOLD_DAMAGED_EVERY = 7, FOLD_LENGTH_MIN = 200 /* of the rows of a random drive: there are some */ };

/* One machine. `machine` points to one of them; `rows` to FOLD_KINDS row sets of row_bytes each. */
struct fold_subject {
  size_t machine_bytes;
  size_t row_bytes[FOLD_KINDS];
  void (*init)(void *machine);
  void (*free)(void *machine);
  void (*copy)(void *machine, const void *from);
  void (*step)(void *machine, const struct fix *fix, const struct place *place, struct row_set *rows);
  void (*show)(const void *machine, struct row_set *rows);
  void (*save)(const void *machine, struct buffer *out);
  bool (*load)(void *machine, struct text *in);
  void (*print)(struct buffer *out, const struct row_set *rows);
};

enum fold_cut { FOLD_WHOLE, FOLD_CHECKPOINT, FOLD_COPY };

struct fold_rows {
  struct row_set sets[FOLD_KINDS];
};

static inline struct fold_rows fold_rows_new(const struct fold_subject *subject, struct arena *arena)
{
  struct fold_rows rows;
  for (int i = 0; i < FOLD_KINDS; i++) {
    rows.sets[i] = row_set_make(arena, subject->row_bytes[i]);
  }
  return rows;
}

static inline void fold_cut_machine(const struct fold_subject *subject, struct arena *arena, void **machine, enum fold_cut cut)
{
  void *next = arena_alloc(arena, subject->machine_bytes);
  subject->init(next);
  if (cut == FOLD_CHECKPOINT) {
    struct buffer saved = {0};
    struct buffer again = {0};
    subject->save(*machine, &saved);
    struct text rest = buffer_text(&saved);
    assert_true(subject->load(next, &rest));
    assert_int_equal(rest.length, 0);
    subject->save(next, &again);
    assert_true(text_equal(buffer_text(&saved), buffer_text(&again)));
    buffer_free(&saved);
    buffer_free(&again);
  } else {
    struct fold_rows elsewhere = fold_rows_new(subject, arena);
    subject->copy(next, *machine);
    subject->show(*machine, elsewhere.sets);
  }
  subject->free(*machine);
  *machine = next;
}

static inline struct text fold_drive(const struct fold_subject *subject, struct arena *arena, const struct drive *drive,
                                     size_t cut_at, enum fold_cut cut)
{
  struct fold_rows made = fold_rows_new(subject, arena);
  struct fold_rows shown = fold_rows_new(subject, arena);
  void *machine = arena_alloc(arena, subject->machine_bytes);
  subject->init(machine);
  for (size_t i = 0; i <= drive->count; i++) {
    if (i == cut_at && cut != FOLD_WHOLE) {
      fold_cut_machine(subject, arena, &machine, cut);
    }
    if (i < drive->count) {
      subject->step(machine, &drive->fixes[i], &drive->places[i], made.sets);
    }
  }
  subject->show(machine, shown.sets);
  subject->free(machine);
  struct buffer out = {0};
  subject->print(&out, made.sets);
  buffer_printf(&out, "open:\n");
  subject->print(&out, shown.sets);
  const struct text text = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return text;
}

/* At every breadcrumb, or at some of many. */
static inline void fold_check_cuts(const struct fold_subject *subject, const struct drive *drive, const char *name,
                                   struct text expected)
{
  const size_t every = drive->count > 400 ? drive->count / 100 : 1;
  struct arena *arena = arena_new(65536);
  for (size_t at = 0; at <= drive->count; at += every) {
    for (int cut = FOLD_CHECKPOINT; cut <= FOLD_COPY; cut++) {
      const struct text made = fold_drive(subject, arena, drive, at, (enum fold_cut)cut);
      if (!text_equal(made, expected)) {
        fail_msg("%s, cut at breadcrumb %zu:\n%.*s", name, at, TEXT_ARGS(made));
      }
      arena_reset(arena);
    }
  }
  arena_free(arena);
}

/* A state that is cut off anywhere is refused, and leaves a machine as new. */
static inline void fold_check_damage(const struct fold_subject *subject, const struct drive *drive)
{
  struct arena *arena = arena_new(65536);
  struct fold_rows rows = fold_rows_new(subject, arena);
  struct buffer saved = {0};
  struct buffer fresh = {0};
  struct buffer left = {0};
  void *machine = arena_alloc(arena, subject->machine_bytes);
  subject->init(machine);
  subject->save(machine, &fresh);
  for (size_t i = 0; i < drive->count; i++) {
    subject->step(machine, &drive->fixes[i], &drive->places[i], rows.sets);
  }
  subject->save(machine, &saved);
  for (size_t length = 0; length < saved.length; length += length < 300 ? 1 : FOLD_DAMAGED_EVERY) {
    struct text part = {saved.data, length};
    if (subject->load(machine, &part)) {
      assert_true(text_equal(buffer_text(&saved), buffer_text(&fresh)));
    }
    buffer_clear(&left);
    subject->save(machine, &left);
    assert_true(text_equal(buffer_text(&left), buffer_text(&fresh)));
  }
  subject->free(machine);
  buffer_free(&saved);
  buffer_free(&fresh);
  buffer_free(&left);
  arena_free(arena);
}

/* Drives that nobody would think of: restless speeds and limits, intervals from a second to hours, noise, flags, nights. */
static inline struct drive *fold_random_drive(struct arena *arena, unsigned seed)
{
  static const double INTERVALS_S[] = {1, 5, 10, 30, 45, 61, 100, 130, 190, 1000, 4000};
  static const float LIMITS_KMH[] = {30, 50, 60, 80, NAN};
  struct drive *drive = drive_new(arena);
  drive->drivers[drive->driver_count++] = (struct drive_driver){7, DRIVE_DAY_US + 80000000000, DRIVE_DAY_US + 85000000000};
  drive->drivers[drive->driver_count++] = (struct drive_driver){8, DRIVE_DAY_US + 85000000000, DRIVE_DAY_US + 88000000000};
  int64_t at_us = DRIVE_DAY_US + 79200000000;
  size_t usual = 0;
  double speed_kmh = 0;
  for (int i = 0; i < 300; i++) {
    const int dice = rand_r(&seed) % 100;
    usual = dice < 6 ? (size_t)rand_r(&seed) % 7 : usual;
    speed_kmh = dice < 60   ? fabs(speed_kmh + rand_r(&seed) % 21 - 10)
                : dice < 66 ? rand_r(&seed) % 120
                : dice < 69 ? 0
                            : speed_kmh;
    drive->fix.speed_kmh = dice == 71 ? NAN : (float)speed_kmh;
    drive->fix.ignition = (int8_t)(dice < 50 ? drive->fix.ignition : rand_r(&seed) % 3 - 1);
    drive->place.limit_kmh = dice < 90 ? drive->place.limit_kmh : LIMITS_KMH[rand_r(&seed) % 5];
    drive->place.limit_source = isnan(drive->place.limit_kmh) ? LIMIT_UNKNOWN : (enum limit_source)(1 + dice % 6);
    const double interval_s = INTERVALS_S[dice < 95 ? usual : (size_t)rand_r(&seed) % 11];
    at_us += (int64_t)(interval_s * 1e6) + rand_r(&seed) % 3;
    drive->east_m += (dice % 2 == 0 ? 1 : -0.5) * speed_kmh / 3.6 * interval_s + rand_r(&seed) % 15;
    drive_add(drive, at_us, dice == 72 ? 8 : dice == 73 ? 1 : 0);
  }
  return drive;
}

static inline void fold_check_random_drives(const struct fold_subject *subject, unsigned count)
{
  for (unsigned seed = 1; seed <= count; seed++) {
    struct arena *arena = arena_new(65536);
    const struct drive *drive = fold_random_drive(arena, seed);
    const struct text whole = fold_drive(subject, arena, drive, 0, FOLD_WHOLE);
    assert_true(whole.length > FOLD_LENGTH_MIN);
    fold_check_cuts(subject, drive, arena_printf(arena, "random drive %u", seed), whole);
    fold_check_damage(subject, drive);
    arena_free(arena);
  }
}

static inline void fold_check_case(const struct fold_subject *subject, const char *folder, const char *name)
{
  struct arena *arena = arena_new(65536);
  const struct drive *drive = drive_read(arena, drive_read_file(arena, arena_printf(arena, "%s/%s.input", folder, name)));
  const struct text expected = drive_read_file(arena, arena_printf(arena, "%s/%s.expected", folder, name));
  const struct text whole = fold_drive(subject, arena, drive, 0, FOLD_WHOLE);
  if (!text_equal(whole, expected)) {
    fail_msg("%s:\n%.*s", name, TEXT_ARGS(whole));
  }
  fold_check_cuts(subject, drive, name, expected);
  fold_check_damage(subject, drive);
  arena_free(arena);
}

#endif
