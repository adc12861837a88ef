/* The clients of the stream benchmark; tests/bench/stream.sh runs it against the real program.
 *
 *   bench_stream PORT PID [CLIENTS 1000] [SECONDS 10]
 *
 * CLIENTS WebSockets with boxes of different places and sizes follow the server at PORT, whose process is PID, while somebody
 * else posts events. One in 25 asks for JSON, which tells received_at: the age of every record when it is read here. Ceiling,
 * in the same run: the same number of frames of the mean size sent to as many clients by bare send(), from one thread; the
 * ratio compares it with the server's threads of the stream, hub and feed. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <dirent.h>
#include <time.h>

#include "server/base/clock.h"
#include "tests/support/websocket.h"

enum { LATENCY_BUCKETS = 100000, HEADER_BYTES = 32, RECORD_BYTES = 24, FRAMES_PER_S = 5, JSON_EVERY = 25, WARM_UP_S = 3 };

struct options {
  uint16_t port;
  pid_t server;
  int clients;
  int seconds;
};

/* Degrees: where the fleet is. */
struct extent {
  double west;
  double south;
  double east;
  double north;
};

struct tally {
  uint64_t frames;
  uint64_t bytes;
  uint64_t records;                       /* in binary frames and in JSON */
  uint64_t aged;                          /* in JSON: those in latency_ms10 */
  uint64_t latency_ms10[LATENCY_BUCKETS]; /* in tenths of a millisecond */
};

static void fail(const char *what)
{
  perror(what);
  exit(1);
}

static int listen_on_loopback(struct sockaddr_in *address)
{
  socklen_t length = sizeof *address;
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)address, sizeof *address) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, (struct sockaddr *)address, &length) != 0) {
    fail("listen");
  }
  return listener;
}

/* Frames of one size to every client five times a second, spread as the hub spreads them, and nothing else. */
static void run_bare_sender(struct options options, int listener, size_t frame_bytes)
{
  int *sockets = calloc((size_t)options.clients, sizeof *sockets);
  char *frame = calloc(1, frame_bytes);
  for (int i = 0; i < options.clients; i++) {
    sockets[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  }
  for (int slice = 0;; slice++) {
    for (int i = slice % 20; i < options.clients; i += 20) {
      (void)!send(sockets[i], frame, frame_bytes, MSG_NOSIGNAL);
    }
    usleep(1000000 / FRAMES_PER_S / 20);
  }
}

/* Of a process or a thread: /proc/PID/stat, /proc/PID/task/TID/stat. */
static int64_t read_cpu_us(const char *path)
{
  char text[1024] = "";
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(text, sizeof text, file) == NULL) {
    fail(path);
  }
  fclose(file);
  unsigned long user = 0;
  unsigned long kernel = 0;
  sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  return (int64_t)(user + kernel) * US_PER_SECOND / sysconf(_SC_CLK_TCK);
}

static int64_t read_process_cpu_us(pid_t pid)
{
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  return read_cpu_us(path);
}

static int64_t read_stream_threads_cpu_us(pid_t pid)
{
  char path[400];
  int64_t cpu_us = 0;
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    char name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%s/comm", (int)pid, entry->d_name);
    FILE *file = fopen(path, "r");
    if (file != NULL && fgets(name, sizeof name, file) != NULL && (strcmp(name, "hub\n") == 0 || strcmp(name, "feed\n") == 0)) {
      snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)pid, entry->d_name);
      cpu_us += read_cpu_us(path);
    }
    if (file != NULL) {
      fclose(file);
    }
  }
  closedir(folder);
  return cpu_us;
}

static double read_process_mb(pid_t pid, const char *field)
{
  char path[64];
  char line[256];
  double mb = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, field, strlen(field)) == 0) {
      mb = strtod(line + strlen(field) + 1, NULL) / 1024;
    }
  }
  if (file != NULL) {
    fclose(file);
  }
  return mb;
}

static struct websocket connect_client(const struct sockaddr_in *address)
{
  struct websocket client = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (connect(client.socket, (const struct sockaddr *)address, sizeof *address) != 0) {
    fail("connect");
  }
  return client;
}

static void say_hello(struct websocket *client, const char *subscription)
{
  websocket_send_handshake(client->socket, "Sec-WebSocket-Protocol: fleet.v1\r\n");
  if (websocket_read_answer(client) != 101) {
    fprintf(stderr, "the handshake was refused\n");
    exit(1);
  }
  websocket_send(client->socket, 1, text_from(subscription));
}

