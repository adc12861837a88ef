/* Whatever says that it comes from SNS: an error that names its field, or a message of which one signed text can be made and no
 * other message has the same. The first byte says whether the rest is a message, a certificate, or a link. Seeds:
 * tests/fuzz/corpus/sns_fuzz. */
#include <stdlib.h>

#include "ingest/push/sns_message.h"
#include "ingest/push/sns_signature.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static size_t count_lines(struct text value)
{
  size_t lines = 0;
  for (size_t i = 0; i < value.length; i++) {
    lines += value.data[i] == '\n';
  }
  return lines;
}

/* Every value but Message is one line, so the lines say where each field is. */
static void check_signed_text(struct arena *arena, const struct sns_message *message)
{
  struct text text = sns_message_signed_text(arena, message);
  size_t fields = message->type != SNS_NOTIFICATION ? 7 : message->subject.data != NULL ? 6 : 5;
  REQUIRE(text_starts_with(text, TEXT("Message\n")) && text_ends_with(text, TEXT("\n")));
  REQUIRE(count_lines(text) == 2 * fields + count_lines(message->message));
}

static void check_message(struct arena *arena, struct text body)
{
  struct sns_message message;
  struct sns_place place;
  struct error error = sns_message_read(arena, body, &message);
  REQUIRE(error.code == ERROR_NONE || (error.code == ERROR_BAD_INPUT && error.field[0] != '\0'));
  if (error.code != ERROR_NONE) {
    return;
  }
  check_signed_text(arena, &message);
  error = sns_message_check_age(&message, 0);
  REQUIRE(error.code == ERROR_NONE || error.code == ERROR_FORBIDDEN);
  error = sns_topic_place(message.topic_arn, &place);
  if (error.code == ERROR_NONE) {
    error = sns_message_check_certificate_url(&message, &place);
    REQUIRE(error.code == ERROR_NONE || error.code == ERROR_FORBIDDEN);
  }
}

static void check_certificate(struct text pem)
{
  struct sns_certificate *certificate = NULL;
  struct error error = sns_certificate_read(pem, &certificate);
  REQUIRE((error.code == ERROR_NONE) == (certificate != NULL));
  if (certificate != NULL) {
    error = sns_certificate_check(certificate, "sns.amazonaws.com", 0);
    REQUIRE(error.code == ERROR_FORBIDDEN);
    error = sns_signature_check(certificate, 2, TEXT("text"), pem);
    REQUIRE(error.code == ERROR_FORBIDDEN);
  }
  sns_certificate_free(certificate);
}

static void check_link(struct text url)
{
  struct text path;
  struct error error = aws_link_check("url", url, "sns.eu-west-1.amazonaws.com", &path);
  if (error.code == ERROR_NONE) {
    REQUIRE(text_starts_with(url, TEXT("https://sns.eu-west-1.amazonaws.com/")) && path.data[0] == '/');
    REQUIRE(path.data + path.length == url.data + url.length);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena *arena = arena_new(1 << 14);
  struct text input = size == 0 ? TEXT("") : (struct text){(const char *)data + 1, size - 1};
  if (size != 0 && data[0] == 'c') {
    check_certificate(input);
  } else if (size != 0 && data[0] == 'l') {
    check_link(input);
  } else {
    check_message(arena, input);
  }
  arena_free(arena);
  return 0;
}
