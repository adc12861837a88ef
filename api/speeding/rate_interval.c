#include "api/speeding/rate_interval.h"

#include <math.h>

#define TAIL 0.025
#define NORMAL_QUANTILE 1.959963984540054 /* of 1 - TAIL */
#define SMALLEST 1e-300
enum { TERMS_MAX = 100000, STEPS_MAX = 60 };

static double log_gamma(double shape)
{
  int sign;
  return lgamma_r(shape, &sign);
}

static double away_from_zero(double value)
{
  return fabs(value) < SMALLEST ? SMALLEST : value;
}

/* x^shape e^-x / gamma(shape) times this is the part below x. */
static double series(double shape, double x)
{
  double term = 1.0 / shape;
  double total = term;
  for (int i = 1; term > total * 1e-17; i++) {
    term *= x / (shape + i);
    total += term;
  }
  return total;
}

/* ... and this is the part above it: the continued fraction by Lentz's method. */
static double fraction(double shape, double x)
{
  double b = x + 1.0 - shape;
  double c = 1.0 / SMALLEST;
  double d = 1.0 / away_from_zero(b);
  double h = d;
  for (int i = 1; i < TERMS_MAX; i++) {
    const double a = -i * (i - shape);
    b += 2.0;
    d = 1.0 / away_from_zero(a * d + b);
    c = away_from_zero(b + a / c);
    h *= d * c;
    if (fabs(d * c - 1.0) < 1e-16) {
      break;
    }
  }
  return h;
}

/* The part of a gamma distribution (scale 1) below x. */
static double gamma_below(double shape, double x)
{
  const double front = exp(shape * log(x) - x - log_gamma(shape));
  return x < shape + 1.0 ? front * series(shape, x) : 1.0 - front * fraction(shape, x);
}

/* From the estimate of Wilson and Hilferty by Newton's steps. */
static double gamma_quantile(double shape, double part, double normal)
{
  const double root = 1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * sqrt(shape));
  double x = fmax(shape * root * root * root, 0.01);
  for (int i = 0; i < STEPS_MAX; i++) {
    const double density = exp((shape - 1.0) * log(x) - x - log_gamma(shape));
    const double step = (gamma_below(shape, x) - part) / density;
    x = x - step > 0.0 ? x - step : x / 2.0;
    if (fabs(step) <= 1e-13 * x) {
      break;
    }
  }
  return x;
}

double poisson_low(int64_t count)
{
  return count == 0 ? 0.0 : gamma_quantile((double)count, TAIL, -NORMAL_QUANTILE);
}

double poisson_high(int64_t count)
{
  return gamma_quantile((double)count + 1.0, 1.0 - TAIL, NORMAL_QUANTILE);
}
