#include "ingest/alerts/courier_transport.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/aws/uri.h"

enum { CONNECT_TIMEOUT_MS = 10000, ANSWER_MAX = 1024, KEPT_CONNECTIONS_MAX = 64, PROBLEM_MAX = 200 };

/* One message on its way. */
struct carriage {
  struct courier_transport *transport;
  struct arena *arena;
  void *flight;
  CURL *easy;
  struct curl_slist *headers;
  struct curl_slist *recipients;
  struct text mail; /* what is left to be sent of it */
  bool is_mail;
  bool host_is_named;   /* the operator has allowed it by name */
  bool was_not_allowed; /* it led to an address that is not allowed */
  struct buffer answer; /* the beginning */
  char problem[CURL_ERROR_SIZE];
  struct carriage *next;
  struct carriage *previous;
};

struct courier_transport {
  struct courier_transport_settings settings;
  CURLM *multi;
  struct carriage *first;
};

struct courier_transport *courier_transport_new(struct courier_transport_settings settings)
{
  struct courier_transport *transport = calloc(1, sizeof *transport);
  if (transport == NULL) {
    error_out_of_memory(sizeof *transport);
  }
  transport->settings = settings;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  transport->multi = curl_multi_init();
  if (transport->multi == NULL) {
    error_out_of_memory(0);
  }
  curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS_MAX);
  return transport;
}

static void end(struct carriage *carriage)
{
  struct courier_transport *transport = carriage->transport;
  curl_multi_remove_handle(transport->multi, carriage->easy);
  curl_easy_cleanup(carriage->easy);
  curl_slist_free_all(carriage->headers);
  curl_slist_free_all(carriage->recipients);
  buffer_free(&carriage->answer);
  if (carriage->previous != NULL) {
    carriage->previous->next = carriage->next;
  } else {
    transport->first = carriage->next;
  }
  if (carriage->next != NULL) {
    carriage->next->previous = carriage->previous;
  }
  arena_free(carriage->arena); /* it lives in it */
}

void courier_transport_free(struct courier_transport *transport)
{
  if (transport == NULL) {
    return;
  }
  while (transport->first != NULL) {
    end(transport->first);
  }
  curl_multi_cleanup(transport->multi);
  curl_global_cleanup();
  free(transport);
}

/* ---- what libcurl asks ---- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
  struct carriage *carriage = context;
  (void)purpose;
  if (!carriage->is_mail && !carriage->host_is_named &&
      !egress_allows_address(carriage->transport->settings.egress, &address->addr)) {
    carriage->was_not_allowed = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t keep_answer(char *bytes, size_t size, size_t count, void *context)
{
  struct carriage *carriage = context;
  const size_t length = size * count;
  const size_t room = ANSWER_MAX - carriage->answer.length;
  buffer_append(&carriage->answer, bytes, length < room ? length : room);
  return length;
}

/* Of SMTP each line of the server comes as a header; a refusal among them is worth keeping. */
static size_t keep_refusal(char *bytes, size_t size, size_t count, void *context)
{
  struct carriage *carriage = context;
  const size_t length = size * count;
  const bool is_refusal = length > 3 && (bytes[0] == '4' || bytes[0] == '5') && bytes[1] >= '0' && bytes[1] <= '9';
  if (carriage->is_mail && is_refusal) {
    buffer_clear(&carriage->answer);
    buffer_append(&carriage->answer, bytes, length < ANSWER_MAX ? length : ANSWER_MAX);
  }
  return length;
}

static size_t give_mail(char *out, size_t size, size_t count, void *context)
{
  struct carriage *carriage = context;
  const size_t room = size * count;
  const size_t length = carriage->mail.length < room ? carriage->mail.length : room;
  if (length > 0) {
    memcpy(out, carriage->mail.data, length);
  }
  carriage->mail = (struct text){carriage->mail.data + length, carriage->mail.length - length};
  return length;
}

/* ---- beginning ---- */

static struct carriage *begin(struct courier_transport *transport, void *flight)
{
  struct arena *arena = arena_new(8192);
  struct carriage *carriage = arena_alloc(arena, sizeof *carriage);
  CURL *easy = curl_easy_init();
  if (easy == NULL) {
    error_out_of_memory(0);
  }
  *carriage =
      (struct carriage){.transport = transport, .arena = arena, .flight = flight, .easy = easy, .next = transport->first};
  if (carriage->next != NULL) {
    carriage->next->previous = carriage;
  }
  transport->first = carriage;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, carriage);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, carriage->problem);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transport->settings.timeout_ms);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, carriage);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, carriage);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep_refusal);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, carriage);
  if (transport->settings.ca_file[0] != '\0') {
    curl_easy_setopt(easy, CURLOPT_CAINFO, transport->settings.ca_file);
  }
  return carriage;
}

static void append(struct curl_slist **list, const char *line)
{
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (longer == NULL) {
    error_out_of_memory(strlen(line));
  }
  *list = longer;
}

