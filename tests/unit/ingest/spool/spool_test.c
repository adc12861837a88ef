/* The spool's thread with takers of the test's own: nothing is lost, whatever comes back undone, and order is kept. */
#include "tests/unit/cmocka_all.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/spool/spool.h"
#include "server/log.h"

enum { ENTRIES_MAX = 2000, UNDONE_NEVER = -1 };

/* Gives back on a thread of its own, as the writer does. */
struct taker {
  atomic_bool is_ready;
  atomic_int undone_at; /* the so manieth entry that is taken comes back undone, once */
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int taken;
  int order[ENTRIES_MAX * 4];
  struct spool_entry *held[ENTRIES_MAX * 4];
  int held_count;
  bool is_over;
  pthread_t thread;
};

struct fixture {
  char folder[64];
  struct spool *spool;
  struct taker events;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int put;
  int kept;
};

static bool is_ready(void *context)
{
  struct taker *taker = context;
  return atomic_load(&taker->is_ready);
}

static void take(void *context, struct spool_entry *first, struct arena *arena)
{
  struct taker *taker = context;
  (void)arena_alloc(arena, 16);
  (void)pthread_mutex_lock(&taker->mutex);
  for (; first != NULL; first = first->next) {
    taker->order[taker->taken++] = atoi(first->body.data);
    taker->held[taker->held_count++] = first;
  }
  (void)pthread_cond_broadcast(&taker->changed);
  (void)pthread_mutex_unlock(&taker->mutex);
}

static void *give_back_all(void *argument)
{
  struct taker *taker = argument;
  int given = 0;
  (void)pthread_mutex_lock(&taker->mutex);
  while (!taker->is_over || given < taker->held_count) {
    if (given == taker->held_count) {
      (void)pthread_cond_wait(&taker->changed, &taker->mutex);
      continue;
    }
    struct spool_entry *entry = taker->held[given];
    int at = given++;
    (void)pthread_mutex_unlock(&taker->mutex);
    entry->next = NULL;
    spool_give_back(entry, at != atomic_load(&taker->undone_at));
    (void)pthread_mutex_lock(&taker->mutex);
  }
  (void)pthread_mutex_unlock(&taker->mutex);
  return NULL;
}

static void open_spool(struct fixture *fixture, int64_t bytes_max)
{
  struct error error =
      spool_open((struct spool_settings){.data_folder = fixture->folder, .bytes_max = bytes_max}, &fixture->spool);
  assert_string_equal(error.detail, "");
  spool_set_taker(fixture->spool, SPOOL_EVENTS,
                  (struct spool_taker){.context = &fixture->events, .is_ready = is_ready, .take = take});
  error = spool_start(fixture->spool);
  assert_int_equal(error.code, ERROR_NONE);
}

