#include "ingest/objects/object_outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"

/* What may pass by itself, and what somebody has to change. */
#define HICCUP_FIRST_US (1 * US_PER_SECOND)
#define HICCUP_LAST_US (300 * US_PER_SECOND)
#define FAULT_FIRST_US (30 * US_PER_SECOND)
#define FAULT_LAST_US (3600 * US_PER_SECOND)

static int64_t doubled(int64_t first_us, int64_t last_us, int32_t tries)
{
  int64_t delay_us = first_us;
  for (int32_t i = 1; i < tries && delay_us < last_us; i++) {
    delay_us *= 2;
  }
  return delay_us < last_us ? delay_us : last_us;
}

static struct object_decision decision_of(enum object_state state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static struct object_decision decision_of(enum object_state state, const char *format, ...)
{
  struct object_decision decision = {.state = state};
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(decision.error, sizeof decision.error, format, arguments);
  va_end(arguments);
  /* It may have been cut within a character. */
  decision.error[text_drop_partial(text_from(decision.error)).length] = '\0';
  return decision;
}

static struct object_decision hiccup(const struct object_attempt *attempt, struct object_decision decision)
{
  decision.delay_us = doubled(HICCUP_FIRST_US, HICCUP_LAST_US, attempt->tries);
  return decision;
}

static struct object_decision fault(const struct object_attempt *attempt, struct object_decision decision)
{
  decision.delay_us = doubled(FAULT_FIRST_US, FAULT_LAST_US, attempt->tries);
  return decision;
}

static bool is_code(const struct aws_outcome *answer, const char *code)
{
  return strcmp(answer->code, code) == 0;
}

static struct object_decision decide_refused(const struct object_attempt *attempt)
{
  const struct aws_outcome *answer = attempt->answer;
  if (answer->status == 0) { /* by our own client, which has not asked */
    return fault(attempt, decision_of(OBJECT_FAILED, "%s", answer->error.detail));
  }
  if (is_code(answer, "NoSuchBucket")) {
    return fault(attempt, decision_of(OBJECT_FAILED, "S3 knows no such bucket: is s3-endpoint-url or the region right?"));
  }
  /* 405: the version is the mark of a deletion. */
  if (answer->status == 404 || answer->status == 405) {
    return decision_of(OBJECT_MISSING, "it was deleted before it was read (%s)",
                       answer->code[0] != '\0' ? answer->code : "not found");
  }
  if (is_code(answer, "InvalidObjectState")) {
    return fault(attempt, decision_of(OBJECT_FAILED, "it is archived: restore it (S3 Glacier), and it will be read"));
  }
  if (is_code(answer, "AccessDenied")) {
    return fault(attempt, decision_of(OBJECT_FAILED,
                                      "S3 refuses access: allow s3:GetObject (with versions s3:GetObjectVersion) on it, and "
                                      "s3:ListBucket, without which a missing object looks like this too"));
  }
  struct object_decision decision =
      decision_of(OBJECT_FAILED, "S3 answers %d %s: %s", answer->status, answer->code, answer->message);
  decision.is_trouble = answer->is_temporary;
  return answer->is_temporary ? hiccup(attempt, decision) : fault(attempt, decision);
}

static struct object_decision decide_unanswered(const struct object_attempt *attempt)
{
  const struct aws_outcome *answer = attempt->answer;
  struct object_decision decision = decision_of(OBJECT_FAILED, "%s", answer->error.detail);
  switch (answer->result) {
  case AWS_CANCELLED: /* by our own stop */
    return decision_of(OBJECT_WAITING, "%s", "");
  case AWS_UNREACHABLE:
  case AWS_TIMED_OUT:
  case AWS_NO_CREDENTIALS:
    decision.is_trouble = true;
    return hiccup(attempt, decision);
  default:
    return hiccup(attempt, decision);
  }
}

static struct object_decision decide_stored(const struct object_attempt *attempt)
{
  const struct error *stored = attempt->stored;
  switch (stored->code) {
  case ERROR_DATABASE_AWAY: /* nobody's fault that could be told here */
  case ERROR_SHUTTING_DOWN:
    return decision_of(OBJECT_WAITING, "%s", "");
  default:
    return hiccup(attempt, decision_of(OBJECT_FAILED, "its events could not be stored: %s", stored->detail));
  }
}

struct object_decision object_decide(const struct object_attempt *attempt)
{
  if (attempt->replaced_by != NULL) {
    return decision_of(OBJECT_MISSING, "it was replaced before it was read: its etag is now %.100s", attempt->replaced_by);
  }
  if (attempt->unreadable != NULL) {
    return fault(attempt, decision_of(OBJECT_FAILED, "it is %s: only JSON and gzip are read", attempt->unreadable));
  }
  if (attempt->stored != NULL && attempt->stored->code != ERROR_NONE) {
    return decide_stored(attempt);
  }
  if (attempt->answer->result == AWS_REFUSED) {
    return decide_refused(attempt);
  }
  if (attempt->answer->result != AWS_OK) {
    return decide_unanswered(attempt);
  }
  if (attempt->length_bytes >= 0 && attempt->received_bytes != attempt->length_bytes) {
    return hiccup(attempt, decision_of(OBJECT_FAILED, "the transfer broke off: %lld of %lld bytes came",
                                       (long long)attempt->received_bytes, (long long)attempt->length_bytes));
  }
  return decision_of(OBJECT_READ, "%s", "");
}

const char *object_unreadable(struct text first_bytes)
{
  static const struct {
    struct text magic;
    const char *what;
  } known[] = {
      {{"PK\003\004", 4}, "a ZIP file (choose GZIP in Firehose)"},
      {{"PAR1", 4}, "a Parquet file"},
      {{"ORC", 3}, "an ORC file"},
      {{"\xff\x06\x00\x00sNaPpY", 10}, "compressed with Snappy (choose GZIP in Firehose)"},
      {{"Obj\x01", 4}, "an Avro file"},
      {{"BZh", 3}, "compressed with bzip2"},
      {{"\x28\xb5\x2f\xfd", 4}, "compressed with Zstandard"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (text_starts_with(first_bytes, known[i].magic)) {
      return known[i].what;
    }
  }
  return NULL;
}
