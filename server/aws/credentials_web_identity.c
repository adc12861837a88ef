/* Web identity (EKS IRSA): STS gives keys for a token in a file. */
#include <inttypes.h>

#include "server/aws/credentials_sources.h"
#include "server/aws/uri.h"
#include "server/aws/xml.h"
#include "server/base/clock.h"

enum { TIMEOUT_MS = 10000, TRIES = 3 };

struct sts_answer {
  struct arena *arena;
  struct text key_id;
  struct text secret;
  struct text token;
  struct text expiration;
  struct text code;
  struct text message;
};

static void on_value(void *context, struct text path, struct text value)
{
  struct sts_answer *answer = context;
#define RESULT "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/"
  struct {
    struct text path;
    struct text *member;
  } members[] = {
      {TEXT(RESULT "AccessKeyId"), &answer->key_id},     {TEXT(RESULT "SecretAccessKey"), &answer->secret},
      {TEXT(RESULT "SessionToken"), &answer->token},     {TEXT(RESULT "Expiration"), &answer->expiration},
      {TEXT("ErrorResponse/Error/Code"), &answer->code}, {TEXT("ErrorResponse/Error/Message"), &answer->message},
  };
#undef RESULT
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal(path, members[i].path)) {
      *members[i].member = text_copy(answer->arena, value);
    }
  }
}

static const char *sts_url(const struct credentials_search *search)
{
  const char *url = search_variable(search, "AWS_ENDPOINT_URL_STS");
  url = url != NULL ? url : search_variable(search, "AWS_ENDPOINT_URL");
  if (url != NULL) {
    return url;
  }
  if (search->region[0] == '\0') {
    return "https://sts.amazonaws.com/";
  }
  const char *suffix = text_starts_with(text_from(search->region), TEXT("cn-")) ? ".cn" : "";
  return arena_printf(search->arena, "https://sts.%s.amazonaws.com%s/", search->region, suffix);
}

static void add_field(struct buffer *form, const char *name, struct text value)
{
  buffer_printf(form, "%s%s=", form->length > 0 ? "&" : "", name);
  uri_encode(form, value, false);
}

static struct error read_sts(const struct credentials_search *search, const struct fetch_answer *fetched, const char *source,
                             struct credentials *credentials)
{
  struct sts_answer answer = {.arena = search->arena};
  struct error error = xml_read(fetched->body, (struct xml_reader){&answer, on_value, NULL});
  if (fetched->status != 200) {
    return error_make(ERROR_INTERNAL, "%s: STS answered %d %.*s: %.*s", source, fetched->status,
                      TEXT_ARGS(text_cut(answer.code, 60)), TEXT_ARGS(text_cut(answer.message, 160)));
  }
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_INTERNAL, "%s: the answer of STS cannot be read: %s", source, error.detail);
  }
  TRY(credentials_set(credentials, answer.key_id, answer.secret, answer.token, source));
  if (!clock_parse(answer.expiration, &credentials->expires_at_us)) {
    return error_make(ERROR_INTERNAL, "%s: STS did not say when the keys end", source);
  }
  return error_none();
}

struct error web_identity_ask(const struct credentials_search *search, const char *token_file, const char *role,
                              const char *session_name, struct credentials *credentials)
{
  const char *source = arena_printf(search->arena, "web identity, role %s", role);
  struct text token;
  TRY(search_read_file(search, token_file, &token));
  while (token.length > 0 && (token.data[token.length - 1] == '\n' || token.data[token.length - 1] == '\r')) {
    token.length--;
  }
  if (session_name == NULL || session_name[0] == '\0') {
    session_name =
        arena_printf(search->arena, "crumbtrail-%" PRId64, search->world->now_us(search->world->context) / US_PER_SECOND);
  }
  struct buffer form = {0};
  add_field(&form, "Action", TEXT("AssumeRoleWithWebIdentity"));
  add_field(&form, "Version", TEXT("2011-06-15"));
  add_field(&form, "RoleArn", text_from(role));
  add_field(&form, "RoleSessionName", text_from(session_name));
  add_field(&form, "WebIdentityToken", token);
  struct fetch fetch = {.method = "POST",
                        .url = sts_url(search),
                        .headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"},
                        .header_count = 1,
                        .body = buffer_text(&form),
                        .timeout_ms = TIMEOUT_MS,
                        .tries = TRIES};
  struct fetch_answer answer;
  struct error error = search_fetch(search, &fetch, &answer);
  buffer_free(&form);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_INTERNAL, "%s: %s: %s", source, fetch.url, error.detail);
  }
  return read_sts(search, &answer, source, credentials);
}

struct error source_web_identity(const struct credentials_search *search, struct source_answer *answer)
{
  const char *token_file = search_variable(search, "AWS_WEB_IDENTITY_TOKEN_FILE");
  const char *role = search_variable(search, "AWS_ROLE_ARN");
  if (search->is_profile_setting || token_file == NULL) {
    answer->why = search->is_profile_setting ? "web identity is left aside for the setting aws-profile"
                                             : "no AWS_WEB_IDENTITY_TOKEN_FILE";
    return error_none();
  }
  if (role == NULL) {
    return error_make(ERROR_SETUP, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  }
  answer->found = true;
  return web_identity_ask(search, token_file, role, search_variable(search, "AWS_ROLE_SESSION_NAME"), &answer->credentials);
}
