/* TCP details of a stream's socket. Thread: any. */
#ifndef CRUMBTRAIL_API_LIVE_SOCKET_OPTIONS_H
#define CRUMBTRAIL_API_LIVE_SOCKET_OPTIONS_H

#include <stdint.h>

/* Keeps what waits in the kernel small, so that a slow client gets newer positions and not older ones, and notices a dead peer.
 */
void socket_prepare_for_stream(int socket);
/* Bytes that the peer has acknowledged since the connection began; 0 when that is not known. */
uint64_t socket_bytes_acknowledged(int socket);

#endif
