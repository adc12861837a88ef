#include "ingest/events/event_scanner.h"

#include "server/json/reader.h"

struct event_scanner event_scanner_make(bool is_whole)
{
  return (struct event_scanner){.state = SCAN_VALUE, .is_whole = is_whole, .quote = SIZE_MAX, .restart = SIZE_MAX};
}

static bool is_space(char byte)
{
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static bool ends_word(char byte)
{
  return is_space(byte) || memchr(",:{}[]\"", byte, 7) != NULL;
}

static bool open_bracket(struct event_scanner *scanner, bool is_object)
{
  if (scanner->depth == JSON_DEPTH_MAX) {
    return false;
  }
  scanner->depth++;
  scanner->objects = scanner->objects << 1 | is_object;
  scanner->state = is_object ? SCAN_KEY_OR_END : SCAN_VALUE_OR_END;
  return true;
}

static bool close_bracket(struct event_scanner *scanner, bool is_object)
{
  if ((scanner->objects & 1) != is_object) {
    return false;
  }
  scanner->depth--;
  scanner->objects >>= 1;
  scanner->state = SCAN_AFTER;
  return true;
}

/* One byte outside of strings and words. False: it cannot be here. */
static bool take(struct event_scanner *scanner, char byte)
{
  bool wants_value = scanner->state == SCAN_VALUE || scanner->state == SCAN_VALUE_OR_END;
  bool wants_key = scanner->state == SCAN_KEY || scanner->state == SCAN_KEY_OR_END;
  switch (byte) {
  case '"':
    scanner->is_key = wants_key;
    scanner->state = SCAN_STRING;
    return wants_key || wants_value;
  case '{':
  case '[':
    return wants_value && open_bracket(scanner, byte == '{');
  case '}':
    return (scanner->state == SCAN_AFTER || scanner->state == SCAN_KEY_OR_END) && close_bracket(scanner, true);
  case ']':
    return (scanner->state == SCAN_AFTER || scanner->state == SCAN_VALUE_OR_END) && close_bracket(scanner, false);
  case ':': {
    bool is_good = scanner->state == SCAN_COLON;
    scanner->state = SCAN_VALUE;
    return is_good;
  }
  case ',': {
    bool is_good = scanner->state == SCAN_AFTER;
    scanner->state = (scanner->objects & 1) != 0 ? SCAN_KEY : SCAN_VALUE;
    return is_good;
  }
  default:
    scanner->state = SCAN_WORD;
    return wants_value;
  }
}

/* To the closing quote, or the end of the line: no string runs over it. */
static size_t skip_string(struct event_scanner *scanner, struct text bytes, size_t at)
{
  if (scanner->is_escaped && at < bytes.length && bytes.data[at] != '\n') {
    scanner->is_escaped = false;
    at++;
  }
  while (at < bytes.length && bytes.data[at] != '"' && bytes.data[at] != '\n') {
    if (bytes.data[at] == '\\') {
      at++;
      if (at == bytes.length || bytes.data[at] == '\n') {
        scanner->is_escaped = true;
        return at;
      }
    }
    at++;
  }
  return at;
}

/* False: the line ends in it. */
static bool scan_string(struct event_scanner *scanner, struct text bytes)
{
  scanner->at = skip_string(scanner, bytes, scanner->at);
  if (scanner->at == bytes.length) {
    return true;
  }
  scanner->quote = scanner->at;
  scanner->state = scanner->is_key ? SCAN_COLON : SCAN_AFTER;
  return bytes.data[scanner->at] == '"' ? (scanner->at++, true) : false;
}

static void scan_word(struct event_scanner *scanner, struct text bytes)
{
  while (scanner->at < bytes.length && !ends_word(bytes.data[scanner->at])) {
    scanner->at++;
  }
  scanner->state = scanner->at < bytes.length ? SCAN_AFTER : SCAN_WORD;
}

/* What no grammar allows here. An opening bracket is most likely the next value: this one was cut off. A string that goes on
 * behind its closing quote was cut off, too, and the quote is the first of the next value, whose '{' stands before it. */
static size_t restart_at(const struct event_scanner *scanner, struct text bytes)
{
  size_t at = scanner->at;
  if (bytes.data[at] == '{' || bytes.data[at] == '[') {
    return at;
  }
  if (!scanner->is_whole || scanner->quote == SIZE_MAX) {
    return SIZE_MAX;
  }
  size_t before = scanner->quote;
  while (before > 0 && is_space(bytes.data[before - 1])) {
    before--;
  }
  return before > 1 && bytes.data[before - 1] == '{' ? before - 1 : SIZE_MAX;
}

enum scan_result event_scan(struct event_scanner *scanner, struct text bytes)
{
  while (scanner->at < bytes.length) {
    if (scanner->state == SCAN_STRING) {
      if (!scan_string(scanner, bytes)) {
        return SCAN_BROKEN;
      }
    } else if (scanner->state == SCAN_WORD) {
      scan_word(scanner, bytes);
    } else if (is_space(bytes.data[scanner->at])) {
      scanner->at++;
    } else if (!take(scanner, bytes.data[scanner->at])) {
      scanner->restart = restart_at(scanner, bytes);
      return SCAN_BROKEN;
    } else {
      scanner->at++;
      scanner->quote = SIZE_MAX;
      if (scanner->depth == 0) {
        return SCAN_END;
      }
    }
  }
  return SCAN_MORE;
}
