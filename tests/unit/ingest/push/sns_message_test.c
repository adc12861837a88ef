/* Messages of SNS: their fields, what of them is signed, and the five real ones of ../shared/data/sns, in which every altered
 * byte is noticed. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/push/sns_message.h"
#include "ingest/push/sns_signature.h"
#include "server/base/clock.h"

#define REAL_FOLDER "../shared/data/sns/"

/* 2026-03-06T20:10:00Z, when the real messages were young. */
static const int64_t REAL_NOW_US = INT64_C(1772827800) * 1000000;

static const char GOOD[] =
    "{\"Type\":\"Notification\",\"MessageId\":\"m-1\",\"TopicArn\":\"arn:aws:sns:us-west-2:123456789012:t\",\"Subject\":\"s\","
    "\"Message\":\"a\\nb "
    "\\u00e9\",\"Timestamp\":\"2026-03-06T20:00:26.893Z\",\"SignatureVersion\":\"1\",\"Signature\":\"AAAA\","
    "\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/S-1.pem\",\"UnsubscribeURL\":\"https://x\"}";

static struct text read_file(struct arena *arena, const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return (struct text){NULL, 0};
  }
  char *bytes = arena_alloc_bytes(arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  (void)fclose(file);
  return (struct text){bytes, length};
}

/* GOOD with one piece replaced. */
static struct error read_changed(struct arena *arena, const char *from, const char *to, struct sns_message *message)
{
  const char *at = strstr(GOOD, from);
  assert_non_null(at);
  const char *changed = arena_printf(arena, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
  return sns_message_read(arena, text_from(changed), message);
}

static void test_fields(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1 << 14);
  struct sns_message message;
  struct error error = sns_message_read(arena, text_from(GOOD), &message);
  assert_int_equal(error.code, ERROR_NONE);
  assert_int_equal(message.type, SNS_NOTIFICATION);
  assert_int_equal(message.signature_version, 1);
  assert_true(
      text_equal(sns_message_signed_text(arena, &message),
                 TEXT("Message\na\nb \xc3\xa9\nMessageId\nm-1\nSubject\ns\nTimestamp\n2026-03-06T20:00:26.893Z\nTopicArn\n"
                      "arn:aws:sns:us-west-2:123456789012:t\nType\nNotification\n")));
  error = read_changed(arena, "\"Subject\":\"s\",", "", &message);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(text_equal(sns_message_signed_text(arena, &message),
                         TEXT("Message\na\nb \xc3\xa9\nMessageId\nm-1\nTimestamp\n2026-03-06T20:00:26.893Z\nTopicArn\n"
                              "arn:aws:sns:us-west-2:123456789012:t\nType\nNotification\n")));
  error = read_changed(arena, "\"Type\":\"Notification\",",
                       "\"Type\":\"UnsubscribeConfirmation\",\"Token\":\"k\",\"SubscribeURL\":\"u\",", &message);
  assert_int_equal(error.code, ERROR_NONE);
  assert_true(text_equal(sns_message_signed_text(arena, &message),
                         TEXT("Message\na\nb \xc3\xa9\nMessageId\nm-1\nSubscribeURL\nu\nTimestamp\n2026-03-06T20:00:26.893Z\n"
                              "Token\nk\nTopicArn\narn:aws:sns:us-west-2:123456789012:t\nType\nUnsubscribeConfirmation\n")));
  arena_free(arena);
}

static void test_wrong_fields(void **state)
{
  (void)state;
  static const struct {
    const char *from;
    const char *to;
    const char *field;
  } cases[] = {
      {"\"Type\":\"Notification\",", "", "Type"},
      {"Notification", "Other", "Type"},
      {"\"m-1\"", "\"\"", "MessageId"},
      {"\"m-1\"", "5", "MessageId"},
      {"\"m-1\"", "\"m\\nTimestamp\"", "MessageId"},
      {"\"Subject\":\"s\"", "\"Subject\":\"s\\nTimestamp\\n1\"", "Subject"},
      {"\"Message\":", "\"M\":", "Message"},
      {"\"a\\nb \\u00e9\"", "null", "Message"},
      {"2026-03-06T20:00:26.893Z", "yesterday", "Timestamp"},
      {"\"SignatureVersion\":\"1\"", "\"SignatureVersion\":\"3\"", "SignatureVersion"},
      {"\"SignatureVersion\":\"1\",", "", "SignatureVersion"},
      {"\"Signature\":\"AAAA\",", "", "Signature"},
      {"\"SigningCertURL\"", "\"SigningCertUrl\"", "SigningCertURL"},
      {"\"Notification\"", "\"SubscriptionConfirmation\"", "Token"},
      {"\"Notification\"", "\"UnsubscribeConfirmation\",\"Token\":\"t\"", "SubscribeURL"},
      {"{\"Type\"", "[{\"Type\"", "$"},
      {"\"MessageId\"", "\"Type\":\"Notification\",\"MessageId\"", "$"},
  };
  struct arena *arena = arena_new(1 << 14);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sns_message message;
    struct error error = read_changed(arena, cases[i].from, cases[i].to, &message);
    if (error.code != ERROR_BAD_INPUT || strcmp(error.field, cases[i].field) != 0) {
      fail_msg("%s -> %s: %d at %s: %s", cases[i].from, cases[i].to, error.code, error.field, error.detail);
    }
  }
  struct sns_message message;
  struct error error = sns_message_read(arena, TEXT("[]"), &message);
  assert_int_equal(error.code, ERROR_BAD_INPUT);
  arena_free(arena);
}

