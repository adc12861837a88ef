#include "ingest/push/firehose_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/events/event_scanner.h"
#include "ingest/push/firehose_data.h"
#include "server/base/arena.h"
#include "server/json/reader.h"

enum { TEXT_MAX = 1024, RECORD_KEPT_MAX = 4096 };

/* What comes next, at two levels: the members of the body, and those of a record. */
enum expected {
  EXPECT_BODY,
  EXPECT_FIRST_KEY, /* or the object's end */
  EXPECT_KEY,
  EXPECT_COLON,
  EXPECT_VALUE,
  EXPECT_AFTER_VALUE,
  EXPECT_FIRST_RECORD, /* or the end of the records */
  EXPECT_RECORD,
  EXPECT_AFTER_RECORD,
  EXPECT_NOTHING,
  READ_TEXT, /* a key, or the request id */
  READ_DATA,
  SKIP_STRING,
  SKIP_WORD,
  SKIP_BRACKETS,
};

struct firehose_body {
  enum expected expected;
  bool in_record;
  bool is_key; /* READ_TEXT */
  bool is_escaped;
  bool has_records;
  bool has_data; /* the record at hand */
  uint64_t offset;
  uint32_t index; /* of the record */
  struct buffer key;
  struct buffer text; /* with its quotes */
  struct buffer request_id;
  struct event_scanner scanner;

  struct buffer record; /* the first bytes of the one at hand, but for its data */
  struct firehose_data data;
  const char *bad_reason; /* of the record at hand; what is wrong with it goes to `kept` */
  struct buffer kept;
  struct arena *arena;
  char field[48];
};

struct firehose_body *firehose_body_new(void)
{
  struct firehose_body *body = calloc(1, sizeof *body);
  if (body == NULL) {
    error_out_of_memory(sizeof *body);
  }
  body->arena = arena_new(1024);
  return body;
}

void firehose_body_free(struct firehose_body *body)
{
  if (body != NULL) {
    buffer_free(&body->key);
    buffer_free(&body->text);
    buffer_free(&body->request_id);
    buffer_free(&body->record);
    firehose_data_free(&body->data);
    buffer_free(&body->kept);
    arena_free(body->arena);
    free(body);
  }
}

struct text firehose_body_request_id(const struct firehose_body *body)
{
  return buffer_text(&body->request_id);
}

static struct error unexpected(const struct firehose_body *body, const char *expected)
{
  return error_at(ERROR_BAD_INPUT, "$", "the body is not what Firehose sends: at byte %" PRIu64 ", expected %s", body->offset,
                  expected);
}

static void keep(struct firehose_body *body, const char *bytes, size_t length)
{
  size_t room = FIREHOSE_KEPT_MAX - body->kept.length;
  buffer_append(&body->kept, bytes, length < room ? length : room);
}

/* ---- tokens ---- */

static void say_bad(struct firehose_body *body, struct text bytes, struct firehose_token *token)
{
  const char *member = body->has_data ? ".data" : "";
  (void)snprintf(body->field, sizeof body->field, "records[%u]%s", body->index, member);
  *token = (struct firehose_token){
      .kind = FIREHOSE_BAD, .index = body->index, .bytes = bytes, .field = body->field, .reason = body->bad_reason};
  body->bad_reason = NULL;
}

static void use(struct firehose_body *body, struct text *rest, size_t length)
{
  if (body->in_record) {
    size_t room = RECORD_KEPT_MAX - body->record.length;
    buffer_append(&body->record, rest->data, length < room ? length : room);
  }
  *rest = (struct text){rest->data + length, rest->length - length};
  body->offset += length;
}

static void read_data(struct firehose_body *body, struct text *rest, struct firehose_token *token)
{
  const char *before = rest->data;
  struct text bytes;
  enum firehose_data_result result = firehose_data_read(&body->data, rest, &bytes);
  body->offset += (uint64_t)(rest->data - before);
  if (result == FIREHOSE_DATA_BYTES) {
    *token = (struct firehose_token){.kind = FIREHOSE_BYTES, .index = body->index, .bytes = bytes};
  } else if (result == FIREHOSE_DATA_END) {
    body->expected = EXPECT_AFTER_VALUE;
  } else if (result == FIREHOSE_DATA_BAD) {
    body->expected = EXPECT_AFTER_VALUE;
    body->bad_reason = "not base64: what follows the good part is kept here";
    say_bad(body, bytes, token);
  }
}

/* ---- texts, and what is skipped ---- */

