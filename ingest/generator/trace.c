#include "ingest/generator/trace.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ingest/generator/trace_reader.h"

static const uint32_t EMPTY = UINT32_MAX;

/* Vehicle numbers by name, open addressing, at most half full. */
struct trace_index {
  uint32_t *slots;
  uint32_t mask;
};

static uint32_t hash(struct text name)
{
  uint32_t mixed = UINT32_C(2166136261);
  for (size_t i = 0; i < name.length; i++) {
    mixed = (mixed ^ (unsigned char)name.data[i]) * UINT32_C(16777619);
  }
  return mixed;
}

static uint32_t *find_slot(const struct trace *trace, struct text name)
{
  uint32_t at = hash(name) & trace->index->mask;
  while (trace->index->slots[at] != EMPTY && !text_equal(trace->vehicles[trace->index->slots[at]], name)) {
    at = (at + 1) & trace->index->mask;
  }
  return &trace->index->slots[at];
}

static void grow_index(struct trace *trace)
{
  uint32_t size = trace->index == NULL ? 256 : (trace->index->mask + 1) * 2;
  struct trace_index *index = trace->index != NULL ? trace->index : calloc(1, sizeof *index);
  struct text *vehicles = realloc(trace->vehicles, size / 2 * sizeof *vehicles);
  if (index == NULL || vehicles == NULL) {
    abort();
  }
  free(index->slots);
  index->slots = malloc(size * sizeof *index->slots);
  if (index->slots == NULL) {
    abort();
  }
  index->mask = size - 1;
  memset(index->slots, 0xFF, size * sizeof *index->slots);
  trace->index = index;
  trace->vehicles = vehicles;
  for (uint32_t i = 0; i < trace->vehicle_count; i++) {
    *find_slot(trace, vehicles[i]) = i;
  }
}

static uint32_t vehicle_number(struct trace *trace, struct text name)
{
  if (trace->index == NULL || trace->vehicle_count >= (trace->index->mask + 1) / 2) {
    grow_index(trace);
  }
  uint32_t *slot = find_slot(trace, name);
  if (*slot == EMPTY) {
    char *copy = malloc(name.length + 1);
    if (copy == NULL) {
      abort();
    }
    memcpy(copy, name.data, name.length);
    copy[name.length] = '\0';
    *slot = trace->vehicle_count;
    trace->vehicles[trace->vehicle_count++] = (struct text){copy, name.length};
  }
  return *slot;
}

static void add_row(struct trace *trace, const struct trace_fix *fix, int64_t line)
{
  if (trace->count == trace->capacity) {
    trace->capacity = trace->capacity == 0 ? 4096 : trace->capacity * 2;
    trace->rows = realloc(trace->rows, trace->capacity * sizeof *trace->rows);
    if (trace->rows == NULL) {
      abort();
    }
  }
  trace->rows[trace->count++] = (struct trace_row){
      .time_us = fix->time_us,
      .line = line,
      .latitude_deg = fix->latitude_deg,
      .longitude_deg = fix->longitude_deg,
      .speed_mps = (float)fix->speed_mps,
      .heading_deg = (float)fix->heading_deg,
      .vehicle = vehicle_number(trace, fix->vehicle_id),
  };
}

static int compare_rows(const void *left, const void *right)
{
  const struct trace_row *a = left;
  const struct trace_row *b = right;
  if (a->time_us != b->time_us) {
    return a->time_us < b->time_us ? -1 : 1;
  }
  return a->line < b->line ? -1 : a->line > b->line;
}

struct error trace_load(const char *path, FILE *notes, struct trace *trace)
{
  struct trace_reader *reader = NULL;
  *trace = (struct trace){0};
  TRY(trace_open(path, &reader));
  struct trace_fix fix;
  const char *reason = NULL;
  for (enum trace_result result; (result = trace_next(reader, &fix, &reason)) != TRACE_END;) {
    if (result == TRACE_FIX) {
      add_row(trace, &fix, trace_line(reader));
    } else {
      trace->bad_rows++;
      fprintf(notes, "%s:%" PRId64 ": %s\n", path, trace_line(reader), reason);
    }
  }
  trace_close(reader);
  if (trace->count > 0) {
    qsort(trace->rows, trace->count, sizeof *trace->rows, compare_rows);
  }
  return error_none();
}

void trace_free(struct trace *trace)
{
  for (uint32_t i = 0; i < trace->vehicle_count; i++) {
    free((void *)(uintptr_t)trace->vehicles[i].data);
  }
  free(trace->vehicles);
  free(trace->rows);
  if (trace->index != NULL) {
    free(trace->index->slots);
    free(trace->index);
  }
  *trace = (struct trace){0};
}
