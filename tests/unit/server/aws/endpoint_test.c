#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/aws/endpoint.h"
#include "server/aws/iot_data.h"
#include "server/aws/s3.h"
#include "server/aws/sqs.h"

static const struct aws_handlers NOBODY = {0};

/* What is found lives on its own: the given texts change afterwards, as those of the client do. */
static void check(const struct aws_settings *settings, struct aws_request *request, const char *region, const char *authority,
                  const char *expected)
{
  struct arena *arena = arena_new(1024);
  struct endpoints endpoints;
  struct endpoint endpoint;
  assert_int_equal(endpoints_from(settings, &endpoints).code, ERROR_NONE);
  char given[2][64];
  (void)snprintf(given[0], sizeof given[0], "%s", region);
  (void)snprintf(given[1], sizeof given[1], "%s", authority);
  assert_int_equal(endpoint_of(arena, &endpoints, request, given[0], given[1], &endpoint).code, ERROR_NONE);
  memset(given, '#', sizeof given);
  const char *found = arena_printf(arena, "%s host=%.*s path=%.*s scope=%s/%s", endpoint.url, TEXT_ARGS(endpoint.host),
                                   TEXT_ARGS(endpoint.path), endpoint.region, endpoint.service);
  assert_string_equal(found, expected);
  arena_free(arena);
  aws_request_free(request);
}

static struct aws_request *get(const char *bucket, const char *key)
{
  return s3_get_request((struct s3_object){text_from(bucket), text_from(key), TEXT("")}, (struct s3_range){0, 0}, NOBODY);
}

static void test_s3(void **state)
{
  (void)state;
  const struct aws_settings none = {0};
  check(&none, get("fleet", "a=b/$c"), "eu-west-1", "",
        "https://fleet.s3.eu-west-1.amazonaws.com/a%3Db/%24c host=fleet.s3.eu-west-1.amazonaws.com path=/a%3Db/%24c "
        "scope=eu-west-1/s3");
  check(&none, get("my.fleet", "//x/.."), "cn-north-1", "",
        "https://s3.cn-north-1.amazonaws.com.cn/my.fleet///x/.. host=s3.cn-north-1.amazonaws.com.cn path=/my.fleet///x/.. "
        "scope=cn-north-1/s3");
  check(&none, get("Old_Bucket", "k"), "us-east-1", "",
        "https://s3.us-east-1.amazonaws.com/Old_Bucket/k host=s3.us-east-1.amazonaws.com path=/Old_Bucket/k "
        "scope=us-east-1/s3");
  const struct aws_settings minio = {.s3_endpoint_url = "http://127.0.0.1:9000/"};
  check(&minio, get("fleet", "k"), "us-east-1", "",
        "http://127.0.0.1:9000/fleet/k host=127.0.0.1:9000 path=/fleet/k scope=us-east-1/s3");
  const struct aws_settings virtual = {.endpoint_url = "https://s3.example.org/base/", .s3_path_style = "no"};
  check(&virtual, get("fleet", "k"), "x", "",
        "https://fleet.s3.example.org/base/k host=fleet.s3.example.org path=/base/k scope=x/s3");
  const struct aws_settings path = {.s3_path_style = "yes"};
  check(&path, get("fleet", "k"), "us-east-1", "",
        "https://s3.us-east-1.amazonaws.com/fleet/k host=s3.us-east-1.amazonaws.com path=/fleet/k scope=us-east-1/s3");
}

/* A bucket is named by whoever sends a notification. */
static void test_no_bucket_leads_to_another_host(void **state)
{
  (void)state;
  static const char *const names[] = {"", "ab", "2130706433/", "localhost:8443/x", "me@host", "a?b", "a#b", "../x", "a b c"};
  const struct aws_settings all[] = {{0}, {.s3_path_style = "yes"}, {.s3_endpoint_url = "http://127.0.0.1:9000"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
      struct arena *arena = arena_new(1024);
      struct endpoints endpoints;
      struct endpoint endpoint;
      struct aws_request *request = get(names[i], "k");
      assert_int_equal(endpoints_from(&all[k], &endpoints).code, ERROR_NONE);
      assert_int_equal(endpoint_of(arena, &endpoints, request, "eu-west-1", "", &endpoint).code, ERROR_BAD_INPUT);
      aws_request_free(request);
      arena_free(arena);
    }
  }
}

static void test_s3_query(void **state)
{
  (void)state;
  const struct aws_settings none = {0};
  struct s3_list list = {.bucket = TEXT("fleet"), .prefix = TEXT("iot/a b"), .start_after = TEXT("k+"), .page_max = 7};
  check(&none, s3_list_request(list, NOBODY), "eu-west-1", "",
        "https://fleet.s3.eu-west-1.amazonaws.com/"
        "?encoding-type=url&list-type=2&max-keys=7&prefix=iot%2Fa%20b&start-after=k%2B "
        "host=fleet.s3.eu-west-1.amazonaws.com path=/ scope=eu-west-1/s3");
}

