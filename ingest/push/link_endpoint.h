/* The setting aws-link-endpoint-url, by which tests have links of AWS opened on this machine.
 *
 * Certificates of SNS come from there too, so it decides which messages are genuine: nothing but a loopback address is taken,
 * and the log says at each start that it is set. Thread: main. */
#ifndef CRUMBTRAIL_INGEST_PUSH_LINK_ENDPOINT_H
#define CRUMBTRAIL_INGEST_PUSH_LINK_ENDPOINT_H

#include "server/base/error.h"

/* "" is no endpoint. ERROR_SETUP: anything but http(s)://LOOPBACK:PORT. */
struct error link_endpoint_check(const char *url) ERROR_MUST_CHECK;

#endif
