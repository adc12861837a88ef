#include <inttypes.h>

#include "server/aws/client_state.h"
#include "server/aws/uri.h"
#include "server/base/clock.h"

enum { CONNECT_TIMEOUT_MS = 10000, RECEIVE_BYTES = 128 * 1024 };

static bool is_good_status(int status)
{
  return status >= 200 && status < 300;
}

static struct text received(const char *bytes, size_t length)
{
  return (struct text){bytes, length};
}

static void begin_answer(struct aws_request *request, struct text line)
{
  aws_request_begin_attempt(request);
  struct text rest = line;
  struct text protocol;
  struct text number;
  int64_t status = 0;
  if (text_split(&rest, ' ', &protocol) && text_split(&rest, ' ', &number) && text_to_int64(number, &status)) {
    request->status = (int)status;
  }
}

static void add_header(struct aws_request *request, struct text line)
{
  struct text value = line;
  struct text name;
  request->answer_head_bytes += line.length;
  if (!text_split(&value, ':', &name) || request->answer_header_count == ANSWER_HEADERS_MAX ||
      request->answer_head_bytes > ANSWER_HEAD_BYTES_MAX) {
    return;
  }
  struct text copy = text_copy(request->answer_arena, name);
  for (size_t i = 0; i < copy.length; i++) {
    char *byte = (char *)(uintptr_t)&copy.data[i];
    *byte = (char)(*byte >= 'A' && *byte <= 'Z' ? *byte - 'A' + 'a' : *byte);
  }
  request->answer_headers[request->answer_header_count++] =
      (struct signer_pair){copy, text_copy(request->answer_arena, text_trim(value))};
}

/* A body that is read on after a break: what has been given is not given again, and it must be the same object. */
static bool accept_resumed(struct transfer *transfer)
{
  struct aws_request *request = transfer->request;
  struct text etag = {"", 0};
  (void)aws_request_header(request, "etag", &etag);
  if (!request->head_was_given) {
    request->etag = text_copy(request->arena, etag);
    return true;
  }
  if (!text_equal(etag, request->etag)) {
    return false;
  }
  transfer->skip_bytes = request->status == 206 ? 0 : request->received_bytes;
  return true;
}

static bool end_head(struct transfer *transfer)
{
  struct aws_request *request = transfer->request;
  if (request->status < 200) {
    return true;
  }
  transfer->is_body = true;
  if (!is_good_status(request->status)) {
    return true;
  }
  if (!accept_resumed(transfer)) {
    return false;
  }
  if (!request->head_was_given) {
    request->head_was_given = true;
    if (request->handlers.on_head != NULL) {
      request->handlers.on_head(request, request->handlers.context);
    }
  }
  return true;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
  struct transfer *transfer = context;
  struct text line = received(bytes, size * count);
  while (line.length > 0 && (line.data[line.length - 1] == '\r' || line.data[line.length - 1] == '\n')) {
    line.length--;
  }
  if (text_starts_with(line, TEXT("HTTP/"))) {
    begin_answer(transfer->request, line);
  } else if (line.length > 0 && !transfer->is_body) {
    add_header(transfer->request, line);
  } else if (line.length == 0 && !transfer->is_body && !end_head(transfer)) {
    return 0;
  }
  return size * count;
}

static size_t collect(struct transfer *transfer, struct text bytes, size_t cap)
{
  struct buffer *body = &transfer->request->answer_body;
  if (body->length + bytes.length > cap) {
    transfer->is_over_cap = true;
    return 0;
  }
  buffer_append_text(body, bytes);
  return bytes.length;
}

