#include "server/db/statements.h"

#include <ctype.h>
#include <stddef.h>

static bool is_word(char byte)
{
  return isalnum((unsigned char)byte) != 0 || byte == '_' || (byte & 0x80) != 0;
}

static bool is_at(struct text sql, size_t at, const char *token)
{
  return text_starts_with((struct text){sql.data + at, sql.length - at}, text_from(token));
}

static size_t skip_line_comment(struct text sql, size_t at)
{
  while (at < sql.length && sql.data[at] != '\n') {
    at++;
  }
  return at;
}

static size_t skip_block_comment(struct text sql, size_t at)
{
  int depth = 0;
  while (at < sql.length) {
    if (is_at(sql, at, "/*")) {
      depth++;
      at += 2;
    } else if (is_at(sql, at, "*/")) {
      depth--;
      at += 2;
    } else {
      at++;
    }
    if (depth == 0) {
      break;
    }
  }
  return at;
}

/* A doubled quote closes and opens again, which comes to the same. */
static size_t skip_quoted(struct text sql, size_t at, bool has_escapes)
{
  const char quote = sql.data[at++];
  while (at < sql.length && sql.data[at] != quote) {
    at += has_escapes && sql.data[at] == '\\' ? 2 : 1;
  }
  return at < sql.length ? at + 1 : sql.length;
}

/* $tag$ ... $tag$; a '$' that opens none ($1) is stepped over. */
static size_t skip_dollar(struct text sql, size_t at)
{
  size_t end = at + 1;
  while (end < sql.length && is_word(sql.data[end])) {
    end++;
  }
  const bool opens = end < sql.length && sql.data[end] == '$' && isdigit((unsigned char)sql.data[at + 1]) == 0;
  if (!opens) {
    return at + 1;
  }
  const struct text tag = {sql.data + at, end + 1 - at};
  for (at = end + 1; at < sql.length; at++) {
    if (text_starts_with((struct text){sql.data + at, sql.length - at}, tag)) {
      return at + tag.length;
    }
  }
  return sql.length;
}

static size_t skip_word(struct text sql, size_t at)
{
  const bool may_be_prefix = sql.data[at] == 'e' || sql.data[at] == 'E';
  if (may_be_prefix && is_at(sql, at + 1, "'")) {
    return skip_quoted(sql, at + 1, true);
  }
  while (at < sql.length && (is_word(sql.data[at]) || sql.data[at] == '$')) {
    at++;
  }
  return at;
}

/* The end of the token that starts at `at`. */
static size_t skip_token(struct text sql, size_t at)
{
  if (is_at(sql, at, "--")) {
    return skip_line_comment(sql, at);
  }
  if (is_at(sql, at, "/*")) {
    return skip_block_comment(sql, at);
  }
  if (sql.data[at] == '\'' || sql.data[at] == '"') {
    return skip_quoted(sql, at, false);
  }
  if (sql.data[at] == '$') {
    return skip_dollar(sql, at);
  }
  return is_word(sql.data[at]) ? skip_word(sql, at) : at + 1;
}

static bool is_blank(struct text sql, size_t at)
{
  return isspace((unsigned char)sql.data[at]) != 0 || sql.data[at] == ';' || is_at(sql, at, "--") || is_at(sql, at, "/*");
}

bool statements_next(struct text whole, struct text *rest, struct text *statement, int *line)
{
  const struct text sql = *rest;
  size_t start = 0;
  while (start < sql.length && is_blank(sql, start)) {
    start = skip_token(sql, start);
  }
  if (start >= sql.length) {
    return false;
  }
  size_t end = start;
  while (end < sql.length && sql.data[end] != ';') {
    end = skip_token(sql, end);
  }
  end = end < sql.length ? end : sql.length;
  *statement = (struct text){sql.data + start, end - start};
  *rest = (struct text){sql.data + end, sql.length - end};
  *line = 1;
  for (const char *at = whole.data; at < statement->data; at++) {
    *line += *at == '\n';
  }
  return true;
}