static int32_t read_i32(const char *bytes)
{
  int32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

/* From a whole snapshot. */
static struct extent measure_fleet(const struct sockaddr_in *address)
{
  struct extent extent = {180, 90, -180, -90};
  struct websocket client = connect_client(address);
  uint32_t vehicles = 0;
  bool is_last = false;
  say_hello(&client, "{\"type\":\"subscribe\",\"format\":\"binary\"}");
  while (!is_last) {
    size_t taken;
    struct websocket_frame frame = websocket_next(&client, 5000, &taken);
    if (frame.opcode == 0) {
      fail("snapshot");
    }
    if (frame.opcode == 2) {
      const char *bytes = frame.payload.data;
      uint32_t count = (uint32_t)read_i32(bytes + 8);
      for (uint32_t i = 0; i < count; i++) {
        double latitude = read_i32(bytes + HEADER_BYTES + i * RECORD_BYTES + 4) / 1e7;
        double longitude = read_i32(bytes + HEADER_BYTES + i * RECORD_BYTES + 8) / 1e7;
        extent.west = longitude < extent.west ? longitude : extent.west;
        extent.east = longitude > extent.east ? longitude : extent.east;
        extent.south = latitude < extent.south ? latitude : extent.south;
        extent.north = latitude > extent.north ? latitude : extent.north;
      }
      vehicles += count;
      is_last = memcmp(bytes + 2, bytes + 4, 2) == 0;
    }
    websocket_drop(&client, taken);
  }
  websocket_close(&client);
  printf("vehicles=%u ", vehicles);
  return extent;
}

/* Boxes between a tenth and three tenths of the fleet's area a side. */
static void subscribe_client(struct websocket *client, int number, const struct extent *fleet)
{
  char message[200];
  double side = 0.1 + 0.2 * (number % 97) / 97;
  double width = side * (fleet->east - fleet->west);
  double height = side * (fleet->north - fleet->south);
  double west = fleet->west + (fleet->east - fleet->west - width) * (number * 37 % 101) / 101;
  double south = fleet->south + (fleet->north - fleet->south - height) * (number * 53 % 103) / 103;
  snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"format\":\"%s\",\"bbox\":[%.6f,%.6f,%.6f,%.6f]}",
           number % JSON_EVERY == 0 ? "json" : "binary", west, south, west + width, south + height);
  say_hello(client, message);
}

/* 2026-01-31T12:34:56[.123456]Z */
static int64_t parse_time_us(const char *text)
{
  struct tm parts = {0};
  const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
  double fraction = rest != NULL && *rest == '.' ? strtod(rest, NULL) : 0;
  return (int64_t)timegm(&parts) * US_PER_SECOND + (int64_t)(fraction * 1e6);
}

static void take_json_update(struct tally *tally, struct text payload, int64_t wall_us)
{
  static const char KEY[] = "\"received_at\":\"";
  const char *end = payload.data + payload.length;
  for (const char *at = payload.data; (at = memmem(at, (size_t)(end - at), KEY, sizeof KEY - 1)) != NULL;) {
    at += sizeof KEY - 1;
    int64_t age = (wall_us - parse_time_us(at)) / 100;
    tally->latency_ms10[age < 0 ? 0 : age < LATENCY_BUCKETS ? age : LATENCY_BUCKETS - 1]++;
    tally->records++;
    tally->aged++;
  }
}

static void take_frame(struct tally *tally, struct text payload, int opcode, int64_t wall_us)
{
  if (opcode == 2) {
    tally->records += (uint32_t)read_i32(payload.data + 8);
  } else if (opcode == 1 && memmem(payload.data, payload.length, "\"type\":\"update\"", 15) != NULL) {
    take_json_update(tally, payload, wall_us);
  }
}

static void take_frames(struct tally *tally, struct websocket *client)
{
  size_t head_length;
  size_t length;
  size_t at = 0;
  int64_t wall_us = clock_now_us();
  const char *bytes = client->received.data;
  while ((length = websocket_frame_length((const unsigned char *)bytes + at, client->received.length - at, &head_length)) !=
         0) {
    take_frame(tally, (struct text){bytes + at + head_length, length - head_length}, bytes[at] & 0x0f, wall_us);
    tally->frames++;
    tally->bytes += length;
    at += length;
  }
  websocket_drop(client, at);
}