static void test_s3_elsewhere(void **state)
{
  (void)state;
  const struct aws_settings none = {0};
  check(&none, get("fleet", "k"), "eu-west-1", "fleet.s3-eu-west-1.amazonaws.com",
        "https://fleet.s3-eu-west-1.amazonaws.com/k host=fleet.s3-eu-west-1.amazonaws.com path=/k scope=eu-west-1/s3");
  check(&none, get("fleet", "k"), "eu-west-1", "s3.dualstack.eu-west-1.amazonaws.com",
        "https://s3.dualstack.eu-west-1.amazonaws.com/fleet/k host=s3.dualstack.eu-west-1.amazonaws.com path=/fleet/k "
        "scope=eu-west-1/s3");
}

static void test_sqs(void **state)
{
  (void)state;
  const struct aws_settings none = {0};
  struct text queue = TEXT("https://sqs.ap-south-1.amazonaws.com/123456789012/fleet");
  check(&none, sqs_receive_request(queue, 0, -1, NOBODY), "eu-west-1", "",
        "https://sqs.ap-south-1.amazonaws.com/ host=sqs.ap-south-1.amazonaws.com path=/ scope=ap-south-1/sqs");
  check(&none, sqs_receive_request(TEXT("http://localhost:9324/queue/fleet"), 0, -1, NOBODY), "eu-west-1", "",
        "http://localhost:9324/ host=localhost:9324 path=/ scope=eu-west-1/sqs");
  const struct aws_settings own = {.sqs_endpoint_url = "http://127.0.0.1:9324"};
  check(&own, sqs_receive_request(queue, 0, -1, NOBODY), "eu-west-1", "",
        "http://127.0.0.1:9324/ host=127.0.0.1:9324 path=/ scope=eu-west-1/sqs");
}

static void test_iot(void **state)
{
  (void)state;
  const struct aws_settings none = {0};
  struct iot_shadow shadow = {TEXT("a:b"), TEXT("$x:y")};
  check(&none, iot_get_shadow_request(shadow, NOBODY), "us-west-2", "",
        "https://data-ats.iot.us-west-2.amazonaws.com/things/a%3Ab/shadow?name=%24x%3Ay "
        "host=data-ats.iot.us-west-2.amazonaws.com path=/things/a%3Ab/shadow scope=us-west-2/iotdata");
  const struct aws_settings own = {.iot_endpoint_url = "https://abc-ats.iot.eu-west-1.amazonaws.com",
                                   .iot_service_name = "iotdevicegateway"};
  check(&own, iot_update_shadow_request((struct iot_shadow){TEXT("a"), TEXT("")}, TEXT("{}"), NOBODY), "us-west-2", "",
        "https://abc-ats.iot.eu-west-1.amazonaws.com/things/a/shadow host=abc-ats.iot.eu-west-1.amazonaws.com "
        "path=/things/a/shadow scope=eu-west-1/iotdevicegateway");
}

static void test_sources_of_endpoints(void **state)
{
  (void)state;
  struct endpoints endpoints;
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2", 1);
  struct aws_settings settings = {0};
  assert_int_equal(endpoints_from(&settings, &endpoints).code, ERROR_NONE);
  assert_string_equal(endpoints.urls[AWS_S3], "http://127.0.0.1:2");
  assert_string_equal(endpoints.urls[AWS_SQS], "http://127.0.0.1:1");
  settings.endpoint_url = "http://127.0.0.1:3";
  settings.iot_endpoint_url = "http://127.0.0.1:4";
  assert_int_equal(endpoints_from(&settings, &endpoints).code, ERROR_NONE);
  assert_string_equal(endpoints.urls[AWS_S3], "http://127.0.0.1:2");
  assert_string_equal(endpoints.urls[AWS_SQS], "http://127.0.0.1:3");
  assert_string_equal(endpoints.urls[AWS_IOT_DATA], "http://127.0.0.1:4");
  unsetenv("AWS_ENDPOINT_URL_S3");
  unsetenv("AWS_ENDPOINT_URL");
  settings.sqs_endpoint_url = "sqs.example.org";
  struct error error = endpoints_from(&settings, &endpoints);
  assert_int_equal(error.code, ERROR_SETUP);
  assert_string_equal(error.field, "sqs-endpoint-url");
  settings.sqs_endpoint_url = "https://sqs.example.org/?x";
  assert_int_equal(endpoints_from(&settings, &endpoints).code, ERROR_SETUP);
}

static void test_region_of_host(void **state)
{
  (void)state;
  struct text region;
  assert_true(endpoint_region_of_host(TEXT("x-ats.iot.cn-north-1.amazonaws.com.cn"), &region));
  assert_true(text_equal(region, TEXT("cn-north-1")));
  assert_false(endpoint_region_of_host(TEXT("s3.amazonaws.com"), &region));
  assert_false(endpoint_region_of_host(TEXT("queue.amazonaws.com"), &region));
  assert_false(endpoint_region_of_host(TEXT("sqs.eu-west-1.example.org"), &region));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_s3),
      cmocka_unit_test(test_no_bucket_leads_to_another_host),
      cmocka_unit_test(test_s3_query),
      cmocka_unit_test(test_s3_elsewhere),
      cmocka_unit_test(test_sqs),
      cmocka_unit_test(test_iot),
      cmocka_unit_test(test_sources_of_endpoints),
      cmocka_unit_test(test_region_of_host),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
