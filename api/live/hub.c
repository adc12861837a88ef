#include "api/live/hub.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/live/audience.h"
#include "api/live/client.h"
#include "api/live/hub_inbox.h"
#include "api/live/hub_metrics.h"
#include "api/live/origin.h"
#include "api/live/sent_log.h"
#include "api/live/socket_options.h"
#include "api/live/subscription.h"
#include "server/base/clock.h"
#include "server/log.h"
#include "server/metrics.h"

enum { PACKET_BYTES = 4 * 1024 * 1024, HEAD_MAX_BYTES = 8192, HANDSHAKE_TIMEOUT_S = 10, DESCRIPTORS_MAX = 65536 };

/* What libwebsockets keeps for each socket. */
struct connection {
  struct member *member; /* NULL: no WebSocket yet */
  struct buffer inbound; /* the message so far */
  bool is_ending;        /* the library sends our close and waits for the client's */
};

struct hub {
  struct hub_settings settings;
  struct hub_metrics metrics;
  struct hub_inbox *inbox;
  struct hub_inbox_content taken;
  pthread_t thread;
  atomic_int grace_ms;

  struct lws_context *context;
  lws_sorted_usec_list_t tick;
  lws_sorted_usec_list_t sweep;
  struct audience *audience;
  struct buffer names; /* both with LWS_PRE bytes in front */
  struct buffer body;
  int64_t stop_by_us; /* 0: running */
  bool is_finished;
  bool has_begun;          /* the fleet of this epoch has been read whole */
  atomic_bool has_clients; /* for other threads */
};

static void begin_message(struct buffer *buffer)
{
  static const char headroom[LWS_PRE];
  buffer_clear(buffer);
  buffer_append(buffer, headroom, sizeof headroom);
}

/* ---- What the audience asks of a socket ---- */

static void want_to_write(void *socket)
{
  lws_callback_on_writable(socket);
}

static uint64_t acknowledged_bytes(void *socket)
{
  return socket_bytes_acknowledged(lws_get_socket_fd(socket));
}

