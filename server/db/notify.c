#include "server/db/session.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "server/base/clock.h"

struct error db_listen(struct db_connection *connection, const char *channel)
{
  assert(strspn(channel, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(channel) && strlen(channel) < 64);
  char sql[80];
  snprintf(sql, sizeof sql, "LISTEN %s", channel);
  return db_execute(connection, sql);
}

static int drain_notifications(struct db_connection *connection)
{
  int count = 0;
  for (PGnotify *notification; (notification = PQnotifies(connection->session)) != NULL; count++) {
    PQfreemem(notification);
  }
  return count;
}

/* What poll brought: 1 the server's socket, 2 the wake-up, 0 the end of time. */
enum wait_end { WAIT_TIME_OVER, WAIT_SERVER, WAIT_WOKEN };

static struct error wait_once(struct db_connection *connection, int wake_fd, int64_t deadline_us, enum wait_end *end)
{
  struct pollfd sockets[2] = {{.fd = PQsocket(connection->session), .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
  int timeout_ms = -1;
  if (deadline_us >= 0) {
    const int64_t left_us = deadline_us - clock_monotonic_us();
    timeout_ms = left_us > 0 ? (int)((left_us + US_PER_MS - 1) / US_PER_MS) : 0;
  }
  const int ready = poll(sockets, wake_fd >= 0 ? 2 : 1, timeout_ms);
  if (ready < 0 && errno != EINTR) {
    return session_lost(connection, strerror(errno));
  }
  *end = WAIT_TIME_OVER;
  if (ready > 0) {
    *end = sockets[0].revents != 0 ? WAIT_SERVER : WAIT_WOKEN;
  }
  return error_none();
}

struct error db_wait_notify(struct db_connection *connection, int wake_fd, int timeout_ms, int *notified)
{
  if (!connection->usable) {
    return session_lost(connection, "");
  }
  const int64_t deadline_us = timeout_ms < 0 ? -1 : clock_monotonic_us() + timeout_ms * US_PER_MS;
  for (;;) {
    *notified = drain_notifications(connection);
    if (*notified > 0) {
      return error_none();
    }
    enum wait_end end = WAIT_TIME_OVER;
    TRY(wait_once(connection, wake_fd, deadline_us, &end));
    if (end != WAIT_SERVER) {
      return error_none();
    }
    if (PQconsumeInput(connection->session) != 1) {
      return session_lost(connection, PQerrorMessage(connection->session));
    }
  }
}
