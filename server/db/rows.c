#include "server/db/session.h"

#include <assert.h>
#include <endian.h>
#include <math.h>

#include "server/db/parameters.h"

int db_row_count(const struct db_rows *rows)
{
  return PQntuples(rows->result);
}

int64_t db_affected(const struct db_rows *rows)
{
  int64_t affected = 0;
  return text_to_int64(text_from(PQcmdTuples(rows->result)), &affected) ? affected : 0;
}

bool db_is_null(const struct db_rows *rows, int row, int column)
{
  return PQgetisnull(rows->result, row, column) != 0;
}

static uint16_t read_int16(const char *bytes)
{
  uint16_t big;
  memcpy(&big, bytes, sizeof big);
  return be16toh(big);
}

static uint32_t read_int32(const char *bytes)
{
  uint32_t big;
  memcpy(&big, bytes, sizeof big);
  return be32toh(big);
}

static uint64_t read_int64(const char *bytes)
{
  uint64_t big;
  memcpy(&big, bytes, sizeof big);
  return be64toh(big);
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
  return !db_is_null(rows, row, column) && *PQgetvalue(rows->result, row, column) != 0;
}

int64_t db_int64(const struct db_rows *rows, int row, int column)
{
  const char *bytes = PQgetvalue(rows->result, row, column);
  switch (PQgetlength(rows->result, row, column)) {
  case 8:
    return (int64_t)read_int64(bytes);
  case 4:
    return (int32_t)read_int32(bytes);
  case 2:
    return (int16_t)read_int16(bytes);
  default:
    assert(db_is_null(rows, row, column));
    return 0;
  }
}

double db_double(const struct db_rows *rows, int row, int column)
{
  const char *bytes = PQgetvalue(rows->result, row, column);
  switch (PQgetlength(rows->result, row, column)) {
  case 8: {
    const uint64_t bits = read_int64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
  case 4: {
    const uint32_t bits = read_int32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
  }
  default:
    assert(db_is_null(rows, row, column));
    return NAN;
  }
}

int64_t db_time(const struct db_rows *rows, int row, int column)
{
  return db_is_null(rows, row, column) ? 0 : db_time_from_wire(db_int64(rows, row, column));
}

struct text db_text(const struct db_rows *rows, int row, int column)
{
  if (db_is_null(rows, row, column)) {
    return (struct text){NULL, 0};
  }
  return (struct text){PQgetvalue(rows->result, row, column), (size_t)PQgetlength(rows->result, row, column)};
}

struct text db_jsonb(const struct db_rows *rows, int row, int column)
{
  enum { JSONB_TYPE = 3802 };
  struct text value = db_text(rows, row, column);
  if (value.length != 0 && PQftype(rows->result, column) == JSONB_TYPE) {
    value.data++; /* jsonb's binary form is a version byte, then the text */
    value.length--;
  }
  return value;
}
