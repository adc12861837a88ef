#include "server/json/reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "server/json/string.h"

/* One pass over the bytes, by hand. yajl 2.1 was tried first and reads strings wrongly: it turns a lone surrogate into '?',
 * joins one with whatever follows, hands out \u0000, and takes overlong and surrogate UTF-8 for valid; every string would have
 * to be read again, from a place that its callbacks do not give. It would gain no time either: building nothing takes it about
 * as long as building the tree takes here (tests/bench/json.c). */

const struct json_limits JSON_LIMITS_DEFAULT = {32, 1000, 200000};

enum { LINEAR_MEMBERS_MAX = 16 };

/* An open array or object. */
struct frame {
  struct json *container;
  struct json *last;
  const struct json **table; /* members by key, once there are more than LINEAR_MEMBERS_MAX */
  uint32_t table_size;       /* a power of two */
};

struct parser {
  const char *at;
  const char *start;
  const char *end;
  struct arena *arena;
  struct json_limits limits;
  uint32_t depth;
  uint32_t values;
  struct text key; /* of the member whose value comes next */
  struct json *root;
  struct error failure;
  struct frame frames[JSON_DEPTH_MAX];
};

static ERROR_PRINTF(3, 4) bool fail(struct parser *parser, const char *at, const char *format, ...)
{
  char problem[160];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  parser->failure = error_make(ERROR_BAD_INPUT, "not acceptable JSON at byte %zu: %s", (size_t)(at - parser->start), problem);
  return false;
}

static bool fail_unexpected(struct parser *parser, const char *expected)
{
  if (parser->at == parser->end) {
    return fail(parser, parser->at, "the input ends where %s should be", expected);
  }
  unsigned char byte = (unsigned char)*parser->at;
  if (byte > 0x20 && byte < 0x7F) {
    return fail(parser, parser->at, "'%c' where %s should be", byte, expected);
  }
  return fail(parser, parser->at, "byte 0x%02x where %s should be", byte, expected);
}

static void skip_space(struct parser *parser)
{
  const char *at = parser->at;
  while (at < parser->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
    at++;
  }
  parser->at = at;
}

static bool next_is(const struct parser *parser, char byte)
{
  return parser->at < parser->end && *parser->at == byte;
}

/* A node for the value that begins at `start`, linked into its parent. NULL when there are too many. */
static struct json *add_node(struct parser *parser, enum json_type type, const char *start)
{
  if (parser->values == parser->limits.values_max) {
    fail(parser, start, "more than %u values", parser->limits.values_max);
    return NULL;
  }
  parser->values++;
  struct json *node = arena_alloc_bytes(parser->arena, sizeof *node);
  *node = (struct json){.type = type, .key = parser->key, .raw = {start, 0}};
  parser->key = (struct text){NULL, 0};
  if (parser->depth == 0) {
    parser->root = node;
    return node;
  }
  struct frame *frame = &parser->frames[parser->depth - 1];
  node->parent = frame->container;
  node->index = frame->container->count++;
  if (frame->last == NULL) {
    frame->container->first = node;
  } else {
    frame->last->next = node;
  }
  frame->last = node;
  return node;
}

static void end_node(struct json *node, const char *after)
{
  node->raw.length = (size_t)(after - node->raw.data);
}

