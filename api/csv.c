#include "api/csv.h"

#include <math.h>

#include "server/base/clock.h"

static bool looks_like_formula(char first)
{
  return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t' || first == '\r';
}

static bool needs_quotes(struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    const char byte = value.data[i];
    if (byte == '"' || byte == ',' || byte == '\r' || byte == '\n') {
      return true;
    }
  }
  return false;
}

void csv_text(struct csv_row *row, struct text value)
{
  csv_separate(row);
  if (value.length == 0) {
    return;
  }
  const bool guarded = looks_like_formula(value.data[0]);
  if (!needs_quotes(value)) {
    if (guarded) {
      buffer_append_char(row->out, '\'');
    }
    buffer_append_text(row->out, value);
    return;
  }
  buffer_append_char(row->out, '"');
  if (guarded) {
    buffer_append_char(row->out, '\'');
  }
  for (size_t i = 0; i < value.length; i++) {
    if (value.data[i] == '"') {
      buffer_append_char(row->out, '"');
    }
    buffer_append_char(row->out, value.data[i]);
  }
  buffer_append_char(row->out, '"');
}

void csv_int64(struct csv_row *row, int64_t value)
{
  csv_separate(row);
  buffer_append_int64(row->out, value);
}

void csv_decimal(struct csv_row *row, double value, int decimals)
{
  csv_separate(row);
  if (isfinite(value)) {
    buffer_append_decimal(row->out, value, decimals);
  }
}

void csv_time(struct csv_row *row, int64_t time_us)
{
  csv_separate(row);
  buffer_append_time(row->out, time_us);
}

void csv_empty(struct csv_row *row)
{
  csv_separate(row);
}
