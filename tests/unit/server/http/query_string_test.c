#include "tests/unit/cmocka_all.h"

#include "server/base/arena.h"
#include "server/http/query_string.h"

struct sample {
  const char *query;
  const char *expected; /* "name>value|name>value", or "!" and the field of the error */
};

static const struct sample SAMPLES[] = {
    {"", ""},
    {"a=1", "a>1"},
    {"a=1&b=2&a=3", "a>1|b>2|a>3"},
    {"a", "a>"},
    {"a=", "a>"},
    {"=x", ">x"},
    {"&&a=1&", "a>1"},
    {"a=b=c", "a>b=c"},
    {"bbox=-122.7,45.4,-122.5%2C45.6", "bbox>-122.7,45.4,-122.5,45.6"},
    {"q=a+b%2Bc%20d", "q>a b+c d"},
    {"from=2026-11-22T10:00:00+01:00", "from>2026-11-22T10:00:00 01:00"},
    {"n%61me=v", "name>v"},
    {"name=%C3%B6", "name>\xc3\xb6"},
    {"name=%", "!name"},
    {"name=%4", "!name"},
    {"name=%zz", "!name"},
    {"name=%00", "!name"},
    {"name=%ff", "!name"},
    {"%zz=1", "!query"},
};

static void test_samples(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
    struct arena *arena = arena_new(1024);
    struct buffer got = {0};
    struct request_parameter *parameters = NULL;
    int count = 0;
    struct error error = query_string_parse(arena, text_from(SAMPLES[i].query), &parameters, &count);
    if (error.code != ERROR_NONE) {
      buffer_printf(&got, "!%s", error.field);
    }
    for (int j = 0; error.code == ERROR_NONE && j < count; j++) {
      buffer_printf(&got, "%s%.*s>%.*s", j == 0 ? "" : "|", TEXT_ARGS(parameters[j].name), TEXT_ARGS(parameters[j].value));
    }
    buffer_append_char(&got, '\0');
    assert_string_equal(got.data, SAMPLES[i].expected);
    buffer_free(&got);
    arena_free(arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
