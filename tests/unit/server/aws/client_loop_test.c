/* What meets between the threads that submit requests and the one that carries them. */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>

#include "server/aws/client.h"
#include "server/log.h"

struct ending {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_done;
  enum aws_result result;
};

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct ending *ending = context;
  (void)request;
  pthread_mutex_lock(&ending->lock);
  ending->result = outcome->result;
  ending->is_done = true;
  pthread_cond_signal(&ending->changed);
  pthread_mutex_unlock(&ending->lock);
}

static struct aws_request *refused_request(struct ending *ending)
{
  struct aws_request *request = NULL;
  struct aws_handlers handlers = {.context = ending, .on_done = on_done};
  assert_int_equal(aws_plain_get("http://127.0.0.1:9/", NULL, 1024, handlers, &request).code, ERROR_NONE);
  return request;
}

static void wait_for(struct ending *ending)
{
  pthread_mutex_lock(&ending->lock);
  while (!ending->is_done) {
    pthread_cond_wait(&ending->changed, &ending->lock);
  }
  ending->is_done = false;
  pthread_mutex_unlock(&ending->lock);
}

/* Whatever the client's thread is at when both calls come: the request is handed back once, and is not touched again. */
static void test_cancelled_as_soon_as_it_is_submitted(void **state)
{
  (void)state;
  struct aws_client *client = NULL;
  struct aws_settings settings = {.region = "eu-west-1", .requests_max = 4};
  struct ending ending = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  assert_int_equal(aws_client_start(settings, &client).code, ERROR_NONE);
  for (int i = 0; i < 2000; i++) {
    struct aws_request *request = refused_request(&ending);
    assert_int_equal(aws_submit(client, request).code, ERROR_NONE);
    aws_cancel(request);
    wait_for(&ending);
    assert_int_not_equal(ending.result, AWS_OK);
    aws_request_free(request);
  }
  aws_client_stop(client);
}

static int set_up(void **state)
{
  (void)state;
  log_to(open("/dev/null", O_WRONLY | O_CLOEXEC));
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cancelled_as_soon_as_it_is_submitted),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
