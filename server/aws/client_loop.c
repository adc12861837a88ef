/* The client's thread: takes what is submitted, starts what may start, carries it, hands it back. */
#include <stdio.h>

#include "server/aws/client_state.h"
#include "server/base/clock.h"

enum { WATCH_MS = 500, IDLE_MS = 60000 };

/* --- lists --- */

void request_list_add(struct request_list *list, struct aws_request *request)
{
  request->next = NULL;
  if (list->last != NULL) {
    list->last->next = request;
  } else {
    list->first = request;
  }
  list->last = request;
  list->count++;
}

struct aws_request *request_list_take(struct request_list *list)
{
  struct aws_request *request = list->first;
  if (request != NULL) {
    list->first = request->next;
    list->last = list->first != NULL ? list->last : NULL;
    list->count--;
  }
  return request;
}

bool request_list_remove(struct request_list *list, const struct aws_request *request)
{
  struct aws_request *before = NULL;
  for (struct aws_request *at = list->first; at != NULL; before = at, at = at->next) {
    if (at != request) {
      continue;
    }
    if (before == NULL) {
      (void)request_list_take(list);
      return true;
    }
    before->next = at->next;
    list->last = list->last == at ? before : list->last;
    list->count--;
    return true;
  }
  return false;
}

static void move_all(struct request_list *from, struct request_list *to)
{
  for (struct aws_request *request = request_list_take(from); request != NULL; request = request_list_take(from)) {
    request_list_add(to, request);
  }
}

/* --- the client's thread --- */

uint64_t client_random(struct aws_client *client)
{
  client->random ^= client->random << 13; /* xorshift64: spreads retries, no secret hangs on it */
  client->random ^= client->random >> 7;
  client->random ^= client->random << 17;
  return client->random;
}

void client_count(struct counter *counter)
{
  if (counter != NULL) {
    counter_add(counter, 1);
  }
}

static void drop_touched(struct aws_client *client, const struct aws_request *request)
{
  for (struct aws_request **at = &client->touched; *at != NULL; at = &(*at)->next_touched) {
    if (*at == request) {
      *at = request->next_touched;
      return;
    }
  }
}

void client_hand_back(struct aws_request *request, struct aws_outcome *outcome)
{
  struct aws_client *client = request->client;
  bool is_bad = outcome->result != AWS_OK;
  client_count(client->requests_total[request->service][is_bad]);
  pthread_mutex_lock(&client->lock);
  if (request->is_touched) {
    drop_touched(client, request);
  }
  request->is_submitted = false;
  client->waiting_count--;
  pthread_mutex_unlock(&client->lock);
  struct aws_call_waiter *waiter = request->waiter;
  if (waiter == NULL) {
    request->handlers.on_done(request, outcome, request->handlers.context);
    return;
  }
  pthread_mutex_lock(&waiter->lock);
  waiter->outcome = *outcome;
  waiter->is_done = true;
  pthread_cond_signal(&waiter->done);
  pthread_mutex_unlock(&waiter->lock);
}

/* It may have been submitted since the incoming ones were taken. */
static bool remove_incoming(struct aws_client *client, const struct aws_request *request)
{
  pthread_mutex_lock(&client->lock);
  bool is_found = request_list_remove(&client->incoming, request);
  pthread_mutex_unlock(&client->lock);
  return is_found;
}

static void cancel(struct aws_client *client, struct aws_request *request)
{
  if (request->transfer != NULL) {
    transfer_end(request->transfer);
  } else {
    (void)(request_list_remove(&client->ready, request) || request_list_remove(&client->delayed, request) ||
           request_list_remove(&client->blocked, request) || remove_incoming(client, request));
  }
  attempt_finish(request, AWS_CANCELLED, true,
                 error_make(ERROR_SHUTTING_DOWN, "%s %.*s: was cancelled", request->operation, TEXT_ARGS(request->subject)));
}

static struct aws_request *take_touched(struct aws_client *client, bool *wants_cancel)
{
  pthread_mutex_lock(&client->lock);
  struct aws_request *request = client->touched;
  if (request != NULL) {
    client->touched = request->next_touched;
    request->is_touched = false;
    request->wants_resume = false;
    *wants_cancel = request->wants_cancel;
  }
  pthread_mutex_unlock(&client->lock);
  return request;
}

