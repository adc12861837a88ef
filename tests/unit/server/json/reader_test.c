#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/json/reader.h"
#include "server/json/writer.h"

static int hex(char byte)
{
  return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* <HH> stands for a byte. The result has no byte behind its end, so that a sanitizer sees every read too far. */
static struct text unescape(struct text slice)
{
  char *out = malloc(slice.length);
  size_t length = 0;
  for (size_t i = 0; i < slice.length; i++) {
    bool byte = slice.length - i >= 4 && slice.data[i] == '<' && hex(slice.data[i + 1]) >= 0 && slice.data[i + 3] == '>';
    out[length++] = byte ? (char)(hex(slice.data[i + 1]) * 16 + hex(slice.data[i + 2])) : slice.data[i];
    i += byte ? 3 : 0;
  }
  char *exact = malloc(length > 0 ? length : 1);
  memcpy(exact, out, length);
  free(out);
  return (struct text){exact, length};
}

static void check_case(struct text line, int number)
{
  struct text answer;
  struct text written;
  struct text rest = line;
  assert_true(text_split(&rest, '\t', &answer));
  text_split(&rest, '\t', &written);
  struct text input = unescape(written);
  struct text expected = unescape(rest);
  struct arena *arena = arena_new(1024);
  const struct json *value;
  struct error error = json_parse(arena, input, JSON_LIMITS_DEFAULT, &value);
  struct buffer out = {0};
  if (error.code == ERROR_NONE) {
    struct json_writer writer = json_writer_to(&out);
    json_value(&writer, value);
  } else {
    buffer_append_text(&out, text_from(error.detail));
  }
  bool accepted = error.code == ERROR_NONE;
  bool right = accepted == text_equal(answer, TEXT("yes"));
  if (right && accepted) {
    right = text_equal(buffer_text(&out), expected) && value->raw.length > 0;
  } else if (right) {
    right = memmem(out.data, out.length, expected.data, expected.length) != NULL && value == NULL;
  }
  if (!right) {
    fail_msg("values.txt:%d: %.*s\n  -> %.*s", number, TEXT_ARGS(line), TEXT_ARGS(buffer_text(&out)));
  }
  buffer_free(&out);
  arena_free(arena);
  free((char *)input.data);
  free((char *)expected.data);
}

static void test_cases(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/json/values.txt", "r");
  assert_non_null(file);
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  int number = 0;
  while ((length = getline(&line, &capacity, file)) > 0) {
    number++;
    length -= line[length - 1] == '\n';
    if (length > 0 && line[0] != '#') {
      check_case((struct text){line, (size_t)length}, number);
    }
  }
  assert_true(number > 90);
  free(line);
  fclose(file);
}

static const struct json *parse(struct arena *arena, const char *input)
{
  const struct json *value;
  struct error error = json_parse(arena, text_from(input), JSON_LIMITS_DEFAULT, &value);
  assert_int_equal(error.code, ERROR_NONE);
  return value;
}

static void test_tree(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  const char *input = "[0, {\"a b\" : [ 1 , {\"lat\":  -4.5 }], \"t\":\"x\\n\"} ]";
  const struct json *root = parse(arena, input);
  assert_true(text_equal(root->raw, text_from(input)));
  assert_int_equal(root->count, 2);
  const struct json *object = json_element(root, 1);
  assert_true(text_equal(object->raw, TEXT("{\"a b\" : [ 1 , {\"lat\":  -4.5 }], \"t\":\"x\\n\"}")));
  const struct json *array = json_member(object, TEXT("a b"));
  assert_true(text_equal(array->raw, TEXT("[ 1 , {\"lat\":  -4.5 }]")));
  const struct json *lat = json_member(json_element(array, 1), TEXT("lat"));
  assert_true(text_equal(lat->raw, TEXT("-4.5")) && lat->text.data > input && lat->text.data < input + strlen(input));
  const struct json *text = json_member(object, TEXT("t"));
  assert_true(text_equal(text->text, TEXT("x\n")) && text_equal(text->raw, TEXT("\"x\\n\"")));
  assert_int_equal(text->index, 1);
  char path[64];
  json_path(lat, path, sizeof path);
  assert_string_equal(path, "[1][\"a b\"][1].lat");
  json_path(text, path, sizeof path);
  assert_string_equal(path, "[1].t");
  json_path(root, path, sizeof path);
  assert_string_equal(path, "$");
  json_path(lat, path, 6);
  assert_string_equal(path, "[1][\"");
  assert_null(json_member(array, TEXT("lat")));
  assert_null(json_member(NULL, TEXT("lat")));
  assert_null(json_member(object, TEXT("no")));
  assert_null(json_element(array, 2));
  assert_null(json_element(object, 0));
  arena_free(arena);
}

static void test_path_cuts_whole_characters(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  const struct json *member = parse(arena, "{\"aé\\\"\":1}")->first;
  char path[16];
  json_path(member, path, sizeof path);
  assert_string_equal(path, "[\"aé?\"]");
  json_path(member, path, 5);
  assert_string_equal(path, "[\"a");
  arena_free(arena);
}

static void expect_next(struct arena *arena, struct text *rest, const char *expected)
{
  const struct json *value;
  struct error error = json_parse_next(arena, rest, JSON_LIMITS_DEFAULT, &value);
  assert_int_equal(error.code, ERROR_NONE);
  if (expected == NULL) {
    assert_null(value);
    assert_int_equal(rest->length, 0);
    return;
  }
  assert_non_null(value);
  assert_true(text_equal(value->raw, text_from(expected)));
}

static void test_several_values(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct text rest = TEXT(" {\"a\":1}{\"b\":2}\n, [3]\"x\"true 12,-1.5[] 42");
  const char *expected[] = {"{\"a\":1}", "{\"b\":2}", "[3]", "\"x\"", "true", "12", "-1.5", "[]", "42", NULL, NULL};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    expect_next(arena, &rest, expected[i]);
  }
  rest = (struct text){NULL, 0};
  expect_next(arena, &rest, NULL);
  const char *bad[] = {"{}  12{]", "{} 12abc", "{} truefalse", "{},{\"a\" 1}", "{} 1-2", "{} ]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rest = text_from(bad[i]);
    const struct json *value;
    struct error error = error_none();
    while (error.code == ERROR_NONE && rest.length > 0) {
      error = json_parse_next(arena, &rest, JSON_LIMITS_DEFAULT, &value);
    }
    assert_int_equal(error.code, ERROR_BAD_INPUT);
    assert_null(value);
    assert_true(rest.length > 0 && rest.data[0] != ' ');
  }
  arena_free(arena);
}

