/* Whatever a client of the stream sends: it is refused with a reason, or gives a view that keeps its own rules. */
#include <assert.h>
#include <stdlib.h>

#include "api/live/subscription.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(struct arena *arena, const struct view *view)
{
  char epoch[SUBSCRIPTION_EPOCH_MAX];
  char epoch_of_copy[SUBSCRIPTION_EPOCH_MAX];
  struct view copy = view_copy(arena, view);
  subscription_epoch("0d9a3f5c-0000-4000-8000-000000000000", view, epoch);
  subscription_epoch("0d9a3f5c-0000-4000-8000-000000000000", &copy, epoch_of_copy);
  assert(strcmp(epoch, epoch_of_copy) == 0);
  if (view->has_box) {
    assert(view->box.south <= view->box.north);
    assert(view_box_contains(&view->box, view->box.west, view->box.south));
    assert(view_box_contains(&view->box, view->box.east, view->box.north));
  }
  assert(view->name_count + view->vehicle_id_count <= SUBSCRIPTION_VEHICLES_MAX);
  for (size_t i = 0; i < view->name_count; i++) {
    assert(view_selects_vehicle(&copy, 0, view->names[i]));
  }
  for (size_t i = 0; i < view->vehicle_id_count; i++) {
    assert(view_selects_vehicle(&copy, view->vehicle_ids[i], TEXT("")));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > SUBSCRIPTION_MESSAGE_MAX_BYTES) {
    return 0;
  }
  struct arena *arena = arena_new(1024);
  /* A copy of its own size, so that a read past the end is seen. */
  char *message = malloc(size + 1);
  memcpy(message, data, size);
  struct subscription subscription;
  struct error error = subscription_parse(arena, (struct text){message, size}, &subscription);
  free(message);
  if (error.code == ERROR_NONE) {
    assert(!subscription.has_resume || subscription.resume_epoch.length < SUBSCRIPTION_EPOCH_MAX);
    check_view(arena, &subscription.view);
  } else {
    assert(error.code == ERROR_BAD_INPUT && error.detail[0] != '\0');
  }
  arena_free(arena);
  return 0;
}
