#include "ingest/push/sns_certificates.h"

#include <stdlib.h>

enum entry_state { ENTRY_FREE, ENTRY_FETCHING, ENTRY_HERE, ENTRY_FAILED };

struct entry {
  enum entry_state state;
  char *url;
  struct sns_certificate *certificate; /* ENTRY_HERE */
  struct sns_waiter *waiters;          /* ENTRY_FETCHING */
  int64_t failed_at_us;                /* ENTRY_FAILED */
  uint64_t used;                       /* the higher, the later */
};

enum { ENTRY_COUNT = SNS_CERTIFICATES_KEPT + SNS_FETCHES_MAX };

struct sns_certificates {
  struct sns_fetcher fetcher;
  struct entry entries[ENTRY_COUNT];
  uint64_t uses;
};

static void forget(struct entry *entry)
{
  sns_certificate_free(entry->certificate);
  free(entry->url);
  *entry = (struct entry){.state = ENTRY_FREE};
}

struct sns_certificates *sns_certificates_new(struct sns_fetcher fetcher)
{
  struct sns_certificates *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->fetcher = fetcher;
  return made;
}

void sns_certificates_free(struct sns_certificates *certificates)
{
  for (size_t i = 0; certificates != NULL && i < ENTRY_COUNT; i++) {
    forget(&certificates->entries[i]);
  }
  free(certificates);
}

static struct entry *entry_of(struct sns_certificates *certificates, struct text url)
{
  for (size_t i = 0; i < ENTRY_COUNT; i++) {
    struct entry *entry = &certificates->entries[i];
    if (entry->state != ENTRY_FREE && text_equal(text_from(entry->url), url)) {
      entry->used = ++certificates->uses;
      return entry;
    }
  }
  return NULL;
}

static size_t count_in(const struct sns_certificates *certificates, enum entry_state state)
{
  size_t count = 0;
  for (size_t i = 0; i < ENTRY_COUNT; i++) {
    count += certificates->entries[i].state == state;
  }
  return count;
}

/* The one that is free or was used least lately. At most SNS_FETCHES_MAX are being fetched, so there is one. */
static struct entry *place_for(struct sns_certificates *certificates)
{
  struct entry *oldest = NULL;
  for (size_t i = 0; i < ENTRY_COUNT; i++) {
    struct entry *entry = &certificates->entries[i];
    if (entry->state != ENTRY_FETCHING && (oldest == NULL || entry->used < oldest->used)) {
      oldest = entry;
    }
  }
  forget(oldest);
  return oldest;
}

const struct sns_certificate *sns_certificates_find(struct sns_certificates *certificates, struct text url)
{
  const struct entry *entry = entry_of(certificates, url);
  return entry != NULL && entry->state == ENTRY_HERE ? entry->certificate : NULL;
}

/* ---- fetching ---- */

static struct error start_fetch(struct sns_certificates *certificates, struct text url, struct sns_waiter *waiter)
{
  if (count_in(certificates, ENTRY_FETCHING) >= SNS_FETCHES_MAX) {
    return error_make(ERROR_BUSY, "too many certificates of SNS are being fetched");
  }
  struct entry *entry = place_for(certificates);
  char *copy = strndup(url.data, url.length);
  if (copy == NULL) {
    error_out_of_memory(url.length);
  }
  struct error error = certificates->fetcher.start(certificates->fetcher.context, (struct text){copy, url.length});
  if (error.code != ERROR_NONE) {
    free(copy);
    return error;
  }
  *entry = (struct entry){.state = ENTRY_FETCHING, .url = copy, .waiters = waiter, .used = ++certificates->uses};
  return error_none();
}

struct error sns_certificates_wait(struct sns_certificates *certificates, struct text url, int64_t now_us,
                                   struct sns_waiter *waiter)
{
  struct entry *entry = entry_of(certificates, url);
  waiter->next = NULL;
  if (entry != NULL && entry->state == ENTRY_FETCHING) {
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return error_none();
  }
  if (entry != NULL && entry->state == ENTRY_FAILED) {
    int64_t passed_us = now_us - entry->failed_at_us;
    if (passed_us >= 0 && passed_us < SNS_FETCH_PAUSE_US) {
      return error_at(ERROR_UPSTREAM_AWAY, "SigningCertURL", "the certificate could not be fetched a moment ago");
    }
    forget(entry);
  }
  return start_fetch(certificates, url, waiter);
}

/* Whatever is wrong with what was fetched, it is not the sender's fault: SNS shall try again. */
static struct error judge(const struct error *error, struct text pem, struct sns_certificate **certificate)
{
  if (error->code != ERROR_NONE) {
    return error_at(ERROR_UPSTREAM_AWAY, "SigningCertURL", "the certificate cannot be fetched: %s", error->detail);
  }
  struct error broken = sns_certificate_read(pem, certificate);
  if (broken.code != ERROR_NONE) {
    return error_at(ERROR_UPSTREAM_AWAY, "SigningCertURL", "what was fetched is %s", broken.detail);
  }
  return error_none();
}

/* More than SNS_CERTIFICATES_KEPT would stand here while few are fetched. */
static void keep_few(struct sns_certificates *certificates)
{
  while (count_in(certificates, ENTRY_HERE) > SNS_CERTIFICATES_KEPT) {
    struct entry *oldest = NULL;
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
      struct entry *entry = &certificates->entries[i];
      if (entry->state == ENTRY_HERE && (oldest == NULL || entry->used < oldest->used)) {
        oldest = entry;
      }
    }
    forget(oldest);
  }
}

void sns_certificates_arrived(struct sns_certificates *certificates, struct text url, const struct error *error,
                              struct text pem, int64_t now_us)
{
  struct entry *entry = entry_of(certificates, url);
  if (entry == NULL || entry->state != ENTRY_FETCHING) {
    return;
  }
  struct sns_waiter *waiter = entry->waiters;
  struct error outcome = judge(error, pem, &entry->certificate);
  entry->waiters = NULL;
  entry->state = outcome.code == ERROR_NONE ? ENTRY_HERE : ENTRY_FAILED;
  entry->failed_at_us = now_us;
  keep_few(certificates);
  const struct sns_certificate *certificate = entry->certificate;
  while (waiter != NULL) {
    struct sns_waiter *next = waiter->next;
    waiter->resume(waiter, certificate, &outcome);
    waiter = next;
  }
}
