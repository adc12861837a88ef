#include "tests/unit/cmocka_all.h"

#include "server/http/router.h"

static struct error nothing(struct request *request, void *context)
{
  (void)request;
  (void)context;
  return error_none();
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/v1/positions/{name}", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/v1/positions/latest", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/v1/vehicles", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/v1/vehicles/{name}", .handle = nothing},
    {.method = HTTP_PATCH, .pattern = "/v1/vehicles/{name}", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/v1/vehicles/{name}/track", .handle = nothing},
    {.method = HTTP_GET, .pattern = "/tiles/{z}/{x}/{y}", .handle = nothing},
};

static struct route_match match(enum http_method method, const char *path)
{
  struct router *router = router_new();
  router_add(router, (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], NULL});
  struct route_match found = router_match(router, method, text_from(path));
  router_free(router);
  return found;
}

static void test_finds_literals_before_parameters(void **state)
{
  (void)state;
  assert_ptr_equal(match(HTTP_GET, "/").route, &ROUTES[0]);
  assert_ptr_equal(match(HTTP_GET, "/v1/positions/latest").route, &ROUTES[2]);
  struct route_match found = match(HTTP_GET, "/v1/positions/other");
  assert_ptr_equal(found.route, &ROUTES[1]);
  assert_int_equal(found.index, 1);
  assert_true(text_equal(found.names[0], TEXT("name")) && text_equal(found.values[0], TEXT("other")));
}

static void test_takes_several_parameters(void **state)
{
  (void)state;
  struct route_match found = match(HTTP_GET, "/tiles/12/655/1430.mvt");
  assert_ptr_equal(found.route, &ROUTES[7]);
  assert_int_equal(found.parameter_count, 3);
  assert_true(text_equal(found.values[2], TEXT("1430.mvt")));
  assert_ptr_equal(match(HTTP_GET, "/v1/vehicles/iotfleet_1/track").route, &ROUTES[6]);
}

static void test_does_not_find_what_only_looks_alike(void **state)
{
  (void)state;
  const char *const paths[] = {"",
                               "v1/vehicles",
                               "//",
                               "/v1",
                               "/v1/vehicles/",
                               "/v1/vehiclesx",
                               "/v1/vehicles/a/",
                               "/v1/vehicles//track",
                               "/v1/vehicles/a/track/",
                               "/v1/vehicles/a/tracks",
                               "/tiles/1/2",
                               "/tiles/1/2/3/4"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    struct route_match found = match(HTTP_GET, paths[i]);
    assert_null(found.route);
    assert_int_equal(found.allowed, 0);
    assert_int_equal(found.index, -1);
  }
}

static void test_knows_the_methods_of_a_path(void **state)
{
  (void)state;
  assert_ptr_equal(match(HTTP_HEAD, "/v1/vehicles/a").route, &ROUTES[4]);
  assert_ptr_equal(match(HTTP_PATCH, "/v1/vehicles/a").route, &ROUTES[5]);
  struct route_match found = match(HTTP_DELETE, "/v1/vehicles/a");
  assert_null(found.route);
  assert_int_equal(found.allowed, HTTP_GET | HTTP_HEAD | HTTP_PATCH | HTTP_OPTIONS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_literals_before_parameters),
      cmocka_unit_test(test_takes_several_parameters),
      cmocka_unit_test(test_does_not_find_what_only_looks_alike),
      cmocka_unit_test(test_knows_the_methods_of_a_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
