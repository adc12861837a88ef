#include "server/http/plain_answer.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "server/http/request_state.h"

enum { SPARE_MAX = 1024 };

#define ID_HEADER "X-Request-Id"

struct plain_answer {
  struct plain_answer *next;
  struct MHD_Response *response; /* borrows `bytes`; has the header with `id` */
  size_t length;
  char id[REQUEST_ID_MAX];
  char bytes[PLAIN_BODY_MAX];
};

static void answer_free(struct plain_answer *answer)
{
  MHD_destroy_response(answer->response);
  free(answer);
}

static struct plain_answer *answer_new(struct text body)
{
  struct plain_answer *answer = malloc(sizeof *answer);
  if (answer == NULL) {
    abort();
  }
  memcpy(answer->bytes, body.data, body.length);
  answer->length = body.length;
  answer->id[0] = '\0';
  answer->response = MHD_create_response_from_buffer(body.length, answer->bytes, MHD_RESPMEM_PERSISTENT);
  if (answer->response == NULL) {
    free(answer);
    return NULL;
  }
  MHD_add_response_header(answer->response, "Content-Type", "application/json");
  MHD_add_response_header(answer->response, "X-Content-Type-Options", "nosniff");
  return answer;
}

static struct plain_answer *take_spare(struct plain_answers *spare, struct text body)
{
  struct plain_answer *answer = spare->first;
  if (answer == NULL) {
    return NULL;
  }
  spare->first = answer->next;
  spare->count--;
  if (text_equal((struct text){answer->bytes, answer->length}, body)) {
    return answer;
  }
  answer_free(answer);
  return NULL;
}

struct plain_answer *plain_answer_take(struct plain_answers *spare, struct text body, const char *id)
{
  struct plain_answer *answer = take_spare(spare, body);
  if (answer == NULL) {
    answer = answer_new(body);
  }
  if (answer == NULL) {
    return NULL;
  }
  if (answer->id[0] != '\0') {
    MHD_del_response_header(answer->response, ID_HEADER, answer->id);
  }
  memcpy(answer->id, id, strlen(id) + 1);
  MHD_add_response_header(answer->response, ID_HEADER, id);
  return answer;
}

struct MHD_Response *plain_answer_response(struct plain_answer *answer)
{
  return answer->response;
}

void plain_answer_give_back(struct plain_answers *spare, struct plain_answer *answer)
{
  if (answer == NULL) {
    return;
  }
  if (spare->count >= SPARE_MAX) {
    answer_free(answer); /* libmicrohttpd may hold it a moment longer, and has sent its body */
    return;
  }
  answer->next = spare->first;
  spare->first = answer;
  spare->count++;
}

void plain_answers_free(struct plain_answers *spare)
{
  while (spare->first != NULL) {
    struct plain_answer *answer = spare->first;
    spare->first = answer->next;
    answer_free(answer);
  }
  spare->count = 0;
}
