#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "server/aws/signer.h"
#include "server/base/clock.h"

enum { LINE_MAX_BYTES = 2048, PAIRS_MAX = 16 };

struct signature_case {
  struct arena *arena;
  struct text name;
  struct signer_request request;
  struct signer_scope scope;
  struct signer_pair query[PAIRS_MAX];
  struct signer_pair headers[PAIRS_MAX];
  struct text body;
  char hash[SIGNER_HASH_HEX + 1];
};

static struct text rest_after(struct arena *arena, const char *line, const char *label)
{
  size_t length = strlen(label);
  return strncmp(line, label, length) == 0 ? text_copy(arena, text_from(line + length)) : (struct text){NULL, 0};
}

static void begin_case(struct signature_case *one, struct arena *arena, struct text name)
{
  arena_reset(arena);
  *one = (struct signature_case){.arena = arena};
  one->name = text_copy(arena, name);
}

static void check_signature(struct signature_case *one, struct text expected)
{
  signer_hash(one->body, one->hash);
  one->request.query = one->query;
  one->request.headers = one->headers;
  one->request.path_as_is = text_equal(one->scope.service, TEXT("s3"));
  one->request.payload_hash = text_from(one->hash);
  struct signer_signature signature;
  signer_sign(one->arena, &one->request, &one->scope, &signature);
  if (!text_ends_with(signature.authorization, expected)) {
    fail_msg("%.*s: %.*s\n%.*s", TEXT_ARGS(one->name), TEXT_ARGS(signature.authorization), TEXT_ARGS(signature.canonical));
  }
}

static void read_line(struct signature_case *one, const char *line)
{
  struct arena *arena = one->arena;
  struct text value;
  struct text first;
  if ((value = rest_after(arena, line, "keys: ")).data != NULL) {
    assert_true(text_split(&value, ' ', &one->scope.access_key_id));
    one->scope.secret_access_key = value;
  } else if ((value = rest_after(arena, line, "token: ")).data != NULL) {
    one->scope.session_token = value;
  } else if ((value = rest_after(arena, line, "time: ")).data != NULL) {
    assert_true(clock_parse(value, &one->scope.time_us));
  } else if ((value = rest_after(arena, line, "scope: ")).data != NULL) {
    assert_true(text_split(&value, ' ', &one->scope.region));
    one->scope.service = value;
  } else if ((value = rest_after(arena, line, "request: ")).data != NULL) {
    assert_true(text_split(&value, ' ', &one->request.method));
    one->request.path = value;
  } else if ((value = rest_after(arena, line, "query: ")).data != NULL) {
    assert_true(text_split(&value, '=', &first));
    one->query[one->request.query_count++] = (struct signer_pair){first, value};
  } else if ((value = rest_after(arena, line, "header: ")).data != NULL) {
    assert_true(text_split(&value, ':', &first));
    one->headers[one->request.header_count++] = (struct signer_pair){first, value};
  } else if ((value = rest_after(arena, line, "body: ")).data != NULL) {
    one->body = value;
  } else if ((value = rest_after(arena, line, "signature: ")).data != NULL) {
    check_signature(one, value);
  } else {
    fail_msg("unknown line: %s", line);
  }
}

static void test_cases(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/aws/signatures.txt", "r");
  assert_non_null(file);
  struct arena *arena = arena_new(8192);
  struct signature_case one = {0};
  char line[LINE_MAX_BYTES];
  int cases = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "case: ", 6) == 0) {
      begin_case(&one, arena, text_from(line + 6));
      cases++;
    } else if (line[0] != '#' && line[0] != '\0') {
      read_line(&one, line);
    }
  }
  fclose(file);
  arena_free(arena);
  assert_true(cases >= 35);
}

/* What is sent is what was signed. */
static void test_query_is_sorted_by_encoded_name(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  const struct signer_pair query[] = {{TEXT("b"), TEXT("2")},
                                      {TEXT("a+"), TEXT("x/y")},
                                      {TEXT("a"), TEXT("")},
                                      {TEXT("B"), TEXT("é")},
                                      {TEXT("b"), TEXT("10")}};
  struct text text = signer_query(arena, query, 5);
  assert_int_equal(text.length, strlen("B=%C3%A9&a=&a%2B=x%2Fy&b=10&b=2"));
  assert_memory_equal(text.data, "B=%C3%A9&a=&a%2B=x%2Fy&b=10&b=2", text.length);
  assert_int_equal(signer_query(arena, NULL, 0).length, 0);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_query_is_sorted_by_encoded_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
