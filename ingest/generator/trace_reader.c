#include "ingest/generator/trace_reader.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/clock.h"

enum column { COLUMN_VEHICLE, COLUMN_TIME, COLUMN_LATITUDE, COLUMN_LONGITUDE, COLUMN_SPEED, COLUMN_HEADING, COLUMN_COUNT };
static const char *const COLUMN_NAMES[COLUMN_COUNT] = {"vehicle_id", "timestamp", "latitude", "longitude", "speed", "heading"};
enum { REQUIRED_COLUMNS = COLUMN_SPEED, FIELDS_MAX = 64, ROW_MAX_BYTES = 65536, THING_NAME_MAX = 110 };

struct trace_reader {
  FILE *file;
  struct buffer row; /* the fields' bytes, unquoted, one after another */
  size_t starts[FIELDS_MAX + 1];
  int field_count;
  int columns[COLUMN_COUNT]; /* index of the field, or -1 */
  int64_t next_line;
  int64_t line;
};

static void end_field(struct trace_reader *reader)
{
  if (reader->field_count < FIELDS_MAX) {
    reader->field_count++;
    reader->starts[reader->field_count] = reader->row.length;
  }
}

static void keep(struct trace_reader *reader, int byte)
{
  if (reader->row.length < ROW_MAX_BYTES) {
    buffer_append_char(&reader->row, (char)byte);
  }
}

/* After a quote within quotes: doubled it stands for itself, else the quoted part is over. */
static bool quoted_part_goes_on(struct trace_reader *reader)
{
  int byte = getc_unlocked(reader->file);
  if (byte == '"') {
    keep(reader, '"');
    return true;
  }
  if (byte != EOF) {
    ungetc(byte, reader->file);
  }
  return false;
}

/* One row into fields; false at the end of the file. Empty lines are passed over. */
static bool read_row(struct trace_reader *reader)
{
  bool quoted = false;
  buffer_clear(&reader->row);
  reader->field_count = 0;
  reader->starts[0] = 0;
  reader->line = reader->next_line;
  for (;;) {
    int byte = getc_unlocked(reader->file);
    if (byte == EOF && reader->row.length == 0 && reader->field_count == 0) {
      return false;
    }
    if (byte == '\n') {
      reader->next_line++;
    }
    if (quoted && byte == '"') {
      quoted = quoted_part_goes_on(reader);
    } else if (byte == EOF || (byte == '\n' && !quoted)) {
      if (reader->row.length > 0 || reader->field_count > 0) {
        end_field(reader);
        return true;
      }
      reader->line = reader->next_line;
    } else if (byte == '"' && reader->row.length == reader->starts[reader->field_count]) {
      quoted = true;
    } else if (byte == ',' && !quoted) {
      end_field(reader);
    } else if (byte != '\r' || quoted) {
      keep(reader, byte);
    }
  }
}

static struct text field(const struct trace_reader *reader, int index)
{
  if (index < 0 || index >= reader->field_count) {
    return (struct text){0};
  }
  size_t start = reader->starts[index];
  return text_trim((struct text){reader->row.data + start, reader->starts[index + 1] - start});
}

static struct error read_header(struct trace_reader *reader, const char *path)
{
  if (!read_row(reader)) {
    return error_make(ERROR_SETUP, "%.200s is empty", path);
  }
  for (int column = 0; column < COLUMN_COUNT; column++) {
    reader->columns[column] = -1;
    for (int i = 0; i < reader->field_count; i++) {
      struct text name = field(reader, i);
      if (i == 0 && text_starts_with(name, TEXT("\xEF\xBB\xBF"))) {
        name = (struct text){name.data + 3, name.length - 3};
      }
      if (text_equal_ignoring_case(name, text_from(COLUMN_NAMES[column]))) {
        reader->columns[column] = i;
      }
    }
    if (reader->columns[column] < 0 && column < REQUIRED_COLUMNS) {
      return error_make(ERROR_SETUP, "%.200s has no column %s in its first line", path, COLUMN_NAMES[column]);
    }
  }
  return error_none();
}

struct error trace_open(const char *path, struct trace_reader **out)
{
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return error_make(ERROR_SETUP, "cannot open %.200s: %s", path, strerror(errno));
  }
  struct trace_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) {
    abort();
  }
  reader->file = file;
  reader->next_line = 1;
  struct error error = read_header(reader, path);
  if (error.code != ERROR_NONE) {
    trace_close(reader);
    return error;
  }
  *out = reader;
  return error_none();
}

void trace_close(struct trace_reader *reader)
{
  if (reader != NULL) {
    fclose(reader->file);
    buffer_free(&reader->row);
    free(reader);
  }
}

int64_t trace_line(const struct trace_reader *reader)
{
  return reader->line;
}

static bool is_thing_name(struct text name)
{
  for (size_t i = 0; i < name.length; i++) {
    char c = name.data[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != ':' && c != '_' && c != '-') {
      return false;
    }
  }
  return name.length > 0 && name.length <= THING_NAME_MAX;
}

/* An absent column or an empty field is no number, not an error. */
static bool read_optional(const struct trace_reader *reader, enum column column, double *value)
{
  struct text written = field(reader, reader->columns[column]);
  *value = (double)NAN;
  return written.length == 0 || text_to_double(written, value);
}

static const char *read_fix(const struct trace_reader *reader, struct trace_fix *fix)
{
  fix->vehicle_id = field(reader, reader->columns[COLUMN_VEHICLE]);
  if (!is_thing_name(fix->vehicle_id)) {
    return "vehicle_id: expected letters, digits, : _ and -";
  }
  if (!clock_parse(field(reader, reader->columns[COLUMN_TIME]), &fix->time_us)) {
    return "timestamp: expected a time with an offset, such as 2017-03-21T00:00:31-05:00";
  }
  if (!text_to_double(field(reader, reader->columns[COLUMN_LATITUDE]), &fix->latitude_deg)) {
    return "latitude: expected a number";
  }
  if (!text_to_double(field(reader, reader->columns[COLUMN_LONGITUDE]), &fix->longitude_deg)) {
    return "longitude: expected a number";
  }
  if (!read_optional(reader, COLUMN_SPEED, &fix->speed_mps)) {
    return "speed: expected a number";
  }
  if (!read_optional(reader, COLUMN_HEADING, &fix->heading_deg) || fix->heading_deg < 0 || fix->heading_deg > 360) {
    return "heading: expected degrees from 0 to 360";
  }
  return NULL;
}

enum trace_result trace_next(struct trace_reader *reader, struct trace_fix *fix, const char **reason)
{
  if (!read_row(reader)) {
    return TRACE_END;
  }
  *reason = read_fix(reader, fix);
  return *reason == NULL ? TRACE_FIX : TRACE_BAD_ROW;
}
