/* The exact interval of a Poisson count, against values that were computed with 40 digits. */
#include "tests/unit/cmocka_all.h"

#include "api/speeding/rate_interval.h"

#include <math.h>

struct exact {
  int64_t count;
  double low;
  double high;
};

static const struct exact EXACT[] = {
    {0, 0.0, 3.6888794541139363},
    {1, 0.025317807984289875, 5.5716433909388986},
    {2, 0.2422092785439649, 7.2246876677239608},
    {3, 0.61867212289560129, 8.767273069742326},
    {4, 1.0898653736263249, 10.241588675403698},
    {5, 1.6234863901184205, 11.66833207932267},
    {7, 2.8143630515198661, 14.422675361702379},
    {10, 4.7953886961324336, 18.390356042017779},
    {15, 8.3953861327833125, 24.740218871485844},
    {20, 12.216519585403944, 30.888377902674599},
    {29, 19.421755137547935, 41.648837438586596},
    {30, 20.240874021420915, 42.826865394807667},
    {50, 37.110963737461863, 65.918766664336817},
    {77, 60.767195854446521, 96.236788500122898},
    {100, 81.36399125092314, 121.62679379242639},
    {365, 328.51090278540973, 404.43430189234212},
    {1000, 938.97301840769522, 1063.952136016302},
    {4711, 4577.4241350191497, 4847.4844192677344},
    {10000, 9804.9524672601831, 10197.951624661473},
    {123456, 122768.28869851555, 124146.6083953446},
    {1000000, 998040.9833402939, 1001961.9119454322},
};

static double error_of(double value, double exact)
{
  return fabs(value - exact) / fmax(exact, 1.0);
}

static void test_exact_values(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof EXACT / sizeof EXACT[0]; i++) {
    assert_true(error_of(poisson_low(EXACT[i].count), EXACT[i].low) < 1e-9);
    assert_true(error_of(poisson_high(EXACT[i].count), EXACT[i].high) < 1e-9);
  }
}

/* The chance of at most n events (at least n) at the upper (lower) end is 2.5 %: summed up term by term. */
static void test_tails(void **state)
{
  (void)state;
  for (int64_t count = 1; count < 300; count++) {
    double at_most = 0.0;
    double below = 0.0;
    for (int64_t i = 0; i <= count; i++) {
      at_most += exp((double)i * log(poisson_high(count)) - poisson_high(count) - lgamma((double)i + 1.0));
      below += i < count ? exp((double)i * log(poisson_low(count)) - poisson_low(count) - lgamma((double)i + 1.0)) : 0.0;
    }
    assert_true(fabs(at_most - 0.025) < 1e-11);
    assert_true(fabs(1.0 - below - 0.025) < 1e-11);
  }
}

static void test_order(void **state)
{
  (void)state;
  for (int64_t count = 0; count < 5000; count++) {
    assert_true(poisson_low(count) <= (double)count && (double)count < poisson_high(count));
    assert_true(poisson_low(count) < poisson_low(count + 1) && poisson_high(count) < poisson_high(count + 1));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact_values),
      cmocka_unit_test(test_tails),
      cmocka_unit_test(test_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
