/* URIs as AWS wants them: encoding, paths, and the parts of an endpoint. Pure. Thread: any. */
#ifndef CRUMBTRAIL_SERVER_AWS_URI_H
#define CRUMBTRAIL_SERVER_AWS_URI_H

#include <stdbool.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

/* Each byte but A-Z a-z 0-9 - . _ ~ as %XX in upper case; '/' stays when `keep_slash`. */
void uri_encode(struct buffer *out, struct text bytes, bool keep_slash);
struct text uri_encoded(struct arena *arena, struct text bytes, bool keep_slash);

/* Without "." and ".." segments and double slashes, as RFC 3986 and AWS (all but S3) have it; begins with '/'. */
void uri_normalize_path(struct buffer *out, struct text path);

/* scheme://host[:port][/path]: of an endpoint, of a link. Borrows the URL. */
struct uri {
  bool is_https;
  struct text host;      /* in lower or upper case, as it came; an IPv6 address with its brackets */
  struct text port;      /* empty: the scheme's own */
  struct text authority; /* host, and the port when it is not the scheme's own: the Host header */
  struct text target;    /* path and query, from the first '/' on; may be empty */
};
/* ERROR_BAD_INPUT: no http or https URL, or one with user info, a fragment, white space or control characters. */
struct error uri_parse(struct text url, struct uri *uri) ERROR_MUST_CHECK;
/* 127.0.0.0/8, ::1, localhost. */
bool uri_is_loopback(const struct uri *uri);

#endif
