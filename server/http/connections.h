/* Every TCP connection from accept to close, what it waits for, and until when.
 *
 * libmicrohttpd's own time-out is an idle time-out, which a client that sends a byte now and then never meets; the deadlines
 * here are absolute. Whoever is late has its socket shut down; libmicrohttpd then sees the end and closes it.
 * Thread: the HTTP thread. */
#ifndef CRUMBTRAIL_SERVER_HTTP_CONNECTIONS_H
#define CRUMBTRAIL_SERVER_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct request;

enum connection_state {
  CONNECTION_PEEKING,   /* ours: the first head decides where it goes */
  CONNECTION_HEAD,      /* libmicrohttpd's from here on: the first head */
  CONNECTION_BODY,      /* a body arrives */
  CONNECTION_WORKING,   /* somebody works on the answer; no deadline here */
  CONNECTION_WRITING,   /* the answer goes out; ends when nothing was acknowledged for a while */
  CONNECTION_IDLE,      /* between two requests, or in the head of the next */
  CONNECTION_LINGERING, /* ours again: answered, what still arrives is thrown away so that the answer is not lost to a reset */
};

struct connection {
  struct connection *next;
  struct connection *previous;
  struct request *request; /* that is read or answered on it; NULL between two */
  int socket;
  enum connection_state state;
  bool is_loopback;
  bool linger;              /* when libmicrohttpd closes it, go on to CONNECTION_LINGERING */
  bool expired;             /* shut down already */
  uint32_t address_slot;    /* of the per-address count */
  int64_t deadline_us;      /* monotonic */
  int64_t progressed_at_us; /* CONNECTION_WRITING: when the peer was last seen to have taken something */
  uint64_t acknowledged;    /* and how many bytes it had taken then */
};

enum { ADDRESS_SLOTS = 4096 };

struct connections {
  struct connection *first;
  int count;
  int working; /* in BODY, WORKING or WRITING: requests in flight */
  int max;
  int per_address_max;
  uint64_t address_seed;
  uint16_t per_address[ADDRESS_SLOTS];
  int64_t head_timeout_us;
  int64_t body_timeout_us;
  int64_t idle_timeout_us;
  int64_t write_timeout_us;
};

/* NULL when there are too many, in all or from this address. Takes the socket only when it succeeds. */
struct connection *connection_new(struct connections *connections, int socket, const struct sockaddr *peer);
/* Takes it off the list; does not close the socket. */
void connection_free(struct connections *connections, struct connection *connection);
/* Enters the state and sets its deadline. CONNECTION_HEAD keeps that of CONNECTION_PEEKING: one head, one deadline. */
void connection_enter(struct connections *connections, struct connection *connection, enum connection_state state);

/* Shuts down what is late. `close_own` is called for those that are ours (PEEKING, LINGERING) and must free them. */
void connections_sweep(struct connections *connections, int64_t now_us,
                       void (*close_own)(void *context, struct connection *connection), void *context);
/* Shuts down the idle ones that have sent nothing that waits to be read. */
void connections_close_idle(struct connections *connections, void (*close_own)(void *context, struct connection *connection),
                            void *context);

#endif
