#include "api/live/hub_inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hub_inbox {
  pthread_mutex_t lock;
  pthread_cond_t has_room;
  int sockets[INBOX_SOCKETS_MAX];
  size_t socket_count;
  struct feed_batch *first;
  struct feed_batch **last;
  size_t batch_count;
  int64_t database_read_us;
  const char *bye_reason;
};

struct hub_inbox *hub_inbox_new(void)
{
  struct hub_inbox *inbox = calloc(1, sizeof *inbox);
  if (inbox == NULL) {
    abort();
  }
  pthread_mutex_init(&inbox->lock, NULL);
  pthread_cond_init(&inbox->has_room, NULL);
  inbox->last = &inbox->first;
  return inbox;
}

void hub_inbox_free(struct hub_inbox *inbox)
{
  if (inbox == NULL) {
    return;
  }
  for (size_t i = 0; i < inbox->socket_count; i++) {
    close(inbox->sockets[i]);
  }
  while (inbox->first != NULL) {
    struct feed_batch *batch = inbox->first;
    inbox->first = batch->next;
    feed_batch_free(batch);
  }
  pthread_cond_destroy(&inbox->has_room);
  pthread_mutex_destroy(&inbox->lock);
  free(inbox);
}

bool hub_inbox_put_socket(struct hub_inbox *inbox, int socket)
{
  pthread_mutex_lock(&inbox->lock);
  bool fits = inbox->bye_reason == NULL && inbox->socket_count < INBOX_SOCKETS_MAX;
  if (fits) {
    inbox->sockets[inbox->socket_count++] = socket;
  }
  pthread_mutex_unlock(&inbox->lock);
  return fits;
}

void hub_inbox_put_batch(struct hub_inbox *inbox, struct feed_batch *batch)
{
  batch->next = NULL;
  pthread_mutex_lock(&inbox->lock);
  while (inbox->bye_reason == NULL && inbox->batch_count >= INBOX_BATCHES_MAX) {
    pthread_cond_wait(&inbox->has_room, &inbox->lock);
  }
  bool is_open = inbox->bye_reason == NULL;
  if (is_open) {
    *inbox->last = batch;
    inbox->last = &batch->next;
    inbox->batch_count++;
  }
  pthread_mutex_unlock(&inbox->lock);
  if (!is_open) {
    feed_batch_free(batch);
  }
}

void hub_inbox_set_database_read(struct hub_inbox *inbox, int64_t read_us)
{
  pthread_mutex_lock(&inbox->lock);
  inbox->database_read_us = read_us;
  pthread_mutex_unlock(&inbox->lock);
}

void hub_inbox_close(struct hub_inbox *inbox, const char *reason)
{
  pthread_mutex_lock(&inbox->lock);
  inbox->bye_reason = reason;
  pthread_cond_broadcast(&inbox->has_room);
  pthread_mutex_unlock(&inbox->lock);
}

void hub_inbox_take(struct hub_inbox *inbox, struct hub_inbox_content *content)
{
  pthread_mutex_lock(&inbox->lock);
  memcpy(content->sockets, inbox->sockets, inbox->socket_count * sizeof inbox->sockets[0]);
  content->socket_count = inbox->socket_count;
  content->batches = inbox->first;
  content->database_read_us = inbox->database_read_us;
  content->bye_reason = inbox->bye_reason;
  inbox->socket_count = 0;
  inbox->first = NULL;
  inbox->last = &inbox->first;
  inbox->batch_count = 0;
  pthread_cond_broadcast(&inbox->has_room);
  pthread_mutex_unlock(&inbox->lock);
}
