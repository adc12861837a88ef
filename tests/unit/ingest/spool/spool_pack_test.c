/* Packs of the spool's file: what comes back, how many fit, and bytes that are no pack any more. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/spool/spool_pack.h"

enum { COUNT = 5 };

static struct spool_entry *make(struct arena *arena, uint8_t kind, struct text body)
{
  struct spool_entry *entry = arena_alloc(arena, sizeof *entry);
  *entry = (struct spool_entry){.kind = kind,
                                .source = 3,
                                .is_continuation = true,
                                .vehicle_hint = TEXT("hint"),
                                .request_id = TEXT("a request"),
                                .body = body,
                                .received_at_us = 1700000000000000 + (int64_t)body.length};
  return entry;
}

static struct buffer pack_of(struct arena *arena, struct spool_entry **entries)
{
  struct buffer pack = {0};
  for (size_t i = 0; i < COUNT; i++) {
    entries[i] = make(arena, SPOOL_EVENTS, text_from(arena_printf(arena, "{\"number\":%zu}", i * 1000)));
  }
  entries[2]->vehicle_hint = entries[2]->request_id = entries[2]->body = (struct text){NULL, 0};
  entries[2]->is_continuation = false;
  spool_pack_write(entries, COUNT, &pack);
  return pack;
}

static void assert_same(const struct spool_entry *read, const struct spool_entry *written)
{
  assert_int_equal(read->source, written->source);
  assert_int_equal(read->is_continuation, written->is_continuation);
  assert_true(read->received_at_us == written->received_at_us);
  assert_true(text_equal(read->vehicle_hint, written->vehicle_hint));
  assert_true(text_equal(read->request_id, written->request_id));
  assert_true(text_equal(read->body, written->body));
}

static void test_comes_back(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct spool_entry *written[COUNT];
  struct spool_entry *read[COUNT];
  struct buffer pack = pack_of(arena, written);
  assert_int_equal(spool_pack_read(buffer_text(&pack), COUNT, SPOOL_EVENTS, 70, 0, arena, read), COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    assert_same(read[i], written[i]);
    assert_int_equal(read[i]->kind, SPOOL_EVENTS);
    assert_int_equal(read[i]->entry_id, 70 + (int64_t)i);
  }
  buffer_free(&pack);
  arena_free(arena);
}

/* Wherever it ends too early: what is whole comes, and the rest as one that has the last number. */
static void test_cut(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct spool_entry *written[COUNT];
  struct spool_entry *read[COUNT];
  struct buffer pack = pack_of(arena, written);
  for (size_t length = 0; length < pack.length; length++) {
    char *exact = malloc(length + 1);
    memcpy(exact, pack.data, length);
    size_t count = spool_pack_read((struct text){exact, length}, COUNT, SPOOL_EVENTS, 1, 77, arena, read);
    free(exact);
    assert_in_range(count, 1, COUNT);
    size_t bytes = 0;
    for (size_t i = 0; i + 1 < count; i++) {
      assert_same(read[i], written[i]);
      bytes += 22 + read[i]->body.length + read[i]->vehicle_hint.length + read[i]->request_id.length;
    }
    assert_int_equal(read[count - 1]->entry_id, COUNT);
    assert_true(read[count - 1]->received_at_us == 77);
    assert_int_equal(bytes + read[count - 1]->body.length, length);
  }
  buffer_free(&pack);
  arena_free(arena);
}

static void test_garbled(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct spool_entry *written[COUNT];
  struct spool_entry *read[COUNT];
  struct buffer pack = pack_of(arena, written);
  for (size_t at = 0; at < pack.length; at++) {
    for (int bit = 0; bit < 8; bit++) {
      pack.data[at] = (char)(pack.data[at] ^ (1 << bit));
      size_t count = spool_pack_read(buffer_text(&pack), COUNT, SPOOL_EVENTS, 1, 0, arena, read);
      assert_in_range(count, 1, COUNT);
      assert_int_equal(read[count - 1]->entry_id, COUNT);
      for (size_t i = 0; i < count; i++) {
        assert_in_range(read[i]->source, 0, 5);
        assert_true(read[i]->body.length <= pack.length);
      }
      pack.data[at] = (char)(pack.data[at] ^ (1 << bit));
    }
  }
  buffer_free(&pack);
  arena_free(arena);
}

static void test_how_many_fit(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct spool_entry *entries[100];
  struct text large = {arena_alloc(arena, SPOOL_PACK_BYTES_MAX), SPOOL_PACK_BYTES_MAX};
  for (size_t i = 0; i < 100; i++) {
    entries[i] = make(arena, SPOOL_EVENTS, TEXT("{}"));
  }
  assert_int_equal(spool_pack_length(entries, 7), 7);
  assert_int_equal(spool_pack_length(entries, 100), SPOOL_PACK_ENTRIES_MAX);
  entries[5]->kind = SPOOL_ANNOUNCEMENTS;
  assert_int_equal(spool_pack_length(entries, 100), 5);
  assert_int_equal(spool_pack_length(entries + 5, 95), 1);
  entries[3]->body = large;
  assert_int_equal(spool_pack_length(entries, 100), 3);
  assert_int_equal(spool_pack_length(entries + 3, 97), 1);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_comes_back),
      cmocka_unit_test(test_cut),
      cmocka_unit_test(test_garbled),
      cmocka_unit_test(test_how_many_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
