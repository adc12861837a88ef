/* Instance metadata (EC2), version 2 only: version 1 answers whoever can make the server fetch a URL. */
#include <stdlib.h>

#include "server/aws/credentials_sources.h"
#include "server/base/clock.h"

enum { TIMEOUT_MS = 1000, TRIES = 1, TOKEN_MAX = 1024 };
static const int64_t EXTEND_US = INT64_C(1200) * US_PER_SECOND;

static int number_of(const struct credentials_search *search, const char *name, int least, int most, int fallback)
{
  const char *text = search_variable(search, name);
  int64_t value;
  bool is_good = text != NULL && text_to_int64(text_from(text), &value) && value >= least && value <= most;
  return is_good ? (int)value : fallback;
}

static const char *endpoint(const struct credentials_search *search)
{
  const char *url = search_variable(search, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const char *mode = search_variable(search, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  if (url == NULL) {
    bool is_ipv6 = mode != NULL && text_equal_ignoring_case(text_from(mode), TEXT("IPv6"));
    return is_ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  struct text trimmed = text_from(url);
  while (text_ends_with(trimmed, TEXT("/"))) {
    trimmed.length--;
  }
  return text_to_cstring(search->arena, trimmed);
}

/* *why says what stood in the way; NULL: it went well. */
static struct text ask(const struct credentials_search *search, const char *method, const char *path, const char *header,
                       const char **why)
{
  struct fetch fetch = {.method = method,
                        .url = arena_printf(search->arena, "%s%s", endpoint(search), path),
                        .headers = {header},
                        .header_count = 1,
                        .timeout_ms = 1000 * number_of(search, "AWS_METADATA_SERVICE_TIMEOUT", 1, 60, TIMEOUT_MS / 1000),
                        .tries = number_of(search, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", 1, 10, TRIES),
                        .is_local = true};
  struct fetch_answer answer;
  struct error error = search_fetch(search, &fetch, &answer);
  *why = NULL;
  if (error.code != ERROR_NONE) {
    *why = arena_printf(search->arena, "%s: %s", fetch.url, error.detail);
  } else if (answer.status != 200) {
    *why = arena_printf(search->arena, "%s answered %d", fetch.url, answer.status);
  }
  return text_trim(answer.body);
}

/* The header with the session's token; NULL and *why without one. */
static const char *open_session(const struct credentials_search *search, const char **why)
{
  const char *disabled = search_variable(search, "AWS_EC2_METADATA_DISABLED");
  if (disabled != NULL && text_equal_ignoring_case(text_from(disabled), TEXT("true"))) {
    *why = "instance metadata are switched off by AWS_EC2_METADATA_DISABLED";
    return NULL;
  }
  struct text token = ask(search, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds: 21600", why);
  if (*why != NULL) {
    return NULL;
  }
  for (size_t i = 0; i < token.length; i++) {
    if ((unsigned char)token.data[i] <= ' ') {
      token.length = 0;
    }
  }
  if (token.length == 0 || token.length > TOKEN_MAX) {
    *why = "instance metadata gave no session token";
    return NULL;
  }
  return arena_printf(search->arena, "x-aws-ec2-metadata-token: %.*s", TEXT_ARGS(token));
}

const char *instance_region(const struct credentials_search *search, const char **why)
{
  const char *session = open_session(search, why);
  struct text region = {"", 0};
  if (session != NULL) {
    region = ask(search, "GET", "/latest/meta-data/placement/region", session, why);
  }
  return *why == NULL && region.length < AWS_REGION_MAX ? text_to_cstring(search->arena, region) : "";
}

struct error source_instance(const struct credentials_search *search, struct source_answer *answer)
{
  const char *session = open_session(search, &answer->why);
  if (session == NULL) {
    return error_none();
  }
  struct text rest = ask(search, "GET", "/latest/meta-data/iam/security-credentials/", session, &answer->why);
  struct text role;
  if (answer->why != NULL || !text_split(&rest, '\n', &role) || role.length == 0) {
    answer->why = answer->why != NULL ? answer->why : "the instance has no role";
    return error_none();
  }
  role = text_trim(role);
  const char *path = arena_printf(search->arena, "/latest/meta-data/iam/security-credentials/%.*s", TEXT_ARGS(role));
  struct text json = ask(search, "GET", path, session, &answer->why);
  if (answer->why != NULL) {
    return error_none();
  }
  const char *source = arena_printf(search->arena, "instance metadata, role %.*s", TEXT_ARGS(text_cut(role, 100)));
  TRY(credentials_from_json(search, json, source, &answer->credentials));
  /* When the service that renews them is down, the instance hands out ended keys, and AWS goes on taking them. */
  int64_t now_us = search->world->now_us(search->world->context);
  if (answer->credentials.expires_at_us != 0 && answer->credentials.expires_at_us <= now_us) {
    answer->credentials.expires_at_us = now_us + EXTEND_US;
  }
  answer->found = true;
  return error_none();
}
