#include "server/aws/answer.h"

#include <curl/curl.h>

#include "server/aws/uri.h"
#include "server/aws/xml.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

struct xml_error {
  struct arena *arena;
  struct answer_error *error;
};

static void on_error_value(void *context, struct text path, struct text value)
{
  struct xml_error *reader = context;
  struct answer_error *error = reader->error;
  /* S3 begins with Error, STS with ErrorResponse/Error. */
  const struct text outer = TEXT("ErrorResponse/");
  struct text name = path;
  if (text_starts_with(name, outer)) {
    name = (struct text){name.data + outer.length, name.length - outer.length};
  }
  struct {
    struct text path;
    struct text *member;
  } members[] = {
      {TEXT("Error/Code"), &error->code},
      {TEXT("Error/Message"), &error->message},
      {TEXT("Error/RequestId"), &error->request_id},
      {TEXT("RequestId"), &error->request_id},
      {TEXT("Error/Region"), &error->region},
  };
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal(name, members[i].path)) {
      *members[i].member = text_copy(reader->arena, value);
    }
  }
}

/* "com.amazonaws.sqs#QueueDoesNotExist" and "Name:http://..." are about the name alone. */
static struct text bare_code(struct text code)
{
  const char *hash = memchr(code.data, '#', code.length);
  if (hash != NULL) {
    size_t before = (size_t)(hash + 1 - code.data);
    code = (struct text){hash + 1, code.length - before};
  }
  const char *colon = memchr(code.data, ':', code.length);
  return colon != NULL ? (struct text){code.data, (size_t)(colon - code.data)} : code;
}

static void read_json(const struct aws_request *request, struct answer_error *error)
{
  const struct json *root = NULL;
  struct error problem = json_parse(request->answer_arena, aws_request_body(request), JSON_LIMITS_DEFAULT, &root);
  if (problem.code != ERROR_NONE) {
    return;
  }
  struct {
    const char *name;
    struct text *member;
  } members[] = {{"__type", &error->code}, {"message", &error->message}, {"Message", &error->message}};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const struct json *value = json_member(root, text_from(members[i].name));
    if (value != NULL && value->type == JSON_STRING) {
      *members[i].member = value->text;
    }
  }
}

static struct text header(const struct aws_request *request, const char *name)
{
  struct text value = {"", 0};
  (void)aws_request_header(request, name, &value);
  return value;
}

static void read_headers(const struct aws_request *request, struct answer_error *error)
{
  struct text type = header(request, "x-amzn-errortype");
  if (error->code.length == 0 && type.length > 0) {
    error->code = type;
  }
  error->code = bare_code(error->code);
  struct text region = header(request, "x-amz-bucket-region");
  if (region.length > 0) {
    error->region = region;
  }
  if (error->request_id.length == 0) {
    error->request_id = header(request, "x-amz-request-id");
  }
  if (error->request_id.length == 0) {
    error->request_id = header(request, "x-amzn-requestid");
  }
  struct uri uri;
  struct text location = header(request, "location");
  if (location.length > 0 && uri_parse(location, &uri).code == ERROR_NONE) {
    error->authority = uri.authority;
  }
}

void answer_read_error(const struct aws_request *request, struct answer_error *error)
{
  *error = (struct answer_error){TEXT(""), TEXT(""), TEXT(""), TEXT(""), TEXT("")};
  struct text body = text_trim(aws_request_body(request));
  if (text_starts_with(body, TEXT("<"))) {
    struct xml_error context = {request->answer_arena, error};
    struct error problem = xml_read(body, (struct xml_reader){&context, on_error_value, NULL});
    (void)problem; /* a page of a proxy: what was understood of it is there */
  } else if (text_starts_with(body, TEXT("{"))) {
    read_json(request, error);
  }
  read_headers(request, error);
}

bool answer_read_date(const struct aws_request *request, int64_t *time_us)
{
  struct text date = header(request, "date");
  time_t seconds = date.length > 0 ? curl_getdate(text_to_cstring(request->answer_arena, date), NULL) : -1;
  *time_us = (int64_t)seconds * US_PER_SECOND;
  return seconds > 0;
}

int64_t answer_retry_after_s(const struct aws_request *request)
{
  int64_t seconds = 0;
  return text_to_int64(header(request, "retry-after"), &seconds) && seconds > 0 ? seconds : 0;
}
