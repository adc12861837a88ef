#include "ingest/analysis/machine_set.h"

#include "ingest/analysis/state.h"

void machine_set_init(struct machine_set *machines)
{
  *machines = (struct machine_set){0};
  trip_machine_init(&machines->trips);
  speeding_machine_init(&machines->speeding);
  day_machine_init(&machines->days);
  zone_machine_init(&machines->zones);
  temperature_machine_init(&machines->temperature);
}

void machine_set_free(struct machine_set *machines)
{
  trip_machine_free(&machines->trips);
  speeding_machine_free(&machines->speeding);
  day_machine_free(&machines->days);
  zone_machine_free(&machines->zones);
  machine_set_init(machines);
}

void machine_set_copy(struct machine_set *copy, const struct machine_set *from)
{
  trip_machine_copy(&copy->trips, &from->trips);
  speeding_machine_copy(&copy->speeding, &from->speeding);
  day_machine_copy(&copy->days, &from->days);
  zone_machine_copy(&copy->zones, &from->zones);
  copy->temperature = from->temperature;
  copy->temperature_rule_id = from->temperature_rule_id;
}

/* Another rule is another machine: what it knew was said by the rule before. */
static void follow_rule(struct machine_set *machines, const struct temperature_rule *rule)
{
  const int64_t rule_id = rule != NULL ? rule->rule_id : 0;
  if (machines->temperature_rule_id != rule_id) {
    temperature_machine_init(&machines->temperature);
    machines->temperature_rule_id = rule_id;
  }
}

void machine_set_sense(struct machine_set *machines, const struct machine_rules *rules, const struct fix *fix,
                       struct fold_rows *rows)
{
  follow_rule(machines, rules->temperature);
  if (rules->temperature != NULL) {
    temperature_machine_step(&machines->temperature, rules->temperature, fix, &rows->sets[FOLD_EXCURSIONS],
                             &rows->sets[FOLD_CONDITIONS]);
  }
}

void machine_set_step(struct machine_set *machines, const struct machine_rules *rules, const struct fix *fix,
                      const struct place *place, struct fold_rows *rows)
{
  trip_machine_step(&machines->trips, fix, place, &rows->sets[FOLD_TRIPS], &rows->sets[FOLD_STOPS]);
  speeding_machine_step(&machines->speeding, &rules->speeding, fix, place, &rows->sets[FOLD_EPISODES],
                        &rows->sets[FOLD_CONDITIONS]);
  day_machine_step(&machines->days, fix, place, &rows->sets[FOLD_DAYS]);
  zone_machine_step(&machines->zones, &rules->zones, fix, place, &rows->sets[FOLD_VISITS], &rows->sets[FOLD_CONDITIONS]);
}

void machine_set_show(const struct machine_set *machines, const struct machine_rules *rules, struct fold_rows *rows)
{
  trip_machine_show(&machines->trips, &rows->sets[FOLD_TRIPS], &rows->sets[FOLD_STOPS]);
  speeding_machine_show(&machines->speeding, &rows->sets[FOLD_EPISODES], &rows->sets[FOLD_CONDITIONS]);
  day_machine_show(&machines->days, &rows->sets[FOLD_DAYS]);
  zone_machine_show(&machines->zones, &rules->zones, &rows->sets[FOLD_VISITS], &rows->sets[FOLD_CONDITIONS]);
  if (rules->temperature != NULL && machines->temperature_rule_id == rules->temperature->rule_id) {
    temperature_machine_show(&machines->temperature, rules->temperature, &rows->sets[FOLD_EXCURSIONS],
                             &rows->sets[FOLD_CONDITIONS]);
  }
}

void machine_set_save(const struct machine_set *machines, struct buffer *out)
{
  trip_machine_save(&machines->trips, out);
  speeding_machine_save(&machines->speeding, out);
  day_machine_save(&machines->days, out);
  zone_machine_save(&machines->zones, out);
  state_put_int64(out, machines->temperature_rule_id);
  if (machines->temperature_rule_id != 0) {
    temperature_machine_save(&machines->temperature, out);
  }
}

bool machine_set_load(struct machine_set *machines, struct text *in)
{
  struct state_reader reader = {.rest = in};
  if (!trip_machine_load(&machines->trips, in) || !speeding_machine_load(&machines->speeding, in) ||
      !day_machine_load(&machines->days, in) || !zone_machine_load(&machines->zones, in)) {
    return false;
  }
  machines->temperature_rule_id = state_take_int64(&reader);
  return !reader.broken && (machines->temperature_rule_id == 0 || temperature_machine_load(&machines->temperature, in));
}
