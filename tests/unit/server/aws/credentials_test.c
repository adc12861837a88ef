/* The chain of sources in a world of our own: environment, clock and HTTP are the test's. */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/aws/credentials_sources.h"
#include "server/base/clock.h"
#include "server/log.h"

enum { VARIABLES_MAX = 16, ANSWERS_MAX = 8 };

struct fake_answer {
  const char *method_and_url;
  int status; /* 0: no connection */
  const char *body;
};

struct world {
  struct credentials_world functions;
  const char *names[VARIABLES_MAX];
  const char *values[VARIABLES_MAX];
  size_t variable_count;
  struct fake_answer answers[ANSWERS_MAX];
  size_t answer_count;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int changes;
  int64_t now_us;
  char seen[4096]; /* requests, one a line */
  char folder[64];
};

static const char *get_variable(void *context, const char *name)
{
  struct world *world = context;
  for (size_t i = 0; i < world->variable_count; i++) {
    if (strcmp(world->names[i], name) == 0) {
      return world->values[i];
    }
  }
  return NULL;
}

static void set_variable(struct world *world, const char *name, const char *value)
{
  for (size_t i = 0; i < world->variable_count; i++) {
    if (strcmp(world->names[i], name) == 0) {
      world->values[i] = value;
      return;
    }
  }
  assert_true(world->variable_count < VARIABLES_MAX);
  world->names[world->variable_count] = name;
  world->values[world->variable_count++] = value;
}

static int64_t get_now(void *context)
{
  struct world *world = context;
  pthread_mutex_lock(&world->lock);
  int64_t now_us = world->now_us;
  pthread_mutex_unlock(&world->lock);
  return now_us;
}

static struct error answer_fetch(void *context, struct arena *arena, const struct fetch *fetch, const atomic_bool *stop,
                                 struct fetch_answer *answer)
{
  (void)stop;
  struct world *world = context;
  char asked[512];
  snprintf(asked, sizeof asked, "%s %s", fetch->method, fetch->url);
  struct error error = error_make(ERROR_INTERNAL, "no route to host");
  pthread_mutex_lock(&world->lock);
  size_t used = strlen(world->seen);
  int length = snprintf(world->seen + used, sizeof world->seen - used, "%s %s %.*s\n", asked,
                        fetch->header_count > 0 ? fetch->headers[fetch->header_count - 1] : "", TEXT_ARGS(fetch->body));
  assert_true(used + (size_t)length < sizeof world->seen);
  for (size_t i = 0; i < world->answer_count; i++) {
    if (strcmp(world->answers[i].method_and_url, asked) == 0 && world->answers[i].status != 0) {
      *answer = (struct fetch_answer){world->answers[i].status, text_copy(arena, text_from(world->answers[i].body))};
      error = error_none();
    }
  }
  pthread_mutex_unlock(&world->lock);
  return error;
}

static void set_answer(struct world *world, const char *method_and_url, int status, const char *body)
{
  size_t at = 0;
  pthread_mutex_lock(&world->lock);
  while (at < world->answer_count && strcmp(world->answers[at].method_and_url, method_and_url) != 0) {
    at++;
  }
  world->answers[at] = (struct fake_answer){method_and_url, status, body};
  world->answer_count = at == world->answer_count ? at + 1 : world->answer_count;
  pthread_mutex_unlock(&world->lock);
}

static int set_up(void **state)
{
  struct world *world = calloc(1, sizeof *world);
  pthread_mutex_init(&world->lock, NULL);
  pthread_cond_init(&world->changed, NULL);
  world->functions = (struct credentials_world){world, get_variable, get_now, answer_fetch};
  assert_true(clock_parse(TEXT("2026-11-22T20:00:00Z"), &world->now_us));
  snprintf(world->folder, sizeof world->folder, "/tmp/crumbtrail-credentials-XXXXXX");
  assert_non_null(mkdtemp(world->folder));
  set_variable(world, "HOME", world->folder);
  *state = world;
  log_to(open("/dev/null", O_WRONLY | O_CLOEXEC));
  return 0;
}

static void remove_file(const struct world *world, const char *name)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", world->folder, name);
  (void)unlink(path);
}

static int tear_down(void **state)
{
  struct world *world = *state;
  static const char *const files[] = {"credentials", "config", "token"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    remove_file(world, files[i]);
  }
  assert_int_equal(rmdir(world->folder), 0);
  pthread_cond_destroy(&world->changed);
  pthread_mutex_destroy(&world->lock);
  free(world);
  return 0;
}