static void read_clients(struct websocket *clients, int epoll, struct tally *tally, int64_t until_us)
{
  static struct epoll_event events[256];
  static char scrap[65536];
  while (clock_monotonic_us() < until_us) {
    int ready = epoll_wait(epoll, events, 256, 50);
    for (int i = 0; i < ready; i++) {
      struct websocket *client = &clients[events[i].data.u32];
      if (tally == NULL) {
        (void)!recv(client->socket, scrap, sizeof scrap, MSG_DONTWAIT);
      } else if (!websocket_read_more(client, 0)) {
        fprintf(stderr, "a client was cut off\n");
        exit(1);
      } else {
        take_frames(tally, client);
      }
    }
  }
}

static int watch(const struct websocket *clients, int count)
{
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].socket, &event);
  }
  return epoll;
}

static double percentile_ms(const struct tally *tally, double share)
{
  uint64_t below = 0;
  for (int i = 0; i < LATENCY_BUCKETS; i++) {
    below += tally->latency_ms10[i];
    if ((double)below >= share * (double)tally->aged) {
      return i / 10.0;
    }
  }
  return LATENCY_BUCKETS / 10.0;
}

static double measure_bare_cpu(struct options options, size_t frame_bytes)
{
  struct sockaddr_in address;
  int listener = listen_on_loopback(&address);
  pid_t sender = fork();
  if (sender == 0) {
    run_bare_sender(options, listener, frame_bytes);
  }
  struct websocket *clients = calloc((size_t)options.clients, sizeof *clients);
  for (int i = 0; i < options.clients; i++) {
    clients[i] = connect_client(&address);
  }
  int epoll = watch(clients, options.clients);
  int64_t cpu_us = read_process_cpu_us(sender);
  int64_t began_us = clock_monotonic_us();
  read_clients(clients, epoll, NULL, began_us + 5 * US_PER_SECOND);
  double share = (double)(read_process_cpu_us(sender) - cpu_us) / (double)(clock_monotonic_us() - began_us);
  kill(sender, SIGKILL);
  waitpid(sender, NULL, 0);
  close(listener);
  return share;
}

static void measure(struct options options)
{
  static struct tally warm_up;
  static struct tally tally;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct websocket *clients = calloc((size_t)options.clients, sizeof *clients);
  struct extent fleet = measure_fleet(&address);
  for (int i = 0; i < options.clients; i++) {
    clients[i] = connect_client(&address);
    subscribe_client(&clients[i], i, &fleet);
  }
  int epoll = watch(clients, options.clients);
  read_clients(clients, epoll, &warm_up, clock_monotonic_us() + WARM_UP_S * US_PER_SECOND);
  int64_t cpu_us = read_process_cpu_us(options.server);
  int64_t stream_cpu_us = read_stream_threads_cpu_us(options.server);
  int64_t began_us = clock_monotonic_us();
  read_clients(clients, epoll, &tally, began_us + options.seconds * US_PER_SECOND);
  double elapsed_us = (double)(clock_monotonic_us() - began_us);
  double cpu = (double)(read_process_cpu_us(options.server) - cpu_us) / elapsed_us;
  double stream_cpu = (double)(read_stream_threads_cpu_us(options.server) - stream_cpu_us) / elapsed_us;
  double frames_per_s = (double)tally.frames / elapsed_us * 1e6;
  size_t frame_bytes = (size_t)(tally.bytes / (tally.frames + 1));
  printf("clients=%d frames_per_s=%.0f records_per_s=%.0f frame_bytes=%zu p50_ms=%.1f p99_ms=%.1f rss_mb=%.0f peak_mb=%.0f "
         "cores=%.2f stream_cores=%.2f ",
         options.clients, frames_per_s, (double)tally.records / elapsed_us * 1e6, frame_bytes, percentile_ms(&tally, 0.5),
         percentile_ms(&tally, 0.99), read_process_mb(options.server, "VmRSS"), read_process_mb(options.server, "VmHWM"), cpu,
         stream_cpu);
  fflush(stdout);
  for (int i = 0; i < options.clients; i++) {
    websocket_close(&clients[i]);
  }
  double bare = measure_bare_cpu(options, frame_bytes);
  printf("bare_cores=%.2f ratio=%.2f\n", bare, bare / stream_cpu);
}

int main(int count, char **arguments)
{
  if (count < 3) {
    fprintf(stderr, "usage: bench_stream PORT PID [CLIENTS] [SECONDS]\n");
    return 2;
  }
  measure((struct options){.port = (uint16_t)atoi(arguments[1]),
                           .server = (pid_t)atoi(arguments[2]),
                           .clients = count > 3 ? atoi(arguments[3]) : 1000,
                           .seconds = count > 4 ? atoi(arguments[4]) : 10});
  return 0;
}
