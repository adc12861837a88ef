#include "api/live/client.h"

#include <stdlib.h>

#include "api/live/frame.h"
#include "api/live/subscription.h"
#include "server/base/clock.h"

enum { HEARTBEAT_MS = 20000, SUBSCRIBE_WITHIN_MS = 10000 };

struct client {
  struct client_timing timing;
  struct viewer *viewer;
  bool is_subscribed; /* the viewer follows a subscription */

  struct arena *waiting_arena; /* the newest subscription that has not begun yet */
  struct subscription waiting;
  bool has_waiting;

  bool announce_subscribed;
  bool announce_resumed;
  char epoch[SUBSCRIPTION_EPOCH_MAX];
  int64_t resumed_from;
  int64_t subscribed_seq;
  int64_t alerts_seq;   /* changes of alerts up to here were sent, or are not for this client */
  int64_t alerts_after; /* as it was told when it subscribed */
  int64_t silent_after_us;

  bool has_error;
  struct error error;
  int strikes;
  int messages_left; /* of this second */
  int64_t messages_since_us;

  bool has_alert; /* one is known to wait */
  bool update_is_due;
  bool heartbeat_is_due;
  bool told_database_is_away;
  bool ping_is_due;
  int pings_unanswered;
  int64_t opened_us;
  int64_t subscribed_us;
  int64_t next_heartbeat_us;

  enum close_code close_code;
  const char *close_reason;
  bool bye_is_due;
  int retry_after_ms;
};

struct client *client_new(struct client_timing timing, int64_t now_us)
{
  struct client *client = calloc(1, sizeof *client);
  if (client == NULL) {
    abort();
  }
  client->timing.heartbeat_ms = timing.heartbeat_ms != 0 ? timing.heartbeat_ms : HEARTBEAT_MS;
  client->timing.subscribe_within_ms = timing.subscribe_within_ms != 0 ? timing.subscribe_within_ms : SUBSCRIBE_WITHIN_MS;
  client->viewer = viewer_new();
  client->waiting_arena = arena_new(1024);
  client->opened_us = now_us;
  client->subscribed_us = now_us - US_PER_SECOND;
  client->messages_left = CLIENT_MESSAGES_PER_S;
  client->messages_since_us = now_us;
  client->next_heartbeat_us = now_us + client->timing.heartbeat_ms * US_PER_MS;
  return client;
}

void client_free(struct client *client)
{
  if (client == NULL) {
    return;
  }
  viewer_free(client->viewer);
  arena_free(client->waiting_arena);
  free(client);
}

void client_close(struct client *client, enum close_code code, const char *reason)
{
  if (client->close_code == CLOSE_NONE) {
    client->close_code = code;
    client->close_reason = reason;
  }
}

void client_say_bye(struct client *client, const char *reason, int retry_after_ms)
{
  if (client->close_code == CLOSE_NONE) {
    client->bye_is_due = true;
    client->retry_after_ms = retry_after_ms;
    client_close(client, CLOSE_RESTART, reason);
  }
}

enum close_code client_close_code(const struct client *client)
{
  return client->close_code;
}

const char *client_close_reason(const struct client *client)
{
  return client->close_reason;
}

static void complain(struct client *client, const struct error *error)
{
  client->error = *error;
  client->has_error = true;
  client->strikes++;
}

static bool is_too_fast(struct client *client, int64_t now_us)
{
  if (now_us - client->messages_since_us >= US_PER_SECOND) {
    client->messages_since_us = now_us;
    client->messages_left = CLIENT_MESSAGES_PER_S;
  }
  return client->messages_left-- <= 0;
}

/* A connection goes on where it was; one that returns where it says that it was, if that is still known. */
static int64_t alerts_go_on_after(const struct client *client, const struct stream_state *state)
{
  const struct subscription *waiting = &client->waiting;
  if (!waiting->has_resume) {
    return client->is_subscribed ? client->alerts_seq : state->fleet->head;
  }
  const int64_t seq = waiting->resume_alerts_seq >= 0 ? waiting->resume_alerts_seq : waiting->resume_seq;
  const bool is_known =
      text_starts_with(waiting->resume_epoch, text_from(state->epoch)) && alert_log_reaches(state->alerts, seq);
  return is_known ? seq : state->fleet->head;
}

