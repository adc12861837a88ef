/* The body of a Firehose delivery as it arrives: {"requestId":"..","timestamp":..,"records":[{"data":"BASE64"},..]}, members in
 * any order, others skipped.
 *
 * A record that is none does not spoil the others. Memory: a slice of one record. Owns its buffers. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_PUSH_FIREHOSE_BODY_H
#define CRUMBTRAIL_INGEST_PUSH_FIREHOSE_BODY_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct firehose_body;

struct firehose_body *firehose_body_new(void);
void firehose_body_free(struct firehose_body *body); /* accepts NULL */

enum firehose_token_kind {
  FIREHOSE_MORE,   /* all bytes have been used */
  FIREHOSE_RECORD, /* one begins */
  FIREHOSE_BYTES,  /* the next of its data, decoded */
  FIREHOSE_BAD,    /* it has no data, or the rest of them is no base64 */
};

struct firehose_token {
  enum firehose_token_kind kind;
  uint32_t index;     /* of the record */
  struct text bytes;  /* FIREHOSE_BYTES; FIREHOSE_BAD: what is wrong, as it came, at most 1 MiB of it. Until the next call */
  const char *field;  /* FIREHOSE_BAD: "records[3].data" */
  const char *reason; /* FIREHOSE_BAD */
};

/* Cuts off *rest what it has used. ERROR_BAD_INPUT: no JSON, or not of that form; nothing may be read any more. */
struct error firehose_body_next(struct firehose_body *body, struct text *rest, struct firehose_token *token) ERROR_MUST_CHECK;
/* The body ends here; an error when it may not. */
struct error firehose_body_end(const struct firehose_body *body) ERROR_MUST_CHECK;
/* Its requestId; empty until it has been read. */
struct text firehose_body_request_id(const struct firehose_body *body);

#endif
