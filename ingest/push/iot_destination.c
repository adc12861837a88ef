#include "ingest/push/iot_destination.h"

#include <ctype.h>

#include "server/aws/aws_name.h"
#include "server/json/reader.h"

/* ---- the setting ---- */

/* Cuts off the next ACCOUNT[/REGION]; *region is empty when it has none. */
static bool next_account(struct text *rest, struct text *account, struct text *region)
{
  struct text item;
  if (!text_split(rest, ',', &item)) {
    return false;
  }
  item = text_trim(item);
  (void)text_split(&item, '/', account);
  *region = item;
  return true;
}

static bool is_account(struct text account)
{
  for (size_t i = 0; i < account.length; i++) {
    if (!isdigit((unsigned char)account.data[i])) {
      return false;
    }
  }
  return account.length == 12;
}

struct error iot_accounts_check(const char *accounts)
{
  struct text rest = text_from(accounts);
  struct text account = TEXT("");
  struct text region = TEXT("");
  while (next_account(&rest, &account, &region)) {
    if (!is_account(account)) {
      return error_at(ERROR_SETUP, "iot-accounts-allowed", "expected ACCOUNT or ACCOUNT/REGION, comma separated: %.*s",
                      TEXT_ARGS(text_from(accounts)));
    }
  }
  return error_none();
}

static bool is_allowed(const char *accounts, const struct aws_arn *arn)
{
  struct text rest = text_from(accounts);
  struct text account = TEXT("");
  struct text region = TEXT("");
  bool is_listed = false;
  while (!is_listed && next_account(&rest, &account, &region)) {
    is_listed = text_equal(account, arn->account) && (region.length == 0 || text_equal(region, arn->region));
  }
  return is_listed;
}

/* ---- the request ---- */

static struct text cut(struct text value, size_t front, size_t back)
{
  return (struct text){value.data + front, value.length - front - back};
}

static struct text without_quotes(struct text arn)
{
  static const struct text openings[] = {{"\"", 1}, {"\xE2\x80\x9C", 3}, {"'", 1}};
  static const struct text closings[] = {{"\"", 1}, {"\xE2\x80\x9D", 3}, {"'", 1}};
  struct text bare = text_trim(arn);
  for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
    size_t quotes = openings[i].length + closings[i].length;
    if (bare.length >= quotes && text_starts_with(bare, openings[i]) && text_ends_with(bare, closings[i])) {
      return cut(bare, openings[i].length, closings[i].length);
    }
  }
  return bare;
}

struct text iot_link_host(struct text url)
{
  struct text rest = url;
  struct text part = TEXT("");
  for (int i = 0; i < 3; i++) { /* "https:" "" "host" */
    if (!text_split(&rest, '/', &part)) {
      return TEXT("");
    }
  }
  return part;
}

static struct text region_of_host(struct text host)
{
  static const struct text front = {"iot.", 4};
  static const struct text backs[] = {{".amazonaws.com", 14}, {".amazonaws.com.cn", 17}};
  for (size_t i = 0; i < sizeof backs / sizeof backs[0]; i++) {
    size_t around = front.length + backs[i].length;
    if (host.length > around && text_starts_with(host, front) && text_ends_with(host, backs[i])) {
      return cut(host, front.length, backs[i].length);
    }
  }
  return TEXT("");
}

/* https://iot.REGION.amazonaws.com/confirmdestination/..., also of the regions in China, whichever the region: nobody else's
 * link is shown to an operator who is to open it. */
static bool is_of_aws_iot(struct text url)
{
  struct text host = iot_link_host(url);
  struct text path = TEXT("");
  char name[AWS_HOST_MAX];
  if (host.length >= sizeof name || !aws_is_region(region_of_host(host))) {
    return false;
  }
  memcpy(name, host.data, host.length);
  name[host.length] = '\0';
  return aws_link_check("enableUrl", url, name, &path).code == ERROR_NONE &&
         text_starts_with(path, TEXT("/confirmdestination/"));
}

/* The link of the very region that the ARN names. */
static bool is_of_region(const struct aws_arn *arn, struct text url)
{
  char host[AWS_HOST_MAX];
  return aws_regional_host("iot", arn, host) && text_equal(iot_link_host(url), text_from(host));
}

enum iot_link iot_destination_judge(const char *accounts, struct text arn, struct text enable_url, struct text *destination_arn)
{
  struct aws_arn destination;
  *destination_arn = without_quotes(arn);
  if (!is_of_aws_iot(enable_url)) {
    return IOT_LINK_FOREIGN;
  }
  bool is_destination = aws_arn_parse(*destination_arn, &destination) && text_equal(destination.service, TEXT("iot")) &&
                        text_starts_with(destination.resource, TEXT("ruledestination/"));
  bool is_ours = is_destination && is_allowed(accounts, &destination) && is_of_region(&destination, enable_url);
  return is_ours ? IOT_LINK_ALLOWED : IOT_LINK_OPERATOR;
}

struct text iot_destination_arn_of(struct arena *arena, struct text body)
{
  const struct json *value = NULL;
  struct error error = json_parse(arena, body, JSON_LIMITS_DEFAULT, &value);
  const struct json *arn = error.code == ERROR_NONE ? json_member(value, TEXT("arn")) : NULL;
  return arn != NULL && arn->type == JSON_STRING ? arn->text : TEXT("");
}
