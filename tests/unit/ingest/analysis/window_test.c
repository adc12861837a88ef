/* The property of the analysis: however a day is shuffled, split, delivered late and twice, the derived rows are those of the
 * sorted day. The database is a few arrays here; ingest/analysis/analyser*.c do the same with PostgreSQL. */
#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/analysis/road_map.h"
#include "ingest/analysis/window.h"
#include "server/base/clock.h"
#include "tests/unit/ingest/analysis/fold_text.h"

enum { ROUNDS = 100, FIXES_MAX = 4000, ROWS_MAX = 4000, CHECKPOINTS_MAX = 400, TEXT_MAX = 200 };

/* 2026-03-28T00:00:00Z: summer time begins in Europe on the 29th. */
static const int64_t BEGIN_US = INT64_C(1774656000) * 1000000;

struct stored_row {
  int kind;
  int64_t settled_at_us;
  char text[TEXT_MAX];
};

struct store {
  struct fix fixes[FIXES_MAX]; /* sorted */
  size_t fix_count;
  struct stored_row rows[ROWS_MAX];
  size_t row_count;
  struct checkpoint checkpoints[CHECKPOINTS_MAX]; /* sorted */
  size_t checkpoint_count;
  struct fold live; /* of the newest state, unless is_forgotten */
  bool is_forgotten;
  size_t steps; /* breadcrumbs folded in all */
};

