#include "api/live/frame.h"

#include "server/base/clock.h"
#include "server/json/writer.h"

static struct json_writer begin_message(struct buffer *out, const char *type)
{
  struct json_writer writer = json_writer_to(out);
  json_begin_object(&writer);
  json_key(&writer, "type");
  json_cstring(&writer, type);
  return writer;
}

static void write_removed(struct json_writer *writer, const struct fleet_state *fleet, const struct frame_content *content)
{
  json_key(writer, "removed");
  json_begin_array(writer);
  for (uint32_t i = 0; i < content->removed_count; i++) {
    json_int64(writer, fleet->positions[content->removed_slots[i]].vehicle_id);
  }
  json_end_array(writer);
}

void frame_write_json(struct buffer *out, struct fleet_state *fleet, const struct frame_content *content)
{
  bool is_snapshot = content->kind == CONTENT_SNAPSHOT;
  struct json_writer writer = begin_message(out, is_snapshot ? "snapshot" : "update");
  json_key(&writer, "seq");
  json_int64(&writer, content->seq);
  if (is_snapshot) {
    json_key(&writer, "part");
    json_int64(&writer, content->part);
    json_key(&writer, "parts");
    json_int64(&writer, content->parts);
  }
  json_key(&writer, "positions");
  json_begin_array(&writer);
  for (uint32_t i = 0; i < content->slot_count; i++) {
    json_raw(&writer, fleet_state_json(fleet, content->slots[i]));
  }
  json_end_array(&writer);
  if (!is_snapshot) {
    write_removed(&writer, fleet, content);
  }
  json_end_object(&writer);
}

static uint8_t *put_little_endian(uint8_t *out, uint64_t value, int bytes)
{
  for (int i = 0; i < bytes; i++) {
    *out++ = (uint8_t)(value >> (8 * i));
  }
  return out;
}

static uint8_t *put_header(uint8_t *out, const struct frame_content *content, int64_t sent_at_us)
{
  double sent_at_ms = (double)sent_at_us / (double)US_PER_MS;
  uint64_t sent_at_bits;
  memcpy(&sent_at_bits, &sent_at_ms, sizeof sent_at_bits);
  out = put_little_endian(out, (uint64_t)content->kind, 1);
  out = put_little_endian(out, FRAME_VERSION, 1);
  out = put_little_endian(out, content->part, 2);
  out = put_little_endian(out, content->parts, 2);
  out = put_little_endian(out, 0, 2);
  out = put_little_endian(out, content->slot_count, 4);
  out = put_little_endian(out, content->removed_count, 4);
  out = put_little_endian(out, (uint64_t)content->seq, 8);
  return put_little_endian(out, sent_at_bits, 8);
}

void frame_write_binary(struct buffer *out, const struct fleet_state *fleet, const struct frame_content *content,
                        int64_t sent_at_us)
{
  size_t length = FRAME_HEADER_BYTES + (size_t)content->slot_count * POSITION_RECORD_BYTES + (size_t)content->removed_count * 4;
  if (out->capacity - out->length < length) {
    buffer_reserve(out, length);
  }
  uint8_t *at = put_header((uint8_t *)out->data + out->length, content, sent_at_us);
  for (uint32_t i = 0; i < content->slot_count; i++) {
    memcpy(at, fleet->records[content->slots[i]], POSITION_RECORD_BYTES);
    at += POSITION_RECORD_BYTES;
  }
  for (uint32_t i = 0; i < content->removed_count; i++) {
    at = put_little_endian(at, (uint64_t)fleet->positions[content->removed_slots[i]].vehicle_id, 4);
  }
  out->length += length;
}

bool frame_write_names(struct buffer *out, const struct fleet_state *fleet, struct viewer *viewer,
                       const struct frame_content *content)
{
  struct json_writer writer;
  bool has_any = false;
  for (uint32_t i = 0; i < content->slot_count; i++) {
    uint32_t slot = content->slots[i];
    if (!viewer_mark_named(viewer, slot)) {
      continue;
    }
    if (!has_any) {
      writer = begin_message(out, "vehicles");
      json_key(&writer, "items");
      json_begin_array(&writer);
      has_any = true;
    }
    json_begin_object(&writer);
    json_key(&writer, "vehicle_id");
    json_int64(&writer, fleet->positions[slot].vehicle_id);
    json_key(&writer, "name");
    json_string(&writer, fleet->positions[slot].vehicle);
    json_end_object(&writer);
  }
  if (has_any) {
    json_end_array(&writer);
    json_end_object(&writer);
  }
  return has_any;
}

void frame_write_subscribed(struct buffer *out, const char *epoch, int64_t seq, int64_t alerts_after, int heartbeat_s,
                            int64_t silent_after_s)
{
  struct json_writer writer = begin_message(out, "subscribed");
  json_key(&writer, "epoch");
  json_cstring(&writer, epoch);
  json_key(&writer, "seq");
  json_int64(&writer, seq);
  json_key(&writer, "alerts_after");
  json_int64(&writer, alerts_after);
  json_key(&writer, "heartbeat_s");
  json_int64(&writer, heartbeat_s);
  json_key(&writer, "silent_after_s");
  json_int64(&writer, silent_after_s);
  json_end_object(&writer);
}

void frame_write_resumed(struct buffer *out, int64_t from_seq)
{
  struct json_writer writer = begin_message(out, "resumed");
  json_key(&writer, "from");
  json_int64(&writer, from_seq);
  json_end_object(&writer);
}

void frame_write_heartbeat(struct buffer *out, int64_t seq, int64_t now_us, bool database_is_away)
{
  struct json_writer writer = begin_message(out, "heartbeat");
  json_key(&writer, "seq");
  json_int64(&writer, seq);
  json_key(&writer, "time");
  json_time(&writer, now_us);
  if (database_is_away) {
    json_key(&writer, "database");
    json_cstring(&writer, "away");
  }
  json_end_object(&writer);
}

void frame_write_error(struct buffer *out, const struct error *error)
{
  struct json_writer writer = begin_message(out, "error");
  json_key(&writer, "code");
  json_cstring(&writer, error_slug(error->code));
  if (error->field[0] != '\0') {
    json_key(&writer, "field");
    json_cstring(&writer, error->field);
  }
  json_key(&writer, "detail");
  json_cstring(&writer, error->detail);
  json_end_object(&writer);
}

void frame_write_bye(struct buffer *out, const char *reason, int retry_after_ms)
{
  struct json_writer writer = begin_message(out, "bye");
  json_key(&writer, "reason");
  json_cstring(&writer, reason);
  json_key(&writer, "retry_after_ms");
  json_int64(&writer, retry_after_ms);
  json_end_object(&writer);
}
