/* Whatever bytes come: the reader refuses them with a reason, or makes a tree whose written form reads back as the same tree.
 */
#include <stdint.h>
#include <stdlib.h>

#include "server/json/broken.h"
#include "server/json/reader.h"
#include "server/json/writer.h"

static void require(bool holds)
{
  if (!holds) {
    abort();
  }
}

/* The raw bytes of a value lie within those of its parent, behind those of its elder sibling. */
static void check_raw(const struct json *value, const char *from, const char *end)
{
  require(value->raw.length > 0 && value->raw.data >= from && value->raw.data + value->raw.length <= end);
  uint32_t count = 0;
  const char *at = value->raw.data + 1;
  JSON_EACH (child, value) {
    require(child->parent == value && child->index == count++);
    check_raw(child, at, value->raw.data + value->raw.length - 1);
    at = child->raw.data + child->raw.length;
  }
  require(count == value->count);
}

static void check_same(const struct json *a, const struct json *b)
{
  require(a->type == b->type && a->boolean == b->boolean && a->count == b->count);
  require(text_equal(a->key, b->key) && text_equal(a->text, b->text) && text_is_utf8(a->text));
  const struct json *other = b->first;
  JSON_EACH (child, a) {
    require(other != NULL);
    check_same(child, other);
    require(a->type != JSON_OBJECT || json_member(a, child->key) == child);
    other = other->next;
  }
  require(other == NULL);
}

static void check_reads(const struct json *value)
{
  double real;
  int64_t whole;
  char path[48];
  json_path(value, path, sizeof path);
  require(text_is_utf8(text_from(path)));
  if (json_lenient_int64(value, &whole)) {
    require(json_lenient_double(value, &real));
  }
  JSON_EACH (child, value) {
    check_reads(child);
  }
}

static void check_tree(struct arena *arena, const struct json *value)
{
  check_raw(value, value->raw.data, value->raw.data + value->raw.length);
  check_reads(value);
  struct buffer out = {0};
  struct json_writer writer = json_writer_to(&out);
  json_value(&writer, value);
  const struct json *again;
  struct error error = json_parse(arena, buffer_text(&out), JSON_LIMITS_DEFAULT, &again);
  require(error.code == ERROR_NONE);
  check_same(value, again);
  struct buffer twice = {0};
  writer = json_writer_to(&twice);
  json_value(&writer, again);
  require(text_equal(buffer_text(&out), buffer_text(&twice)));
  buffer_free(&out);
  buffer_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena *arena = arena_new(4096);
  struct text input = {(const char *)data, size};
  const struct json *value;
  struct error error = json_parse(arena, input, JSON_LIMITS_DEFAULT, &value);
  require((value != NULL) == (error.code == ERROR_NONE));
  if (value != NULL) {
    check_tree(arena, value);
  }
  struct text rest = input;
  struct json_broken broken = {0};
  do {
    size_t before = rest.length;
    error = json_parse_next(arena, &rest, JSON_LIMITS_DEFAULT, &value);
    if (error.code != ERROR_NONE) {
      struct text cut;
      require(text_is_utf8(text_from(error.detail)));
      (void)json_broken_cut(&broken, &rest, false, &cut);
      require(cut.length > 0 && cut.data + cut.length <= rest.data);
    }
    require(rest.length < before || rest.length == 0);
    if (value != NULL) {
      check_tree(arena, value);
    }
  } while (rest.length > 0);
  arena_free(arena);
  return 0;
}
