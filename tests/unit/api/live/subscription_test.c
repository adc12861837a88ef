#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/live/subscription.h"

struct parsed {
  struct arena *arena;
  struct error error;
  struct subscription subscription;
};

static struct parsed parse(const char *message)
{
  struct parsed parsed = {.arena = arena_new(256)};
  parsed.error = subscription_parse(parsed.arena, text_from(message), &parsed.subscription);
  return parsed;
}

static void assert_refused(const char *message, const char *field)
{
  struct parsed parsed = parse(message);
  assert_int_equal(parsed.error.code, ERROR_BAD_INPUT);
  assert_string_equal(parsed.error.field, field);
  arena_free(parsed.arena);
}

static void reads_a_whole_subscription(void **unused)
{
  (void)unused;
  struct parsed parsed = parse("{\"type\":\"subscribe\",\"format\":\"binary\",\"bbox\":[170,-10,-170,10],"
                               "\"vehicles\":[\"b\",7,\"a\",\"b\"],\"resume\":{\"epoch\":\"e.1\",\"seq\":12}}");
  assert_int_equal(parsed.error.code, ERROR_NONE);
  struct subscription *subscription = &parsed.subscription;
  assert_true(subscription->binary);
  assert_true(subscription->view.has_box);
  assert_true(view_box_contains(&subscription->view.box, 179, 0));
  assert_true(view_box_contains(&subscription->view.box, -170, 10));
  assert_false(view_box_contains(&subscription->view.box, 0, 0));
  assert_false(view_box_contains(&subscription->view.box, 179, 10.1));
  assert_int_equal(subscription->view.name_count, 2);
  assert_true(view_selects_vehicle(&subscription->view, 1, TEXT("a")));
  assert_true(view_selects_vehicle(&subscription->view, 7, TEXT("z")));
  assert_false(view_selects_vehicle(&subscription->view, 8, TEXT("ab")));
  assert_true(subscription->has_resume);
  assert_int_equal(subscription->resume_seq, 12);
  arena_free(parsed.arena);
}

static void null_means_everything(void **unused)
{
  (void)unused;
  struct parsed parsed = parse("{\"type\":\"subscribe\",\"bbox\":null,\"vehicles\":null,\"resume\":null}");
  assert_int_equal(parsed.error.code, ERROR_NONE);
  assert_false(parsed.subscription.binary);
  assert_false(parsed.subscription.view.has_box);
  assert_true(view_selects_vehicle(&parsed.subscription.view, 1, TEXT("any")));
  arena_free(parsed.arena);
}

static void an_empty_list_selects_nothing(void **unused)
{
  (void)unused;
  struct parsed parsed = parse("{\"type\":\"subscribe\",\"vehicles\":[]}");
  assert_int_equal(parsed.error.code, ERROR_NONE);
  assert_false(view_selects_vehicle(&parsed.subscription.view, 1, TEXT("any")));
  arena_free(parsed.arena);
}

static void names_what_is_wrong(void **unused)
{
  (void)unused;
  assert_refused("{\"type\":\"shout\"}", "type");
  assert_refused("{\"type\":\"subscribe\",\"format\":\"xml\"}", "format");
  assert_refused("{\"type\":\"subscribe\",\"bbox\":[0,0,1]}", "bbox");
  assert_refused("{\"type\":\"subscribe\",\"bbox\":[0,0,181,1]}", "bbox[2]");
  assert_refused("{\"type\":\"subscribe\",\"bbox\":[0,2,1,1]}", "bbox");
  assert_refused("{\"type\":\"subscribe\",\"vehicles\":\"a\"}", "vehicles");
  assert_refused("{\"type\":\"subscribe\",\"vehicles\":[null]}", "vehicles[0]");
  assert_refused("{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"e\"}}", "resume");
  assert_refused("{\"type\":\"subscribe\",\"resume\":{\"epoch\":\"e\",\"seq\":-1}}", "resume.seq");
  struct parsed parsed = parse("[]");
  assert_int_equal(parsed.error.code, ERROR_BAD_INPUT);
  arena_free(parsed.arena);
}

static void the_epoch_depends_on_the_view(void **unused)
{
  (void)unused;
  char everything[SUBSCRIPTION_EPOCH_MAX];
  char box[SUBSCRIPTION_EPOCH_MAX];
  char same_box[SUBSCRIPTION_EPOCH_MAX];
  struct parsed all = parse("{\"type\":\"subscribe\"}");
  struct parsed one = parse("{\"type\":\"subscribe\",\"bbox\":[0,-0.0,1,1]}");
  struct parsed two = parse("{\"type\":\"subscribe\",\"bbox\":[-0.0,0,1.0,1],\"format\":\"binary\"}");
  subscription_epoch("4f", &all.subscription.view, everything);
  subscription_epoch("4f", &one.subscription.view, box);
  subscription_epoch("4f", &two.subscription.view, same_box);
  assert_string_equal(box, same_box);
  assert_string_not_equal(box, everything);
  arena_free(all.arena);
  arena_free(one.arena);
  arena_free(two.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_a_whole_subscription),    cmocka_unit_test(null_means_everything),
      cmocka_unit_test(an_empty_list_selects_nothing), cmocka_unit_test(names_what_is_wrong),
      cmocka_unit_test(the_epoch_depends_on_the_view),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
