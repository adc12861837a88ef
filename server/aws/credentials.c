#include "server/aws/credentials.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/aws/credentials_sources.h"
#include "server/base/clock.h"
#include "server/log.h"

enum { ARENA_BYTES = 16384, TURN_MAX_S = 60 };
static const int64_t ADVISORY_US = INT64_C(900) * US_PER_SECOND;
static const int64_t MANDATORY_US = INT64_C(600) * US_PER_SECOND;
static const int64_t RENEW_PAUSE_US = 60 * US_PER_SECOND;   /* between tries while the old ones are valid */
static const int64_t MISSING_PAUSE_US = 10 * US_PER_SECOND; /* and when there are none */

/* One thing that is looked for: the keys, or the region. */
struct quest {
  bool is_wanted;
  bool is_there;
  struct error error;   /* of the newest look; ERROR_NONE: it went well, or there was none yet */
  int64_t next_look_us; /* not before; by the world's clock */
};

struct credentials_chain {
  struct credentials_settings settings;
  const struct credentials_world *world;
  pthread_t thread;
  atomic_bool is_stopping;

  pthread_mutex_t lock;
  pthread_cond_t wanted;
  struct quest keys;
  struct credentials credentials;
  struct quest place;
  char refused_key_id[CREDENTIALS_KEY_ID_MAX];
  int64_t refused_at_us;
  bool may_ask_instance;
  char region[AWS_REGION_MAX];
};

/* --- this machine --- */

static const char *machine_environment(void *context, const char *name)
{
  (void)context;
  return getenv(name);
}

static int64_t machine_now_us(void *context)
{
  (void)context;
  return clock_now_us();
}

static struct error machine_fetch(void *context, struct arena *arena, const struct fetch *fetch, const atomic_bool *stop,
                                  struct fetch_answer *answer)
{
  (void)context;
  return fetch_wait(arena, fetch, stop, answer);
}

static const struct credentials_world MACHINE = {NULL, machine_environment, machine_now_us, machine_fetch};

/* --- looking --- */

static int64_t now_us(const struct credentials_chain *chain)
{
  return chain->world->now_us(chain->world->context);
}

static bool is_set(const char *text)
{
  return text != NULL && text[0] != '\0';
}

static struct credentials_search begin_search(const struct credentials_chain *chain, struct arena *arena)
{
  struct credentials_search search = {.world = chain->world, .arena = arena, .stop = &chain->is_stopping, .region = ""};
  search.is_profile_setting = is_set(chain->settings.profile);
  const char *variable = search_variable(&search, "AWS_PROFILE");
  search.profile = search.is_profile_setting ? chain->settings.profile : variable != NULL ? variable : "default";
  return search;
}

/* Setting, then environment; "" when neither says it. */
static const char *nearest_region(const struct credentials_chain *chain, const struct credentials_search *search)
{
  if (is_set(chain->settings.region)) {
    return chain->settings.region;
  }
  const char *region = search_variable(search, "AWS_REGION");
  region = region != NULL ? region : search_variable(search, "AWS_DEFAULT_REGION");
  return region != NULL ? region : "";
}

static struct error look_for_keys(const struct credentials_chain *chain, struct arena *arena, struct credentials *credentials)
{
  static struct error (*const sources[])(const struct credentials_search *search, struct source_answer *answer) = {
      source_environment, source_web_identity, source_profile, source_container, source_instance};
  struct credentials_search search = begin_search(chain, arena);
  search.region = nearest_region(chain, &search);
  if (search.region[0] == '\0') {
    TRY(profile_region(&search, &search.region));
  }
  struct buffer tried = {0};
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    struct source_answer *answer = arena_alloc(arena, sizeof *answer);
    struct error error = sources[i](&search, answer);
    if (error.code != ERROR_NONE || answer->found) {
      buffer_free(&tried);
      *credentials = answer->credentials;
      return error;
    }
    buffer_printf(&tried, "%s%s", i > 0 ? "; " : "", answer->why);
  }
  struct error error = error_make(ERROR_SETUP, "no AWS credentials were found: %s",
                                  text_to_cstring(arena, text_cut(buffer_text(&tried), ERROR_DETAIL_MAX - 40)));
  buffer_free(&tried);
  return error;
}

static struct error look_for_region(const struct credentials_chain *chain, struct arena *arena, bool ask_instance,
                                    char out[AWS_REGION_MAX])
{
  struct credentials_search search = begin_search(chain, arena);
  const char *region = nearest_region(chain, &search);
  const char *why = "instance metadata were not asked";
  if (region[0] == '\0') {
    TRY(profile_region(&search, &region));
  }
  if (region[0] == '\0' && ask_instance) {
    region = instance_region(&search, &why);
  }
  if (region[0] == '\0') {
    return error_make(ERROR_SETUP, "no AWS region: set aws-region or AWS_REGION, or `region` in the profile %s (%s)",
                      search.profile, why != NULL ? why : "instance metadata have none");
  }
  for (const char *at = region; *at != '\0'; at++) {
    bool is_good = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-';
    if (!is_good || at - region >= AWS_REGION_MAX - 1) {
      return error_make(ERROR_SETUP, "\"%.60s\" is not the name of an AWS region", region);
    }
  }
  snprintf(out, AWS_REGION_MAX, "%s", region);
  return error_none();
}

