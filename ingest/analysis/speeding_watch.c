#include "ingest/analysis/speeding_watch.h"

#include "ingest/analysis/step.h"

void speeding_watch_add(struct speeding_watch *watch, const struct speeding_rules *rules, const struct speeding_member *member,
                        bool after_jump)
{
  if (!watch->is_running) {
    *watch = (struct speeding_watch){
        .is_running = true,
        .is_doubtful = after_jump,
        .began_at_us = member->at_us,
        .peak = *member,
    };
  } else if (member->excess_milli_kmh > watch->peak.excess_milli_kmh) {
    watch->peak = *member;
  }
  watch->samples++;
  watch->seen_at_us = member->at_us;
  if (watch->fires_at_us == 0 && !watch->is_doubtful && watch->samples >= rules->samples_min &&
      member->at_us - watch->began_at_us >= rules->duration_min_us &&
      watch->peak.excess_milli_kmh > step_milli_kmh(rules->tolerance_kmh)) {
    watch->fires_at_us = member->at_us;
  }
}

static void add_condition(const struct speeding_watch *watch, int64_t ended_at_us, struct row_set *conditions)
{
  const struct condition row = {
      .kind = CONDITION_SPEEDING,
      .began_at_us = watch->began_at_us,
      .fires_at_us = watch->fires_at_us,
      .ended_at_us = ended_at_us,
      .seen_at_us = ended_at_us != 0 ? ended_at_us : watch->seen_at_us,
      .value = watch->peak.speed_kmh,
      .limit_value = watch->peak.limit_kmh,
      .longitude_deg = watch->peak.longitude_deg,
      .latitude_deg = watch->peak.latitude_deg,
  };
  row_set_add(conditions, &row);
}

void speeding_watch_end(struct speeding_watch *watch, int64_t ended_at_us, struct row_set *conditions)
{
  if (watch->is_running && watch->fires_at_us != 0) {
    add_condition(watch, ended_at_us, conditions);
  }
  *watch = (struct speeding_watch){0};
}

void speeding_watch_show(const struct speeding_watch *watch, struct row_set *conditions)
{
  if (watch->is_running && watch->fires_at_us != 0) {
    add_condition(watch, 0, conditions);
  }
}

void speeding_watch_save(const struct speeding_watch *watch, struct buffer *out)
{
  state_put_int8(out, watch->is_running);
  if (!watch->is_running) {
    return;
  }
  state_put_int8(out, watch->is_doubtful);
  state_put_int64(out, watch->began_at_us);
  state_put_int64(out, watch->fires_at_us);
  state_put_int64(out, watch->seen_at_us);
  state_put_int32(out, watch->samples);
  speeding_member_save(&watch->peak, out);
}

void speeding_watch_load(struct speeding_watch *watch, struct state_reader *in)
{
  watch->is_running = state_take_int8(in) != 0;
  if (!watch->is_running) {
    return;
  }
  watch->is_doubtful = state_take_int8(in) != 0;
  watch->began_at_us = state_take_int64(in);
  watch->fires_at_us = state_take_int64(in);
  watch->seen_at_us = state_take_int64(in);
  watch->samples = state_take_int32(in);
  speeding_member_load(&watch->peak, in);
}
