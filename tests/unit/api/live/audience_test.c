/* The stream without sockets and without waiting: the test is the clock and takes every message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/live/audience.h"
#include "api/live/hub_metrics.h"
#include "server/base/clock.h"
#include "server/metrics.h"

enum { CLIENTS_MAX = 40, WALL_START_S = 1700000000 };

/* What the test keeps for a member. */
struct peer {
  struct member *member;
  bool may_write; /* asked for, and not taken yet */
  bool is_cut;
  bool pong;
  uint64_t acknowledged_bytes;
  int pings;
};

struct world {
  struct metrics *metrics;
  struct hub_metrics counters;
  struct audience *audience;
  int64_t now_us;
  int64_t head;
  bool database_is_away;
  bool database_hangs;
  struct buffer names;
  struct buffer body;
};

static void on_want_to_write(void *peer)
{
  ((struct peer *)peer)->may_write = true;
}

static uint64_t on_acknowledged_bytes(void *peer)
{
  return ((struct peer *)peer)->acknowledged_bytes;
}

static void on_cut(void *peer)
{
  ((struct peer *)peer)->is_cut = true;
}

static int set_up(void **state)
{
  static struct world world;
  world = (struct world){.metrics = metrics_new(), .now_us = 1000 * US_PER_SECOND};
  world.counters = hub_metrics_register(world.metrics);
  world.audience = audience_new((struct audience_settings){
      .silent_after_us = 900 * US_PER_SECOND,
      .clients_max = CLIENTS_MAX,
      .calls = {.want_to_write = on_want_to_write, .acknowledged_bytes = on_acknowledged_bytes, .cut = on_cut},
      .metrics = &world.counters});
  audience_set_database_read(world.audience, world.now_us, world.now_us);
  *state = &world;
  return 0;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  assert_int_equal(audience_count(world->audience), 0);
  audience_free(world->audience);
  metrics_free(world->metrics);
  buffer_free(&world->names);
  buffer_free(&world->body);
  return 0;
}

static int64_t wall_us(const struct world *world)
{
  return WALL_START_S * US_PER_SECOND + world->now_us;
}

static void deliver(struct world *world, int64_t vehicle_id, const char *epoch, bool reset)
{
  struct position position = {.vehicle_id = vehicle_id,
                              .vehicle = TEXT("van"),
                              .recorded_at_us = wall_us(world),
                              .received_at_us = wall_us(world),
                              .seq = ++world->head,
                              .speed_kmh = 50,
                              .heading_deg = NAN,
                              .temperature_c = NAN,
                              .ignition = 1};
  uint8_t hidden = 0;
  struct feed_batch batch = {
      .positions = &position, .hidden = &hidden, .count = 1, .complete = true, .reset = reset, .head = world->head};
  snprintf(batch.epoch, sizeof batch.epoch, "%s", epoch);
  audience_apply(world->audience, &batch, world->now_us, wall_us(world));
}

static void admit(struct world *world, struct peer *peer)
{
  *peer = (struct peer){.pong = true};
  peer->member = audience_admit(world->audience, peer, world->now_us);
}

static void say(struct world *world, struct peer *peer, const char *message)
{
  audience_receive(world->audience, peer->member, text_from(message), world->now_us);
}

/* The next text or binary message, "" when there is none; answers pings. */
static const char *take(struct world *world, struct peer *peer)
{
  while (peer->may_write) {
    peer->may_write = false;
    buffer_clear(&world->names);
    buffer_clear(&world->body);
    struct client_message message =
        audience_next_message(world->audience, peer->member, world->now_us, wall_us(world), &world->names, &world->body);
    if (message.form == MESSAGE_PING) {
      peer->pings++;
      if (peer->pong) {
        audience_receive_pong(peer->member);
      }
    } else if (message.form != MESSAGE_NONE) {
      buffer_append(&world->body, "", 1);
      return world->body.data;
    }
  }
  return "";
}