static struct error take_text(struct firehose_body *body)
{
  const struct json *value = NULL;
  arena_reset(body->arena);
  struct error error = json_parse(body->arena, buffer_text(&body->text), JSON_LIMITS_DEFAULT, &value);
  if (error.code != ERROR_NONE) {
    return unexpected(body, body->is_key ? "the name of a member" : "a request id before it");
  }
  struct buffer *target = body->is_key ? &body->key : &body->request_id;
  buffer_clear(target);
  buffer_append_text(target, value->text);
  body->expected = body->is_key ? EXPECT_COLON : EXPECT_AFTER_VALUE;
  return error_none();
}

static struct error read_text(struct firehose_body *body, struct text *rest)
{
  while (rest->length != 0) {
    char byte = rest->data[0];
    if (body->text.length == TEXT_MAX) {
      return unexpected(body, "a shorter name of a member, or request id");
    }
    buffer_append_char(&body->text, byte);
    use(body, rest, 1);
    if (byte == '"' && !body->is_escaped) {
      return take_text(body);
    }
    body->is_escaped = byte == '\\' && !body->is_escaped;
  }
  return error_none();
}

static void keep_if_bad(struct firehose_body *body, struct text bytes)
{
  if (body->bad_reason != NULL) {
    keep(body, bytes.data, bytes.length);
  }
}

