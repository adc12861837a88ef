#include "ingest/alerts/mail_message.h"

#include <time.h>

#include "server/base/base64.h"
#include "server/base/clock.h"

/* A line with an encoded word may have 76 bytes (RFC 2047): what stands around it leaves 55, of which 52 are whole groups of
 * base64. */
enum { WORD_BYTES = 39, PLAIN_MAX = 66, BODY_LINE_BYTES = 57, SUBJECT_MAX = 400 };

static bool is_plain(struct text text, const char *special)
{
  for (size_t i = 0; i < text.length; i++) {
    if (text.data[i] < ' ' || text.data[i] > '~' || strchr(special, text.data[i]) != NULL) {
      return false;
    }
  }
  return text.length <= PLAIN_MAX;
}

/* As it is when it is short ASCII without what is special there, else in encoded words that end between characters. */
static void write_encoded(struct buffer *out, struct text text, const char *special)
{
  if (is_plain(text, special)) {
    buffer_append_text(out, text);
    return;
  }
  for (const char *separator = ""; text.length > 0; separator = "\r\n ") {
    const struct text word = text_cut(text, WORD_BYTES);
    buffer_printf(out, "%s=?UTF-8?B?", separator);
    base64_encode(word, out);
    buffer_append_text(out, TEXT("?="));
    text = (struct text){text.data + word.length, text.length - word.length};
  }
}

static void write_subject(struct buffer *out, struct text subject)
{
  struct buffer line = {0};
  const struct text cut = text_cut(subject, SUBJECT_MAX);
  for (size_t i = 0; i < cut.length; i++) {
    const unsigned char byte = (unsigned char)cut.data[i];
    buffer_append_char(&line, byte < ' ' || byte == 127 ? ' ' : cut.data[i]);
  }
  buffer_append_text(out, TEXT("Subject: "));
  write_encoded(out, buffer_text(&line), "=");
  buffer_append_text(out, TEXT("\r\n"));
  buffer_free(&line);
}

static void write_date(struct buffer *out, int64_t date_us)
{
  static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = (time_t)(date_us / US_PER_SECOND);
  struct tm parts;
  (void)gmtime_r(&seconds, &parts);
  buffer_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[parts.tm_wday], parts.tm_mday,
                months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void write_from(struct buffer *out, struct text from)
{
  const struct text address = mail_address_of(from);
  const struct text name =
      text_trim((struct text){from.data, address.data == from.data ? 0 : (size_t)(address.data - from.data) - 1});
  buffer_append_text(out, TEXT("From: "));
  if (name.length > 0) {
    write_encoded(out, name, "=()<>[]:;@\\,.\"");
    buffer_append_char(out, ' ');
  }
  buffer_printf(out, "<%.*s>\r\n", TEXT_ARGS(address));
}

static void write_to(struct buffer *out, const struct mail_message *mail)
{
  buffer_append_text(out, TEXT("To: "));
  for (size_t i = 0; i < mail->to_count; i++) {
    buffer_printf(out, "%s<%.*s>", i > 0 ? ",\r\n " : "", TEXT_ARGS(mail->to[i]));
  }
  buffer_append_text(out, TEXT("\r\n"));
}

static void write_body(struct buffer *out, struct text body)
{
  struct buffer lines = {0};
  for (struct text line; text_split(&body, '\n', &line);) {
    buffer_append_text(&lines, line);
    buffer_append_text(&lines, TEXT("\r\n"));
  }
  for (struct text rest = buffer_text(&lines); rest.length > 0;) {
    const size_t length = rest.length < BODY_LINE_BYTES ? rest.length : BODY_LINE_BYTES;
    base64_encode((struct text){rest.data, length}, out);
    buffer_append_text(out, TEXT("\r\n"));
    rest = (struct text){rest.data + length, rest.length - length};
  }
  buffer_free(&lines);
}

void mail_message_write(struct buffer *out, const struct mail_message *mail)
{
  const struct text domain = mail_domain_of(mail->from);
  write_date(out, mail->date_us);
  write_from(out, mail->from);
  write_to(out, mail);
  write_subject(out, mail->subject);
  buffer_printf(out, "Message-ID: <%.*s@%.*s>\r\n", TEXT_ARGS(mail->message_id), TEXT_ARGS(domain));
  if (!text_equal(mail->thread_id, mail->message_id)) {
    buffer_printf(out, "In-Reply-To: <%.*s@%.*s>\r\nReferences: <%.*s@%.*s>\r\n", TEXT_ARGS(mail->thread_id), TEXT_ARGS(domain),
                  TEXT_ARGS(mail->thread_id), TEXT_ARGS(domain));
  }
  buffer_append_text(out, TEXT("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
  write_body(out, mail->body);
}

struct error mail_address_check(const char *field, struct text address)
{
  size_t ats = 0;
  bool is_good = address.length >= 3 && address.length <= MAIL_ADDRESS_MAX;
  for (size_t i = 0; is_good && i < address.length; i++) {
    const char byte = address.data[i];
    ats += byte == '@' ? 1 : 0;
    is_good = byte > ' ' && byte <= '~' && strchr("<>()[]\\,;:\"", byte) == NULL;
  }
  is_good = is_good && ats == 1 && address.data[0] != '@' && address.data[address.length - 1] != '@';
  return is_good ? error_none() : error_at(ERROR_BAD_INPUT, field, "expected a mail address such as dispatch@example.org");
}

struct text mail_address_of(struct text from)
{
  const char *open = from.length > 0 ? memchr(from.data, '<', from.length) : NULL;
  if (open == NULL || from.data[from.length - 1] != '>') {
    return from;
  }
  const size_t before = (size_t)(open - from.data) + 1;
  return (struct text){open + 1, from.length - before - 1};
}

struct text mail_domain_of(struct text from)
{
  struct text rest = mail_address_of(from);
  struct text local;
  (void)text_split(&rest, '@', &local);
  return rest;
}
