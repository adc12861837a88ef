/* A whole recorded trace in memory, in the order of its times, with its vehicles. Owns everything. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_TRACE_H
#define CRUMBTRAIL_INGEST_GENERATOR_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct trace_row {
  int64_t time_us;
  int64_t line;
  double latitude_deg;
  double longitude_deg;
  float speed_mps;   /* NaN: none */
  float heading_deg; /* NaN: none */
  uint32_t vehicle;
};

struct trace {
  struct trace_row *rows;
  size_t count;
  size_t capacity;
  struct text *vehicles; /* names as in the file; terminated */
  uint32_t vehicle_count;
  int64_t bad_rows;
  struct trace_index *index;
};

/* Rows that cannot be read are named on `notes`, with their line and the reason, and counted. */
struct error trace_load(const char *path, FILE *notes, struct trace *trace) ERROR_MUST_CHECK;
void trace_free(struct trace *trace);

#endif