static void assert_next(struct world *world, struct peer *peer, const char *part)
{
  const char *message = take(world, peer);
  if (strstr(message, part) == NULL) {
    fail_msg("expected %s, not %s", part, message);
  }
}

static void assert_silence(struct world *world, struct peer *peer)
{
  assert_string_equal(take(world, peer), "");
}

static void pass(struct world *world, int64_t milliseconds)
{
  for (int64_t left_ms = milliseconds; left_ms > 0; left_ms -= 10) {
    world->now_us += 10 * US_PER_MS;
    if (!world->database_is_away && !world->database_hangs) {
      audience_set_database_read(world->audience, world->now_us, world->now_us);
    }
    audience_tick(world->audience, world->now_us);
    if (world->now_us % US_PER_SECOND == 0) {
      audience_sweep(world->audience, world->now_us, wall_us(world));
    }
  }
}

static void subscribe(struct world *world, struct peer *peer)
{
  admit(world, peer);
  say(world, peer, "{\"type\":\"subscribe\"}");
  assert_next(world, peer, "\"type\":\"subscribed\"");
  assert_next(world, peer, "\"type\":\"snapshot\"");
  assert_silence(world, peer);
}

static void heartbeats_come_every_20_s(void **state)
{
  struct world *world = *state;
  struct peer peer;
  deliver(world, 1, "epoch", true);
  admit(world, &peer);
  say(world, &peer, "{\"type\":\"subscribe\"}");
  assert_next(world, &peer, "\"heartbeat_s\":20,\"silent_after_s\":900}");
  assert_next(world, &peer, "\"type\":\"snapshot\"");
  pass(world, 19000);
  assert_silence(world, &peer);
  pass(world, 1000);
  assert_string_equal(take(world, &peer), "{\"type\":\"heartbeat\",\"seq\":1,\"time\":\"2023-11-14T22:30:20Z\"}");
  assert_silence(world, &peer);
  assert_int_equal(peer.pings, 1);
  for (int beat = 2; beat <= 30; beat++) {
    pass(world, 20000);
    assert_next(world, &peer, "\"type\":\"heartbeat\"");
    assert_silence(world, &peer);
    assert_int_equal(peer.pings, beat);
  }
  audience_dismiss(world->audience, peer.member);
}

static void unanswered_pings_end_it(void **state)
{
  struct world *world = *state;
  struct peer peer;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  peer.pong = false;
  for (int beat = 1; beat <= 2; beat++) {
    pass(world, 20000);
    assert_next(world, &peer, "\"type\":\"heartbeat\"");
    assert_silence(world, &peer);
    assert_int_equal(peer.pings, beat);
    assert_int_equal(audience_close_code(peer.member), CLOSE_NONE);
  }
  pass(world, 20000);
  assert_silence(world, &peer);
  assert_int_equal(audience_close_code(peer.member), CLOSE_POLICY);
  assert_string_equal(audience_close_reason(peer.member), "pings were not answered");
  assert_false(peer.is_cut);
  pass(world, 7000); /* the peer does not answer the close either */
  assert_true(peer.is_cut);
  audience_dismiss(world->audience, peer.member);
}

static void tells_that_the_database_is_away(void **state)
{
  struct world *world = *state;
  struct peer peer;
  struct peer late;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  pass(world, 1000);
  world->database_is_away = true;
  audience_set_database_read(world->audience, 0, world->now_us);
  pass(world, 500);
  world->database_is_away = false;
  pass(world, 1000);
  assert_silence(world, &peer); /* it was back before anybody could care */

  world->database_is_away = true;
  audience_set_database_read(world->audience, 0, world->now_us);
  pass(world, 1000);
  assert_next(world, &peer, "Z\",\"database\":\"away\"}");
  assert_silence(world, &peer);
  admit(world, &late);
  say(world, &late, "{\"type\":\"subscribe\"}");
  assert_next(world, &late, "\"type\":\"subscribed\"");
  assert_next(world, &late, "Z\",\"database\":\"away\"}");
  assert_next(world, &late, "\"type\":\"snapshot\"");
  world->database_is_away = false;
  pass(world, 1000);
  assert_next(world, &peer, "Z\"}");
  assert_next(world, &late, "Z\"}");
  audience_dismiss(world->audience, peer.member);
  audience_dismiss(world->audience, late.member);
}

