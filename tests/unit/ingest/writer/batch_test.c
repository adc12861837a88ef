/* What a batch is made of, without a database: sorting, repeats, positions, since when a vehicle is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ingest/writer/batch.h"
#include "ingest/writer/batch_commit.h"
#include "ingest/writer/batch_parameters.h"
#include "ingest/events/rejected.h"
#include "ingest/writer/vehicle_registry.h"

struct fixture {
  struct arena *arena;
  struct vehicle_registry *registry;
  struct breadcrumb breadcrumbs[16];
  struct delivery deliveries[16];
  struct delivery *list[16];
  size_t count;
  struct batch batch;
};

static struct fixture fixture_make(void)
{
  struct fixture fixture = {.arena = arena_new(4096), .registry = vehicle_registry_new()};
  (void)vehicle_registry_add(fixture.registry, TEXT("a"), 2);
  (void)vehicle_registry_add(fixture.registry, TEXT("b"), 1);
  return fixture;
}

static void fixture_free(struct fixture *fixture)
{
  arena_free(fixture->arena);
  vehicle_registry_free(fixture->registry);
}

static void deliver(struct fixture *fixture, const char *vehicle, int64_t at_us, int64_t version, float speed_kmh)
{
  size_t i = fixture->count++;
  fixture->breadcrumbs[i] =
      (struct breadcrumb){.vehicle = text_from(vehicle), .recorded_at_us = at_us, .version = version, .speed_kmh = speed_kmh};
  fixture->deliveries[i] = (struct delivery){.breadcrumbs = &fixture->breadcrumbs[i], .breadcrumb_count = 1};
  fixture->list[i] = &fixture->deliveries[i];
}

static void make(struct fixture *fixture)
{
  batch_make(fixture->arena, fixture->list, fixture->count, fixture->registry, &fixture->batch);
}

static void test_sorted_and_each_once(void **state)
{
  (void)state;
  struct fixture fixture = fixture_make();
  deliver(&fixture, "a", 20, 1, 10);
  deliver(&fixture, "a", 10, 2, 10);
  deliver(&fixture, "b", 30, 0, 10);
  deliver(&fixture, "a", 10, 1, 10);
  deliver(&fixture, "a", 20, 1, 99);
  make(&fixture);
  assert_int_equal(fixture.batch.row_count, 4);
  assert_int_equal(fixture.batch.repeated_count, 1);
  assert_int_equal(fixture.batch.rows[0].vehicle->vehicle_id, 1);
  assert_int_equal(fixture.batch.rows[1].key.version, 1);
  assert_int_equal(fixture.batch.rows[2].key.version, 2);
  assert_true(fixture.batch.rows[3].breadcrumb->speed_kmh < 11); /* the first that came stays */
  assert_int_equal(fixture.deliveries[4].duplicate_count, 1);
  assert_int_equal(fixture.deliveries[0].duplicate_count, 0);
  fixture_free(&fixture);
}

static void test_positions(void **state)
{
  (void)state;
  struct fixture fixture = fixture_make();
  struct position_candidate candidates[16];
  struct vehicle_state *a = vehicle_registry_find(fixture.registry, TEXT("a"));
  a->has_position = true;
  a->position = (struct breadcrumb_key){15, 0};
  a->slow_since_us = 12;
  deliver(&fixture, "a", 10, 0, 50); /* older than the position */
  deliver(&fixture, "a", 20, 0, 1);
  deliver(&fixture, "a", 30, 0, 0);
  deliver(&fixture, "a", 40, 0, 50);
  deliver(&fixture, "b", 10, 0, 30);
  deliver(&fixture, "b", 20, 0, 2);
  deliver(&fixture, "b", 30, 0, 2);
  make(&fixture);
  fixture.batch.rows[6].flags = FLAG_JUMP; /* a at 40 */
  assert_int_equal(batch_position_candidates(&fixture.batch, candidates), 2);
  assert_int_equal(candidates[0].row->key.recorded_at_us, 30);
  assert_int_equal(candidates[0].ordinal, 3);
  assert_int_equal(candidates[0].slow_since_us, 20); /* it had moved before */
  assert_int_equal(candidates[1].row->key.recorded_at_us, 30);
  assert_int_equal(candidates[1].ordinal, 6);
  assert_int_equal(candidates[1].slow_since_us, 12); /* slow all the while */
  fixture.batch.rows[0].exists = true;
  assert_int_equal(batch_new_row_count(&fixture.batch), 6);
  (void)batch_position_candidates(&fixture.batch, candidates);
  assert_int_equal(candidates[0].ordinal, 2);
  fixture_free(&fixture);
}

static void test_registry_grows(void **state)
{
  (void)state;
  struct vehicle_registry *registry = vehicle_registry_new();
  char name[32];
  for (int i = 0; i < 5000; i++) {
    (void)snprintf(name, sizeof name, "iotfleet_%d", i);
    (void)vehicle_registry_add(registry, text_from(name), i);
  }
  for (int i = 0; i < 5000; i++) {
    (void)snprintf(name, sizeof name, "iotfleet_%d", i);
    assert_int_equal(vehicle_registry_find(registry, text_from(name))->vehicle_id, i);
  }
  assert_null(vehicle_registry_find(registry, TEXT("iotfleet_5000")));
  vehicle_registry_forget(registry);
  assert_null(vehicle_registry_find(registry, TEXT("iotfleet_1")));
  vehicle_registry_free(registry);
}

static void test_rejected(void **state)
{
  (void)state;
  static const unsigned char sha256_abc_start[4] = {0xba, 0x78, 0x16, 0xbf};
  unsigned char digest[REJECTED_DIGEST_BYTES];
  rejected_digest(TEXT("abc"), TEXT(""), digest);
  assert_memory_equal(digest, sha256_abc_start, 4);
  unsigned char hinted[REJECTED_DIGEST_BYTES];
  rejected_digest(TEXT("abc"), TEXT("van_1"), hinted);
  assert_memory_not_equal(digest, hinted, sizeof digest);
  rejected_digest(TEXT("abc"), TEXT("van_2"), digest);
  assert_memory_not_equal(digest, hinted, sizeof digest);
  assert_true(text_equal(rejected_storable(TEXT("gr\xc3\xbc\xc3")), TEXT("gr\xc3\xbc")));
  assert_true(text_equal(rejected_storable(TEXT("ab\0cd")), TEXT("ab")));
  assert_true(text_equal(rejected_storable(TEXT("")), TEXT("")));
}

static void test_errors_of_data(void **state)
{
  (void)state;
  struct error error = error_make(ERROR_DATABASE_REFUSED, "no");
  memcpy(error.sqlstate, "22003", 6);
  assert_true(batch_error_is_of_data(&error));
  memcpy(error.sqlstate, "53100", 6);
  assert_false(batch_error_is_of_data(&error));
  error.code = ERROR_DATABASE_AWAY;
  memcpy(error.sqlstate, "22003", 6);
  assert_false(batch_error_is_of_data(&error));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sorted_and_each_once), cmocka_unit_test(test_positions),
      cmocka_unit_test(test_registry_grows),       cmocka_unit_test(test_rejected),
      cmocka_unit_test(test_errors_of_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
