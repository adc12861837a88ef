/* How late, how large and how busy the stream is: 1,000 clients with different viewports while 10,000 positions a second
 * change.
 *
 *   bench_stream [CLIENTS 1000] [VEHICLES 10000] [CHANGES_PER_S 10000] [SECONDS 15]
 *
 * Four processes: an embedded PostgreSQL in a folder of its own, a writer that commits 50 batches a second into it, a server
 * with the hub and its change feed, and this one, which is all the clients. Each change carries its batch's number as speed,
 * and the writer notes when each batch's commit was answered, so a client knows the age of every record. Ceiling: the same
 * number of frames of the mean size sent to the same clients by bare send(), from one thread. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "api/live/change_feed.h"
#include "api/live/hub.h"
#include "server/base/clock.h"
#include "server/db/embedded.h"
#include "server/db/migrate.h"
#include "server/metrics.h"
#include "tests/support/websocket.h"

enum {
  BATCHES_PER_S = 50,
  BATCHES_MAX = 60000,
  LATENCY_BUCKETS = 100000,
  RECORD_BYTES = 24,
  HEADER_BYTES = 32,
  FRAMES_PER_S = 5
};

struct options {
  int clients;
  int vehicles;
  int changes_per_s;
  int seconds;
};

/* Shared between the processes. */
struct board {
  _Atomic int64_t committed_us[BATCHES_MAX];
  _Atomic int stop;
};

struct tally {
  uint64_t frames;
  uint64_t bytes;
  uint64_t records;
  uint64_t latency_ms10[LATENCY_BUCKETS]; /* in tenths of a millisecond */
};

static void fail(const char *what)
{
  perror(what);
  exit(1);
}

static void must(struct error error)
{
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "%s: %s\n", error_slug(error.code), error.detail);
    exit(1);
  }
}

static struct db_settings database_settings(const char *conninfo, const char *name)
{
  return (struct db_settings){.conninfo = conninfo, .application_name = name, .connect_timeout_s = 5};
}

static void fill_database(const char *conninfo, int vehicles)
{
  struct db_connection *connection;
  int applied;
  char sql[1024];
  must(db_open(database_settings(conninfo, "bench"), &connection));
  must(migrate_apply(connection, &applied));
  snprintf(sql, sizeof sql,
           "INSERT INTO vehicle (vehicle_id, name, created_at) SELECT i, 'iotfleet_bench_' || i, now() "
           "FROM generate_series(1, %d) i; "
           "INSERT INTO position (vehicle_id, recorded_at, version, seq, received_at, geom, speed_kmh, heading_deg, ignition, "
           "source) "
           "SELECT i, now(), 0, i, now(), st_setsrid(st_makepoint(-123 + random(), 45 + random()), 4326), 50, 90, true, 1 "
           "FROM generate_series(1, %d) i; UPDATE feed SET head = %d",
           vehicles, vehicles, vehicles);
  must(db_execute(connection, sql));
  db_close(connection);
}

