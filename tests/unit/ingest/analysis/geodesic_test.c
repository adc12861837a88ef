#include "tests/unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>

#include "ingest/analysis/geodesic.h"

static const double NEAR_M = 100000;
static const double NEAR_ERROR = 0.0001;
static const double FAR_ERROR = 0.001;
static const double ANTIPODAL_M = 19900000;
static const double ANTIPODAL_ERROR = 0.003;
static const double ROUNDING_M = 0.001; /* in the file */

static void agrees_with_postgis(void **state)
{
  (void)state;
  FILE *file = fopen(CASES_FOLDER "/geodesic/pairs.txt", "r");
  assert_non_null(file);
  char line[256];
  int pairs = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    double at[4];
    double expected_m;
    if (sscanf(line, "%lf %lf %lf %lf %lf", &at[0], &at[1], &at[2], &at[3], &expected_m) != 5) {
      continue;
    }
    const double error = expected_m <= NEAR_M ? NEAR_ERROR : expected_m <= ANTIPODAL_M ? FAR_ERROR : ANTIPODAL_ERROR;
    const double allowed_m = expected_m * error + ROUNDING_M;
    const double there_m = geodesic_m(at[0], at[1], at[2], at[3]);
    const double back_m = geodesic_m(at[2], at[3], at[0], at[1]);
    if (!(fabs(there_m - expected_m) <= allowed_m) || !(fabs(there_m - back_m) <= ROUNDING_M)) {
      fail_msg("%s%.3f there, %.3f back", line, there_m, back_m);
    }
    assert_int_equal(geodesic_mm(at[0], at[1], at[2], at[3]), llround(there_m * 1000));
    pairs++;
  }
  (void)fclose(file);
  assert_true(pairs > 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_postgis)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
