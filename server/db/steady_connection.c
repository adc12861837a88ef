#include "server/db/steady_connection.h"

#include <poll.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/log.h"

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MAX_MS = 5000 };

void steady_connection_init(struct steady_connection *steady, struct db_settings settings)
{
  *steady = (struct steady_connection){
      .settings = settings, .back_off_ms = BACK_OFF_FIRST_MS, .seed = (unsigned int)clock_monotonic_us()};
}

void steady_connection_close(struct steady_connection *steady)
{
  db_close(steady->connection);
  steady->connection = NULL;
}

static bool has_gone(const struct db_connection *connection)
{
  struct pollfd socket = {.fd = db_socket(connection), .events = POLLRDHUP};
  return !db_is_usable(connection) || (poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

static struct error open_now(struct steady_connection *steady)
{
  TRY(db_open(steady->settings, &steady->connection));
  struct error error = db_execute(steady->connection, "SET enable_hashjoin = off; SET enable_mergejoin = off; "
                                                      "SET enable_seqscan = off; SET jit = off");
  if (error.code == ERROR_NONE && steady->setup != NULL) {
    error = db_execute(steady->connection, steady->setup);
  }
  if (error.code != ERROR_NONE) {
    steady_connection_close(steady);
  }
  return error;
}

/* Between half and all of the pause, so that servers do not come all at once. */
static void put_off(struct steady_connection *steady)
{
  int half_ms = steady->back_off_ms / 2;
  steady->retry_at_us = clock_monotonic_us() + (half_ms + rand_r(&steady->seed) % (half_ms + 1)) * US_PER_MS;
  steady->back_off_ms = steady->back_off_ms * 2 < BACK_OFF_MAX_MS ? steady->back_off_ms * 2 : BACK_OFF_MAX_MS;
}

struct error steady_connection_ensure(struct steady_connection *steady)
{
  if (steady->connection != NULL && has_gone(steady->connection)) {
    LOG_WARNING("database_connection_lost", "of=%s", log_quote_cstring(steady->settings.application_name));
    steady_connection_close(steady);
  }
  if (steady->connection != NULL) {
    return error_none();
  }
  if (clock_monotonic_us() < steady->retry_at_us) {
    return error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
  }
  struct error error = open_now(steady);
  if (error.code == ERROR_NONE) {
    steady->back_off_ms = BACK_OFF_FIRST_MS;
    return error;
  }
  log_error(LOG_LEVEL_WARNING, "database_not_reached", &error);
  put_off(steady);
  return error_make(ERROR_DATABASE_AWAY, "the database cannot be reached");
}

int steady_connection_pause_ms(const struct steady_connection *steady)
{
  int64_t left_us = steady->retry_at_us - clock_monotonic_us();
  return steady->connection != NULL || left_us <= 0 ? 0 : (int)(left_us / US_PER_MS) + 1;
}
