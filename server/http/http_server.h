/* The listening port: accepts, reads heads under a deadline, hands WebSocket upgrades on and everything else to libmicrohttpd.
 *
 * Owns: the listening socket, every HTTP connection, the http thread (an epoll loop of its own that calls MHD_run on
 * libmicrohttpd's epoll fd), and the query workers (a thread and a database connection each).
 * Two of them run: the public one and the admin one (without workers).
 * Thread: start and stop from main; http_server_post from any thread. */
#ifndef CRUMBTRAIL_SERVER_HTTP_HTTP_SERVER_H
#define CRUMBTRAIL_SERVER_HTTP_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/http/router.h"

struct metrics;
struct query_workers;
struct http_server;

struct http_server_settings {
  const char *listen; /* host:port; port 0 picks a free one, see http_server_port */
  int connections_max;
  int head_timeout_ms;  /* absolute, from accept to the end of the first head: 10000 */
  int body_timeout_ms;  /* absolute, from the head to the end of the body: 30000 */
  int idle_timeout_ms;  /* absolute, between two requests of a connection, the head of the next included: 75000 */
  int write_timeout_ms; /* an answer that makes no progress for so long is broken off: 60000 */
  /* From one address (an IPv6 /64); 0: a quarter of connections_max. Loopback is not limited: proxies and tests are there. */
  int connections_per_address_max;
  const char *content_security_policy; /* sent with text/html; NULL: none */
  const char *allowed_origins;         /* other origins whose pages may call (CORS), comma separated; NULL or "": none */
  struct metrics *metrics;
  const char *metrics_listener; /* label: "public", "admin" */
  /* Takes the socket of a GET /v1/stream with Upgrade: websocket; nothing has been read from it. May be NULL. */
  void (*on_websocket)(int socket, void *context);
  void *on_websocket_context;
  struct query_workers *workers; /* runs routes with `query`; NULL when there are none */
};

/* A timeout or limit of 0 takes the figure above. The settings' texts and the router are borrowed until http_server_stop. */
struct error http_server_start(struct http_server_settings settings, const struct router *router,
                               struct http_server **server) ERROR_MUST_CHECK;
uint16_t http_server_port(const struct http_server *server);

/* Stops accepting (answering /readyz as draining is main's work) and closes idle connections; every further answer says
 * Connection: close. Returns when every request in flight is answered or `grace_ms` is over: true when all were. From then on
 * no handler is called: a request whose body comes late is answered 503, so that what handlers work with may be stopped. */
bool http_server_drain(struct http_server *server, int grace_ms);
/* Closes what is left, ends the thread and frees; accepts NULL. Those who keep requests (the writer, the query workers) must
 * have been stopped before: what they have not completed is answered 503 here. */
void http_server_stop(struct http_server *server);

/* Work for the HTTP thread, in order, as one intrusive list: one lock and one wake-up for a whole batch. Task memory is the
 * caller's and may be reused from within run(). */
struct http_task {
  void (*run)(struct http_task *task);
  struct http_task *next;
};
void http_server_post(struct http_server *server, struct http_task *first);

/* The server whose thread runs the request (for posting back). */
struct http_server *request_server(const struct request *request);

#endif
