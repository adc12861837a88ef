#include "server/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/log_limit.h"
#include "server/metrics.h"

enum { FIELDS_MAX = 3584, LINE_MAX = 2 * FIELDS_MAX, QUOTED_MAX = 640, QUOTED_IN_TURN = 8 };

static struct {
  _Atomic int minimum;
  _Atomic int format;
  _Atomic int file_descriptor;
  _Atomic(struct metrics *) metrics;
} sink = {LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, STDERR_FILENO, NULL};

static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_limit limit;

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static const char *const format_names[] = {"logfmt", "json"};

void log_setup(enum log_level minimum, enum log_format format)
{
  sink.minimum = (int)minimum;
  sink.format = (int)format;
}

void log_to(int file_descriptor)
{
  sink.file_descriptor = file_descriptor;
}

void log_count_into(struct metrics *metrics)
{
  sink.metrics = metrics;
}

bool log_is_on(enum log_level level)
{
  return (int)level >= sink.minimum;
}

bool log_level_from(const char *name, enum log_level *level)
{
  for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
    if (strcmp(name, level_names[i]) == 0) {
      *level = (enum log_level)i;
      return true;
    }
  }
  return false;
}

bool log_format_from(const char *name, enum log_format *format)
{
  for (int i = LOG_FORMAT_LOGFMT; i <= LOG_FORMAT_JSON; i++) {
    if (strcmp(name, format_names[i]) == 0) {
      *format = (enum log_format)i;
      return true;
    }
  }
  return false;
}

/* A line that grows to a limit and then stops. */
struct line {
  size_t length;
  char bytes[LINE_MAX];
};

static void line_append(struct line *line, struct text part)
{
  size_t room = sizeof line->bytes - 4 - line->length; /* what closes the line always fits */
  part = text_cut(part, room);
  if (part.length > 0) {
    memcpy(line->bytes + line->length, part.data, part.length);
    line->length += part.length;
  }
}

static bool is_json_number(struct text value)
{
  double number;
  size_t sign = value.length > 0 && value.data[0] == '-' ? 1 : 0;
  if (value.length <= sign || value.data[sign] < '0' || value.data[sign] > '9' || !text_to_double(value, &number)) {
    return false;
  }
  bool leading_zero = value.data[sign] == '0' && value.length > sign + 1 && value.data[sign + 1] != '.';
  const char *point = memchr(value.data, '.', value.length);
  bool open_point = point != NULL && (point + 1 == value.data + value.length || point[1] < '0' || point[1] > '9');
  return !leading_zero && !open_point;
}

/* Cuts the next key=value off; a quoted value keeps its quotes. */
static bool next_field(struct text *fields, struct text *key, struct text *value, bool *quoted)
{
  *quoted = false;
  while (fields->length > 0 && fields->data[0] == ' ') {
    fields->data++;
    fields->length--;
  }
  if (!text_split(fields, '=', key)) {
    return false;
  }
  if (fields->length == 0 || fields->data[0] != '"') {
    *value = (struct text){fields->data, 0};
    text_split(fields, ' ', value);
    return true;
  }
  size_t end = 1;
  while (end < fields->length && fields->data[end] != '"') {
    end += fields->data[end] == '\\' ? 2 : 1;
  }
  bool whole = end < fields->length && (end + 1 == fields->length || fields->data[end + 1] == ' ');
  if (!whole) {
    return text_split(fields, ' ', value); /* not from log_quote, or cut */
  }
  *quoted = true;
  *value = (struct text){fields->data, end + 1};
  *fields = (struct text){fields->data + end + 1, fields->length - end - 1};
  return true;
}

/* Within quotes and with escapes, whatever it is. */
static void append_json_string(struct line *line, struct text text)
{
  const char *quoted = log_quote(text);
  bool add_quotes = quoted[0] != '"';
  line_append(line, add_quotes ? TEXT("\"") : TEXT(""));
  line_append(line, text_from(quoted));
  line_append(line, add_quotes ? TEXT("\"") : TEXT(""));
}

static void append_json_field(struct line *line, struct text key, struct text value, bool quoted)
{
  if (line->length + QUOTED_MAX + (value.length > QUOTED_MAX ? value.length : QUOTED_MAX) + 8 > sizeof line->bytes) {
    return; /* half a field would break the object */
  }
  line_append(line, TEXT(","));
  append_json_string(line, key);
  line_append(line, TEXT(":"));
  if (quoted || is_json_number(value) || text_equal(value, TEXT("true")) || text_equal(value, TEXT("false"))) {
    line_append(line, value);
  } else {
    append_json_string(line, value);
  }
}

static void format_json(struct line *line, const char *time, const char *level, const char *event, struct text fields)
{
  int length = snprintf(line->bytes, 256, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%.100s\"", time, level, event);
  line->length = (size_t)length;
  struct text key;
  struct text value;
  bool quoted;
  while (next_field(&fields, &key, &value, &quoted)) {
    append_json_field(line, key, value, quoted);
  }
  line_append(line, TEXT("}"));
}

