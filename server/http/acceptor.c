/* From accept to libmicrohttpd or the WebSocket side, and after libmicrohttpd the lingering close. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/http_metrics.h"
#include "server/http/listener.h"
#include "server/http/server_state.h"
#include "server/log.h"

enum { ACCEPTS_PER_TURN = 128, LINGER_BYTES_PER_TURN = 1024 * 1024 };

static void refuse(struct http_server *server, int socket)
{
  static const char TOO_MANY[] =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  (void)!send(socket, TOO_MANY, sizeof TOO_MANY - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  close(socket);
  http_metrics_refused(server->metrics);
}

static void watch(struct http_server *server, struct connection *connection)
{
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  epoll_ctl(server->epoll, EPOLL_CTL_ADD, connection->socket, &event);
}

void acceptor_accept(struct http_server *server)
{
  for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int socket = accept4(server->listen_socket, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      /* The listening socket stays readable: without a pause this would spin. The next sweep takes it up again. */
      LOG_WARNING("accept_paused", "reason=%d", errno);
      epoll_ctl(server->epoll, EPOLL_CTL_DEL, server->listen_socket, NULL);
      server->is_accepting = false;
    }
    if (socket < 0) {
      return;
    }
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *connection = connection_new(&server->connections, socket, (struct sockaddr *)&peer);
    if (connection == NULL) {
      refuse(server, socket);
      continue;
    }
    http_metrics_connections(server->metrics, server->connections.count);
    watch(server, connection);
  }
}

void acceptor_close(void *context, struct connection *connection)
{
  struct http_server *server = context;
  close(connection->socket);
  connection_free(&server->connections, connection);
  http_metrics_connections(server->metrics, server->connections.count);
}

static void to_websocket(struct http_server *server, struct connection *connection)
{
  if (server->is_draining) { /* the other side may have stopped already */
    acceptor_close(server, connection);
    return;
  }
  int socket = connection->socket;
  connection_free(&server->connections, connection);
  http_metrics_connections(server->metrics, server->connections.count);
  server->settings.on_websocket(socket, server->settings.on_websocket_context);
}

static void to_http(struct http_server *server, struct connection *connection)
{
  struct sockaddr_storage peer;
  socklen_t length = sizeof peer;
  if (getpeername(connection->socket, (struct sockaddr *)&peer, &length) != 0) {
    acceptor_close(server, connection);
    return;
  }
  server->adopting = connection;
  enum MHD_Result added = MHD_add_connection(server->daemon, connection->socket, (struct sockaddr *)&peer, length);
  if (added != MHD_YES && server->adopting != NULL) { /* it has closed the socket in any case */
    connection_free(&server->connections, connection);
  }
  server->adopting = NULL;
}

static void peek(struct http_server *server, struct connection *connection)
{
  char head[HTTP_HEAD_MAX];
  ssize_t length = recv(connection->socket, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (length <= 0) {
    acceptor_close(server, connection);
    return;
  }
  enum head_kind kind = listener_classify((struct text){head, (size_t)length});
  if (kind == HEAD_UNDECIDED) {
    return;
  }
  epoll_ctl(server->epoll, EPOLL_CTL_DEL, connection->socket, NULL);
  if (kind == HEAD_WEBSOCKET && server->settings.on_websocket != NULL) {
    to_websocket(server, connection);
  } else {
    to_http(server, connection);
  }
}

static void throw_away(struct http_server *server, struct connection *connection)
{
  char waste[16 * 1024];
  for (size_t total = 0; total < LINGER_BYTES_PER_TURN;) {
    ssize_t length = recv(connection->socket, waste, sizeof waste, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (length <= 0) {
      break;
    }
    total += (size_t)length;
  }
  acceptor_close(server, connection);
}

void acceptor_serve(struct http_server *server, struct connection *connection)
{
  if (connection->state == CONNECTION_PEEKING) {
    peek(server, connection);
  } else {
    throw_away(server, connection);
  }
}

/* libmicrohttpd is about to close a socket on which a body that we refused still arrives; that would reset the connection and
 * the client might never read our answer. A duplicate keeps it open, half closed, until the client has finished. */
static bool linger_on(struct http_server *server, struct connection *connection)
{
  int duplicate = dup(connection->socket);
  if (duplicate < 0) {
    return false;
  }
  connection->socket = duplicate;
  shutdown(duplicate, SHUT_WR);
  connection_enter(&server->connections, connection, CONNECTION_LINGERING);
  watch(server, connection);
  return true;
}

void acceptor_on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                            enum MHD_ConnectionNotificationCode what)
{
  (void)mhd;
  struct http_server *server = context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    *socket_context = server->adopting;
    connection_enter(&server->connections, server->adopting, CONNECTION_HEAD);
    server->adopting = NULL;
    return;
  }
  struct connection *connection = *socket_context;
  *socket_context = NULL;
  if (connection->linger && !connection->expired && !server->is_stopping && linger_on(server, connection)) {
    return;
  }
  connection_free(&server->connections, connection);
  http_metrics_connections(server->metrics, server->connections.count);
}
