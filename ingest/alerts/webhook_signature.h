/* Standard Webhooks (standardwebhooks.com): secrets, and the signature that a receiver checks. Pure but for making a secret.
 * Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_WEBHOOK_SIGNATURE_H
#define CRUMBTRAIL_INGEST_ALERTS_WEBHOOK_SIGNATURE_H

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

/* "whsec_" and the base64 of 24 to 64 bytes. ERROR_BAD_INPUT at `secret`. */
struct error webhook_secret_check(struct text secret) ERROR_MUST_CHECK;
/* A new one, of random bytes. */
struct text webhook_secret_make(struct arena *arena);

/* "v1," and the base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY". The secret has been checked. */
struct text webhook_sign(struct arena *arena, struct text secret, struct text message_id, int64_t timestamp_s,
                         struct text body);

#endif
