#include "server/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "server/aws/uri.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128, IPV4_AT = 12, ADDRESS_TEXT_MAX = 64 };
static const uint8_t IPV4_PREFIX[IPV4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Everything that is not the public internet (IANA's special-purpose registries), and what wraps IPv4 in IPv6 is judged by what
 * it wraps. */
static const char *const NOT_PUBLIC[] = {
    "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",  "172.16.0.0/12",
    "192.0.0.0/24",  "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4",   "240.0.0.0/4",  "::/128",         "::1/128",       "100::/64",        "2001::/23",
    "2001:db8::/32", "fc00::/7",     "fe80::/10",      "fec0::/10",     "ff00::/8",
};

static bool read_address(struct text text, uint8_t address[16])
{
  char terminated[ADDRESS_TEXT_MAX];
  if (text.length > 2 && text.data[0] == '[' && text.data[text.length - 1] == ']') {
    text = (struct text){text.data + 1, text.length - 2};
  }
  if (text.length == 0 || text.length >= sizeof terminated) {
    return false;
  }
  memcpy(terminated, text.data, text.length);
  terminated[text.length] = '\0';
  if (inet_pton(AF_INET6, terminated, address) == 1) {
    return true;
  }
  memcpy(address, IPV4_PREFIX, sizeof IPV4_PREFIX);
  return inet_pton(AF_INET, terminated, address + IPV4_AT) == 1;
}

static bool is_ipv4(const uint8_t address[16])
{
  return memcmp(address, IPV4_PREFIX, sizeof IPV4_PREFIX) == 0;
}

static bool read_range(struct text text, struct egress_range *range)
{
  struct text bits = text;
  struct text address;
  int64_t number = 0;
  const bool has_bits = memchr(text.data, '/', text.length) != NULL;
  (void)text_split(&bits, '/', &address);
  if (!read_address(address, range->address)) {
    return false;
  }
  const int widest = is_ipv4(range->address) ? IPV4_BITS : IPV6_BITS;
  if (has_bits && (!text_to_int64(bits, &number) || number < 0 || number > widest)) {
    return false;
  }
  range->prefix_bits = IPV6_BITS - widest + (has_bits ? (int)number : widest);
  return true;
}

static bool range_holds(const struct egress_range *range, const uint8_t address[16])
{
  const size_t bytes = (size_t)range->prefix_bits / 8;
  const int bits = range->prefix_bits % 8;
  const uint8_t mask = (uint8_t)(0xff00 >> bits);
  return memcmp(range->address, address, bytes) == 0 && (bits == 0 || ((range->address[bytes] ^ address[bytes]) & mask) == 0);
}

static bool is_host_name(struct text name)
{
  bool is_good = name.length > 0 && name.length <= 253;
  for (size_t i = 0; is_good && i < name.length; i++) {
    const char byte = name.data[i];
    is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' ||
              byte == '.' || byte == '_' || (byte == '*' && i == 0);
  }
  return is_good;
}

struct error egress_parse(struct arena *arena, const char *setting, struct text list, struct egress *egress)
{
  size_t capacity = 1;
  for (size_t i = 0; i < list.length; i++) {
    capacity += list.data[i] == ',' ? 1 : 0;
  }
  struct text *hosts = arena_alloc_array(arena, capacity, sizeof *hosts);
  struct egress_range *ranges = arena_alloc_array(arena, capacity, sizeof *ranges);
  *egress = (struct egress){.hosts = hosts, .ranges = ranges};
  for (struct text item; text_split(&list, ',', &item);) {
    item = text_trim(item);
    if (item.length == 0) {
      continue;
    }
    if (read_range(item, &ranges[egress->range_count])) {
      egress->range_count++;
    } else if (is_host_name(item)) {
      hosts[egress->host_count++] = item;
    } else {
      return error_at(ERROR_SETUP, setting, "\"%.*s\" is no host, address or range such as 10.1.0.0/16",
                      TEXT_ARGS(text_cut(item, 80)));
    }
  }
  return error_none();
}

static bool is_named(const struct egress *egress, const uint8_t address[16])
{
  for (size_t i = 0; i < egress->range_count; i++) {
    if (range_holds(&egress->ranges[i], address)) {
      return true;
    }
  }
  return false;
}

static bool host_fits(struct text pattern, struct text host)
{
  if (pattern.data[0] != '*') {
    return text_equal_ignoring_case(pattern, host);
  }
  const struct text suffix = {pattern.data + 1, pattern.length - 1};
  return host.length > suffix.length &&
         text_equal_ignoring_case(suffix, (struct text){host.data + host.length - suffix.length, suffix.length});
}

bool egress_names_host(const struct egress *egress, struct text host)
{
  uint8_t address[16];
  if (read_address(host, address)) {
    return is_named(egress, address);
  }
  for (size_t i = 0; i < egress->host_count; i++) {
    if (host_fits(egress->hosts[i], host)) {
      return true;
    }
  }
  return false;
}

/* An IPv4 address that travels inside an IPv6 one: NAT64 (64:ff9b::/96), 6to4 (2002::/16). */
static bool unwrap(uint8_t address[16])
{
  static const uint8_t nat64[IPV4_AT] = {0x00, 0x64, 0xff, 0x9b};
  uint8_t inner[4];
  if (memcmp(address, nat64, sizeof nat64) == 0) {
    memcpy(inner, address + IPV4_AT, sizeof inner);
  } else if (address[0] == 0x20 && address[1] == 0x02) {
    memcpy(inner, address + 2, sizeof inner);
  } else {
    return false;
  }
  memcpy(address, IPV4_PREFIX, sizeof IPV4_PREFIX);
  memcpy(address + IPV4_AT, inner, sizeof inner);
  return true;
}

static bool is_public(const uint8_t address[16])
{
  uint8_t judged[16];
  memcpy(judged, address, sizeof judged);
  (void)unwrap(judged);
  for (size_t i = 0; i < sizeof NOT_PUBLIC / sizeof NOT_PUBLIC[0]; i++) {
    struct egress_range range;
    if (read_range(text_from(NOT_PUBLIC[i]), &range) && range_holds(&range, judged)) {
      return false;
    }
  }
  return true;
}

bool egress_allows_address(const struct egress *egress, const struct sockaddr *address)
{
  uint8_t bytes[16];
  if (address->sa_family == AF_INET) {
    struct sockaddr_in ipv4;
    memcpy(&ipv4, address, sizeof ipv4);
    memcpy(bytes, IPV4_PREFIX, sizeof IPV4_PREFIX);
    memcpy(bytes + IPV4_AT, &ipv4.sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, address, sizeof ipv6);
    memcpy(bytes, &ipv6.sin6_addr, sizeof bytes);
  } else {
    return false;
  }
  return is_named(egress, bytes) || is_public(bytes);
}

struct error egress_check_url(const struct egress *egress, const char *field, struct text url)
{
  struct uri uri;
  uint8_t address[16];
  if (uri_parse(url, &uri).code != ERROR_NONE || uri.host.length == 0) {
    return error_at(ERROR_BAD_INPUT, field, "expected https://HOST[:PORT][/PATH] without user and fragment");
  }
  const bool is_named_host = egress_names_host(egress, uri.host);
  if (!uri.is_https && !is_named_host) {
    return error_at(ERROR_BAD_INPUT, field, "expected https; http only to hosts of the setting webhook-hosts-allowed");
  }
  const bool is_local =
      text_equal_ignoring_case(uri.host, TEXT("localhost")) || (read_address(uri.host, address) && !is_public(address));
  if (is_local && !is_named_host) {
    return error_at(ERROR_BAD_INPUT, field,
                    "is an address of a private network; the operator allows such by the setting webhook-hosts-allowed");
  }
  return error_none();
}
