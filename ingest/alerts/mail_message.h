/* A mail as bytes: RFC 5322 headers, MIME, UTF-8 text in base64. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_MAIL_MESSAGE_H
#define CRUMBTRAIL_INGEST_ALERTS_MAIL_MESSAGE_H

#include <stdint.h>

#include "server/base/error.h"
#include "server/base/text.h"

enum { MAIL_ADDRESS_MAX = 254, MAIL_ADDRESSES_MAX = 50 };

struct mail_message {
  struct text from; /* "Fleet <fleet@example.org>" or the address alone */
  const struct text *to;
  size_t to_count;
  struct text subject;    /* UTF-8, one line; what is no text is left out */
  struct text body;       /* UTF-8, lines end with \n */
  struct text message_id; /* without <>; the same each time this message is sent */
  struct text thread_id;  /* of the first mail about the same; may be message_id */
  int64_t date_us;
};

void mail_message_write(struct buffer *out, const struct mail_message *mail);

/* LOCAL@DOMAIN in ASCII, nothing that could end a header. ERROR_BAD_INPUT at `field`. */
struct error mail_address_check(const char *field, struct text address) ERROR_MUST_CHECK;
/* The address within <>, or the whole. */
struct text mail_address_of(struct text from);
/* What stands behind the @. */
struct text mail_domain_of(struct text from);

#endif
