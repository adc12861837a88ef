#include "server/aws/bucket_places.h"

static void store(char *out, struct text value)
{
  if (value.length > 0) {
    memcpy(out, value.data, value.length);
  }
  out[value.length] = '\0';
}

static struct bucket_place *find(struct bucket_places *places, struct text bucket)
{
  for (size_t i = 0; i < places->count; i++) {
    if (text_equal(text_from(places->items[i].bucket), bucket)) {
      return &places->items[i];
    }
  }
  return NULL;
}

const struct bucket_place *bucket_places_find(const struct bucket_places *places, struct text bucket)
{
  return find((struct bucket_places *)(uintptr_t)places, bucket);
}

static struct bucket_place *open_place(struct bucket_places *places)
{
  if (places->count < BUCKET_PLACES_MAX) {
    return &places->items[places->count++];
  }
  struct bucket_place *place = &places->items[places->oldest];
  places->oldest = (places->oldest + 1) % BUCKET_PLACES_MAX;
  return place;
}

bool bucket_places_learn(struct bucket_places *places, struct text bucket, struct text region, struct text authority)
{
  if (bucket.length >= BUCKET_PLACE_BUCKET_MAX || region.length >= AWS_REGION_MAX ||
      authority.length >= BUCKET_PLACE_AUTHORITY_MAX) {
    return false;
  }
  struct bucket_place *place = find(places, bucket);
  if (place != NULL && text_equal(text_from(place->region), region) && text_equal(text_from(place->authority), authority)) {
    return false;
  }
  if (place == NULL) {
    place = open_place(places);
    store(place->bucket, bucket);
  }
  store(place->region, region);
  store(place->authority, authority);
  return true;
}
