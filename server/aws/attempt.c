#include <inttypes.h>
#include <stdio.h>

#include "server/aws/answer.h"
#include "server/aws/client_state.h"
#include "server/aws/retry.h"
#include "server/base/clock.h"
#include "server/log.h"

static void store(char *out, size_t out_bytes, struct text value)
{
  struct text cut = text_cut(value, out_bytes - 1);
  if (cut.length > 0) {
    memcpy(out, cut.data, cut.length);
  }
  out[cut.length] = '\0';
}

void attempt_finish(struct aws_request *request, enum aws_result result, bool is_temporary, struct error error)
{
  struct aws_outcome outcome = {
      .result = result, .is_temporary = is_temporary, .status = request->status, .attempts = request->attempts, .error = error};
  client_hand_back(request, &outcome);
}

static struct error describe(const struct aws_request *request, enum error_code code, const char *what)
{
  const char *times = request->attempts > 1 ? arena_printf(request->arena, " (after %d tries)", request->attempts) : "";
  return error_make(code, "%s %.*s: %s%s", request->operation, TEXT_ARGS(request->subject), what, times);
}

/* --- before --- */

static bool has_keys(struct aws_client *client, struct aws_request *request, struct credentials *credentials,
                     char region[AWS_REGION_MAX])
{
  struct error error = error_none();
  bool is_own = endpoint_is_own(&client->endpoints, request);
  enum credentials_state state = credentials_get(client->chain, credentials, &error);
  if (state == CREDENTIALS_READY) {
    state = credentials_region(client->chain, !is_own, region, &error);
    if (state == CREDENTIALS_MISSING && is_own) {
      snprintf(region, AWS_REGION_MAX, "us-east-1"); /* what such servers expect */
      state = CREDENTIALS_READY;
    }
  }
  if (state == CREDENTIALS_COMING) {
    request_list_add(&client->blocked, request);
  } else if (state == CREDENTIALS_MISSING) {
    attempt_finish(request, AWS_NO_CREDENTIALS, true, error);
  }
  return state == CREDENTIALS_READY;
}

static void delay(struct aws_client *client, struct aws_request *request, int64_t until_us)
{
  request->start_at_us = until_us;
  request_list_add(&client->delayed, request);
}

void attempt_begin(struct aws_client *client, struct aws_request *request)
{
  struct credentials credentials;
  char region[AWS_REGION_MAX] = "";
  int64_t slow_until_us = client->slow_until_us[request->service];
  if (slow_until_us > clock_monotonic_us()) {
    delay(client, request, slow_until_us + (int64_t)(client_random(client) % (uint64_t)(100 * US_PER_MS)));
    return;
  }
  if (request->service != AWS_PLAIN && !has_keys(client, request, &credentials, region)) {
    return;
  }
  struct error error = transfer_start(client, client->free_transfers, request, &credentials, region);
  if (error.code != ERROR_NONE) {
    attempt_finish(request, AWS_REFUSED, false, error);
  }
}

/* --- after --- */

/* One end of an attempt: what libcurl says, or what AWS says. */
struct attempt {
  enum aws_result result;
  enum retry_action action;
  struct answer_error answer;
  const char *problem; /* of the connection, in the request's arena */
  const char *region;  /* that was signed for; in the request's arena */
  const char *access_key_id;
  bool was_reading; /* a 2xx answer broke off */
};

/* No other attempt would end otherwise. */
static bool is_final(CURLcode result)
{
  return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE || result == CURLE_URL_MALFORMAT ||
         result == CURLE_UNSUPPORTED_PROTOCOL;
}

static void read_connection_problem(const struct transfer *transfer, CURLcode result, struct attempt *attempt)
{
  const struct aws_request *request = transfer->request;
  const char *words = transfer->problem[0] != '\0' ? transfer->problem : curl_easy_strerror(result);
  attempt->problem = arena_printf(request->arena, "%s", words);
  attempt->action = RETRY_AGAIN;
  attempt->result = result == CURLE_OPERATION_TIMEDOUT ? AWS_TIMED_OUT : AWS_UNREACHABLE;
  if (transfer->was_stopped) {
    attempt->result = AWS_CANCELLED;
    attempt->problem = "was stopped";
    attempt->action = RETRY_NOT;
  } else if (transfer->is_over_cap) {
    attempt->result = AWS_TOO_LARGE;
    attempt->problem = arena_printf(request->arena, "the answer is over %zu bytes", request->body_max_bytes);
    attempt->action = RETRY_NOT;
  } else if (result == CURLE_WRITE_ERROR) {
    attempt->result = AWS_BROKEN;
    attempt->problem = "the object changed while it was read";
    attempt->action = RETRY_NOT;
  } else if (is_final(result) || (request->received_bytes > 0 && (!request->is_resumable || request->etag.length == 0))) {
    attempt->action = RETRY_NOT; /* also: what was given cannot be taken back */
  }
}

