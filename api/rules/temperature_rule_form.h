/* The body of PUT /v1/rules/temperature/{name}, checked (definitions.md, "Temperature").
 *
 * Pure; texts live in the arena or borrow from the body. Thread: any. */
#ifndef CRUMBTRAIL_API_RULES_TEMPERATURE_RULE_FORM_H
#define CRUMBTRAIL_API_RULES_TEMPERATURE_RULE_FORM_H

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

enum { RULE_NAME_MAX = 100, PAUSE_MAX_S = 1800, PAUSE_FIELD_MAX = 128 };

struct temperature_rule_form {
  struct text vehicle; /* without data: none, here and below. With none of the three the rule is for all */
  struct text kind;
  struct text fleet;
  double lowest_c; /* NaN: none; not both */
  double highest_c;
  double urgent_lowest_c; /* NaN: none */
  double urgent_highest_c;
  double hysteresis_c;
  int32_t for_s;
  int32_t clear_for_s;
  int32_t pause_max_s;
  int32_t warming_s; /* 0: no warning */
  int32_t silent_s;
  struct text pause_field;
};

/* 1 to RULE_NAME_MAX bytes of text without control characters, no blank at either end. */
struct error parse_rule_name(const char *name, struct text value) ERROR_MUST_CHECK;

/* ERROR_BAD_INPUT names the member. */
struct error temperature_rule_form_read(struct arena *arena, struct text body,
                                        struct temperature_rule_form *form) ERROR_MUST_CHECK;

#endif
