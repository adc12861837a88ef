#include "server/aws/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <time.h>

#include "server/base/clock.h"

enum { TURN_MS = 50, PAUSE_MS = 1000 };

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
  struct buffer *body = context;
  if (body->length + size * count > FETCH_BODY_MAX) {
    return 0;
  }
  buffer_append(body, bytes, size * count);
  return size * count;
}

static int on_progress(void *context, curl_off_t download_total, curl_off_t downloaded, curl_off_t upload_total,
                       curl_off_t uploaded)
{
  (void)download_total;
  (void)downloaded;
  (void)upload_total;
  (void)uploaded;
  const atomic_bool *stop = context;
  return atomic_load(stop) ? 1 : 0;
}

static struct curl_slist *set_options(CURL *easy, const struct fetch *fetch, const atomic_bool *stop, struct buffer *body)
{
  struct curl_slist *headers = NULL;
  for (size_t i = 0; i < fetch->header_count; i++) {
    headers = curl_slist_append(headers, fetch->headers[i]);
  }
  curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)(uintptr_t)stop);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)fetch->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  const char *ca_file = getenv("AWS_CA_BUNDLE");
  if (ca_file != NULL && ca_file[0] != '\0') {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  }
  if (fetch->is_local) {
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  }
  if (strcmp(fetch->method, "GET") != 0) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->body.length > 0 ? fetch->body.data : "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->body.length);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, fetch->method);
  }
  return headers;
}

static struct error try_once(struct arena *arena, const struct fetch *fetch, const atomic_bool *stop,
                             struct fetch_answer *answer)
{
  struct buffer body = {0};
  char problem[CURL_ERROR_SIZE] = "";
  CURL *easy = curl_easy_init();
  if (easy == NULL) {
    error_out_of_memory(sizeof *answer);
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, problem);
  struct curl_slist *headers = set_options(easy, fetch, stop, &body);
  CURLcode result = curl_easy_perform(easy);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer->status = (int)status;
  answer->body = text_copy(arena, buffer_text(&body));
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  buffer_free(&body);
  if (result == CURLE_OK) {
    return error_none();
  }
  return error_make(ERROR_INTERNAL, "%s", problem[0] != '\0' ? problem : curl_easy_strerror(result));
}

static void wait_or_stop(const atomic_bool *stop)
{
  for (int waited_ms = 0; waited_ms < PAUSE_MS && !atomic_load(stop); waited_ms += TURN_MS) {
    struct timespec turn = {.tv_nsec = TURN_MS * 1000000L};
    nanosleep(&turn, NULL);
  }
}

struct error fetch_wait(struct arena *arena, const struct fetch *fetch, const atomic_bool *stop, struct fetch_answer *answer)
{
  for (int tried = 1;; tried++) {
    struct error error = try_once(arena, fetch, stop, answer);
    bool is_final = error.code == ERROR_NONE && answer->status < 500;
    if (is_final || tried >= fetch->tries || atomic_load(stop)) {
      return error;
    }
    wait_or_stop(stop);
  }
}