static bool is_space(char byte)
{
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* How much of it belongs to the value that is skipped; *is_over: it ends there. */
static size_t skipped_length(struct firehose_body *body, struct text rest, bool *is_over)
{
  size_t at = 0;
  while (body->expected == SKIP_STRING && at < rest.length && !*is_over) {
    char byte = rest.data[at++];
    *is_over = byte == '"' && !body->is_escaped;
    body->is_escaped = byte == '\\' && !body->is_escaped;
  }
  while (body->expected == SKIP_WORD && at < rest.length && !*is_over) {
    *is_over = is_space(rest.data[at]) || memchr(",]}", rest.data[at], 3) != NULL;
    at += !*is_over;
  }
  return at;
}

static struct error skip(struct firehose_body *body, struct text *rest, bool *is_over)
{
  size_t length = 0;
  if (body->expected == SKIP_BRACKETS) {
    body->scanner.at = 0;
    enum scan_result result = event_scan(&body->scanner, *rest);
    length = body->scanner.at;
    if (result == SCAN_BROKEN) {
      use(body, rest, length);
      return unexpected(body, "JSON");
    }
    *is_over = result == SCAN_END;
  } else {
    length = skipped_length(body, *rest, is_over);
  }
  keep_if_bad(body, (struct text){rest->data, length});
  use(body, rest, length);
  return error_none();
}

/* The value's first byte is looked at, not used, but for the quote of a string. */
static struct error begin_skip(struct firehose_body *body, struct text *rest)
{
  char byte = rest->data[0];
  body->is_escaped = false;
  if (byte == '"') {
    body->expected = SKIP_STRING;
    keep_if_bad(body, TEXT("\""));
    use(body, rest, 1);
  } else if (byte == '{' || byte == '[') {
    body->expected = SKIP_BRACKETS;
    body->scanner = event_scanner_make(false);
  } else if (byte == '-' || (byte >= '0' && byte <= '9') || byte == 't' || byte == 'f' || byte == 'n') {
    body->expected = SKIP_WORD;
  } else {
    return unexpected(body, "a value");
  }
  return error_none();
}

/* ---- structure ---- */

static struct error begin_text(struct firehose_body *body, struct text *rest, bool is_key)
{
  if (rest->data[0] != '"') {
    return unexpected(body, is_key ? "the name of a member" : "the request id as text");
  }
  body->is_key = is_key;
  body->is_escaped = false;
  buffer_clear(&body->text);
  buffer_append_char(&body->text, '"');
  use(body, rest, 1);
  body->expected = READ_TEXT;
  return error_none();
}

/* `reason`: why the value that is skipped makes the record bad; NULL: it does not. */
static struct error begin_bad(struct firehose_body *body, struct text *rest, const char *reason)
{
  body->bad_reason = reason;
  buffer_clear(&body->kept);
  return begin_skip(body, rest);
}

static struct error begin_value(struct firehose_body *body, struct text *rest)
{
  struct text key = buffer_text(&body->key);
  if (!body->in_record && text_equal(key, TEXT("requestId"))) {
    return begin_text(body, rest, false);
  }
  if (!body->in_record && text_equal(key, TEXT("records"))) {
    if (rest->data[0] != '[' || body->has_records) {
      return unexpected(body, "one array of records");
    }
    body->has_records = true;
    body->expected = EXPECT_FIRST_RECORD;
    use(body, rest, 1);
    return error_none();
  }
  if (!body->in_record || !text_equal(key, TEXT("data"))) {
    return begin_skip(body, rest);
  }
  bool is_repeated = body->has_data;
  body->has_data = true;
  if (is_repeated || rest->data[0] != '"') {
    return begin_bad(body, rest, is_repeated ? "stands twice in the record" : "expected text in base64");
  }
  body->expected = READ_DATA;
  firehose_data_begin(&body->data);
  use(body, rest, 1);
  return error_none();
}

/* An object's end: of a record without data, or of the body. */
static void end_object(struct firehose_body *body, struct firehose_token *token)
{
  if (!body->in_record) {
    body->expected = EXPECT_NOTHING;
    return;
  }
  body->expected = EXPECT_AFTER_RECORD;
  body->in_record = false;
  if (!body->has_data) {
    body->bad_reason = "a record without data";
    say_bad(body, buffer_text(&body->record), token);
  }
}

static struct error begin_record(struct firehose_body *body, struct text *rest, struct firehose_token *token)
{
  body->has_data = false;
  token->kind = FIREHOSE_RECORD;
  token->index = body->index;
  if (rest->data[0] != '{') {
    body->in_record = false;
    return begin_bad(body, rest, "expected an object");
  }
  body->in_record = true;
  buffer_clear(&body->record);
  body->expected = EXPECT_FIRST_KEY;
  use(body, rest, 1);
  return error_none();
}

/* Behind a record: a comma, or the end of the records. */
static struct error after_record(struct firehose_body *body, struct text *rest)
{
  char byte = rest->data[0];
  if (byte != ',' && byte != ']') {
    return unexpected(body, "',' or ']'");
  }
  body->expected = byte == ',' ? EXPECT_RECORD : EXPECT_AFTER_VALUE;
  body->index++;
  use(body, rest, 1);
  return error_none();
}

static struct error use_one(struct firehose_body *body, struct text *rest, char wanted, enum expected next, const char *words)
{
  if (rest->data[0] != wanted) {
    return unexpected(body, words);
  }
  body->expected = next;
  use(body, rest, 1);
  return error_none();
}

/* One byte that is no white space, outside of strings and of what is skipped. */
static struct error read_structure(struct firehose_body *body, struct text *rest, struct firehose_token *token)
{
  char byte = rest->data[0];
  switch (body->expected) {
  case EXPECT_BODY:
    return use_one(body, rest, '{', EXPECT_FIRST_KEY, "'{'");
  case EXPECT_FIRST_KEY:
  case EXPECT_AFTER_VALUE:
    if (byte == '}') {
      use(body, rest, 1);
      end_object(body, token);
      return error_none();
    }
    return body->expected == EXPECT_FIRST_KEY ? begin_text(body, rest, true)
                                              : use_one(body, rest, ',', EXPECT_KEY, "',' or '}'");
  case EXPECT_KEY:
    return begin_text(body, rest, true);
  case EXPECT_COLON:
    return use_one(body, rest, ':', EXPECT_VALUE, "':'");
  case EXPECT_VALUE:
    return begin_value(body, rest);
  case EXPECT_FIRST_RECORD:
  case EXPECT_RECORD:
    if (byte == ']' && body->expected == EXPECT_FIRST_RECORD) {
      return use_one(body, rest, ']', EXPECT_AFTER_VALUE, "']'");
    }
    return begin_record(body, rest, token);
  case EXPECT_AFTER_RECORD:
    return after_record(body, rest);
  default:
    return unexpected(body, "the end");
  }
}

static struct error skip_on(struct firehose_body *body, struct text *rest, struct firehose_token *token)
{
  bool is_over = false;
  TRY(skip(body, rest, &is_over));
  if (!is_over) {
    return error_none();
  }
  /* What stands in the place of a record has no members. */
  bool is_record = body->bad_reason != NULL && !body->in_record;
  body->expected = is_record ? EXPECT_AFTER_RECORD : EXPECT_AFTER_VALUE;
  if (body->bad_reason != NULL) {
    say_bad(body, buffer_text(&body->kept), token);
  }
  return error_none();
}

struct error firehose_body_next(struct firehose_body *body, struct text *rest, struct firehose_token *token)
{
  token->kind = FIREHOSE_MORE;
  while (rest->length != 0 && token->kind == FIREHOSE_MORE) {
    if (body->expected == READ_DATA) {
      read_data(body, rest, token);
    } else if (body->expected == READ_TEXT) {
      TRY(read_text(body, rest));
    } else if (body->expected >= SKIP_STRING) {
      TRY(skip_on(body, rest, token));
    } else if (is_space(rest->data[0])) {
      use(body, rest, 1);
    } else {
      TRY(read_structure(body, rest, token));
    }
  }
  return error_none();
}

struct error firehose_body_end(const struct firehose_body *body)
{
  if (body->expected != EXPECT_NOTHING) {
    return unexpected(body, "more: it ends too early");
  }
  return body->has_records ? error_none() : error_at(ERROR_BAD_INPUT, "records", "the body has no records");
}
