/* The inside of struct http_server, for the files of server/http; nobody else includes this. */
#ifndef CRUMBTRAIL_SERVER_HTTP_SERVER_STATE_H
#define CRUMBTRAIL_SERVER_HTTP_SERVER_STATE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "server/http/connections.h"
#include "server/http/http_server.h"
#include "server/http/plain_answer.h"

struct http_metrics;

struct http_server {
  struct http_server_settings settings;
  const struct router *router;
  uint16_t port;
  pthread_t thread;

  /* HTTP thread */
  struct MHD_Daemon *daemon;
  int listen_socket; /* -1 when draining */
  int epoll;
  int daemon_epoll; /* libmicrohttpd's, watched by ours */
  int wake;         /* eventfd */
  bool is_accepting;
  bool is_draining;
  bool is_refusing; /* what handlers need may be gone: no handler is called any more */
  bool is_stopping;
  struct connections connections;
  struct connection *adopting; /* is just being handed to libmicrohttpd */
  struct http_metrics *metrics;
  struct route_match last_match; /* of a path without parameters: senders ask for one path all day */
  struct request *free_requests;
  int free_request_count;
  struct plain_answers spare_answers;
  int awaited_count;   /* requests with is_awaited */
  bool has_progressed; /* since the last look: libmicrohttpd may have more to do at once */
  int64_t log_second;  /* of the lines below */
  int log_lines;
  uint64_t log_left_out;
  uint32_t id_prefix;
  uint64_t id_count;

  pthread_mutex_t mutex; /* all below */
  pthread_cond_t drained;
  struct http_task *first_task;
  struct http_task *last_task;
  bool drain_wanted;
  bool refuse_wanted;
  bool refuses; /* is_refusing, for http_server_drain to wait for */
  bool stop_wanted;
  bool is_drained;
};

/* ---- http_exchange.c: what libmicrohttpd calls; its manual explains the arguments ---- */
void *exchange_on_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result exchange_on_request(void *server, struct MHD_Connection *mhd, const char *path, const char *method,
                                    const char *version, const char *bytes, size_t *byte_count, void **request);
void exchange_on_completed(void *server, struct MHD_Connection *mhd, void **request, enum MHD_RequestTerminationCode reason);
/* Whether one more line about a request may be logged in this second: when the database is away, every request fails, and tens
 * of thousands of lines a second help nobody. What was left out is counted and said. */
bool exchange_may_log(struct http_server *server);
/* Answers 503 to everything that is still suspended. */
void exchange_give_up(struct http_server *server);

/* ---- acceptor.c ---- */
void acceptor_accept(struct http_server *server);
/* A connection that is ours (peeking or lingering) has something to read. */
void acceptor_serve(struct http_server *server, struct connection *connection);
void acceptor_close(void *server, struct connection *connection);
void acceptor_on_connection(void *server, struct MHD_Connection *mhd, void **connection,
                            enum MHD_ConnectionNotificationCode what);

#endif