static void a_database_that_says_nothing_is_away(void **state)
{
  struct world *world = *state;
  struct peer peer;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  pass(world, 1000);
  world->database_hangs = true;
  pass(world, 5000);
  assert_silence(world, &peer);
  pass(world, 1000);
  assert_next(world, &peer, "\"database\":\"away\"}");
  world->database_hangs = false;
  pass(world, 1000);
  assert_next(world, &peer, "Z\"}");
  audience_dismiss(world->audience, peer.member);
}

static void who_subscribes_to_nothing_must_go(void **state)
{
  struct world *world = *state;
  struct peer peer;
  struct peer waiting;
  admit(world, &peer);
  admit(world, &waiting);
  say(world, &waiting, "{\"type\":\"subscribe\"}"); /* the fleet is not known yet */
  pass(world, 10000);
  assert_int_equal(audience_close_code(peer.member), CLOSE_NONE);
  pass(world, 1000);
  assert_int_equal(audience_close_code(peer.member), CLOSE_POLICY);
  assert_string_equal(audience_close_reason(peer.member), "nothing was subscribed");
  assert_int_equal(audience_close_code(waiting.member), CLOSE_NONE);
  deliver(world, 1, "epoch", true);
  pass(world, 200);
  assert_next(world, &waiting, "\"type\":\"subscribed\"");
  audience_dismiss(world->audience, peer.member);
  audience_dismiss(world->audience, waiting.member);
}

static void more_than_ten_messages_a_second_are_too_many(void **state)
{
  struct world *world = *state;
  struct peer peer;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  pass(world, 1000);
  for (int i = 0; i < 10; i++) {
    say(world, &peer, "{\"type\":\"subscribe\"}");
  }
  assert_next(world, &peer, "\"type\":\"subscribed\"");
  assert_next(world, &peer, "\"type\":\"snapshot\"");
  assert_silence(world, &peer);
  say(world, &peer, "{\"type\":\"subscribe\"}");
  assert_next(world, &peer, "{\"type\":\"error\",\"code\":\"busy\",\"detail\":\"at most 10 messages a second\"}");
  pass(world, 1000);
  assert_next(world, &peer, "\"type\":\"subscribed\""); /* the newest of the ten */
  assert_int_equal(audience_close_code(peer.member), CLOSE_NONE);
  for (int i = 0; i < 15; i++) {
    say(world, &peer, "{\"type\":\"subscribe\"}");
  }
  assert_int_equal(audience_close_code(peer.member), CLOSE_POLICY);
  assert_string_equal(audience_close_reason(peer.member), "too many bad messages");
  audience_dismiss(world->audience, peer.member);
}

static void a_bad_message_now_and_then_is_forgiven(void **state)
{
  struct world *world = *state;
  struct peer peer;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  for (int i = 0; i < 20; i++) {
    say(world, &peer, "nonsense");
    pass(world, 10000);
    assert_next(world, &peer, "\"type\":\"error\"");
    while (take(world, &peer)[0] != '\0') {
    }
  }
  assert_int_equal(audience_close_code(peer.member), CLOSE_NONE);
  audience_dismiss(world->audience, peer.member);
}

