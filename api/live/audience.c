#include "api/live/audience.h"

#include <stdlib.h>

#include "api/live/hub_metrics.h"
#include "server/base/clock.h"
#include "server/log.h"

enum {
  PHASES = 20,
  PHASE_US = CLIENT_UPDATE_INTERVAL_MS * 1000 / PHASES,
  RING_SIZE = 1 << 16,
  CLOSE_TIMEOUT_US = 5000000,
  DATABASE_SILENT_US = 5000000, /* the feed looks every two seconds */
  NO_PROGRESS_MS = 30000,
  BYE_RETRY_MIN_MS = 500,
  BYE_RETRY_SPREAD_MS = 2500
};

/* A client and its socket, in the list of its phase. */
struct member {
  struct client *client;
  void *socket;
  struct member *next;
  struct member *previous;
  unsigned phase;
  int64_t blocked_since_us; /* we wait for the socket to take a frame; 0: we do not */
  uint64_t acknowledged_bytes;
  int64_t closing_since_us; /* 0: open */
};

struct audience {
  struct audience_settings settings;
  struct stream_state state;
  struct member *phases[PHASES];
  unsigned tick_count;
  int64_t next_tick_us;
  unsigned admitted;
  int count;
  int64_t database_read_us;
};

struct audience *audience_new(struct audience_settings settings)
{
  struct audience *audience = calloc(1, sizeof *audience);
  if (audience == NULL) {
    abort();
  }
  audience->settings = settings;
  if (settings.no_progress_ms == 0) {
    audience->settings.no_progress_ms = NO_PROGRESS_MS;
  }
  audience->state.fleet = fleet_state_new(RING_SIZE, settings.silent_after_us);
  audience->state.alerts = alert_log_new();
  audience->state.database_is_away = true;
  return audience;
}

void audience_free(struct audience *audience)
{
  if (audience != NULL) {
    fleet_state_free(audience->state.fleet);
    alert_log_free(audience->state.alerts);
    free(audience);
  }
}

int audience_count(const struct audience *audience)
{
  return audience->count;
}

static void want_to_write(const struct audience *audience, struct member *member, int64_t now_us)
{
  if (member->blocked_since_us == 0) {
    member->blocked_since_us = now_us;
  }
  audience->settings.calls.want_to_write(member->socket);
}

static void write_if_needed(const struct audience *audience, struct member *member, int64_t now_us)
{
  if (client_has_message(member->client) || client_close_code(member->client) != CLOSE_NONE) {
    want_to_write(audience, member, now_us);
  }
}

struct member *audience_admit(struct audience *audience, void *socket, int64_t now_us)
{
  struct member *member = calloc(1, sizeof *member);
  if (member == NULL) {
    abort();
  }
  member->socket = socket;
  member->client = client_new(audience->settings.timing, now_us);
  /* The member's own number spreads members over the phases evenly, whatever comes and goes. */
  member->phase = audience->admitted++ % PHASES;
  member->next = audience->phases[member->phase];
  if (member->next != NULL) {
    member->next->previous = member;
  }
  audience->phases[member->phase] = member;
  counter_add(audience->settings.metrics->opened, 1);
  if (++audience->count > audience->settings.clients_max) {
    counter_add(audience->settings.metrics->refused_capacity, 1);
    audience_close(audience, member, CLOSE_TRY_LATER, "too many clients", now_us);
  }
  return member;
}

void audience_dismiss(struct audience *audience, struct member *member)
{
  if (member->previous != NULL) {
    member->previous->next = member->next;
  } else {
    audience->phases[member->phase] = member->next;
  }
  if (member->next != NULL) {
    member->next->previous = member->previous;
  }
  audience->count--;
  if (client_close_code(member->client) != CLOSE_NONE) {
    LOG_INFO("stream_client_closed", "code=%d reason=%s", (int)client_close_code(member->client),
             log_quote_cstring(client_close_reason(member->client)));
  }
  client_free(member->client);
  free(member);
}

/* ---- The clock ---- */

static void tick_phase(struct audience *audience, int64_t now_us)
{
  for (struct member *at = audience->phases[audience->tick_count++ % PHASES]; at != NULL; at = at->next) {
    if (!client_tick(at->client, &audience->state, now_us)) {
      counter_add(audience->settings.metrics->postponed, 1);
    }
    write_if_needed(audience, at, now_us);
  }
}

/* Phases have fixed times: after a delay those that were missed are served together, each once. */
int64_t audience_tick(struct audience *audience, int64_t now_us)
{
  for (int i = 0; i < PHASES && audience->next_tick_us <= now_us; i++) {
    tick_phase(audience, now_us);
    audience->next_tick_us += PHASE_US;
  }
  if (audience->next_tick_us <= now_us) {
    audience->next_tick_us = now_us + PHASE_US;
  }
  return audience->next_tick_us;
}

static bool made_no_progress(const struct audience *audience, struct member *member, int64_t now_us)
{
  if (member->blocked_since_us == 0) {
    return false;
  }
  uint64_t acknowledged_bytes = audience->settings.calls.acknowledged_bytes(member->socket);
  if (acknowledged_bytes != member->acknowledged_bytes) {
    member->acknowledged_bytes = acknowledged_bytes;
    member->blocked_since_us = now_us;
  }
  return now_us - member->blocked_since_us > audience->settings.no_progress_ms * US_PER_MS;
}