static void cut(void *socket)
{
  lws_set_timeout(socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* ---- The clock ---- */

static void on_tick(lws_sorted_usec_list_t *timer)
{
  struct hub *hub = lws_container_of(timer, struct hub, tick);
  int64_t now_us = clock_monotonic_us();
  int64_t next_us = audience_tick(hub->audience, now_us);
  if (audience_count(hub->audience) != 0) {
    lws_sul_schedule(hub->context, 0, timer, on_tick, next_us - now_us);
  }
}

static void finish_when_empty(struct hub *hub, int64_t now_us)
{
  if (hub->stop_by_us != 0 && (audience_count(hub->audience) == 0 || now_us >= hub->stop_by_us)) {
    hub->is_finished = true;
    lws_cancel_service(hub->context);
  }
}

static void on_sweep(lws_sorted_usec_list_t *timer)
{
  struct hub *hub = lws_container_of(timer, struct hub, sweep);
  int64_t now_us = clock_monotonic_us();
  audience_sweep(hub->audience, now_us, clock_now_us());
  finish_when_empty(hub, now_us);
  lws_sul_schedule(hub->context, 0, timer, on_sweep, hub->stop_by_us != 0 ? 100 * LWS_US_PER_MS : LWS_US_PER_SEC);
}

/* ---- The inbox ---- */

static void adopt_socket(struct hub *hub, int socket)
{
  if (hub->stop_by_us != 0) {
    close(socket);
    return;
  }
  socket_prepare_for_stream(socket);
  if (lws_adopt_socket(hub->context, socket) == NULL) {
    LOG_WARNING("stream_adopt_failed", "clients=%d", audience_count(hub->audience)); /* the library has closed it */
  }
}

/* Nothing goes out before the fleet of an epoch has been read whole. */
static void follow_sent(struct hub *hub, const struct feed_batch *batch)
{
  hub->has_begun = hub->has_begun && !batch->reset;
  if (!hub->has_begun && batch->complete) {
    sent_log_begin(hub->settings.sent, batch->head, clock_now_us());
    hub->has_begun = true;
  }
}

static void read_inbox(struct hub *hub)
{
  struct hub_inbox_content *taken = &hub->taken;
  hub_inbox_take(hub->inbox, taken);
  audience_set_database_read(hub->audience, taken->database_read_us, clock_monotonic_us());
  while (taken->batches != NULL) {
    struct feed_batch *batch = taken->batches;
    taken->batches = batch->next;
    audience_apply(hub->audience, batch, clock_monotonic_us(), clock_now_us());
    follow_sent(hub, batch);
    feed_batch_free(batch);
  }
  for (size_t i = 0; i < taken->socket_count; i++) {
    adopt_socket(hub, taken->sockets[i]);
  }
  if (taken->bye_reason != NULL && hub->stop_by_us == 0) {
    int64_t now_us = clock_monotonic_us();
    hub->stop_by_us = now_us + atomic_load(&hub->grace_ms) * US_PER_MS;
    audience_say_bye(hub->audience, taken->bye_reason, now_us);
    lws_sul_schedule(hub->context, 0, &hub->sweep, on_sweep, 1);
  }
}

/* ---- The handshake ---- */

static struct text header(struct lws *socket, enum lws_token_indexes token, char *out, int out_bytes)
{
  int length = lws_hdr_copy(socket, out, out_bytes, token);
  return (struct text){out, length > 0 ? (size_t)length : 0};
}

/* Answers over the still plain HTTP connection and has it closed. */
static int refuse(struct lws *socket, const char *status, const char *detail)
{
  unsigned char bytes[LWS_PRE + 512];
  char *text = (char *)bytes + LWS_PRE;
  char body[256];
  int body_length = snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%.3s,\"detail\":\"%s\"}",
                             status + 4, status, detail);
  int length = snprintf(text, sizeof bytes - LWS_PRE,
                        "HTTP/1.1 %s\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
                        "Sec-WebSocket-Protocol: fleet.v1\r\nConnection: close\r\n\r\n%s",
                        status, body_length, body);
  (void)lws_write(socket, (unsigned char *)text, (size_t)length, LWS_WRITE_HTTP);
  return -1;
}

static bool offers_protocol(struct text offered)
{
  struct text protocol;
  while (text_split(&offered, ',', &protocol)) {
    if (text_equal(text_trim(protocol), TEXT("fleet.v1"))) {
      return true;
    }
  }
  return false;
}

static int check_upgrade(struct hub *hub, struct lws *socket)
{
  char origin_bytes[512];
  char host_bytes[512];
  char protocol_bytes[512];
  struct text origin = header(socket, WSI_TOKEN_ORIGIN, origin_bytes, sizeof origin_bytes);
  struct text host = header(socket, WSI_TOKEN_HOST, host_bytes, sizeof host_bytes);
  struct text offered = header(socket, WSI_TOKEN_PROTOCOL, protocol_bytes, sizeof protocol_bytes);
  bool origin_is_unreadable = origin.length == 0 && lws_hdr_total_length(socket, WSI_TOKEN_ORIGIN) > 0;
  if (origin_is_unreadable || !origin_is_allowed(origin, host, text_from(hub->settings.allowed_origins))) {
    counter_add(hub->metrics.refused_origin, 1);
    return refuse(socket, "403 Forbidden", "this origin is not among allowed-origins");
  }
  if (!offers_protocol(offered)) {
    counter_add(hub->metrics.refused_protocol, 1);
    return refuse(socket, "400 Bad Request", "the subprotocol must be fleet.v1");
  }
  return 0;
}

/* ---- A client's life ---- */

static void open_connection(struct hub *hub, struct lws *socket, struct connection *connection)
{
  connection->member = audience_admit(hub->audience, socket, clock_monotonic_us());
  atomic_store(&hub->has_clients, true);
  if (audience_count(hub->audience) == 1) {
    lws_sul_schedule(hub->context, 0, &hub->tick, on_tick, 1);
  }
}

static void close_connection(struct hub *hub, struct connection *connection)
{
  audience_dismiss(hub->audience, connection->member);
  connection->member = NULL;
  atomic_store(&hub->has_clients, audience_count(hub->audience) != 0);
  buffer_free(&connection->inbound);
}

/* Only once: the library takes a second refusal for a wish to hang up, and what a client then still sends makes the kernel drop
 * the close that it has not read yet. */
static int end_conversation(struct lws *socket, struct connection *connection)
{
  if (connection->is_ending) {
    return 0;
  }
  connection->is_ending = true;
  const struct member *member = connection->member;
  const char *reason = audience_close_reason(member);
  lws_close_reason(socket, (enum lws_close_status)audience_close_code(member), (unsigned char *)(uintptr_t)reason,
                   strlen(reason));
  return -1;
}

static int write_bytes(struct hub *hub, struct lws *socket, struct buffer *buffer, bool is_binary)
{
  size_t length = buffer->length - LWS_PRE;
  counter_add(is_binary ? hub->metrics.frames_binary : hub->metrics.frames_text, 1);
  counter_add(hub->metrics.bytes, length);
  return lws_write(socket, (unsigned char *)buffer->data + LWS_PRE, length, is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
}

static int write_message(struct hub *hub, struct lws *socket, struct connection *connection)
{
  struct member *member = connection->member;
  unsigned char ping[LWS_PRE + 1] = {0};
  int64_t wall_us = clock_now_us();
  begin_message(&hub->names);
  begin_message(&hub->body);
  struct client_message message =
      audience_next_message(hub->audience, member, clock_monotonic_us(), wall_us, &hub->names, &hub->body);
  if (message.form == MESSAGE_NONE) {
    return audience_close_code(member) != CLOSE_NONE ? end_conversation(socket, connection) : 0;
  }
  if (message.form == MESSAGE_PING) {
    return lws_write(socket, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
  }
  if (message.has_names && write_bytes(hub, socket, &hub->names, false) < 0) {
    return -1;
  }
  if (write_bytes(hub, socket, &hub->body, message.form == MESSAGE_BINARY) < 0) {
    return -1;
  }
  if (message.update_seq != 0) {
    sent_log_note(hub->settings.sent, message.update_seq, wall_us);
  }
  if (message.oldest_received_at_us != INT64_MAX) {
    histogram_observe(hub->metrics.lag, (double)(wall_us - message.oldest_received_at_us) / (double)US_PER_SECOND);
  }
  return 0;
}

static void on_receive(struct hub *hub, struct lws *socket, struct connection *connection, const void *bytes, size_t length)
{
  int64_t now_us = clock_monotonic_us();
  if (lws_frame_is_binary(socket)) {
    audience_close(hub->audience, connection->member, CLOSE_UNSUPPORTED_DATA, "control messages are text", now_us);
  } else if (connection->inbound.length + length > SUBSCRIPTION_MESSAGE_MAX_BYTES) {
    audience_close(hub->audience, connection->member, CLOSE_TOO_BIG, "a message may have 16 KiB", now_us);
  } else {
    buffer_append(&connection->inbound, bytes, length);
    if (lws_is_final_fragment(socket) && lws_remaining_packet_payload(socket) == 0) {
      audience_receive(hub->audience, connection->member, buffer_text(&connection->inbound), now_us);
      buffer_free(&connection->inbound);
    }
  }
}

static int on_member_event(struct hub *hub, struct lws *socket, enum lws_callback_reasons reason, struct connection *connection,
                           void *bytes, size_t length)
{
  switch (reason) {
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return write_message(hub, socket, connection);
  case LWS_CALLBACK_RECEIVE:
    on_receive(hub, socket, connection, bytes, length);
    return 0;
  case LWS_CALLBACK_RECEIVE_PONG:
    audience_receive_pong(connection->member);
    return 0;
  case LWS_CALLBACK_CLOSED:
    close_connection(hub, connection);
    return 0;
  default:
    return 0;
  }
}

static int on_event(struct lws *socket, enum lws_callback_reasons reason, void *session, void *bytes, size_t length)
{
  struct hub *hub = lws_context_user(lws_get_context(socket));
  struct connection *connection = session;
  switch (reason) {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
    read_inbox(hub);
    return 0;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return check_upgrade(hub, socket);
  case LWS_CALLBACK_HTTP:
    return refuse(socket, "426 Upgrade Required", "this is a WebSocket, subprotocol fleet.v1");
  case LWS_CALLBACK_ESTABLISHED:
    open_connection(hub, socket, connection);
    return 0;
  default:
    return connection != NULL && connection->member != NULL ? on_member_event(hub, socket, reason, connection, bytes, length)
                                                            : 0;
  }
}

/* ---- The thread ---- */

static void *run(void *argument)
{
  struct hub *hub = argument;
  pthread_setname_np(pthread_self(), "hub");
  lws_sul_schedule(hub->context, 0, &hub->sweep, on_sweep, 1);
  while (!hub->is_finished && lws_service(hub->context, 0) >= 0) {
  }
  lws_context_destroy(hub->context);
  return NULL;
}

static void log_library_line(int level, const char *line)
{
  struct text text = text_from(line);
  while (text.length != 0 && (text.data[text.length - 1] == '\n' || text.data[text.length - 1] == ' ')) {
    text.length--;
  }
  log_event(level == LLL_ERR ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "websocket_library", "message=%s", log_quote(text));
}

/* The library sizes its tables by the limit of open files, which some containers set to a thousand million. */
static struct lws_context *create_context(struct lws_context_creation_info *info)
{
  struct rlimit limit;
  bool is_huge = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > DESCRIPTORS_MAX;
  if (is_huge) {
    struct rlimit smaller = {.rlim_cur = DESCRIPTORS_MAX, .rlim_max = limit.rlim_max};
    (void)setrlimit(RLIMIT_NOFILE, &smaller);
  }
  struct lws_context *context = lws_create_context(info);
  if (is_huge) {
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  return context;
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = "fleet.v1",
     .callback = on_event,
     .per_session_data_size = sizeof(struct connection),
     .rx_buffer_size = 4096,
     .tx_packet_size = PACKET_BYTES}, /* what the socket does not take at once is kept by the library */
    {.name = NULL},
};

struct error hub_start(struct hub_settings settings, struct hub **result)
{
  struct hub *hub = calloc(1, sizeof *hub);
  if (hub == NULL) {
    abort();
  }
  hub->settings = settings;
  hub->metrics = hub_metrics_register(settings.metrics);
  hub->inbox = hub_inbox_new();
  hub->audience = audience_new((struct audience_settings){
      .silent_after_us = settings.silent_after_us,
      .clients_max = settings.clients_max,
      .no_progress_ms = settings.no_progress_ms,
      .timing = {.heartbeat_ms = settings.heartbeat_ms, .subscribe_within_ms = settings.subscribe_within_ms},
      .calls = {.want_to_write = want_to_write, .acknowledged_bytes = acknowledged_bytes, .cut = cut},
      .metrics = &hub->metrics});
  lws_set_log_level(LLL_ERR | LLL_WARN, log_library_line);
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = PROTOCOLS,
      .user = hub,
      .options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
      .max_http_header_data = HEAD_MAX_BYTES,
      .timeout_secs = HANDSHAKE_TIMEOUT_S,
  };
  hub->context = create_context(&info);
  if (hub->context == NULL || pthread_create(&hub->thread, NULL, run, hub) != 0) {
    return error_make(ERROR_SETUP, "the WebSocket library cannot start");
  }
  *result = hub;
  return error_none();
}

void hub_stop(struct hub *hub, const char *reason, int grace_ms)
{
  if (hub == NULL) {
    return;
  }
  atomic_store(&hub->grace_ms, grace_ms);
  hub_inbox_close(hub->inbox, reason);
  lws_cancel_service(hub->context);
  pthread_join(hub->thread, NULL);
  hub_inbox_free(hub->inbox);
  audience_free(hub->audience);
  buffer_free(&hub->names);
  buffer_free(&hub->body);
  free(hub);
}

void hub_adopt(struct hub *hub, int socket)
{
  if (!hub_inbox_put_socket(hub->inbox, socket)) {
    close(socket);
    return;
  }
  lws_cancel_service(hub->context);
}

void hub_deliver(struct hub *hub, struct feed_batch *batch)
{
  hub_inbox_put_batch(hub->inbox, batch);
  lws_cancel_service(hub->context);
}

void hub_set_database_away(struct hub *hub, bool is_away)
{
  hub_inbox_set_database_read(hub->inbox, is_away ? 0 : clock_monotonic_us());
  lws_cancel_service(hub->context);
}

bool hub_has_clients(const struct hub *hub)
{
  return atomic_load(&hub->has_clients);
}