static void read_refusal(const struct aws_request *request, struct attempt *attempt)
{
  answer_read_error(request, &attempt->answer);
  attempt->result = AWS_REFUSED;
  attempt->action = retry_judge(request->status, attempt->answer.code, attempt->answer.message);
  if (request->received_bytes > 0 && request->status == 412) {
    attempt->result = AWS_BROKEN;
    attempt->problem = "the object changed while it was read";
  }
}

static bool is_trusted_authority(const struct aws_client *client, const struct aws_request *request, struct text authority)
{
  struct text rest = authority;
  struct text host;
  if (!text_split(&rest, ':', &host)) {
    return false;
  }
  if (!endpoint_is_own(&client->endpoints, request)) {
    return text_ends_with(host, TEXT(".amazonaws.com")) || text_ends_with(host, TEXT(".amazonaws.com.cn"));
  }
  const char *own = strstr(client->endpoints.urls[request->service], "://") + 3;
  struct text own_host = {own, strcspn(own, ":/")};
  return text_ends_with(host, own_host) &&
         (host.length == own_host.length || host.data[host.length - own_host.length - 1] == '.');
}

static bool follow_region(struct aws_client *client, struct aws_request *request, const struct attempt *attempt)
{
  struct text region = attempt->answer.region;
  if (request->service != AWS_S3 || ++request->redirects > RETRY_REDIRECTS_MAX) {
    return false;
  }
  struct text authority = attempt->answer.authority;
  bool is_other_region = region.length > 0 && !text_equal(region, text_from(attempt->region));
  bool is_enough = is_other_region && !endpoint_is_own(&client->endpoints, request);
  if (is_enough || !is_trusted_authority(client, request, authority)) {
    authority = TEXT("");
  }
  if (!is_other_region && authority.length == 0) {
    return false;
  }
  bool is_new = bucket_places_learn(&client->places, request->bucket, region, authority);
  if (is_new) {
    LOG_INFO("aws_bucket_elsewhere", "bucket=%s region=%s host=%s", log_quote(request->bucket), log_quote(region),
             log_quote(authority));
  }
  return is_new || is_other_region; /* another request may have learned it meanwhile */
}

static bool correct_clock(struct aws_client *client, struct aws_request *request)
{
  int64_t server_us;
  if (request->clock_was_corrected || !answer_read_date(request, &server_us)) {
    return false;
  }
  request->clock_was_corrected = true;
  client->clock_offset_us = server_us - clock_now_us();
  LOG_WARNING("aws_clock_corrected", "offset_s=%" PRId64, client->clock_offset_us / US_PER_SECOND);
  return true;
}

static bool renew_credentials(struct aws_client *client, struct aws_request *request, const struct attempt *attempt)
{
  if (request->credentials_were_renewed) {
    return false;
  }
  request->credentials_were_renewed = true;
  credentials_refused(client->chain, attempt->access_key_id);
  return true;
}

static bool pause_before_next(struct aws_client *client, struct aws_request *request, const struct attempt *attempt)
{
  /* A big object may break off often, as long as each attempt brings something worth it. */
  bool came_forward = request->received_bytes - request->bytes_at_failure >= PROGRESS_BYTES;
  request->failures_in_a_row = came_forward ? 1 : request->failures_in_a_row + 1;
  request->bytes_at_failure = request->received_bytes;
  if (retry_is_exhausted(attempt->action, request->failures_in_a_row)) {
    return false;
  }
  int64_t delay_us =
      retry_delay_us(attempt->action, request->failures_in_a_row, answer_retry_after_s(request), client_random(client));
  int64_t until_us = clock_monotonic_us() + delay_us;
  if (attempt->action == RETRY_SLOWER && until_us > client->slow_until_us[request->service]) {
    client->slow_until_us[request->service] = until_us;
  }
  LOG_DEBUG("aws_retry", "operation=%s status=%d code=%s problem=%s delay_ms=%" PRId64, log_quote_cstring(request->operation),
            request->status, log_quote(attempt->answer.code),
            log_quote_cstring(attempt->problem != NULL ? attempt->problem : ""), delay_us / US_PER_MS);
  delay(client, request, until_us);
  return true;
}