static void format_logfmt(struct line *line, const char *time, const char *level, const char *event, struct text fields)
{
  int length = snprintf(line->bytes, 256, "%s %s event=%.100s%s", time, level, event, fields.length > 0 ? " " : "");
  line->length = (size_t)length;
  line_append(line, fields);
}

/* One write for the line, so that lines of several threads and processes do not mix. What cannot be written is lost: a log
 * must never stop the work. */
static void write_line(struct line *line)
{
  line->bytes[line->length++] = '\n';
  ssize_t written;
  do {
    written = write(sink.file_descriptor, line->bytes, line->length);
  } while (written < 0 && errno == EINTR);
}

static void count_event(enum log_level level, const char *event)
{
  struct metrics *metrics = sink.metrics;
  if (metrics == NULL) {
    return;
  }
  char labels[160];
  snprintf(labels, sizeof labels, "event=\"%.100s\",level=\"%s\"", event, level_names[level]);
  counter_add(metrics_counter(metrics, "crumbtrail_log_events_total", labels, "Events that were logged, or would have been."),
              1);
}

/* Who asks for debug gets every line. While another thread is here, or was when this process was forked, nothing is limited: a
 * line more is better than waiting. */
static bool is_admitted(const char *event, uint64_t *left_out)
{
  *left_out = 0;
  if (log_is_on(LOG_LEVEL_DEBUG) || pthread_mutex_trylock(&limit_lock) != 0) {
    return true;
  }
  bool admitted = log_limit_admits(&limit, event, clock_monotonic_us(), left_out);
  pthread_mutex_unlock(&limit_lock);
  return admitted;
}

void log_event(enum log_level level, const char *event, const char *fields_format, ...)
{
  uint64_t left_out = 0;
  count_event(level, event);
  if (!log_is_on(level) || !is_admitted(event, &left_out)) {
    return;
  }
  int saved_errno = errno;
  if (left_out > 0) {
    LOG_WARNING("lines_left_out", "of=%s count=%" PRIu64, event, left_out);
  }
  char fields[FIELDS_MAX];
  va_list arguments;
  va_start(arguments, fields_format);
  int length = vsnprintf(fields, sizeof fields, fields_format, arguments);
  va_end(arguments);
  size_t kept = length < 0 ? 0 : (size_t)length < sizeof fields ? (size_t)length : sizeof fields - 1;
  for (size_t i = 0; i < kept; i++) {
    fields[i] = (unsigned char)fields[i] < 0x20 ? ' ' : fields[i]; /* an unquoted line end must not forge a line */
  }
  char time[CLOCK_TEXT_MAX];
  clock_format(clock_now_us() / US_PER_MS * US_PER_MS, time);
  struct line line;
  struct text text = text_drop_partial((struct text){fields, kept});
  if (sink.format == LOG_FORMAT_JSON) {
    format_json(&line, time, level_names[level], event, text);
  } else {
    format_logfmt(&line, time, level_names[level], event, text);
  }
  write_line(&line);
  errno = saved_errno;
}

static bool needs_quotes(struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    unsigned char byte = (unsigned char)value.data[i];
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7F) {
      return true;
    }
  }
  return value.length == 0;
}

static size_t quote_byte(char *out, char byte, bool utf8)
{
  static const char hex[] = "0123456789abcdef";
  unsigned char code = (unsigned char)byte;
  if (byte == '"' || byte == '\\' || byte == '\n' || byte == '\t') {
    out[0] = '\\';
    out[1] = byte;
    if (byte == '\n' || byte == '\t') {
      out[1] = byte == '\n' ? 'n' : 't';
    }
    return 2;
  }
  if (code < 0x20 || code == 0x7F) {
    memcpy(out, "\\u00", 4);
    out[4] = hex[code >> 4];
    out[5] = hex[code & 15];
    return 6;
  }
  out[0] = code >= 0x80 && !utf8 ? '?' : byte;
  return 1;
}

const char *log_quote(struct text value)
{
  static _Thread_local char buffers[QUOTED_IN_TURN][QUOTED_MAX];
  static _Thread_local unsigned turn;
  char *out = buffers[turn++ % QUOTED_IN_TURN];
  enum { ROOM_FOR_END = 10 };
  bool utf8 = text_is_utf8(value);
  bool quotes = needs_quotes(value);
  size_t length = 0;
  if (quotes) {
    out[length++] = '"';
  }
  for (size_t i = 0; i < value.length && length < QUOTED_MAX - ROOM_FOR_END; i++) {
    length += quote_byte(out + length, value.data[i], utf8);
  }
  length = text_drop_partial((struct text){out, length}).length;
  if (quotes) {
    out[length++] = '"';
  }
  out[length] = '\0';
  return out;
}

const char *log_quote_cstring(const char *value)
{
  return log_quote(text_from(value));
}

void log_error(enum log_level level, const char *event, const struct error *error)
{
  bool field = error->field[0] != '\0';
  bool sqlstate = error->sqlstate[0] != '\0';
  log_event(level, event, "error=%s%s%s%s%s detail=%s", error_slug(error->code), field ? " field=" : "",
            field ? log_quote_cstring(error->field) : "", sqlstate ? " sqlstate=" : "", sqlstate ? error->sqlstate : "",
            log_quote_cstring(error->detail));
}
