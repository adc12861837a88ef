#include "server/http/problem.h"

#include <assert.h>
#include <stdio.h>

#include "server/json/writer.h"

static const struct problem_kind KINDS[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = {200, "OK", LOG_LEVEL_DEBUG},
    [ERROR_BAD_INPUT] = {400, "Bad request", LOG_LEVEL_DEBUG},
    [ERROR_UNAUTHORIZED] = {401, "Credentials needed", LOG_LEVEL_DEBUG},
    [ERROR_FORBIDDEN] = {403, "Not allowed", LOG_LEVEL_DEBUG},
    [ERROR_NOT_FOUND] = {404, "Not found", LOG_LEVEL_DEBUG},
    [ERROR_METHOD_NOT_ALLOWED] = {405, "Method not allowed", LOG_LEVEL_DEBUG},
    [ERROR_NOT_ACCEPTABLE] = {406, "No such format", LOG_LEVEL_DEBUG},
    [ERROR_REQUEST_TIMEOUT] = {408, "The request took too long to arrive", LOG_LEVEL_DEBUG},
    [ERROR_CONFLICT] = {409, "Conflict", LOG_LEVEL_DEBUG},
    [ERROR_BODY_TOO_LARGE] = {413, "The body is too large", LOG_LEVEL_DEBUG},
    [ERROR_URI_TOO_LONG] = {414, "The address is too long", LOG_LEVEL_DEBUG},
    [ERROR_HEAD_TOO_LARGE] = {431, "The request's head is too large", LOG_LEVEL_DEBUG},
    [ERROR_UNSUPPORTED_MEDIA_TYPE] = {415, "Unsupported media type or encoding", LOG_LEVEL_DEBUG},
    [ERROR_UPGRADE_REQUIRED] = {426, "WebSocket needed", LOG_LEVEL_DEBUG},
    [ERROR_INTERNAL] = {500, "Internal error", LOG_LEVEL_ERROR},
    [ERROR_BUSY] = {503, "Too busy, try again", LOG_LEVEL_WARNING},
    [ERROR_DATABASE_AWAY] = {503, "The database is away, try again", LOG_LEVEL_WARNING},
    [ERROR_DATABASE_REFUSED] = {500, "The database refused the statement", LOG_LEVEL_ERROR},
    [ERROR_QUERY_TIMEOUT] = {503, "The query took too long", LOG_LEVEL_WARNING},
    [ERROR_UPSTREAM_AWAY] = {503, "Another server is away, try again", LOG_LEVEL_WARNING},
    [ERROR_CLIENT_GONE] = {499, "The client went away", LOG_LEVEL_DEBUG},
    [ERROR_SHUTTING_DOWN] = {503, "The server is stopping, try again", LOG_LEVEL_INFO},
    [ERROR_SETUP] = {500, "The server is not set up", LOG_LEVEL_ERROR},
};

struct problem_kind problem_kind(enum error_code code)
{
  assert((int)code >= 0 && code < ERROR_CODE_COUNT);
  struct problem_kind kind = KINDS[code];
  return kind.status != 0 ? kind : KINDS[ERROR_INTERNAL];
}

void problem_write(struct buffer *out, const struct error *error, struct text instance, struct text request_id)
{
  struct problem_kind kind = problem_kind(error->code);
  char type[64];
  snprintf(type, sizeof type, "urn:crumbtrail:problem:%s", error_slug(error->code));

  struct json_writer json = json_writer_to(out);
  json_begin_object(&json);
  json_key(&json, "type");
  json_cstring(&json, type);
  json_key(&json, "title");
  json_cstring(&json, kind.title);
  json_key(&json, "status");
  json_int64(&json, kind.status);
  if (kind.status < 500 && error->detail[0] != '\0') {
    json_key(&json, "detail");
    json_cstring(&json, error->detail);
  }
  json_key(&json, "instance");
  json_string(&json, instance);
  if (kind.status < 500 && error->field[0] != '\0') {
    json_key(&json, "errors");
    json_begin_array(&json);
    json_begin_object(&json);
    json_key(&json, "name");
    json_cstring(&json, error->field);
    json_key(&json, "reason");
    json_cstring(&json, error->detail);
    json_end_object(&json);
    json_end_array(&json);
  }
  json_key(&json, "request_id");
  json_string(&json, request_id);
  json_end_object(&json);
}
