/* A bare WebSocket client for tests and benchmarks: blocking, over a loopback TCP pair whose other end goes to the hub.
 *
 * Everything is static: each test program has its own copy. Thread: one per client. */
#ifndef CRUMBTRAIL_TESTS_SUPPORT_WEBSOCKET_H
#define CRUMBTRAIL_TESTS_SUPPORT_WEBSOCKET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/text.h"

struct websocket {
  int socket;
  struct buffer received; /* bytes not yet taken as frames */
};

struct websocket_frame {
  int opcode;          /* 1 text, 2 binary, 8 close, 9 ping, 10 pong; 0: time over or the connection ended */
  struct text payload; /* valid until the next call */
  int close_code;
};

/* Two ends of one TCP connection. `receive_buffer_bytes` (0: the system's) bounds what a lazy reader takes. */
static inline void websocket_tcp_pair(int ends[2], int receive_buffer_bytes)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes != 0) {
    setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
      connect(ends[0], (struct sockaddr *)&address, sizeof address) != 0) {
    abort();
  }
  ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  close(listener);
}

static inline void websocket_send_bytes(int socket, const void *bytes, size_t length)
{
  const char *at = bytes;
  while (length != 0) {
    ssize_t sent = send(socket, at, length, MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    at += sent;
    length -= (size_t)sent;
  }
}

/* `headers`: more header lines, each with its CRLF. */
static inline void websocket_send_handshake(int socket, const char *headers)
{
  char request[2048];
  int length = snprintf(request, sizeof request,
                        "GET /v1/stream HTTP/1.1\r\nHost: fleet.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                        headers);
  websocket_send_bytes(socket, request, (size_t)length);
}

/* One masked frame (the mask is zero, which is as good as any here). */
static inline void websocket_send(int socket, int opcode, struct text payload)
{
  unsigned char head[14] = {(unsigned char)(0x80 | opcode)};
  size_t length = 2;
  if (payload.length < 126) {
    head[1] = (unsigned char)(0x80 | payload.length);
  } else {
    head[1] = 0x80 | 126;
    head[2] = (unsigned char)(payload.length >> 8);
    head[3] = (unsigned char)payload.length;
    length = 4;
  }
  websocket_send_bytes(socket, head, length + 4);
  websocket_send_bytes(socket, payload.data, payload.length);
}

/* Waits for more bytes; false when there were none in time or the connection ended. */
static inline bool websocket_read_more(struct websocket *client, int timeout_ms)
{
  struct pollfd readable = {.fd = client->socket, .events = POLLIN};
  if (poll(&readable, 1, timeout_ms) <= 0) {
    return false;
  }
  buffer_reserve(&client->received, 65536);
  ssize_t count = recv(client->socket, client->received.data + client->received.length, 65536, 0);
  if (count <= 0) {
    return false;
  }
  client->received.length += (size_t)count;
  return true;
}

static inline void websocket_drop(struct websocket *client, size_t length)
{
  memmove(client->received.data, client->received.data + length, client->received.length - length);
  client->received.length -= length;
}

/* Length of the frame at the start of `bytes`, 0 when it is not whole. */
static inline size_t websocket_frame_length(const unsigned char *bytes, size_t available, size_t *head_length)
{
  if (available < 2) {
    return 0;
  }
  uint64_t payload = bytes[1] & 0x7f;
  size_t extra = payload == 126 ? 2 : payload == 127 ? 8 : 0;
  if (available < 2 + extra) {
    return 0;
  }
  if (extra != 0) {
    payload = 0;
    for (size_t i = 0; i < extra; i++) {
      payload = payload << 8 | bytes[2 + i];
    }
  }
  *head_length = 2 + extra;
  return available < 2 + extra + payload ? 0 : (size_t)(2 + extra + payload);
}

/* The next frame; the payload stays valid until `taken` bytes are dropped by websocket_done. */
static inline struct websocket_frame websocket_next(struct websocket *client, int timeout_ms, size_t *taken)
{
  size_t head_length = 0;
  size_t length;
  while ((length = websocket_frame_length((unsigned char *)client->received.data, client->received.length, &head_length)) ==
         0) {
    if (!websocket_read_more(client, timeout_ms)) {
      *taken = 0;
      return (struct websocket_frame){0};
    }
  }
  struct websocket_frame frame = {.opcode = client->received.data[0] & 0x0f,
                                  .payload = {client->received.data + head_length, length - head_length}};
  if (frame.opcode == 8 && frame.payload.length >= 2) {
    frame.close_code = (unsigned char)frame.payload.data[0] << 8 | (unsigned char)frame.payload.data[1];
  }
  *taken = length;
  return frame;
}

/* The handshake's answer: its status, and the bytes after it stay to be read as frames. */
static inline int websocket_read_answer(struct websocket *client)
{
  char *end = NULL;
  while (client->received.length == 0 ||
         (end = memmem(client->received.data, client->received.length, "\r\n\r\n", 4)) == NULL) {
    if (!websocket_read_more(client, 5000)) {
      return 0;
    }
  }
  int status =
      (client->received.data[9] - '0') * 100 + (client->received.data[10] - '0') * 10 + client->received.data[11] - '0';
  websocket_drop(client, (size_t)(end + 4 - client->received.data));
  return status;
}

static inline void websocket_close(struct websocket *client)
{
  close(client->socket);
  buffer_free(&client->received);
}

#endif
