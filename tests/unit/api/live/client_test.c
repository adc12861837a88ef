/* What a client of the stream is told of alerts: each once, in order, before anything that tells a later seq, whatever it does.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "api/live/client.h"
#include "server/base/clock.h"

enum { RING_SIZE = 1024, MESSAGES_MAX = 64 };
static const int64_t SUBSCRIBE_INTERVAL_US = CLIENT_SUBSCRIBE_INTERVAL_MS * US_PER_MS;

struct stream {
  struct stream_state state;
  int64_t now_us;
};

static struct stream make_stream(void)
{
  struct stream stream = {.now_us = 1000 * US_PER_SECOND};
  stream.state.fleet = fleet_state_new(RING_SIZE, 900 * US_PER_SECOND);
  stream.state.alerts = alert_log_new();
  stream.state.is_ready = true;
  (void)snprintf(stream.state.epoch, sizeof stream.state.epoch, "epoch");
  return stream;
}

static void end_stream(struct stream *stream)
{
  fleet_state_free(stream->state.fleet);
  alert_log_free(stream->state.alerts);
}

/* An alert's change takes the next number, and the feed has been read up to it. */
static void change(struct stream *stream, int64_t seq, int64_t vehicle_id, const char *vehicle)
{
  char json[64];
  const int length = snprintf(json, sizeof json, "alert %lld", (long long)seq);
  const struct alert_frame frame = {seq, vehicle_id, text_from(vehicle), {json, (size_t)length}};
  alert_log_add(stream->state.alerts, &frame);
  fleet_state_set_head(stream->state.fleet, seq);
}

static void say(struct stream *stream, struct client *client, const char *message)
{
  stream->now_us += SUBSCRIBE_INTERVAL_US;
  client_receive(client, &stream->state, text_from(message), stream->now_us);
}

static struct client *connect(struct stream *stream, const char *message)
{
  struct client *client = client_new((struct client_timing){0}, stream->now_us);
  say(stream, client, message);
  return client;
}

static void take_type(struct buffer *out, struct text message)
{
  const char *type = strstr(message.data, "\"type\":\"");
  const struct text word = type == NULL ? message : text_from(type + 8);
  const size_t length = type == NULL ? word.length : strcspn(word.data, "\"");
  buffer_printf(out, "%s%.*s", out->length > 0 ? ", " : "", (int)length, word.data);
}

/* All that is said now: types of messages, alerts in full. */
static const char *heard(struct stream *stream, struct client *client)
{
  static char words[1024];
  struct buffer out = {0};
  struct buffer names = {0};
  struct buffer body = {0};
  (void)client_tick(client, &stream->state, stream->now_us);
  for (int i = 0; i < MESSAGES_MAX && client_has_message(client); i++) {
    buffer_clear(&body);
    buffer_clear(&names);
    const struct client_message message = client_next_message(client, &stream->state, stream->now_us, &names, &body);
    if (message.form == MESSAGE_TEXT) {
      buffer_append_char(&body, '\0');
      body.length--;
      take_type(&out, buffer_text(&body));
    }
  }
  (void)snprintf(words, sizeof words, "%.*s", (int)out.length, out.length > 0 ? out.data : "");
  buffer_free(&out);
  buffer_free(&names);
  buffer_free(&body);
  return words;
}

static const char SUBSCRIBE[] = "{\"type\":\"subscribe\",\"format\":\"json\"}";

static void each_change_once_in_order(void **context)
{
  (void)context;
  struct stream stream = make_stream();
  change(&stream, 3, 1, "a");
  struct client *client = connect(&stream, SUBSCRIBE);
  assert_string_equal(heard(&stream, client), "subscribed, snapshot");
  change(&stream, 4, 1, "a");
  change(&stream, 6, 2, "b");
  assert_string_equal(heard(&stream, client), "alert 4, alert 6");
  assert_string_equal(heard(&stream, client), "");
  say(&stream, client, "{\"type\":\"subscribe\",\"format\":\"json\",\"bbox\":[1,1,2,2]}");
  change(&stream, 7, 1, "a");
  assert_string_equal(heard(&stream, client), "subscribed, alert 7, snapshot");
  client_free(client);
  end_stream(&stream);
}

