/* The file of the spool: order, kinds, totals over a reopening, the lock, and what is damaged. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/spool/spool_file.h"
#include "ingest/spool/spool_pack.h"
#include "server/log.h"

struct fixture {
  struct arena *arena;
  char folder[64];
  struct spool_file *file;
  int damaged;
};

static void reopen(struct fixture *fixture)
{
  spool_file_close(fixture->file);
  struct error error = spool_file_open(fixture->arena, fixture->folder, &fixture->file, &fixture->damaged);
  assert_string_equal(error.detail, "");
}

static int set_up(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  fixture->arena = arena_new(4096);
  (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/crumbtrail-spool-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
  reopen(fixture);
  *state = fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  char command[128];
  spool_file_close(fixture->file);
  (void)snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
  assert_int_equal(system(command), 0);
  arena_free(fixture->arena);
  free(fixture);
  return 0;
}

static void put(struct fixture *fixture, uint8_t kind, const char *body)
{
  struct spool_entry entry = {.kind = kind,
                              .source = 3,
                              .is_continuation = true,
                              .vehicle_hint = TEXT("hint"),
                              .request_id = TEXT("id"),
                              .body = text_from(body),
                              .received_at_us = 1700000000000000 + body[0]};
  struct spool_entry *entries[] = {&entry};
  struct error error = spool_file_put(fixture->file, entries, 1);
  assert_string_equal(error.detail, "");
}

static size_t read_all(struct fixture *fixture, uint8_t kind, int64_t after_id, struct spool_entry **entries)
{
  size_t count = 0;
  struct error error = spool_file_read(fixture->file, kind, after_id, 8, 1 << 20, fixture->arena, entries, &count);
  assert_string_equal(error.detail, "");
  return count;
}

static void assert_body(const struct spool_entry *entry, const char *body)
{
  assert_true(text_equal(entry->body, text_from(body)));
}

static void test_order_and_kinds(void **state)
{
  struct fixture *fixture = *state;
  struct spool_entry *entries[8];
  put(fixture, SPOOL_EVENTS, "a");
  put(fixture, SPOOL_ANNOUNCEMENTS, "b");
  put(fixture, SPOOL_EVENTS, "c");
  reopen(fixture);
  assert_int_equal(read_all(fixture, SPOOL_EVENTS, 0, entries), 2);
  assert_body(entries[0], "a");
  assert_body(entries[1], "c");
  assert_int_equal(entries[0]->source, 3);
  assert_true(entries[0]->is_continuation);
  assert_true(text_equal(entries[0]->vehicle_hint, TEXT("hint")));
  assert_true(text_equal(entries[0]->request_id, TEXT("id")));
  assert_true(entries[0]->received_at_us == 1700000000000000 + 'a');
  assert_int_equal(read_all(fixture, SPOOL_EVENTS, entries[0]->entry_id, entries), 1);
  assert_int_equal(read_all(fixture, SPOOL_ANNOUNCEMENTS, 0, entries), 1);
  assert_body(entries[0], "b");
}

static void test_bounds_of_a_read(void **state)
{
  struct fixture *fixture = *state;
  struct spool_entry *entries[8];
  size_t count = 0;
  put(fixture, SPOOL_EVENTS, "0123456789");
  put(fixture, SPOOL_EVENTS, "1");
  put(fixture, SPOOL_EVENTS, "2");
  struct error error = spool_file_read(fixture->file, SPOOL_EVENTS, 0, 2, 100, fixture->arena, entries, &count);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(count, 2);
  error = spool_file_read(fixture->file, SPOOL_EVENTS, 0, 8, 4, fixture->arena, entries, &count);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(count, 1); /* larger than the bound, and yet it comes */
}

static void test_totals(void **state)
{
  struct fixture *fixture = *state;
  struct spool_entry *entries[8];
  int64_t oldest_us = -1;
  uint64_t gone = 0;
  put(fixture, SPOOL_EVENTS, "abc");
  put(fixture, SPOOL_EVENTS, "d\xC3\xA9");
  uint64_t bytes = spool_file_totals(fixture->file)->bytes;
  reopen(fixture);
  assert_true(spool_file_totals(fixture->file)->bytes == bytes);
  assert_true(spool_file_totals(fixture->file)->entries[SPOOL_EVENTS] == 2);
  assert_int_equal(read_all(fixture, SPOOL_EVENTS, 0, entries), 2);
  assert_true(spool_entry_bytes(entries[0]) + spool_entry_bytes(entries[1]) == bytes);
  struct error error = spool_file_delete(fixture->file, SPOOL_EVENTS, entries[0]->entry_id, &gone);
  assert_int_equal(error.code, ERROR_NONE);
  error = spool_file_oldest(fixture->file, &oldest_us);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(oldest_us == entries[1]->received_at_us);
  error = spool_file_delete(fixture->file, SPOOL_EVENTS, entries[1]->entry_id, &gone);
  assert_int_equal(error.code, ERROR_NONE);
  error = spool_file_oldest(fixture->file, &oldest_us);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(oldest_us == 0);
  assert_true(spool_file_totals(fixture->file)->bytes == 0);
}

