/* What became of the events that were sent, as text, and whether it adds up. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_SUMMARY_H
#define CRUMBTRAIL_INGEST_GENERATOR_SUMMARY_H

#include <stdio.h>

#include "ingest/generator/http_sender.h"

/* True: nothing failed and sent = stored + duplicates + rejected. */
bool summary_print(FILE *out, const struct http_sender *sender);

#endif
