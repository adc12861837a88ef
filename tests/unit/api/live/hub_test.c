#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "api/live/hub.h"
#include "api/live/sent_log.h"
#include "server/base/clock.h"
#include "server/metrics.h"
#include "tests/support/websocket.h"

enum { WAIT_MS = 10000, VEHICLES = 2000 };
static const char PROTOCOL[] = "Sec-WebSocket-Protocol: fleet.v1\r\n";

struct world {
  struct metrics *metrics;
  struct sent_log *sent;
  struct hub *hub;
  int64_t head;
};

static void deliver(struct world *world, int first_id, int count, bool hidden)
{
  struct arena *arena = arena_new(4096);
  struct feed_batch *batch = arena_alloc(arena, sizeof *batch);
  *batch = (struct feed_batch){.arena = arena, .count = (size_t)count, .complete = true, .epoch = "epoch"};
  batch->positions = arena_alloc_array(arena, (size_t)count + 1, sizeof *batch->positions);
  batch->hidden = arena_alloc(arena, (size_t)count + 1);
  for (int i = 0; i < count; i++) {
    const char *name = arena_printf(arena, "vehicle_%d", first_id + i);
    batch->positions[i] = (struct position){.vehicle_id = first_id + i,
                                            .vehicle = text_from(name),
                                            .recorded_at_us = clock_now_us(),
                                            .received_at_us = clock_now_us(),
                                            .seq = ++world->head,
                                            .longitude_deg = (first_id + i) % 100,
                                            .latitude_deg = 1,
                                            .speed_kmh = 50,
                                            .heading_deg = NAN,
                                            .temperature_c = NAN,
                                            .ignition = 1};
    batch->hidden[i] = hidden;
  }
  batch->head = world->head;
  hub_deliver(world->hub, batch);
}

static int set_up(void **state)
{
  static struct world world;
  world = (struct world){.metrics = metrics_new(), .sent = sent_log_new()};
  struct hub_settings settings = {.silent_after_us = 900 * US_PER_SECOND,
                                  .clients_max = 5,
                                  .no_progress_ms = 2000,
                                  .allowed_origins = "https://maps.example",
                                  .metrics = world.metrics,
                                  .sent = world.sent};
  assert_int_equal(hub_start(settings, &world.hub).code, ERROR_NONE);
  hub_set_database_away(world.hub, false);
  *state = &world;
  return 0;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  hub_stop(world->hub, "shutdown", 1000);
  sent_log_free(world->sent);
  metrics_free(world->metrics);
  return 0;
}

static struct websocket connect_with(struct world *world, const char *headers, int receive_buffer_bytes, int *status)
{
  int ends[2];
  websocket_tcp_pair(ends, receive_buffer_bytes);
  hub_adopt(world->hub, ends[1]);
  struct websocket client = {.socket = ends[0]};
  websocket_send_handshake(client.socket, headers);
  *status = websocket_read_answer(&client);
  return client;
}

static struct websocket connected(struct world *world)
{
  int status;
  struct websocket client = connect_with(world, PROTOCOL, 0, &status);
  assert_int_equal(status, 101);
  return client;
}

static void say(struct websocket *client, const char *message)
{
  websocket_send(client->socket, 1, text_from(message));
}

/* Takes frames until one of this opcode holds the text; returns its close code. */
static int expect(struct websocket *client, int opcode, const char *part)
{
  for (;;) {
    size_t taken;
    struct websocket_frame frame = websocket_next(client, WAIT_MS, &taken);
    assert_int_not_equal(frame.opcode, 0);
    bool found =
        frame.opcode == opcode && (part[0] == '\0' || memmem(frame.payload.data, frame.payload.length, part, strlen(part)));
    websocket_drop(client, taken);
    if (found) {
      return frame.close_code;
    }
  }
}

static void subscribes_and_follows(void **state)
{
  struct world *world = *state;
  struct websocket client = connected(world);
  say(&client, "{\"type\":\"subscribe\",\"bbox\":[0,0,10,10]}"); /* waits until the fleet is known */
  deliver(world, 1, 100, false);
  expect(&client, 1, "\"type\":\"subscribed\",\"epoch\":\"epoch.");
  expect(&client, 1, "\"type\":\"snapshot\",\"seq\":100,\"part\":1,\"parts\":1,\"positions\":[{\"vehicle_id\":1,");
  deliver(world, 5, 1, false);
  expect(&client, 1, "\"type\":\"update\",\"seq\":101,\"positions\":[{\"vehicle_id\":5,\"vehicle\":\"vehicle_5\",");
  deliver(world, 5, 1, true);
  expect(&client, 1, "\"seq\":102,\"positions\":[],\"removed\":[5]}");
  struct sent_frames frames;
  assert_int_equal(sent_log_find(world->sent, 100, &frames), SENT_FORGOTTEN);
  assert_int_equal(sent_log_find(world->sent, 101, &frames), SENT);
  assert_int_equal(sent_log_find(world->sent, 103, &frames), SENT_NOT_YET);
  say(&client, "{\"type\":\"subscribe\",\"vehicles\":[\"vehicle_7\"]}");
  expect(&client, 1, "\"type\":\"snapshot\",\"seq\":102,\"part\":1,\"parts\":1,\"positions\":[{\"vehicle_id\":7,");
  websocket_close(&client);
}

static void binary_frames_come_after_their_names(void **state)
{
  struct world *world = *state;
  deliver(world, 1, 3, false);
  struct websocket client = connected(world);
  say(&client, "{\"type\":\"subscribe\",\"format\":\"binary\"}");
  expect(&client, 1, "{\"vehicle_id\":3,\"name\":\"vehicle_3\"}]}");
  size_t taken;
  struct websocket_frame frame = websocket_next(&client, WAIT_MS, &taken);
  assert_int_equal(frame.opcode, 2);
  assert_int_equal(frame.payload.length, 32 + 3 * 24);
  websocket_close(&client);
}

