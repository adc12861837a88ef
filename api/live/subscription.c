#include "api/live/subscription.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/json/reader.h"

enum { VEHICLE_NAME_MAX_BYTES = 128 };

static int compare_texts(const void *left, const void *right)
{
  const struct text *a = left;
  const struct text *b = right;
  size_t shorter = a->length < b->length ? a->length : b->length;
  int order = shorter == 0 ? 0 : memcmp(a->data, b->data, shorter);
  if (order != 0) {
    return order;
  }
  return (a->length > b->length) - (a->length < b->length);
}

static int compare_ids(const void *left, const void *right)
{
  int64_t a = *(const int64_t *)left;
  int64_t b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static bool is_absent(const struct json *value)
{
  return value == NULL || value->type == JSON_NULL;
}

static struct error parse_format(const struct json *message, struct subscription *subscription)
{
  const struct json *format = json_member(message, TEXT("format"));
  struct text name = TEXT("json");
  if (!is_absent(format)) {
    TRY(json_read_string(format, 16, &name));
  }
  subscription->binary = text_equal(name, TEXT("binary"));
  if (!subscription->binary && !text_equal(name, TEXT("json"))) {
    return json_error(format, "expected \"json\" or \"binary\"");
  }
  return error_none();
}

static struct error parse_box(const struct json *message, struct view *view)
{
  const struct json *box = json_member(message, TEXT("bbox"));
  if (is_absent(box)) {
    return error_none();
  }
  if (box->type != JSON_ARRAY || box->count != 4) {
    return json_error(box, "expected [west,south,east,north]");
  }
  TRY(json_read_double(json_element(box, 0), -180, 180, &view->box.west));
  TRY(json_read_double(json_element(box, 1), -90, 90, &view->box.south));
  TRY(json_read_double(json_element(box, 2), -180, 180, &view->box.east));
  TRY(json_read_double(json_element(box, 3), -90, 90, &view->box.north));
  if (view->box.south > view->box.north) {
    return json_error(box, "south lies north of north");
  }
  view->has_box = true;
  return error_none();
}

static size_t without_doubles(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
  char *bytes = items;
  size_t kept = 0;
  if (count > 1) {
    qsort(items, count, size, compare);
  }
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || compare(bytes + (kept - 1) * size, bytes + i * size) != 0) {
      memmove(bytes + kept * size, bytes + i * size, size);
      kept++;
    }
  }
  return kept;
}

/* Names as everywhere in the API, or ids as the binary frames carry them. */
static struct error parse_vehicles(struct arena *arena, const struct json *message, struct view *view)
{
  const struct json *vehicles = json_member(message, TEXT("vehicles"));
  if (is_absent(vehicles)) {
    return error_none();
  }
  if (vehicles->type != JSON_ARRAY || vehicles->count > SUBSCRIPTION_VEHICLES_MAX) {
    return json_error(vehicles, "expected an array of at most %d vehicle names or ids", SUBSCRIPTION_VEHICLES_MAX);
  }
  struct text *names = arena_alloc_array(arena, vehicles->count + 1, sizeof *names);
  int64_t *ids = arena_alloc_array(arena, vehicles->count + 1, sizeof *ids);
  size_t name_count = 0;
  size_t id_count = 0;
  JSON_EACH (vehicle, vehicles) {
    if (vehicle->type == JSON_NUMBER) {
      TRY(json_read_int64(vehicle, 1, INT64_MAX, &ids[id_count]));
      id_count++;
      continue;
    }
    struct text name;
    TRY(json_read_string(vehicle, VEHICLE_NAME_MAX_BYTES, &name));
    names[name_count++] = text_copy(arena, name);
  }
  view->has_vehicles = true;
  view->names = names;
  view->name_count = without_doubles(names, name_count, sizeof *names, compare_texts);
  view->vehicle_ids = ids;
  view->vehicle_id_count = without_doubles(ids, id_count, sizeof *ids, compare_ids);
  return error_none();
}

