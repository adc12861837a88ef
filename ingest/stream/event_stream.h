/* A long input of events that arrives in pieces: an S3 object, the body of a Firehose delivery, what a spool or `rejected`
 * kept.
 *
 * Bytes in; values found (one after the other with nothing, white space or commas between them, or the elements of arrays of
 * any length); breadcrumbs and rejects of about 256 KiB of them at a time to the batch writer. gzip is recognised by its first
 * bytes (several members too). A value that is broken, or larger than 1 MiB, is rejected alone and reading
 * goes on at the next one. What is found does not depend on how the bytes were cut. Memory: a few pieces, whatever the input's
 * length.
 *
 * Owns: its buffers and the deliveries that are under way. Nothing is ever dropped because the writer is busy: the stream says
 * that it is full, and takes again when there is room.
 *
 * Threads: made, added to and ended by one thread at a time (the source's: HTTP, AWS client); that thread does all the reading.
 * `on_room` and `on_finished` come from the writer's or the spool's thread, or from within event_stream_finish or _abandon:
 * they hand over to the source's own thread, or do next to nothing. */
#ifndef CRUMBTRAIL_INGEST_STREAM_EVENT_STREAM_H
#define CRUMBTRAIL_INGEST_STREAM_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { EVENT_STREAM_DIGEST_BYTES = 32 };

struct event_stream;

struct event_stream_totals {
  /* None: every event is in the database (or in the spool), or in `rejected` with its reason. Else the first error that
   * stopped it (database away, refused, query timeout, shutting down, or what event_stream_abandon was given): the whole is to
   * be given again later; what was stored already is a duplicate then. */
  struct error outcome;
  uint64_t events; /* values that were found: stored + duplicates + rejected + spooled when the outcome is none */
  uint64_t stored;
  uint64_t duplicates;
  uint64_t duplicates_elsewhere; /* of the duplicates: first stored by another path */
  uint64_t rejected;
  uint64_t spooled;       /* taken by the spool: neither stored nor rejected yet */
  uint64_t input_bytes;   /* as they were added */
  uint64_t content_bytes; /* without gzip */
  /* SHA-256 of the bytes as they were added, when settings.with_digest. */
  unsigned char digest[EVENT_STREAM_DIGEST_BYTES];
};

struct event_stream_settings {
  struct batch_writer *writer;
  const struct event_settings *events; /* borrowed until on_finished */
  uint8_t source;                      /* enum breadcrumb_source */
  bool is_plain;                       /* the bytes are never gzip, whatever they begin with */
  bool is_repeatable;                  /* the source can bring it again (an S3 object): never spooled */
  bool with_digest;
  struct text vehicle_hint; /* copied; the vehicle's name as the envelope knows it (an S3 key); may be empty */
  struct text file;         /* copied; what the events came in, kept with each; may be empty */
  struct text request_id;   /* copied; stands beside what is rejected */
  int64_t received_at_us;
  size_t memory_max_bytes; /* of deliveries under way, at least one of them at any time; 0: 4 MiB */
  /* There is room again. Once for each EVENT_STREAM_FULL, possibly before the call that says so has returned. */
  void (*on_room)(void *context);
  /* The last call: all that was read has been stored, or has failed. The stream is gone when it returns. */
  void (*on_finished)(void *context, const struct event_stream_totals *totals);
  void *context;
};

struct event_stream *event_stream_new(const struct event_stream_settings *settings);

enum event_stream_state {
  EVENT_STREAM_TAKEN, /* all of it; go on */
  EVENT_STREAM_FULL,  /* nothing of it: do the same again after on_room */
  /* Nothing more is taken: a delivery has failed in a way that the whole has to be given again. End it (finish or abandon). */
  EVENT_STREAM_FAILED,
};

/* The bytes are borrowed for the call only, and may be cut anywhere. */
enum event_stream_state event_stream_add(struct event_stream *stream, struct text bytes) ERROR_MUST_CHECK;

/* From here on the bytes are those of record `index` of an envelope: a value that the record before has left open is broken,
 * and paths of rejects begin with records[index]. */
enum event_stream_state event_stream_begin_record(struct event_stream *stream, uint32_t index) ERROR_MUST_CHECK;

/* What cannot become a value, and why, is rejected at the path given (NULL: the record at hand, or "$"). */
enum event_stream_state event_stream_reject(struct event_stream *stream, const char *field, const char *reason,
                                            struct text bytes) ERROR_MUST_CHECK;

/* The input is complete: what is left is read, and on_finished follows unless it says EVENT_STREAM_FULL. No other call then. */
enum event_stream_state event_stream_finish(struct event_stream *stream) ERROR_MUST_CHECK;

/* The input broke off (`outcome` is no success): what waits is not read any more; on_finished follows when all that is under
 * way has come back. Instead of event_stream_finish, at any time. */
void event_stream_abandon(struct event_stream *stream, struct error outcome);

#endif