static void serve_touched(struct aws_client *client)
{
  bool wants_cancel = false;
  for (struct aws_request *request = take_touched(client, &wants_cancel); request != NULL;
       request = take_touched(client, &wants_cancel)) {
    if (wants_cancel) {
      cancel(client, request);
    } else if (request->transfer != NULL) {
      transfer_resume(request->transfer);
    }
  }
}

/* Takes what other threads brought. False: the client is to stop. */
static bool take_incoming(struct aws_client *client)
{
  pthread_mutex_lock(&client->lock);
  move_all(&client->incoming, &client->ready);
  bool has_news = client->has_news;
  client->has_news = false;
  bool goes_on = !client->is_stopping;
  pthread_mutex_unlock(&client->lock);
  if (has_news) {
    move_all(&client->blocked, &client->ready);
  }
  return goes_on;
}

static void start_ready(struct aws_client *client)
{
  int64_t now_us = clock_monotonic_us();
  struct request_list later = {0};
  for (struct aws_request *request = request_list_take(&client->delayed); request != NULL;
       request = request_list_take(&client->delayed)) {
    request_list_add(request->start_at_us <= now_us ? &client->ready : &later, request);
  }
  client->delayed = later;
  while (client->free_transfers != NULL && client->ready.first != NULL) {
    attempt_begin(client, request_list_take(&client->ready));
  }
}

static void end_transfers(struct aws_client *client)
{
  int left = 0;
  for (CURLMsg *message = curl_multi_info_read(client->multi, &left); message != NULL;
       message = curl_multi_info_read(client->multi, &left)) {
    if (message->msg == CURLMSG_DONE) {
      struct transfer *transfer = NULL;
      CURLcode result = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
      attempt_end(transfer, result);
    }
  }
}

static void end_standstills(struct aws_client *client)
{
  int64_t now_us = clock_monotonic_us();
  if (client->running_count == 0 || now_us - client->watched_at_us < WATCH_MS * US_PER_MS / 2) {
    return;
  }
  client->watched_at_us = now_us;
  for (size_t i = 0; i < client->requests_max; i++) {
    struct transfer *transfer = &client->transfers[i];
    if (transfer->request != NULL && transfer_stands_still(transfer, now_us)) {
      snprintf(transfer->problem, sizeof transfer->problem, "nothing moved for %lld ms", (long long)client->timeout_ms);
      attempt_end(transfer, CURLE_OPERATION_TIMEDOUT);
    }
  }
}

static int wait_ms(const struct aws_client *client)
{
  if (client->free_transfers != NULL && client->ready.first != NULL) {
    return 0;
  }
  int64_t wait_us = (client->running_count > 0 ? WATCH_MS : IDLE_MS) * US_PER_MS;
  int64_t now_us = clock_monotonic_us();
  for (const struct aws_request *request = client->delayed.first; request != NULL; request = request->next) {
    int64_t left_us = request->start_at_us - now_us;
    wait_us = left_us < wait_us ? left_us : wait_us;
  }
  return wait_us > 0 ? (int)(wait_us / US_PER_MS) + 1 : 0;
}

static void note_retries(struct aws_client *client)
{
  pthread_mutex_lock(&client->lock);
  client->only_retries = client->running_count == 0 && client->ready.first == NULL && client->delayed.first != NULL;
  pthread_mutex_unlock(&client->lock);
}

static void cancel_all(struct aws_client *client)
{
  for (size_t i = 0; i < client->requests_max; i++) {
    if (client->transfers[i].request != NULL) {
      cancel(client, client->transfers[i].request);
    }
  }
  move_all(&client->delayed, &client->ready);
  move_all(&client->blocked, &client->ready);
  while (client->ready.first != NULL) {
    cancel(client, client->ready.first);
  }
}

void *client_run(void *context)
{
  struct aws_client *client = context;
  while (take_incoming(client)) {
    serve_touched(client);
    start_ready(client);
    int running = 0;
    curl_multi_perform(client->multi, &running);
    end_transfers(client);
    end_standstills(client);
    start_ready(client);
    note_retries(client);
    curl_multi_poll(client->multi, NULL, 0, wait_ms(client), NULL);
  }
  cancel_all(client);
  return NULL;
}