static void returns_to_where_it_was(void **context)
{
  (void)context;
  struct stream stream = make_stream();
  char epoch[SUBSCRIPTION_EPOCH_MAX];
  char message[200];
  subscription_epoch(stream.state.epoch, &(struct view){0}, epoch);
  for (int64_t seq = 1; seq <= 5; seq++) {
    change(&stream, seq, 1, "a");
  }
  (void)snprintf(message, sizeof message,
                 "{\"type\":\"subscribe\",\"format\":\"json\",\"resume\":{\"epoch\":\"%s\",\"seq\":2,\"alerts_seq\":3}}",
                 epoch);
  struct client *exact = connect(&stream, message);
  assert_string_equal(heard(&stream, exact), "subscribed, resumed, alert 4, alert 5");
  (void)snprintf(message, sizeof message,
                 "{\"type\":\"subscribe\",\"format\":\"json\",\"resume\":{\"epoch\":\"%s\",\"seq\":2}}", epoch);
  struct client *older = connect(&stream, message);
  assert_string_equal(heard(&stream, older), "subscribed, resumed, alert 3, alert 4, alert 5");
  struct client *stranger =
      connect(&stream, "{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"other\",\"seq\":2,\"alerts_seq\":3}}");
  assert_string_equal(heard(&stream, stranger), "subscribed, snapshot");
  client_free(exact);
  client_free(older);
  client_free(stranger);
  end_stream(&stream);
}

static void what_is_forgotten_is_said_to_be(void **context)
{
  (void)context;
  struct stream stream = make_stream();
  char epoch[SUBSCRIPTION_EPOCH_MAX];
  char message[200];
  struct buffer names = {0};
  struct buffer body = {0};
  alert_log_begin_after(stream.state.alerts, 50);
  change(&stream, 60, 1, "a");
  subscription_epoch(stream.state.epoch, &(struct view){0}, epoch);
  (void)snprintf(message, sizeof message,
                 "{\"type\":\"subscribe\",\"format\":\"json\",\"resume\":{\"epoch\":\"%s\",\"seq\":40,\"alerts_seq\":40}}",
                 epoch);
  struct client *client = connect(&stream, message);
  (void)client_next_message(client, &stream.state, stream.now_us, &names, &body);
  buffer_append_char(&body, '\0');
  assert_non_null(strstr(body.data, "\"alerts_after\":60"));
  assert_string_equal(heard(&stream, client), "resumed");
  alert_log_begin_after(stream.state.alerts, 70); /* it took nothing for so long that they were forgotten */
  (void)heard(&stream, client);
  assert_int_equal(client_close_code(client), CLOSE_TRY_LATER);
  buffer_free(&names);
  buffer_free(&body);
  client_free(client);
  end_stream(&stream);
}

static void only_of_the_vehicles_that_were_asked_for(void **context)
{
  (void)context;
  struct stream stream = make_stream();
  struct client *client = connect(&stream, "{\"type\":\"subscribe\",\"format\":\"json\",\"vehicles\":[\"b\",3]}");
  assert_string_equal(heard(&stream, client), "subscribed, snapshot");
  change(&stream, 1, 1, "a");
  change(&stream, 2, 2, "b");
  change(&stream, 3, 3, "c");
  change(&stream, 4, 1, "a");
  assert_string_equal(heard(&stream, client), "alert 2, alert 3");
  client_free(client);
  end_stream(&stream);
}

static void bad_numbers_are_refused(void **context)
{
  (void)context;
  struct stream stream = make_stream();
  struct client *client = connect(&stream, "{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"e\",\"seq\":2,\"alerts_seq\":-1}}");
  assert_string_equal(heard(&stream, client), "error");
  client_free(client);
  end_stream(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_change_once_in_order),       cmocka_unit_test(returns_to_where_it_was),
      cmocka_unit_test(what_is_forgotten_is_said_to_be), cmocka_unit_test(only_of_the_vehicles_that_were_asked_for),
      cmocka_unit_test(bad_numbers_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
