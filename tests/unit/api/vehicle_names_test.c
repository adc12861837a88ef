#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "api/vehicle_names.h"

static void names_are_found_after_growing(void **state)
{
  (void)state;
  enum { COUNT = 5000 };
  struct vehicle_names *names = vehicle_names_new();
  char name[32];
  assert_null(vehicle_names_find(names, 1).data);
  for (int64_t id = 1; id <= COUNT; id++) {
    snprintf(name, sizeof name, "v%lld", (long long)id);
    vehicle_names_add(names, id * 1024, text_from(name));
    vehicle_names_add(names, id * 1024, TEXT("another"));
  }
  for (int64_t id = 1; id <= COUNT; id++) {
    snprintf(name, sizeof name, "v%lld", (long long)id);
    assert_true(text_equal(vehicle_names_find(names, id * 1024), text_from(name)));
  }
  assert_null(vehicle_names_find(names, 1).data);
  vehicle_names_free(names);
  vehicle_names_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_found_after_growing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
