/* AWS Signature Version 4: the Authorization header of a request. Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_SIGNER_H
#define CRUMBTRAIL_SERVER_AWS_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/text.h"

struct signer_pair {
  struct text name;
  struct text value;
};

struct signer_request {
  struct text method;
  struct text path;                /* as it is sent: percent-encoded once, begins with '/' */
  bool path_as_is;                 /* S3: signed as it is sent. Others: normalised and encoded once more */
  const struct signer_pair *query; /* not encoded, in any order */
  size_t query_count;
  const struct signer_pair *headers; /* all that are signed, host among them; no x-amz-date, no x-amz-security-token */
  size_t header_count;
  struct text payload_hash; /* hex of SHA-256, or UNSIGNED-PAYLOAD */
};

struct signer_scope {
  struct text access_key_id;
  struct text secret_access_key;
  struct text session_token; /* empty: none */
  struct text region;
  struct text service;
  int64_t time_us;
};

struct signer_signature {
  struct text date;          /* x-amz-date to send: 20130524T000000Z */
  struct text authorization; /* Authorization to send; x-amz-security-token is signed when there is a token */
  struct text canonical;     /* the canonical request, for messages of tests */
};

/* Texts in the arena. */
void signer_sign(struct arena *arena, const struct signer_request *request, const struct signer_scope *scope,
                 struct signer_signature *signature);

/* "a=1&b=2": encoded and sorted, as it is signed and as it must be sent. */
struct text signer_query(struct arena *arena, const struct signer_pair *query, size_t count);

enum { SIGNER_HASH_HEX = 64 };
void signer_hash(struct text payload, char hex[SIGNER_HASH_HEX + 1]); /* SHA-256, lower-case hex, terminated */

#endif