/* The beginning of a refusal is enough. */
static void collect_refusal(struct aws_request *request, struct text bytes)
{
  if (request->answer_body.length + bytes.length <= REQUEST_ERROR_BODY_MAX) {
    buffer_append_text(&request->answer_body, bytes);
  }
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
  struct transfer *transfer = context;
  struct aws_request *request = transfer->request;
  struct text bytes = received(data, size * count);
  if (!is_good_status(request->status)) {
    collect_refusal(request, bytes);
    return size * count;
  }
  if (request->handlers.on_data == NULL) {
    return collect(transfer, bytes, request->body_max_bytes);
  }
  size_t skipped = (int64_t)bytes.length < transfer->skip_bytes ? bytes.length : (size_t)transfer->skip_bytes;
  bytes = (struct text){bytes.data + skipped, bytes.length - skipped};
  enum aws_flow flow = bytes.length > 0 ? request->handlers.on_data(request, bytes, request->handlers.context) : AWS_GO_ON;
  if (flow == AWS_PAUSE) {
    transfer->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer->skip_bytes -= (int64_t)skipped;
  transfer->was_stopped = flow == AWS_STOP;
  request->received_bytes += (int64_t)bytes.length;
  return flow == AWS_STOP ? 0 : size * count;
}

static void send_header(struct transfer *transfer, struct text name, struct text value)
{
  const char *separator = value.length > 0 ? ": " : ":";
  struct curl_slist *longer = curl_slist_append(
      transfer->headers, arena_printf(transfer->arena, "%.*s%s%.*s", TEXT_ARGS(name), separator, TEXT_ARGS(value)));
  if (longer == NULL) {
    error_out_of_memory(name.length + value.length);
  }
  transfer->headers = longer;
}

static int64_t signing_time_us(const struct aws_client *client)
{
  return clock_now_us() + client->clock_offset_us;
}

/* Signed with the others: Range and If-Match belong to one attempt alone. */
static size_t gather_headers(struct transfer *transfer, struct text host, struct signer_pair *headers)
{
  const struct aws_request *request = transfer->request;
  size_t count = 0;
  headers[count++] = (struct signer_pair){TEXT("host"), host};
  for (size_t i = 0; i < request->header_count; i++) {
    headers[count++] = request->headers[i];
  }
  if (request->service == AWS_S3) {
    headers[count++] = (struct signer_pair){TEXT("x-amz-content-sha256"), text_from(request->payload_hash)};
  }
  int64_t first = request->range_first + request->received_bytes;
  if (first > 0 || request->range_last > 0) {
    const char *range = request->range_last > 0
                            ? arena_printf(transfer->arena, "bytes=%" PRId64 "-%" PRId64, first, request->range_last)
                            : arena_printf(transfer->arena, "bytes=%" PRId64 "-", first);
    headers[count++] = (struct signer_pair){TEXT("range"), text_from(range)};
  }
  if (request->received_bytes > 0) {
    headers[count++] = (struct signer_pair){TEXT("if-match"), request->etag};
  }
  return count;
}

static void sign(struct aws_client *client, struct transfer *transfer, const struct credentials *credentials,
                 const struct endpoint *endpoint)
{
  const struct aws_request *request = transfer->request;
  struct signer_pair headers[REQUEST_HEADERS_MAX + 4];
  size_t count = gather_headers(transfer, endpoint->host, headers);
  struct signer_request to_sign = {.method = text_from(request->method),
                                   .path = endpoint->path,
                                   .path_as_is = request->service == AWS_S3,
                                   .query = request->query,
                                   .query_count = request->query_count,
                                   .headers = headers,
                                   .header_count = count,
                                   .payload_hash = text_from(request->payload_hash)};
  struct signer_scope scope = {.access_key_id = text_from(credentials->access_key_id),
                               .secret_access_key = text_from(credentials->secret_access_key),
                               .session_token = text_from(credentials->session_token),
                               .region = text_from(endpoint->region),
                               .service = text_from(endpoint->service),
                               .time_us = signing_time_us(client)};
  struct signer_signature signature;
  signer_sign(transfer->arena, &to_sign, &scope, &signature);
  for (size_t i = 1; i < count; i++) { /* libcurl writes Host itself */
    send_header(transfer, headers[i].name, headers[i].value);
  }
  send_header(transfer, TEXT("x-amz-date"), signature.date);
  if (scope.session_token.length > 0) {
    send_header(transfer, TEXT("x-amz-security-token"), scope.session_token);
  }
  send_header(transfer, TEXT("authorization"), signature.authorization);
}

static void set_body(CURL *easy, const struct aws_request *request)
{
  if (strcmp(request->method, "HEAD") == 0) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (strcmp(request->method, "GET") != 0) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data != NULL ? request->body.data : "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
  }
}

static void set_options(struct aws_client *client, struct transfer *transfer, const char *url)
{
  CURL *easy = transfer->easy;
  const struct aws_request *request = transfer->request;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "crumbtrail/" CRUMBTRAIL_VERSION);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  if (!request->is_stream) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(client->timeout_ms + request->more_time_ms));
  }
  if (client->ca_file != NULL) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
  }
  struct uri uri;
  if (uri_parse(text_from(url), &uri).code == ERROR_NONE && uri_is_loopback(&uri)) {
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  }
  set_body(easy, request);
  send_header(transfer, TEXT("expect"), TEXT("")); /* "expect:" keeps libcurl from waiting for 100 Continue */
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
}

struct error transfer_start(struct aws_client *client, struct transfer *transfer, struct aws_request *request,
                            const struct credentials *credentials, const char *region)
{
  const struct bucket_place *place = request->service == AWS_S3 ? bucket_places_find(&client->places, request->bucket) : NULL;
  const char *known_region = place != NULL && place->region[0] != '\0' ? place->region : region;
  struct endpoint endpoint;
  TRY(endpoint_of(transfer->arena, &client->endpoints, request, known_region, place != NULL ? place->authority : "",
                  &endpoint));
  client->free_transfers = transfer->next_free;
  client->running_count++;
  transfer->request = request;
  request->transfer = transfer;
  transfer->region = endpoint.region;
  transfer->is_paused = transfer->was_stopped = transfer->is_over_cap = transfer->is_body = false;
  transfer->skip_bytes = 0;
  transfer->progress_bytes = 0;
  transfer->progress_at_us = clock_monotonic_us();
  transfer->problem[0] = '\0';
  request->attempts++;
  aws_request_begin_attempt(request);
  if (request->service != AWS_PLAIN) {
    memcpy(transfer->access_key_id, credentials->access_key_id, sizeof transfer->access_key_id);
    sign(client, transfer, credentials, &endpoint);
  }
  set_options(client, transfer, endpoint.url);
  curl_multi_add_handle(client->multi, transfer->easy);
  return error_none();
}

void transfer_end(struct transfer *transfer)
{
  struct aws_client *client = transfer->client;
  curl_multi_remove_handle(client->multi, transfer->easy);
  curl_slist_free_all(transfer->headers);
  transfer->headers = NULL;
  transfer->request->transfer = NULL;
  transfer->request = NULL;
  arena_reset(transfer->arena);
  transfer->next_free = client->free_transfers;
  client->free_transfers = transfer;
  client->running_count--;
}

void transfer_resume(struct transfer *transfer)
{
  if (transfer->is_paused) {
    transfer->is_paused = false;
    transfer->progress_at_us = clock_monotonic_us();
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  }
}

bool transfer_stands_still(struct transfer *transfer, int64_t now_us)
{
  if (transfer->is_paused || !transfer->request->is_stream) {
    return false;
  }
  curl_off_t sent = 0;
  curl_off_t received = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  if (sent + received >= transfer->progress_bytes + PROGRESS_BYTES) {
    transfer->progress_bytes = sent + received;
    transfer->progress_at_us = now_us;
  }
  return now_us - transfer->progress_at_us > transfer->client->timeout_ms * US_PER_MS;
}