static bool try_again(struct aws_client *client, struct aws_request *request, const struct attempt *attempt)
{
  bool is_soon = false;
  switch (attempt->action) {
  case RETRY_NOT:
    return false;
  case RETRY_AGAIN:
  case RETRY_SLOWER:
    return pause_before_next(client, request, attempt);
  case RETRY_REGION:
    is_soon = follow_region(client, request, attempt);
    break;
  case RETRY_CLOCK:
    is_soon = correct_clock(client, request);
    break;
  case RETRY_CREDENTIALS:
    is_soon = renew_credentials(client, request, attempt);
    break;
  }
  if (is_soon) {
    request_list_add(&client->ready, request);
  }
  return is_soon;
}

static enum error_code code_of_status(int status, enum retry_action action)
{
  if (action == RETRY_SLOWER) {
    return ERROR_BUSY;
  }
  switch (status) {
  case 400:
    return ERROR_BAD_INPUT;
  case 403:
    return ERROR_FORBIDDEN;
  case 404:
    return ERROR_NOT_FOUND;
  case 409:
    return ERROR_CONFLICT;
  case 413:
    return ERROR_BODY_TOO_LARGE;
  default:
    return ERROR_INTERNAL;
  }
}

static struct error refusal_error(const struct aws_request *request, const struct attempt *attempt)
{
  const struct answer_error *answer = &attempt->answer;
  const char *separator = answer->code.length > 0 && answer->message.length > 0 ? ": " : "";
  struct buffer words = {0};
  buffer_printf(&words, "%.*s%s%.*s", TEXT_ARGS(text_cut(answer->code, AWS_CODE_MAX)), separator,
                TEXT_ARGS(text_cut(answer->message, 160)));
  bool is_silent = words.length == 0;
  buffer_printf(&words, "%sHTTP %d", is_silent ? "" : " (", request->status);
  if (answer->request_id.length > 0) {
    buffer_printf(&words, ", request %.*s", TEXT_ARGS(text_cut(answer->request_id, AWS_REQUEST_ID_MAX)));
  }
  buffer_append_text(&words, is_silent ? TEXT("") : TEXT(")"));
  struct error error =
      describe(request, code_of_status(request->status, attempt->action), text_to_cstring(request->arena, buffer_text(&words)));
  buffer_free(&words);
  return error;
}

static void finish(struct aws_request *request, const struct attempt *attempt)
{
  struct aws_outcome outcome = {.result = attempt->result,
                                .is_temporary = (attempt->action != RETRY_NOT && attempt->action != RETRY_REGION) ||
                                                attempt->result == AWS_UNREACHABLE || attempt->result == AWS_TIMED_OUT ||
                                                attempt->result == AWS_BROKEN,
                                .status = request->status,
                                .attempts = request->attempts,
                                .error = error_none()};
  if (attempt->result == AWS_OK) {
    outcome.is_temporary = false;
  } else if (attempt->problem != NULL) {
    outcome.error = describe(request, ERROR_INTERNAL, attempt->problem);
  } else {
    outcome.error = refusal_error(request, attempt);
  }
  store(outcome.code, sizeof outcome.code, attempt->answer.code);
  store(outcome.message, sizeof outcome.message, attempt->answer.message);
  store(outcome.request_id, sizeof outcome.request_id, attempt->answer.request_id);
  client_hand_back(request, &outcome);
}

void attempt_end(struct transfer *transfer, CURLcode result)
{
  struct aws_client *client = transfer->client;
  struct aws_request *request = transfer->request;
  struct attempt attempt = {.result = AWS_OK, .action = RETRY_NOT};
  attempt.region = arena_printf(request->arena, "%s", transfer->region);
  attempt.access_key_id = arena_printf(request->arena, "%s", transfer->access_key_id);
  if (result != CURLE_OK) {
    read_connection_problem(transfer, result, &attempt);
  } else if (request->status < 200 || request->status >= 300) {
    read_refusal(request, &attempt);
  }
  transfer_end(transfer);
  bool is_again = attempt.result != AWS_OK && try_again(client, request, &attempt);
  if (is_again) {
    client_count(client->retries_total);
    return;
  }
  finish(request, &attempt);
}