static struct error parse_resume(struct arena *arena, const struct json *message, struct subscription *subscription)
{
  const struct json *resume = json_member(message, TEXT("resume"));
  if (is_absent(resume)) {
    return error_none();
  }
  const struct json *epoch = json_member(resume, TEXT("epoch"));
  const struct json *seq = json_member(resume, TEXT("seq"));
  if (epoch == NULL || seq == NULL) {
    return json_error(resume, "expected {\"epoch\":text,\"seq\":number}");
  }
  struct text text;
  TRY(json_read_string(epoch, SUBSCRIPTION_EPOCH_MAX - 1, &text));
  TRY(json_read_int64(seq, 0, INT64_MAX, &subscription->resume_seq));
  const struct json *alerts_seq = json_member(resume, TEXT("alerts_seq"));
  subscription->resume_alerts_seq = -1;
  if (!is_absent(alerts_seq)) {
    TRY(json_read_int64(alerts_seq, 0, INT64_MAX, &subscription->resume_alerts_seq));
  }
  subscription->resume_epoch = text_copy(arena, text);
  subscription->has_resume = true;
  return error_none();
}

struct error subscription_parse(struct arena *arena, struct text message, struct subscription *subscription)
{
  const struct json_limits limits = {.depth_max = 8, .members_max = 32, .values_max = SUBSCRIPTION_VEHICLES_MAX + 64};
  const struct json *root;
  *subscription = (struct subscription){0};
  TRY(json_parse(arena, message, limits, &root));
  const struct json *type = json_member(root, TEXT("type"));
  if (type == NULL) {
    return json_error(root, "expected an object with a \"type\"");
  }
  struct text name;
  TRY(json_read_string(type, 32, &name));
  if (!text_equal(name, TEXT("subscribe"))) {
    return json_error(type, "expected \"subscribe\"");
  }
  TRY(parse_format(root, subscription));
  TRY(parse_box(root, &subscription->view));
  TRY(parse_vehicles(arena, root, &subscription->view));
  return parse_resume(arena, root, subscription);
}

struct view view_copy(struct arena *arena, const struct view *view)
{
  struct view copy = *view;
  struct text *names = arena_alloc_array(arena, view->name_count + 1, sizeof *names);
  int64_t *ids = arena_alloc_array(arena, view->vehicle_id_count + 1, sizeof *ids);
  for (size_t i = 0; i < view->name_count; i++) {
    names[i] = text_copy(arena, view->names[i]);
  }
  for (size_t i = 0; i < view->vehicle_id_count; i++) {
    ids[i] = view->vehicle_ids[i];
  }
  copy.names = names;
  copy.vehicle_ids = ids;
  return copy;
}

bool view_selects_vehicle(const struct view *view, int64_t vehicle_id, struct text name)
{
  if (!view->has_vehicles) {
    return true;
  }
  return (view->name_count != 0 && bsearch(&name, view->names, view->name_count, sizeof name, compare_texts) != NULL) ||
         (view->vehicle_id_count != 0 &&
          bsearch(&vehicle_id, view->vehicle_ids, view->vehicle_id_count, sizeof vehicle_id, compare_ids) != NULL);
}

/* FNV-1a: a digest that tells views apart, not one that withstands an adversary, who could only cheat himself. */
static uint64_t digest(uint64_t hash, const void *bytes, size_t length)
{
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < length; i++) {
    hash = (hash ^ byte[i]) * UINT64_C(1099511628211); /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): not so */
  }
  return hash;
}

void subscription_epoch(const char *feed_epoch, const struct view *view, char out[SUBSCRIPTION_EPOCH_MAX])
{
  uint64_t hash = UINT64_C(14695981039346656037);
  if (view->has_box) {
    /* Adding zero makes -0 and 0 the same edge. */
    const double edges[] = {view->box.west + 0.0, view->box.south + 0.0, view->box.east + 0.0, view->box.north + 0.0};
    hash = digest(hash, edges, sizeof edges);
  }
  if (view->has_vehicles) {
    hash = digest(hash, "v", 1);
    for (size_t i = 0; i < view->name_count; i++) {
      hash = digest(hash, view->names[i].data, view->names[i].length);
      hash = digest(hash, "\n", 1);
    }
    if (view->vehicle_id_count != 0) {
      hash = digest(hash, view->vehicle_ids, view->vehicle_id_count * sizeof view->vehicle_ids[0]);
    }
  }
  snprintf(out, SUBSCRIPTION_EPOCH_MAX, "%.*s.%08x", SUBSCRIPTION_EPOCH_MAX - 12, feed_epoch, (unsigned)(hash ^ (hash >> 32)));
}
