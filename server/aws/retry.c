#include "server/aws/retry.h"

#include <stddef.h>

#include "server/base/clock.h"

struct known_code {
  const char *code;
  enum retry_action action;
};

/* Told by code because their status says something else: 400, 403. */
static const struct known_code CODES[] = {
    {"SlowDown", RETRY_SLOWER},
    {"Throttling", RETRY_SLOWER},
    {"ThrottlingException", RETRY_SLOWER},
    {"ThrottledException", RETRY_SLOWER},
    {"RequestThrottled", RETRY_SLOWER},
    {"RequestThrottledException", RETRY_SLOWER},
    {"TooManyRequestsException", RETRY_SLOWER},
    {"RequestLimitExceeded", RETRY_SLOWER},
    {"BandwidthLimitExceeded", RETRY_SLOWER},
    {"OverLimit", RETRY_SLOWER},
    {"KmsThrottled", RETRY_SLOWER},
    {"RequestTimeout", RETRY_AGAIN},
    {"RequestTimeoutException", RETRY_AGAIN},
    {"InternalError", RETRY_AGAIN},
    {"IDPCommunicationError", RETRY_AGAIN},
    {"RequestTimeTooSkewed", RETRY_CLOCK},
    {"RequestExpired", RETRY_CLOCK},
    {"RequestInTheFuture", RETRY_CLOCK},
    {"ExpiredToken", RETRY_CREDENTIALS},
    {"ExpiredTokenException", RETRY_CREDENTIALS},
    {"TokenRefreshRequired", RETRY_CREDENTIALS},
    {"InvalidAccessKeyId", RETRY_CREDENTIALS}, /* of keys that were changed in a file meanwhile */
    {"InvalidClientTokenId", RETRY_CREDENTIALS},
    {"UnrecognizedClientException", RETRY_CREDENTIALS},
    {"AuthorizationHeaderMalformed", RETRY_REGION},
    {"PermanentRedirect", RETRY_REGION},
    {"TemporaryRedirect", RETRY_REGION},
    {"Redirect", RETRY_REGION},
    {"IncorrectEndpoint", RETRY_REGION},
};

enum retry_action retry_judge(int status, struct text code, struct text message)
{
  for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
    if (text_equal(code, text_from(CODES[i].code))) {
      return CODES[i].action;
    }
  }
  /* Services of JSON have one code for every wrong signature and say in words that it is the clock. */
  if (text_starts_with(message, TEXT("Signature expired")) || text_starts_with(message, TEXT("Signature not yet current"))) {
    return RETRY_CLOCK;
  }
  if (status == 301 || status == 302 || status == 307 || status == 308) {
    return RETRY_REGION;
  }
  if (status == 429) {
    return RETRY_SLOWER;
  }
  return status >= 500 || status == 408 ? RETRY_AGAIN : RETRY_NOT;
}

bool retry_is_exhausted(enum retry_action action, int failures)
{
  return failures >= (action == RETRY_SLOWER ? RETRY_SLOWER_ATTEMPTS_MAX : RETRY_ATTEMPTS_MAX);
}

int64_t retry_delay_us(enum retry_action action, int failures, int64_t asked_for_s, uint64_t random)
{
  static const int64_t first_us = 100 * US_PER_MS;
  static const int64_t longest_us = 20 * US_PER_SECOND;
  static const int64_t granted_s = 60;
  int64_t limit_us = action == RETRY_SLOWER ? 10 * first_us : first_us;
  for (int i = 1; i < failures && limit_us < longest_us; i++) {
    limit_us *= 2;
  }
  limit_us = limit_us < longest_us ? limit_us : longest_us;
  int64_t least_us = action == RETRY_SLOWER ? limit_us / 2 : 0;
  int64_t delay_us = least_us + (int64_t)(random % (uint64_t)(limit_us - least_us + 1));
  int64_t asked_us = (asked_for_s < granted_s ? asked_for_s : granted_s) * US_PER_SECOND;
  return delay_us > asked_us ? delay_us : asked_us;
}