/* Gives the path, in a buffer of `out_bytes`. */
static void write_file(const struct world *world, const char *name, const char *content, char *out, size_t out_bytes)
{
  snprintf(out, out_bytes, "%s/%s", world->folder, name);
  FILE *file = fopen(out, "w");
  assert_non_null(file);
  fputs(content, file);
  fclose(file);
}

static void note_change(void *context)
{
  struct world *world = context;
  pthread_mutex_lock(&world->lock);
  world->changes++;
  pthread_cond_signal(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

static void wait_for_changes(struct world *world, int changes)
{
  pthread_mutex_lock(&world->lock);
  while (world->changes < changes) {
    pthread_cond_wait(&world->changed, &world->lock);
  }
  pthread_mutex_unlock(&world->lock);
}

static int changes_so_far(struct world *world)
{
  pthread_mutex_lock(&world->lock);
  int changes = world->changes;
  pthread_mutex_unlock(&world->lock);
  return changes;
}

static void advance(struct world *world, int64_t seconds)
{
  pthread_mutex_lock(&world->lock);
  world->now_us += seconds * US_PER_SECOND;
  pthread_mutex_unlock(&world->lock);
}

static struct credentials_chain *start(struct world *world, const char *profile)
{
  struct credentials_chain *chain;
  struct credentials_settings settings = {
      .profile = profile, .world = &world->functions, .on_change = note_change, .context = world};
  assert_int_equal(credentials_chain_start(settings, &chain).code, ERROR_NONE);
  return chain;
}

static enum credentials_state get(struct world *world, struct credentials_chain *chain, struct credentials *credentials,
                                  struct error *error)
{
  enum credentials_state state;
  int changes = changes_so_far(world);
  while ((state = credentials_get(chain, credentials, error)) == CREDENTIALS_COMING) {
    wait_for_changes(world, ++changes);
  }
  return state;
}

/* "KEY SECRET TOKEN SOURCE", or the error. */
static void check(struct world *world, const char *profile, const char *expected)
{
  struct credentials credentials;
  struct error error;
  char found[CREDENTIALS_TOKEN_MAX + 1024];
  struct credentials_chain *chain = start(world, profile);
  if (get(world, chain, &credentials, &error) == CREDENTIALS_READY) {
    snprintf(found, sizeof found, "%s %s %s %s", credentials.access_key_id, credentials.secret_access_key,
             credentials.session_token, credentials.source);
  } else {
    snprintf(found, sizeof found, "%s", error.detail);
  }
  credentials_chain_stop(chain);
  if (strstr(found, expected) == NULL) {
    fail_msg("found:    %s\nexpected: %s", found, expected);
  }
}

static void test_environment(void **state)
{
  struct world *world = *state;
  set_variable(world, "AWS_ACCESS_KEY_ID", "AKIDENV");
  check(world, NULL, "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set");
  set_variable(world, "AWS_SECRET_ACCESS_KEY", "secret");
  check(world, NULL, "AKIDENV secret  environment");
  set_variable(world, "AWS_SECURITY_TOKEN", "old");
  check(world, NULL, "AKIDENV secret old environment");
  set_variable(world, "AWS_SESSION_TOKEN", "token");
  check(world, NULL, "AKIDENV secret token environment");
  set_variable(world, "AWS_SECRET_ACCESS_KEY", "sec\nret");
  check(world, NULL, "environment: the secret access key is empty, too long or no plain text");
  set_variable(world, "AWS_SECRET_ACCESS_KEY", "secret");
  set_variable(world, "AWS_CREDENTIAL_EXPIRATION", "soon");
  check(world, NULL, "AWS_CREDENTIAL_EXPIRATION \"soon\" is no time");
}

static void test_profiles(void **state)
{
  struct world *world = *state;
  char credentials_path[128];
  char config_path[128];
  write_file(world, "credentials",
             "# comment\n[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key=secret # mine\n\n"
             "[ops]\r\nAWS_ACCESS_KEY_ID = AKIDOPS\r\naws_secret_access_key = a=b#c\r\naws_session_token = t\r\n",
             credentials_path, sizeof credentials_path);
  write_file(world, "config",
             "[default]\nregion = eu-west-1\n[profile lab]\nregion=us-west-2\ns3 =\n  aws_access_key_id = NESTED\n"
             "aws_access_key_id = AKIDLAB\naws_secret_access_key = labsecret\n[lab2]\naws_access_key_id = X\n"
             "[profile \"with space\"]\naws_access_key_id = AKIDSPACE\naws_secret_access_key = s\n"
             "[profile process]\ncredential_process = /bin/x\n[profile assumed]\nrole_arn = arn:aws:iam::1:role/r\n"
             "source_profile = default\n[profile sso]\nsso_session = s\n[profile empty]\nregion = x\n",
             config_path, sizeof config_path);
  set_variable(world, "AWS_SHARED_CREDENTIALS_FILE", credentials_path);
  set_variable(world, "AWS_CONFIG_FILE", config_path);
  check(world, NULL, "AKIDDEFAULT secret  profile default of /tmp/");
  check(world, "ops", "AKIDOPS a=b#c t profile ops of /tmp/");
  check(world, "lab", "AKIDLAB labsecret  profile lab of /tmp/");
  check(world, "with space", "AKIDSPACE s ");
  check(world, "lab2", "has a profile lab2");
  check(world, "process", "profile process gets its keys by credential_process, which crumbtrail cannot do");
  check(world, "assumed", "profile assumed gets its keys by source_profile, which crumbtrail cannot do");
  check(world, "sso", "profile sso gets its keys by sso_session, which crumbtrail cannot do");
  check(world, "empty", "no keys for profile empty in ");
  set_variable(world, "AWS_PROFILE", "ops");
  check(world, NULL, "AKIDOPS");
  set_variable(world, "AWS_ACCESS_KEY_ID", "AKIDENV");
  set_variable(world, "AWS_SECRET_ACCESS_KEY", "secret");
  check(world, NULL, "AKIDENV");
  check(world, "lab", "AKIDLAB"); /* our own setting comes before the environment */
}

static void check_region(struct world *world, const char *setting, bool ask_instance, const char *expected)
{
  struct credentials_chain *chain;
  struct credentials_settings settings = {
      .region = setting, .world = &world->functions, .on_change = note_change, .context = world};
  assert_int_equal(credentials_chain_start(settings, &chain).code, ERROR_NONE);
  char region[AWS_REGION_MAX] = "";
  struct error error = error_none();
  int changes = changes_so_far(world);
  enum credentials_state found;
  while ((found = credentials_region(chain, ask_instance, region, &error)) == CREDENTIALS_COMING) {
    wait_for_changes(world, ++changes);
  }
  const char *text = found == CREDENTIALS_READY ? region : error.detail;
  if (strstr(text, expected) == NULL) {
    fail_msg("%s instead of %s", text, expected);
  }
  credentials_chain_stop(chain);
}

static void test_region(void **state)
{
  struct world *world = *state;
  char path[128];
  check_region(world, "", false, "no AWS region: set aws-region or AWS_REGION, or `region` in the profile default");
  check_region(world, "", true, "(http://169.254.169.254/latest/api/token: no route to host)");
  set_answer(world, "PUT http://169.254.169.254/latest/api/token", 200, "session");
  set_answer(world, "GET http://169.254.169.254/latest/meta-data/placement/region", 200, "ap-south-1");
  check_region(world, "", true, "ap-south-1");
  write_file(world, "config", "[default]\nregion = eu-west-1\n", path, sizeof path);
  set_variable(world, "AWS_CONFIG_FILE", path);
  check_region(world, "", true, "eu-west-1");
  set_variable(world, "AWS_DEFAULT_REGION", "eu-west-2");
  check_region(world, "", true, "eu-west-2");
  set_variable(world, "AWS_REGION", "eu-west-3");
  check_region(world, "", true, "eu-west-3");
  check_region(world, "us-gov-west-1", true, "us-gov-west-1");
  check_region(world, "evil.example.org/", true, "is not the name of an AWS region");
}

static const char *const CONTAINER_JSON =
    "{\"AccessKeyId\":\"ASIACONTAINER\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-11-22T21:00:00Z\"}";

static void test_container(void **state)
{
  struct world *world = *state;
  char path[128];
  set_variable(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.org/creds");
  check(world, NULL, "must be https, or a loopback or container address");
  set_variable(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
  check(world, NULL, "container endpoint http://169.254.170.23/v1/credentials: no route to host");
  set_answer(world, "GET http://169.254.170.23/v1/credentials", 403, "denied");
  check(world, NULL, "answered 403: denied");
  set_answer(world, "GET http://169.254.170.23/v1/credentials", 200, CONTAINER_JSON);
  check(world, NULL, "ASIACONTAINER s t container endpoint http://169.254.170.23/v1/credentials");
  write_file(world, "token", "bearer 1", path, sizeof path);
  set_variable(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
  check(world, NULL, "ASIACONTAINER");
  assert_non_null(strstr(world->seen, "Authorization: bearer 1"));
  write_file(world, "token", "bearer 2\r\nX-Evil: 1", path, sizeof path);
  check(world, NULL, "the container's authorization token holds a line end");
  write_file(world, "token", "bearer 3", path, sizeof path);
  set_variable(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/task");
  set_answer(world, "GET http://169.254.170.2/task", 200, "{\"Code\":\"AccessDenied\",\"Message\":\"no\"}");
  check(world, NULL, "container endpoint http://169.254.170.2/task: AccessDenied: no");
  set_answer(world, "GET http://169.254.170.2/task", 200, "<html>");
  check(world, NULL, "the answer is no JSON");
  set_answer(world, "GET http://169.254.170.2/task", 200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"\"}");
  check(world, NULL, "the secret access key is empty");
}

#define INSTANCE "http://169.254.169.254/latest/"

static void test_instance(void **state)
{
  struct world *world = *state;
  set_answer(world, "PUT " INSTANCE "api/token", 403, "");
  check(world, NULL, "; " INSTANCE "api/token answered 403");
  set_answer(world, "PUT " INSTANCE "api/token", 200, "session");
  set_answer(world, "GET " INSTANCE "meta-data/iam/security-credentials/", 404, "");
  check(world, NULL, "; " INSTANCE "meta-data/iam/security-credentials/ answered 404");
  set_answer(world, "GET " INSTANCE "meta-data/iam/security-credentials/", 200, "fleet-role\n");
  set_answer(world, "GET " INSTANCE "meta-data/iam/security-credentials/fleet-role", 200,
             "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role\"}");
  check(world, NULL, "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role");
  set_answer(world, "GET " INSTANCE "meta-data/iam/security-credentials/fleet-role", 200,
             "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAINSTANCE\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
             "\"Expiration\":\"2026-11-22T22:00:00Z\"}");
  check(world, NULL, "ASIAINSTANCE s t instance metadata, role fleet-role");
  assert_non_null(strstr(world->seen, "fleet-role x-aws-ec2-metadata-token: session"));
  set_variable(world, "AWS_EC2_METADATA_DISABLED", "TRUE");
  check(world, NULL, "instance metadata are switched off by AWS_EC2_METADATA_DISABLED");
}

/* During an outage the instance hands out ended keys, which AWS goes on taking. */
static void test_instance_with_ended_keys(void **state)
{
  struct world *world = *state;
  set_variable(world, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/");
  set_answer(world, "PUT http://127.0.0.1:1338/latest/api/token", 200, "session");
  set_answer(world, "GET http://127.0.0.1:1338/latest/meta-data/iam/security-credentials/", 200, "r");
  set_answer(
      world, "GET http://127.0.0.1:1338/latest/meta-data/iam/security-credentials/r", 200,
      "{\"AccessKeyId\":\"ASIAENDED\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-11-22T19:00:00Z\"}");
  check(world, NULL, "ASIAENDED");
}

static const char *const STS_XML =
    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
    "<Credentials><SessionToken>t&amp;</SessionToken><SecretAccessKey>s</SecretAccessKey>"
    "<Expiration>2026-11-22T21:00:00Z</Expiration><AccessKeyId>ASIAWEB</AccessKeyId></Credentials>"
    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

static void test_web_identity(void **state)
{
  struct world *world = *state;
  char path[128];
  set_variable(world, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
  check(world, NULL, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  set_variable(world, "AWS_ROLE_ARN", "arn:aws:iam::1:role/fleet");
  check(world, NULL, "/nonexistent/token cannot be read: No such file");
  write_file(world, "token", "eyJ+/=.x\n", path, sizeof path);
  set_variable(world, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
  check(world, NULL, "https://sts.amazonaws.com/: no route to host");
  set_variable(world, "AWS_REGION", "eu-west-1");
  set_answer(
      world, "POST https://sts.eu-west-1.amazonaws.com/", 400,
      "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token expired</Message></Error></ErrorResponse>");
  check(world, NULL, "STS answered 400 ExpiredTokenException: Token expired");
  set_answer(world, "POST https://sts.eu-west-1.amazonaws.com/", 200, "<x/>");
  check(world, NULL, "the access key id is empty");
  set_answer(world, "POST https://sts.eu-west-1.amazonaws.com/", 200, STS_XML);
  set_variable(world, "AWS_ROLE_SESSION_NAME", "me");
  check(world, NULL, "ASIAWEB s t& web identity, role arn:aws:iam::1:role/fleet");
  assert_non_null(strstr(world->seen,
                         "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole"
                         "%2Ffleet&RoleSessionName=me&WebIdentityToken=eyJ%2B%2F%3D.x"));
}

static void test_web_identity_of_a_profile(void **state)
{
  struct world *world = *state;
  char config[128];
  char token[128];
  char content[512];
  write_file(world, "token", "web", token, sizeof token);
  snprintf(content, sizeof content,
           "[profile eks]\nrole_arn = arn:aws:iam::1:role/fleet\nweb_identity_token_file = %s\nregion = us-east-2\n", token);
  write_file(world, "config", content, config, sizeof config);
  set_variable(world, "AWS_CONFIG_FILE", config);
  set_answer(world, "POST https://sts.us-east-2.amazonaws.com/", 200, STS_XML);
  check(world, "eks", "ASIAWEB");
}

static void test_nothing_found(void **state)
{
  struct world *world = *state;
  check(world, NULL,
        "no AWS credentials were found: no AWS_ACCESS_KEY_ID; no AWS_WEB_IDENTITY_TOKEN_FILE; no keys for profile default in "
        "~/.aws; no AWS_CONTAINER_CREDENTIALS_..._URI; http://169.254.169.254/latest/api/token: no route to host");
  assert_null(strstr(world->seen, "GET ")); /* never the first version of the metadata */
}

static void set_container_keys(struct world *world, const char *json)
{
  set_variable(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c");
  set_answer(world, "GET http://localhost/c", 200, json);
}

static const char *const SECOND_JSON =
    "{\"AccessKeyId\":\"ASIASECOND\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-11-22T23:00:00Z\"}";

static void test_keys_are_renewed_before_they_end(void **state)
{
  struct world *world = *state;
  struct credentials credentials;
  struct error error;
  set_container_keys(world, CONTAINER_JSON); /* until 21:00; it is 20:00 */
  struct credentials_chain *chain = start(world, NULL);
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  set_container_keys(world, SECOND_JSON);
  advance(world, INT64_C(60) * 44);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  assert_string_equal(credentials.access_key_id, "ASIACONTAINER");
  assert_int_equal(changes_so_far(world), 1);
  advance(world, INT64_C(60) * 2);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  wait_for_changes(world, 2);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  assert_string_equal(credentials.access_key_id, "ASIASECOND");
  credentials_chain_stop(chain);
}

static void test_old_keys_stay_while_they_are_valid(void **state)
{
  struct world *world = *state;
  struct credentials credentials;
  struct error error;
  set_container_keys(world, CONTAINER_JSON);
  struct credentials_chain *chain = start(world, NULL);
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  set_answer(world, "GET http://localhost/c", 500, "down");
  advance(world, INT64_C(60) * 55);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  wait_for_changes(world, 2);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  assert_string_equal(credentials.access_key_id, "ASIACONTAINER");
  advance(world, INT64_C(60) * 6); /* 21:01 */
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_MISSING);
  assert_non_null(strstr(error.detail, "answered 500: down"));
  set_container_keys(world, SECOND_JSON);
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_MISSING); /* not asked at once again */
  advance(world, 11);
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  assert_string_equal(credentials.access_key_id, "ASIASECOND");
  credentials_chain_stop(chain);
}

static void test_refused_keys_are_looked_for_again(void **state)
{
  struct world *world = *state;
  struct credentials credentials;
  struct error error;
  set_container_keys(world, CONTAINER_JSON);
  struct credentials_chain *chain = start(world, NULL);
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  credentials_refused(chain, "AKIDOTHER");
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  credentials_refused(chain, "ASIACONTAINER");
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  credentials_refused(chain, "ASIACONTAINER"); /* the source has no others: it is not asked in a circle */
  assert_int_equal(credentials_get(chain, &credentials, &error), CREDENTIALS_READY);
  advance(world, 11);
  set_container_keys(world, SECOND_JSON);
  credentials_refused(chain, "ASIACONTAINER");
  assert_int_equal(get(world, chain, &credentials, &error), CREDENTIALS_READY);
  assert_string_equal(credentials.access_key_id, "ASIASECOND");
  credentials_chain_stop(chain);
}

static void test_mask(void **state)
{
  (void)state;
  char out[CREDENTIALS_KEY_ID_MAX];
  credentials_mask("AKIAIOSFODNN7EXAMPLE", out);
  assert_string_equal(out, "AKIA****MPLE");
  credentials_mask("short", out);
  assert_string_equal(out, "****");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(test_environment),
      TEST(test_profiles),
      TEST(test_region),
      TEST(test_container),
      TEST(test_instance),
      TEST(test_instance_with_ended_keys),
      TEST(test_web_identity),
      TEST(test_web_identity_of_a_profile),
      TEST(test_nothing_found),
      TEST(test_keys_are_renewed_before_they_end),
      TEST(test_old_keys_stay_while_they_are_valid),
      TEST(test_refused_keys_are_looked_for_again),
      cmocka_unit_test(test_mask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
