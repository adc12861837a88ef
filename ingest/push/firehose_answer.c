#include "ingest/push/firehose_answer.h"

#include "server/base/clock.h"
#include "server/http/problem.h"
#include "server/json/writer.h"

void firehose_answer(struct request *request, struct text request_id, const char *error_message)
{
  struct buffer body = {0};
  struct json_writer writer = json_writer_to(&body);
  json_begin_object(&writer);
  json_key(&writer, "requestId");
  json_string(&writer, request_id);
  json_key(&writer, "timestamp");
  json_int64(&writer, clock_now_us() / US_PER_MS);
  if (error_message != NULL) {
    json_key(&writer, "errorMessage");
    json_cstring(&writer, error_message);
  }
  json_end_object(&writer);
  response_content_type(request, "application/json");
  response_body_borrowed(request, text_copy(request_arena(request), buffer_text(&body)));
  buffer_free(&body);
}

void firehose_answer_error(struct request *request, struct text request_id, const struct error *error)
{
  struct problem_kind kind = problem_kind(error->code);
  const char *message = kind.title;
  if (kind.status < 500 && error->detail[0] != '\0') {
    const char *colon = error->field[0] != '\0' ? ": " : "";
    message = arena_printf(request_arena(request), "%s%s%s", error->field, colon, error->detail);
  }
  firehose_answer(request, request_id, message);
}
