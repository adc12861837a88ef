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

enum { TURNS = 30 };

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

struct contender {
  const char *title;
  void (*work)(struct arena *arena);
  double best_ns;
};

static void run_turn(struct contender *contender, struct arena *arena, int events)
{
  int64_t start_us = clock_thread_cpu_us();
  for (int i = 0; i < events; i++) {
    contender->work(arena);
    arena_reset(arena);
  }
  double ns = (double)(clock_thread_cpu_us() - start_us) * 1000 / events;
  if (contender->best_ns == 0 || ns < contender->best_ns) {
    contender->best_ns = ns;
  }
}

int main(int argc, char **argv)
{
  int64_t events = 5000;
  if (argc > 1 && (!text_to_int64(text_from(argv[1]), &events) || events < 1 || events > 10000000)) {
    fail("events a turn: 1 to 10000000");
  }
  struct contender contenders[] = {
      {"read by our reader (tree)", read_ours, 0},
      {"read by yajl, empty callbacks", read_yajl, 0},
      {"written from the tree", write_ours, 0},
      {"read by jansson (tree)", read_jansson, 0},
  };
  size_t count = sizeof contenders / sizeof contenders[0] - (find_jansson() ? 0 : 1);
  struct arena *arena = arena_new(16384);
  for (int turn = 0; turn < TURNS; turn++) {
    for (size_t i = 0; i < count; i++) {
      run_turn(&contenders[i], arena, (int)events);
    }
  }
  arena_free(arena);
  printf("event of %zu bytes, best of %d turns of %lld\n", sizeof event - 1, TURNS, (long long)events);
  for (size_t i = 0; i < count; i++) {
    printf("%-32s %7.0f ns  %.2f\n", contenders[i].title, contenders[i].best_ns, contenders[i].best_ns / contenders[0].best_ns);
  }
  return 0;
}