static void test_limits(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  const struct json *value;
  struct json_limits limits = {2, 3, 5};
  struct error error = json_parse(arena, TEXT("{\"a\":[1,2,3]}"), limits, &value);
  assert_int_equal(error.code, ERROR_NONE);
  error = json_parse(arena, TEXT("{\"a\":[1,2,3,4]}"), limits, &value);
  assert_non_null(strstr(error.detail, "more than 5 values"));
  error = json_parse(arena, TEXT("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}"), limits, &value);
  assert_non_null(strstr(error.detail, "more than 3 members"));
  error = json_parse(arena, TEXT("[[[]]]"), limits, &value);
  assert_non_null(strstr(error.detail, "deeper than 2"));
  limits.depth_max = 1000;
  limits.values_max = 1000;
  char deep[130];
  memset(deep, '[', 65);
  memset(deep + 65, ']', 65);
  error = json_parse(arena, (struct text){deep, 130}, limits, &value);
  assert_non_null(strstr(error.detail, "deeper than 64"));
  error = json_parse(arena, (struct text){deep + 1, 128}, limits, &value);
  assert_int_equal(error.code, ERROR_NONE);
  arena_free(arena);
}

static void test_many_members(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  struct buffer buffer = {0};
  for (int i = 0; i < 1000; i++) {
    buffer_printf(&buffer, "%s\"key%d\":%d", i == 0 ? "{" : ",", i, i);
  }
  size_t length = buffer.length;
  buffer_append_char(&buffer, '}');
  const struct json *value;
  struct error error = json_parse(arena, buffer_text(&buffer), JSON_LIMITS_DEFAULT, &value);
  assert_int_equal(error.code, ERROR_NONE);
  int64_t number;
  assert_true(json_lenient_int64(json_member(value, TEXT("key999")), &number) && number == 999);
  for (int i = 0; i < 999; i += 37) {
    buffer.length = length - strlen(",\"key999\":999");
    buffer_printf(&buffer, ",\"key%d\":0}", i);
    error = json_parse(arena, buffer_text(&buffer), JSON_LIMITS_DEFAULT, &value);
    assert_non_null(strstr(error.detail, "stands twice"));
  }
  buffer_free(&buffer);
  arena_free(arena);
}