static void sweep_member(const struct audience *audience, struct member *member, int64_t now_us)
{
  if (client_close_code(member->client) == CLOSE_NONE) {
    /* The database's absence is told from here, not at the moment itself: one that is back at once is nobody's concern. */
    client_sweep(member->client, &audience->state, now_us);
    if (made_no_progress(audience, member, now_us)) {
      client_close(member->client, CLOSE_TRY_LATER, "no progress");
      counter_add(audience->settings.metrics->slow_closes, 1);
    }
    write_if_needed(audience, member, now_us);
    return;
  }
  /* A stuck client that reads again meanwhile is still told why. */
  if (member->closing_since_us == 0) {
    member->closing_since_us = now_us;
  } else if (now_us - member->closing_since_us > CLOSE_TIMEOUT_US) {
    audience->settings.calls.cut(member->socket);
  }
}

static void publish_metrics(struct audience *audience)
{
  const struct hub_metrics *metrics = audience->settings.metrics;
  gauge_set(metrics->clients, audience->count);
  gauge_set(metrics->vehicles, audience->state.fleet->count);
  counter_add(metrics->snapshots, audience->state.snapshots);
  counter_add(metrics->resumptions, audience->state.resumptions);
  audience->state.snapshots = audience->state.resumptions = 0;
}

void audience_sweep(struct audience *audience, int64_t now_us, int64_t wall_us)
{
  if (audience->state.is_ready) {
    fleet_state_sweep(audience->state.fleet, wall_us);
  }
  audience_set_database_read(audience, audience->database_read_us, now_us);
  for (int phase = 0; phase < PHASES; phase++) {
    for (struct member *at = audience->phases[phase]; at != NULL; at = at->next) {
      sweep_member(audience, at, now_us);
    }
  }
  publish_metrics(audience);
}

/* ---- News ---- */

void audience_say_bye(struct audience *audience, const char *reason, int64_t now_us)
{
  for (int phase = 0; phase < PHASES; phase++) {
    for (struct member *at = audience->phases[phase]; at != NULL; at = at->next) {
      client_say_bye(at->client, reason, BYE_RETRY_MIN_MS + (int)(random() % BYE_RETRY_SPREAD_MS));
      want_to_write(audience, at, now_us);
    }
  }
}

void audience_set_database_read(struct audience *audience, int64_t read_us, int64_t now_us)
{
  audience->database_read_us = read_us;
  audience->state.database_is_away = read_us == 0 || now_us - read_us > DATABASE_SILENT_US;
}

static void forget_fleet(struct audience *audience, int64_t now_us)
{
  if (audience->state.is_ready) {
    LOG_WARNING("stream_epoch_changed", "vehicles=%u", audience->state.fleet->count);
    audience_say_bye(audience, "epoch_changed", now_us);
  }
  /* Viewers hold slot numbers of the old fleet, but none of them is asked again after its bye. */
  fleet_state_free(audience->state.fleet);
  audience->state.fleet = fleet_state_new(RING_SIZE, audience->settings.silent_after_us);
  audience->state.is_ready = false;
  alert_log_begin_after(audience->state.alerts, 0);
}

static void take_alerts(struct audience *audience, const struct alert_frames *frames)
{
  if (frames->is_cut) {
    alert_log_begin_after(audience->state.alerts, frames->items[0].seq - 1);
  }
  for (size_t i = 0; i < frames->count; i++) {
    alert_log_add(audience->state.alerts, &frames->items[i]);
  }
}

void audience_apply(struct audience *audience, const struct feed_batch *batch, int64_t now_us, int64_t wall_us)
{
  if (batch->reset) {
    forget_fleet(audience, now_us);
  }
  struct stream_state *state = &audience->state;
  uint64_t changes = 0;
  for (size_t i = 0; i < batch->count; i++) {
    changes += fleet_state_apply(state->fleet, &batch->positions[i], batch->hidden[i] != 0, wall_us);
  }
  counter_add(audience->settings.metrics->changes, changes);
  memcpy(state->epoch, batch->epoch, sizeof state->epoch);
  if (!batch->complete) {
    return;
  }
  take_alerts(audience, &batch->alerts);
  fleet_state_set_head(state->fleet, batch->head);
  if (!state->is_ready) {
    state->is_ready = true;
    fleet_state_mark_restored(state->fleet);
  }
}

/* ---- One member ---- */

void audience_receive(struct audience *audience, struct member *member, struct text message, int64_t now_us)
{
  client_receive(member->client, &audience->state, message, now_us);
  write_if_needed(audience, member, now_us);
}

void audience_receive_pong(struct member *member)
{
  client_receive_pong(member->client);
}

void audience_close(struct audience *audience, struct member *member, enum close_code code, const char *reason, int64_t now_us)
{
  client_close(member->client, code, reason);
  want_to_write(audience, member, now_us);
}

struct client_message audience_next_message(struct audience *audience, struct member *member, int64_t now_us, int64_t wall_us,
                                            struct buffer *names, struct buffer *body)
{
  struct client_message message = client_next_message(member->client, &audience->state, wall_us, names, body);
  member->blocked_since_us = 0;
  if (message.form != MESSAGE_NONE || client_close_code(member->client) == CLOSE_NONE) {
    write_if_needed(audience, member, now_us);
  }
  return message;
}

enum close_code audience_close_code(const struct member *member)
{
  return client_close_code(member->client);
}

const char *audience_close_reason(const struct member *member)
{
  return client_close_reason(member->client);
}
