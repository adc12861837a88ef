#include "server/base/error.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/base/text.h"

/* Ends what snprintf has cut off before an incomplete UTF-8 sequence. */
static void end_whole(char *out, size_t out_bytes, int wanted)
{
  if (wanted >= (int)out_bytes) {
    out[text_drop_partial((struct text){out, out_bytes - 1}).length] = '\0';
  }
}

static struct error make(enum error_code code, const char *field, const char *format, va_list arguments)
{
  struct error error;
  error.code = code;
  error.sqlstate[0] = '\0';
  end_whole(error.field, sizeof error.field, snprintf(error.field, sizeof error.field, "%s", field));
  end_whole(error.detail, sizeof error.detail, vsnprintf(error.detail, sizeof error.detail, format, arguments));
  return error;
}

struct error error_make(enum error_code code, const char *detail_format, ...)
{
  va_list arguments;
  va_start(arguments, detail_format);
  struct error error = make(code, "", detail_format, arguments);
  va_end(arguments);
  return error;
}

struct error error_at(enum error_code code, const char *field, const char *detail_format, ...)
{
  va_list arguments;
  va_start(arguments, detail_format);
  struct error error = make(code, field, detail_format, arguments);
  va_end(arguments);
  return error;
}

const char *error_slug(enum error_code code)
{
  static const char *const slugs[ERROR_CODE_COUNT] = {
      [ERROR_NONE] = "none",
      [ERROR_BAD_INPUT] = "bad_input",
      [ERROR_UNAUTHORIZED] = "unauthorized",
      [ERROR_FORBIDDEN] = "forbidden",
      [ERROR_NOT_FOUND] = "not_found",
      [ERROR_METHOD_NOT_ALLOWED] = "method_not_allowed",
      [ERROR_NOT_ACCEPTABLE] = "not_acceptable",
      [ERROR_REQUEST_TIMEOUT] = "request_timeout",
      [ERROR_CONFLICT] = "conflict",
      [ERROR_BODY_TOO_LARGE] = "body_too_large",
      [ERROR_URI_TOO_LONG] = "uri_too_long",
      [ERROR_HEAD_TOO_LARGE] = "head_too_large",
      [ERROR_UNSUPPORTED_MEDIA_TYPE] = "unsupported_media_type",
      [ERROR_UPGRADE_REQUIRED] = "upgrade_required",
      [ERROR_INTERNAL] = "internal",
      [ERROR_BUSY] = "busy",
      [ERROR_DATABASE_AWAY] = "database_away",
      [ERROR_DATABASE_REFUSED] = "database_refused",
      [ERROR_QUERY_TIMEOUT] = "query_timeout",
      [ERROR_UPSTREAM_AWAY] = "upstream_away",
      [ERROR_CLIENT_GONE] = "client_gone",
      [ERROR_SHUTTING_DOWN] = "shutting_down",
      [ERROR_SETUP] = "setup",
  };
  if ((unsigned)code >= ERROR_CODE_COUNT) {
    return "unknown";
  }
  return slugs[code];
}

_Noreturn void error_out_of_memory(size_t bytes)
{
  fprintf(stderr, "out of memory: %zu bytes\n", bytes);
  abort();
}
