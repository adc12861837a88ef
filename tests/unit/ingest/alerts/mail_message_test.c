#include "tests/unit/cmocka_all.h"

#include "ingest/alerts/mail_message.h"

static const struct text TO[] = {{"a@example.org", 13}, {"b@example.org", 13}};

static struct text write_mail(struct buffer *out, struct mail_message mail)
{
  mail.to = TO;
  mail.to_count = 2;
  mail.date_us = INT64_C(1795348800) * 1000000;
  mail_message_write(out, &mail);
  return buffer_text(out);
}

static void a_short_mail_is_these_bytes(void **state)
{
  (void)state;
  struct buffer out = {0};
  const struct mail_message mail = {.from = TEXT("Fleet <fleet@example.org>"),
                                    .subject = TEXT("truck_1 speeding"),
                                    .body = TEXT("one\ntwo\n"),
                                    .message_id = TEXT("m2"),
                                    .thread_id = TEXT("m1")};
  const struct text written = write_mail(&out, mail);
  assert_true(text_equal(written, TEXT("Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
                                       "From: Fleet <fleet@example.org>\r\n"
                                       "To: <a@example.org>,\r\n <b@example.org>\r\n"
                                       "Subject: truck_1 speeding\r\n"
                                       "Message-ID: <m2@example.org>\r\n"
                                       "In-Reply-To: <m1@example.org>\r\n"
                                       "References: <m1@example.org>\r\n"
                                       "Auto-Submitted: auto-generated\r\n"
                                       "MIME-Version: 1.0\r\n"
                                       "Content-Type: text/plain; charset=utf-8\r\n"
                                       "Content-Transfer-Encoding: base64\r\n\r\n"
                                       "b25lDQp0d28NCg==\r\n")));
  buffer_free(&out);
}

/* What comes from a vehicle or a zone must not end a header or begin one. */
static void nothing_gets_out_of_the_subject(void **state)
{
  (void)state;
  struct buffer out = {0};
  const struct mail_message mail = {.from = TEXT("fleet@example.org"),
                                    .subject = TEXT("zone\r\nBcc: x@y.z\r\n\r\nbody"),
                                    .body = TEXT(""),
                                    .message_id = TEXT("m"),
                                    .thread_id = TEXT("m")};
  const struct text written = write_mail(&out, mail);
  buffer_append_char(&out, '\0');
  assert_non_null(strstr(out.data, "Subject: zone  Bcc: x@y.z    body\r\n"));
  assert_null(strstr(out.data, "\r\nBcc"));
  assert_null(strstr(out.data, "In-Reply-To"));
  (void)written;
  buffer_free(&out);
}

static void long_lines_are_parted_between_characters(void **state)
{
  (void)state;
  struct buffer out = {0};
  struct buffer subject = {0};
  for (int i = 0; i < 60; i++) {
    buffer_append_text(&subject, TEXT("\xc2\xb0"));
    buffer_append_char(&subject, 'C');
  }
  const struct mail_message mail = {.from = TEXT("fleet@example.org"),
                                    .subject = buffer_text(&subject),
                                    .body = buffer_text(&subject),
                                    .message_id = TEXT("m"),
                                    .thread_id = TEXT("m")};
  struct text rest = write_mail(&out, mail);
  for (struct text line; text_split(&rest, '\n', &line);) {
    assert_true(line.length <= 79);
    for (size_t i = 0; i < line.length; i++) {
      assert_true((unsigned char)line.data[i] < 0x80);
    }
  }
  buffer_free(&out);
  buffer_free(&subject);
}

static void addresses_are_judged(void **state)
{
  (void)state;
  assert_int_equal(mail_address_check("x", TEXT("first.last+tag@mail.example.org")).code, ERROR_NONE);
  const struct text bad[] = {TEXT(""),      TEXT("a"),     TEXT("@b.c"),      TEXT("a@"),      TEXT("a b@c.d"),
                             TEXT("a@b@c"), TEXT("<a@b>"), TEXT("a@b\r\nX:"), TEXT("a,b@c.d"), TEXT("\xc3\xa9@b.c")};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_string_equal(mail_address_check("addresses[0]", bad[i]).field, "addresses[0]");
  }
  assert_true(text_equal(mail_address_of(TEXT("A B <a@b.c>")), TEXT("a@b.c")));
  assert_true(text_equal(mail_domain_of(TEXT("A B <a@b.c>")), TEXT("b.c")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_short_mail_is_these_bytes),
      cmocka_unit_test(nothing_gets_out_of_the_subject),
      cmocka_unit_test(long_lines_are_parted_between_characters),
      cmocka_unit_test(addresses_are_judged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
