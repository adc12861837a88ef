/* Short JSON answers that are alike but for their request id, as thousands of stored events a second have: libmicrohttpd's
 * response with its headers is made once and used again.
 *
 * Owns the responses. Thread: the HTTP thread. */
#ifndef CRUMBTRAIL_SERVER_HTTP_PLAIN_ANSWER_H
#define CRUMBTRAIL_SERVER_HTTP_PLAIN_ANSWER_H

#include "server/base/text.h"

struct MHD_Response;
struct plain_answer;

/* Those that are not in use. */
struct plain_answers {
  struct plain_answer *first;
  int count;
};

enum { PLAIN_BODY_MAX = 128 };

/* `id` has fewer than REQUEST_ID_MAX bytes. NULL when libmicrohttpd has no memory. */
struct plain_answer *plain_answer_take(struct plain_answers *spare, struct text body, const char *id);
struct MHD_Response *plain_answer_response(struct plain_answer *answer);
/* When the request is completed; accepts NULL. */
void plain_answer_give_back(struct plain_answers *spare, struct plain_answer *answer);
void plain_answers_free(struct plain_answers *spare);

#endif
