#include "ingest/alerts/alert.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const STATES[] = {"none", "pending", "firing", "acknowledged", "cleared"};
static const char *const SEVERITIES[] = {"", "notice", "warning", "urgent"};
static const char *const CHANGES[ALERT_CHANGE_COUNT] = {"fired",     "reopened",     "told",     "repeated",
                                                        "escalated", "acknowledged", "assigned", "noted",
                                                        "muted",     "unmuted",      "cleared",  "withdrawn"};

struct kind {
  const char *word;
  enum alert_severity severity;
  const char *unit;
};
static const struct kind KINDS[] = {
    [CONDITION_SPEEDING] = {"speeding", ALERT_WARNING, "km/h"},
    [CONDITION_TEMPERATURE] = {"temperature", ALERT_WARNING, "°C"},
    [CONDITION_URGENT] = {"temperature_urgent", ALERT_URGENT, "°C"},
    [CONDITION_WARMING] = {"warming", ALERT_WARNING, "min"},
    [CONDITION_SILENT_SENSOR] = {"silent_sensor", ALERT_NOTICE, NULL},
    [CONDITION_SILENT_VEHICLE] = {"silent_vehicle", ALERT_NOTICE, NULL},
    [CONDITION_ZONE_INSIDE] = {"zone", ALERT_NOTICE, NULL},
    [CONDITION_ZONE_DWELL] = {"zone_dwell", ALERT_NOTICE, NULL},
};

const char *alert_state_word(enum alert_state state)
{
  return STATES[state];
}

const char *alert_severity_word(enum alert_severity severity)
{
  return SEVERITIES[severity];
}

const char *alert_change_word(enum alert_change change)
{
  return CHANGES[change];
}

const char *alert_kind_word(enum condition_kind kind)
{
  return KINDS[kind].word;
}

enum alert_severity alert_severity_of(enum condition_kind kind)
{
  return KINDS[kind].severity;
}

const char *alert_unit_of(enum condition_kind kind)
{
  return KINDS[kind].unit;
}

static size_t find_word(const char *const *words, size_t first, size_t count, struct text word)
{
  size_t at = first;
  while (at < count && !text_equal(text_from(words[at]), word)) {
    at++;
  }
  return at;
}

bool alert_state_from(struct text word, enum alert_state *state)
{
  const size_t at = find_word(STATES, ALERT_STATE_PENDING, COUNT(STATES), word);
  *state = at < COUNT(STATES) ? (enum alert_state)at : ALERT_STATE_NONE;
  return at < COUNT(STATES);
}

bool alert_severity_from(struct text word, enum alert_severity *severity)
{
  const size_t at = find_word(SEVERITIES, ALERT_NOTICE, COUNT(SEVERITIES), word);
  *severity = at < COUNT(SEVERITIES) ? (enum alert_severity)at : ALERT_NOTICE;
  return at < COUNT(SEVERITIES);
}

bool alert_kind_from(struct text word, enum condition_kind *kind)
{
  for (size_t i = CONDITION_KIND_FIRST; i <= CONDITION_KIND_LAST; i++) {
    if (text_equal(text_from(KINDS[i].word), word)) {
      *kind = (enum condition_kind)i;
      return true;
    }
  }
  return false;
}
