/* Whether SNS has signed a message: one certificate, its checks, and RSA over the signed text (OpenSSL).
 *
 * Trust comes from where the certificate was fetched: by https from the endpoint of the topic's region, whose own certificate
 * the connection has verified against the system's authorities. The signing certificate comes without the one that issued it,
 * which no system has among its authorities, so no chain is built; its name and its dates are checked as AWS's own libraries
 * do. No clock: the time is handed in. Thread: any, one at a time per certificate. */
#ifndef CRUMBTRAIL_INGEST_PUSH_SNS_SIGNATURE_H
#define CRUMBTRAIL_INGEST_PUSH_SNS_SIGNATURE_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

struct sns_certificate;

enum { SNS_CERTIFICATE_MAX_BYTES = 16 * 1024 };

/* Exactly one certificate in PEM with an RSA key of at least 2048 bits, and nothing around it but white space.
 * ERROR_BAD_INPUT says what else it is. */
struct error sns_certificate_read(struct text pem, struct sns_certificate **certificate) ERROR_MUST_CHECK;
void sns_certificate_free(struct sns_certificate *certificate); /* accepts NULL */

/* Bears the name, and is valid at that time. ERROR_FORBIDDEN says what is wrong. */
struct error sns_certificate_check(const struct sns_certificate *certificate, const char *name,
                                   int64_t now_us) ERROR_MUST_CHECK;

/* `version` 1: SHA-1, 2: SHA-256; PKCS#1 v1.5. ERROR_FORBIDDEN at Signature. */
struct error sns_signature_check(const struct sns_certificate *certificate, int version, struct text signed_text,
                                 struct text signature_base64) ERROR_MUST_CHECK;

#endif
