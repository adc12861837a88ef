/* Cases in tests/cases/shadow: NAME.input has a message a line, as they come (a line `stored VERSION STATE` first: what the
 * database has, with reported, desired and metadata); NAME.expected what becomes of each shadow, a line each. */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/shadow/shadow_fold.h"
#include "server/base/clock.h"

enum { MESSAGES_MAX = 32 };

/* 2026-11-22T12:00:00Z */
static const int64_t NOW_US = INT64_C(1795348800) * 1000000;

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

static struct text member_of(const struct json *object, struct text name)
{
  const struct json *member = json_member(object, name);
  return member != NULL ? member->raw : TEXT("{}");
}

static struct shadow_state read_stored(struct arena *arena, struct text line)
{
  const struct json *root = NULL;
  struct text version;
  (void)text_split(&line, ' ', &version);
  (void)text_split(&line, ' ', &version);
  struct error error = json_parse(arena, line, JSON_LIMITS_DEFAULT, &root);
  assert_int_equal(error.code, ERROR_NONE);
  struct shadow_state state = {.vehicle_id = 1,
                               .name = TEXT(""),
                               .is_complete = true,
                               .reported = member_of(root, TEXT("reported")),
                               .desired = member_of(root, TEXT("desired")),
                               .metadata = member_of(root, TEXT("metadata"))};
  assert_true(text_to_int64(version, &state.mark.version));
  state.mark.updated_at_us = NOW_US - 1000000;
  return state;
}

static void render(struct buffer *out, const struct shadow_state *state)
{
  buffer_printf(out, "shadow \"%.*s\" version=%lld complete=%d", TEXT_ARGS(state->name), (long long)state->mark.version,
                state->is_complete);
  if (state->is_merged) {
    buffer_printf(out, " onto=%lld", (long long)state->merged_onto);
  }
  buffer_printf(out, " at=");
  buffer_append_time(out, state->mark.updated_at_us);
  buffer_printf(out, " reported=%.*s desired=%.*s delta=%.*s metadata=%.*s\n", TEXT_ARGS(state->reported),
                TEXT_ARGS(state->desired), TEXT_ARGS(state->delta), TEXT_ARGS(state->metadata));
}

static size_t read_messages(struct arena *arena, struct text input, struct shadow_item *items, struct shadow_state *stored,
                            bool *has_stored, struct buffer *out)
{
  size_t count = 0;
  for (struct text line; text_split(&input, '\n', &line);) {
    if (text_starts_with(line, TEXT("stored "))) {
      *stored = read_stored(arena, line);
      *has_stored = true;
      continue;
    }
    if (line.length == 0) {
      continue;
    }
    assert_true(count < MESSAGES_MAX);
    struct shadow_item *item = &items[count];
    enum shadow_form form = text_starts_with(line, TEXT("{\"state\"")) ? SHADOW_WHOLE : SHADOW_EVENT;
    item->vehicle_id = 1;
    item->received_at_us = NOW_US;
    if (shadow_update_read(arena, line, form, &item->update)) {
      count++;
    } else {
      buffer_printf(out, "no shadow: %.*s\n", TEXT_ARGS(line));
    }
  }
  return count;
}

static void fold(struct arena *arena, struct text input, struct buffer *out)
{
  struct shadow_item items[MESSAGES_MAX];
  struct shadow_state stored;
  bool has_stored = false;
  size_t count = read_messages(arena, input, items, &stored, &has_stored, out);
  shadow_items_sort(items, count);
  for (size_t i = 0; i < count;) {
    struct shadow_state state;
    size_t run = shadow_items_run(items + i, count - i);
    bool is_classic = items[i].update.name.length == 0;
    if (shadow_fold(arena, items + i, run, has_stored && is_classic ? &stored : NULL, &state)) {
      render(out, &state);
    } else {
      buffer_printf(out, "shadow \"%.*s\" unchanged\n", TEXT_ARGS(items[i].update.name));
    }
    i += run;
  }
}

static int check_case(const char *input_path)
{
  struct arena *arena = arena_new(1 << 16);
  struct buffer out = {0};
  size_t stem = strlen(input_path) - strlen(".input");
  fold(arena, read_file(arena, input_path), &out);
  const char *expected_path = arena_printf(arena, "%.*s.expected", (int)stem, input_path);
  bool is_same = text_equal(buffer_text(&out), read_file(arena, expected_path));
  if (!is_same) {
    print_error("%s gives:\n%.*s", input_path, (int)out.length, out.data);
    if (getenv("CRUMBTRAIL_WRITE_EXPECTED") != NULL) {
      FILE *file = fopen(expected_path, "wb");
      (void)fwrite(out.data, 1, out.length, file);
      (void)fclose(file);
    }
  }
  buffer_free(&out);
  arena_free(arena);
  return is_same ? 0 : 1;
}

static void cases_come_out_as_written(void **state)
{
  (void)state;
  DIR *folder = opendir(CASES_FOLDER "/shadow");
  int cases = 0;
  int failures = 0;
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (text_ends_with(text_from(entry->d_name), TEXT(".input"))) {
      char path[512];
      (void)snprintf(path, sizeof path, "%s/shadow/%s", CASES_FOLDER, entry->d_name);
      failures += check_case(path);
      cases++;
    }
  }
  (void)closedir(folder);
  assert_true(cases >= 12);
  assert_int_equal(failures, 0);
}

static void versions_order_and_time_decides_beyond_two_days(void **state)
{
  (void)state;
  const int64_t hour_us = INT64_C(3600) * 1000000;
  const struct shadow_mark kept = {10, NOW_US};
  assert_true(shadow_is_after((struct shadow_mark){11, NOW_US}, kept));
  assert_true(shadow_is_after((struct shadow_mark){11, NOW_US - hour_us}, kept));
  assert_false(shadow_is_after((struct shadow_mark){10, NOW_US + hour_us}, kept));
  assert_false(shadow_is_after((struct shadow_mark){9, NOW_US + 48 * hour_us}, kept));
  assert_true(shadow_is_after((struct shadow_mark){1, NOW_US + 48 * hour_us + 1}, kept));
  assert_false(shadow_is_after((struct shadow_mark){5000, NOW_US - 49 * hour_us}, kept));
}

static void names_are_judged(void **state)
{
  (void)state;
  char longest[SHADOW_NAME_MAX + 1];
  memset(longest, 'a', sizeof longest);
  assert_true(shadow_is_name(TEXT("$config:1_a-B")));
  assert_true(shadow_is_name((struct text){longest, SHADOW_NAME_MAX}));
  assert_false(shadow_is_name((struct text){longest, SHADOW_NAME_MAX + 1}));
  assert_false(shadow_is_name(TEXT("")));
  assert_false(shadow_is_name(TEXT("a/b")));
  assert_false(shadow_is_name((struct text){"a\0b", 3}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cases_come_out_as_written),
      cmocka_unit_test(versions_order_and_time_decides_beyond_two_days),
      cmocka_unit_test(names_are_judged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
