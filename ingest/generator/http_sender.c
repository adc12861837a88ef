#include "ingest/generator/http_sender.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/clock.h"

enum { ANSWER_MAX_BYTES = 64 * 1024, FAILURE_MAX = 400, URL_MAX = 2048, ATTEMPTS_IN_SILENCE = 4 };
static const int64_t PAUSE_FIRST_US = 100 * US_PER_MS;
static const int64_t PAUSE_LONGEST_US = 5 * US_PER_SECOND;
static const long TIMEOUT_MS = 180000; /* as long as Firehose waits */

enum transfer_state { TRANSFER_FREE, TRANSFER_RUNNING, TRANSFER_PAUSED };

struct transfer {
  CURL *easy;
  enum transfer_state state;
  struct buffer body;
  struct buffer answer;
  struct curl_slist *headers; /* of its own, or NULL: those of every request */
  struct http_post post;      /* url, body and headers are kept in the other members */
  char url[URL_MAX];
  char id[HTTP_POST_ID_MAX];
  int attempts;
  int64_t retry_at_us;
};

struct http_sender {
  struct http_sender_settings settings;
  CURLM *multi;
  struct curl_slist *headers;
  struct transfer *transfers;
  int *free_transfers;
  int free_count;
  int paused_count;
  int64_t (*on_turn)(void *context);
  void *on_turn_context;
  bool hopeless;
  bool said_trying;
  char failure[FAILURE_MAX];
  int64_t retries;
};

static size_t keep_answer(char *bytes, size_t size, size_t count, void *context)
{
  struct transfer *transfer = context;
  size_t length = size * count;
  if (transfer->answer.length + length <= ANSWER_MAX_BYTES) {
    buffer_append(&transfer->answer, bytes, length);
  }
  return length;
}

static struct curl_slist *add_headers(struct curl_slist *list, const char *const *headers)
{
  for (; headers != NULL && *headers != NULL; headers++) {
    struct curl_slist *longer = curl_slist_append(list, *headers);
    if (longer == NULL) {
      abort();
    }
    list = longer;
  }
  return list;
}

static struct curl_slist *common_headers(const struct http_sender_settings *settings)
{
  static const char *const ALWAYS[] = {"Content-Type: application/json", "Expect:", NULL};
  return add_headers(add_headers(NULL, ALWAYS), settings->headers);
}

static void prepare_transfer(struct transfer *transfer)
{
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL) {
    abort();
  }
  CURL *easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
}

struct error http_sender_check_url(const char *flag, const char *url)
{
  struct text text = text_from(url);
  if (!text_starts_with(text, TEXT("http://")) && !text_starts_with(text, TEXT("https://"))) {
    return error_at(ERROR_SETUP, flag, "--%s: %s is not an http:// or https:// URL", flag, url);
  }
  if (strcspn(strstr(url, "://") + 3, "/?#") == 0) {
    return error_at(ERROR_SETUP, flag, "--%s: %s names no host", flag, url);
  }
  if (text.length >= URL_MAX / 2) {
    return error_at(ERROR_SETUP, flag, "--%s: the URL is too long", flag);
  }
  return error_none();
}

struct error http_sender_new(struct http_sender_settings settings, struct http_sender **out)
{
  assert(settings.connections > 0);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return error_make(ERROR_SETUP, "libcurl cannot be initialised");
  }
  struct http_sender *sender = calloc(1, sizeof *sender);
  size_t count = (size_t)settings.connections;
  if (sender == NULL || (sender->transfers = calloc(count, sizeof *sender->transfers)) == NULL ||
      (sender->free_transfers = calloc(count, sizeof *sender->free_transfers)) == NULL) {
    abort();
  }
  sender->settings = settings;
  sender->multi = curl_multi_init();
  curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)settings.connections + 4);
  sender->headers = common_headers(&settings);
  for (int i = 0; i < settings.connections; i++) {
    prepare_transfer(&sender->transfers[i]);
    sender->free_transfers[sender->free_count++] = i;
  }
  *out = sender;
  return error_none();
}

