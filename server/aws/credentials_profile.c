/* ~/.aws/credentials and ~/.aws/config. */
#include <stdio.h>

#include "server/aws/credentials_sources.h"

/* What a profile says, from both files; empty: nothing. */
struct profile {
  bool exists;
  struct text access_key_id;
  struct text secret_access_key;
  struct text session_token;
  struct text region;
  struct text role_arn;
  struct text role_session_name;
  struct text web_identity_token_file;
  const char *unknown_way; /* of getting keys, that we do not go */
  const char *keys_path;   /* the file with the keys */
};

static const char *const OTHER_WAYS[] = {"credential_process", "sso_session",       "sso_start_url",
                                         "source_profile",     "credential_source", "mfa_serial"};

static const char *file_path(const struct credentials_search *search, const char *variable, const char *name)
{
  const char *path = search_variable(search, variable);
  const char *home = search_variable(search, "HOME");
  if (path != NULL && path[0] == '~' && path[1] == '/' && home != NULL) {
    return arena_printf(search->arena, "%s%s", home, path + 1);
  }
  return path != NULL ? path : arena_printf(search->arena, "%s/.aws/%s", home != NULL ? home : "", name);
}

/* "[profile ops]" of the config file, "[ops]" of the other; "[default]" of both. */
static bool is_section_of(struct text line, const char *profile, bool is_config)
{
  struct text name = {line.data + 1, line.length - 1};
  const char *end = memchr(name.data, ']', name.length);
  if (end == NULL) {
    return false;
  }
  name = text_trim((struct text){name.data, (size_t)(end - name.data)});
  bool is_prefixed = text_starts_with(name, TEXT("profile ")) || text_starts_with(name, TEXT("profile\t"));
  if (is_config && is_prefixed) {
    name = text_trim((struct text){name.data + 8, name.length - 8});
  } else if (is_config && !text_equal(name, TEXT("default"))) {
    return false;
  }
  if (name.length >= 2 && (name.data[0] == '"' || name.data[0] == '\'') && name.data[name.length - 1] == name.data[0]) {
    name = (struct text){name.data + 1, name.length - 2};
  }
  return text_equal(name, text_from(profile));
}

static struct text without_comment(struct text value)
{
  for (size_t i = 1; i < value.length; i++) {
    bool begins = value.data[i] == '#' || value.data[i] == ';';
    if (begins && (value.data[i - 1] == ' ' || value.data[i - 1] == '\t')) {
      return text_trim((struct text){value.data, i});
    }
  }
  return value;
}

static void set_value(struct profile *profile, struct text key, struct text value, const char *path)
{
  struct {
    const char *name;
    struct text *member;
  } members[] = {
      {"aws_access_key_id", &profile->access_key_id},
      {"aws_secret_access_key", &profile->secret_access_key},
      {"aws_session_token", &profile->session_token},
      {"region", &profile->region},
      {"role_arn", &profile->role_arn},
      {"role_session_name", &profile->role_session_name},
      {"web_identity_token_file", &profile->web_identity_token_file},
  };
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal_ignoring_case(key, text_from(members[i].name)) && members[i].member->length == 0) {
      *members[i].member = value;
      profile->keys_path = i == 0 ? path : profile->keys_path;
    }
  }
  for (size_t i = 0; i < sizeof OTHER_WAYS / sizeof OTHER_WAYS[0]; i++) {
    if (text_equal_ignoring_case(key, text_from(OTHER_WAYS[i]))) {
      profile->unknown_way = OTHER_WAYS[i];
    }
  }
}

/* The file that is read first wins. */
static struct error read_file(const struct credentials_search *search, const char *path, bool is_config,
                              struct profile *profile)
{
  struct text rest;
  struct text line;
  struct error error = search_read_file(search, path, &rest);
  if (error.code != ERROR_NONE) {
    return error.code == ERROR_NOT_FOUND ? error_none() : error;
  }
  bool is_ours = false;
  while (text_split(&rest, '\n', &line)) {
    if (text_ends_with(line, TEXT("\r"))) {
      line.length--;
    }
    struct text key;
    struct text value = text_trim(line);
    /* Indented lines belong to the value above: settings of a service, which hold no keys. */
    bool is_nested = line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
    if (value.length == 0 || value.data[0] == '#' || value.data[0] == ';' || is_nested) {
      continue;
    }
    if (value.data[0] == '[') {
      is_ours = is_section_of(value, search->profile, is_config);
      profile->exists = profile->exists || is_ours;
    } else if (is_ours && text_split(&value, '=', &key)) {
      set_value(profile, text_trim(key), without_comment(text_trim(value)), path);
    }
  }
  return error_none();
}

static struct error read_profile(const struct credentials_search *search, struct profile *profile)
{
  *profile = (struct profile){0};
  TRY(read_file(search, file_path(search, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), false, profile));
  return read_file(search, file_path(search, "AWS_CONFIG_FILE", "config"), true, profile);
}

struct error profile_region(const struct credentials_search *search, const char **region)
{
  struct profile profile;
  TRY(read_profile(search, &profile));
  *region = text_to_cstring(search->arena, profile.region);
  return error_none();
}

static struct error assume_by_profile(const struct credentials_search *search, const struct profile *profile,
                                      struct source_answer *answer)
{
  answer->found = true;
  return web_identity_ask(search, text_to_cstring(search->arena, profile->web_identity_token_file),
                          text_to_cstring(search->arena, profile->role_arn),
                          text_to_cstring(search->arena, profile->role_session_name), &answer->credentials);
}

struct error source_profile(const struct credentials_search *search, struct source_answer *answer)
{
  struct profile profile;
  TRY(read_profile(search, &profile));
  const char *credentials_path = file_path(search, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const char *config_path = file_path(search, "AWS_CONFIG_FILE", "config");
  bool was_asked_for = search->is_profile_setting || search_variable(search, "AWS_PROFILE") != NULL;
  bool is_usual =
      search_variable(search, "AWS_SHARED_CREDENTIALS_FILE") == NULL && search_variable(search, "AWS_CONFIG_FILE") == NULL;
  answer->why = is_usual ? arena_printf(search->arena, "no keys for profile %s in ~/.aws", search->profile)
                         : arena_printf(search->arena, "no keys for profile %s in %s, %s", search->profile, credentials_path,
                                        config_path);
  if (!profile.exists) {
    return was_asked_for
               ? error_make(ERROR_SETUP, "neither %s nor %s has a profile %s", credentials_path, config_path, search->profile)
               : error_none();
  }
  if (profile.role_arn.length > 0 && profile.web_identity_token_file.length > 0) {
    return assume_by_profile(search, &profile, answer);
  }
  if (profile.role_arn.length == 0 && profile.access_key_id.length > 0) {
    answer->found = true;
    const char *source = arena_printf(search->arena, "profile %s of %s", search->profile, profile.keys_path);
    return credentials_set(&answer->credentials, profile.access_key_id, profile.secret_access_key, profile.session_token,
                           source);
  }
  const char *way = profile.unknown_way != NULL ? profile.unknown_way : profile.role_arn.length > 0 ? "role_arn" : NULL;
  if (way == NULL) {
    return error_none();
  }
  return error_make(ERROR_SETUP,
                    "profile %s gets its keys by %s, which crumbtrail cannot do: name a profile with keys of its own or with "
                    "web_identity_token_file, or set AWS_ACCESS_KEY_ID and the others",
                    search->profile, way);
}
