/* Which hosts the program may call when somebody else has named them: no address of a private network, of this machine or of a
 * cloud's metadata service, unless the operator allows it.
 *
 * A URL is judged when it is entered, and each address again when it is connected to: names may lead anywhere by then. Plain
 * values in the arena given. Thread: any; pure. */
#ifndef CRUMBTRAIL_SERVER_EGRESS_H
#define CRUMBTRAIL_SERVER_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct sockaddr;

/* Addresses as IPv6; an IPv4 address as ::ffff:a.b.c.d. */
struct egress_range {
  uint8_t address[16];
  int prefix_bits;
};

struct egress {
  const struct text *hosts; /* "hooks.internal", "*.example.org" */
  size_t host_count;
  const struct egress_range *ranges;
  size_t range_count;
};

/* Hosts, addresses and ranges (10.1.0.0/16), comma separated. ERROR_SETUP names `setting`. */
struct error egress_parse(struct arena *arena, const char *setting, struct text list, struct egress *egress) ERROR_MUST_CHECK;

/* The operator has named this host, or the range that holds it when it is an address: then http is allowed too. */
bool egress_names_host(const struct egress *egress, struct text host);
/* Public, or named by the operator. */
bool egress_allows_address(const struct egress *egress, const struct sockaddr *address);

/* Whether the URL may be called at all: https (http where the host is named), no user info, no address that is not allowed.
 * ERROR_BAD_INPUT at `field`. */
struct error egress_check_url(const struct egress *egress, const char *field, struct text url) ERROR_MUST_CHECK;

#endif
