#include "ingest/alerts/alert_telling.h"

#include "server/base/clock.h"

/* What is said in one go: the entry of the timeline of each change, made when the first channel needs it. */
struct telling {
  struct alert_machine *machine;
  struct alert *alert;
  enum alert_change untold; /* what a channel of the first step hears that was not told yet */
  int32_t sequences[ALERT_CHANGE_COUNT];
};

int32_t alert_note_change(struct alert_machine *machine, struct alert *alert, enum alert_change change, struct text by,
                          struct text note)
{
  alert->sequence++;
  alert->is_changed = true;
  const struct alert_event event = {.alert = alert,
                                    .then = *alert,
                                    .change = change,
                                    .sequence = alert->sequence,
                                    .at_us = machine->now_us,
                                    .by = by,
                                    .note = note};
  row_set_add(&machine->events, &event);
  return alert->sequence;
}

static void send(struct alert_machine *machine, struct alert *alert, int32_t sequence, struct text channel,
                 int64_t not_before_us)
{
  const struct alert_message message = {alert, sequence, channel, not_before_us};
  row_set_add(&machine->messages, &message);
}

static bool channel_is_open(const struct alert_rules *rules, struct text channel)
{
  for (size_t i = 0; i < rules->channel_count; i++) {
    if (text_equal(rules->channels[i], channel)) {
      return true;
    }
  }
  return false;
}

/* ---- who knows ---- */

static struct alert_told *find_told(const struct alert *alert, struct text channel)
{
  for (size_t i = 0; i < alert->told_count; i++) {
    if (text_equal(alert->told[i].channel, channel)) {
      return &alert->told[i];
    }
  }
  return NULL;
}

static void mark_told(struct alert_machine *machine, struct alert *alert, struct text channel)
{
  struct alert_told *known = find_told(alert, channel);
  if (known != NULL) {
    known->told_at_us = machine->now_us;
    return;
  }
  struct alert_told *told = arena_alloc_array(machine->arena, alert->told_count + 1, sizeof *told);
  for (size_t i = 0; i < alert->told_count; i++) {
    told[i] = alert->told[i];
  }
  told[alert->told_count] = (struct alert_told){channel, machine->now_us};
  alert->told = told;
  alert->told_count++;
}

/* ---- when ---- */

static int64_t muted_until_us(const struct alert_machine *machine, const struct alert *alert)
{
  int64_t until_us = alert->muted_until_us;
  for (size_t i = 0; i < machine->rules->mute_count; i++) {
    const struct alert_mute *mute = &machine->rules->mutes[i];
    const bool fits =
        (mute->vehicle_id == 0 || mute->vehicle_id == alert->vehicle_id) && (mute->kind == 0 || mute->kind == (int)alert->kind);
    if (fits && mute->until_us > until_us) {
      until_us = mute->until_us;
    }
  }
  return until_us;
}

static void look_again_at(struct alert *alert, int64_t at_us)
{
  if (alert->next_due_at_us == 0 || at_us < alert->next_due_at_us) {
    alert->next_due_at_us = at_us;
  }
}

static void say(struct telling *telling, enum alert_change change, struct text channel)
{
  struct alert_machine *machine = telling->machine;
  if (telling->sequences[change] == 0) {
    telling->sequences[change] = alert_note_change(machine, telling->alert, change, TEXT(""), TEXT(""));
  }
  send(machine, telling->alert, telling->sequences[change], channel, machine->now_us);
  mark_told(machine, telling->alert, channel);
}

/* A channel of a step whose time has come. */
static void tell_channel(struct telling *telling, const struct alert_policy *policy, size_t step, struct text channel)
{
  struct alert *alert = telling->alert;
  const int64_t now_us = telling->machine->now_us;
  const int64_t repeat_us = policy->repeat_every_s * US_PER_SECOND;
  if (!channel_is_open(telling->machine->rules, channel)) {
    return;
  }
  const struct alert_told *told = find_told(alert, channel);
  if (told == NULL) {
    say(telling, step == 0 ? telling->untold : ALERT_ESCALATED, channel);
  } else if (repeat_us != 0 && told->told_at_us + repeat_us <= now_us) {
    say(telling, ALERT_REPEATED, channel);
  }
  if (repeat_us != 0) {
    look_again_at(alert, find_told(alert, channel)->told_at_us + repeat_us);
  }
}

static void tell_policy(struct telling *telling, const struct alert_policy *policy)
{
  struct alert *alert = telling->alert;
  const int64_t now_us = telling->machine->now_us;
  const int64_t may_tell_us = alert_policy_may_tell_at(policy, &telling->machine->rules->clock, alert, now_us);
  for (size_t step = 0; step < policy->step_count; step++) {
    const int64_t due_us = alert->fired_at_us + policy->steps[step].after_s * US_PER_SECOND;
    if (due_us > now_us || may_tell_us > now_us) {
      look_again_at(alert, due_us > may_tell_us ? due_us : may_tell_us);
      return;
    }
    for (size_t i = 0; i < policy->steps[step].channels.count; i++) {
      tell_channel(telling, policy, step, policy->steps[step].channels.items[i]);
    }
  }
}

