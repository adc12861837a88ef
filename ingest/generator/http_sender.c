#include "ingest/generator/http_sender.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

enum { ANSWER_MAX_BYTES = 64 * 1024, FAILURE_MAX = 400, URL_MAX = 2048 };
static const int64_t BATCH_OPEN_US = 20 * US_PER_MS;
static const int64_t PAUSE_FIRST_US = 100 * US_PER_MS;
static const int64_t PAUSE_LONGEST_US = 5 * US_PER_SECOND;
static const long TIMEOUT_MS = 60000;

enum transfer_state { TRANSFER_FREE, TRANSFER_RUNNING, TRANSFER_PAUSED };

struct transfer {
  CURL *easy;
  enum transfer_state state;
  struct buffer body;
  struct buffer answer;
  char url[URL_MAX];
  const char *method; /* NULL: POST of events */
  int events;
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
  struct arena *arena;
  struct buffer open; /* the batch that is being filled */
  int open_events;
  int64_t open_since_us;
  bool hopeless;
  char failure[FAILURE_MAX];
  struct http_sender_totals totals;
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

static void prepare_transfer(struct http_sender *sender, struct transfer *transfer)
{
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL) {
    abort();
  }
  CURL *easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sender->headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
}

struct error http_sender_new(struct http_sender_settings settings, struct http_sender **out)
{
  struct text url = text_from(settings.url);
  if (!text_starts_with(url, TEXT("http://")) && !text_starts_with(url, TEXT("https://"))) {
    return error_at(ERROR_SETUP, "to", "%s is not an http:// or https:// URL", settings.url);
  }
  if (url.length >= URL_MAX / 2) {
    return error_at(ERROR_SETUP, "to", "the URL is too long");
  }
  assert(settings.connections > 0 && settings.batch_events > 0);
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
  sender->arena = arena_new(16384);
  sender->multi = curl_multi_init();
  curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)settings.connections + 4);
  sender->headers = curl_slist_append(NULL, "Content-Type: application/json");
  sender->headers = curl_slist_append(sender->headers, "Expect:");
  if (settings.ingest_key[0] != '\0') {
    sender->headers = curl_slist_append(sender->headers, arena_printf(sender->arena, "x-ingest-key: %s", settings.ingest_key));
  }
  for (int i = 0; i < settings.connections; i++) {
    prepare_transfer(sender, &sender->transfers[i]);
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
    buffer_free(&transfer->body);
    buffer_free(&transfer->answer);
  }
  curl_multi_cleanup(sender->multi);
  curl_slist_free_all(sender->headers);
  curl_global_cleanup();
  buffer_free(&sender->open);
  arena_free(sender->arena);
  free(sender->transfers);
  free(sender->free_transfers);
  free(sender);
}

static bool is_stopped(const struct http_sender *sender)
{
  return sender->hopeless || (sender->settings.stop != NULL && *sender->settings.stop != 0);
}

static void remember_failure(struct http_sender *sender, const char *what, struct text detail)
{
  if (sender->failure[0] == '\0') {
    snprintf(sender->failure, sizeof sender->failure, "%s%s%.*s", what, detail.length > 0 ? ": " : "",
             detail.length > 200 ? 200 : (int)detail.length, detail.data == NULL ? "" : detail.data);
  }
}

static void release(struct http_sender *sender, struct transfer *transfer)
{
  transfer->state = TRANSFER_FREE;
  sender->free_transfers[sender->free_count++] = (int)(transfer - sender->transfers);
}

static void give_up(struct http_sender *sender, struct transfer *transfer)
{
  if (transfer->method != NULL) {
    sender->totals.calls_failed++;
  }
  sender->totals.failed += transfer->events;
  release(sender, transfer);
}

static void start(struct http_sender *sender, struct transfer *transfer)
{
  CURL *easy = transfer->easy;
  buffer_clear(&transfer->answer);
  curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
  if (transfer->method == NULL) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.length);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
  transfer->state = TRANSFER_RUNNING;
  sender->totals.requests++;
  if (curl_multi_add_handle(sender->multi, easy) != CURLM_OK) {
    abort();
  }
}