static uint64_t random_next(uint64_t *seed)
{
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

static int compare_fixes(const void *left, const void *right)
{
  const struct fix *a = left;
  const struct fix *b = right;
  if (a->recorded_at_us != b->recorded_at_us) {
    return a->recorded_at_us < b->recorded_at_us ? -1 : 1;
  }
  return (a->version > b->version) - (a->version < b->version);
}

/* ---- a vehicle's days ---- */

/* Three days of drives and stops, with gaps, flags, several versions of one instant, a cold box that gets warm. */
static size_t make_days(uint64_t seed, struct fix *fixes)
{
  int64_t time_us = BEGIN_US;
  double latitude_deg = 52.5;
  double longitude_deg = 13.4;
  size_t count = 0;
  while (count < FIXES_MAX / 2 && time_us < BEGIN_US + 3 * US_PER_DAY) {
    const bool drives = random_next(&seed) % 3 != 0;
    const size_t length = 10 + random_next(&seed) % 60;
    const float speed_kmh = drives ? (float)(20 + random_next(&seed) % 90) : 0;
    for (size_t i = 0; i < length && count < FIXES_MAX / 2; i++) {
      time_us += (int64_t)(5 + random_next(&seed) % 60) * US_PER_SECOND;
      time_us -= random_next(&seed) % 20 == 0 && count > 0 ? time_us - fixes[count - 1].recorded_at_us : 0;
      const float now_kmh = speed_kmh + (drives ? (float)(random_next(&seed) % 20) : 0);
      latitude_deg += drives ? now_kmh / 3.6 * 20 / 111000 : 0;
      const double temperature_c = -19 + 8 * sin((double)count / 40) + (double)(random_next(&seed) % 100) / 50;
      fixes[count] = (struct fix){.recorded_at_us = time_us,
                                  .version = (int64_t)count,
                                  .longitude_deg = longitude_deg,
                                  .latitude_deg = latitude_deg,
                                  .speed_kmh = now_kmh,
                                  .heading_deg = 0,
                                  .temperature_c = random_next(&seed) % 10 == 0 ? NAN : (float)temperature_c,
                                  .ignition = (int8_t)(random_next(&seed) % 30 == 0 ? -1 : (int)drives),
                                  .is_paused = (int8_t)(random_next(&seed) % 40 == 0),
                                  .flags = (uint8_t)(random_next(&seed) % 50 == 0 ? 1U << (random_next(&seed) % 4) : 0)};
      if (fixes[count].flags == 2) {
        fixes[count].flags = 0; /* those from the future are left out */
      }
      count++;
    }
    time_us += random_next(&seed) % 4 == 0 ? (int64_t)(random_next(&seed) % 30000) * US_PER_SECOND : 0;
  }
  return count;
}

static const struct temperature_rule COLD = {.rule_id = 7,
                                             .lowest_c = NAN,
                                             .highest_c = -18,
                                             .urgent_lowest_c = NAN,
                                             .urgent_highest_c = -12,
                                             .hysteresis_c = 0.5F,
                                             .for_us = 300 * INT64_C(1000000),
                                             .clear_for_us = 300 * INT64_C(1000000),
                                             .pause_max_us = 1800 * INT64_C(1000000),
                                             .warming_us = 1200 * INT64_C(1000000),
                                             .silent_us = 900 * INT64_C(1000000)};

/* Berlin's: the 29th is an hour short. */
static const int64_t DAY_BEGINS_US[] = {INT64_C(1774652400000000), INT64_C(1774738800000000), INT64_C(1774821600000000),
                                        INT64_C(1774908000000000), INT64_C(1774994400000000)};
static const struct local_days DAYS = {DAY_BEGINS_US, 5, 20540};
static const struct assignment DRIVERS[] = {{INT64_C(1774656000000000) - 5000000, INT64_C(1774690000000000), 3},
                                            {INT64_C(1774690000000000), INT64_C(1774700000000000), 4},
                                            {INT64_C(1774720000000000), INT64_C(1774900000000000), 3}};

static struct road_map *roads; /* none in it */

static struct zone_set *zones;
static const struct zone_limit ZONE_LIMITS[] = {{5, 50}};
static const struct zone_rule ZONE_RULES[] = {{5, INT64_C(600) * 1000000}};

static struct window_settings settings_of(const struct store *store)
{
  return (struct window_settings){
      .vehicle_id = 1,
      .context = {.places = {.days = &DAYS,
                             .vehicle_kmh = NAN,
                             .fleet_kmh = 80,
                             .zones = zones,
                             .zone_limits = ZONE_LIMITS,
                             .zone_limit_count = 1,
                             .assignments = DRIVERS,
                             .assignment_count = 3},
                  .rules = {.speeding = speeding_rules_default(), .zones = {ZONE_RULES, 1}, .temperature = &COLD},
                  .roads = roads},
      .stored = store->checkpoints,
      .stored_count = store->checkpoint_count,
      .touched_until_us = INT64_MIN,
      .parts_from_us = BEGIN_US + US_PER_DAY};
}

/* ---- the database ---- */

static void apply_rows(struct store *store, const struct window *window)
{
  size_t kept = 0;
  for (size_t i = 0; i < store->row_count; i++) {
    const int64_t settled_at_us = store->rows[i].settled_at_us;
    const bool is_replaced =
        settled_at_us >= window->from_us && (window->until_us == WINDOW_NO_END || settled_at_us < window->until_us);
    if (!is_replaced) {
      store->rows[kept++] = store->rows[i];
    }
  }
  store->row_count = kept;
  for (int kind = 0; kind < FOLD_KIND_COUNT; kind++) {
    for (size_t i = 0; i < window->rows.sets[kind].count; i++) {
      assert_true(store->row_count < ROWS_MAX);
      struct stored_row *row = &store->rows[store->row_count++];
      *row = (struct stored_row){.kind = kind, .settled_at_us = ((int64_t *)window->rows.settled[kind].items)[i]};
      fold_text(&window->rows, kind, i, row->text, sizeof row->text);
    }
  }
}

static int compare_checkpoints(const void *left, const void *right)
{
  const struct checkpoint *a = left;
  const struct checkpoint *b = right;
  return (a->at_us > b->at_us) - (a->at_us < b->at_us);
}

static struct text keep(struct text text)
{
  char *bytes = malloc(text.length);
  memcpy(bytes, text.data, text.length);
  return (struct text){bytes, text.length};
}

static void apply_checkpoints(struct store *store, const struct window *window)
{
  const struct checkpoint *made = window->checkpoints.items;
  const size_t made_count = window->checkpoints.count;
  const bool has_newest = made_count > 0 && made[made_count - 1].kind == CHECKPOINT_NEWEST;
  size_t kept = 0;
  for (size_t i = 0; i < store->checkpoint_count; i++) {
    const struct checkpoint stored = store->checkpoints[i];
    const bool is_replaced =
        (stored.at_us > window->from_us && (window->until_us == WINDOW_NO_END || stored.at_us < window->until_us)) ||
        (has_newest && stored.kind == CHECKPOINT_NEWEST);
    if (is_replaced) {
      free((char *)stored.state.data);
    } else {
      store->checkpoints[kept++] = stored;
    }
  }
  store->checkpoint_count = kept;
  for (size_t i = 0; i < made_count; i++) {
    assert_true(store->checkpoint_count < CHECKPOINTS_MAX);
    store->checkpoints[store->checkpoint_count] = made[i];
    store->checkpoints[store->checkpoint_count++].state = keep(made[i].state);
  }
  qsort(store->checkpoints, store->checkpoint_count, sizeof *store->checkpoints, compare_checkpoints);
}

static bool insert_fix(struct store *store, const struct fix *fix)
{
  size_t at = store->fix_count;
  while (at > 0 && compare_fixes(&store->fixes[at - 1], fix) > 0) {
    at--;
  }
  if (at > 0 && compare_fixes(&store->fixes[at - 1], fix) == 0) {
    return false;
  }
  memmove(&store->fixes[at + 1], &store->fixes[at], (store->fix_count - at) * sizeof *fix);
  store->fixes[at] = *fix;
  store->fix_count++;
  return true;
}

/* The newest checkpoint at or before the time. */
static int64_t load_checkpoint(const struct store *store, int64_t time_us, struct fold *fold, size_t *next)
{
  int64_t at_us = WINDOW_BEGINNING;
  *next = 0;
  for (size_t i = 0; i < store->checkpoint_count && store->checkpoints[i].at_us <= time_us; i++) {
    assert_true(fold_load(fold, store->checkpoints[i].state));
    at_us = store->checkpoints[i].at_us;
    *next = i + 1;
  }
  return at_us;
}

static void fold_stored(struct store *store, struct window *window)
{
  bool goes_on = true;
  for (size_t i = 0; i < store->fix_count && goes_on; i++) {
    if (store->fixes[i].recorded_at_us >= window->from_us) {
      goes_on = window_take(window, &store->fixes[i]);
      store->steps++;
    }
  }
  if (goes_on) {
    window_finish(window, true);
  }
}

static void settle(struct store *store, struct window *window)
{
  apply_rows(store, window);
  apply_checkpoints(store, window);
  if (window->until_us == WINDOW_NO_END) {
    fold_copy(&store->live, &window->fold);
    store->is_forgotten = false;
  }
  window_free(window);
}

/* What the analyser does with new breadcrumbs of a vehicle, ascending. */
static void analyse(struct store *store, const struct fix *fixes, size_t count)
{
  struct arena *arena = arena_new(4096);
  struct window_settings settings = settings_of(store);
  struct window window;
  struct fold fold;
  fold_init(&fold);
  if (!store->is_forgotten && fold_is_next(&store->live, fixes[0].recorded_at_us, fixes[0].version)) {
    fold_copy(&fold, &store->live);
    settings.stored_count = 0;
    const int64_t from_us = fold.last_recorded_at_us == INT64_MIN ? WINDOW_BEGINNING : fold.last_recorded_at_us + 1;
    const int64_t checkpoint_at_us =
        store->checkpoint_count > 0 ? store->checkpoints[store->checkpoint_count - 1].at_us : WINDOW_BEGINNING;
    window_begin(&window, settings, &fold, from_us, checkpoint_at_us, arena);
    for (size_t i = 0; i < count; i++) {
      assert_true(window_take(&window, &fixes[i]));
      store->steps++;
    }
    window_finish(&window, window_is_checkpoint_due(&window));
  } else {
    size_t next = 0;
    const int64_t from_us = load_checkpoint(store, fixes[0].recorded_at_us, &fold, &next);
    settings.stored += next;
    settings.stored_count -= next;
    settings.touched_until_us = fixes[count - 1].recorded_at_us;
    window_begin(&window, settings, &fold, from_us, from_us, arena);
    fold_stored(store, &window);
  }
  settle(store, &window);
  fold_free(&fold);
  arena_free(arena);
}

static void store_free(struct store *store)
{
  for (size_t i = 0; i < store->checkpoint_count; i++) {
    free((char *)store->checkpoints[i].state.data);
  }
  fold_free(&store->live);
  free(store);
}

static struct store *store_new(void)
{
  struct store *store = calloc(1, sizeof *store);
  fold_init(&store->live);
  return store;
}

static int compare_rows(const void *left, const void *right)
{
  const struct stored_row *a = left;
  const struct stored_row *b = right;
  return a->kind != b->kind ? (a->kind > b->kind) - (a->kind < b->kind) : strcmp(a->text, b->text);
}

static size_t count_kind(const struct store *store, int kind)
{
  size_t count = 0;
  for (size_t i = 0; i < store->row_count; i++) {
    count += store->rows[i].kind == kind ? 1 : 0;
  }
  return count;
}

static void assert_same_rows(struct store *store, struct store *expected, int round)
{
  qsort(store->rows, store->row_count, sizeof *store->rows, compare_rows);
  qsort(expected->rows, expected->row_count, sizeof *expected->rows, compare_rows);
  for (size_t i = 0; i < store->row_count && i < expected->row_count; i++) {
    if (compare_rows(&store->rows[i], &expected->rows[i]) != 0) {
      fail_msg("round %d: kind %d %s, sorted: kind %d %s", round, store->rows[i].kind, store->rows[i].text,
               expected->rows[i].kind, expected->rows[i].text);
    }
  }
  assert_int_equal(store->row_count, expected->row_count);
}

/* ---- deliveries ---- */

static void deliver(struct store *store, const struct fix *fixes, size_t count)
{
  static struct fix fresh[FIXES_MAX];
  size_t fresh_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (insert_fix(store, &fixes[i])) {
      fresh[fresh_count++] = fixes[i];
    }
  }
  if (fresh_count > 0) {
    qsort(fresh, fresh_count, sizeof *fresh, compare_fixes);
    analyse(store, fresh, fresh_count);
  }
}

