/* Where the AWS keys come from, and that they never run out: the chain of sources with its background refresh.
 *
 * In this order, the first that has keys wins: environment (left aside when a profile is set), web identity (STS), shared files
 * with profiles, container endpoint (ECS, EKS Pod Identity), instance metadata (IMDSv2, never v1).
 * Nothing is asked before the first credentials_get. Keys that end are renewed 15 minutes before; from 10 minutes before each
 * failure is logged; while they are valid the old ones stay in use.
 * Owns: one thread and the keys. Thread: any may ask. */
#ifndef CRUMBTRAIL_SERVER_AWS_CREDENTIALS_H
#define CRUMBTRAIL_SERVER_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

enum { CREDENTIALS_KEY_ID_MAX = 160, CREDENTIALS_SECRET_MAX = 256, CREDENTIALS_TOKEN_MAX = 8192, CREDENTIALS_SOURCE_MAX = 200 };
enum { AWS_REGION_MAX = 32 };

struct credentials {
  char access_key_id[CREDENTIALS_KEY_ID_MAX];
  char secret_access_key[CREDENTIALS_SECRET_MAX];
  char session_token[CREDENTIALS_TOKEN_MAX]; /* "" = none */
  char source[CREDENTIALS_SOURCE_MAX];       /* for the operator */
  int64_t expires_at_us;                     /* 0: never */
};

/* The outside world, so that tests can put another in its place. */
struct credentials_world;

struct credentials_chain;

struct credentials_settings {
  const char *profile;                   /* "" or NULL: AWS_PROFILE, else default */
  const char *region;                    /* "" or NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the instance's */
  const struct credentials_world *world; /* NULL: this machine */
  void (*on_change)(void *context);      /* an answer of credentials_get may be another now; on the chain's thread */
  void *context;
};

struct error credentials_chain_start(struct credentials_settings settings, struct credentials_chain **chain) ERROR_MUST_CHECK;
void credentials_chain_stop(struct credentials_chain *chain); /* accepts NULL; waits for at most one request's time limit */

enum credentials_state {
  CREDENTIALS_READY,
  CREDENTIALS_COMING, /* being looked for: on_change says when to ask again */
  CREDENTIALS_MISSING /* none were found lately; looked for again a while later */
};
/* Never waits. *error says what was tried when MISSING. */
enum credentials_state credentials_get(struct credentials_chain *chain, struct credentials *credentials, struct error *error);
/* The same for the region, which needs no keys. Without `ask_instance` the instance metadata are left alone. */
enum credentials_state credentials_region(struct credentials_chain *chain, bool ask_instance, char out[AWS_REGION_MAX],
                                          struct error *error);
/* AWS says that these have ended or are unknown: look again before the next use. Ignored unless they are still the current. */
void credentials_refused(struct credentials_chain *chain, const char *access_key_id);

/* "AKIA****MPLE"; shorter ones "****". At least CREDENTIALS_KEY_ID_MAX bytes. */
void credentials_mask(const char *access_key_id, char out[CREDENTIALS_KEY_ID_MAX]);

#endif
