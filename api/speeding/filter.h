/* What is asked for of speeding: the parameters that /v1/speeding/episodes, /v1/speeding/report and /v1/speeding/pack share.
 *
 * from, to (times, or days of `tz`) or range (a name); tz; tolerance_kmh, min_duration_s, min_samples, strict; vehicle and
 * driver (names, repeatable), band and review (repeatable). Texts live as long as the request. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_FILTER_H
#define CRUMBTRAIL_API_SPEEDING_FILTER_H

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/wanted_names.h"

enum speeding_band { BAND_MINOR, BAND_MODERATE, BAND_SEVERE, BAND_EXTREME, BAND_COUNT };
enum speeding_review { REVIEW_OPEN, REVIEW_CONFIRMED, REVIEW_EXCUSED, REVIEW_DISPUTED, REVIEW_COUNT };

extern const char *const SPEEDING_BANDS[BAND_COUNT];
extern const char *const SPEEDING_REVIEWS[REVIEW_COUNT];

struct speeding_filter {
  int64_t now_us;
  struct text zone;       /* of local days */
  struct text depot_zone; /* of drive_day */
  struct time_range range;
  int64_t previous_from_us; /* the period before ends where the range begins */
  double tolerance_kmh;
  double min_duration_s;
  int32_t min_samples;
  bool is_strict;
  unsigned bands;   /* a set of 1 << enum speeding_band; never empty */
  unsigned reviews; /* the same of enum speeding_review */
  struct wanted_names vehicles;
  struct wanted_names drivers;
  double bands_kmh[BAND_COUNT - 1]; /* where each band but the last ends */
  int64_t rule_version;
};

/* Names of the parameters, to put first in a list for request_parameters_only. */
#define SPEEDING_PARAMETERS                                                                                                \
  "from", "to", "range", "tz", "tolerance_kmh", "min_duration_s", "min_samples", "strict", "vehicle*", "driver*", "band*", \
      "review*"

struct error speeding_filter_read(struct request *request, struct api *api, struct db_connection *connection,
                                  struct speeding_filter *filter) ERROR_MUST_CHECK;

/* A set of words as parameter of a statement: text[], or null when it holds all of them. */
void add_words(struct db_parameters *parameters, struct arena *arena, unsigned set, const char *const *words, size_t count);

#endif
