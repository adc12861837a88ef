#include "ingest/push/link_endpoint.h"

#include "server/config.h"
#include "server/log.h"

static struct text authority_of(struct text url)
{
  struct text rest = url;
  struct text scheme = TEXT("");
  struct text empty = TEXT("");
  bool has_scheme = text_split(&rest, '/', &scheme) && text_split(&rest, '/', &empty) && empty.length == 0 &&
                    (text_equal(scheme, TEXT("http:")) || text_equal(scheme, TEXT("https:")));
  return has_scheme && memchr(rest.data, '/', rest.length) == NULL ? rest : TEXT("");
}

struct error link_endpoint_check(const char *url)
{
  char host[64];
  uint16_t port = 0;
  if (url[0] == '\0') {
    return error_none();
  }
  struct error error = config_parse_address(authority_of(text_from(url)), host, &port);
  if (error.code != ERROR_NONE || !config_is_loopback(host)) {
    return error_at(ERROR_SETUP, "aws-link-endpoint-url",
                    "%s is not http://127.0.0.1:PORT: this setting is for tests and decides which messages of SNS are genuine",
                    url);
  }
  LOG_WARNING("aws_links_are_not_opened_at_aws", "at=%s setting=aws-link-endpoint-url", log_quote_cstring(url));
  return error_none();
}
