#include "api/source.h"

static const char *const SOURCES[SOURCE_COUNT + 1] = {NULL, "iot_http", "sns", "s3", "firehose", "replay"};
static const char *const FOUND_BY[FOUND_BY_COUNT + 1] = {NULL, "sns", "sqs", "webhook", "eventbridge", "backfill", "sweep"};

const char *source_name(int64_t source)
{
  return source >= 1 && source <= SOURCE_COUNT ? SOURCES[source] : "other";
}

const char *found_by_name(int64_t found_by)
{
  return found_by >= 1 && found_by <= FOUND_BY_COUNT ? FOUND_BY[found_by] : "other";
}

static int32_t find_word(const char *const *words, int32_t count, struct text value)
{
  for (int32_t i = 1; i <= count; i++) {
    if (text_equal(value, text_from(words[i]))) {
      return i;
    }
  }
  return 0;
}

struct error parameter_source(const struct request *request, int32_t *source)
{
  struct text value;
  *source = 0;
  if (request_parameter_find(request, "source", &value)) {
    *source = find_word(SOURCES, SOURCE_COUNT, value);
    if (*source == 0) {
      return error_at(ERROR_BAD_INPUT, "source", "expected iot_http, sns, s3, firehose or replay");
    }
  }
  return error_none();
}

struct error parameter_found_by(const struct request *request, int32_t *found_by)
{
  struct text value;
  *found_by = 0;
  if (request_parameter_find(request, "found_by", &value)) {
    *found_by = find_word(FOUND_BY, FOUND_BY_COUNT, value);
    if (*found_by == 0) {
      return error_at(ERROR_BAD_INPUT, "found_by", "expected sns, sqs, webhook, eventbridge, backfill or sweep");
    }
  }
  return error_none();
}
