#include "ingest/writer/batch_parameters.h"

#include <math.h>

#include "server/base/grid.h"

static const float SLOW_UNDER_KMH = 5.0F;

size_t batch_new_row_count(const struct batch *batch)
{
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    count += batch->rows[i].exists ? 0 : 1;
  }
  return count;
}

/* Unknown speed counts as slow. */
static int64_t slow_since(int64_t before_us, const struct batch_row *row)
{
  if (row->breadcrumb->speed_kmh >= SLOW_UNDER_KMH) {
    return NOT_SLOW;
  }
  return before_us != NOT_SLOW ? before_us : row->key.recorded_at_us;
}

size_t batch_position_candidates(const struct batch *batch, struct position_candidate *candidates)
{
  size_t count = 0;
  int64_t ordinal = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    const struct batch_row *row = &batch->rows[i];
    const struct vehicle_state *vehicle = row->vehicle;
    ordinal += row->exists ? 0 : 1;
    bool moves =
        !row->exists && row->flags == 0 && (!vehicle->has_position || breadcrumb_key_compare(vehicle->position, row->key) < 0);
    if (!moves) {
      continue;
    }
    bool continues = count != 0 && candidates[count - 1].row->vehicle == vehicle;
    int64_t remembered_us = vehicle->has_position ? vehicle->slow_since_us : NOT_SLOW;
    int64_t before_us = continues ? candidates[count - 1].slow_since_us : remembered_us;
    size_t at = continues ? count - 1 : count++;
    candidates[at] = (struct position_candidate){row, ordinal, slow_since(before_us, row)};
  }
  return count;
}

/* The columns that breadcrumb and position share, row after row. */
struct columns {
  int64_t *vehicle_ids;
  int64_t *recorded_at_us;
  int64_t *versions;
  int64_t *numbers;
  int64_t *received_at_us;
  double *longitudes;
  double *latitudes;
  float *speeds;
  uint8_t *speed_is_null;
  float *headings;
  uint8_t *heading_is_null;
  float *temperatures;
  uint8_t *temperature_is_null;
  uint8_t *ignitions;
  uint8_t *ignition_is_null;
  int16_t *sources;
};

static void *room(struct arena *arena, size_t count, size_t size)
{
  return arena_alloc_bytes(arena, count * size);
}

static struct columns columns_make(struct arena *arena, size_t count)
{
  struct columns columns;
  columns.vehicle_ids = room(arena, count, sizeof(int64_t));
  columns.recorded_at_us = room(arena, count, sizeof(int64_t));
  columns.versions = room(arena, count, sizeof(int64_t));
  columns.numbers = room(arena, count, sizeof(int64_t));
  columns.received_at_us = room(arena, count, sizeof(int64_t));
  columns.longitudes = room(arena, count, sizeof(double));
  columns.latitudes = room(arena, count, sizeof(double));
  columns.speeds = room(arena, count, sizeof(float));
  columns.speed_is_null = room(arena, count, 1);
  columns.headings = room(arena, count, sizeof(float));
  columns.heading_is_null = room(arena, count, 1);
  columns.temperatures = room(arena, count, sizeof(float));
  columns.temperature_is_null = room(arena, count, 1);
  columns.ignitions = room(arena, count, 1);
  columns.ignition_is_null = room(arena, count, 1);
  columns.sources = room(arena, count, sizeof(int16_t));
  return columns;
}

static uint8_t is_absent(float value)
{
  return (uint8_t)(isnan(value) ? 1 : 0);
}

static void columns_set(struct columns *columns, size_t i, const struct batch_row *row, int64_t number)
{
  const struct breadcrumb *breadcrumb = row->breadcrumb;
  columns->vehicle_ids[i] = row->vehicle->vehicle_id;
  columns->recorded_at_us[i] = row->key.recorded_at_us;
  columns->versions[i] = row->key.version;
  columns->numbers[i] = number;
  columns->received_at_us[i] = row->delivery->received_at_us;
  columns->longitudes[i] = breadcrumb->longitude_deg;
  columns->latitudes[i] = breadcrumb->latitude_deg;
  columns->speeds[i] = breadcrumb->speed_kmh;
  columns->speed_is_null[i] = is_absent(breadcrumb->speed_kmh);
  columns->headings[i] = breadcrumb->heading_deg;
  columns->heading_is_null[i] = is_absent(breadcrumb->heading_deg);
  columns->temperatures[i] = breadcrumb->temperature_c;
  columns->temperature_is_null[i] = is_absent(breadcrumb->temperature_c);
  columns->ignitions[i] = breadcrumb->ignition == 1 ? 1 : 0;
  columns->ignition_is_null[i] = breadcrumb->ignition < 0 ? 1 : 0;
  columns->sources[i] = breadcrumb->source;
}

