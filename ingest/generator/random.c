#include "ingest/generator/random.h"

uint64_t random_next(struct random *random)
{
  random->state += UINT64_C(0x9E3779B97F4A7C15);
  uint64_t mixed = random->state;
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
  return mixed ^ (mixed >> 31);
}

struct random random_seeded(uint64_t seed, uint64_t stream)
{
  struct random of_seed = {seed};
  struct random of_stream = {random_next(&of_seed) ^ (stream * UINT64_C(0xD1342543DE82EF95) + 1)};
  random_next(&of_stream);
  return of_stream;
}

double random_unit(struct random *random)
{
  return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

double random_between(struct random *random, double low, double high)
{
  return low + (high - low) * random_unit(random);
}

int random_integer(struct random *random, int low, int high)
{
  return low + (int)(random_unit(random) * (high - low + 1));
}

bool random_chance(struct random *random, double probability)
{
  return random_unit(random) < probability;
}

/* The sum of four uniform numbers is close enough to a bell, and needs no logarithm whose last digit differs between libraries.
 */
double random_noise(struct random *random, double deviation)
{
  double sum = random_unit(random) + random_unit(random) + random_unit(random) + random_unit(random) - 2;
  return sum * deviation * 1.7320508;
}
