#include "ingest/alerts/courier_flight.h"

#include "server/base/clock.h"

struct courier_flight *courier_flight_new(const struct courier_message *message)
{
  struct arena *arena = arena_new(2048);
  struct courier_flight *flight = arena_alloc(arena, sizeof *flight);
  *flight = (struct courier_flight){.arena = arena,
                                    .outbox_id = message->outbox_id,
                                    .channel = text_copy(arena, message->channel),
                                    .tries = message->tries,
                                    .began_us = clock_monotonic_us()};
  return flight;
}

void courier_flight_free(struct courier_flight *flight)
{
  aws_request_free(flight->request);
  arena_free(flight->arena);
}

void courier_flight_end(struct courier_flight *flight, const struct courier_outcome *outcome)
{
  const struct text answer = outcome->answer;
  const bool is_good = answer.length > 0 && text_is_utf8(answer) && memchr(answer.data, '\0', answer.length) == NULL;
  flight->outcome = *outcome;
  flight->outcome.answer = is_good ? text_copy(flight->arena, answer) : TEXT("");
  flight->has_outcome = true;
}

void courier_flight_on_published(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct courier_flight *flight = context;
  struct courier_landings *landings = flight->landings;
  (void)request;
  const bool is_good = outcome->result == AWS_OK;
  const struct courier_outcome ended = {.verdict = is_good ? COURIER_DELIVERED : COURIER_AGAIN,
                                        .status = outcome->status,
                                        .answer = is_good ? TEXT("") : text_from(outcome->error.detail)};
  courier_flight_end(flight, &ended);
  pthread_mutex_lock(&landings->mutex);
  flight->next_landed = landings->first;
  landings->first = flight;
  pthread_mutex_unlock(&landings->mutex);
  courier_transport_wake(landings->transport);
}