void courier_transport_post(struct courier_transport *transport, void *flight, struct text url, struct text message_id,
                            int64_t timestamp_s, struct text signature, struct text body)
{
  struct carriage *carriage = begin(transport, flight);
  struct arena *arena = carriage->arena;
  CURL *easy = carriage->easy;
  struct uri uri;
  carriage->host_is_named = uri_parse(url, &uri).code == ERROR_NONE && egress_names_host(transport->settings.egress, uri.host);
  append(&carriage->headers, "content-type: application/json");
  append(&carriage->headers, "user-agent: crumbtrail/" CRUMBTRAIL_VERSION);
  append(&carriage->headers, "expect:");
  append(&carriage->headers, arena_printf(arena, "webhook-id: %.*s", TEXT_ARGS(message_id)));
  append(&carriage->headers, arena_printf(arena, "webhook-timestamp: %lld", (long long)timestamp_s));
  append(&carriage->headers, arena_printf(arena, "webhook-signature: %.*s", TEXT_ARGS(signature)));
  const struct text copy = text_copy(arena, body);
  curl_easy_setopt(easy, CURLOPT_URL, text_to_cstring(arena, url));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, carriage->headers);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)copy.length);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, copy.data);
  curl_multi_add_handle(transport->multi, easy);
}

void courier_transport_mail(struct courier_transport *transport, void *flight, struct text from_address, const struct text *to,
                            size_t to_count, struct text mail)
{
  const struct courier_transport_settings *settings = &transport->settings;
  struct carriage *carriage = begin(transport, flight);
  struct arena *arena = carriage->arena;
  CURL *easy = carriage->easy;
  carriage->is_mail = true;
  carriage->mail = text_copy(arena, mail);
  for (size_t i = 0; i < to_count; i++) {
    append(&carriage->recipients, arena_printf(arena, "<%.*s>", TEXT_ARGS(to[i])));
  }
  curl_easy_setopt(easy, CURLOPT_URL, settings->smtp_url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(settings->smtp_needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (settings->smtp_user[0] != '\0') {
    curl_easy_setopt(easy, CURLOPT_USERNAME, settings->smtp_user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, settings->smtp_password);
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, arena_printf(arena, "<%.*s>", TEXT_ARGS(from_address)));
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, carriage->recipients);
  /* One address that is no more must not keep the others from being told. */
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_mail);
  curl_easy_setopt(easy, CURLOPT_READDATA, carriage);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_multi_add_handle(transport->multi, easy);
}

/* ---- ending ---- */

static struct text answer_line(const struct carriage *carriage)
{
  struct text answer = buffer_text(&carriage->answer);
  while (answer.length > 0 && (answer.data[answer.length - 1] == '\r' || answer.data[answer.length - 1] == '\n')) {
    answer.length--;
  }
  return text_is_utf8(answer) ? answer : TEXT("");
}

static struct courier_outcome outcome_of_mail(const struct carriage *carriage, int status)
{
  const struct text refusal = answer_line(carriage);
  return (struct courier_outcome){
      .verdict = COURIER_DELIVERED,
      .status = status,
      .answer = refusal.length > 0
                    ? text_from(arena_printf(carriage->arena, "not to all: %.*s", TEXT_ARGS(text_cut(refusal, PROBLEM_MAX))))
                    : TEXT("")};
}

static struct courier_outcome outcome_of_failure(const struct carriage *carriage, CURLcode result, int status)
{
  if (carriage->was_not_allowed) {
    return courier_outcome_again(
        TEXT("its name leads to an address of a private network; the operator allows such by the setting "
             "webhook-hosts-allowed"),
        0);
  }
  const char *problem = carriage->problem[0] != '\0' ? carriage->problem : curl_easy_strerror(result);
  const struct text refusal = carriage->is_mail ? answer_line(carriage) : TEXT("");
  const char *words = arena_printf(carriage->arena, "%s%s%.*s", problem, refusal.length > 0 ? ": " : "",
                                   TEXT_ARGS(text_cut(refusal, PROBLEM_MAX)));
  return courier_outcome_again(text_from(words), carriage->is_mail ? status : 0);
}

static struct courier_outcome outcome_of(const struct carriage *carriage, CURLcode result)
{
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(carriage->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(carriage->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
  if (result != CURLE_OK) {
    return outcome_of_failure(carriage, result, (int)status);
  }
  return carriage->is_mail
             ? outcome_of_mail(carriage, (int)status)
             : courier_outcome_of_answer(carriage->arena, (int)status, buffer_text(&carriage->answer), (int64_t)retry_after_s);
}

static bool hand_back_ended(struct courier_transport *transport, courier_done *done, void *context)
{
  bool has_ended = false;
  int left = 0;
  for (CURLMsg *message = curl_multi_info_read(transport->multi, &left); message != NULL;
       message = curl_multi_info_read(transport->multi, &left)) {
    struct carriage *carriage = NULL;
    const CURLcode result = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&carriage);
    const struct courier_outcome outcome = outcome_of(carriage, result);
    done(context, carriage->flight, &outcome);
    end(carriage);
    has_ended = true;
  }
  return has_ended;
}

void courier_transport_run(struct courier_transport *transport, int fd, int timeout_ms, courier_done *done, void *context)
{
  struct curl_waitfd waited = {.fd = fd, .events = CURL_WAIT_POLLIN};
  int running = 0;
  curl_multi_perform(transport->multi, &running);
  if (hand_back_ended(transport, done, context)) {
    return;
  }
  curl_multi_poll(transport->multi, &waited, fd >= 0 ? 1 : 0, timeout_ms, NULL);
  curl_multi_perform(transport->multi, &running);
  (void)hand_back_ended(transport, done, context);
}

void courier_transport_wake(struct courier_transport *transport)
{
  curl_multi_wakeup(transport->multi);
}
