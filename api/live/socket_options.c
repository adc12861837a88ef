#include "api/live/socket_options.h"

#include <linux/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

/* <netinet/in.h> declares it too, but its companion <netinet/tcp.h> lacks tcpi_bytes_acked and clashes with <linux/tcp.h>. */
enum { PROTOCOL_TCP = 6 };
static const int UNSENT_MAX_BYTES = 32 * 1024;
static const int DEAD_PEER_TIMEOUT_MS = 60000;

void socket_prepare_for_stream(int socket)
{
  /* Failure leaves the system's defaults, which work too. */
  (void)setsockopt(socket, PROTOCOL_TCP, TCP_NOTSENT_LOWAT, &UNSENT_MAX_BYTES, sizeof UNSENT_MAX_BYTES);
  (void)setsockopt(socket, PROTOCOL_TCP, TCP_USER_TIMEOUT, &DEAD_PEER_TIMEOUT_MS, sizeof DEAD_PEER_TIMEOUT_MS);
}

uint64_t socket_bytes_acknowledged(int socket)
{
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  if (getsockopt(socket, PROTOCOL_TCP, TCP_INFO, &info, &length) != 0 ||
      length < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
    return 0;
  }
  return info.tcpi_bytes_acked;
}