static void begin_waiting_subscription(struct client *client, struct stream_state *state, int64_t now_us)
{
  char epoch[SUBSCRIPTION_EPOCH_MAX];
  subscription_epoch(state->epoch, &client->waiting.view, epoch);
  bool is_known = client->waiting.has_resume && text_equal(client->waiting.resume_epoch, text_from(epoch));
  client->announce_resumed = viewer_subscribe(client->viewer, state->fleet, &client->waiting, is_known);
  client->announce_subscribed = true;
  client->resumed_from = client->waiting.resume_seq;
  client->subscribed_seq = state->fleet->head;
  client->alerts_seq = client->alerts_after = alerts_go_on_after(client, state);
  client->silent_after_us = state->fleet->silent_after_us;
  memcpy(client->epoch, epoch, sizeof epoch);
  client->is_subscribed = true;
  client->has_waiting = false;
  client->subscribed_us = now_us;
  *(client->announce_resumed ? &state->resumptions : &state->snapshots) += 1;
}

static void begin_when_allowed(struct client *client, struct stream_state *state, int64_t now_us)
{
  if (client->has_waiting && state->is_ready && now_us - client->subscribed_us >= CLIENT_SUBSCRIBE_INTERVAL_MS * US_PER_MS) {
    begin_waiting_subscription(client, state, now_us);
  }
}

void client_receive(struct client *client, struct stream_state *state, struct text message, int64_t now_us)
{
  if (client->close_code != CLOSE_NONE) {
    return;
  }
  struct error error;
  if (is_too_fast(client, now_us)) {
    error = error_make(ERROR_BUSY, "at most %d messages a second", CLIENT_MESSAGES_PER_S);
  } else {
    struct arena *arena = arena_new(1024);
    struct subscription subscription;
    error = subscription_parse(arena, message, &subscription);
    if (error.code == ERROR_NONE) {
      arena_free(client->waiting_arena);
      client->waiting_arena = arena;
      client->waiting = subscription;
      client->has_waiting = true;
      /* It may have to wait, or is shown what is old. */
      client->heartbeat_is_due |= state->database_is_away;
      begin_when_allowed(client, state, now_us);
      return;
    }
    arena_free(arena);
  }
  complain(client, &error);
  if (client->strikes >= CLIENT_STRIKES_MAX) {
    client_close(client, CLOSE_POLICY, "too many bad messages");
  }
}

void client_receive_pong(struct client *client)
{
  client->pings_unanswered = 0;
}

/* Alerts that are not for its view are passed over. */
static const struct alert_frame *next_alert(struct client *client, const struct stream_state *state)
{
  if (!client->is_subscribed || client->announce_subscribed || client->close_code != CLOSE_NONE) {
    return NULL;
  }
  if (!alert_log_reaches(state->alerts, client->alerts_seq)) {
    client_close(client, CLOSE_TRY_LATER, "more alerts came than were taken");
    return NULL;
  }
  const struct alert_frame *frame = alert_log_next(state->alerts, client->alerts_seq);
  while (frame != NULL && !viewer_selects_vehicle(client->viewer, frame->vehicle_id, frame->vehicle)) {
    client->alerts_seq = frame->seq;
    frame = alert_log_next(state->alerts, client->alerts_seq);
  }
  return frame;
}

bool client_tick(struct client *client, struct stream_state *state, int64_t now_us)
{
  if (client->close_code != CLOSE_NONE) {
    return true;
  }
  begin_when_allowed(client, state, now_us);
  client->has_alert = next_alert(client, state) != NULL;
  if (!client->is_subscribed || !viewer_is_behind(client->viewer, state->fleet)) {
    return true;
  }
  bool was_taken = !client->update_is_due;
  client->update_is_due = true;
  return was_taken;
}

void client_sweep(struct client *client, const struct stream_state *state, int64_t now_us)
{
  if (!client->is_subscribed && !client->has_waiting &&
      now_us - client->opened_us > client->timing.subscribe_within_ms * US_PER_MS) {
    client_close(client, CLOSE_POLICY, "nothing was subscribed");
  }
  client->heartbeat_is_due |= client->told_database_is_away != state->database_is_away;
  if (now_us < client->next_heartbeat_us) {
    return;
  }
  client->next_heartbeat_us = now_us + client->timing.heartbeat_ms * US_PER_MS;
  if (client->pings_unanswered >= CLIENT_PINGS_UNANSWERED_MAX) {
    client_close(client, CLOSE_POLICY, "pings were not answered");
  }
  client->strikes = 0;
  client->heartbeat_is_due = true;
  client->ping_is_due = true;
}

