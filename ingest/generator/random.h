/* Repeatable chance: the same seed and stream give the same numbers on every machine.
 *
 * A plain value (SplitMix64); not for secrets. Thread: one at a time per value. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_RANDOM_H
#define CRUMBTRAIL_INGEST_GENERATOR_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
  uint64_t state;
};

/* Streams of one seed are independent of each other. */
struct random random_seeded(uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *random);
double random_unit(struct random *random); /* [0, 1) */
double random_between(struct random *random, double low, double high);
int random_integer(struct random *random, int low, int high); /* both ends included */
bool random_chance(struct random *random, double probability);
double random_noise(struct random *random, double deviation); /* bell-shaped around 0, within 3.5 deviations */

#endif