static void test_numbers_go_on(void **state)
{
  struct fixture *fixture = *state;
  struct spool_entry *entries[8];
  put(fixture, SPOOL_EVENTS, "a");
  assert_int_equal(read_all(fixture, SPOOL_EVENTS, 0, entries), 1);
  int64_t first_id = entries[0]->entry_id;
  uint64_t gone = 0;
  struct error error = spool_file_delete(fixture->file, SPOOL_EVENTS, first_id, &gone);
  assert_int_equal(error.code, ERROR_NONE);
  put(fixture, SPOOL_EVENTS, "b");
  assert_int_equal(read_all(fixture, SPOOL_EVENTS, first_id, entries), 1);
}

/* Many that are put together share packs: it is read on from any of them, and what has to stay keeps its neighbours. */
static void test_packs(void **state)
{
  enum { MANY = 100, TOGETHER = SPOOL_PACK_ENTRIES_MAX };
  struct fixture *fixture = *state;
  struct spool_entry put_entries[MANY];
  struct spool_entry *entries[MANY];
  size_t count = 0;
  uint64_t gone = 0;
  for (int i = 0; i < MANY; i++) {
    uint8_t kind = i == 50 ? SPOOL_ANNOUNCEMENTS : SPOOL_EVENTS;
    const char *body = arena_printf(fixture->arena, "body %d", i);
    put_entries[i] = (struct spool_entry){.kind = kind, .source = 1, .body = text_from(body), .received_at_us = i};
    entries[i] = &put_entries[i];
  }
  struct error error = spool_file_put(fixture->file, entries, MANY);
  assert_int_equal(error.code, ERROR_NONE);
  reopen(fixture);
  assert_true(spool_file_totals(fixture->file)->entries[SPOOL_EVENTS] == MANY - 1);
  for (int64_t after_id = 0; after_id < MANY; after_id++) {
    error = spool_file_read(fixture->file, SPOOL_EVENTS, after_id, MANY, 1 << 20, fixture->arena, entries, &count);
    assert_int_equal(error.code, ERROR_NONE);
    assert_int_equal(count, MANY - after_id - (after_id <= 50 ? 1 : 0));
    assert_int_equal(entries[0]->entry_id, after_id == 50 ? 52 : after_id + 1);
    assert_int_equal(entries[count - 1]->entry_id, MANY);
    assert_body(entries[0], arena_printf(fixture->arena, "body %d", (int)entries[0]->entry_id - 1));
  }
  error = spool_file_read(fixture->file, SPOOL_EVENTS, 0, 40, 1 << 20, fixture->arena, entries, &count);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(count, TOGETHER); /* the next pack would be too much */
  error = spool_file_delete(fixture->file, SPOOL_EVENTS, TOGETHER + 3, &gone);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(gone == TOGETHER);
  assert_true(spool_file_totals(fixture->file)->entries[SPOOL_EVENTS] == MANY - 1 - TOGETHER);
  error = spool_file_delete(fixture->file, SPOOL_EVENTS, MANY, &gone);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(gone == MANY - 1 - TOGETHER);
  assert_true(spool_file_totals(fixture->file)->entries[SPOOL_ANNOUNCEMENTS] == 1);
}

static void test_belongs_to_one(void **state)
{
  struct fixture *fixture = *state;
  struct spool_file *second = NULL;
  int damaged = 0;
  struct error error = spool_file_open(fixture->arena, fixture->folder, &second, &damaged);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_string_equal(error.field, "data");
  assert_non_null(strstr(error.detail, "in use by another crumbtrail"));
  assert_null(second);
}

static void test_foreign_bytes_are_moved_aside(void **state)
{
  struct fixture *fixture = *state;
  char path[128];
  spool_file_close(fixture->file);
  fixture->file = NULL;
  (void)snprintf(path, sizeof path, "%s/spool.sqlite", fixture->folder);
  FILE *file = fopen(path, "w");
  for (int i = 0; i < 1000; i++) {
    (void)fputs("no database ", file);
  }
  (void)fclose(file);
  reopen(fixture);
  assert_int_equal(fixture->damaged, 1);
  put(fixture, SPOOL_EVENTS, "a");
}

static void test_newer_file_is_left_alone(void **state)
{
  struct fixture *fixture = *state;
  struct spool_file *opened = NULL;
  int damaged = 0;
  char path[128];
  unsigned char version[4] = {0, 0, 0, 9};
  spool_file_close(fixture->file);
  fixture->file = NULL;
  (void)snprintf(path, sizeof path, "%s/spool.sqlite", fixture->folder);
  FILE *file = fopen(path, "r+");
  assert_int_equal(fseek(file, 60, SEEK_SET), 0); /* user_version in the header of SQLite's format */
  assert_int_equal(fwrite(version, 1, sizeof version, file), sizeof version);
  (void)fclose(file);
  struct error error = spool_file_open(fixture->arena, fixture->folder, &opened, &damaged);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_non_null(strstr(error.detail, "written by a newer crumbtrail"));
  assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_order_and_kinds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_bounds_of_a_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_totals, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_numbers_go_on, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_packs, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_belongs_to_one, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_foreign_bytes_are_moved_aside, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_newer_file_is_left_alone, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
