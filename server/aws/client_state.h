/* What server/aws/{client,transfer,attempt}.c share. Only for them. */
#ifndef CRUMBTRAIL_SERVER_AWS_CLIENT_STATE_H
#define CRUMBTRAIL_SERVER_AWS_CLIENT_STATE_H

#include <curl/curl.h>
#include <pthread.h>

#include "server/aws/bucket_places.h"
#include "server/aws/credentials.h"
#include "server/aws/endpoint.h"
#include "server/aws/request.h"
#include "server/metrics.h"

/* Where aws_call waits. */
struct aws_call_waiter {
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool is_done;
  struct aws_outcome outcome;
};

/* Fewer in the time limit count as a standstill, and as no progress between two failures. */
enum { PROGRESS_BYTES = 1024 };

struct request_list {
  struct aws_request *first;
  struct aws_request *last;
  size_t count;
};
void request_list_add(struct request_list *list, struct aws_request *request);
struct aws_request *request_list_take(struct request_list *list); /* NULL: empty */
bool request_list_remove(struct request_list *list, const struct aws_request *request);

/* One of the requests that run at a time. */
struct transfer {
  struct aws_client *client;
  CURL *easy;
  struct curl_slist *headers;
  struct aws_request *request; /* NULL: free */
  struct transfer *next_free;
  struct arena *arena; /* of one attempt: URL, headers */
  const char *region;  /* that it was signed for */
  char access_key_id[CREDENTIALS_KEY_ID_MAX];
  bool is_paused;
  bool was_stopped; /* by AWS_STOP */
  bool is_over_cap;
  bool is_body;           /* a final status line came, and the end of its head */
  int64_t skip_bytes;     /* of a body that begins again at its start: given already */
  int64_t progress_bytes; /* mark of the watch for standstills */
  int64_t progress_at_us;
  char problem[CURL_ERROR_SIZE];
};

struct aws_client {
  /* Written before the thread starts. */
  struct endpoints endpoints;
  size_t requests_max;
  int64_t timeout_ms;
  const char *ca_file; /* AWS_CA_BUNDLE; NULL: the system's */
  struct credentials_chain *chain;
  CURLM *multi;
  pthread_t thread;
  struct counter *requests_total[AWS_SERVICE_COUNT][2]; /* [refused or failed] */
  struct counter *retries_total;

  pthread_mutex_t lock;
  pthread_cond_t credentials_changed;
  struct request_list incoming;
  struct aws_request *touched;
  size_t waiting_count; /* submitted and not running */
  bool is_stopping;
  bool has_news;     /* of the credentials */
  bool only_retries; /* nothing ran, and something waited to be tried again, when the thread last looked */

  /* The thread's own. */
  struct request_list ready;
  struct request_list delayed; /* until start_at_us */
  struct request_list blocked; /* until there are credentials */
  struct transfer *transfers;
  struct transfer *free_transfers;
  size_t running_count;
  struct bucket_places places;
  int64_t clock_offset_us;                  /* server's time less ours */
  int64_t slow_until_us[AWS_SERVICE_COUNT]; /* monotonic: AWS wants to be asked less */
  int64_t watched_at_us;                    /* for standstills */
  uint64_t random;
};

/* --- transfer.c --- */

/* Credentials, region and endpoint are known: signs, and hands it to libcurl. */
struct error transfer_start(struct aws_client *client, struct transfer *transfer, struct aws_request *request,
                            const struct credentials *credentials, const char *region) ERROR_MUST_CHECK;
/* Takes it out of libcurl's hands and frees the slot. */
void transfer_end(struct transfer *transfer);
void transfer_resume(struct transfer *transfer);
/* Nothing moved for the client's time limit. */
bool transfer_stands_still(struct transfer *transfer, int64_t now_us);

/* --- attempt.c: before and after a transfer --- */

/* Starts it, or puts it where it waits, or ends it. */
void attempt_begin(struct aws_client *client, struct aws_request *request);
/* Frees the slot; tries again or ends the request. */
void attempt_end(struct transfer *transfer, CURLcode result);
/* Ends a request that is in no list and no slot. */
void attempt_finish(struct aws_request *request, enum aws_result result, bool is_temporary, struct error error);

/* --- client_loop.c --- */

void *client_run(void *client);

/* Out of the client's hands; the handler or the waiter of aws_call gets the outcome. */
void client_hand_back(struct aws_request *request, struct aws_outcome *outcome);
uint64_t client_random(struct aws_client *client);
void client_count(struct counter *counter); /* accepts NULL: there is no registry */

#endif
