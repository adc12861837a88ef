#include "server/aws/aws_name.h"

#include <ctype.h>
#include <stdio.h>

enum { REGION_MAX_BYTES = 32 };

static bool is_word(struct text word, size_t length_max)
{
  for (size_t i = 0; i < word.length; i++) {
    unsigned char byte = (unsigned char)word.data[i];
    if (!islower(byte) && !isdigit(byte) && byte != '-') {
      return false;
    }
  }
  return word.length <= length_max;
}

bool aws_is_region(struct text name)
{
  struct text rest = name;
  struct text part = TEXT("");
  size_t count = 0;
  bool is_number = false;
  while (text_split(&rest, '-', &part)) {
    if (part.length == 0 || is_number) {
      return false;
    }
    is_number = isdigit((unsigned char)part.data[0]);
    for (size_t i = 0; i < part.length; i++) {
      unsigned char byte = (unsigned char)part.data[i];
      if (is_number ? !isdigit(byte) : !islower(byte)) {
        return false;
      }
    }
    count++;
  }
  return count >= 3 && is_number && !text_ends_with(name, TEXT("-")) && name.length <= REGION_MAX_BYTES;
}

static bool is_account(struct text account)
{
  for (size_t i = 0; i < account.length; i++) {
    if (!isdigit((unsigned char)account.data[i])) {
      return false;
    }
  }
  return account.length == 0 || account.length == 12;
}

static bool is_visible(struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    if (value.data[i] <= ' ' || value.data[i] > '~') {
      return false;
    }
  }
  return true;
}

bool aws_arn_parse(struct text value, struct aws_arn *arn)
{
  struct text *const parts[] = {&arn->partition, &arn->service, &arn->region, &arn->account};
  struct text rest = value;
  struct text part = TEXT("");
  if (value.length > AWS_ARN_MAX_BYTES || !is_visible(value) || !text_split(&rest, ':', &part) ||
      !text_equal(part, TEXT("arn"))) {
    return false;
  }
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (!text_split(&rest, ':', parts[i])) {
      return false;
    }
  }
  arn->resource = rest;
  return arn->partition.length != 0 && is_word(arn->partition, REGION_MAX_BYTES) && arn->service.length != 0 &&
         is_word(arn->service, REGION_MAX_BYTES) && is_word(arn->region, REGION_MAX_BYTES) && is_account(arn->account) &&
         rest.length != 0;
}

/* NULL: the partition does not fit the region, or is not supported. */
static const char *dns_suffix(const struct aws_arn *arn)
{
  bool is_china = text_starts_with(arn->region, TEXT("cn-"));
  bool is_government = text_starts_with(arn->region, TEXT("us-gov-"));
  struct text expected = is_china ? TEXT("aws-cn") : is_government ? TEXT("aws-us-gov") : TEXT("aws");
  if (!aws_is_region(arn->region) || !text_equal(arn->partition, expected)) {
    return NULL;
  }
  return is_china ? "amazonaws.com.cn" : "amazonaws.com";
}

bool aws_regional_host(const char *service, const struct aws_arn *arn, char host[AWS_HOST_MAX])
{
  const char *suffix = dns_suffix(arn);
  if (suffix == NULL) {
    return false;
  }
  int length = snprintf(host, AWS_HOST_MAX, "%s.%.*s.%s", service, TEXT_ARGS(arn->region), suffix);
  return length > 0 && length < AWS_HOST_MAX;
}

/* Whoever opens the link takes "/x/.." out of it, and is then somewhere else. */
static bool has_dot_segment(struct text path)
{
  struct text rest = path;
  struct text part = TEXT("");
  if (!text_split(&rest, '?', &part)) {
    return false;
  }
  rest = part;
  while (text_split(&rest, '/', &part)) {
    if (text_starts_with(part, TEXT(".")) || text_starts_with(part, TEXT("%2e")) || text_starts_with(part, TEXT("%2E"))) {
      return true;
    }
  }
  return false;
}

struct error aws_link_check(const char *field, struct text url, const char *host, struct text *path)
{
  struct text rest = url;
  struct text scheme = TEXT("");
  struct text empty = TEXT("");
  struct text authority = TEXT("");
  bool has_parts = text_split(&rest, '/', &scheme) && text_split(&rest, '/', &empty) && text_split(&rest, '/', &authority);
  if (!has_parts || !text_equal(scheme, TEXT("https:")) || empty.length != 0 || !text_equal(authority, text_from(host))) {
    return error_at(ERROR_FORBIDDEN, field, "expected a link that begins with https://%s/", host);
  }
  size_t front = sizeof "https://" - 1 + authority.length;
  if (url.length == front) {
    return error_at(ERROR_FORBIDDEN, field, "expected a path behind https://%s/", host);
  }
  if (url.length > AWS_LINK_MAX_BYTES || !is_visible(url) || memchr(url.data, '#', url.length) != NULL ||
      memchr(url.data, '\\', url.length) != NULL) {
    return error_at(ERROR_FORBIDDEN, field, "expected at most %d visible ASCII characters, without '#' and '\\'",
                    AWS_LINK_MAX_BYTES);
  }
  *path = (struct text){url.data + front, url.length - front};
  if (has_dot_segment(*path)) {
    return error_at(ERROR_FORBIDDEN, field, "expected a path without parts that begin with a dot");
  }
  return error_none();
}
