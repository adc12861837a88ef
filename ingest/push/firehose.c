#include "ingest/push/firehose.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ingest/push/firehose_answer.h"
#include "ingest/push/firehose_delivery.h"
#include "server/metrics.h"

/* Firehose waits three minutes for an answer. */
enum { BODY_TIMEOUT_MS = 160000 };

struct firehose {
  struct firehose_settings settings;
  struct route route;
  struct firehose_counters counters;
};

/* Firehose's is a GUID; whatever else is sent here is answered with, so it is plain text. */
static struct text header_id(const struct request *request)
{
  struct text id = request_header(request, "x-amz-firehose-request-id");
  for (size_t i = 0; i < id.length; i++) {
    if (id.data[i] < 0x20 || id.data[i] > 0x7E) {
      return TEXT("");
    }
  }
  return id.length <= MESSAGE_ID_MAX_BYTES ? id : TEXT("");
}

static struct error admit(struct request *request, void *context)
{
  const struct firehose *firehose = context;
  struct text version = request_header(request, "x-amz-firehose-protocol-version");
  if (!sender_keys_match(&firehose->settings.keys, request_header(request, "x-amz-firehose-access-key"))) {
    return error_at(ERROR_UNAUTHORIZED, "X-Amz-Firehose-Access-Key", "not the ingest key of this server");
  }
  if (version.length != 0 && !text_equal(version, TEXT("1.0"))) {
    return error_at(ERROR_BAD_INPUT, "X-Amz-Firehose-Protocol-Version", "expected 1.0");
  }
  return error_none();
}

static struct error begin(struct request *request, void *context, void **stream)
{
  struct firehose *firehose = context;
  *stream = firehose_delivery_new(&firehose->settings, request, header_id(request), firehose->counters);
  return error_none();
}

/* 413 would end it: Firehose then throws the records away, not even into its bucket for errors. */
static void write_error(struct request *request, const struct error *error)
{
  const struct firehose_delivery *delivery = request_body_stream(request);
  struct text id = delivery != NULL ? firehose_delivery_request_id(delivery) : header_id(request);
  struct error shown = *error;
  if (error->code == ERROR_BODY_TOO_LARGE) {
    response_status(request, 400);
    shown = error_make(ERROR_BAD_INPUT, "%s: raise firehose-body-max-bytes, or lower the stream's buffer size", error->detail);
  }
  firehose_answer_error(request, id, &shown);
}

static const struct body_handler BODY = {.begin = begin,
                                         .data = firehose_delivery_data,
                                         .end = firehose_delivery_end,
                                         .release = firehose_delivery_release,
                                         .timeout_ms = BODY_TIMEOUT_MS};

struct firehose *firehose_new(struct firehose_settings settings)
{
  struct firehose *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->settings = settings;
  made->route = (struct route){.method = HTTP_POST,
                               .pattern = "/ingest/firehose",
                               .role = ROLE_INGEST,
                               .summary = "Deliveries of Amazon Data Firehose",
                               .stream = &BODY,
                               .body_max_bytes = settings.body_max_bytes,
                               .admit = admit,
                               .write_error = write_error};
  if (settings.metrics != NULL) {
    made->counters.refused = metrics_counter(settings.metrics, "crumbtrail_ingest_refused_total", "path=\"firehose\"",
                                             "Deliveries answered 503: the queue was full or the database away.");
    made->counters.repeated = metrics_counter(settings.metrics, "crumbtrail_firehose_repeated_total", "",
                                              "Deliveries whose request id was taken before: answered 200 and not read.");
  }
  return made;
}

void firehose_free(struct firehose *firehose)
{
  free(firehose);
}

struct route_table firehose_routes(struct firehose *firehose)
{
  return (struct route_table){.routes = &firehose->route, .count = 1, .context = firehose};
}