static void another_epoch_sends_everybody_away(void **state)
{
  struct world *world = *state;
  struct peer peer;
  struct peer hasty;
  deliver(world, 1, "epoch", true);
  subscribe(world, &peer);
  deliver(world, 2, "epoch", false);
  admit(world, &hasty);
  say(world, &hasty, "{\"type\":\"subscribe\"}");
  deliver(world, 3, "other", true);
  assert_next(world, &peer, "{\"type\":\"bye\",\"reason\":\"epoch_changed\",\"retry_after_ms\":");
  assert_silence(world, &peer);
  assert_int_equal(audience_close_code(peer.member), CLOSE_RESTART);
  assert_next(world, &hasty, "{\"type\":\"bye\",");
  assert_silence(world, &hasty); /* nothing that was to be said before is said after a bye */
  audience_dismiss(world->audience, peer.member);
  audience_dismiss(world->audience, hasty.member);

  admit(world, &peer);
  say(world, &peer, "{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"epoch.04f0d3a5\",\"seq\":1}}");
  assert_next(world, &peer, "\"type\":\"subscribed\",\"epoch\":\"other.");
  assert_next(world, &peer, "\"type\":\"snapshot\",\"seq\":3,\"part\":1,\"parts\":1,\"positions\":[{\"vehicle_id\":3,");
  audience_dismiss(world->audience, peer.member);
}

static void one_too_many_is_told_so(void **state)
{
  struct world *world = *state;
  struct peer peers[CLIENTS_MAX + 1];
  for (int i = 0; i <= CLIENTS_MAX; i++) {
    admit(world, &peers[i]);
    assert_int_equal(audience_close_code(peers[i].member), i < CLIENTS_MAX ? CLOSE_NONE : CLOSE_TRY_LATER);
  }
  for (int i = 0; i <= CLIENTS_MAX; i++) {
    audience_dismiss(world->audience, peers[i].member);
  }
}

/* Five updates a second for each, and in each slice of the round a twentieth of the clients. */
static void clients_are_spread_over_the_round(void **state)
{
  struct world *world = *state;
  struct peer peers[CLIENTS_MAX];
  deliver(world, 1, "epoch", true);
  for (int i = 0; i < CLIENTS_MAX; i++) {
    subscribe(world, &peers[i]);
  }
  pass(world, 200);
  int updates = 0;
  for (int slice = 0; slice < 100; slice++) {
    deliver(world, 1, "epoch", false);
    pass(world, 10);
    int served = 0;
    for (int i = 0; i < CLIENTS_MAX; i++) {
      served += strstr(take(world, &peers[i]), "\"type\":\"update\"") != NULL;
    }
    assert_int_equal(served, CLIENTS_MAX / 20);
    updates += served;
  }
  assert_int_equal(updates, CLIENTS_MAX * 5);
  for (int i = 0; i < CLIENTS_MAX; i++) {
    audience_dismiss(world->audience, peers[i].member);
  }
}

static void no_progress_for_30_s_ends_it(void **state)
{
  struct world *world = *state;
  struct peer stuck;
  struct peer slow;
  deliver(world, 1, "epoch", true);
  subscribe(world, &stuck);
  subscribe(world, &slow);
  deliver(world, 1, "epoch", false);
  for (int second = 0; second < 31; second++) {
    slow.acknowledged_bytes++;
    pass(world, 1000);
  }
  assert_int_equal(audience_close_code(stuck.member), CLOSE_TRY_LATER);
  assert_string_equal(audience_close_reason(stuck.member), "no progress");
  assert_int_equal(audience_close_code(slow.member), CLOSE_NONE);
  assert_int_equal(counter_value(world->counters.slow_closes), 1);
  assert_true(counter_value(world->counters.postponed) > 0);
  audience_dismiss(world->audience, stuck.member);
  audience_dismiss(world->audience, slow.member);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(heartbeats_come_every_20_s, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unanswered_pings_end_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tells_that_the_database_is_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_database_that_says_nothing_is_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_subscribes_to_nothing_must_go, set_up, tear_down),
      cmocka_unit_test_setup_teardown(more_than_ten_messages_a_second_are_too_many, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_bad_message_now_and_then_is_forgiven, set_up, tear_down),
      cmocka_unit_test_setup_teardown(another_epoch_sends_everybody_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_too_many_is_told_so, set_up, tear_down),
      cmocka_unit_test_setup_teardown(clients_are_spread_over_the_round, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_progress_for_30_s_ends_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
