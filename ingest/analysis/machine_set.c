#include "ingest/analysis/machine_set.h"

#include "ingest/analysis/state.h"

void machine_set_init(struct machine_set *machines)
{
  *machines = (struct machine_set){0};
  temperature_machine_init(&machines->temperature);
}

void machine_set_free(struct machine_set *machines)
{
  machine_set_init(machines);
}

void machine_set_copy(struct machine_set *copy, const struct machine_set *from)
{
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
  (void)machines;
  (void)rules;
  (void)fix;
  (void)place;
  (void)rows;
}

void machine_set_show(const struct machine_set *machines, const struct machine_rules *rules, struct fold_rows *rows)
{
  if (rules->temperature != NULL && machines->temperature_rule_id == rules->temperature->rule_id) {
    temperature_machine_show(&machines->temperature, rules->temperature, &rows->sets[FOLD_EXCURSIONS],
                             &rows->sets[FOLD_CONDITIONS]);
  }
}

void machine_set_save(const struct machine_set *machines, struct buffer *out)
{
  state_put_int64(out, machines->temperature_rule_id);
  if (machines->temperature_rule_id != 0) {
    temperature_machine_save(&machines->temperature, out);
  }
}

bool machine_set_load(struct machine_set *machines, struct text *in)
{
  struct state_reader reader = {.rest = in};
  machines->temperature_rule_id = state_take_int64(&reader);
  return !reader.broken && (machines->temperature_rule_id == 0 || temperature_machine_load(&machines->temperature, in));
}
