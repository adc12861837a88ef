#include "server/db/copy.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <string.h>

#include "server/db/parameters.h"
#include "server/db/session.h"

enum { HEAD_BYTES = 19, ROW_HEAD_BYTES = 2, FIELD_HEAD_BYTES = 4, TRAILER_BYTES = 2, POINT_BYTES = 25 };

/* EWKB: a point with its reference system. */
static const uint32_t POINT_WITH_SRID = 0x20000001U;
static const uint32_t WGS84_SRID = 4326;

struct db_copy {
  struct arena *arena;
  char *start;
  char *at;
  char *end; /* of what is reserved, but for the trailer */
  int field_count;
};

static inline void put_int16(struct db_copy *copy, uint16_t value)
{
  const uint16_t big = htobe16(value);
  memcpy(copy->at, &big, sizeof big);
  copy->at += sizeof big;
}

static inline void put_int32(struct db_copy *copy, uint32_t value)
{
  const uint32_t big = htobe32(value);
  memcpy(copy->at, &big, sizeof big);
  copy->at += sizeof big;
}

static inline void put_int64(struct db_copy *copy, uint64_t value)
{
  const uint64_t big = htobe64(value);
  memcpy(copy->at, &big, sizeof big);
  copy->at += sizeof big;
}

static inline void put_double(struct db_copy *copy, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_int64(copy, bits);
}

static inline void begin_field(struct db_copy *copy, size_t bytes)
{
  assert((size_t)(copy->end - copy->at) >= FIELD_HEAD_BYTES + bytes);
  put_int32(copy, (uint32_t)bytes);
}

struct db_copy *db_copy_new(struct arena *arena, size_t row_count, int field_count, size_t field_bytes_max)
{
  static const char SIGNATURE[11] = "PGCOPY\n\377\r\n";
  const size_t row_bytes = ROW_HEAD_BYTES + (size_t)field_count * FIELD_HEAD_BYTES;
  const size_t bytes = HEAD_BYTES + row_count * row_bytes + field_bytes_max;
  struct db_copy *copy = arena_alloc(arena, sizeof *copy);
  copy->start = arena_alloc_bytes(arena, bytes + TRAILER_BYTES);
  copy->at = copy->start;
  copy->end = copy->start + bytes;
  copy->field_count = field_count;
  copy->arena = arena;
  memcpy(copy->at, SIGNATURE, sizeof SIGNATURE); /* with its NUL; then no flags and no extension */
  memset(copy->at + sizeof SIGNATURE, 0, HEAD_BYTES - sizeof SIGNATURE);
  copy->at += HEAD_BYTES;
  return copy;
}

void db_copy_begin_row(struct db_copy *copy)
{
  assert(copy->end - copy->at >= ROW_HEAD_BYTES);
  put_int16(copy, (uint16_t)copy->field_count);
}

void db_copy_null(struct db_copy *copy)
{
  assert(copy->end - copy->at >= FIELD_HEAD_BYTES);
  put_int32(copy, UINT32_MAX);
}

void db_copy_bool(struct db_copy *copy, bool value)
{
  begin_field(copy, 1);
  *copy->at++ = value ? 1 : 0;
}

void db_copy_int16(struct db_copy *copy, int16_t value)
{
  begin_field(copy, sizeof value);
  put_int16(copy, (uint16_t)value);
}

void db_copy_int32(struct db_copy *copy, int32_t value)
{
  begin_field(copy, sizeof value);
  put_int32(copy, (uint32_t)value);
}

void db_copy_int64(struct db_copy *copy, int64_t value)
{
  begin_field(copy, sizeof value);
  put_int64(copy, (uint64_t)value);
}

void db_copy_float4(struct db_copy *copy, float value)
{
  if (isnan(value)) {
    db_copy_null(copy);
    return;
  }
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  begin_field(copy, sizeof bits);
  put_int32(copy, bits);
}

void db_copy_time(struct db_copy *copy, int64_t time_us)
{
  db_copy_int64(copy, time_us - DB_EPOCH_US);
}

void db_copy_point(struct db_copy *copy, double longitude_deg, double latitude_deg)
{
  begin_field(copy, POINT_BYTES);
  *copy->at++ = 0; /* big endian */
  put_int32(copy, POINT_WITH_SRID);
  put_int32(copy, WGS84_SRID);
  put_double(copy, longitude_deg);
  put_double(copy, latitude_deg);
}

void db_copy_jsonb(struct db_copy *copy, struct text value)
{
  if (value.data == NULL) {
    db_copy_null(copy);
    return;
  }
  begin_field(copy, 1 + value.length);
  *copy->at++ = 1; /* the version of the format */
  memcpy(copy->at, value.data, value.length);
  copy->at += value.length;
}

/* The results of what was sent, then the NULL behind them. */
static struct error take_end(struct db_connection *connection)
{
  struct error error = error_none();
  for (;;) {
    PGresult *result = NULL;
    TRY(session_next_result(connection, &result));
    if (result == NULL) {
      return error;
    }
    if (error.code == ERROR_NONE && PQresultStatus(result) == PGRES_FATAL_ERROR) {
      error = session_statement_error(connection, result);
    }
    PQclear(result);
    if (!connection->usable) {
      return error;
    }
  }
}

/* *is_open: the server waits for rows. */
static struct error open_copy(struct db_connection *connection, const struct sql_statement *statement, const char *text,
                              bool *is_open)
{
  PGresult *result = NULL;
  if (!connection->usable || PQsendQuery(connection->session, text) != 1) {
    return session_lost(connection, PQerrorMessage(connection->session));
  }
  TRY(session_next_result(connection, &result));
  *is_open = PQresultStatus(result) == PGRES_COPY_IN;
  struct error error = error_none();
  if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
    error = session_statement_error(connection, result);
  } else if (!*is_open) {
    error = error_make(ERROR_INTERNAL, "%s is no COPY FROM STDIN", statement->name);
  }
  PQclear(result);
  return error;
}

struct error db_copy_run(struct db_connection *connection, const struct sql_statement *statement, struct db_copy *copy,
                         const struct sql_statement *then)
{
  bool is_open = false;
  /* Both travel as one query: the server goes on by itself when the rows have come. */
  const char *text = then == NULL ? statement->text : arena_printf(copy->arena, "%s;\n%s", statement->text, then->text);
  struct error error = open_copy(connection, statement, text, &is_open);
  if (is_open) {
    put_int16(copy, UINT16_MAX);
    const bool is_sent = PQputCopyData(connection->session, copy->start, (int)(copy->at - copy->start)) == 1 &&
                         PQputCopyEnd(connection->session, NULL) == 1;
    error = is_sent ? error_none() : session_lost(connection, PQerrorMessage(connection->session));
  }
  if (connection->usable) {
    const struct error end = take_end(connection);
    error = error.code == ERROR_NONE ? end : error;
  }
  if (error.code != ERROR_NONE) {
    session_end_broken_transaction(connection);
  }
  return error;
}