static int set_up(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
  (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/crumbtrail-spool-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  (void)pthread_mutex_init(&fixture->mutex, NULL);
  (void)pthread_cond_init(&fixture->changed, NULL);
  (void)pthread_mutex_init(&fixture->events.mutex, NULL);
  (void)pthread_cond_init(&fixture->events.changed, NULL);
  atomic_store(&fixture->events.undone_at, UNDONE_NEVER);
  assert_int_equal(pthread_create(&fixture->events.thread, NULL, give_back_all, &fixture->events), 0);
  *state = fixture;
  return 0;
}

static void stop_taker(struct taker *taker)
{
  (void)pthread_mutex_lock(&taker->mutex);
  taker->is_over = true;
  (void)pthread_cond_broadcast(&taker->changed);
  (void)pthread_mutex_unlock(&taker->mutex);
  (void)pthread_join(taker->thread, NULL);
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  char command[128];
  spool_stop_draining(fixture->spool);
  stop_taker(&fixture->events);
  spool_stop(fixture->spool);
  (void)snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
  assert_int_equal(system(command), 0);
  (void)pthread_cond_destroy(&fixture->events.changed);
  (void)pthread_mutex_destroy(&fixture->events.mutex);
  (void)pthread_cond_destroy(&fixture->changed);
  (void)pthread_mutex_destroy(&fixture->mutex);
  free(fixture);
  return 0;
}

/* ---- putting ---- */

struct put {
  struct spool_entry entry;
  struct fixture *fixture;
  char body[16];
};

static void on_put(struct spool_entry *first)
{
  while (first != NULL) {
    struct put *put = first->owner;
    struct fixture *fixture = put->fixture;
    first = first->next;
    (void)pthread_mutex_lock(&fixture->mutex);
    fixture->put++;
    fixture->kept += put->entry.is_kept ? 1 : 0;
    (void)pthread_cond_broadcast(&fixture->changed);
    (void)pthread_mutex_unlock(&fixture->mutex);
    free(put);
  }
}

static void put_numbers(struct fixture *fixture, int from, int count, uint8_t kind)
{
  for (int i = from; i < from + count; i++) {
    struct put *put = calloc(1, sizeof *put);
    int length = snprintf(put->body, sizeof put->body, "%d;", i);
    put->fixture = fixture;
    put->entry = (struct spool_entry){.kind = kind, .body = {put->body, (size_t)length}, .on_done = on_put, .owner = put};
    struct error error = spool_put(fixture->spool, &put->entry);
    assert_int_equal(error.code, ERROR_NONE);
  }
  (void)pthread_mutex_lock(&fixture->mutex);
  while (fixture->put < from + count) {
    (void)pthread_cond_wait(&fixture->changed, &fixture->mutex);
  }
  (void)pthread_mutex_unlock(&fixture->mutex);
}

/* Ends with the runner's time limit when it never comes true. */
static void wait_for_entries(struct fixture *fixture, uint64_t entries)
{
  struct spool_state state;
  do {
    (void)sched_yield();
    spool_read_state(fixture->spool, &state);
  } while (state.entries != entries);
}

/* Every number came, and none for the first time behind a later one. */
static void assert_in_order(const struct taker *taker, int count)
{
  int next = 0;
  for (int i = 0; i < taker->taken; i++) {
    assert_true(taker->order[i] <= next);
    next += taker->order[i] == next ? 1 : 0;
  }
  assert_int_equal(next, count);
}

static void test_in_and_out(void **state)
{
  struct fixture *fixture = *state;
  open_spool(fixture, 1 << 20);
  put_numbers(fixture, 0, 1500, SPOOL_EVENTS);
  assert_int_equal(fixture->kept, 1500);
  wait_for_entries(fixture, 1500);
  atomic_store(&fixture->events.is_ready, true);
  put_numbers(fixture, 1500, 100, SPOOL_EVENTS); /* while it drains */
  wait_for_entries(fixture, 0);
  assert_in_order(&fixture->events, 1600);
  assert_int_equal(fixture->events.taken, 1600);
}

static void test_what_comes_back_undone_comes_again(void **state)
{
  struct fixture *fixture = *state;
  open_spool(fixture, 1 << 20);
  atomic_store(&fixture->events.undone_at, 700);
  put_numbers(fixture, 0, 1500, SPOOL_EVENTS);
  atomic_store(&fixture->events.is_ready, true);
  wait_for_entries(fixture, 0);
  assert_in_order(&fixture->events, 1500);
  assert_true(fixture->events.taken > 1500);
}

static void test_waits_over_a_restart(void **state)
{
  struct fixture *fixture = *state;
  open_spool(fixture, 1 << 20);
  put_numbers(fixture, 0, 20, SPOOL_EVENTS);
  spool_stop_draining(fixture->spool);
  spool_stop(fixture->spool);
  open_spool(fixture, 1 << 20);
  atomic_store(&fixture->events.is_ready, true);
  wait_for_entries(fixture, 0);
  assert_in_order(&fixture->events, 20);
}

static void test_no_more_than_the_limit(void **state)
{
  struct fixture *fixture = *state;
  open_spool(fixture, 700);
  put_numbers(fixture, 0, 50, SPOOL_EVENTS);
  assert_in_range(fixture->kept, 8, 12);
  wait_for_entries(fixture, (uint64_t)fixture->kept);
  atomic_store(&fixture->events.is_ready, true);
  wait_for_entries(fixture, 0);
}

static void test_a_kind_that_nobody_takes_holds_nobody_up(void **state)
{
  struct fixture *fixture = *state;
  open_spool(fixture, 1 << 20);
  put_numbers(fixture, 0, 5, SPOOL_ANNOUNCEMENTS);
  atomic_store(&fixture->events.is_ready, true);
  put_numbers(fixture, 5, 5, SPOOL_EVENTS);
  wait_for_entries(fixture, 5);
  assert_int_equal(fixture->events.taken, 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_in_and_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_what_comes_back_undone_comes_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_waits_over_a_restart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_more_than_the_limit, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_kind_that_nobody_takes_holds_nobody_up, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
