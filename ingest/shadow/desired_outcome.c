#include "ingest/shadow/desired_outcome.h"

#include "server/base/clock.h"
#include "server/json/reader.h"

/* Two updates of one thing can meet; without a version of ours in them, only for a moment. */
enum { CONFLICTS_MAX = 5, PAUSE_DOUBLINGS_MAX = 6, PAUSE_MAX_S = 60 };

static bool read_version(struct arena *arena, struct text answer, int64_t *version)
{
  const struct json *root = NULL;
  struct error error = json_parse(arena, answer, JSON_LIMITS_DEFAULT, &root);
  const struct json *member = error.code == ERROR_NONE ? json_member(root, TEXT("version")) : NULL;
  return member != NULL && json_lenient_int64(member, version);
}

static struct text problem_of(struct arena *arena, const struct aws_outcome *outcome)
{
  const char *hint = "";
  if (outcome->status == 403) {
    hint = " (may the keys do iot:UpdateThingShadow? is the setting iot-service-name right, iotdata or iotdevicegateway?)";
  } else if (outcome->result == AWS_NO_CREDENTIALS) {
    hint = " (set AWS keys, and aws-region or iot-endpoint-url)";
  }
  if (outcome->code[0] != '\0' || outcome->message[0] != '\0') {
    const char *separator = outcome->code[0] != '\0' && outcome->message[0] != '\0' ? ": " : "";
    return text_from(arena_printf(arena, "%s%s%s%s", outcome->code, separator, outcome->message, hint));
  }
  return text_from(arena_printf(arena, "%s%s", outcome->error.detail, hint));
}

struct desired_outcome desired_outcome_of(struct arena *arena, const struct aws_outcome *outcome, struct text answer, int tries)
{
  struct desired_outcome result = {.verdict = DESIRED_AGAIN, .status = outcome->status};
  if (outcome->result == AWS_OK) {
    if (read_version(arena, answer, &result.version)) {
      result.verdict = DESIRED_SENT;
    } else {
      result.problem = TEXT("the answer of AWS says no version");
    }
    return result;
  }
  bool is_refused = outcome->result == AWS_REFUSED && !outcome->is_temporary;
  bool is_conflict = outcome->status == 409 && tries < CONFLICTS_MAX;
  result.verdict = is_refused && !is_conflict ? DESIRED_REFUSED : DESIRED_AGAIN;
  result.problem = problem_of(arena, outcome);
  return result;
}

int64_t desired_pause_us(int tries, unsigned int random)
{
  int doublings = tries < PAUSE_DOUBLINGS_MAX ? tries : PAUSE_DOUBLINGS_MAX;
  int64_t longest_us = (INT64_C(1) << doublings) * US_PER_SECOND;
  longest_us = longest_us < PAUSE_MAX_S * US_PER_SECOND ? longest_us : PAUSE_MAX_S * US_PER_SECOND;
  return longest_us / 2 + (int64_t)(random % 1024) * (longest_us / 2) / 1024;
}
