/* Ways in (breadcrumb.source) and how an object of S3 was found (ingest_object.found_by), as words. Thread: any; pure. */
#ifndef CRUMBTRAIL_API_SOURCE_H
#define CRUMBTRAIL_API_SOURCE_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/http/request.h"

enum { SOURCE_COUNT = 5, FOUND_BY_COUNT = 6 }; /* numbered from 1 */

const char *source_name(int64_t source);     /* "iot_http"; "other" for a number that has no word */
const char *found_by_name(int64_t found_by); /* "sns" */

/* The parameters `source` and `found_by`; 0 when absent. */
struct error parameter_source(const struct request *request, int32_t *source) ERROR_MUST_CHECK;
struct error parameter_found_by(const struct request *request, int32_t *found_by) ERROR_MUST_CHECK;

#endif
