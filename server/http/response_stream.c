#include "server/http/response_stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/http/gzip.h"
#include "server/http/query_workers.h"
#include "server/http/request_state.h"
#include "server/http/server_state.h"

struct response_stream {
  struct http_task wake; /* first: the task is the stream */
  struct request *request;
  struct gzip_stream *gzip; /* worker's */
  struct buffer compressed; /* worker's */
  const atomic_bool *stopping;

  pthread_mutex_t mutex; /* all below */
  pthread_cond_t room;
  char *ring;
  size_t start;
  size_t length;
  bool wake_posted;
  bool reader_waits;
  bool ended;
  bool complete;
  bool gone;
  bool stalled; /* took nothing while others waited: broken off */
};

static void wake_reader(struct http_task *task)
{
  struct response_stream *stream = (struct response_stream *)task;
  pthread_mutex_lock(&stream->mutex);
  stream->wake_posted = false;
  bool waits = stream->reader_waits && !stream->gone;
  stream->reader_waits = false;
  pthread_mutex_unlock(&stream->mutex);
  if (waits) {
    request_resume(stream->request);
  }
}

struct response_stream *response_stream_new(struct request *request, bool compress, const atomic_bool *stopping)
{
  struct response_stream *stream = calloc(1, sizeof *stream);
  char *ring = malloc(STREAM_WINDOW_BYTES);
  if (stream == NULL || ring == NULL) {
    abort();
  }
  stream->wake.run = wake_reader;
  stream->request = request;
  stream->gzip = compress ? gzip_stream_new() : NULL;
  stream->ring = ring;
  stream->stopping = stopping;
  stream->reader_waits = true; /* the connection is suspended since the query was handed over */
  pthread_mutex_init(&stream->mutex, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&stream->room, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return stream;
}

void response_stream_free(struct response_stream *stream)
{
  if (stream == NULL) {
    return;
  }
  gzip_stream_free(stream->gzip);
  buffer_free(&stream->compressed);
  pthread_cond_destroy(&stream->room);
  pthread_mutex_destroy(&stream->mutex);
  free(stream->ring);
  free(stream);
}

/* With the mutex held. */
static bool wake_is_due(struct response_stream *stream)
{
  if (!stream->reader_waits || stream->wake_posted || stream->gone) {
    return false;
  }
  stream->wake_posted = true;
  return true;
}

static struct error stopped(const struct response_stream *stream)
{
  if (stream->gone) {
    return error_make(ERROR_CLIENT_GONE, "the client went away");
  }
  if (stream->stalled) {
    return error_make(ERROR_CLIENT_GONE, "the client takes nothing, and others wait");
  }
  return atomic_load(stream->stopping) ? error_make(ERROR_SHUTTING_DOWN, "the server stops") : error_none();
}

/* Wakes up now and then, because nobody signals when the process stops or others wait: a client that takes nothing keeps a
 * worker from them, which is its right only as long as nobody waits. With the mutex held. */
static void wait_for_room(struct response_stream *stream)
{
  int64_t since_us = clock_monotonic_us();
  enum { LOOK_EVERY_NS = 100 * 1000 * 1000, NS_PER_SECOND = 1000 * 1000 * 1000 };
  while (stream->length == STREAM_WINDOW_BYTES && !stream->gone && !atomic_load(stream->stopping)) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_NS;
    if (until.tv_nsec >= NS_PER_SECOND) {
      until.tv_nsec -= NS_PER_SECOND;
      until.tv_sec++;
    }
    pthread_cond_timedwait(&stream->room, &stream->mutex, &until);
    stream->stalled = stream->length == STREAM_WINDOW_BYTES &&
                      query_workers_held_up(stream->request->server->settings.workers, clock_monotonic_us() - since_us);
    if (stream->stalled) {
      return;
    }
  }
}

static size_t put(struct response_stream *stream, struct text bytes)
{
  size_t room = STREAM_WINDOW_BYTES - stream->length;
  size_t count = bytes.length < room ? bytes.length : room;
  size_t end = (stream->start + stream->length) % STREAM_WINDOW_BYTES;
  size_t first = count < STREAM_WINDOW_BYTES - end ? count : STREAM_WINDOW_BYTES - end;
  memcpy(stream->ring + end, bytes.data, first);
  memcpy(stream->ring, bytes.data + first, count - first);
  stream->length += count;
  return count;
}

static struct error send_plain(struct response_stream *stream, struct text bytes)
{
  while (bytes.length > 0) {
    pthread_mutex_lock(&stream->mutex);
    wait_for_room(stream);
    struct error error = stopped(stream);
    size_t count = error.code == ERROR_NONE ? put(stream, bytes) : 0;
    bool wake = wake_is_due(stream);
    pthread_mutex_unlock(&stream->mutex);
    if (wake) {
      http_server_post(stream->request->server, &stream->wake);
    }
    TRY(error);
    bytes = (struct text){bytes.data + count, bytes.length - count};
  }
  return error_none();
}

struct error response_stream_write(struct response_stream *stream, struct text bytes)
{
  if (stream->gzip == NULL) {
    return send_plain(stream, bytes);
  }
  gzip_stream_add(stream->gzip, bytes, false, &stream->compressed);
  struct error error = send_plain(stream, buffer_text(&stream->compressed));
  buffer_clear(&stream->compressed);
  return error;
}

void response_stream_end(struct response_stream *stream, bool complete)
{
  if (complete && stream->gzip != NULL) {
    gzip_stream_add(stream->gzip, (struct text){"", 0}, true, &stream->compressed);
    complete = send_plain(stream, buffer_text(&stream->compressed)).code == ERROR_NONE;
  }
  pthread_mutex_lock(&stream->mutex);
  stream->ended = true;
  stream->complete = complete;
  bool wake = wake_is_due(stream);
  pthread_mutex_unlock(&stream->mutex);
  if (wake) {
    http_server_post(stream->request->server, &stream->wake);
  }
}

enum stream_read response_stream_read(struct response_stream *stream, char *out, size_t capacity, size_t *length)
{
  enum stream_read result = STREAM_BYTES;
  pthread_mutex_lock(&stream->mutex);
  size_t count = stream->length < capacity ? stream->length : capacity;
  if (stream->ended && !stream->complete) {
    result = STREAM_BROKEN; /* at once: what waits is of no use to a client that must throw it away */
  } else if (count == 0) {
    result = stream->ended ? STREAM_END : STREAM_WAIT;
    stream->reader_waits = result == STREAM_WAIT;
  } else {
    size_t first = count < STREAM_WINDOW_BYTES - stream->start ? count : STREAM_WINDOW_BYTES - stream->start;
    memcpy(out, stream->ring + stream->start, first);
    memcpy(out + first, stream->ring, count - first);
    stream->start = (stream->start + count) % STREAM_WINDOW_BYTES;
    stream->length -= count;
    *length = count;
    pthread_cond_signal(&stream->room);
  }
  pthread_mutex_unlock(&stream->mutex);
  return result;
}

void response_stream_abandon(struct response_stream *stream)
{
  pthread_mutex_lock(&stream->mutex);
  stream->gone = true;
  pthread_cond_signal(&stream->room);
  pthread_mutex_unlock(&stream->mutex);
}