static void run_writer(const char *conninfo, struct options options, struct board *board)
{
  struct db_connection *connection;
  char sql[1024];
  must(db_open(database_settings(conninfo, "bench writer"), &connection));
  int rows = options.changes_per_s / BATCHES_PER_S;
  int64_t began_us = clock_monotonic_us();
  for (int batch = 1; batch < BATCHES_MAX && !board->stop; batch++) {
    int first = (int)((int64_t)batch * rows % options.vehicles) + 1;
    snprintf(sql, sizeof sql,
             "BEGIN; UPDATE feed SET head = head + %d; "
             "UPDATE position p SET seq = f.head - %d + p.vehicle_id, recorded_at = now(), received_at = now(), "
             "version = %d, speed_kmh = %d / 10.0 FROM feed f WHERE p.vehicle_id >= %d AND p.vehicle_id < %d; "
             "SELECT pg_notify('crumbtrail_feed', ''); COMMIT",
             rows, first + rows - 1, batch, batch, first, first + rows);
    must(db_execute(connection, sql));
    board->committed_us[batch] = clock_monotonic_us();
    int64_t left_us = began_us + (int64_t)batch * US_PER_SECOND / BATCHES_PER_S - clock_monotonic_us();
    if (left_us > 0) {
      usleep((useconds_t)left_us);
    }
  }
  db_close(connection);
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

static void run_server(const char *conninfo, struct options options, int listener)
{
  struct metrics *metrics = metrics_new();
  struct hub_settings settings = {
      .silent_after_us = 900 * US_PER_SECOND, .clients_max = options.clients, .allowed_origins = "", .metrics = metrics};
  struct hub *hub;
  struct change_feed *feed;
  must(hub_start(settings, &hub));
  must(change_feed_start(
      (struct change_feed_settings){.database = database_settings(conninfo, "bench feed"), .hub = hub, .metrics = metrics},
      &feed));
  for (;;) {
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      hub_adopt(hub, socket);
    }
  }
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

static int64_t read_process_cpu_us(pid_t pid)
{
  char path[64];
  char text[1024] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
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

/* Boxes between a tenth and three tenths of the fleet's area a side: 1-9 % of the vehicles. */
static void subscribe_client(struct websocket *client, int number)
{
  char message[200];
  double side = 0.1 + 0.2 * (number % 97) / 97;
  double west = -123 + (1 - side) * (number * 37 % 101) / 101;
  double south = 45 + (1 - side) * (number * 53 % 103) / 103;
  websocket_send_handshake(client->socket, "Sec-WebSocket-Protocol: fleet.v1\r\n");
  if (websocket_read_answer(client) != 101) {
    fprintf(stderr, "the handshake was refused\n");
    exit(1);
  }
  int length =
      snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"format\":\"binary\",\"bbox\":[%.4f,%.4f,%.4f,%.4f]}", west,
               south, west + side, south + side);
  websocket_send(client->socket, 1, (struct text){message, (size_t)length});
}

static void take_update(struct tally *tally, struct text payload, const struct board *board, int64_t now_us)
{
  const unsigned char *bytes = (const unsigned char *)payload.data;
  uint32_t count = (uint32_t)bytes[8] | (uint32_t)bytes[9] << 8 | (uint32_t)bytes[10] << 16;
  for (uint32_t i = 0; i < count; i++) {
    const unsigned char *record = bytes + HEADER_BYTES + i * RECORD_BYTES;
    int64_t committed_us = board->committed_us[record[16] | record[17] << 8];
    int64_t age = committed_us == 0 || now_us < committed_us ? 0 : (now_us - committed_us) / 100;
    tally->latency_ms10[age < LATENCY_BUCKETS ? age : LATENCY_BUCKETS - 1]++;
  }
  tally->records += count;
}

static void take_frames(struct tally *tally, struct websocket *client, const struct board *board)
{
  size_t head_length;
  size_t length;
  size_t at = 0;
  int64_t now_us = clock_monotonic_us();
  const char *bytes = client->received.data;
  while ((length = websocket_frame_length((const unsigned char *)bytes + at, client->received.length - at, &head_length)) !=
         0) {
    struct text payload = {bytes + at + head_length, length - head_length};
    if ((bytes[at] & 0x0f) == 2 && payload.data[0] == 2) {
      take_update(tally, payload, board, now_us);
    }
    tally->frames++;
    tally->bytes += length;
    at += length;
  }
  websocket_drop(client, at);
}

static void read_clients(struct websocket *clients, int epoll, const struct board *board, struct tally *tally, int64_t until_us)
{
  static struct epoll_event events[256];
  static char scrap[65536];
  while (clock_monotonic_us() < until_us) {
    int ready = epoll_wait(epoll, events, 256, 50);
    for (int i = 0; i < ready; i++) {
      struct websocket *client = &clients[events[i].data.u32];
      if (board == NULL) {
        (void)!recv(client->socket, scrap, sizeof scrap, MSG_DONTWAIT);
      } else if (!websocket_read_more(client, 0)) {
        fprintf(stderr, "a client was cut off\n");
        exit(1);
      } else {
        take_frames(tally, client, board);
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
    if ((double)below >= share * (double)tally->records) {
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
  read_clients(clients, epoll, NULL, NULL, began_us + 5 * US_PER_SECOND);
  double share = (double)(read_process_cpu_us(sender) - cpu_us) / (double)(clock_monotonic_us() - began_us);
  kill(sender, SIGKILL);
  waitpid(sender, NULL, 0);
  close(listener);
  return share;
}

static void measure(const char *conninfo, struct options options, struct board *board)
{
  static struct tally warm_up;
  static struct tally tally;
  struct sockaddr_in address;
  int listener = listen_on_loopback(&address);
  pid_t server = fork();
  if (server == 0) {
    run_server(conninfo, options, listener);
  }
  sleep(2);
  double idle_mb = read_process_mb(server, "VmRSS");
  pid_t writer = fork();
  if (writer == 0) {
    run_writer(conninfo, options, board);
    _exit(0);
  }
  struct websocket *clients = calloc((size_t)options.clients, sizeof *clients);
  for (int i = 0; i < options.clients; i++) {
    clients[i] = connect_client(&address);
    subscribe_client(&clients[i], i);
  }
  int epoll = watch(clients, options.clients);
  read_clients(clients, epoll, board, &warm_up, clock_monotonic_us() + 3 * US_PER_SECOND);
  int64_t cpu_us = read_process_cpu_us(server);
  int64_t began_us = clock_monotonic_us();
  read_clients(clients, epoll, board, &tally, began_us + options.seconds * US_PER_SECOND);
  double elapsed_s = (double)(clock_monotonic_us() - began_us) / (double)US_PER_SECOND;
  double cpu = (double)(read_process_cpu_us(server) - cpu_us) / (double)US_PER_SECOND / elapsed_s;
  double busy_mb = read_process_mb(server, "VmHWM");
  board->stop = 1;
  waitpid(writer, NULL, 0);
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);

  double frames_per_s = (double)tally.frames / elapsed_s;
  size_t frame_bytes = (size_t)(tally.bytes / (tally.frames + 1));
  printf("clients %d  vehicles %d  changes/s %d\n", options.clients, options.vehicles, options.changes_per_s);
  printf("frames/s %.0f  records/s %.0f  mean frame %zu B\n", frames_per_s, (double)tally.records / elapsed_s, frame_bytes);
  printf("commit to client: p50 %.1f ms  p99 %.1f ms  p99.9 %.1f ms\n", percentile_ms(&tally, 0.5), percentile_ms(&tally, 0.99),
         percentile_ms(&tally, 0.999));
  printf("server: %.0f MB without clients, %.0f MB at most, %.2f cores\n", idle_mb, busy_mb, cpu);
  fflush(stdout);
  double bare = measure_bare_cpu(options, frame_bytes);
  printf("bare send() of the same frames: %.2f cores, ratio %.2f\n", bare, bare / cpu);
}

int main(int count, char **arguments)
{
  struct options options = {.clients = count > 1 ? atoi(arguments[1]) : 1000,
                            .vehicles = count > 2 ? atoi(arguments[2]) : 10000,
                            .changes_per_s = count > 3 ? atoi(arguments[3]) : 10000,
                            .seconds = count > 4 ? atoi(arguments[4]) : 15};
  struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char folder[] = "/tmp/crumbtrail-bench-XXXXXX";
  struct arena *arena = arena_new(4096);
  struct embedded *embedded;
  if (board == MAP_FAILED || mkdtemp(folder) == NULL || chmod(folder, 0755) != 0) {
    fail("set-up");
  }
  must(embedded_start(arena, folder, "/usr/lib/postgresql/15/bin", &embedded));
  fill_database(embedded_conninfo(embedded), options.vehicles);
  measure(embedded_conninfo(embedded), options, board);
  embedded_stop(embedded);
  arena_free(arena);
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command) == 0 ? 0 : 1;
}