void http_sender_free(struct http_sender *sender)
{
  if (sender == NULL) {
    return;
  }
  for (int i = 0; i < sender->settings.connections; i++) {
    struct transfer *transfer = &sender->transfers[i];
    curl_multi_remove_handle(sender->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buffer_free(&transfer->body);
    buffer_free(&transfer->answer);
  }
  curl_multi_cleanup(sender->multi);
  curl_slist_free_all(sender->headers);
  curl_global_cleanup();
  free(sender->transfers);
  free(sender->free_transfers);
  free(sender);
}

void http_sender_on_turn(struct http_sender *sender, int64_t (*on_turn)(void *context), void *context)
{
  sender->on_turn = on_turn;
  sender->on_turn_context = context;
}

bool http_sender_is_stopped(const struct http_sender *sender)
{
  return sender->hopeless || (sender->settings.stop != NULL && *sender->settings.stop != 0);
}

void http_sender_fail(struct http_sender *sender, bool is_hopeless, const char *what, struct text detail)
{
  sender->hopeless = sender->hopeless || is_hopeless;
  if (sender->failure[0] == '\0') {
    snprintf(sender->failure, sizeof sender->failure, "%s%s%.*s", what, detail.length > 0 ? ": " : "",
             detail.length > 200 ? 200 : (int)detail.length, detail.data == NULL ? "" : detail.data);
  }
}

void http_sender_fail_answer(struct http_sender *sender, const char *what, const struct http_answer *answer)
{
  long status = answer->status;
  char text[96];
  if (status == 0) {
    snprintf(text, sizeof text, "%s not delivered when stopped", what);
  } else {
    snprintf(text, sizeof text, "%s answered with status %ld", what, status);
  }
  bool is_hopeless = status == 401 || status == 403 || status == 404 || status == 405;
  http_sender_fail(sender, is_hopeless, text[0] == ' ' ? text + 1 : text, answer->body);
}

const char *http_sender_failure(const struct http_sender *sender)
{
  return sender->failure;
}

int64_t http_sender_retries(const struct http_sender *sender)
{
  return sender->retries;
}

/* Frees the transfer first: who is told may post again at once. */
static void finish(struct http_sender *sender, struct transfer *transfer, long status)
{
  struct http_post post = transfer->post;
  struct buffer answer = transfer->answer;
  char id[HTTP_POST_ID_MAX];
  memcpy(id, transfer->id, sizeof id);
  transfer->answer = (struct buffer){0};
  transfer->state = TRANSFER_FREE;
  sender->free_transfers[sender->free_count++] = (int)(transfer - sender->transfers);
  post.on_answer(post.context,
                 &(struct http_answer){.status = status, .body = buffer_text(&answer), .id = id, .events = post.events});
  buffer_free(&answer);
}

static void start(struct http_sender *sender, struct transfer *transfer)
{
  CURL *easy = transfer->easy;
  buffer_clear(&transfer->answer);
  curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers != NULL ? transfer->headers : sender->headers);
  if (strcmp(transfer->post.method, "POST") == 0) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.length);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->post.method);
  transfer->state = TRANSFER_RUNNING;
  if (curl_multi_add_handle(sender->multi, easy) != CURLM_OK) {
    abort();
  }
}

void http_sender_say_trying(struct http_sender *sender, const char *what, const char *reason)
{
  if (!sender->said_trying) {
    fprintf(stderr, "Trying again: %s: %s\n", what, reason);
    sender->said_trying = true;
  }
}

/* Growing pauses; the server's Retry-After only ever makes them longer. */
static void pause_transfer(struct http_sender *sender, struct transfer *transfer, curl_off_t retry_after_s, const char *reason)
{
  if (transfer->attempts >= ATTEMPTS_IN_SILENCE) {
    http_sender_say_trying(sender, transfer->url, reason);
  }
  int doublings = transfer->attempts < 6 ? transfer->attempts : 6;
  int64_t pause_us = PAUSE_FIRST_US << doublings;
  if (retry_after_s > 0 && retry_after_s * US_PER_SECOND > pause_us) {
    pause_us = retry_after_s * US_PER_SECOND;
  }
  transfer->attempts++;
  transfer->retry_at_us = clock_monotonic_us() + (pause_us < PAUSE_LONGEST_US ? pause_us : PAUSE_LONGEST_US);
  transfer->state = TRANSFER_PAUSED;
  sender->paused_count++;
  sender->retries++;
}

