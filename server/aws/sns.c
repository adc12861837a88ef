#include "server/aws/sns.h"

#include "server/aws/request.h"
#include "server/aws/uri.h"

enum { ANSWER_MAX = 64 * 1024, SUBJECT_MAX = 100, NAME_MAX_LENGTH = 256, PARTS = 6 };

static bool is_word(struct text text)
{
  for (size_t i = 0; i < text.length; i++) {
    const char byte = text.data[i];
    const bool is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                         byte == '-' || byte == '_' || byte == '.';
    if (!is_good) {
      return false;
    }
  }
  return text.length > 0 && text.length <= NAME_MAX_LENGTH;
}

/* The parts between the colons. False: they are not six words. */
static bool split_arn(struct text arn, struct text parts[PARTS])
{
  for (size_t i = 0; i < PARTS; i++) {
    if (!text_split(&arn, ':', &parts[i]) || !is_word(parts[i])) {
      return false;
    }
  }
  return arn.length == 0;
}

struct error sns_check_topic_arn(const char *field, struct text topic_arn)
{
  struct text parts[PARTS];
  const bool is_good = split_arn(topic_arn, parts) && text_equal(parts[0], TEXT("arn")) &&
                       text_starts_with(parts[1], TEXT("aws")) && text_equal(parts[2], TEXT("sns"));
  return is_good ? error_none()
                 : error_at(ERROR_BAD_INPUT, field, "expected the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME");
}

static void add_pair(struct buffer *body, const char *name, struct text value)
{
  buffer_printf(body, "%s%s=", body->length > 0 ? "&" : "", name);
  uri_encode(body, value, false);
}

static void add_subject(struct buffer *body, struct text subject)
{
  struct buffer plain = {0};
  for (size_t i = 0; i < subject.length && plain.length < SUBJECT_MAX; i++) {
    if (subject.data[i] >= ' ' && subject.data[i] <= '~') {
      buffer_append_char(&plain, subject.data[i]);
    }
  }
  if (plain.length > 0) {
    add_pair(body, "Subject", buffer_text(&plain));
  }
  buffer_free(&plain);
}

struct aws_request *sns_publish_request(const struct sns_publication *publication, struct aws_handlers handlers)
{
  struct aws_request *request = aws_request_new(AWS_SNS, "SNS Publish", "POST", handlers);
  struct buffer body = {0};
  struct text parts[PARTS] = {{0}};
  (void)split_arn(publication->topic_arn, parts);
  const char *suffix = text_starts_with(parts[3], TEXT("cn-")) ? ".cn" : "";
  request->url = text_from(arena_printf(request->arena, "https://sns.%.*s.amazonaws.com%s", TEXT_ARGS(parts[3]), suffix));
  request->subject = text_copy(request->arena, publication->topic_arn);
  request->path = TEXT("/");
  request->body_max_bytes = ANSWER_MAX;
  add_pair(&body, "Action", TEXT("Publish"));
  add_pair(&body, "Version", TEXT("2010-03-31"));
  add_pair(&body, "TopicArn", publication->topic_arn);
  add_pair(&body, "MessageStructure", TEXT("json"));
  add_pair(&body, "Message", publication->message);
  add_subject(&body, publication->subject);
  if (text_ends_with(publication->topic_arn, TEXT(".fifo"))) {
    add_pair(&body, "MessageGroupId", publication->group_id);
    add_pair(&body, "MessageDeduplicationId", publication->deduplication_id);
  }
  aws_request_add_header(request, "content-type", TEXT("application/x-www-form-urlencoded"));
  aws_request_set_body(request, buffer_text(&body));
  buffer_free(&body);
  return request;
}
