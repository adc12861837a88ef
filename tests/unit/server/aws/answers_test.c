/* What AWS answers, as server/aws/{answer,s3,sqs}.c read it. */
#include "tests/unit/cmocka_all.h"

#include "server/aws/answer.h"
#include "server/aws/s3.h"
#include "server/aws/sqs.h"
#include "server/base/clock.h"

static const struct aws_handlers NOBODY = {0};

static struct aws_request *answered(struct aws_request *request, int status, const char *body)
{
  request->status = status;
  buffer_append_text(&request->answer_body, text_from(body));
  return request;
}

static void add_header(struct aws_request *request, const char *name, const char *value)
{
  request->answer_headers[request->answer_header_count++] = (struct signer_pair){text_from(name), text_from(value)};
}

static struct aws_request *list_request(void)
{
  return s3_list_request((struct s3_list){.bucket = TEXT("fleet")}, NOBODY);
}

static void check_text(struct text found, const char *expected)
{
  if (!text_equal(found, text_from(expected))) {
    fail_msg("\"%.*s\" instead of \"%s\"", TEXT_ARGS(found), expected);
  }
}

static void test_s3_error(void **state)
{
  (void)state;
  struct aws_request *request = answered(
      list_request(), 400,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region "
      "'us-east-1' is wrong</Message><Region>eu-west-1</Region><RequestId>R1</RequestId><HostId>H</HostId></Error>");
  struct answer_error error;
  answer_read_error(request, &error);
  check_text(error.code, "AuthorizationHeaderMalformed");
  check_text(error.message, "the region 'us-east-1' is wrong");
  check_text(error.region, "eu-west-1");
  check_text(error.request_id, "R1");
  aws_request_free(request);
}

static void test_sts_error(void **state)
{
  (void)state;
  struct aws_request *request =
      answered(list_request(), 400,
               "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>ExpiredToken"
               "</Code><Message>m</Message></Error><RequestId>R2</RequestId></ErrorResponse>");
  struct answer_error error;
  answer_read_error(request, &error);
  check_text(error.code, "ExpiredToken");
  check_text(error.request_id, "R2");
  aws_request_free(request);
}

static void test_json_errors(void **state)
{
  (void)state;
  struct answer_error error;
  struct aws_request *request =
      answered(list_request(), 400, "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"no such queue\"}");
  add_header(request, "x-amzn-requestid", "R3");
  answer_read_error(request, &error);
  check_text(error.code, "QueueDoesNotExist");
  check_text(error.message, "no such queue");
  check_text(error.request_id, "R3");
  aws_request_free(request);
  request = answered(list_request(), 404, "{\"message\":\"No shadow exists with name: 'x'\",\"traceId\":\"t\"}");
  add_header(request, "x-amzn-errortype", "ResourceNotFoundException:http://internal/");
  answer_read_error(request, &error);
  check_text(error.code, "ResourceNotFoundException");
  check_text(error.message, "No shadow exists with name: 'x'");
  aws_request_free(request);
}

static void test_errors_without_sense(void **state)
{
  (void)state;
  static const char *const bodies[] = {"", "<html><body>502 Bad Gateway", "{", "{\"__type\":7}", "[]", "<Error><Code>"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct aws_request *request = answered(list_request(), 502, bodies[i]);
    struct answer_error error;
    answer_read_error(request, &error);
    check_text(error.code, "");
    check_text(error.message, "");
    aws_request_free(request);
  }
}

static void test_headers(void **state)
{
  (void)state;
  struct aws_request *request = answered(list_request(), 301, "");
  add_header(request, "x-amz-bucket-region", "eu-north-1");
  add_header(request, "location", "https://fleet.s3.eu-north-1.amazonaws.com/k");
  add_header(request, "date", "Sun, 22 Nov 2026 20:51:07 GMT");
  add_header(request, "retry-after", "3");
  struct answer_error error;
  answer_read_error(request, &error);
  check_text(error.region, "eu-north-1");
  check_text(error.authority, "fleet.s3.eu-north-1.amazonaws.com");
  int64_t date_us;
  int64_t expected_us;
  assert_true(clock_parse(TEXT("2026-11-22T20:51:07Z"), &expected_us));
  assert_true(answer_read_date(request, &date_us));
  assert_int_equal(date_us, expected_us);
  assert_int_equal(answer_retry_after_s(request), 3);
  aws_request_free(request);
  request = answered(list_request(), 403, "");
  add_header(request, "date", "yesterday");
  add_header(request, "retry-after", "Sun, 22 Nov 2026 20:51:07 GMT");
  assert_false(answer_read_date(request, &date_us));
  assert_int_equal(answer_retry_after_s(request), 0);
  aws_request_free(request);
}

