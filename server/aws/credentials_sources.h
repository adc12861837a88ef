/* The sources of keys that server/aws/credentials.c asks one after the other. Only for it and its tests.
 *
 * Each says in *found whether it has keys; when it has none *why tells the operator the reason in a few words. An error means
 * that it is set up and does not work: the chain stops there, because other keys than those meant would be worse than none.
 * Thread: the chain's. */
#ifndef CRUMBTRAIL_SERVER_AWS_CREDENTIALS_SOURCES_H
#define CRUMBTRAIL_SERVER_AWS_CREDENTIALS_SOURCES_H

#include <stdatomic.h>

#include "server/aws/credentials.h"
#include "server/aws/fetch.h"

struct credentials_world {
  void *context;
  const char *(*environment)(void *context, const char *name); /* NULL: not set */
  int64_t (*now_us)(void *context);
  struct error (*fetch)(void *context, struct arena *arena, const struct fetch *fetch, const atomic_bool *stop,
                        struct fetch_answer *answer);
};

struct credentials_search {
  const struct credentials_world *world;
  struct arena *arena;
  const atomic_bool *stop;
  const char *profile;     /* the name in force */
  bool is_profile_setting; /* by our own setting, not by AWS_PROFILE or as the default */
  const char *region;      /* "" = not known yet */
};

struct source_answer {
  bool found;
  const char *why; /* not found: "no AWS_ACCESS_KEY_ID" */
  struct credentials credentials;
};

struct error source_environment(const struct credentials_search *search, struct source_answer *answer) ERROR_MUST_CHECK;
struct error source_web_identity(const struct credentials_search *search, struct source_answer *answer) ERROR_MUST_CHECK;
struct error source_profile(const struct credentials_search *search, struct source_answer *answer) ERROR_MUST_CHECK;
struct error source_container(const struct credentials_search *search, struct source_answer *answer) ERROR_MUST_CHECK;
struct error source_instance(const struct credentials_search *search, struct source_answer *answer) ERROR_MUST_CHECK;

/* "" when there is none. */
struct error profile_region(const struct credentials_search *search, const char **region) ERROR_MUST_CHECK;
/* "" when the instance metadata do not answer; *why says the reason. */
const char *instance_region(const struct credentials_search *search, const char **why);

/* For the sources. */

/* NULL when not set or empty. */
const char *search_variable(const struct credentials_search *search, const char *name);
struct error search_fetch(const struct credentials_search *search, const struct fetch *fetch,
                          struct fetch_answer *answer) ERROR_MUST_CHECK;
/* A file of at most 64 KiB; ERROR_NOT_FOUND when there is none. */
struct error search_read_file(const struct credentials_search *search, const char *path, struct text *content) ERROR_MUST_CHECK;
/* ERROR_INTERNAL when one is too long, empty, or holds control characters. */
struct error credentials_set(struct credentials *credentials, struct text key_id, struct text secret, struct text token,
                             const char *source) ERROR_MUST_CHECK;
/* {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} as the container and instance endpoints answer. */
struct error credentials_from_json(const struct credentials_search *search, struct text json, const char *source,
                                   struct credentials *credentials) ERROR_MUST_CHECK;
/* By web identity: the variables or a profile name the file and the role. */
struct error web_identity_ask(const struct credentials_search *search, const char *token_file, const char *role,
                              const char *session_name, struct credentials *credentials) ERROR_MUST_CHECK;

#endif
