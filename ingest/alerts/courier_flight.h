/* A message between its taking and the moment that its outcome is written down. Inside of courier.c.
 *
 * Webhooks and mail end on the courier's own thread; SNS ends on the AWS client's, which only puts the flight on the list of
 * landings. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_COURIER_FLIGHT_H
#define CRUMBTRAIL_INGEST_ALERTS_COURIER_FLIGHT_H

#include <pthread.h>

#include "ingest/alerts/courier_message.h"
#include "ingest/alerts/courier_outcome.h"
#include "ingest/alerts/courier_transport.h"
#include "server/aws/client.h"

struct courier_flight;

struct courier_landings {
  pthread_mutex_t mutex;
  struct courier_flight *first; /* linked by next_landed */
  struct courier_transport *transport;
};

struct courier_flight {
  struct arena *arena; /* it and its texts live in it */
  int64_t outbox_id;
  struct text channel;
  int tries;
  int64_t began_us;
  int64_t give_up_at_us;       /* monotonic */
  struct aws_request *request; /* of SNS */
  struct courier_landings *landings;
  bool has_outcome;
  struct courier_outcome outcome;
  struct courier_flight *next; /* of those that are under way */
  struct courier_flight *next_landed;
};

struct courier_flight *courier_flight_new(const struct courier_message *message);
void courier_flight_free(struct courier_flight *flight);
/* Copies the outcome. */
void courier_flight_end(struct courier_flight *flight, const struct courier_outcome *outcome);

/* For the request of an SNS message; its context is the flight. */
void courier_flight_on_published(struct aws_request *request, const struct aws_outcome *outcome, void *flight);

#endif