static void test_places(void **state)
{
  (void)state;
  static const struct {
    const char *topic;
    const char *host; /* NULL: refused */
    const char *certificate_name;
  } cases[] = {
      {"arn:aws:sns:us-west-2:123456789012:t", "sns.us-west-2.amazonaws.com", "sns.amazonaws.com"},
      {"arn:aws:sns:ap-east-1:123456789012:t", "sns.ap-east-1.amazonaws.com", "sns-signing.ap-east-1.amazonaws.com"},
      {"arn:aws:sns:mx-central-1:123456789012:t", "sns.mx-central-1.amazonaws.com", "sns-signing.mx-central-1.amazonaws.com"},
      {"arn:aws-cn:sns:cn-northwest-1:123456789012:t", "sns.cn-northwest-1.amazonaws.com.cn",
       "sns-cn-northwest-1.amazonaws.com.cn"},
      {"arn:aws-us-gov:sns:us-gov-east-1:123456789012:t", "sns.us-gov-east-1.amazonaws.com", "sns-us-gov-west-1.amazonaws.com"},
      {"arn:aws:sqs:us-west-2:123456789012:t", NULL, NULL},
      {"arn:aws:sns:us-west-2::t", NULL, NULL},
      {"arn:aws:sns:us-west-2:123456789012:t:subscription", NULL, NULL},
      {"arn:aws-iso:sns:us-iso-east-1:123456789012:t", NULL, NULL},
      {"topic", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sns_place place;
    struct error error = sns_topic_place(text_from(cases[i].topic), &place);
    assert_int_equal(error.code, cases[i].host == NULL ? ERROR_BAD_INPUT : ERROR_NONE);
    if (cases[i].host != NULL) {
      assert_string_equal(place.host, cases[i].host);
      assert_string_equal(place.certificate_name, cases[i].certificate_name);
    }
  }
}

static void test_certificate_urls(void **state)
{
  (void)state;
  static const struct sns_place place = {.host = "sns.us-west-2.amazonaws.com"};
  static const struct {
    const char *url;
    enum error_code code;
  } cases[] = {
      {"https://sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem", ERROR_NONE},
      {"https://sns.us-west-2.amazonaws.com/x.pem?y=.pem", ERROR_FORBIDDEN},
      {"https://sns.us-west-2.amazonaws.com/x.crt", ERROR_FORBIDDEN},
      {"https://sns.us-west-2.amazonaws.com/%2e%2e/x.pem", ERROR_FORBIDDEN},
      {"https://sns.us-east-1.amazonaws.com/x.pem", ERROR_FORBIDDEN},
      {"http://sns.us-west-2.amazonaws.com/x.pem", ERROR_FORBIDDEN},
      {"https://bucket.s3.amazonaws.com/x.pem", ERROR_FORBIDDEN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sns_message message = {.certificate_url = text_from(cases[i].url)};
    struct error error = sns_message_check_certificate_url(&message, &place);
    assert_int_equal(error.code, cases[i].code);
    assert_string_equal(error.field, cases[i].code == ERROR_NONE ? "" : "SigningCertURL");
  }
}

static void test_ages(void **state)
{
  (void)state;
  const int64_t now_us = REAL_NOW_US;
  static const struct {
    int64_t age_s;
    enum error_code code;
  } cases[] = {{0, ERROR_NONE}, {7200, ERROR_NONE}, {7201, ERROR_FORBIDDEN}, {-900, ERROR_NONE}, {-901, ERROR_FORBIDDEN}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sns_message message = {.sent_at_us = now_us - cases[i].age_s * US_PER_SECOND};
    struct error error = sns_message_check_age(&message, now_us);
    assert_int_equal(error.code, cases[i].code);
  }
}

/* ---- the real messages ---- */

static const char *const REAL[] = {"notification-v1.json", "notification-v1-subject.json", "notification-v2.json",
                                   "subscription-confirmation-v1.json", "unsubscribe-confirmation-v2.json"};

static struct sns_certificate *real_certificate(struct arena *arena)
{
  struct text pem = read_file(arena, REAL_FOLDER "SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem");
  if (pem.data == NULL) {
    const char *ci = getenv("CI");
    assert_false(ci != NULL && strcmp(ci, "true") == 0);
    print_message("skipped: ../shared/data/sns is not here\n");
    return NULL;
  }
  struct sns_certificate *certificate = NULL;
  struct error error = sns_certificate_read(pem, &certificate);
  assert_int_equal(error.code, ERROR_NONE);
  return certificate;
}

/* Everything that a message must pass. */
static struct error judge(struct arena *arena, struct text body, const struct sns_certificate *certificate)
{
  struct sns_message message;
  struct sns_place place;
  TRY(sns_message_read(arena, body, &message));
  TRY(sns_topic_place(message.topic_arn, &place));
  TRY(sns_message_check_age(&message, REAL_NOW_US));
  TRY(sns_message_check_certificate_url(&message, &place));
  TRY(sns_certificate_check(certificate, place.certificate_name, REAL_NOW_US));
  return sns_signature_check(certificate, message.signature_version, sns_message_signed_text(arena, &message),
                             message.signature);
}

static void alter_field(struct text body, const char *name, const struct sns_certificate *certificate, const char *file)
{
  struct arena *arena = arena_new(1 << 16);
  char key[64];
  (void)snprintf(key, sizeof key, "\"%s\": \"", name);
  struct text copy = text_copy(arena, body);
  char *bytes = strstr(copy.data, key);
  if (bytes == NULL) {
    arena_free(arena);
    return;
  }
  for (char *at = bytes + strlen(key); *at != '"'; at++) {
    const char before = *at;
    for (int bit = 1; bit <= 0x20; bit <<= 5) {
      *at = (char)(before ^ bit);
      struct arena *inner = arena_new(1 << 14);
      if (judge(inner, copy, certificate).code == ERROR_NONE) {
        fail_msg("%s: byte %zd of %s altered to '%c' was not noticed", file, at - bytes, name, *at);
      }
      arena_free(inner);
    }
    *at = before;
  }
  arena_free(arena);
}

static void test_real_messages(void **state)
{
  (void)state;
  static const char *const fields[] = {"Type",      "MessageId", "TopicArn",     "Subject",   "Message",
                                       "Timestamp", "Token",     "SubscribeURL", "Signature", "SignatureVersion"};
  struct arena *arena = arena_new(1 << 16);
  struct sns_certificate *certificate = real_certificate(arena);
  for (size_t i = 0; certificate != NULL && i < sizeof REAL / sizeof REAL[0]; i++) {
    struct text body = read_file(arena, arena_printf(arena, REAL_FOLDER "%s", REAL[i]));
    struct error error = judge(arena, body, certificate);
    if (error.code != ERROR_NONE) {
      fail_msg("%s: %s %s", REAL[i], error.field, error.detail);
    }
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
      alter_field(body, fields[f], certificate, REAL[i]);
    }
  }
  sns_certificate_free(certificate);
  arena_free(arena);
}

/* A field that is added, left out or moved into another one is noticed like an altered one. */
static void test_real_messages_rearranged(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1 << 16);
  struct sns_certificate *certificate = real_certificate(arena);
  if (certificate != NULL) {
    struct text body = read_file(arena, REAL_FOLDER "notification-v1-subject.json");
    const char *subject = strstr(body.data, "\"Subject\"");
    const char *message = strstr(body.data, "\"Message\":");
    const char *without = arena_printf(arena, "%.*s%.*s", (int)(subject - body.data), body.data,
                                       (int)(body.length - (size_t)(message - body.data)), message);
    assert_int_equal(judge(arena, text_from(without), certificate).code, ERROR_FORBIDDEN);
    body = read_file(arena, REAL_FOLDER "notification-v1.json");
    const char *with = arena_printf(arena, "{\"Subject\":\"x\",%.*s", (int)body.length - 1, body.data + 1);
    assert_int_equal(judge(arena, text_from(with), certificate).code, ERROR_FORBIDDEN);
    assert_int_equal(judge(arena, text_copy(arena, body), certificate).code, ERROR_NONE);
  }
  sns_certificate_free(certificate);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_wrong_fields),
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_certificate_urls),
      cmocka_unit_test(test_ages),
      cmocka_unit_test(test_real_messages),
      cmocka_unit_test(test_real_messages_rearranged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