static uint32_t hash_key(struct text key)
{
  uint32_t hash = 2166136261U; /* FNV-1a: the number of members is limited, so nobody gains by collisions */
  for (size_t i = 0; i < key.length; i++) {
    hash = (hash ^ (unsigned char)key.data[i]) * 16777619U;
  }
  return hash ^ (hash >> 15);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t find_slot(const struct frame *frame, struct text key)
{
  uint32_t slot = hash_key(key) & (frame->table_size - 1);
  while (frame->table[slot] != NULL && !text_equal(frame->table[slot]->key, key)) {
    slot = (slot + 1) & (frame->table_size - 1);
  }
  return slot;
}

static void grow_table(struct arena *arena, struct frame *frame)
{
  frame->table_size = frame->table_size == 0 ? 4 * LINEAR_MEMBERS_MAX : 2 * frame->table_size;
  frame->table = arena_alloc_array(arena, frame->table_size, sizeof(const struct json *));
  JSON_EACH (member, frame->container) {
    frame->table[find_slot(frame, member->key)] = member;
  }
}

/* Puts the newest member into the table, which has it not yet. */
static void index_last_member(struct parser *parser, struct frame *frame)
{
  if (frame->container->count <= LINEAR_MEMBERS_MAX) {
    return;
  }
  if (frame->container->count * 2 > frame->table_size) {
    grow_table(parser->arena, frame);
  } else {
    frame->table[find_slot(frame, frame->last->key)] = frame->last;
  }
}

static bool has_key(const struct frame *frame, struct text key)
{
  if (frame->table_size > 0) {
    return frame->table[find_slot(frame, key)] != NULL;
  }
  return json_member(frame->container, key) != NULL;
}

static bool read_string(struct parser *parser, struct text *decoded)
{
  struct json_string_result result = json_string_scan(parser->arena, parser->at + 1, parser->end, decoded);
  if (result.after == NULL) {
    return fail(parser, result.bad_at, "%s", result.problem);
  }
  parser->at = result.after;
  return true;
}

/* The key and the colon of a member; stands at the member's value then. */
static bool read_key(struct parser *parser)
{
  struct frame *frame = &parser->frames[parser->depth - 1];
  const char *start = parser->at;
  if (!next_is(parser, '"')) {
    return fail_unexpected(parser, "a key in quotes");
  }
  if (frame->container->count == parser->limits.members_max) {
    return fail(parser, start, "an object of more than %u members", parser->limits.members_max);
  }
  if (frame->container->count > 0) {
    index_last_member(parser, frame);
  }
  if (!read_string(parser, &parser->key)) {
    return false;
  }
  if (has_key(frame, parser->key)) {
    return fail(parser, start, "the key \"%.*s\" stands twice in one object", TEXT_ARGS(text_cut(parser->key, 64)));
  }
  skip_space(parser);
  if (!next_is(parser, ':')) {
    return fail_unexpected(parser, "':'");
  }
  parser->at++;
  skip_space(parser);
  return true;
}

static void close_container(struct parser *parser)
{
  parser->at++;
  parser->depth--;
  end_node(parser->frames[parser->depth].container, parser->at);
}

/* Opens an array or object. *complete when it is empty, else stands at its first value. */
static bool open_container(struct parser *parser, enum json_type type, bool *complete)
{
  if (parser->depth == parser->limits.depth_max || parser->depth == JSON_DEPTH_MAX) {
    return fail(parser, parser->at, "nested deeper than %u", parser->depth);
  }
  struct json *node = add_node(parser, type, parser->at);
  if (node == NULL) {
    return false;
  }
  parser->frames[parser->depth++] = (struct frame){.container = node};
  parser->at++;
  skip_space(parser);
  if (next_is(parser, type == JSON_OBJECT ? '}' : ']')) {
    close_container(parser);
    *complete = true;
    return true;
  }
  *complete = false;
  return type == JSON_ARRAY || read_key(parser);
}

static const char *skip_digits(const char *at, const char *end)
{
  while (at < end && *at >= '0' && *at <= '9') {
    at++;
  }
  return at;
}

/* The end of the number, or NULL with parser->at where a digit is missing. */
static const char *scan_number(struct parser *parser)
{
  const char *end = parser->end;
  const char *at = parser->at;
  at += *at == '-';
  const char *part = at;
  at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
  if (at > part && at < end && *at == '.') {
    part = ++at;
    at = skip_digits(at, end);
  }
  if (at > part && at < end && (*at == 'e' || *at == 'E')) {
    at++;
    at += at < end && (*at == '+' || *at == '-');
    part = at;
    at = skip_digits(at, end);
  }
  if (at == part) {
    parser->at = at;
    return NULL;
  }
  return at;
}

static bool read_number(struct parser *parser)
{
  const char *start = parser->at;
  const char *after = scan_number(parser);
  if (after == NULL) {
    return fail_unexpected(parser, "a digit");
  }
  struct json *node = add_node(parser, JSON_NUMBER, start);
  if (node == NULL) {
    return false;
  }
  parser->at = after;
  end_node(node, after);
  node->text = node->raw;
  return true;
}

static bool read_word(struct parser *parser, struct text word, enum json_type type)
{
  struct text left = {parser->at, (size_t)(parser->end - parser->at)};
  if (!text_starts_with(left, word)) {
    return fail_unexpected(parser, "a value");
  }
  struct json *node = add_node(parser, type, parser->at);
  if (node == NULL) {
    return false;
  }
  parser->at += word.length;
  node->boolean = word.data[0] == 't';
  end_node(node, parser->at);
  return true;
}

static bool read_string_value(struct parser *parser)
{
  struct json *node = add_node(parser, JSON_STRING, parser->at);
  if (node == NULL || !read_string(parser, &node->text)) {
    return false;
  }
  end_node(node, parser->at);
  return true;
}

/* *complete is false when an array or object was opened that is not empty. */
static bool read_value(struct parser *parser, bool *complete)
{
  *complete = true;
  if (parser->at == parser->end) {
    return fail_unexpected(parser, "a value");
  }
  switch (*parser->at) {
  case '"':
    return read_string_value(parser);
  case '{':
    return open_container(parser, JSON_OBJECT, complete);
  case '[':
    return open_container(parser, JSON_ARRAY, complete);
  case 't':
    return read_word(parser, TEXT("true"), JSON_BOOLEAN);
  case 'f':
    return read_word(parser, TEXT("false"), JSON_BOOLEAN);
  case 'n':
    return read_word(parser, TEXT("null"), JSON_NULL);
  default:
    if (*parser->at == '-' || (*parser->at >= '0' && *parser->at <= '9')) {
      return read_number(parser);
    }
    return fail_unexpected(parser, "a value");
  }
}

/* After a value within a container: closes it (*complete), or stands at the next value. */
static bool go_on(struct parser *parser, bool *complete)
{
  bool in_object = parser->frames[parser->depth - 1].container->type == JSON_OBJECT;
  skip_space(parser);
  if (next_is(parser, in_object ? '}' : ']')) {
    close_container(parser);
    *complete = true;
    return true;
  }
  if (!next_is(parser, ',')) {
    return fail_unexpected(parser, in_object ? "',' or '}'" : "',' or ']'");
  }
  parser->at++;
  skip_space(parser);
  *complete = false;
  return !in_object || read_key(parser);
}

static bool read_tree(struct parser *parser)
{
  do {
    bool complete;
    if (!read_value(parser, &complete)) {
      return false;
    }
    while (complete && parser->depth > 0) {
      if (!go_on(parser, &complete)) {
        return false;
      }
    }
  } while (parser->depth > 0);
  return true;
}

/* The frames stay uninitialised: only those of open containers are ever read. */
static void begin(struct parser *parser, struct arena *arena, struct text input, struct json_limits limits)
{
  /* A pointer that may be compared and subtracted, also for the empty slice without one. */
  parser->start = input.data != NULL ? input.data : "";
  parser->at = parser->start;
  parser->end = parser->start + input.length;
  parser->arena = arena;
  parser->limits = limits;
  parser->depth = 0;
  parser->values = 0;
  parser->key = (struct text){NULL, 0};
  parser->root = NULL;
}

struct error json_parse(struct arena *arena, struct text input, struct json_limits limits, const struct json **value)
{
  struct parser parser;
  *value = NULL;
  begin(&parser, arena, input, limits);
  skip_space(&parser);
  if (!read_tree(&parser)) {
    return parser.failure;
  }
  skip_space(&parser);
  if (parser.at != parser.end) {
    fail_unexpected(&parser, "the end");
    return parser.failure;
  }
  *value = parser.root;
  return error_none();
}

static struct text skip_separators(struct text rest)
{
  while (rest.length > 0 && memchr(" ,\n\r\t", rest.data[0], 5) != NULL) {
    rest.data++;
    rest.length--;
  }
  return rest;
}

static bool touches_next(const struct parser *parser)
{
  enum json_type type = parser->root->type;
  if (type == JSON_STRING || type == JSON_ARRAY || type == JSON_OBJECT || parser->at == parser->end) {
    return false;
  }
  return memchr(" ,\n\r\t[]{\"", *parser->at, 9) == NULL;
}

struct error json_parse_next(struct arena *arena, struct text *rest, struct json_limits limits, const struct json **value)
{
  struct parser parser;
  *value = NULL;
  *rest = skip_separators(*rest);
  if (rest->length == 0) {
    return error_none();
  }
  begin(&parser, arena, *rest, limits);
  if (!read_tree(&parser)) {
    return parser.failure;
  }
  if (touches_next(&parser)) {
    fail_unexpected(&parser, "the end of the value");
    return parser.failure;
  }
  *value = parser.root;
  *rest = (struct text){parser.at, (size_t)(parser.end - parser.at)};
  return error_none();
}
