#include "ingest/push/sns_message.h"

#include <stdio.h>

#include "server/base/clock.h"
#include "server/json/reader.h"

enum { FIELD_MAX_BYTES = 4096, SUBJECT_MAX_BYTES = 1024 };

/* ---- fields ---- */

static struct error read_optional(const struct json *message, const char *name, size_t length_max, struct text *out)
{
  const struct json *value = json_member(message, text_from(name));
  *out = (struct text){NULL, 0};
  if (value == NULL || value->type == JSON_NULL) {
    return error_none();
  }
  TRY(json_read_string(value, length_max, out));
  if (out->length != 0 && memchr(out->data, '\n', out->length) != NULL) {
    return json_error(value, "expected one line");
  }
  return error_none();
}

static struct error read_line(const struct json *message, const char *name, struct text *out)
{
  TRY(read_optional(message, name, FIELD_MAX_BYTES, out));
  return out->length != 0 ? error_none() : error_at(ERROR_BAD_INPUT, name, "is missing or empty");
}

static struct error read_type(struct sns_message *message)
{
  static const char *const names[] = {"Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (text_equal(message->type_name, text_from(names[i]))) {
      message->type = (enum sns_type)i;
      return error_none();
    }
  }
  return error_at(ERROR_BAD_INPUT, "Type", "expected Notification, SubscriptionConfirmation or UnsubscribeConfirmation");
}

static struct error read_version(struct sns_message *message, struct text version)
{
  message->signature_version = text_equal(version, TEXT("1")) ? 1 : text_equal(version, TEXT("2")) ? 2 : 0;
  return message->signature_version != 0 ? error_none() : error_at(ERROR_BAD_INPUT, "SignatureVersion", "expected 1 or 2");
}

static struct error read_content(const struct json *json, struct sns_message *message)
{
  const struct json *content = json_member(json, TEXT("Message"));
  if (content == NULL) {
    return error_at(ERROR_BAD_INPUT, "Message", "is missing or empty");
  }
  TRY(json_read_string(content, SIZE_MAX, &message->message));
  TRY(read_optional(json, "Subject", SUBJECT_MAX_BYTES, &message->subject));
  if (message->type == SNS_NOTIFICATION) {
    return error_none();
  }
  TRY(read_line(json, "Token", &message->token));
  return read_line(json, "SubscribeURL", &message->subscribe_url);
}

static struct error read_signature(const struct json *json, struct sns_message *message)
{
  struct text version = TEXT("");
  TRY(read_line(json, "SignatureVersion", &version));
  TRY(read_version(message, version));
  TRY(read_line(json, "Signature", &message->signature));
  return read_line(json, "SigningCertURL", &message->certificate_url);
}

static struct error read_fields(const struct json *json, struct sns_message *message)
{
  TRY(read_line(json, "Type", &message->type_name));
  TRY(read_type(message));
  TRY(read_line(json, "MessageId", &message->message_id));
  TRY(read_line(json, "TopicArn", &message->topic_arn));
  TRY(read_content(json, message));
  TRY(read_line(json, "Timestamp", &message->timestamp));
  if (!clock_parse(message->timestamp, &message->sent_at_us)) {
    return error_at(ERROR_BAD_INPUT, "Timestamp", "expected a time such as 2026-11-22T20:51:07.123Z");
  }
  return read_signature(json, message);
}

struct error sns_message_read(struct arena *arena, struct text body, struct sns_message *message)
{
  const struct json *json = NULL;
  *message = (struct sns_message){0};
  struct error error = json_parse(arena, body, JSON_LIMITS_DEFAULT, &json);
  if (error.code != ERROR_NONE) {
    return error_at(ERROR_BAD_INPUT, "$", "%s", error.detail);
  }
  if (json->type != JSON_OBJECT) {
    return error_at(ERROR_BAD_INPUT, "$", "expected a message of SNS, which is a JSON object");
  }
  return read_fields(json, message);
}

/* ---- what is signed ---- */

static void append_pair(struct buffer *out, struct text name, struct text value)
{
  buffer_append_text(out, name);
  buffer_append_char(out, '\n');
  buffer_append_text(out, value);
  buffer_append_char(out, '\n');
}

