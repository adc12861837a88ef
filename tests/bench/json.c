/* How long one AWS IoT event takes to read: our reader, yajl without callbacks (the ceiling of a streaming parser that builds
 * nothing), and jansson. Each is measured in turns, and the fastest turn counts: the machine is shared with others.
 * Usage: bench_json [events a turn] */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "server/base/clock.h"
#include "server/json/reader.h"
#include "server/json/writer.h"

static const char event[] =
    "{\"thingnm\":\"iotfleet_thc_121\",\"thetopic\":\"$aws/things/iotfleet_thc_121/shadow/update/documents\","
    "\"previous\":null,\"current\":{\"state\":{\"reported\":{\"thingName\":\"iotfleet_thc_121\","
    "\"location\":{\"lat\":45.53404355284516,\"lon\":-122.788986789},\"address\":\"10895, Northwest Lost Park Drive, Cedar "
    "Mill, "
    "Washington County, Oregon, 97229, United States of America\",\"speed\":\"45\",\"heading\":\"S\",\"ignition\":\"1\"}},"
    "\"metadata\":{\"reported\":{\"location\":{\"lat\":{\"timestamp\":1463704133},\"lon\":{\"timestamp\":1463704133}},"
    "\"speed\":{\"timestamp\":1463704133},\"heading\":{\"timestamp\":1463704133},\"ignition\":{\"timestamp\":1463704133}}},"
    "\"version\":42},\"timestamp\":1463704133,\"clientToken\":\"iotfleet-thc-121-000042\"}";

enum { TURNS = 15 };

static void fail(const char *what)
{
  fprintf(stderr, "bench_json: %s\n", what);
  exit(1);
}

static void read_ours(struct arena *arena)
{
  const struct json *value;
  struct error error = json_parse(arena, TEXT(event), JSON_LIMITS_DEFAULT, &value);
  if (error.code != ERROR_NONE) {
    fail(error.detail);
  }
}

static void read_yajl(struct arena *arena)
{
  (void)arena;
  static const yajl_callbacks none;
  yajl_handle handle = yajl_alloc(&none, NULL, NULL);
  if (yajl_parse(handle, (const unsigned char *)event, sizeof event - 1) != yajl_status_ok ||
      yajl_complete_parse(handle) != yajl_status_ok) {
    fail("yajl");
  }
  yajl_free(handle);
}

/* Loaded while running: its names are the same as ours (json_string ...), so that the two cannot be linked together. */
static struct {
  void *(*loadb)(const char *bytes, size_t length, size_t flags, void *error);
  void (*destroy)(void *value);
} jansson;

static bool find_jansson(void)
{
  void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    return false;
  }
  *(void **)&jansson.loadb = dlsym(library, "json_loadb");
  *(void **)&jansson.destroy = dlsym(library, "json_delete");
  return jansson.loadb != NULL && jansson.destroy != NULL;
}

static void read_jansson(struct arena *arena)
{
  (void)arena;
  enum { REJECT_DUPLICATES = 1 };
  void *value = jansson.loadb(event, sizeof event - 1, REJECT_DUPLICATES, NULL);
  if (value == NULL) {
    fail("jansson");
  }
  jansson.destroy(value);
}

static void write_ours(struct arena *arena)
{
  static struct buffer out;
  static const struct json *value;
  if (value == NULL) {
    struct error error = json_parse(arena_new(8192), TEXT(event), JSON_LIMITS_DEFAULT, &value);
    if (error.code != ERROR_NONE) {
      fail(error.detail);
    }
  }
  (void)arena;
  buffer_clear(&out);
  struct json_writer writer = json_writer_to(&out);
  json_value(&writer, value);
}

static double nanoseconds_an_event(void (*work)(struct arena *), int events)
{
  double best = 1e18;
  struct arena *arena = arena_new(16384);
  for (int turn = 0; turn < TURNS; turn++) {
    int64_t start_us = clock_thread_cpu_us();
    for (int i = 0; i < events; i++) {
      work(arena);
      arena_reset(arena);
    }
    double ns = (double)(clock_thread_cpu_us() - start_us) * 1000 / events;
    best = ns < best ? ns : best;
  }
  arena_free(arena);
  return best;
}

int main(int argc, char **argv)
{
  int64_t events = 20000;
  if (argc > 1 && (!text_to_int64(text_from(argv[1]), &events) || events < 1 || events > 10000000)) {
    fail("events a turn: 1 to 10000000");
  }
  double ours = nanoseconds_an_event(read_ours, (int)events);
  double yajl = nanoseconds_an_event(read_yajl, (int)events);
  double written = nanoseconds_an_event(write_ours, (int)events);
  printf("event of %zu bytes, best of %d turns of %lld\n", sizeof event - 1, TURNS, (long long)events);
  printf("read by our reader (tree)         %7.0f ns  1.00\n", ours);
  printf("read by yajl, empty callbacks     %7.0f ns  %.2f\n", yajl, yajl / ours);
  if (find_jansson()) {
    double peer = nanoseconds_an_event(read_jansson, (int)events);
    printf("read by jansson (tree)            %7.0f ns  %.2f\n", peer, peer / ours);
  }
  printf("written from the tree             %7.0f ns  %.2f\n", written, written / ours);
  return 0;
}
