/* Answers in Firehose's form: {"requestId":the same,"timestamp":ms}, with an errorMessage when it is to send again. Never
 * compressed, whatever the request allows. Thread: HTTP. */
#ifndef CRUMBTRAIL_INGEST_PUSH_FIREHOSE_ANSWER_H
#define CRUMBTRAIL_INGEST_PUSH_FIREHOSE_ANSWER_H

#include "server/base/error.h"
#include "server/http/request.h"

/* `error_message` NULL: a success. */
void firehose_answer(struct request *request, struct text request_id, const char *error_message);

/* What went wrong, for the one who looks at Firehose's log; of our own failures the kind alone. */
void firehose_answer_error(struct request *request, struct text request_id, const struct error *error);

#endif
