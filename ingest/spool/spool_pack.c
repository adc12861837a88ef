#include "ingest/spool/spool_pack.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "ingest/events/breadcrumb.h"

/* Before the texts of each entry, one after the other: hint, request id, body. Numbers are little-endian. */
struct __attribute__((packed)) head {
  uint64_t received_at_us;
  uint32_t hint_bytes;
  uint32_t request_id_bytes;
  uint32_t body_bytes;
  uint8_t source;
  uint8_t is_continuation;
};

/* What an entry takes beside its texts, with its share of the row. */
enum { ENTRY_OVERHEAD_BYTES = 64 };

uint64_t spool_entry_bytes(const struct spool_entry *entry)
{
  return ENTRY_OVERHEAD_BYTES + entry->body.length + entry->vehicle_hint.length + entry->request_id.length;
}

size_t spool_pack_length(struct spool_entry *const *entries, size_t count)
{
  size_t length = 0;
  uint64_t bytes = 0;
  while (length < count && length < SPOOL_PACK_ENTRIES_MAX && entries[length]->kind == entries[0]->kind) {
    bytes += spool_entry_bytes(entries[length]);
    if (length != 0 && bytes > SPOOL_PACK_BYTES_MAX) {
      break;
    }
    length++;
  }
  return length;
}

static uint32_t length_of(struct text value)
{
  assert(value.length <= UINT32_MAX);
  return htole32((uint32_t)value.length);
}

void spool_pack_write(struct spool_entry *const *entries, size_t count, struct buffer *out)
{
  for (size_t i = 0; i < count; i++) {
    const struct spool_entry *entry = entries[i];
    const struct head head = {.received_at_us = htole64((uint64_t)entry->received_at_us),
                              .hint_bytes = length_of(entry->vehicle_hint),
                              .request_id_bytes = length_of(entry->request_id),
                              .body_bytes = length_of(entry->body),
                              .source = entry->source,
                              .is_continuation = entry->is_continuation ? 1 : 0};
    buffer_append(out, (const char *)&head, sizeof head);
    buffer_append_text(out, entry->vehicle_hint);
    buffer_append_text(out, entry->request_id);
    buffer_append_text(out, entry->body);
  }
}

/* Cuts so many bytes off the start; they are there. */
static struct text cut(struct text *rest, uint32_t bytes)
{
  struct text taken = {rest->data, bytes};
  *rest = (struct text){rest->data + bytes, rest->length - bytes};
  return taken;
}

static bool read_entry(struct text *rest, struct spool_entry *entry)
{
  struct head head;
  if (rest->length < sizeof head) {
    return false;
  }
  memcpy(&head, rest->data, sizeof head);
  const uint32_t hint_bytes = le32toh(head.hint_bytes);
  const uint32_t request_id_bytes = le32toh(head.request_id_bytes);
  const uint32_t body_bytes = le32toh(head.body_bytes);
  const bool fits = (uint64_t)hint_bytes + request_id_bytes + body_bytes <= rest->length - sizeof head;
  if (!fits || head.source > SOURCE_REPLAY || head.is_continuation > 1) {
    return false;
  }
  (void)cut(rest, sizeof head);
  entry->received_at_us = (int64_t)le64toh(head.received_at_us);
  entry->source = head.source;
  entry->is_continuation = head.is_continuation != 0;
  entry->vehicle_hint = cut(rest, hint_bytes);
  entry->request_id = cut(rest, request_id_bytes);
  entry->body = cut(rest, body_bytes);
  return true;
}

size_t spool_pack_read(struct text pack, size_t count, uint8_t kind, int64_t first_id, int64_t received_at_us,
                       struct arena *arena, struct spool_entry **entries)
{
  struct text rest = text_copy(arena, pack);
  struct spool_entry *read = arena_alloc_array(arena, count, sizeof *read);
  size_t done = 0;
  while (done < count && read_entry(&rest, &read[done])) {
    read[done].kind = kind;
    read[done].entry_id = first_id + (int64_t)done;
    entries[done] = &read[done];
    done++;
  }
  if (done < count) {
    read[done] = (struct spool_entry){.kind = kind,
                                      .source = SOURCE_IOT_HTTP,
                                      .entry_id = first_id + (int64_t)count - 1,
                                      .received_at_us = received_at_us,
                                      .body = rest};
    entries[done] = &read[done];
    done++;
  }
  return done;
}