/* Some come up to an hour late, some hours, some twice, in packets of any size; now and then the server starts again. */
static void deliver_in_disorder(struct store *store, const struct fix *fixes, size_t count, uint64_t seed)
{
  static struct fix shuffled[FIXES_MAX];
  size_t shuffled_count = 0;
  for (size_t i = 0; i < count; i++) {
    shuffled[shuffled_count++] = fixes[i];
    if (random_next(&seed) % 50 == 0) {
      shuffled[shuffled_count++] = fixes[random_next(&seed) % (i + 1)];
    }
  }
  for (size_t i = 0; i < shuffled_count; i++) {
    const uint64_t luck = random_next(&seed) % 100;
    const size_t reach = luck < 4 ? 40 : luck < 5 ? shuffled_count : 1;
    const size_t other = (i + random_next(&seed) % reach) % shuffled_count;
    const struct fix kept = shuffled[i];
    shuffled[i] = shuffled[other];
    shuffled[other] = kept;
  }
  for (size_t i = 0; i < shuffled_count;) {
    size_t packet = 1 + random_next(&seed) % (random_next(&seed) % 5 == 0 ? 200 : 8);
    packet = packet < shuffled_count - i ? packet : shuffled_count - i;
    deliver(store, &shuffled[i], packet);
    i += packet;
    store->is_forgotten = store->is_forgotten || random_next(&seed) % 50 == 0;
  }
}