static void test_page(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct s3_page page;
  struct aws_request *request = answered(
      list_request(), 200,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Name>fleet</Name><Prefix/><EncodingType>url</EncodingType><KeyCount>2</KeyCount><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>1/a+=</NextContinuationToken><Contents><Key>thingname%3Da+b%2Bc/%C3%BC</Key>"
      "<LastModified>2009-10-12T17:50:30.500Z</LastModified><ETag>&quot;abc-2&quot;</ETag><Size>5368709121</Size></Contents>"
      "<Contents><Key>z</Key><LastModified>2009-10-12T17:50:30Z</LastModified><ETag>x</ETag><Size>0</Size>"
      "<Owner><ID>o</ID></Owner></Contents></ListBucketResult>");
  assert_int_equal(s3_read_page(request, arena, &page).code, ERROR_NONE);
  assert_int_equal(page.count, 2);
  check_text(page.entries[0].key, "thingname=a b+c/\xc3\xbc");
  check_text(page.entries[0].etag, "abc-2");
  assert_int_equal(page.entries[0].size_bytes, 5368709121);
  assert_int_equal(page.entries[0].modified_at_us, INT64_C(1255369830500000));
  check_text(page.entries[1].key, "z");
  check_text(page.entries[1].etag, "x");
  assert_false(page.is_last);
  check_text(page.next, "1/a+=");
  aws_request_free(request);
  arena_free(arena);
}

/* Not every server encodes keys when it is asked to: then a '+' is a '+'. */
static void test_page_that_is_not_encoded(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct s3_page page;
  struct aws_request *request =
      answered(list_request(), 200,
               "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b%2F</Key></Contents></ListBucketResult>");
  assert_int_equal(s3_read_page(request, arena, &page).code, ERROR_NONE);
  check_text(page.entries[0].key, "a+b%2F");
  assert_true(page.is_last);
  aws_request_free(request);
  arena_free(arena);
}

static void test_pages_that_cannot_be_read(void **state)
{
  (void)state;
  static const char *const bodies[] = {
      "",
      "{}",
      "<Error><Code>x</Code></Error>",
      "<ListBucketResult><Contents>",
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
      "<ListBucketResult><Contents><Key>a</Key><LastModified>today</LastModified></Contents></ListBucketResult>",
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key></Contents></ListBucketResult>",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct arena *arena = arena_new(1024);
    struct s3_page page;
    struct aws_request *request = answered(list_request(), 200, bodies[i]);
    if (s3_read_page(request, arena, &page).code != ERROR_INTERNAL) {
      fail_msg("%s is taken", bodies[i]);
    }
    aws_request_free(request);
    arena_free(arena);
  }
}

static void test_s3_urls(void **state)
{
  (void)state;
  struct s3_location location;
  assert_int_equal(s3_parse_url(TEXT("s3://fleet/iot/x/"), &location).code, ERROR_NONE);
  check_text(location.bucket, "fleet");
  check_text(location.prefix, "iot/x/");
  assert_int_equal(s3_parse_url(TEXT("s3://my.fleet-1"), &location).code, ERROR_NONE);
  check_text(location.bucket, "my.fleet-1");
  check_text(location.prefix, "");
  assert_int_equal(s3_parse_url(TEXT("s3://fleet/"), &location).code, ERROR_NONE);
  check_text(location.prefix, "");
  static const char *const bad[] = {"", "s3:", "s3://", "s3:///x", "http://fleet/", "s3://ab/x", "s3://-ab/x", "s3://a b c/x"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (s3_parse_url(text_from(bad[i]), &location).code != ERROR_BAD_INPUT) {
      fail_msg("%s is taken", bad[i]);
    }
  }
}

static const struct text QUEUE = {"https://sqs.eu-west-1.amazonaws.com/1/q", 39};

static void test_messages(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct sqs_message *messages;
  size_t count;
  struct aws_request *request = answered(
      sqs_receive_request(QUEUE, 20, 60, NOBODY), 200,
      "{\"Messages\":[{\"MessageId\":\"m1\",\"ReceiptHandle\":\"h1\",\"MD5OfBody\":\"x\",\"Body\":\"{\\\"Records\\\":[]}\","
      "\"Attributes\":{\"SenderId\":\"1\"}},"
      "{\"MessageId\":\"m2\",\"ReceiptHandle\":\"h2\",\"Body\":\"\"}]}");
  assert_int_equal(request->more_time_ms, 20000);
  check_text(request->body, "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/1/q\",\"MaxNumberOfMessages\":10,"
                            "\"WaitTimeSeconds\":20,\"VisibilityTimeout\":60}");
  assert_int_equal(sqs_read_messages(request, arena, &messages, &count).code, ERROR_NONE);
  assert_int_equal(count, 2);
  check_text(messages[0].body, "{\"Records\":[]}");
  check_text(messages[1].receipt_handle, "h2");
  aws_request_free(request);
  arena_free(arena);
}

