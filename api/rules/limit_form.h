/* The body that sets a speed limit, of a vehicle, the fleet or a road: {"limit_kmh": 80}, and for a road "note".
 *
 * Pure; texts borrow from the body or live in the request's arena. Thread: any. */
#ifndef CRUMBTRAIL_API_RULES_LIMIT_FORM_H
#define CRUMBTRAIL_API_RULES_LIMIT_FORM_H

#include "server/http/request.h"

enum { LIMIT_KMH_MIN = 1, LIMIT_KMH_MAX = 300, LIMIT_DECIMALS = 2, LIMIT_NOTE_MAX = 500 };

struct limit_form {
  double limit_kmh;
  struct text note; /* not empty where it is asked for */
};

/* The body must be application/json; ERROR_BAD_INPUT names the member. */
struct error limit_form_read(struct request *request, bool has_note, struct limit_form *form) ERROR_MUST_CHECK;

#endif