static void test_disorder(void **state)
{
  (void)state;
  static struct fix fixes[FIXES_MAX];
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t seed = (uint64_t)round * 977 + 1;
    const size_t count = make_days(seed, fixes);
    struct store *expected = store_new();
    struct store *store = store_new();
    deliver(expected, fixes, count);
    deliver_in_disorder(store, fixes, count, seed);
    for (int kind = 0; kind < FOLD_ROAD_RUNS && round == 0; kind++) {
      assert_true(count_kind(expected, kind) > 0);
    }
    assert_same_rows(store, expected, round);
    store_free(expected);
    store_free(store);
  }
}

/* A breadcrumb of the day before yesterday makes only that day be folded again. */
static void test_late_meets_itself(void **state)
{
  (void)state;
  static struct fix fixes[FIXES_MAX];
  const size_t count = make_days(5, fixes);
  struct store *store = store_new();
  struct fix late = fixes[10];
  deliver(store, fixes, 10);
  deliver(store, &fixes[11], count - 11);
  const size_t before = store->steps;
  deliver(store, &late, 1);
  assert_true(store->steps - before < count / 2);
  store_free(store);
}

/* A damaged state is no state; every shorter one is damaged. */
static void test_damaged_state(void **state)
{
  (void)state;
  static struct fix fixes[FIXES_MAX];
  struct store *store = store_new();
  deliver(store, fixes, make_days(9, fixes) / 3);
  struct buffer bytes = {0};
  fold_save(&store->live, &bytes);
  struct fold fold;
  fold_init(&fold);
  for (size_t length = 0; length < bytes.length; length++) {
    assert_false(fold_load(&fold, (struct text){bytes.data, length}));
  }
  assert_true(fold_load(&fold, buffer_text(&bytes)));
  fold_free(&fold);
  buffer_free(&bytes);
  store_free(store);
}

/* A square that the vehicles drive through. */
static void make_zone(void)
{
  static const double CORNERS[][2] = {{13.3, 52.6}, {13.5, 52.6}, {13.5, 53.2}, {13.3, 53.2}, {13.3, 52.6}};
  static const unsigned char HEAD[] = {1, 6, 0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0};
  char wkb[sizeof HEAD + sizeof CORNERS];
  memcpy(wkb, HEAD, sizeof HEAD);
  memcpy(wkb + sizeof HEAD, CORNERS, sizeof CORNERS);
  zones = zone_set_new();
  (void)zone_set_add(zones, 5, (struct text){wkb, sizeof wkb});
  zone_set_index(zones);
}

int main(void)
{
  roads = road_map_new();
  make_zone();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_disorder),
      cmocka_unit_test(test_late_meets_itself),
      cmocka_unit_test(test_damaged_state),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  road_map_free(roads);
  zone_set_free(zones);
  return failed;
}
