#include "server/aws/credentials_sources.h"

#include <errno.h>
#include <stdio.h>

#include "server/base/clock.h"
#include "server/json/reader.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

const char *search_variable(const struct credentials_search *search, const char *name)
{
  const char *value = search->world->environment(search->world->context, name);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

struct error search_fetch(const struct credentials_search *search, const struct fetch *fetch, struct fetch_answer *answer)
{
  *answer = (struct fetch_answer){0};
  return search->world->fetch(search->world->context, search->arena, fetch, search->stop, answer);
}

struct error search_read_file(const struct credentials_search *search, const char *path, struct text *content)
{
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return error_make(errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND : ERROR_INTERNAL, "%s cannot be read: %s", path,
                      strerror(errno));
  }
  char *bytes = arena_alloc_bytes(search->arena, FILE_BYTES_MAX + 1);
  size_t length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
  bool failed = ferror(file) != 0;
  fclose(file);
  if (failed || length > FILE_BYTES_MAX || memchr(bytes, '\0', length) != NULL) {
    return error_make(ERROR_INTERNAL, "%s is not a text of at most %d bytes", path, FILE_BYTES_MAX);
  }
  *content = (struct text){bytes, length};
  return error_none();
}

/* A line end in a key would end the header that carries it. */
static bool store(char *out, size_t out_bytes, struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    if ((unsigned char)value.data[i] <= ' ' || (unsigned char)value.data[i] >= 0x7f) {
      return false;
    }
  }
  if (value.length >= out_bytes) {
    return false;
  }
  if (value.length > 0) {
    memcpy(out, value.data, value.length);
  }
  out[value.length] = '\0';
  return true;
}

struct error credentials_set(struct credentials *credentials, struct text key_id, struct text secret, struct text token,
                             const char *source)
{
  *credentials = (struct credentials){0};
  struct text cut = text_cut(text_from(source), CREDENTIALS_SOURCE_MAX - 1);
  memcpy(credentials->source, cut.data, cut.length);
  if (key_id.length == 0 || !store(credentials->access_key_id, sizeof credentials->access_key_id, key_id)) {
    return error_make(ERROR_INTERNAL, "%s: the access key id is empty, too long or no plain text", source);
  }
  if (secret.length == 0 || !store(credentials->secret_access_key, sizeof credentials->secret_access_key, secret)) {
    return error_make(ERROR_INTERNAL, "%s: the secret access key is empty, too long or no plain text", source);
  }
  if (!store(credentials->session_token, sizeof credentials->session_token, token)) {
    return error_make(ERROR_INTERNAL, "%s: the session token is too long or no plain text", source);
  }
  return error_none();
}

static struct text member_text(const struct json *object, const char *name)
{
  const struct json *member = json_member(object, text_from(name));
  return member != NULL && member->type == JSON_STRING ? member->text : TEXT("");
}

struct error credentials_from_json(const struct credentials_search *search, struct text input, const char *source,
                                   struct credentials *credentials)
{
  const struct json *root;
  struct error error = json_parse(search->arena, input, JSON_LIMITS_DEFAULT, &root);
  if (error.code != ERROR_NONE) {
    return error_make(ERROR_INTERNAL, "%s: the answer is no JSON: %s", source, error.detail);
  }
  struct text code = member_text(root, "Code");
  if (code.length > 0 && !text_equal(code, TEXT("Success"))) {
    return error_make(ERROR_INTERNAL, "%s: %.*s: %.*s", source, TEXT_ARGS(text_cut(code, 60)),
                      TEXT_ARGS(text_cut(member_text(root, "Message"), 160)));
  }
  TRY(credentials_set(credentials, member_text(root, "AccessKeyId"), member_text(root, "SecretAccessKey"),
                      member_text(root, "Token"), source));
  struct text expiration = member_text(root, "Expiration");
  if (expiration.length > 0 && !clock_parse(expiration, &credentials->expires_at_us)) {
    return error_make(ERROR_INTERNAL, "%s: the Expiration \"%.*s\" is no time", source, TEXT_ARGS(text_cut(expiration, 40)));
  }
  return error_none();
}

struct error source_environment(const struct credentials_search *search, struct source_answer *answer)
{
  const char *key_id = search_variable(search, "AWS_ACCESS_KEY_ID");
  const char *secret = search_variable(search, "AWS_SECRET_ACCESS_KEY");
  const char *token = search_variable(search, "AWS_SESSION_TOKEN");
  const char *expiration = search_variable(search, "AWS_CREDENTIAL_EXPIRATION");
  if (search->is_profile_setting) {
    answer->why = "the environment is left aside for the setting aws-profile";
    return error_none();
  }
  if (key_id == NULL && secret == NULL) {
    answer->why = "no AWS_ACCESS_KEY_ID";
    return error_none();
  }
  if (key_id == NULL || secret == NULL) {
    return error_make(ERROR_SETUP, "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set");
  }
  token = token != NULL ? token : search_variable(search, "AWS_SECURITY_TOKEN");
  TRY(credentials_set(&answer->credentials, text_from(key_id), text_from(secret), text_from(token), "environment"));
  if (expiration != NULL && !clock_parse(text_from(expiration), &answer->credentials.expires_at_us)) {
    return error_make(ERROR_SETUP, "AWS_CREDENTIAL_EXPIRATION \"%.40s\" is no time", expiration);
  }
  answer->found = true;
  return error_none();
}
