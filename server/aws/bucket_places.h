/* Where buckets turned out to be: learned from redirects, so that each costs one request once.
 *
 * Owns its texts; forgets the one that was learned first when it is full. Thread: one at a time. */
#ifndef CRUMBTRAIL_SERVER_AWS_BUCKET_PLACES_H
#define CRUMBTRAIL_SERVER_AWS_BUCKET_PLACES_H

#include "server/aws/credentials.h"
#include "server/base/text.h"

enum { BUCKET_PLACES_MAX = 64, BUCKET_PLACE_BUCKET_MAX = 256, BUCKET_PLACE_AUTHORITY_MAX = 320 };

struct bucket_place {
  char bucket[BUCKET_PLACE_BUCKET_MAX];
  char region[AWS_REGION_MAX];                /* "" = not known to be another */
  char authority[BUCKET_PLACE_AUTHORITY_MAX]; /* host[:port] instead of the endpoint's; "" = the endpoint's */
};

struct bucket_places {
  struct bucket_place items[BUCKET_PLACES_MAX];
  size_t count;
  size_t oldest;
};

/* NULL: nothing is known. */
const struct bucket_place *bucket_places_find(const struct bucket_places *places, struct text bucket);
/* False: a text is too long, or that was known already, so that trying again would change nothing. */
bool bucket_places_learn(struct bucket_places *places, struct text bucket, struct text region, struct text authority);

#endif
