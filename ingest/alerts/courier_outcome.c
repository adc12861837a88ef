#include "ingest/alerts/courier_outcome.h"

#include "server/base/arena.h"
#include "server/base/clock.h"

enum { ANSWER_SHOWN_MAX = 200, RETRY_AFTER_MAX_S = 3600, STATUS_GONE = 410 };
static const int64_t PAUSES_S[] = {5, 15, 30, 60, 120, 300, 600, 1800, 3600};

static struct text words_of(struct arena *arena, int status, struct text body)
{
  const bool is_redirect = status >= 300 && status < 400;
  const char *hint = is_redirect ? " (redirects are not followed: enter the URL that it leads to)" : "";
  const struct text shown =
      text_is_utf8(text_cut(body, ANSWER_SHOWN_MAX)) ? text_trim(text_cut(body, ANSWER_SHOWN_MAX)) : TEXT("");
  const bool has_nul = shown.length > 0 && memchr(shown.data, '\0', shown.length) != NULL;
  return text_from(arena_printf(arena, "HTTP %d%s%s%.*s", status, hint, shown.length > 0 && !has_nul ? ": " : "",
                                has_nul ? 0 : (int)shown.length, shown.length > 0 ? shown.data : ""));
}

struct courier_outcome courier_outcome_of_answer(struct arena *arena, int status, struct text body, int64_t retry_after_s)
{
  const bool is_good = status >= 200 && status < 300;
  const enum courier_verdict bad = status == STATUS_GONE ? COURIER_GONE : COURIER_AGAIN;
  return (struct courier_outcome){.verdict = is_good ? COURIER_DELIVERED : bad,
                                  .status = status,
                                  .answer = is_good ? TEXT("") : words_of(arena, status, body),
                                  .asked_for_s = retry_after_s};
}

struct courier_outcome courier_outcome_again(struct text problem, int status)
{
  return (struct courier_outcome){.verdict = COURIER_AGAIN, .status = status, .answer = problem};
}

int64_t courier_pause_us(int tries, int64_t asked_for_s, uint32_t random)
{
  enum { LAST = sizeof PAUSES_S / sizeof PAUSES_S[0] - 1, PARTS = 1024 };
  const int at = tries < 1 ? 0 : tries - 1;
  const int64_t middle_us = PAUSES_S[at < LAST ? at : LAST] * US_PER_SECOND;
  const int64_t spread_us = middle_us * 2 / 5;
  const int64_t pause_us = middle_us - spread_us / 2 + spread_us * (int64_t)(random % PARTS) / PARTS;
  const int64_t asked_us = (asked_for_s < RETRY_AFTER_MAX_S ? asked_for_s : RETRY_AFTER_MAX_S) * US_PER_SECOND;
  return pause_us > asked_us ? pause_us : asked_us;
}
