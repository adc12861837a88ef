/* Which rejected rows a replay is asked for. Thread: any; pure. */
#ifndef CRUMBTRAIL_INGEST_REPLAYING_REPLAY_PARAMETERS_H
#define CRUMBTRAIL_INGEST_REPLAYING_REPLAY_PARAMETERS_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/http/request.h"

struct replay_filter {
  int32_t source;      /* enum breadcrumb_source; 0: any */
  struct text vehicle; /* without data: any */
  struct text reason;  /* part of it; without data: any */
  int64_t from_us;     /* received at or after; INT64_MIN: any */
  int64_t to_us;       /* received before; INT64_MAX: any */
  int64_t after_id;    /* rows with a greater number */
  int64_t limit;
};

/* ERROR_BAD_INPUT names the parameter. The texts borrow from the request. */
struct error replay_filter_read(const struct request *request, struct replay_filter *filter) ERROR_MUST_CHECK;
/* The {id} of the path. */
struct error replay_id_read(const struct request *request, int64_t *rejected_id) ERROR_MUST_CHECK;

#endif