static void test_no_messages(void **state)
{
  (void)state;
  static const char *const empty[] = {"{}", "", " ", "{\"Messages\":[]}", "{\"Messages\":null}"};
  static const char *const bad[] = {"[]", "x", "{\"Messages\":[{}]}", "{\"Messages\":[{\"MessageId\":1}]}"};
  struct arena *arena = arena_new(1024);
  struct sqs_message *messages;
  size_t count;
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
    struct aws_request *request = answered(sqs_receive_request(QUEUE, 0, -1, NOBODY), 200, empty[i]);
    assert_int_equal(sqs_read_messages(request, arena, &messages, &count).code, ERROR_NONE);
    assert_int_equal(count, 0);
    aws_request_free(request);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct aws_request *request = answered(sqs_receive_request(QUEUE, 0, -1, NOBODY), 200, bad[i]);
    assert_int_equal(sqs_read_messages(request, arena, &messages, &count).code, ERROR_INTERNAL);
    aws_request_free(request);
  }
  arena_free(arena);
}

static void test_deletes(void **state)
{
  (void)state;
  struct arena *arena = arena_new(1024);
  struct sqs_failure *failures;
  size_t count;
  const struct text handles[] = {TEXT("h\"0"), TEXT("h1")};
  struct aws_request *request = answered(
      sqs_delete_request(QUEUE, handles, 2, NOBODY), 200,
      "{\"Successful\":[{\"Id\":\"0\"}],\"Failed\":[{\"Id\":\"1\",\"SenderFault\":true,\"Code\":\"ReceiptHandleIsInvalid\","
      "\"Message\":\"m\"}]}");
  check_text(request->body, "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/1/q\",\"Entries\":[{\"Id\":\"0\","
                            "\"ReceiptHandle\":\"h\\\"0\"},{\"Id\":\"1\",\"ReceiptHandle\":\"h1\"}]}");
  assert_int_equal(sqs_read_failures(request, arena, 2, &failures, &count).code, ERROR_NONE);
  assert_int_equal(count, 1);
  assert_int_equal(failures[0].index, 1);
  assert_false(failures[0].is_temporary);
  check_text(failures[0].code, "ReceiptHandleIsInvalid");
  aws_request_free(request);
  static const char *const not_asked[] = {"{\"Failed\":[{\"Id\":\"99\",\"Code\":\"x\"}]}",
                                          "{\"Failed\":[{\"Id\":\"2\",\"Code\":\"x\"}]}",
                                          "{\"Failed\":[{\"Id\":\"-1\",\"Code\":\"x\"}]}"};
  for (size_t i = 0; i < sizeof not_asked / sizeof not_asked[0]; i++) {
    request = answered(sqs_delete_request(QUEUE, handles, 2, NOBODY), 200, not_asked[i]);
    assert_int_equal(sqs_read_failures(request, arena, 2, &failures, &count).code, ERROR_INTERNAL);
    aws_request_free(request);
  }
  arena_free(arena);
}

static void test_queue_urls(void **state)
{
  (void)state;
  assert_int_equal(sqs_check_queue_url(QUEUE).code, ERROR_NONE);
  assert_int_equal(sqs_check_queue_url(TEXT("http://localhost:9324/000000000000/fleet.fifo")).code, ERROR_NONE);
  static const char *const bad[] = {"",
                                    "fleet",
                                    "https://sqs.eu-west-1.amazonaws.com/",
                                    "https://sqs.eu-west-1.amazonaws.com/1",
                                    "https://h/1/q/x",
                                    "https://h/1/",
                                    "https://h/1/q?x",
                                    "arn:aws:sqs:eu-west-1:1:q"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (sqs_check_queue_url(text_from(bad[i])).code != ERROR_BAD_INPUT) {
      fail_msg("%s is taken", bad[i]);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_s3_error),
      cmocka_unit_test(test_sts_error),
      cmocka_unit_test(test_json_errors),
      cmocka_unit_test(test_errors_without_sense),
      cmocka_unit_test(test_headers),
      cmocka_unit_test(test_page),
      cmocka_unit_test(test_page_that_is_not_encoded),
      cmocka_unit_test(test_pages_that_cannot_be_read),
      cmocka_unit_test(test_s3_urls),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_no_messages),
      cmocka_unit_test(test_deletes),
      cmocka_unit_test(test_queue_urls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