/* --- the thread --- */

static void keep_keys(struct credentials_chain *chain, const struct credentials *found, const struct error *error)
{
  int64_t now = now_us(chain);
  chain->keys.error = *error;
  if (error->code == ERROR_NONE) {
    chain->credentials = *found;
    chain->keys.is_there = true;
    bool ends = found->expires_at_us != 0;
    int64_t renew_at_us = found->expires_at_us - ADVISORY_US;
    chain->keys.next_look_us = !ends ? INT64_MAX : renew_at_us > now ? renew_at_us : now + RENEW_PAUSE_US;
    return;
  }
  bool is_valid = chain->keys.is_there && (chain->credentials.expires_at_us == 0 || chain->credentials.expires_at_us > now);
  chain->keys.next_look_us = now + (is_valid ? RENEW_PAUSE_US : MISSING_PAUSE_US);
  chain->keys.is_wanted = is_valid;
}

static void log_keys(const struct credentials_chain *chain, const struct credentials *found, const struct error *error)
{
  char masked[CREDENTIALS_KEY_ID_MAX];
  if (error->code == ERROR_NONE) {
    char ends[CLOCK_TEXT_MAX] = "never";
    if (found->expires_at_us != 0) {
      clock_format(found->expires_at_us, ends);
    }
    credentials_mask(found->access_key_id, masked);
    LOG_INFO("aws_credentials", "source=%s key_id=%s ends=%s", log_quote_cstring(found->source), masked, ends);
    return;
  }
  bool is_urgent = !chain->keys.is_there ||
                   (chain->credentials.expires_at_us != 0 && chain->credentials.expires_at_us - now_us(chain) < MANDATORY_US);
  log_error(is_urgent ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG, "aws_credentials_missing", error);
}

static bool is_due(const struct credentials_chain *chain, const struct quest *quest)
{
  return quest->is_wanted && now_us(chain) >= quest->next_look_us;
}

/* Both with the lock held, which is given back meanwhile. */
static void renew_keys(struct credentials_chain *chain, struct arena *arena)
{
  struct credentials *found = arena_alloc(arena, sizeof *found);
  pthread_mutex_unlock(&chain->lock);
  struct error error = look_for_keys(chain, arena, found);
  pthread_mutex_lock(&chain->lock);
  log_keys(chain, found, &error);
  keep_keys(chain, found, &error);
}

static void find_region(struct credentials_chain *chain, struct arena *arena)
{
  char region[AWS_REGION_MAX] = "";
  bool ask_instance = chain->may_ask_instance;
  pthread_mutex_unlock(&chain->lock);
  struct error error = look_for_region(chain, arena, ask_instance, region);
  pthread_mutex_lock(&chain->lock);
  chain->place.error = error;
  chain->place.is_there = error.code == ERROR_NONE;
  chain->place.is_wanted = ask_instance != chain->may_ask_instance && !chain->place.is_there;
  chain->place.next_look_us = chain->place.is_wanted ? 0 : now_us(chain) + MISSING_PAUSE_US;
  memcpy(chain->region, region, sizeof region);
}

static void wait_turn(struct credentials_chain *chain)
{
  int64_t left_us = TURN_MAX_S * US_PER_SECOND;
  if (chain->keys.is_wanted && chain->keys.next_look_us - now_us(chain) < left_us) {
    left_us = chain->keys.next_look_us - now_us(chain);
  }
  left_us = left_us > 0 ? left_us : 0;
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t until_us = until.tv_sec * US_PER_SECOND + until.tv_nsec / 1000 + left_us;
  until = (struct timespec){.tv_sec = until_us / US_PER_SECOND, .tv_nsec = (until_us % US_PER_SECOND) * 1000};
  pthread_cond_timedwait(&chain->wanted, &chain->lock, &until);
}

static void *run(void *context)
{
  struct credentials_chain *chain = context;
  struct arena *arena = arena_new(ARENA_BYTES);
  pthread_mutex_lock(&chain->lock);
  while (!atomic_load(&chain->is_stopping)) {
    bool is_keys_turn = is_due(chain, &chain->keys);
    bool is_place_turn = is_due(chain, &chain->place);
    if (!is_keys_turn && !is_place_turn) {
      wait_turn(chain);
      continue;
    }
    if (is_keys_turn) {
      renew_keys(chain, arena);
    }
    if (is_place_turn) {
      find_region(chain, arena);
    }
    arena_reset(arena);
    pthread_mutex_unlock(&chain->lock);
    if (chain->settings.on_change != NULL) {
      chain->settings.on_change(chain->settings.context);
    }
    pthread_mutex_lock(&chain->lock);
  }
  pthread_mutex_unlock(&chain->lock);
  arena_free(arena);
  return NULL;
}

