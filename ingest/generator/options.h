/* Options of `simulate` and `replay`, read with their ranges from the flags that only these commands know. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_OPTIONS_H
#define CRUMBTRAIL_INGEST_GENERATOR_OPTIONS_H

#include "server/config.h"

/* Absent flags leave *out as it is. ERROR_SETUP names the flag and the range. */
struct error option_integer(const struct config_extras *extras, const char *name, int64_t minimum, int64_t maximum,
                            int64_t *out) ERROR_MUST_CHECK;
struct error option_number(const struct config_extras *extras, const char *name, double minimum, double maximum,
                           double *out) ERROR_MUST_CHECK;
/* "5" and "5%" alike; *out is the share, 0 to 1. */
struct error option_share(const struct config_extras *extras, const char *name, double *out) ERROR_MUST_CHECK;
struct error option_time(const struct config_extras *extras, const char *name, int64_t *out_us) ERROR_MUST_CHECK;
bool option_given(const struct config_extras *extras, const char *name);

/* The key that the events carry: the setting, else what a server on this data folder wrote to DATA/ingest-key, else "". */
const char *option_ingest_key(struct arena *arena, const struct config *config);

#endif