bool client_has_message(const struct client *client)
{
  if (client->close_code != CLOSE_NONE) {
    return client->bye_is_due || client->has_error;
  }
  return client->has_error || client->announce_subscribed || client->announce_resumed || client->update_is_due ||
         client->heartbeat_is_due || client->ping_is_due || client->has_alert ||
         (client->is_subscribed && viewer_is_catching_up(client->viewer));
}

/* All that is still said once the conversation is to end. */
static bool write_last_words(struct client *client, struct buffer *body)
{
  if (client->has_error) {
    client->has_error = false;
    frame_write_error(body, &client->error);
  } else if (client->bye_is_due) {
    client->bye_is_due = false;
    frame_write_bye(body, client->close_reason, client->retry_after_ms);
  } else {
    return false;
  }
  return true;
}

static bool write_alert(struct client *client, const struct stream_state *state, struct buffer *body)
{
  const struct alert_frame *frame = next_alert(client, state);
  client->has_alert = frame != NULL;
  if (frame != NULL) {
    buffer_append_text(body, frame->json);
    client->alerts_seq = frame->seq;
    client->has_alert = next_alert(client, state) != NULL;
  }
  return frame != NULL;
}

static bool write_announcement(struct client *client, int64_t wall_us, const struct stream_state *state, struct buffer *body)
{
  if (client->announce_subscribed) {
    client->announce_subscribed = false;
    frame_write_subscribed(body, client->epoch, client->subscribed_seq, client->alerts_after,
                           client->timing.heartbeat_ms / 1000, client->silent_after_us / US_PER_SECOND);
  } else if (client->announce_resumed) {
    client->announce_resumed = false;
    frame_write_resumed(body, client->resumed_from);
  } else if (write_alert(client, state, body)) {
    return true;
  } else if (client->heartbeat_is_due) {
    client->heartbeat_is_due = false;
    client->told_database_is_away = state->database_is_away;
    frame_write_heartbeat(body, viewer_seq(client->viewer), wall_us, state->database_is_away);
  } else {
    return false;
  }
  return true;
}

static struct client_message write_content(struct client *client, struct stream_state *state, int64_t wall_us,
                                           struct buffer *names, struct buffer *body)
{
  struct client_message message = {.form = MESSAGE_NONE, .oldest_received_at_us = INT64_MAX};
  struct frame_content content;
  client->update_is_due = false;
  if (!viewer_next(client->viewer, state->fleet, &state->scratch, &content)) {
    return message;
  }
  message.oldest_received_at_us = content.oldest_received_at_us;
  message.update_seq = content.kind == CONTENT_UPDATE ? content.seq : 0;
  if (viewer_is_binary(client->viewer)) {
    message.has_names = frame_write_names(names, state->fleet, client->viewer, &content);
    frame_write_binary(body, state->fleet, &content, wall_us);
    message.form = MESSAGE_BINARY;
  } else {
    frame_write_json(body, state->fleet, &content);
    message.form = MESSAGE_TEXT;
  }
  return message;
}

struct client_message client_next_message(struct client *client, struct stream_state *state, int64_t wall_us,
                                          struct buffer *names, struct buffer *body)
{
  struct client_message none = {.form = MESSAGE_NONE, .oldest_received_at_us = INT64_MAX};
  struct client_message text = {.form = MESSAGE_TEXT, .oldest_received_at_us = INT64_MAX};
  struct client_message ping = {.form = MESSAGE_PING, .oldest_received_at_us = INT64_MAX};
  if (write_last_words(client, body)) {
    return text;
  }
  if (client->close_code != CLOSE_NONE) {
    return none;
  }
  if (write_announcement(client, wall_us, state, body)) {
    return text;
  }
  if (client->ping_is_due) {
    client->ping_is_due = false;
    client->pings_unanswered++;
    return ping;
  }
  if (client->is_subscribed && (client->update_is_due || viewer_is_catching_up(client->viewer))) {
    return write_content(client, state, wall_us, names, body);
  }
  return none;
}
