/* Whatever AWS, or whoever answers in its place, sends: the first byte says as what it is read. An answer is refused with a
 * reason, or gives texts that lie in memory that is ours. Seeds: tests/fuzz/corpus/aws_answer_fuzz. */
#include <stdint.h>
#include <stdlib.h>

#include "server/aws/answer.h"
#include "server/aws/s3.h"
#include "server/aws/sqs.h"

static const struct aws_handlers NOBODY = {0};

static size_t touched;

static void touch(struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    touched += (unsigned char)value.data[i];
  }
}

static void require(bool holds)
{
  if (!holds) {
    abort();
  }
}

static void read_page(struct arena *arena, const struct aws_request *request)
{
  struct s3_page page;
  struct error error = s3_read_page(request, arena, &page);
  require(error.code == ERROR_NONE || (error.code == ERROR_INTERNAL && error.detail[0] != '\0'));
  for (size_t i = 0; error.code == ERROR_NONE && i < page.count; i++) {
    touch(page.entries[i].key);
    touch(page.entries[i].etag);
    require(page.entries[i].size_bytes >= 0);
  }
  require(error.code != ERROR_NONE || page.is_last || page.next.length > 0);
}

static void read_messages(struct arena *arena, const struct aws_request *request)
{
  struct sqs_message *messages;
  struct sqs_failure *failures;
  size_t count;
  if (sqs_read_messages(request, arena, &messages, &count).code == ERROR_NONE) {
    for (size_t i = 0; i < count; i++) {
      touch(messages[i].body);
      touch(messages[i].receipt_handle);
    }
  }
  if (sqs_read_failures(request, arena, SQS_BATCH_MAX, &failures, &count).code == ERROR_NONE) {
    for (size_t i = 0; i < count; i++) {
      touch(failures[i].code);
      touch(failures[i].message);
      require(failures[i].index < SQS_BATCH_MAX);
    }
  }
}

static void read_refusal(struct aws_request *request)
{
  struct answer_error error;
  answer_read_error(request, &error);
  touch(error.code);
  touch(error.message);
  touch(error.request_id);
  touch(error.region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  struct arena *arena = arena_new(4096);
  struct aws_request *request = s3_list_request((struct s3_list){.bucket = TEXT("fleet")}, NOBODY);
  buffer_append(&request->answer_body, data + 1, size - 1);
  switch (data[0] % 3) {
  case 0:
    read_page(arena, request);
    break;
  case 1:
    read_messages(arena, request);
    break;
  default:
    read_refusal(request);
  }
  aws_request_free(request);
  arena_free(arena);
  return 0;
}