static void finish_transfer(struct http_sender *sender, CURL *easy, CURLcode result)
{
  struct transfer *transfer = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  curl_multi_remove_handle(sender->multi, easy);
  if (result != CURLE_OK) {
    pause_transfer(sender, transfer, 0, curl_easy_strerror(result));
    return;
  }
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
  if (status >= 500 || status == 429) {
    char reason[48];
    snprintf(reason, sizeof reason, "answered with status %ld", status);
    pause_transfer(sender, transfer, retry_after_s, reason);
  } else {
    finish(sender, transfer, status);
  }
}

/* Starts what waited long enough; returns when the next one is due. */
static int64_t wake_paused(struct http_sender *sender, int64_t now_us)
{
  int64_t next_us = INT64_MAX;
  for (int i = 0; sender->paused_count > 0 && i < sender->settings.connections; i++) {
    struct transfer *transfer = &sender->transfers[i];
    if (transfer->state != TRANSFER_PAUSED) {
      continue;
    }
    if (transfer->retry_at_us <= now_us) {
      sender->paused_count--;
      start(sender, transfer);
    } else if (transfer->retry_at_us < next_us) {
      next_us = transfer->retry_at_us;
    }
  }
  return next_us;
}

bool http_sender_can_post(const struct http_sender *sender)
{
  return sender->free_count > 0;
}

void http_sender_post(struct http_sender *sender, const struct http_post *post)
{
  assert(sender->free_count > 0 && strlen(post->url) < URL_MAX);
  struct transfer *transfer = &sender->transfers[sender->free_transfers[--sender->free_count]];
  transfer->post = *post;
  transfer->attempts = 0;
  buffer_clear(&transfer->body);
  if (post->body != NULL) {
    struct buffer emptied = transfer->body;
    transfer->body = *post->body;
    *post->body = emptied;
  }
  curl_slist_free_all(transfer->headers);
  transfer->headers = post->headers != NULL ? add_headers(common_headers(&sender->settings), post->headers) : NULL;
  snprintf(transfer->url, sizeof transfer->url, "%s", post->url);
  snprintf(transfer->id, sizeof transfer->id, "%s", post->id != NULL ? post->id : "");
  start(sender, transfer);
}

void http_sender_turn(struct http_sender *sender, int64_t until_us)
{
  int64_t wake_us = wake_paused(sender, clock_monotonic_us());
  if (sender->on_turn != NULL) {
    int64_t wanted_us = sender->on_turn(sender->on_turn_context);
    wake_us = wanted_us < wake_us ? wanted_us : wake_us;
  }
  int running = 0;
  curl_multi_perform(sender->multi, &running);
  int left = 0;
  bool finished = false;
  for (CURLMsg *message; (message = curl_multi_info_read(sender->multi, &left)) != NULL; finished = true) {
    finish_transfer(sender, message->easy_handle, message->data.result);
  }
  wake_us = wake_us < until_us ? wake_us : until_us;
  int64_t wait_ms = (wake_us - clock_monotonic_us() + US_PER_MS - 1) / US_PER_MS;
  if (!finished && wait_ms > 0) {
    curl_multi_poll(sender->multi, NULL, 0, wait_ms < 200 ? (int)wait_ms : 200, NULL);
  }
}

void http_sender_wake(struct http_sender *sender)
{
  curl_multi_wakeup(sender->multi);
}

bool http_sender_wait(struct http_sender *sender)
{
  while (sender->free_count == 0 && !http_sender_is_stopped(sender)) {
    http_sender_turn(sender, INT64_MAX);
  }
  return !http_sender_is_stopped(sender);
}

bool http_sender_is_idle(const struct http_sender *sender)
{
  return sender->free_count == sender->settings.connections;
}

bool http_sender_only_retries(const struct http_sender *sender)
{
  return sender->paused_count == sender->settings.connections - sender->free_count;
}

void http_sender_give_up(struct http_sender *sender)
{
  for (int i = 0; i < sender->settings.connections; i++) {
    struct transfer *transfer = &sender->transfers[i];
    if (transfer->state == TRANSFER_FREE) {
      continue;
    }
    sender->paused_count -= transfer->state == TRANSFER_PAUSED;
    curl_multi_remove_handle(sender->multi, transfer->easy);
    finish(sender, transfer, 0);
  }
}
