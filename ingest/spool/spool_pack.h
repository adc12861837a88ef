/* Entries as they stand together in a row of the spool's file: a row for each would cost more than its commit. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_SPOOL_SPOOL_PACK_H
#define CRUMBTRAIL_INGEST_SPOOL_SPOOL_PACK_H

#include "ingest/spool/spool.h"

/* Few enough that a damaged page takes little along. A pack of one entry may be larger. */
enum { SPOOL_PACK_ENTRIES_MAX = 32, SPOOL_PACK_BYTES_MAX = 32 * 1024 };

/* What an entry counts in the file's totals. */
uint64_t spool_entry_bytes(const struct spool_entry *entry);

/* How many of the first entries, of which there is one at least, make a pack: neighbours of one kind. */
size_t spool_pack_length(struct spool_entry *const *entries, size_t count);
/* Appends the bytes of the pack. Only source, is_continuation, texts and time are kept in them. */
void spool_pack_write(struct spool_entry *const *entries, size_t count, struct buffer *out);

/* Its entries, numbered from `first_id` on, in the arena. `entries` has room for `count` of them, of which there is one at
 * least; returned is how many came. Where the bytes are no entry any more, all that are left come as the body of one, of the
 * time given and with the number of the last: then they are kept among what cannot be read, instead of holding up all that is
 * behind. */
size_t spool_pack_read(struct text pack, size_t count, uint8_t kind, int64_t first_id, int64_t received_at_us,
                       struct arena *arena, struct spool_entry **entries);

#endif
