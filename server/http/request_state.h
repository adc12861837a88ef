/* What the files of server/http know of a request and its connection; nobody else includes this.
 *
 * Fields belong to the HTTP thread unless `worker_busy`; then the worker owns arena, response and body, and the HTTP thread
 * only what is marked so. */
#ifndef CRUMBTRAIL_SERVER_HTTP_REQUEST_STATE_H
#define CRUMBTRAIL_SERVER_HTTP_REQUEST_STATE_H

#include <stdatomic.h>

#include "server/http/http_server.h"
#include "server/http/request.h"
#include "server/http/response_stream.h"
#include "server/http/router.h"

struct MHD_Connection;
struct body_stream;
struct connection;
struct plain_answer;

enum request_stage {
  STAGE_HEAD,     /* HTTP thread: libmicrohttpd reads the head */
  STAGE_BODY,     /* HTTP thread: the body is collected */
  STAGE_WORKING,  /* the handler, or whoever keeps the deferred request */
  STAGE_READY,    /* HTTP thread: the outcome is known, the connection has been resumed */
  STAGE_ANSWERED, /* libmicrohttpd has the response */
};

/* Headers that every request is asked for, found in one pass. */
enum known_header {
  HEADER_HOST,
  HEADER_CONTENT_LENGTH,
  HEADER_TRANSFER_ENCODING,
  HEADER_CONTENT_ENCODING,
  HEADER_ACCEPT_ENCODING,
  HEADER_X_REQUEST_ID,
  HEADER_UPGRADE,
  HEADER_ORIGIN,
  KNOWN_HEADER_COUNT
};

enum { RESPONSE_HEADERS_MAX = 16, REQUEST_ID_MAX = 64 };

struct response_field {
  const char *name;
  const char *value;
};

struct request {
  struct http_task task; /* to the HTTP thread: the outcome of a query */
  struct http_server *server;
  struct connection *connection; /* NULL: it is gone and a worker has yet to finish */
  struct MHD_Connection *mhd;
  struct arena *arena;
  struct request *next_free;

  enum request_stage stage;
  bool suspended;   /* HTTP thread */
  bool is_awaited;  /* HTTP thread: not suspended, libmicrohttpd asks for the answer again and again */
  int asked_count;  /* how often it has */
  bool worker_busy; /* HTTP thread: a query worker has it */
  bool close_after; /* the connection ends with this answer */
  enum http_method method;
  const char *method_text;
  struct text target;
  struct text path_encoded;
  struct text path;
  struct text id;
  struct text known[KNOWN_HEADER_COUNT];
  bool peer_is_loopback;
  bool header_repeated; /* Content-Length or Transfer-Encoding came twice */
  bool header_name_has_space;
  int64_t received_at_us;
  int64_t started_monotonic_us;

  struct route_match match;
  struct request_parameter *parameters;
  int parameter_count;
  bool parameters_parsed;

  char *body;
  size_t body_length;
  size_t body_capacity;
  size_t body_max;
  struct body_stream *incoming; /* of a route with `stream` */

  int status;
  const char *content_type;
  int field_count;
  const char *etag;
  struct buffer answer;
  struct text answer_borrowed;
  bool begun;               /* response_begin was called */
  bool compressed;          /* `answer`, or the stream, is gzip */
  bool compression_decided; /* response_compress has been there */
  bool is_http_1_0;
  const atomic_bool *workers_stopping;
  struct response_stream *stream;
  uint64_t sent_bytes;        /* HTTP thread: of the body */
  struct plain_answer *plain; /* HTTP thread: what it is answered with; NULL: with a response of its own */

  /* From here on not cleared when a request is used again: large, and written before they are read. */
  struct error outcome;
  struct error parameters_error;
  char id_bytes[REQUEST_ID_MAX];
  struct response_field fields[RESPONSE_HEADERS_MAX];
};

/* ---- http_server.c ---- */
struct request *request_take(struct http_server *server); /* from the free list, or a new one */
void request_recycle(struct request *request);

/* ---- response.c ---- */
const char *response_find(const struct request *request, const char *name); /* value of a header that was set, or NULL */
/* Back to how it was before the handler ran. */
void response_reset(struct request *request);
/* 204 with Allow. */
void response_options(struct request *request);
/* gzip of a small answer when it is due. On the thread that has the request. */
void response_compress(struct request *request);
/* The answer becomes the error's problem+json with its headers. */
void response_problem(struct request *request, const struct error *error);

/* ---- response_send.c, HTTP thread ---- */
/* Hands the answer to libmicrohttpd; false when the connection must be closed without one. */
bool response_send(struct request *request);
/* Whether its Origin is in the list of allowed ones. */
bool response_origin_is_allowed(const struct request *request);

/* ---- body_stream.c, HTTP thread: the body of a route with `stream` ---- */
struct error body_stream_begin(struct request *request) ERROR_MUST_CHECK;
/* *byte_count becomes what was not taken: the connection has been suspended then. */
void body_stream_take(struct request *request, const char *bytes, size_t *byte_count);
/* The handler's last word, as from run_handler: an error, or suspended until it can go on, or answered. */
struct error body_stream_end(struct request *request) ERROR_MUST_CHECK;
void body_stream_resumed(struct request *request);
void body_stream_free(struct body_stream *body); /* accepts NULL */

/* ---- http_exchange.c ---- */
/* The worker's last touch: from any thread, once per submitted query. */
void request_finish_query(struct request *request, struct error outcome);
void request_suspend(struct request *request);
void request_resume(struct request *request);

#endif