/* --- any thread --- */

/* COMING, unless the newest look failed and it is too early for another. */
static enum credentials_state want(struct credentials_chain *chain, struct quest *quest, struct error *error)
{
  bool failed = quest->error.code != ERROR_NONE && !quest->is_wanted;
  if (failed && now_us(chain) < quest->next_look_us) {
    *error = quest->error;
    return CREDENTIALS_MISSING;
  }
  quest->is_wanted = true;
  pthread_cond_signal(&chain->wanted);
  return CREDENTIALS_COMING;
}

enum credentials_state credentials_get(struct credentials_chain *chain, struct credentials *credentials, struct error *error)
{
  pthread_mutex_lock(&chain->lock);
  enum credentials_state state = CREDENTIALS_READY;
  int64_t expires_at_us = chain->credentials.expires_at_us;
  if (chain->keys.is_there && (expires_at_us == 0 || expires_at_us > now_us(chain))) {
    *credentials = chain->credentials;
    if (is_due(chain, &chain->keys)) {
      pthread_cond_signal(&chain->wanted);
    }
  } else {
    state = want(chain, &chain->keys, error);
  }
  pthread_mutex_unlock(&chain->lock);
  return state;
}

enum credentials_state credentials_region(struct credentials_chain *chain, bool ask_instance, char out[AWS_REGION_MAX],
                                          struct error *error)
{
  pthread_mutex_lock(&chain->lock);
  enum credentials_state state = CREDENTIALS_READY;
  if (chain->place.is_there) {
    memcpy(out, chain->region, AWS_REGION_MAX);
  } else {
    if (ask_instance && !chain->may_ask_instance) {
      chain->may_ask_instance = true;
      chain->place.next_look_us = 0;
    }
    state = want(chain, &chain->place, error);
  }
  pthread_mutex_unlock(&chain->lock);
  return state;
}

void credentials_refused(struct credentials_chain *chain, const char *access_key_id)
{
  pthread_mutex_lock(&chain->lock);
  bool is_current = chain->keys.is_there && strcmp(chain->credentials.access_key_id, access_key_id) == 0;
  /* Refused again although they were just looked for: the source has no others. */
  bool is_again = strcmp(chain->refused_key_id, access_key_id) == 0 && now_us(chain) - chain->refused_at_us < MISSING_PAUSE_US;
  if (is_current && !is_again) {
    snprintf(chain->refused_key_id, sizeof chain->refused_key_id, "%s", access_key_id);
    chain->refused_at_us = now_us(chain);
    chain->keys = (struct quest){.is_wanted = true};
    pthread_cond_signal(&chain->wanted);
  }
  pthread_mutex_unlock(&chain->lock);
}

void credentials_mask(const char *access_key_id, char out[CREDENTIALS_KEY_ID_MAX])
{
  size_t length = strlen(access_key_id);
  if (length < 12) {
    snprintf(out, CREDENTIALS_KEY_ID_MAX, "****");
  } else {
    snprintf(out, CREDENTIALS_KEY_ID_MAX, "%.4s****%s", access_key_id, access_key_id + length - 4);
  }
}

static void destroy(struct credentials_chain *chain)
{
  pthread_cond_destroy(&chain->wanted);
  pthread_mutex_destroy(&chain->lock);
  explicit_bzero(&chain->credentials, sizeof chain->credentials);
  free(chain);
}

struct error credentials_chain_start(struct credentials_settings settings, struct credentials_chain **out)
{
  struct credentials_chain *chain = calloc(1, sizeof *chain);
  if (chain == NULL) {
    error_out_of_memory(sizeof *chain);
  }
  chain->settings = settings;
  chain->world = settings.world != NULL ? settings.world : &MACHINE;
  pthread_mutex_init(&chain->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&chain->wanted, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (pthread_create(&chain->thread, NULL, run, chain) != 0) {
    destroy(chain);
    return error_make(ERROR_SETUP, "a thread for AWS credentials cannot be started");
  }
  *out = chain;
  return error_none();
}

void credentials_chain_stop(struct credentials_chain *chain)
{
  if (chain == NULL) {
    return;
  }
  pthread_mutex_lock(&chain->lock);
  atomic_store(&chain->is_stopping, true);
  pthread_cond_signal(&chain->wanted);
  pthread_mutex_unlock(&chain->lock);
  pthread_join(chain->thread, NULL);
  destroy(chain);
}