static void tell_all(struct telling *telling)
{
  struct alert *alert = telling->alert;
  const struct alert_rules *rules = telling->machine->rules;
  const int64_t due_before_us = alert->next_due_at_us;
  alert->next_due_at_us = 0;
  if (alert->state == ALERT_STATE_FIRING && alert->says_beginning) {
    const int64_t muted_us = muted_until_us(telling->machine, alert);
    if (muted_us > telling->machine->now_us) {
      look_again_at(alert, muted_us);
    }
    for (size_t i = 0; i < rules->policy_count && muted_us <= telling->machine->now_us; i++) {
      if (alert_policy_applies(&rules->policies[i], alert)) {
        tell_policy(telling, &rules->policies[i]);
      }
    }
  }
  alert->is_changed |= alert->next_due_at_us != due_before_us;
}

void alert_tell_beginning(struct alert_machine *machine, struct alert *alert, enum alert_change change)
{
  struct telling telling = {.machine = machine, .alert = alert, .untold = change};
  telling.sequences[change] = alert_note_change(machine, alert, change, TEXT(""), TEXT(""));
  tell_all(&telling);
}

void alert_tell_due(struct alert_machine *machine, struct alert *alert)
{
  struct telling telling = {.machine = machine, .alert = alert, .untold = ALERT_TOLD};
  tell_all(&telling);
}

/* ---- the rest of its life ---- */

void alert_tell_acknowledged(struct alert_machine *machine, struct alert *alert, struct text by, struct text note)
{
  const struct alert_rules *rules = machine->rules;
  const int32_t sequence = alert_note_change(machine, alert, ALERT_ACKNOWLEDGED, by, note);
  for (size_t i = 0; i < alert->told_count; i++) {
    const struct text channel = alert->told[i].channel;
    bool is_wanted = false;
    for (size_t p = 0; p < rules->policy_count; p++) {
      const struct alert_policy *policy = &rules->policies[p];
      is_wanted |=
          policy->tells_acknowledged && alert_policy_applies(policy, alert) && alert_policy_names_channel(policy, channel);
    }
    if (is_wanted && channel_is_open(rules, channel)) {
      send(machine, alert, sequence, channel, machine->now_us);
    }
  }
  alert->next_due_at_us = 0;
}

/* As soon as one of the policies that name the channel lets it. */
static int64_t may_tell_channel_at(const struct alert_machine *machine, const struct alert *alert, struct text channel)
{
  const struct alert_rules *rules = machine->rules;
  int64_t earliest_us = 0;
  for (size_t i = 0; i < rules->policy_count; i++) {
    const struct alert_policy *policy = &rules->policies[i];
    if (!alert_policy_applies(policy, alert) || !alert_policy_names_channel(policy, channel)) {
      continue;
    }
    const int64_t may_tell_us = alert_policy_may_tell_at(policy, &rules->clock, alert, machine->now_us);
    if (earliest_us == 0 || may_tell_us < earliest_us) {
      earliest_us = may_tell_us;
    }
  }
  return earliest_us != 0 ? earliest_us : machine->now_us;
}

/* Where only the end is told, nobody knows of the alert: those of the first step hear of it now. */
static void find_listeners(struct alert_machine *machine, struct alert *alert)
{
  const struct alert_rules *rules = machine->rules;
  if (alert->says_beginning || muted_until_us(machine, alert) > machine->now_us) {
    return;
  }
  for (size_t p = 0; p < rules->policy_count; p++) {
    const struct alert_step *first = &rules->policies[p].steps[0];
    for (size_t i = 0; i < first->channels.count && alert_policy_applies(&rules->policies[p], alert); i++) {
      mark_told(machine, alert, first->channels.items[i]);
    }
  }
}

void alert_tell_end(struct alert_machine *machine, struct alert *alert, enum alert_change change)
{
  const int32_t sequence = alert_note_change(machine, alert, change, TEXT(""), TEXT(""));
  find_listeners(machine, alert);
  for (size_t i = 0; i < alert->told_count && alert->says_end; i++) {
    if (channel_is_open(machine->rules, alert->told[i].channel)) {
      send(machine, alert, sequence, alert->told[i].channel, may_tell_channel_at(machine, alert, alert->told[i].channel));
    }
  }
  alert->told = NULL;
  alert->told_count = 0;
  alert->next_due_at_us = 0;
}
