#include "server/http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, HOST_MAX = 256 };

/* "host:port" or "[::1]:port"; the host may be empty, which means every address. */
static struct error split_address(const char *address, char host[HOST_MAX], const char **service)
{
  const char *colon = strrchr(address, ':');
  size_t length = colon != NULL ? (size_t)(colon - address) : 0;
  if (colon == NULL || colon[1] == '\0' || length >= HOST_MAX) {
    return error_make(ERROR_SETUP, "cannot listen on %s: expected host:port", address);
  }
  bool bracketed = length >= 2 && address[0] == '[' && address[length - 1] == ']';
  size_t inner = bracketed ? length - 2 : length;
  memcpy(host, address + bracketed, inner);
  host[inner] = '\0';
  *service = colon + 1;
  return error_none();
}

static struct error listen_at(const struct addrinfo *place, const char *address, int *out)
{
  int one = 1;
  int listening = socket(place->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listening < 0) {
    return error_make(ERROR_SETUP, "cannot open a socket for %s: %s", address, strerror(errno));
  }
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listening, place->ai_addr, place->ai_addrlen) != 0 || listen(listening, BACKLOG) != 0) {
    int reason = errno;
    close(listening);
    return error_make(ERROR_SETUP, "cannot listen on %s: %s", address, strerror(reason));
  }
  *out = listening;
  return error_none();
}

struct error listener_open(const char *address, int *out, uint16_t *port)
{
  char host[HOST_MAX] = "";
  const char *service = NULL;
  TRY(split_address(address, host, &service));
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *places = NULL;
  int failure = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, &places);
  if (failure != 0) {
    return error_make(ERROR_SETUP, "cannot listen on %s: %s", address, gai_strerror(failure));
  }
  struct error result = listen_at(places, address, out);
  freeaddrinfo(places);
  TRY(result);

  struct sockaddr_in6 bound = {0}; /* an IPv4 address has its port in the same place */
  socklen_t length = sizeof bound;
  getsockname(*out, (struct sockaddr *)&bound, &length);
  *port = ntohs(bound.sin6_port);
  return error_none();
}

/* The value of the first such header line within a whole head, or empty. */
static struct text head_value(struct text head, struct text name)
{
  struct text line;
  while (text_split(&head, '\n', &line)) {
    if (line.length <= name.length || line.data[name.length] != ':') {
      continue;
    }
    if (text_equal_ignoring_case((struct text){line.data, name.length}, name)) {
      struct text value = {line.data + name.length + 1, line.length - name.length - 1};
      if (value.length > 0 && value.data[value.length - 1] == '\r') {
        value.length--;
      }
      return text_trim(value);
    }
  }
  return (struct text){"", 0};
}

enum head_kind listener_classify(struct text head)
{
  static const struct text START = {"GET " STREAM_PATH, sizeof "GET " STREAM_PATH - 1};
  size_t known = head.length < START.length ? head.length : START.length;
  if (memcmp(head.data, START.data, known) != 0) {
    return HEAD_HTTP;
  }
  if (head.length <= START.length) {
    return HEAD_UNDECIDED;
  }
  if (head.data[START.length] != ' ' && head.data[START.length] != '?') {
    return HEAD_HTTP;
  }
  const char *end = memmem(head.data, head.length, "\r\n\r\n", 4);
  if (end == NULL) {
    return head.length >= HTTP_HEAD_MAX ? HEAD_HTTP : HEAD_UNDECIDED;
  }
  head.length = (size_t)(end - head.data);
  struct text upgrade = head_value(head, TEXT("upgrade"));
  return text_equal_ignoring_case(upgrade, TEXT("websocket")) ? HEAD_WEBSOCKET : HEAD_HTTP;
}
