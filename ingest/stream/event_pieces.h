/* The inside of an event stream's way out: values and broken ones in, deliveries of about 256 KiB to the batch writer, totals.
 *
 * Owns: the pieces that are being made and those under way. Threads: as event_stream.h says; what both sides touch has a lock.
 */
#ifndef CRUMBTRAIL_INGEST_STREAM_EVENT_PIECES_H
#define CRUMBTRAIL_INGEST_STREAM_EVENT_PIECES_H

#include "ingest/stream/event_stream.h"

struct event_pieces;

/* `on_finished` is called with `owner` as the settings' one would be; the pieces are gone when it returns. */
struct event_pieces *event_pieces_new(const struct event_stream_settings *settings,
                                      void (*on_finished)(void *owner, struct event_stream_totals *totals), void *owner);

/* Values after this belong to the record. */
void event_pieces_begin_record(struct event_pieces *pieces, uint32_t index);
void event_pieces_add_value(struct event_pieces *pieces, struct text value);
/* `field` NULL: where the value stands. */
void event_pieces_add_broken(struct event_pieces *pieces, const char *field, const char *reason, struct text bytes);

/* Whether something may be added. */
enum event_stream_state event_pieces_state(struct event_pieces *pieces);
/* False: there is room, or it has failed. */
bool event_pieces_wait_for_room(struct event_pieces *pieces);

/* What waits goes to the writer; on_finished follows, possibly at once. */
void event_pieces_finish(struct event_pieces *pieces);
/* What waits is dropped. */
void event_pieces_abandon(struct event_pieces *pieces, struct error outcome);

#endif
