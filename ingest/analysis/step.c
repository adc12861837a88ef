#include "ingest/analysis/step.h"

#include <math.h>

#include "ingest/analysis/geodesic.h"

static const int64_t JITTER_MM = 10000;
static const float STANDING_KMH = 5.0F;

int64_t step_mm(const struct fix *from, const struct fix *to)
{
  const int64_t length_mm = geodesic_mm(from->longitude_deg, from->latitude_deg, to->longitude_deg, to->latitude_deg);
  const bool is_jitter = length_mm < JITTER_MM && from->speed_kmh == 0 && to->speed_kmh == 0;
  return is_jitter ? 0 : length_mm;
}

bool step_stands(const struct fix *from, const struct fix *to, int64_t length_mm)
{
  if (!isnan(to->speed_kmh)) {
    return to->speed_kmh < STANDING_KMH;
  }
  if (from == NULL) {
    return true;
  }
  /* mm / us is km/s; times 3600 km/h. */
  return (double)length_mm * 3600 < (double)STANDING_KMH * (double)(to->recorded_at_us - from->recorded_at_us);
}

int64_t step_milli_kmh(float speed_kmh)
{
  return llround((double)speed_kmh * 1000);
}

bool step_excess(const struct fix *fix, const struct place *place, int64_t *excess_milli_kmh)
{
  if (isnan(fix->speed_kmh) || isnan(place->limit_kmh)) {
    *excess_milli_kmh = 0;
    return false;
  }
  *excess_milli_kmh = step_milli_kmh(fix->speed_kmh) - step_milli_kmh(place->limit_kmh);
  return true;
}

int64_t step_share(int64_t amount, int64_t begin_us, int64_t at_us, int64_t end_us)
{
  if (end_us == begin_us) {
    return 0;
  }
  /* Half the earth in millimetres times an hour in microseconds is more than 64 bits hold. */
  return (int64_t)((__int128)amount * (at_us - begin_us) / (end_us - begin_us));
}
