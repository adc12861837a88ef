#include "server/http/connections.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/base/clock.h"

enum { LINGER_US = 2000000, WRITE_LOOKS = 4 };

/* Counted by a keyed hash of the address, so that a table of fixed size serves any number of them and nobody can choose to
 * share a slot with somebody else. */
static uint32_t address_slot(const struct connections *connections, const struct sockaddr *peer)
{
  uint64_t bits = 0;
  if (peer->sa_family == AF_INET) {
    bits = ((const struct sockaddr_in *)(const void *)peer)->sin_addr.s_addr;
  } else if (peer->sa_family == AF_INET6) {
    memcpy(&bits, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, sizeof bits); /* the /64 */
  }
  uint64_t mixed = (bits ^ connections->address_seed) * UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xD6E8FEB86659FD93) + connections->address_seed;
  return (uint32_t)((mixed ^ (mixed >> 32)) % ADDRESS_SLOTS);
}

static bool is_loopback(const struct sockaddr *peer)
{
  if (peer->sa_family == AF_INET) {
    return (ntohl(((const struct sockaddr_in *)(const void *)peer)->sin_addr.s_addr) >> 24) == 127;
  }
  const struct in6_addr *address = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
  return peer->sa_family == AF_INET6 &&
         (IN6_IS_ADDR_LOOPBACK(address) || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127));
}

struct connection *connection_new(struct connections *connections, int socket, const struct sockaddr *peer)
{
  bool loopback = is_loopback(peer);
  uint32_t slot = address_slot(connections, peer);
  if (connections->count >= connections->max || (!loopback && connections->per_address[slot] >= connections->per_address_max)) {
    return NULL;
  }
  struct connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) {
    abort();
  }
  connection->socket = socket;
  connection->is_loopback = loopback;
  connection->address_slot = slot;
  connection->next = connections->first;
  if (connections->first != NULL) {
    connections->first->previous = connection;
  }
  connections->first = connection;
  connections->count++;
  connections->per_address[slot]++;
  connection_enter(connections, connection, CONNECTION_PEEKING);
  return connection;
}

static bool is_in_flight(enum connection_state state)
{
  return state == CONNECTION_BODY || state == CONNECTION_WORKING || state == CONNECTION_WRITING;
}

void connection_free(struct connections *connections, struct connection *connection)
{
  if (connection->previous != NULL) {
    connection->previous->next = connection->next;
  } else {
    connections->first = connection->next;
  }
  if (connection->next != NULL) {
    connection->next->previous = connection->previous;
  }
  connections->working -= is_in_flight(connection->state);
  connections->count--;
  connections->per_address[connection->address_slot]--;
  free(connection);
}

static uint64_t bytes_acknowledged(int socket)
{
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_acked : 0;
}

void connection_enter(struct connections *connections, struct connection *connection, enum connection_state state)
{
  connections->working += is_in_flight(state) - is_in_flight(connection->state);
  connection->state = state;
  bool starts_deadline = state != CONNECTION_HEAD && state != CONNECTION_WORKING;
  int64_t now_us = starts_deadline ? clock_monotonic_us() : 0;
  switch (state) {
  case CONNECTION_PEEKING:
    connection->deadline_us = now_us + connections->head_timeout_us;
    break;
  case CONNECTION_HEAD:
    break;
  case CONNECTION_BODY:
    connection->deadline_us = now_us + connections->body_timeout_us;
    break;
  case CONNECTION_WORKING:
    connection->deadline_us = INT64_MAX;
    break;
  case CONNECTION_WRITING: /* most answers are out before the sweep's first look at the socket */
    connection->deadline_us = now_us + connections->write_timeout_us / WRITE_LOOKS;
    connection->progressed_at_us = now_us;
    connection->acknowledged = 0;
    break;
  case CONNECTION_IDLE:
    connection->deadline_us = now_us + connections->idle_timeout_us;
    break;
  case CONNECTION_LINGERING:
    connection->deadline_us = now_us + LINGER_US;
    break;
  }
}

static void expire(struct connection *connection)
{
  static const char TOO_SLOW[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  if (connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY) {
    (void)!send(connection->socket, TOO_SLOW, sizeof TOO_SLOW - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  connection->expired = true;
  shutdown(connection->socket, SHUT_RDWR);
}

/* A writing connection is looked at several times before it is late. */
static bool is_late(const struct connections *connections, struct connection *connection, int64_t now_us)
{
  if (connection->state != CONNECTION_WRITING) {
    return true;
  }
  uint64_t acknowledged = bytes_acknowledged(connection->socket);
  if (acknowledged != connection->acknowledged) {
    connection->acknowledged = acknowledged;
    connection->progressed_at_us = now_us;
  }
  connection->deadline_us = now_us + connections->write_timeout_us / WRITE_LOOKS;
  return now_us - connection->progressed_at_us >= connections->write_timeout_us;
}

/* The peer has closed in the middle of a body. libmicrohttpd, whose epoll is edge-triggered, does not see it when the end came
 * together with the last bytes. */
static bool is_cut_off(const struct connection *connection)
{
  struct pollfd peer = {.fd = connection->socket, .events = POLLRDHUP};
  int waiting = 0;
  return connection->state == CONNECTION_BODY && poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP)) != 0 &&
         ioctl(connection->socket, FIONREAD, &waiting) == 0 && waiting == 0;
}

void connections_sweep(struct connections *connections, int64_t now_us,
                       void (*close_own)(void *context, struct connection *connection), void *context)
{
  struct connection *next = NULL;
  for (struct connection *connection = connections->first; connection != NULL; connection = next) {
    next = connection->next;
    if (!connection->expired && is_cut_off(connection)) {
      connection->expired = true;
      shutdown(connection->socket, SHUT_RDWR);
    }
    if (now_us < connection->deadline_us || connection->expired) {
      continue;
    }
    if (connection->state == CONNECTION_PEEKING || connection->state == CONNECTION_LINGERING) {
      close_own(context, connection);
    } else if (is_late(connections, connection, now_us)) {
      expire(connection);
    }
  }
}

void connections_close_idle(struct connections *connections, void (*close_own)(void *context, struct connection *connection),
                            void *context)
{
  struct connection *next = NULL;
  for (struct connection *connection = connections->first; connection != NULL; connection = next) {
    next = connection->next;
    int waiting = 0;
    if (connection->expired || is_in_flight(connection->state) || connection->state == CONNECTION_LINGERING ||
        (ioctl(connection->socket, FIONREAD, &waiting) == 0 && waiting > 0)) {
      continue;
    }
    if (connection->state == CONNECTION_PEEKING) {
      close_own(context, connection);
    } else {
      connection->expired = true;
      shutdown(connection->socket, SHUT_RDWR);
    }
  }
}