/* Growing pauses; the server's Retry-After only ever makes them longer. */
static void pause_transfer(struct http_sender *sender, struct transfer *transfer, curl_off_t retry_after_s)
{
  int doublings = transfer->attempts < 6 ? transfer->attempts : 6;
  int64_t pause_us = PAUSE_FIRST_US << doublings;
  if (retry_after_s > 0 && retry_after_s * US_PER_SECOND > pause_us) {
    pause_us = retry_after_s * US_PER_SECOND;
  }
  transfer->attempts++;
  transfer->retry_at_us = clock_monotonic_us() + (pause_us < PAUSE_LONGEST_US ? pause_us : PAUSE_LONGEST_US);
  transfer->state = TRANSFER_PAUSED;
  sender->paused_count++;
  sender->totals.retries++;
}

/* {"stored":1,"duplicates":0,"rejected":0}; true when the three add up to what was sent. */
static bool read_counts(struct http_sender *sender, const struct transfer *transfer, int64_t counts[3])
{
  static const char *const NAMES[3] = {"stored", "duplicates", "rejected"};
  const struct json *answer = NULL;
  arena_reset(sender->arena);
  struct error error = json_parse(sender->arena, buffer_text(&transfer->answer), JSON_LIMITS_DEFAULT, &answer);
  int64_t sum = 0;
  for (int i = 0; i < 3 && error.code == ERROR_NONE; i++) {
    const struct json *count = json_member(answer, text_from(NAMES[i]));
    if (count == NULL) {
      return false;
    }
    error = json_read_int64(count, 0, INT32_MAX, &counts[i]);
    sum += counts[i];
  }
  return error.code == ERROR_NONE && sum == transfer->events;
}

static void count_answer(struct http_sender *sender, struct transfer *transfer, long status)
{
  int64_t counts[3] = {0};
  if (transfer->method != NULL) {
    bool gone = status == 404 && strcmp(transfer->method, "DELETE") == 0;
    if (status / 100 != 2 && !gone) {
      char what[64];
      snprintf(what, sizeof what, "%s answered with status %ld", transfer->method, status);
      remember_failure(sender, what, buffer_text(&transfer->answer));
      sender->totals.calls_failed++;
    }
  } else if (read_counts(sender, transfer, counts)) {
    sender->totals.stored += counts[0];
    sender->totals.duplicates += counts[1];
    sender->totals.rejected += counts[2];
  } else if (status == 400 && transfer->events == 1) {
    sender->totals.rejected++;
  } else {
    char what[64];
    snprintf(what, sizeof what, "answered with status %ld", status);
    remember_failure(sender, what, buffer_text(&transfer->answer));
    sender->totals.failed += transfer->events;
    sender->hopeless = sender->hopeless || status == 401 || status == 403 || status == 404 || status == 405;
  }
  release(sender, transfer);
}

