/* The one error type: a value, zero is success.
 *
 * A function that can fail returns `struct error` and must be checked; its result goes through the last parameter.
 * `detail` reaches the client when the HTTP status is below 500 and only the log otherwise (server/http/problem.h maps codes).
 * `field` names the part of the input that is wrong, as a path ("[3].current.state.reported.lat") or a parameter name.
 * Thread: any; a value has no owner. */
#ifndef CRUMBTRAIL_SERVER_BASE_ERROR_H
#define CRUMBTRAIL_SERVER_BASE_ERROR_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

enum error_code {
  ERROR_NONE = 0,
  ERROR_BAD_INPUT,              /* 400 */
  ERROR_UNAUTHORIZED,           /* 401 */
  ERROR_FORBIDDEN,              /* 403 */
  ERROR_NOT_FOUND,              /* 404 */
  ERROR_METHOD_NOT_ALLOWED,     /* 405 */
  ERROR_NOT_ACCEPTABLE,         /* 406 */
  ERROR_REQUEST_TIMEOUT,        /* 408 */
  ERROR_CONFLICT,               /* 409 */
  ERROR_BODY_TOO_LARGE,         /* 413 */
  ERROR_URI_TOO_LONG,           /* 414 */
  ERROR_HEAD_TOO_LARGE,         /* 431 */
  ERROR_UNSUPPORTED_MEDIA_TYPE, /* 415 */
  ERROR_UPGRADE_REQUIRED,       /* 426 */
  ERROR_INTERNAL,               /* 500 */
  ERROR_BUSY,                   /* 503, a bounded queue is full */
  ERROR_DATABASE_AWAY,          /* 503, no connection, or it was lost */
  ERROR_DATABASE_REFUSED,       /* 500, the statement failed: SQLSTATE in sqlstate */
  ERROR_QUERY_TIMEOUT,          /* 503, the statement ran into its time limit */
  ERROR_UPSTREAM_AWAY,          /* 503, another server that the answer depends on did not give its own */
  ERROR_CLIENT_GONE,            /* the peer closed the connection; nothing is answered */
  ERROR_SHUTTING_DOWN,          /* 503 */
  ERROR_SETUP,                  /* start-up cannot go on: settings, files, schema */
  ERROR_CODE_COUNT
};

enum { ERROR_FIELD_MAX = 120, ERROR_DETAIL_MAX = 320 };

struct error {
  enum error_code code;
  char sqlstate[6]; /* "" unless the database said so */
  char field[ERROR_FIELD_MAX];
  char detail[ERROR_DETAIL_MAX];
};

#define ERROR_MUST_CHECK __attribute__((warn_unused_result))
#define ERROR_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

/* Success. Writes only the code, so that returning it costs nothing on hot paths. */
static inline struct error error_none(void)
{
  struct error none;
  none.code = ERROR_NONE;
  none.sqlstate[0] = none.field[0] = none.detail[0] = '\0';
  return none;
}

struct error error_make(enum error_code code, const char *detail_format, ...) ERROR_PRINTF(2, 3) ERROR_MUST_CHECK;

/* The same, naming the field. */
struct error error_at(enum error_code code, const char *field, const char *detail_format, ...)
    ERROR_PRINTF(3, 4) ERROR_MUST_CHECK;

/* "bad_input", "database_away": stable words for logs, metrics and problem types. */
const char *error_slug(enum error_code code);

/* Ends the program: out of memory is no error that anybody handles, because sizes are capped before parsing. */
_Noreturn void error_out_of_memory(size_t bytes);

/* Returns from the calling function when `expression` is an error. */
#define TRY(expression)                     \
  do {                                      \
    struct error try_error_ = (expression); \
    if (try_error_.code != ERROR_NONE) {    \
      return try_error_;                    \
    }                                       \
  } while (0)

#endif
