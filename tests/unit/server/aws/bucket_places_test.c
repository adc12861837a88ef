#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/aws/bucket_places.h"

static void test_learns_and_forgets(void **state)
{
  (void)state;
  struct bucket_places *places = calloc(1, sizeof *places);
  assert_null(bucket_places_find(places, TEXT("b")));
  assert_true(bucket_places_learn(places, TEXT("b"), TEXT("eu-west-1"), TEXT("")));
  assert_false(bucket_places_learn(places, TEXT("b"), TEXT("eu-west-1"), TEXT("")));
  assert_string_equal(bucket_places_find(places, TEXT("b"))->region, "eu-west-1");
  assert_true(bucket_places_learn(places, TEXT("b"), TEXT("us-west-2"), TEXT("host:1")));
  assert_string_equal(bucket_places_find(places, TEXT("b"))->region, "us-west-2");
  assert_string_equal(bucket_places_find(places, TEXT("b"))->authority, "host:1");
  for (int i = 0; i < BUCKET_PLACES_MAX; i++) {
    char name[32];
    snprintf(name, sizeof name, "bucket-%d", i);
    assert_true(bucket_places_learn(places, text_from(name), TEXT("eu-west-1"), TEXT("")));
  }
  assert_null(bucket_places_find(places, TEXT("b")));
  assert_non_null(bucket_places_find(places, TEXT("bucket-63")));
  free(places);
}

static void test_long_texts_are_refused(void **state)
{
  (void)state;
  struct bucket_places *places = calloc(1, sizeof *places);
  char name[400];
  memset(name, 'a', sizeof name);
  assert_false(bucket_places_learn(places, (struct text){name, 256}, TEXT("r"), TEXT("")));
  assert_true(bucket_places_learn(places, (struct text){name, 255}, TEXT("r"), TEXT("")));
  assert_false(bucket_places_learn(places, TEXT("b"), (struct text){name, AWS_REGION_MAX}, TEXT("")));
  assert_false(bucket_places_learn(places, TEXT("b"), TEXT("r"), (struct text){name, BUCKET_PLACE_AUTHORITY_MAX}));
  free(places);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_learns_and_forgets),
      cmocka_unit_test(test_long_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
