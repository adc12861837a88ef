#include "server/aws/sqs.h"

#include <assert.h>
#include <stdio.h>

#include "server/aws/request.h"
#include "server/aws/uri.h"
#include "server/json/reader.h"
#include "server/json/writer.h"

static const struct json_limits LIMITS = {.depth_max = 16, .members_max = 100, .values_max = 20000};
enum { TEXT_MAX = 16 * 1024 * 1024, HANDLE_MAX = 16 * 1024 };

struct error sqs_check_queue_url(struct text queue_url)
{
  struct uri uri;
  TRY(uri_parse(queue_url, &uri));
  struct text rest = uri.target;
  struct text account;
  struct text name = {NULL, 0};
  struct text part;
  bool is_good = text_split(&rest, '/', &part) && text_split(&rest, '/', &account) && text_split(&rest, '/', &name) &&
                 account.length > 0 && name.length > 0 && rest.length == 0;
  if (!is_good || memchr(uri.target.data, '?', uri.target.length) != NULL) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not of the form https://sqs.REGION.amazonaws.com/ACCOUNT/NAME",
                      TEXT_ARGS(text_cut(queue_url, 160)));
  }
  return error_none();
}

static struct aws_request *sqs_request(const char *operation, const char *target, struct text queue_url,
                                       const struct buffer *body, struct aws_handlers handlers)
{
  struct aws_request *request = aws_request_new(AWS_SQS, operation, "POST", handlers);
  request->url = text_copy(request->arena, queue_url);
  request->subject = request->url;
  aws_request_add_header(request, "content-type", TEXT("application/x-amz-json-1.0"));
  aws_request_add_header(request, "x-amz-target", text_from(target));
  aws_request_set_body(request, buffer_text(body));
  return request;
}

static struct json_writer begin_body(struct buffer *body, struct text queue_url)
{
  struct json_writer writer = json_writer_to(body);
  json_begin_object(&writer);
  json_key(&writer, "QueueUrl");
  json_string(&writer, queue_url);
  return writer;
}

struct aws_request *sqs_receive_request(struct text queue_url, int wait_s, int visibility_s, struct aws_handlers handlers)
{
  assert(wait_s >= 0 && wait_s <= SQS_WAIT_MAX_S);
  struct buffer body = {0};
  struct json_writer writer = begin_body(&body, queue_url);
  json_key(&writer, "MaxNumberOfMessages");
  json_int64(&writer, SQS_BATCH_MAX);
  json_key(&writer, "WaitTimeSeconds");
  json_int64(&writer, wait_s);
  if (visibility_s >= 0) {
    json_key(&writer, "VisibilityTimeout");
    json_int64(&writer, visibility_s);
  }
  json_end_object(&writer);
  struct aws_request *request = sqs_request("SQS ReceiveMessage", "AmazonSQS.ReceiveMessage", queue_url, &body, handlers);
  request->more_time_ms = wait_s * INT64_C(1000);
  buffer_free(&body);
  return request;
}

/* *root is NULL when the answer is empty, which some servers send for {}. */
static struct error read_answer(const struct aws_request *request, struct arena *arena, const struct json **root)
{
  struct text body = aws_request_body(request);
  *root = NULL;
  if (text_trim(body).length == 0) {
    return error_none();
  }
  struct error error = json_parse(arena, body, LIMITS, root);
  if (error.code != ERROR_NONE || (*root)->type != JSON_OBJECT) {
    return error_make(ERROR_INTERNAL, "%s: the answer is no JSON object: %s", request->operation, error.detail);
  }
  return error_none();
}

static struct error read_text(const struct aws_request *request, const struct json *object, const char *name, size_t length_max,
                              struct text *out)
{
  const struct json *member = json_member(object, text_from(name));
  if (member == NULL) {
    return error_make(ERROR_INTERNAL, "%s: the answer has no %s", request->operation, name);
  }
  struct error error = json_read_string(member, length_max, out);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_INTERNAL, "%s: the answer's %s: %s", request->operation, error.field, error.detail);
  }
  return error_none();
}

struct error sqs_read_messages(const struct aws_request *request, struct arena *arena, struct sqs_message **messages,
                               size_t *count)
{
  const struct json *root;
  *messages = NULL;
  *count = 0;
  TRY(read_answer(request, arena, &root));
  const struct json *list = json_member(root, TEXT("Messages"));
  if (list == NULL || list->type != JSON_ARRAY) {
    return error_none();
  }
  *messages = arena_alloc_array(arena, list->count + 1, sizeof **messages);
  JSON_EACH (message, list) {
    struct sqs_message *out = &(*messages)[*count];
    TRY(read_text(request, message, "MessageId", HANDLE_MAX, &out->message_id));
    TRY(read_text(request, message, "ReceiptHandle", HANDLE_MAX, &out->receipt_handle));
    TRY(read_text(request, message, "Body", TEXT_MAX, &out->body));
    (*count)++;
  }
  return error_none();
}

struct aws_request *sqs_delete_request(struct text queue_url, const struct text *receipt_handles, size_t count,
                                       struct aws_handlers handlers)
{
  assert(count > 0 && count <= SQS_BATCH_MAX);
  struct buffer body = {0};
  struct json_writer writer = begin_body(&body, queue_url);
  json_key(&writer, "Entries");
  json_begin_array(&writer);
  for (size_t i = 0; i < count; i++) {
    char id[8];
    snprintf(id, sizeof id, "%zu", i);
    json_begin_object(&writer);
    json_key(&writer, "Id");
    json_cstring(&writer, id);
    json_key(&writer, "ReceiptHandle");
    json_string(&writer, receipt_handles[i]);
    json_end_object(&writer);
  }
  json_end_array(&writer);
  json_end_object(&writer);
  struct aws_request *request =
      sqs_request("SQS DeleteMessageBatch", "AmazonSQS.DeleteMessageBatch", queue_url, &body, handlers);
  buffer_free(&body);
  return request;
}

struct error sqs_read_failures(const struct aws_request *request, struct arena *arena, size_t asked_count,
                               struct sqs_failure **failures, size_t *count)
{
  const struct json *root;
  *failures = NULL;
  *count = 0;
  TRY(read_answer(request, arena, &root));
  const struct json *list = json_member(root, TEXT("Failed"));
  if (list == NULL || list->type != JSON_ARRAY) {
    return error_none();
  }
  *failures = arena_alloc_array(arena, list->count + 1, sizeof **failures);
  JSON_EACH (failed, list) {
    struct sqs_failure *out = &(*failures)[*count];
    struct text id = {NULL, 0};
    int64_t index;
    TRY(read_text(request, failed, "Id", HANDLE_MAX, &id));
    TRY(read_text(request, failed, "Code", HANDLE_MAX, &out->code));
    if (!text_to_int64(id, &index) || index < 0 || index >= (int64_t)asked_count) {
      return error_make(ERROR_INTERNAL, "%s: the answer names an entry %.*s that was not asked for", request->operation,
                        TEXT_ARGS(text_cut(id, 40)));
    }
    const struct json *fault = json_member(failed, TEXT("SenderFault"));
    const struct json *message = json_member(failed, TEXT("Message"));
    out->index = (size_t)index;
    out->is_temporary = fault == NULL || fault->type != JSON_BOOLEAN || !fault->boolean;
    out->message = message != NULL && message->type == JSON_STRING ? message->text : TEXT("");
    (*count)++;
  }
  return error_none();
}
