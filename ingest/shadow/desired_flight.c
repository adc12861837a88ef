#include "ingest/shadow/desired_flight.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/json/writer.h"

/* On the AWS client's thread. */
static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct desired_flight *flight = context;
  struct desired_landings *landings = flight->landings;
  (void)request;
  flight->outcome = *outcome;
  pthread_mutex_lock(&landings->mutex);
  flight->next_landed = landings->first;
  landings->first = flight;
  desired_landings_wake(landings);
  pthread_mutex_unlock(&landings->mutex);
}

static struct desired_flight *new_flight(int64_t vehicle_id)
{
  struct desired_flight *flight = calloc(1, sizeof *flight);
  if (flight == NULL) {
    error_out_of_memory(sizeof *flight);
  }
  flight->vehicle_id = vehicle_id;
  return flight;
}

struct desired_flight *desired_flight_of_update(struct iot_shadow target, int64_t change_id, struct text desired,
                                                int64_t vehicle_id)
{
  struct desired_flight *flight = new_flight(vehicle_id);
  struct buffer document = {0};
  char token[24];
  struct json_writer json = json_writer_to(&document);
  (void)snprintf(token, sizeof token, "%lld", (long long)change_id);
  json_begin_object(&json);
  json_key(&json, "state");
  json_begin_object(&json);
  json_key(&json, "desired");
  json_raw(&json, desired);
  json_end_object(&json);
  json_key(&json, "clientToken");
  json_cstring(&json, token);
  json_end_object(&json);
  const struct aws_handlers handlers = {.context = flight, .on_done = on_done};
  flight->is_update = true;
  flight->change_id = change_id;
  flight->request = iot_update_shadow_request(target, buffer_text(&document), handlers);
  flight->shadow = text_copy(aws_request_arena(flight->request), target.shadow);
  buffer_free(&document);
  return flight;
}

struct desired_flight *desired_flight_of_read(struct iot_shadow target, int64_t vehicle_id)
{
  struct desired_flight *flight = new_flight(vehicle_id);
  const struct aws_handlers handlers = {.context = flight, .on_done = on_done};
  flight->request = iot_get_shadow_request(target, handlers);
  flight->shadow = text_copy(aws_request_arena(flight->request), target.shadow);
  return flight;
}

void desired_flight_free(struct desired_flight *flight)
{
  aws_request_free(flight->request);
  free(flight);
}

struct error desired_landings_make(struct desired_landings *landings)
{
  *landings = (struct desired_landings){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (landings->wake_fd < 0) {
    return error_make(ERROR_SETUP, "cannot make an eventfd");
  }
  pthread_mutex_init(&landings->mutex, NULL);
  return error_none();
}

void desired_landings_close(struct desired_landings *landings)
{
  close(landings->wake_fd);
  pthread_mutex_destroy(&landings->mutex);
}

int desired_landings_fd(const struct desired_landings *landings)
{
  return landings->wake_fd;
}

void desired_landings_wake(struct desired_landings *landings)
{
  const uint64_t one = 1;
  (void)!write(landings->wake_fd, &one, sizeof one);
}

void desired_landings_wait(const struct desired_landings *landings, int timeout_ms)
{
  struct pollfd wake = {.fd = landings->wake_fd, .events = POLLIN};
  (void)poll(&wake, 1, timeout_ms);
}

struct desired_flight *desired_landings_take(struct desired_landings *landings)
{
  uint64_t woken = 0;
  (void)!read(landings->wake_fd, &woken, sizeof woken);
  pthread_mutex_lock(&landings->mutex);
  struct desired_flight *first = landings->first;
  landings->first = NULL;
  pthread_mutex_unlock(&landings->mutex);
  return first;
}
