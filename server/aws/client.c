#include "server/aws/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/aws/client_state.h"
#include "server/base/clock.h"
#include "server/config.h"

enum { REQUESTS_MAX_DEFAULT = 64, TIMEOUT_MS_DEFAULT = 30000, TRANSFER_ARENA_BYTES = 8192 };

static void on_credentials_change(void *context)
{
  struct aws_client *client = context;
  pthread_mutex_lock(&client->lock);
  client->has_news = true;
  pthread_cond_broadcast(&client->credentials_changed);
  pthread_mutex_unlock(&client->lock);
  curl_multi_wakeup(client->multi);
}

/* --- any thread --- */

struct error aws_submit(struct aws_client *client, struct aws_request *request)
{
  assert(request->attempts == 0 && (request->handlers.on_done != NULL || request->waiter != NULL));
  struct error error = error_none();
  pthread_mutex_lock(&client->lock);
  if (client->is_stopping) {
    error = error_make(ERROR_SHUTTING_DOWN, "the program is stopping");
  } else if (client->waiting_count >= AWS_WAITING_MAX + client->requests_max) {
    error = error_make(ERROR_BUSY, "%d requests to AWS wait already", AWS_WAITING_MAX);
  } else {
    request->client = client;
    request->is_submitted = true;
    client->waiting_count++;
    request_list_add(&client->incoming, request);
  }
  pthread_mutex_unlock(&client->lock);
  if (error.code == ERROR_NONE) {
    curl_multi_wakeup(client->multi);
  }
  return error;
}

bool aws_only_retries(struct aws_client *client)
{
  pthread_mutex_lock(&client->lock);
  bool only_retries = client->only_retries && client->incoming.first == NULL;
  pthread_mutex_unlock(&client->lock);
  return only_retries;
}

struct error aws_call(struct aws_client *client, struct aws_request *request, struct aws_outcome *outcome)
{
  assert(!pthread_equal(pthread_self(), client->thread));
  struct aws_call_waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
  request->waiter = &waiter;
  struct error error = aws_submit(client, request);
  if (error.code != ERROR_NONE) {
    waiter.outcome = (struct aws_outcome){.result = AWS_CANCELLED, .is_temporary = true, .error = error};
  } else {
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.is_done) {
      pthread_cond_wait(&waiter.done, &waiter.lock);
    }
    pthread_mutex_unlock(&waiter.lock);
  }
  pthread_cond_destroy(&waiter.done);
  pthread_mutex_destroy(&waiter.lock);
  request->waiter = NULL;
  if (outcome != NULL) {
    *outcome = waiter.outcome;
  }
  return waiter.outcome.error;
}

static void touch(struct aws_request *request, bool wants_cancel)
{
  struct aws_client *client = request->client;
  pthread_mutex_lock(&client->lock);
  bool is_running = request->is_submitted;
  if (is_running) {
    request->wants_cancel = request->wants_cancel || wants_cancel;
    request->wants_resume = true;
    if (!request->is_touched) {
      request->is_touched = true;
      request->next_touched = client->touched;
      client->touched = request;
    }
  }
  pthread_mutex_unlock(&client->lock);
  if (is_running) {
    curl_multi_wakeup(client->multi);
  }
}

void aws_resume(struct aws_request *request)
{
  touch(request, false);
}

void aws_cancel(struct aws_request *request)
{
  touch(request, true);
}

struct error aws_client_identity(struct aws_client *client, struct arena *arena, struct aws_identity *identity)
{
  struct credentials credentials;
  char region[AWS_REGION_MAX];
  char masked[CREDENTIALS_KEY_ID_MAX];
  struct error error = error_none();
  *identity =
      (struct aws_identity){.source = "", .masked_key_id = "", .region = "", .s3_url = "", .sqs_url = "", .iot_url = ""};
  pthread_mutex_lock(&client->lock);
  enum credentials_state keys = CREDENTIALS_COMING;
  enum credentials_state place = CREDENTIALS_COMING;
  struct error no_region = error_none();
  while ((keys = credentials_get(client->chain, &credentials, &error)) == CREDENTIALS_COMING ||
         (place = credentials_region(client->chain, true, region, &no_region)) == CREDENTIALS_COMING) {
    pthread_cond_wait(&client->credentials_changed, &client->lock);
  }
  pthread_mutex_unlock(&client->lock);
  if (place == CREDENTIALS_READY) {
    identity->region = arena_printf(arena, "%s", region);
    identity->s3_url = endpoint_base(arena, &client->endpoints, AWS_S3, identity->region);
    identity->sqs_url = endpoint_base(arena, &client->endpoints, AWS_SQS, identity->region);
    identity->iot_url = endpoint_base(arena, &client->endpoints, AWS_IOT_DATA, identity->region);
  }
  if (keys != CREDENTIALS_READY) {
    return error;
  }
  credentials_mask(credentials.access_key_id, masked);
  identity->source = arena_printf(arena, "%s", credentials.source);
  identity->masked_key_id = arena_printf(arena, "%s", masked);
  identity->expires_at_us = credentials.expires_at_us;
  return place == CREDENTIALS_READY ? error_none() : no_region;
}

