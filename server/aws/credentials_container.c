/* The container endpoint: ECS task roles, EKS Pod Identity. */
#include "server/aws/credentials_sources.h"
#include "server/aws/uri.h"

enum { TIMEOUT_MS = 2000, TRIES = 3 };

/* Without TLS only where nobody listens in: the token that is sent along opens the role. */
static bool is_allowed(struct text url)
{
  static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  struct uri uri;
  if (uri_parse(url, &uri).code != ERROR_NONE) {
    return false;
  }
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
    if (text_equal_ignoring_case(uri.host, text_from(hosts[i]))) {
      return true;
    }
  }
  return uri.is_https || uri_is_loopback(&uri);
}

static struct error read_token(const struct credentials_search *search, const char **token)
{
  const char *file = search_variable(search, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  *token = search_variable(search, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (file != NULL) { /* read each time: it is replaced while we run */
    struct text content;
    TRY(search_read_file(search, file, &content));
    *token = text_to_cstring(search->arena, content);
  }
  if (*token != NULL && strpbrk(*token, "\r\n") != NULL) {
    return error_make(ERROR_SETUP, "the container's authorization token holds a line end");
  }
  return error_none();
}

struct error source_container(const struct credentials_search *search, struct source_answer *answer)
{
  const char *relative = search_variable(search, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const char *url = search_variable(search, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const char *token;
  if (relative == NULL && url == NULL) {
    answer->why = "no AWS_CONTAINER_CREDENTIALS_..._URI";
    return error_none();
  }
  if (relative != NULL) {
    url = arena_printf(search->arena, "http://169.254.170.2%s", relative);
  }
  if (!is_allowed(text_from(url))) {
    return error_make(ERROR_SETUP,
                      "AWS_CONTAINER_CREDENTIALS_FULL_URI \"%.160s\" must be https, or a loopback or container address", url);
  }
  TRY(read_token(search, &token));
  struct fetch fetch = {.method = "GET",
                        .url = url,
                        .headers = {"Accept: application/json"},
                        .header_count = 1,
                        .timeout_ms = TIMEOUT_MS,
                        .tries = TRIES,
                        .is_local = true};
  if (token != NULL) {
    fetch.headers[fetch.header_count++] = arena_printf(search->arena, "Authorization: %s", token);
  }
  struct fetch_answer fetched;
  struct error error = search_fetch(search, &fetch, &fetched);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_INTERNAL, "container endpoint %s: %s", url, error.detail);
  }
  if (fetched.status != 200) {
    return error_make(ERROR_INTERNAL, "container endpoint %s answered %d: %.*s", url, fetched.status,
                      TEXT_ARGS(text_cut(fetched.body, 120)));
  }
  answer->found = true;
  return credentials_from_json(search, fetched.body, arena_printf(search->arena, "container endpoint %s", url),
                               &answer->credentials);
}