static void resumes_with_its_epoch(void **state)
{
  struct world *world = *state;
  deliver(world, 1, 3, false);
  struct websocket client = connected(world);
  say(&client, "{\"type\":\"subscribe\"}");
  expect(&client, 1, "\"type\":\"subscribed\"");
  expect(&client, 1, "\"type\":\"snapshot\"");
  websocket_close(&client);
  deliver(world, 2, 1, false);
  client = connected(world);
  say(&client, "{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"epoch.04f0d3a5\",\"seq\":3}}");
  expect(&client, 1, "\"type\":\"snapshot\""); /* another view's epoch */
  say(&client, "{\"type\":\"subscribe\"}");
  size_t taken;
  struct websocket_frame frame = websocket_next(&client, WAIT_MS, &taken);
  const char *epoch = memmem(frame.payload.data, frame.payload.length, "epoch.", 6);
  assert_non_null(epoch);
  char message[200];
  snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"%.14s\",\"seq\":3}}", epoch);
  websocket_drop(&client, taken);
  say(&client, message);
  expect(&client, 1, "{\"type\":\"resumed\",\"from\":3}");
  expect(&client, 1, "\"type\":\"update\",\"seq\":4,\"positions\":[{\"vehicle_id\":2,");
  websocket_close(&client);
}

static void checks_origin_and_subprotocol(void **state)
{
  struct world *world = *state;
  int status;
  struct websocket client =
      connect_with(world, "Sec-WebSocket-Protocol: fleet.v1\r\nOrigin: http://evil.example\r\n", 0, &status);
  assert_int_equal(status, 403);
  websocket_close(&client);
  client = connect_with(world, "Sec-WebSocket-Protocol: fleet.v1\r\nOrigin: https://fleet.example\r\n", 0, &status);
  assert_int_equal(status, 101);
  websocket_close(&client);
  client = connect_with(world, "Sec-WebSocket-Protocol: fleet.v1\r\nOrigin: https://maps.example\r\n", 0, &status);
  assert_int_equal(status, 101);
  websocket_close(&client);
  client = connect_with(world, "", 0, &status);
  assert_int_equal(status, 400);
  websocket_close(&client);
  client = connect_with(world, "Sec-WebSocket-Protocol: chat, fleet.v2\r\n", 0, &status);
  assert_int_equal(status, 400);
  websocket_close(&client);
  client = connect_with(world, "Sec-WebSocket-Protocol: chat, fleet.v1\r\n", 0, &status);
  assert_int_equal(status, 101);
  websocket_close(&client);
}

static void bad_messages_end_the_conversation(void **state)
{
  struct world *world = *state;
  struct websocket client = connected(world);
  for (int i = 0; i < 5; i++) {
    say(&client, "{\"type\":\"subscribe\",\"bbox\":[1]}");
  }
  expect(&client, 1, "{\"type\":\"error\",\"code\":\"bad_input\",\"field\":\"bbox\",");
  assert_int_equal(expect(&client, 8, ""), 1008);
  websocket_close(&client);

  client = connected(world);
  websocket_send(client.socket, 2, TEXT("\x01"));
  assert_int_equal(expect(&client, 8, ""), 1003);
  websocket_close(&client);

  client = connected(world);
  static char large[20000];
  memset(large, ' ', sizeof large);
  websocket_send(client.socket, 1, (struct text){large, sizeof large});
  assert_int_equal(expect(&client, 8, ""), 1009);
  websocket_close(&client);
}

static void too_many_clients_are_told_to_come_later(void **state)
{
  struct world *world = *state;
  struct websocket clients[6];
  for (int i = 0; i < 6; i++) {
    clients[i] = connected(world);
  }
  assert_int_equal(expect(&clients[5], 8, ""), 1013);
  for (int i = 0; i < 6; i++) {
    websocket_close(&clients[i]);
  }
}

static void says_bye(void **state)
{
  struct world *world = *state;
  struct websocket client = connected(world);
  deliver(world, 1, 1, false);
  say(&client, "{\"type\":\"subscribe\"}");
  expect(&client, 1, "snapshot");
  /* The client answers the close only after hub_stop began, so stop with a grace that does not wait for it long. */
  hub_stop(world->hub, "shutdown", 200);
  world->hub = NULL;
  expect(&client, 1, "{\"type\":\"bye\",\"reason\":\"shutdown\",\"retry_after_ms\":");
  assert_int_equal(expect(&client, 8, ""), 1012);
  websocket_close(&client);
}

/* A client that does not read gets nothing more, costs one frame of memory, and is closed. */
static void a_stuck_client_is_closed(void **state)
{
  struct world *world = *state;
  int status;
  struct websocket client = connect_with(world, PROTOCOL, 4096, &status);
  say(&client, "{\"type\":\"subscribe\"}");
  struct counter *closes =
      metrics_counter(world->metrics, "crumbtrail_stream_slow_closes_total", "", "Clients closed for want of progress.");
  for (int i = 0; i < 300 && counter_value(closes) == 0; i++) {
    deliver(world, 1, VEHICLES, false);
    usleep(50000);
  }
  assert_int_equal(counter_value(closes), 1);
  assert_int_equal(expect(&client, 8, ""), 1013);
  websocket_close(&client);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(subscribes_and_follows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(binary_frames_come_after_their_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(resumes_with_its_epoch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(checks_origin_and_subprotocol, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_messages_end_the_conversation, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_many_clients_are_told_to_come_later, set_up, tear_down),
      cmocka_unit_test_setup_teardown(says_bye, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_stuck_client_is_closed, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
