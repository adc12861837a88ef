#include "api/live/origin.h"

static bool cut_prefix(struct text *slice, struct text prefix)
{
  if (slice->length < prefix.length || !text_equal_ignoring_case((struct text){slice->data, prefix.length}, prefix)) {
    return false;
  }
  *slice = (struct text){slice->data + prefix.length, slice->length - prefix.length};
  return true;
}

static struct text without_port(struct text authority, struct text port)
{
  if (authority.length > port.length && text_ends_with(authority, port)) {
    authority.length -= port.length;
  }
  return authority;
}

/* TLS ends in front of us, so the scheme says nothing about our own port; the default port of the origin's scheme may be
 * written or not on either side. */
static bool is_same_host(struct text origin, struct text host)
{
  struct text port;
  if (cut_prefix(&origin, TEXT("https://"))) {
    port = TEXT(":443");
  } else if (cut_prefix(&origin, TEXT("http://"))) {
    port = TEXT(":80");
  } else {
    return false;
  }
  origin = without_port(origin, port);
  return origin.length != 0 && text_equal_ignoring_case(origin, without_port(host, port));
}

bool origin_is_allowed(struct text origin, struct text host, struct text allowed_origins)
{
  if (origin.length == 0 || is_same_host(origin, host)) {
    return true;
  }
  struct text entry;
  while (text_split(&allowed_origins, ',', &entry)) {
    entry = text_trim(entry);
    if (entry.length != 0 && text_equal_ignoring_case(entry, origin)) {
      return true;
    }
  }
  return false;
}
