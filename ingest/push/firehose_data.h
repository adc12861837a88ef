/* The data of one Firehose record: a JSON string of base64 that arrives in pieces, to bytes.
 *
 * Owns its buffers; zeroed before first use. Thread: one at a time. */
#ifndef CRUMBTRAIL_INGEST_PUSH_FIREHOSE_DATA_H
#define CRUMBTRAIL_INGEST_PUSH_FIREHOSE_DATA_H

#include <stdbool.h>

#include "server/base/text.h"

enum { FIREHOSE_KEPT_MAX = 1024 * 1024, FIREHOSE_ENCODED_MAX = 32 * 1024 };

struct firehose_data {
  struct buffer encoded; /* not decoded yet */
  struct buffer decoded;
  struct buffer kept; /* from what is no base64 on */
  bool is_bad;
  bool is_padded; /* the base64 has come to its end */
  int escape;     /* of JSON: how many of its characters were seen */
  unsigned int escaped;
};

void firehose_data_begin(struct firehose_data *data);
void firehose_data_free(struct firehose_data *data);

enum firehose_data_result {
  FIREHOSE_DATA_MORE,  /* all bytes are used */
  FIREHOSE_DATA_BYTES, /* *bytes are decoded; go on */
  FIREHOSE_DATA_END,   /* the closing quote is used */
  FIREHOSE_DATA_BAD,   /* the same, and *bytes are those, undecoded, from the first on that is no base64: at most 1 MiB */
};
/* From behind the opening quote on; cuts off *rest what it has used. *bytes is valid until the next call. */
enum firehose_data_result firehose_data_read(struct firehose_data *data, struct text *rest, struct text *bytes);

#endif