static void add_key_and_place(struct db_parameters *parameters, const struct columns *columns, size_t count)
{
  db_add_int64_array(parameters, columns->vehicle_ids, NULL, count);
  db_add_time_array(parameters, columns->recorded_at_us, NULL, count);
  db_add_int64_array(parameters, columns->versions, NULL, count);
  db_add_int64_array(parameters, columns->numbers, NULL, count);
  db_add_time_array(parameters, columns->received_at_us, NULL, count);
  db_add_float8_array(parameters, columns->longitudes, NULL, count);
  db_add_float8_array(parameters, columns->latitudes, NULL, count);
}

static void add_measurements(struct db_parameters *parameters, const struct columns *columns, size_t count)
{
  db_add_float4_array(parameters, columns->speeds, columns->speed_is_null, count);
  db_add_float4_array(parameters, columns->headings, columns->heading_is_null, count);
  db_add_float4_array(parameters, columns->temperatures, columns->temperature_is_null, count);
  db_add_bool_array(parameters, columns->ignitions, columns->ignition_is_null, count);
}

static int32_t batch_row_cell(const struct batch_row *row)
{
  return grid_cell(row->breadcrumb->longitude_deg, row->breadcrumb->latitude_deg);
}

/* What one row takes beside its `extra`, rounded up. */
enum { COPY_FIELDS = 14, COPY_FIELD_BYTES_MAX = 96 };

static void copy_row(struct db_copy *copy, const struct batch_row *row, int64_t number)
{
  const struct breadcrumb *breadcrumb = row->breadcrumb;
  db_copy_begin_row(copy);
  db_copy_int64(copy, row->vehicle->vehicle_id);
  db_copy_time(copy, row->key.recorded_at_us);
  db_copy_int64(copy, row->key.version);
  db_copy_int64(copy, number);
  db_copy_time(copy, row->delivery->received_at_us);
  db_copy_point(copy, breadcrumb->longitude_deg, breadcrumb->latitude_deg);
  db_copy_int32(copy, batch_row_cell(row));
  db_copy_float4(copy, breadcrumb->speed_kmh);
  db_copy_float4(copy, breadcrumb->heading_deg);
  db_copy_float4(copy, breadcrumb->temperature_c);
  if (breadcrumb->ignition < 0) {
    db_copy_null(copy);
  } else {
    db_copy_bool(copy, breadcrumb->ignition == 1);
  }
  db_copy_int16(copy, row->flags);
  db_copy_int16(copy, breadcrumb->source);
  db_copy_jsonb(copy, breadcrumb->extra);
}

struct db_copy *batch_breadcrumb_copy(const struct batch *batch, size_t new_row_count, int64_t number_before)
{
  size_t extra_bytes = 0;
  int64_t number = number_before;
  for (size_t i = 0; i < batch->row_count; i++) {
    extra_bytes += batch->rows[i].breadcrumb->extra.length;
  }
  struct db_copy *copy =
      db_copy_new(batch->arena, new_row_count, COPY_FIELDS, new_row_count * COPY_FIELD_BYTES_MAX + extra_bytes);
  for (size_t i = 0; i < batch->row_count; i++) {
    if (!batch->rows[i].exists) {
      copy_row(copy, &batch->rows[i], ++number);
    }
  }
  return copy;
}