struct text sns_message_signed_text(struct arena *arena, const struct sns_message *message)
{
  struct buffer out = {0};
  bool is_confirmation = message->type != SNS_NOTIFICATION;
  append_pair(&out, TEXT("Message"), message->message);
  append_pair(&out, TEXT("MessageId"), message->message_id);
  if (!is_confirmation && message->subject.data != NULL) {
    append_pair(&out, TEXT("Subject"), message->subject);
  }
  if (is_confirmation) {
    append_pair(&out, TEXT("SubscribeURL"), message->subscribe_url);
  }
  append_pair(&out, TEXT("Timestamp"), message->timestamp);
  if (is_confirmation) {
    append_pair(&out, TEXT("Token"), message->token);
  }
  append_pair(&out, TEXT("TopicArn"), message->topic_arn);
  append_pair(&out, TEXT("Type"), message->type_name);
  struct text text = text_copy(arena, buffer_text(&out));
  buffer_free(&out);
  return text;
}

/* ---- checks ---- */

struct error sns_message_check_age(const struct sns_message *message, int64_t now_us)
{
  if (message->sent_at_us < now_us - SNS_AGE_MAX_US) {
    return error_at(ERROR_FORBIDDEN, "Timestamp", "older than two hours: refused as a repetition");
  }
  if (message->sent_at_us > now_us + SNS_AHEAD_MAX_US) {
    return error_at(ERROR_FORBIDDEN, "Timestamp", "more than 15 minutes ahead of this server's clock");
  }
  return error_none();
}

/* Regions that were added later sign with a certificate of their own name. */
static bool has_own_certificate(struct text region)
{
  static const char *const regions[] = {
      "ap-east-1",      "ap-east-2",      "ap-south-2",   "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
      "ap-southeast-6", "ap-southeast-7", "me-south-1",   "me-central-1",   "eu-south-1",     "eu-south-2",
      "eu-central-2",   "af-south-1",     "il-central-1", "ca-west-1",      "mx-central-1"};
  for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
    if (text_equal(region, text_from(regions[i]))) {
      return true;
    }
  }
  return false;
}

static void name_certificate(const struct aws_arn *topic, char name[AWS_HOST_MAX])
{
  if (text_equal(topic->partition, TEXT("aws-cn"))) {
    (void)snprintf(name, AWS_HOST_MAX, "sns-%.*s.amazonaws.com.cn", TEXT_ARGS(topic->region));
  } else if (text_equal(topic->partition, TEXT("aws-us-gov"))) {
    (void)snprintf(name, AWS_HOST_MAX, "sns-us-gov-west-1.amazonaws.com"); /* of both regions there */
  } else if (has_own_certificate(topic->region)) {
    (void)snprintf(name, AWS_HOST_MAX, "sns-signing.%.*s.amazonaws.com", TEXT_ARGS(topic->region));
  } else {
    (void)snprintf(name, AWS_HOST_MAX, "sns.amazonaws.com");
  }
}

struct error sns_topic_place(struct text topic_arn, struct sns_place *place)
{
  struct aws_arn topic;
  bool is_topic = aws_arn_parse(topic_arn, &topic) && text_equal(topic.service, TEXT("sns")) && topic.account.length != 0 &&
                  memchr(topic.resource.data, ':', topic.resource.length) == NULL;
  if (!is_topic) {
    return error_at(ERROR_BAD_INPUT, "TopicArn", "expected arn:aws:sns:REGION:ACCOUNT:TOPIC");
  }
  if (!aws_regional_host("sns", &topic, place->host)) {
    return error_at(ERROR_BAD_INPUT, "TopicArn", "expected a region of the partitions aws, aws-cn or aws-us-gov");
  }
  name_certificate(&topic, place->certificate_name);
  return error_none();
}

struct error sns_message_check_certificate_url(const struct sns_message *message, const struct sns_place *place)
{
  struct text path = TEXT("");
  TRY(aws_link_check("SigningCertURL", message->certificate_url, place->host, &path));
  bool is_plain = memchr(path.data, '?', path.length) == NULL && memchr(path.data, '%', path.length) == NULL;
  if (!is_plain || !text_ends_with(path, TEXT(".pem"))) {
    return error_at(ERROR_FORBIDDEN, "SigningCertURL", "expected a path that ends with .pem");
  }
  return error_none();
}
