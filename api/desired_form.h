/* The body of PUT /v1/vehicles/{name}/desired, checked as AWS IoT checks a state, so that what is taken here is not refused
 * there.
 *
 * Pure; texts live in the arena or borrow from the body. Thread: any. */
#ifndef CRUMBTRAIL_API_DESIRED_FORM_H
#define CRUMBTRAIL_API_DESIRED_FORM_H

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { DESIRED_BYTES_MAX = 8192, DESIRED_DEPTH_MAX = 6, SHADOW_NAME_MAX = 64, REQUESTED_BY_MAX = 200 };
enum { EXPIRES_AFTER_MIN_S = 10, EXPIRES_AFTER_MAX_S = 30 * 86400 };

struct desired_form {
  struct text shadow; /* empty: the classic one */
  struct text desired;
  struct text awaited; /* [{"path":["a","b"],"value":1}, {"path":["c"]}]: what to look for afterwards; see 0006_shadow.sql */
  struct text requested_by; /* data == NULL: not said */
  int64_t expires_after_s;
};

/* 1-64 of [$A-Za-z0-9:_-] */
struct error parse_shadow_name(const char *name, struct text value) ERROR_MUST_CHECK;

/* ERROR_BAD_INPUT names the member. */
struct error desired_form_read(struct arena *arena, struct text body, int64_t expires_after_default_s,
                               struct desired_form *form) ERROR_MUST_CHECK;

#endif