static void finish_transfer(struct http_sender *sender, CURL *easy, CURLcode result)
{
  struct transfer *transfer = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  curl_multi_remove_handle(sender->multi, easy);
  if (result != CURLE_OK) {
    pause_transfer(sender, transfer, 0);
    return;
  }
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
  if (status >= 500 || status == 429) {
    pause_transfer(sender, transfer, retry_after_s);
  } else {
    count_answer(sender, transfer, status);
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

static struct transfer *take_free(struct http_sender *sender)
{
  if (sender->free_count == 0) {
    return NULL;
  }
  struct transfer *transfer = &sender->transfers[sender->free_transfers[--sender->free_count]];
  transfer->attempts = 0;
  buffer_clear(&transfer->body);
  return transfer;
}

static void send_open_batch(struct http_sender *sender)
{
  struct transfer *transfer = sender->open_events > 0 ? take_free(sender) : NULL;
  if (transfer == NULL) {
    return;
  }
  struct buffer emptied = transfer->body;
  if (sender->settings.batch_events > 1) {
    buffer_append_char(&sender->open, ']');
  }
  transfer->body = sender->open;
  sender->open = emptied;
  transfer->events = sender->open_events;
  sender->open_events = 0;
  transfer->method = NULL;
  snprintf(transfer->url, sizeof transfer->url, "%s", sender->settings.url);
  start(sender, transfer);
}

/* One round: everything that can go on goes on; then waits until `until_us`, or until a transfer moves. */
static void turn(struct http_sender *sender, int64_t until_us)
{
  int64_t now_us = clock_monotonic_us();
  int64_t wake_us = wake_paused(sender, now_us);
  if (sender->open_events > 0 && now_us - sender->open_since_us >= BATCH_OPEN_US) {
    send_open_batch(sender);
  }
  int running = 0;
  curl_multi_perform(sender->multi, &running);
  int left = 0;
  bool finished = false;
  for (CURLMsg *message; (message = curl_multi_info_read(sender->multi, &left)) != NULL; finished = true) {
    finish_transfer(sender, message->easy_handle, message->data.result);
  }
  wake_us = wake_us < until_us ? wake_us : until_us;
  if (sender->open_events > 0 && sender->open_since_us + BATCH_OPEN_US < wake_us) {
    wake_us = sender->open_since_us + BATCH_OPEN_US;
  }
  int64_t wait_ms = (wake_us - clock_monotonic_us() + US_PER_MS - 1) / US_PER_MS;
  if (!finished && wait_ms > 0) {
    curl_multi_poll(sender->multi, NULL, 0, wait_ms < 200 ? (int)wait_ms : 200, NULL);
  }
}

static bool wait_for_free(struct http_sender *sender)
{
  while (sender->free_count == 0 && !is_stopped(sender)) {
    turn(sender, INT64_MAX);
  }
  return !is_stopped(sender);
}

bool http_sender_event(struct http_sender *sender, struct text event)
{
  if (!wait_for_free(sender)) {
    return false;
  }
  bool batches = sender->settings.batch_events > 1;
  if (sender->open_events == 0) {
    sender->open_since_us = clock_monotonic_us();
  }
  if (batches) {
    buffer_append_char(&sender->open, sender->open_events == 0 ? '[' : ',');
  }
  buffer_append_text(&sender->open, event);
  sender->open_events++;
  sender->totals.sent++;
  if (sender->open_events >= sender->settings.batch_events) {
    send_open_batch(sender);
  }
  return true;
}

bool http_sender_call(struct http_sender *sender, const char *method, const char *path)
{
  if (!wait_for_free(sender)) {
    return false;
  }
  const char *authority = strstr(sender->settings.url, "://") + 3;
  size_t base_length = (size_t)(authority - sender->settings.url) + strcspn(authority, "/?#");
  struct transfer *transfer = take_free(sender);
  transfer->method = method;
  transfer->events = 0;
  snprintf(transfer->url, sizeof transfer->url, "%.*s%s", (int)base_length, sender->settings.url, path);
  start(sender, transfer);
  return true;
}

void http_sender_run(struct http_sender *sender, int64_t until_us)
{
  do {
    turn(sender, until_us);
  } while (clock_monotonic_us() < until_us && !is_stopped(sender));
}

static bool all_answered(const struct http_sender *sender)
{
  return sender->open_events == 0 && sender->free_count == sender->settings.connections;
}

void http_sender_finish(struct http_sender *sender, int grace_ms)
{
  int64_t stopped_at_us = 0;
  while (!all_answered(sender)) {
    if (stopped_at_us == 0 && is_stopped(sender)) {
      stopped_at_us = clock_monotonic_us();
    }
    if (stopped_at_us != 0 && clock_monotonic_us() - stopped_at_us > grace_ms * US_PER_MS) {
      break;
    }
    send_open_batch(sender);
    turn(sender, clock_monotonic_us() + 100 * US_PER_MS);
  }
  for (int i = 0; i < sender->settings.connections; i++) {
    struct transfer *transfer = &sender->transfers[i];
    if (transfer->state == TRANSFER_FREE) {
      continue;
    }
    remember_failure(sender, "not delivered when stopped", (struct text){0});
    curl_multi_remove_handle(sender->multi, transfer->easy);
    give_up(sender, transfer);
  }
  sender->totals.failed += sender->open_events;
  sender->open_events = 0;
  sender->paused_count = 0;
}

struct http_sender_totals http_sender_totals(const struct http_sender *sender)
{
  return sender->totals;
}

const char *http_sender_failure(const struct http_sender *sender)
{
  return sender->failure;
}