struct db_parameters *batch_breadcrumb_parameters(const struct batch *batch, size_t new_row_count, int64_t number_before)
{
  struct columns columns = columns_make(batch->arena, new_row_count);
  int32_t *cells = room(batch->arena, new_row_count, sizeof(int32_t));
  int16_t *flags = room(batch->arena, new_row_count, sizeof(int16_t));
  struct text *extras = room(batch->arena, new_row_count, sizeof(struct text));
  size_t count = 0;
  for (size_t i = 0; i < batch->row_count; i++) {
    const struct batch_row *row = &batch->rows[i];
    if (row->exists) {
      continue;
    }
    columns_set(&columns, count, row, number_before + (int64_t)count + 1);
    cells[count] = batch_row_cell(row);
    flags[count] = row->flags;
    extras[count] = row->breadcrumb->extra;
    count++;
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  add_key_and_place(parameters, &columns, count);
  db_add_int32_array(parameters, cells, NULL, count);
  add_measurements(parameters, &columns, count);
  db_add_int16_array(parameters, flags, NULL, count);
  db_add_int16_array(parameters, columns.sources, NULL, count);
  db_add_jsonb_array(parameters, extras, count);
  return parameters;
}

struct db_parameters *batch_position_parameters(const struct batch *batch, const struct position_candidate *candidates,
                                                size_t candidate_count, bool have_position, int64_t number_before)
{
  struct columns columns = columns_make(batch->arena, candidate_count);
  int64_t *slow_since_us = room(batch->arena, candidate_count, sizeof(int64_t));
  uint8_t *is_moving = room(batch->arena, candidate_count, 1);
  int32_t *cells = room(batch->arena, candidate_count, sizeof(int32_t));
  size_t count = 0;
  for (size_t i = 0; i < candidate_count; i++) {
    const struct position_candidate *candidate = &candidates[i];
    if (candidate->row->vehicle->has_position == have_position) {
      columns_set(&columns, count, candidate->row, number_before + candidate->ordinal);
      slow_since_us[count] = candidate->slow_since_us;
      is_moving[count] = candidate->slow_since_us == NOT_SLOW ? 1 : 0;
      cells[count] = batch_row_cell(candidate->row);
      count++;
    }
  }
  if (count == 0) {
    return NULL;
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  add_key_and_place(parameters, &columns, count);
  add_measurements(parameters, &columns, count);
  db_add_int16_array(parameters, columns.sources, NULL, count);
  db_add_time_array(parameters, slow_since_us, is_moving, count);
  db_add_int32_array(parameters, cells, NULL, count);
  return parameters;
}

struct db_parameters *batch_rejected_parameters(const struct batch *batch)
{
  size_t total = batch->reject_count;
  unsigned char *digests = arena_alloc_array(batch->arena, total, REJECTED_DIGEST_BYTES);
  int64_t *received_at_us = arena_alloc_array(batch->arena, total, sizeof *received_at_us);
  int16_t *sources = arena_alloc_array(batch->arena, total, sizeof *sources);
  struct text *texts = arena_alloc_array(batch->arena, total * 7, sizeof *texts);
  struct text *digest_texts = texts, *vehicles = texts + total, *fields = texts + total * 2, *reasons = texts + total * 3,
              *request_ids = texts + total * 4, *bodies = texts + total * 5, *hints = texts + total * 6;
  size_t count = 0;
  for (size_t i = 0; i < batch->delivery_count; i++) {
    const struct delivery *delivery = batch->deliveries[i];
    for (size_t j = 0; j < delivery->reject_count; j++, count++) {
      const struct rejected *reject = &delivery->rejects[j];
      unsigned char *digest = digests + count * REJECTED_DIGEST_BYTES;
      rejected_digest(reject->body, delivery->vehicle_hint, digest);
      digest_texts[count] = (struct text){(const char *)digest, REJECTED_DIGEST_BYTES};
      received_at_us[count] = delivery->received_at_us;
      sources[count] = delivery->source;
      vehicles[count] = reject->vehicle;
      fields[count] = reject->field;
      reasons[count] = reject->reason;
      request_ids[count] = delivery->request_id.data != NULL ? delivery->request_id : TEXT("");
      bodies[count] = reject->body.data != NULL ? reject->body : TEXT("");
      hints[count] = delivery->vehicle_hint.length != 0 ? rejected_storable(delivery->vehicle_hint) : (struct text){NULL, 0};
    }
  }
  struct db_parameters *parameters = db_parameters_new(batch->arena);
  db_add_bytes_array(parameters, digest_texts, count);
  db_add_time_array(parameters, received_at_us, NULL, count);
  db_add_int16_array(parameters, sources, NULL, count);
  db_add_text_array(parameters, vehicles, count);
  db_add_text_array(parameters, fields, count);
  db_add_text_array(parameters, reasons, count);
  db_add_text_array(parameters, request_ids, count);
  db_add_bytes_array(parameters, bodies, count);
  db_add_text_array(parameters, hints, count);
  return parameters;
}

struct db_parameters *batch_correction_parameters(const struct batch *batch, bool only_cleared)
{
  struct arena *arena = batch->arena;
  int64_t *ids = arena_alloc_array(arena, batch->correction_count, sizeof *ids);
  int64_t *times_us = arena_alloc_array(arena, batch->correction_count, sizeof *times_us);
  int64_t *versions = arena_alloc_array(arena, batch->correction_count, sizeof *versions);
  int16_t *flags = arena_alloc_array(arena, batch->correction_count, sizeof *flags);
  int64_t earliest_us = INT64_MAX;
  int64_t latest_us = INT64_MIN;
  size_t count = 0;
  for (size_t i = 0; i < batch->correction_count; i++) {
    const struct flag_correction *correction = &batch->corrections[i];
    if (only_cleared && correction->flags != 0) {
      continue;
    }
    ids[count] = correction->vehicle_id;
    times_us[count] = correction->key.recorded_at_us;
    versions[count] = correction->key.version;
    flags[count] = correction->flags;
    earliest_us = times_us[count] < earliest_us ? times_us[count] : earliest_us;
    latest_us = times_us[count] > latest_us ? times_us[count] : latest_us;
    count++;
  }
  if (count == 0) {
    return NULL;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_time_array(parameters, times_us, NULL, count);
  db_add_int64_array(parameters, versions, NULL, count);
  if (!only_cleared) {
    db_add_int16_array(parameters, flags, NULL, count);
  }
  db_add_time(parameters, earliest_us);
  db_add_time(parameters, latest_us);
  return parameters;
}
