#include "ingest/generator/event_sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "ingest/generator/firehose_sender.h"
#include "ingest/generator/iot_sender.h"
#include "ingest/generator/object_sender.h"
#include "ingest/generator/options.h"
#include "server/base/arena.h"
#include "server/base/clock.h"

static const int64_t LONGEST_NAP_US = 200 * US_PER_MS;

struct event_sink {
  const struct sink_options *options;
  const volatile sig_atomic_t *stop;
  struct http_sender *http; /* NULL: standard output */
  struct event_sink_part part;
  struct buffer register_url; /* scheme and host of the server that keeps the register; empty: none */
  int64_t written;            /* to standard output */
  bool output_failed;
  int64_t calls_failed;
};

static struct error open_part(struct event_sink *sink, const struct config *config, uint32_t vehicles)
{
  const struct sink_options *options = sink->options;
  switch (options->kind) {
  case SINK_FIREHOSE:
    sink->part = firehose_sender_new(sink->http, options);
    return error_none();
  case SINK_OBJECTS:
    return object_sender_new(sink->http, config, options, vehicles, &sink->part);
  default:
    sink->part = iot_sender_new(sink->http, options->to, (int)options->batch);
    return error_none();
  }
}

static const char *const *headers_of(struct arena *arena, const struct sink_options *options, const char *ingest_key)
{
  if (options->kind == SINK_FIREHOSE) {
    return firehose_sender_headers(arena, options, ingest_key);
  }
  if (options->kind == SINK_OBJECTS) {
    return object_sender_headers(arena, options, ingest_key);
  }
  const char **headers = arena_alloc_array(arena, 2, sizeof *headers);
  headers[0] = ingest_key[0] != '\0' ? arena_printf(arena, "x-ingest-key: %s", ingest_key) : NULL;
  return headers;
}

struct error event_sink_open(struct arena *arena, const struct config *config, const struct sink_options *options,
                             uint32_t vehicles, const volatile sig_atomic_t *stop, struct event_sink **out)
{
  struct event_sink *sink = calloc(1, sizeof *sink);
  if (sink == NULL) {
    abort();
  }
  *sink = (struct event_sink){.options = options, .stop = stop};
  *out = sink;
  if (options->kind == SINK_OUTPUT) {
    return error_none();
  }
  struct http_sender_settings http = {.headers = headers_of(arena, options, option_ingest_key(arena, config)),
                                      .connections = (int)options->connections,
                                      .stop = stop};
  struct error error = http_sender_new(http, &sink->http);
  if (error.code == ERROR_NONE) {
    error = open_part(sink, config, vehicles);
  }
  if (error.code != ERROR_NONE) {
    event_sink_close(sink);
    *out = NULL;
    return error;
  }
  const char *server = options->kind == SINK_OBJECTS ? options->notify : options->to;
  if (server[0] != '\0') {
    const char *authority = strstr(server, "://") + 3;
    size_t length = (size_t)(authority - server) + strcspn(authority, "/?#");
    buffer_append(&sink->register_url, server, length);
  }
  return error_none();
}

void event_sink_close(struct event_sink *sink)
{
  if (sink == NULL) {
    return;
  }
  if (sink->part.release != NULL) {
    sink->part.release(sink->part.context);
  }
  http_sender_free(sink->http);
  buffer_free(&sink->register_url);
  free(sink);
}

FILE *event_sink_notes(const struct event_sink *sink)
{
  return sink->http == NULL ? stderr : stdout;
}

bool event_sink_is_stopped(const struct event_sink *sink)
{
  return sink->http != NULL ? http_sender_is_stopped(sink->http)
                            : sink->output_failed || (sink->stop != NULL && *sink->stop != 0);
}

static bool print_event(struct event_sink *sink, struct text event)
{
  if (fwrite(event.data, 1, event.length, stdout) != event.length || putchar('\n') == EOF) {
    sink->output_failed = true;
    return false;
  }
  sink->written++;
  return true;
}

bool event_sink_take(struct event_sink *sink, const struct outgoing_event *event)
{
  return sink->http == NULL ? print_event(sink, event->body) : sink->part.take(sink->part.context, event);
}

void event_sink_wait(struct event_sink *sink, int64_t until_us)
{
  while (!event_sink_is_stopped(sink) && clock_monotonic_us() < until_us) {
    int64_t nap_us = until_us - clock_monotonic_us();
    nap_us = nap_us < LONGEST_NAP_US ? nap_us : LONGEST_NAP_US;
    if (sink->http != NULL) {
      http_sender_turn(sink->http, clock_monotonic_us() + nap_us);
    } else if (nap_us > 0) {
      struct timespec nap = {0, nap_us * 1000};
      nanosleep(&nap, NULL);
    }
  }
}

static bool only_retries(const struct event_sink *sink)
{
  return http_sender_only_retries(sink->http) &&
         (sink->part.only_retries == NULL || sink->part.only_retries(sink->part.context));
}

static void finish_sending(struct event_sink *sink, int grace_ms)
{
  int64_t give_up_at_us = INT64_MAX;
  while (!sink->part.flush(sink->part.context) || !http_sender_is_idle(sink->http)) {
    int64_t now_us = clock_monotonic_us();
    if (give_up_at_us == INT64_MAX && http_sender_is_stopped(sink->http)) {
      give_up_at_us = now_us + grace_ms * US_PER_MS;
    }
    if (now_us > give_up_at_us || (give_up_at_us != INT64_MAX && only_retries(sink))) {
      break;
    }
    http_sender_turn(sink->http, now_us + 100 * US_PER_MS);
  }
  http_sender_give_up(sink->http);
}

void event_sink_finish(struct event_sink *sink, int grace_ms)
{
  if (sink->http != NULL) {
    finish_sending(sink, grace_ms);
  } else if (fflush(stdout) != 0) {
    sink->output_failed = true;
  }
}

bool event_sink_report(struct event_sink *sink, FILE *out)
{
  if (sink->http == NULL) {
    fprintf(out, "events written: %" PRId64 "\n", sink->written);
    return !sink->output_failed;
  }
  bool whole = sink->part.report(sink->part.context, out) && sink->calls_failed == 0;
  if (sink->calls_failed > 0) {
    fprintf(out, "%" PRId64 " vehicles could not be registered or removed.\n", sink->calls_failed);
  }
  if (!whole && http_sender_failure(sink->http)[0] != '\0') {
    fprintf(out, "First failure: %s\n", http_sender_failure(sink->http));
  }
  fflush(out);
  return whole;
}

bool event_sink_has_register(const struct event_sink *sink)
{
  return sink->register_url.length > 0;
}

static void count_put(void *context, const struct http_answer *answer)
{
  struct event_sink *sink = context;
  if (answer->status / 100 != 2) {
    sink->calls_failed++;
    http_sender_fail_answer(sink->http, "PUT", answer);
  }
}

static void count_delete(void *context, const struct http_answer *answer)
{
  struct event_sink *sink = context;
  if (answer->status / 100 != 2 && answer->status != 404) {
    sink->calls_failed++;
    http_sender_fail_answer(sink->http, "DELETE", answer);
  }
}

bool event_sink_call(struct event_sink *sink, const char *method, const char *path)
{
  if (!http_sender_wait(sink->http)) {
    return false;
  }
  char url[2048];
  snprintf(url, sizeof url, "%.*s%s", TEXT_ARGS(buffer_text(&sink->register_url)), path);
  http_sender_post(sink->http, &(struct http_post){.method = method,
                                                   .url = url,
                                                   .on_answer = strcmp(method, "DELETE") == 0 ? count_delete : count_put,
                                                   .context = sink});
  return true;
}
