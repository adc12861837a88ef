/* Representations of an answer and the choice among them: `?f=` first, then the Accept header.
 * Thread: any; pure. */
#ifndef CRUMBTRAIL_API_FORMAT_H
#define CRUMBTRAIL_API_FORMAT_H

#include "server/base/error.h"
#include "server/base/text.h"
#include "server/http/request.h"

enum format {
  FORMAT_JSON = 1,
  FORMAT_GEOJSON = 2,
  FORMAT_CSV = 4,
  FORMAT_NDJSON = 8,
  FORMAT_GPX = 16,
  FORMAT_SQL = 32,
  FORMAT_HTML = 64
};

/* `f` without data: not given. `accept` empty: anything. `offered` is a set of enum format. Of equally wanted ones the first in
 * the order of the enum wins. ERROR_NOT_ACCEPTABLE names what is offered. */
struct error format_choose(struct text f, struct text accept, unsigned offered, enum format *chosen) ERROR_MUST_CHECK;
const char *format_content_type(enum format format);
const char *format_name(enum format format); /* the word of ?f= */

/* format_choose for a request; also sets the Content-Type of its answer. */
struct error format_negotiate(struct request *request, unsigned offered, enum format *chosen) ERROR_MUST_CHECK;

#endif