static void test_typed_reads(void **state)
{
  (void)state;
  struct arena *arena = arena_new(4096);
  const struct json *root = parse(
      arena,
      "{\"lat\":91,\"n\":1e3,\"f\":1.5,\"b\":true,\"s\":\"text\",\"q\":\" 45 \",\"big\":9223372036854775807,\"huge\":1e400}");
  double real = 0;
  struct error error = json_read_double(json_member(root, TEXT("lat")), -90, 90, &real);
  assert_int_equal(error.code, ERROR_BAD_INPUT);
  assert_string_equal(error.field, "lat");
  assert_string_equal(error.detail, "expected a number from -90 to 90");
  assert_int_equal(json_read_double(json_member(root, TEXT("f")), 0, 2, &real).code, ERROR_NONE);
  assert_true(real == 1.5);
  assert_int_equal(json_read_double(json_member(root, TEXT("huge")), 0, 1e308, &real).code, ERROR_BAD_INPUT);
  int64_t whole = 0;
  assert_int_equal(json_read_int64(json_member(root, TEXT("n")), 0, 1000, &whole).code, ERROR_NONE);
  assert_int_equal(whole, 1000);
  assert_int_equal(json_read_int64(json_member(root, TEXT("big")), 0, INT64_MAX, &whole).code, ERROR_NONE);
  assert_true(whole == INT64_MAX);
  assert_int_equal(json_read_int64(json_member(root, TEXT("f")), 0, 1000, &whole).code, ERROR_BAD_INPUT);
  assert_int_equal(json_read_int64(json_member(root, TEXT("q")), 0, 1000, &whole).code, ERROR_BAD_INPUT);
  struct text text;
  assert_int_equal(json_read_string(json_member(root, TEXT("s")), 4, &text).code, ERROR_NONE);
  assert_true(text_equal(text, TEXT("text")));
  assert_int_equal(json_read_string(json_member(root, TEXT("s")), 3, &text).code, ERROR_BAD_INPUT);
  assert_int_equal(json_read_string(NULL, 3, &text).code, ERROR_BAD_INPUT);
  assert_true(json_lenient_double(json_member(root, TEXT("q")), &real) && real == 45);
  assert_true(json_lenient_int64(json_member(root, TEXT("q")), &whole) && whole == 45);
  assert_false(json_lenient_double(json_member(root, TEXT("s")), &real));
  assert_false(json_lenient_double(json_member(root, TEXT("b")), &real));
  assert_false(json_lenient_int64(NULL, &whole));
  arena_free(arena);
}

/* Strings are read a word at a time: every place within a word, for what ends a string and for what spoils it. */
static void test_every_length_of_a_string(void **state)
{
  (void)state;
  static const struct {
    const char *behind;
    bool is_good;
  } ENDS[] = {{"\"", true},
              {"\"\x01\"\\\x80", true},
              {"\\n\"", true},
              {"\xC3\xA9\"", true},
              {"\x80\"", false},
              {"\x1F\"", false},
              {"", false},
              {"\\", false},
              {"\xFF", false},
              {"\"\xFF", true},
              {"\x7F !#[]^\"", true},
              {"\\\"\"", true}};
  for (size_t end = 0; end < sizeof ENDS / sizeof ENDS[0]; end++) {
    for (size_t length = 0; length < 40; length++) {
      char bytes[64] = "\"";
      memset(bytes + 1, 'a', length);
      strcpy(bytes + 1 + length, ENDS[end].behind);
      size_t count = strlen(bytes);
      char *exact = malloc(count);
      memcpy(exact, bytes, count);
      struct arena *arena = arena_new(1024);
      struct text rest = {exact, count};
      const struct json *value = NULL;
      struct error error = json_parse_next(arena, &rest, JSON_LIMITS_DEFAULT, &value);
      assert_int_equal(error.code, ENDS[end].is_good ? ERROR_NONE : ERROR_BAD_INPUT);
      assert_true(!ENDS[end].is_good || (value->text.length >= length && memcmp(value->text.data, bytes + 1, length) == 0));
      arena_free(arena);
      free(exact);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_tree),
      cmocka_unit_test(test_path_cuts_whole_characters),
      cmocka_unit_test(test_several_values),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_many_members),
      cmocka_unit_test(test_typed_reads),
      cmocka_unit_test(test_every_length_of_a_string),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
