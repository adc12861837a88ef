#include "ingest/replaying/replay_parameters.h"

#include "ingest/events/breadcrumb.h"
#include "server/base/clock.h"

enum { LIMIT_DEFAULT = 1000, LIMIT_MAX = 10000, TEXT_MAX = 200 };

static struct error read_number(const struct request *request, const char *name, int64_t minimum, int64_t maximum, int64_t *out)
{
  struct text value;
  if (request_parameter_find(request, name, &value) && (!text_to_int64(value, out) || *out < minimum || *out > maximum)) {
    return error_at(ERROR_BAD_INPUT, name, "expected a whole number from %lld to %lld", (long long)minimum, (long long)maximum);
  }
  return error_none();
}

static struct error read_text(const struct request *request, const char *name, struct text *out)
{
  if (request_parameter_find(request, name, out) && (out->length == 0 || out->length > TEXT_MAX)) {
    return error_at(ERROR_BAD_INPUT, name, "expected 1 to %d bytes of text", TEXT_MAX);
  }
  return error_none();
}

static struct error read_time(const struct request *request, const char *name, int64_t *time_us)
{
  struct text value;
  if (request_parameter_find(request, name, &value) && !clock_parse(value, time_us)) {
    return error_at(ERROR_BAD_INPUT, name, "expected a time like 2026-11-22T20:51:07Z");
  }
  return error_none();
}

static struct error read_source(const struct request *request, int32_t *source)
{
  static const char *const names[] = {[SOURCE_IOT_HTTP] = "iot_http",
                                      [SOURCE_SNS] = "sns",
                                      [SOURCE_S3] = "s3",
                                      [SOURCE_FIREHOSE] = "firehose",
                                      [SOURCE_REPLAY] = "replay"};
  struct text value;
  if (!request_parameter_find(request, "source", &value)) {
    return error_none();
  }
  for (int32_t candidate = SOURCE_IOT_HTTP; candidate <= SOURCE_REPLAY; candidate++) {
    if (text_equal(value, text_from(names[candidate]))) {
      *source = candidate;
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "source", "expected iot_http, sns, s3, firehose or replay");
}

struct error replay_filter_read(const struct request *request, struct replay_filter *filter)
{
  static const char *const KNOWN[] = {"source", "vehicle", "reason", "from", "to", "after", "limit", NULL};
  *filter = (struct replay_filter){.from_us = INT64_MIN, .to_us = INT64_MAX, .limit = LIMIT_DEFAULT};
  TRY(request_parameters_only(request, KNOWN));
  TRY(read_source(request, &filter->source));
  TRY(read_text(request, "vehicle", &filter->vehicle));
  TRY(read_text(request, "reason", &filter->reason));
  TRY(read_time(request, "from", &filter->from_us));
  TRY(read_time(request, "to", &filter->to_us));
  TRY(read_number(request, "after", 0, INT64_MAX, &filter->after_id));
  return read_number(request, "limit", 1, LIMIT_MAX, &filter->limit);
}

struct error replay_id_read(const struct request *request, int64_t *rejected_id)
{
  static const char *const KNOWN[] = {NULL};
  TRY(request_parameters_only(request, KNOWN));
  if (!text_to_int64(request_path_parameter(request, "id"), rejected_id) || *rejected_id < 1) {
    return error_at(ERROR_BAD_INPUT, "id", "expected the number of a rejected event");
  }
  return error_none();
}
