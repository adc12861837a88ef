/* The exact 95 % interval of a Poisson count (Garwood 1936): half the quantiles of chi-square at 2n and 2n + 2 degrees of
 * freedom. bi.poisson_low and bi.poisson_high are the same in SQL. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SPEEDING_RATE_INTERVAL_H
#define CRUMBTRAIL_API_SPEEDING_RATE_INTERVAL_H

#include <stdint.h>

/* Within 1e-9 of the exact values, relative to them where they are over 1. `count` is not negative. */
double poisson_low(int64_t count);
double poisson_high(int64_t count);

#endif
