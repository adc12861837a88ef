/* Which handler answers what: a table of routes, and matching of method and path against it.
 *
 * The tables are static and belong to the modules (api/routes.c, ingest/push/receiver.c); patterns are
 * "/v1/vehicles/{name}/track". The router answers 404, 405 with Allow, and OPTIONS by itself, and takes HEAD wherever GET is.
 * Read-only after start. */
#ifndef CRUMBTRAIL_SERVER_HTTP_ROUTER_H
#define CRUMBTRAIL_SERVER_HTTP_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/http/body_stream.h"
#include "server/http/request.h"

struct db_connection;

/* interfaces.md, "Roles": who may call a route once users exist. */
enum role { ROLE_ANYONE, ROLE_INGEST, ROLE_VIEWER, ROLE_DISPATCHER, ROLE_ADMIN };

struct route {
  enum http_method method;
  const char *pattern;
  enum role role;
  const char *summary; /* one line, the same as in the OpenAPI document */
  /* Exactly one of the four: */
  struct error (*handle)(struct request *request, void *context); /* at once, on the HTTP thread; must not block */
  struct error (*query)(struct request *request, void *context, struct db_connection *connection); /* on a query worker */
  struct error (*accept)(struct request *request, void *context); /* deferred, see request_complete; an error answers at once */
  const struct body_handler *stream; /* the body is handed over as it arrives, then as with `accept` */
  /* With `accept`: the answer comes within milliseconds as a rule, and nothing of the head is touched once `accept` has
   * returned (the client may go away meanwhile, and the head with it). */
  bool is_answered_soon;
  bool copes_without_database; /* `query` is called with a connection that is NULL when the database is away */
  int64_t body_max_bytes;      /* as sent, and decompressed. 0: no body is taken. More than that is 413 */
  /* Called with the head only, before the body is read (keys, content types). May be NULL. */
  struct error (*admit)(struct request *request, void *context);
  /* Senders that read no problem+json: writes the answer to an error of this route (content type, body, other status) in its
   * stead; the status of the error and its headers are set. HTTP thread. May be NULL. */
  void (*write_error)(struct request *request, const struct error *error);
};

struct route_table {
  const struct route *routes;
  size_t count;
  void *context; /* handed to the handlers */
};

struct router;

struct router *router_new(void);
void router_free(struct router *router);
/* The table's routes and patterns are borrowed. Asserts that each pattern is well formed and not there yet. */
void router_add(struct router *router, struct route_table table);
int router_count(const struct router *router);
const struct route *router_at(const struct router *router, int index);

enum { ROUTE_PARAMETERS_MAX = 4 };

struct route_match {
  const struct route *route; /* NULL: see allowed */
  void *context;
  int index;        /* of the route, for router_at; -1 without one */
  unsigned allowed; /* methods of the routes whose pattern fits; 0: nothing fits the path (404) */
  struct text names[ROUTE_PARAMETERS_MAX];
  struct text values[ROUTE_PARAMETERS_MAX]; /* still percent-encoded, never empty */
  int parameter_count;
};
/* `path` as sent, without the query. Where several patterns fit, the one with the fewest parameters wins. HEAD finds GET. */
struct route_match router_match(const struct router *router, enum http_method method, struct text path);

#endif
