/* A request to AWS IoT's data API between its submission and the moment that the sender takes its answer. Inside of
 * desired_sender.c.
 *
 * The request ends on the AWS client's thread, which only puts it on the list of landings; everything else is the sender's. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_DESIRED_FLIGHT_H
#define CRUMBTRAIL_INGEST_SHADOW_DESIRED_FLIGHT_H

#include <pthread.h>

#include "server/aws/client.h"
#include "server/aws/iot_data.h"

struct desired_flight;

/* Made and closed by the sender; a flight lands from any thread. */
struct desired_landings {
  pthread_mutex_t mutex;
  struct desired_flight *first;
  int wake_fd;
};

struct desired_flight {
  struct aws_request *request;
  bool is_update; /* else a read of a shadow */
  int64_t change_id;
  int64_t vehicle_id;
  int tries;
  struct text shadow; /* in the request's arena */
  int64_t give_up_at_us;
  struct aws_outcome outcome; /* once it has landed */
  struct desired_landings *landings;
  struct desired_flight *next; /* in the air */
  struct desired_flight *next_landed;
};

/* The change's id is the clientToken. */
struct desired_flight *desired_flight_of_update(struct iot_shadow target, int64_t change_id, struct text desired,
                                                int64_t vehicle_id);
struct desired_flight *desired_flight_of_read(struct iot_shadow target, int64_t vehicle_id);
/* Never submitted, or landed. */
void desired_flight_free(struct desired_flight *flight);

struct error desired_landings_make(struct desired_landings *landings) ERROR_MUST_CHECK;
void desired_landings_close(struct desired_landings *landings);
int desired_landings_fd(const struct desired_landings *landings); /* readable: some have landed, or a stop */
void desired_landings_wake(struct desired_landings *landings);
void desired_landings_wait(const struct desired_landings *landings, int timeout_ms);
/* All that have landed, linked by next_landed. */
struct desired_flight *desired_landings_take(struct desired_landings *landings);

#endif
