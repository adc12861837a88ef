/* One claimed object on its way: from S3 through an event stream to the batch writer.
 *
 * Owned by the fetcher. The transfer runs on the AWS client's thread and waits there while the writer has no room; when it is
 * over, the fetcher's thread finishes it (what is left is read there, so that many small objects are read beside the transfers
 * of others). Exactly as many events are counted as stored as the writer has committed. */
#ifndef CRUMBTRAIL_INGEST_OBJECTS_OBJECT_READ_H
#define CRUMBTRAIL_INGEST_OBJECTS_OBJECT_READ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ingest/stream/event_stream.h"
#include "ingest/objects/object_key.h"
#include "ingest/objects/object_ledger.h"
#include "ingest/objects/object_outcome.h"

struct object_read;

struct object_read_settings {
  struct aws_client *client;
  struct batch_writer *writer;
  const struct event_settings *events;
  const struct key_patterns *patterns;
  size_t memory_max_bytes; /* of events under way, of one object */
  /* The transfer is over, on the client's thread: object_read_finish comes next. */
  void (*on_transferred)(struct object_read *read, void *context);
  /* There is room again for object_read_finish; any thread, perhaps for nothing. */
  void (*on_room)(void *context);
  /* All is over, on any thread: what object_read_take_outcome tells is complete. */
  void (*on_done)(struct object_read *read, void *context);
  void *context;
};

struct object_read {
  struct object_claim claim; /* its texts live in the arena */
  struct arena *arena;
  /* What the fetcher notes of it. */
  bool is_started;
  atomic_bool is_transferred;
  atomic_bool is_done;
  bool is_finished;     /* nothing but on_done is missing */
  bool is_full;         /* it waits for room */
  atomic_bool has_room; /* since object_read_finish said that there is none */
  /* The rest is object_read.c's. */
  const struct object_read_settings *settings;
  struct aws_request *request;
  struct event_stream *stream;
  struct aws_outcome answer;
  struct event_stream_totals totals;
  struct text etag; /* of the answer, without quotes */
  int64_t length_bytes;
  int64_t received_bytes;
  const char *unreadable;
  bool is_replaced;
  bool has_totals;
  atomic_bool is_finishing;
};

/* Nothing runs yet: to be started, or freed. The settings are borrowed. */
struct object_read *object_read_new(const struct object_read_settings *settings, const struct object_claim *claim);
void object_read_start(struct object_read *read);
/* Instead of the start: as if it had been cancelled; on_done is called. */
void object_read_skip(struct object_read *read);
/* Once on_transferred was called, by one thread at a time. False: the writer has no room, to be called again after on_room. */
bool object_read_finish(struct object_read *read) ERROR_MUST_CHECK;
/* The same without reading what is left. */
void object_read_give_up(struct object_read *read);
/* Breaks the transfer off; on_transferred follows. After the start, before on_transferred only. */
void object_read_cancel(struct object_read *read);
/* After on_done. */
struct object_decision object_read_decide(const struct object_read *read);
void object_read_free(struct object_read *read); /* accepts NULL; after on_done, or not started */

#endif