/* --- start and stop --- */

struct aws_settings aws_settings_of(const struct config *config, struct metrics *metrics)
{
  return (struct aws_settings){.region = config->aws_region,
                               .profile = config->aws_profile,
                               .endpoint_url = config->aws_endpoint_url,
                               .s3_endpoint_url = config->s3_endpoint_url,
                               .s3_path_style = config->s3_path_style,
                               .sqs_endpoint_url = config->sqs_endpoint_url,
                               .sns_endpoint_url = config->sns_endpoint_url,
                               .iot_endpoint_url = config->iot_endpoint_url,
                               .iot_service_name = config->iot_service_name,
                               .requests_max = (int)config->aws_requests_max,
                               .timeout_ms = config->aws_timeout_ms,
                               .metrics = metrics};
}

static void make_transfers(struct aws_client *client)
{
  client->transfers = calloc(client->requests_max, sizeof *client->transfers);
  if (client->transfers == NULL) {
    error_out_of_memory(client->requests_max * sizeof *client->transfers);
  }
  for (size_t i = client->requests_max; i-- > 0;) {
    struct transfer *transfer = &client->transfers[i];
    transfer->client = client;
    transfer->arena = arena_new(TRANSFER_ARENA_BYTES);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
      error_out_of_memory(sizeof *transfer);
    }
    transfer->next_free = client->free_transfers;
    client->free_transfers = transfer;
  }
}

static void count_into(struct aws_client *client, struct metrics *metrics)
{
  static const char *const services[AWS_SERVICE_COUNT] = {"plain", "s3", "sqs", "iot", "sns"};
  static const char *const results[2] = {"ok", "failed"};
  for (size_t i = 0; metrics != NULL && i < AWS_SERVICE_COUNT; i++) {
    for (size_t j = 0; j < 2; j++) {
      char labels[64];
      snprintf(labels, sizeof labels, "service=\"%s\",result=\"%s\"", services[i], results[j]);
      client->requests_total[i][j] = metrics_counter(metrics, "crumbtrail_aws_requests_total", labels,
                                                     "Requests to AWS by their end, retries not counted.");
    }
  }
  if (metrics != NULL) {
    client->retries_total =
        metrics_counter(metrics, "crumbtrail_aws_retries_total", "", "Requests to AWS that were sent once more.");
  }
}

static void destroy(struct aws_client *client)
{
  for (size_t i = 0; i < client->requests_max; i++) {
    curl_easy_cleanup(client->transfers[i].easy);
    arena_free(client->transfers[i].arena);
  }
  curl_multi_cleanup(client->multi);
  curl_global_cleanup();
  pthread_cond_destroy(&client->credentials_changed);
  pthread_mutex_destroy(&client->lock);
  free(client->transfers);
  free(client);
}

struct error aws_client_start(struct aws_settings settings, struct aws_client **out)
{
  struct endpoints endpoints;
  TRY(endpoints_from(&settings, &endpoints));
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return error_make(ERROR_SETUP, "libcurl cannot be initialised");
  }
  struct aws_client *client = calloc(1, sizeof *client);
  if (client == NULL) {
    error_out_of_memory(sizeof *client);
  }
  client->endpoints = endpoints;
  client->requests_max = settings.requests_max > 0 ? (size_t)settings.requests_max : REQUESTS_MAX_DEFAULT;
  client->timeout_ms = settings.timeout_ms > 0 ? settings.timeout_ms : TIMEOUT_MS_DEFAULT;
  const char *ca_file = getenv("AWS_CA_BUNDLE");
  client->ca_file = ca_file != NULL && ca_file[0] != '\0' ? ca_file : NULL;
  client->random = (uint64_t)clock_now_us() | 1;
  pthread_mutex_init(&client->lock, NULL);
  pthread_cond_init(&client->credentials_changed, NULL);
  client->multi = curl_multi_init();
  curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)client->requests_max + 8);
  make_transfers(client);
  count_into(client, settings.metrics);
  struct credentials_settings credentials = {
      .profile = settings.profile, .region = settings.region, .on_change = on_credentials_change, .context = client};
  struct error error = credentials_chain_start(credentials, &client->chain);
  if (error.code == ERROR_NONE && pthread_create(&client->thread, NULL, client_run, client) != 0) {
    error = error_make(ERROR_SETUP, "a thread for AWS cannot be started");
  }
  if (error.code != ERROR_NONE) {
    credentials_chain_stop(client->chain);
    destroy(client);
    return error;
  }
  *out = client;
  return error_none();
}

void aws_client_stop(struct aws_client *client)
{
  if (client == NULL) {
    return;
  }
  pthread_mutex_lock(&client->lock);
  client->is_stopping = true;
  pthread_mutex_unlock(&client->lock);
  curl_multi_wakeup(client->multi);
  pthread_join(client->thread, NULL);
  credentials_chain_stop(client->chain);
  destroy(client);
}
