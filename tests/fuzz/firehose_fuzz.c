/* However a delivery of Firehose is cut, the same is read from it: the first byte says how, the rest is the body. Seeds:
 * tests/cases/firehose behind a byte. */
#include <stdlib.h>
#include <string.h>

#include "ingest/push/firehose_body.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

enum { KEPT_MAX = 1024 * 1024 };

static void note(struct buffer *seen, const struct firehose_token *token, uint32_t *records)
{
  switch (token->kind) {
  case FIREHOSE_RECORD:
    REQUIRE(token->index == *records);
    (*records)++;
    buffer_printf(seen, "\nrecord %u ", token->index);
    break;
  case FIREHOSE_BYTES:
    REQUIRE(token->bytes.length != 0 && token->index + 1 == *records);
    buffer_append_text(seen, token->bytes);
    break;
  case FIREHOSE_BAD:
    REQUIRE(token->bytes.length <= KEPT_MAX && token->index + 1 == *records);
    REQUIRE(token->field[0] != '\0' && token->reason[0] != '\0');
    buffer_printf(seen, "\nbad %s %s ", token->field, token->reason);
    buffer_append_text(seen, token->bytes);
    break;
  case FIREHOSE_MORE:
    break;
  }
}

static void note_error(struct buffer *seen, const struct error *error)
{
  buffer_printf(seen, "\nerror %s: %s", error->field, error->detail);
}

static struct buffer read_cut(const uint8_t *data, size_t size, size_t step)
{
  struct firehose_body *body = firehose_body_new();
  struct firehose_token token;
  struct buffer seen = {0};
  struct error error = error_none();
  uint32_t records = 0;
  for (size_t at = 0; at < size && error.code == ERROR_NONE; at += step) {
    size_t length = step < size - at ? step : size - at;
    char *copy = malloc(length); /* so that the sanitizer sees what is read beyond */
    memcpy(copy, data + at, length);
    struct text rest = {copy, length};
    while (rest.length != 0 && error.code == ERROR_NONE) {
      error = firehose_body_next(body, &rest, &token);
      if (error.code == ERROR_NONE) {
        note(&seen, &token, &records);
      }
    }
    free(copy);
  }
  error = error.code == ERROR_NONE ? firehose_body_end(body) : error;
  if (error.code != ERROR_NONE) {
    note_error(&seen, &error);
  }
  REQUIRE(text_is_utf8(firehose_body_request_id(body)));
  buffer_append_text(&seen, firehose_body_request_id(body));
  firehose_body_free(body);
  return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  struct buffer whole = read_cut(data + 1, size - 1, size);
  struct buffer cut = read_cut(data + 1, size - 1, (size_t)1 + data[0]);
  REQUIRE(text_equal(buffer_text(&whole), buffer_text(&cut)));
  buffer_free(&whole);
  buffer_free(&cut);
  return 0;
}
