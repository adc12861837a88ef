/* Parts of the ingest benchmark; tests/bench/ingest.sh puts them together.
 *
 *   bench_ingest load PORT KEY PATH EVENTS_PER_REQUEST SECONDS FROM
 *     load generator: 256 keep-alive connections, one epoll loop
 *   bench_ingest answer PORT
 *     ceiling: the HTTP server, POST /answer answered at once
 *   bench_ingest direct CONNINFO SECONDS FROM [DELIVERIES]
 *     ceiling: batches from memory, without HTTP; so many events wait at a time, which makes the size of a batch (256)
 *   bench_ingest parse COUNT [EVENTS_PER_REQUEST]
 *     microseconds to read one event
 *
 * FROM is the Unix time of the first event, so that runs one after the other do not repeat each other's events. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingest/writer/batch_writer.h"
#include "ingest/events/event_reader.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/http/http_server.h"
#include "server/log.h"
#include "server/metrics.h"

enum { CONNECTIONS = 256, VEHICLES = 10000, EVENT_BYTES_MAX = 1024, EVENTS_MAX = 100, LATENCY_BUCKETS = 1000000 };

/* The founding article's rule on its generator's shadow, 689 bytes. */
static const char EVENT_FORMAT[] =
    "{\"thingnm\":\"iotfleet_%05u\",\"thetopic\":\"$aws/things/iotfleet_%05u/shadow/update/documents\","
    "\"current\":{\"state\":{\"reported\":{\"thingName\":\"iotfleet_%05u\",\"location\":{\"lat\":45.%07u,\"lon\":-122.%07u},"
    "\"address\":\"10895, Northwest Lost Park Drive, Cedar Mill, Washington County, Oregon, 97229, United States of America\","
    "\"speed\":\"%u\",\"heading\":\"S\",\"ignition\":\"1\"}},\"metadata\":{\"reported\":{\"location\":{\"lat\":{\"timestamp\":%"
    "lld},"
    "\"lon\":{\"timestamp\":%lld}},\"speed\":{\"timestamp\":%lld},\"heading\":{\"timestamp\":%lld},\"ignition\":{\"timestamp\":"
    "%lld}}},"
    "\"version\":%u},\"timestamp\":%lld,\"clientToken\":\"t-%08u\"}";

/* The n-th event: every vehicle in turn, each a second later than its last. */
static size_t write_event(char *out, uint64_t number, int64_t from_s)
{
  unsigned vehicle = (unsigned)(number % VEHICLES);
  unsigned round = (unsigned)(number / VEHICLES);
  long long at_s = from_s + round;
  unsigned latitude = 4000000 + vehicle * 100 + round % 97;
  unsigned longitude = 5000000 + vehicle * 37 % 3000000 + round % 89;
  int length = snprintf(out, EVENT_BYTES_MAX, EVENT_FORMAT, vehicle, vehicle, vehicle, latitude, longitude, 10 + vehicle % 50,
                        at_s, at_s, at_s, at_s, at_s, round + 1, at_s, (unsigned)(number % 100000000));
  return (size_t)length;
}

/* One event, or an array of several. */
static size_t write_body(char *out, unsigned events, uint64_t first_number, int64_t from_s)
{
  char *at = out;
  if (events > 1) {
    *at++ = '[';
  }
  for (unsigned i = 0; i < events; i++) {
    at += write_event(at, first_number + i, from_s);
    *at++ = ',';
  }
  at--;
  if (events > 1) {
    *at++ = ']';
  }
  return (size_t)(at - out);
}

/* ---- load ---- */

struct connection {
  int fd;
  char *request;
  size_t request_length;
  size_t sent;
  char answer[4096];
  size_t answer_length;
  int64_t started_us;
};

struct load {
  int epoll;
  uint16_t port;
  const char *key;
  const char *path;
  unsigned events_per_request;
  int64_t from_s;
  uint64_t next_event;
  uint64_t acknowledged;
  uint64_t failed;
  uint32_t *latencies; /* one bucket a microsecond */
  struct connection connections[CONNECTIONS];
};

static void die(const char *what)
{
  perror(what);
  exit(1);
}

static void open_connection(struct load *load, struct connection *connection)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
    die("connect");
  }
  (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  (void)epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event);
  connection->request = malloc(EVENTS_MAX * EVENT_BYTES_MAX + 1024);
}

static void send_more(struct connection *connection)
{
  while (connection->sent < connection->request_length) {
    ssize_t count =
        send(connection->fd, connection->request + connection->sent, connection->request_length - connection->sent, 0);
    if (count < 0 && errno == EAGAIN) {
      return;
    }
    if (count <= 0) {
      die("send");
    }
    connection->sent += (size_t)count;
  }
}

static void start_request(struct load *load, struct connection *connection)
{
  char *body = connection->request + 512;
  size_t body_length = write_body(body, load->events_per_request, load->next_event, load->from_s);
  load->next_event += load->events_per_request;
  char head[512];
  int head_length = snprintf(head, sizeof head,
                             "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-ingest-key: "
                             "%s\r\nContent-Length: %zu\r\n\r\n",
                             load->path, load->key, body_length);
  memcpy(connection->request, head, (size_t)head_length);
  memmove(connection->request + head_length, body, body_length);
  connection->request_length = (size_t)head_length + body_length;
  connection->sent = 0;
  connection->answer_length = 0;
  connection->started_us = clock_monotonic_us();
  send_more(connection);
}

/* Whether the whole answer is there. */
static bool is_complete(const struct connection *connection)
{
  const char *end = memmem(connection->answer, connection->answer_length, "\r\n\r\n", 4);
  const char *length = memmem(connection->answer, connection->answer_length, "ontent-", 7);
  while (length != NULL && strncasecmp(length, "ontent-length:", 14) != 0) {
    length = memmem(length + 1, connection->answer_length - (size_t)(length + 1 - connection->answer), "ontent-", 7);
  }
  return end != NULL && length != NULL &&
         connection->answer_length >= (size_t)(end + 4 - connection->answer) + (size_t)atol(length + 14);
}

static void receive(struct load *load, struct connection *connection)
{
  ssize_t count = recv(connection->fd, connection->answer + connection->answer_length,
                       sizeof connection->answer - connection->answer_length - 1, 0);
  if (count < 0 && errno == EAGAIN) {
    return;
  }
  if (count <= 0) {
    die("recv");
  }
  connection->answer_length += (size_t)count;
  connection->answer[connection->answer_length] = '\0';
  if (!is_complete(connection)) {
    return;
  }
  int64_t took_us = clock_monotonic_us() - connection->started_us;
  load->latencies[took_us < LATENCY_BUCKETS ? took_us : LATENCY_BUCKETS - 1]++;
  if (memcmp(connection->answer, "HTTP/1.1 200", 12) == 0) {
    load->acknowledged += load->events_per_request;
  } else {
    if (load->failed == 0) {
      fprintf(stderr, "%.*s\n", (int)connection->answer_length, connection->answer);
    }
    load->failed += load->events_per_request;
  }
  start_request(load, connection);
}

static double percentile_ms(const uint32_t *latencies, double share)
{
  uint64_t total = 0;
  uint64_t seen = 0;
  for (int i = 0; i < LATENCY_BUCKETS; i++) {
    total += latencies[i];
  }
  for (int i = 0; i < LATENCY_BUCKETS; i++) {
    seen += latencies[i];
    if ((double)seen >= (double)total * share) {
      return (double)i / 1000.0;
    }
  }
  return 0;
}

static double run_load(struct load *load, double seconds)
{
  struct epoll_event events[CONNECTIONS];
  int64_t started_us = clock_monotonic_us();
  int64_t end_us = started_us + (int64_t)(seconds * 1e6);
  while (clock_monotonic_us() < end_us) {
    int count = epoll_wait(load->epoll, events, CONNECTIONS, 100);
    for (int i = 0; i < count; i++) {
      receive(load, events[i].data.ptr);
    }
  }
  return (double)(clock_monotonic_us() - started_us) / 1e6;
}

static int load_main(char **arguments)
{
  struct load *load = calloc(1, sizeof *load);
  load->port = (uint16_t)atoi(arguments[0]);
  load->key = arguments[1];
  load->path = arguments[2];
  load->events_per_request = (unsigned)atoi(arguments[3]);
  load->from_s = atoll(arguments[5]);
  load->latencies = calloc(LATENCY_BUCKETS, sizeof *load->latencies);
  load->epoll = epoll_create1(0);
  for (int i = 0; i < CONNECTIONS; i++) {
    open_connection(load, &load->connections[i]);
    start_request(load, &load->connections[i]);
  }
  (void)run_load(load, 1.0); /* the fleet is registered, the statements are prepared */
  memset(load->latencies, 0, LATENCY_BUCKETS * sizeof *load->latencies);
  load->acknowledged = load->failed = 0;
  int64_t cpu_us = clock_thread_cpu_us();
  double seconds = run_load(load, atof(arguments[4]));
  cpu_us = clock_thread_cpu_us() - cpu_us;
  printf("events_per_s=%.0f failed=%llu p50_ms=%.2f p99_ms=%.2f generator_us_per_event=%.2f\n",
         (double)load->acknowledged / seconds, (unsigned long long)load->failed, percentile_ms(load->latencies, 0.5),
         percentile_ms(load->latencies, 0.99), (double)cpu_us / (double)(load->acknowledged + 1));
  return load->failed == 0 ? 0 : 1;
}

/* ---- ceilings ---- */

static struct error answer_at_once(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "application/json");
  buffer_append_text(response_body(request), TEXT("{\"stored\":1,\"duplicates\":0,\"rejected\":0,\"errors\":[]}"));
  return error_none();
}

static int answer_main(char **arguments)
{
  static const struct route routes[] = {
      {.method = HTTP_POST, .pattern = "/answer", .handle = answer_at_once, .body_max_bytes = 1 << 20, .summary = "ceiling"}};
  char address[64];
  struct http_server *server = NULL;
  struct router *router = router_new();
  struct metrics *metrics = metrics_new();
  router_add(router, (struct route_table){routes, 1, NULL});
  (void)snprintf(address, sizeof address, "127.0.0.1:%s", arguments[0]);
  struct http_server_settings settings = {.listen = address,
                                          .connections_max = 1024,
                                          .head_timeout_ms = 10000,
                                          .body_timeout_ms = 30000,
                                          .idle_timeout_ms = 75000,
                                          .metrics = metrics,
                                          .metrics_listener = "bench"};
  struct error error = http_server_start(settings, router, &server);
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "%s\n", error.detail);
    return 1;
  }
  pause();
  return 0;
}

enum { DIRECT_DELIVERIES = 256 };

struct direct {
  struct delivery deliveries[DIRECT_DELIVERIES];
  struct breadcrumb breadcrumbs[DIRECT_DELIVERIES];
  char names[DIRECT_DELIVERIES][32];
  struct text extra;
  struct batch_writer *writer;
  int64_t from_s;
  uint64_t next_event;
  atomic_ullong done;
  atomic_bool is_over;
};

static void direct_submit(struct direct *direct, size_t slot)
{
  uint64_t number = direct->next_event++;
  unsigned vehicle = (unsigned)(number % VEHICLES);
  unsigned round = (unsigned)(number / VEHICLES);
  int length = snprintf(direct->names[slot], sizeof direct->names[slot], "iotfleet_%05u", vehicle);
  direct->breadcrumbs[slot] = (struct breadcrumb){.vehicle = {direct->names[slot], (size_t)length},
                                                  .recorded_at_us = (direct->from_s + round) * US_PER_SECOND,
                                                  .version = round + 1,
                                                  .longitude_deg = -122.5 - vehicle * 37 % 3000000 / 1e7,
                                                  .latitude_deg = 45.4 + vehicle * 100 / 1e7,
                                                  .speed_kmh = 40,
                                                  .heading_deg = 180,
                                                  .temperature_c = NAN,
                                                  .ignition = 1,
                                                  .source = SOURCE_IOT_HTTP,
                                                  .extra = direct->extra};
  struct error error = batch_writer_submit(direct->writer, &direct->deliveries[slot]);
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "submit: %s\n", error.detail);
    exit(1);
  }
}

/* On the writer's thread, as fast as it can be fed. */
static void direct_done(struct delivery *first)
{
  struct direct *direct = first->owner;
  for (struct delivery *delivery = first, *next = NULL; delivery != NULL; delivery = next) {
    next = delivery->next;
    (void)atomic_fetch_add(&direct->done, delivery->stored_count);
    if (!atomic_load(&direct->is_over)) {
      direct_submit(direct, (size_t)(delivery - direct->deliveries));
    }
  }
}

static int direct_main(char **arguments)
{
  struct direct *direct = calloc(1, sizeof *direct);
  double seconds = atof(arguments[1]);
  size_t waiting = arguments[3] != NULL ? (size_t)atoll(arguments[3]) : DIRECT_DELIVERIES;
  direct->from_s = atoll(arguments[2]);
  if (waiting < 1 || waiting > DIRECT_DELIVERIES) {
    fprintf(stderr, "1 to %d deliveries\n", DIRECT_DELIVERIES);
    return 2;
  }
  direct->extra =
      TEXT("{\"address\":\"10895, Northwest Lost Park Drive, Cedar Mill, Washington County, Oregon, 97229, United States of "
           "America\",\"thetopic\":\"$aws/things/iotfleet_00000/shadow/update/documents\",\"clientToken\":\"t-00000000\"}");
  struct batch_writer_settings settings = {
      .database = {.conninfo = arguments[0], .application_name = "bench", .connect_timeout_s = 5}, .queue_max = 8192};
  struct error error = batch_writer_start(settings, &direct->writer);
  if (error.code != ERROR_NONE) {
    return 1;
  }
  for (size_t i = 0; i < waiting; i++) {
    direct->deliveries[i] = (struct delivery){.breadcrumbs = &direct->breadcrumbs[i],
                                              .breadcrumb_count = 1,
                                              .source = SOURCE_IOT_HTTP,
                                              .received_at_us = clock_now_us(),
                                              .request_id = TEXT("bench"),
                                              .on_done = direct_done,
                                              .owner = direct};
  }
  for (size_t i = 0; i < waiting; i++) {
    direct_submit(direct, i);
  }
  sleep(1);
  unsigned long long before = atomic_load(&direct->done);
  int64_t started_us = clock_monotonic_us();
  usleep((useconds_t)(seconds * 1e6));
  unsigned long long done = atomic_load(&direct->done) - before;
  double took_s = (double)(clock_monotonic_us() - started_us) / 1e6;
  atomic_store(&direct->is_over, true);
  batch_writer_stop(direct->writer, 2000);
  printf("events_per_s=%.0f\n", (double)done / took_s);
  return 0;
}

static int parse_main(char **arguments, unsigned events_per_request)
{
  char *body = malloc((size_t)events_per_request * EVENT_BYTES_MAX + 2);
  long count = atol(arguments[0]);
  struct arena *arena = arena_new(16384);
  struct buffer scratch = {0};
  struct event_settings settings;
  struct error error = event_settings_make("mph", "c", "temperature", 60, &settings);
  if (error.code != ERROR_NONE) {
    return 1;
  }
  size_t length = write_body(body, events_per_request, 123, 1700000000);
  int64_t cpu_us = clock_thread_cpu_us();
  size_t read = 0;
  for (long i = 0; i < count; i += events_per_request) {
    struct events events;
    struct event_input input = {.body = {body, length}, .now_us = 1700000000 * US_PER_SECOND, .source = SOURCE_IOT_HTTP};
    arena_reset(arena);
    event_read(arena, &scratch, &settings, &input, &events);
    read += events.breadcrumb_count;
  }
  cpu_us = clock_thread_cpu_us() - cpu_us;
  printf("body_bytes=%zu parse_us_per_event=%.3f memory_bytes=%zu\n", length, (double)cpu_us / (double)read,
         arena_used_bytes(arena));
  arena_free(arena);
  buffer_free(&scratch);
  free(body);
  return 0;
}

int main(int count, char **arguments)
{
  (void)signal(SIGPIPE, SIG_IGN);
  log_setup(LOG_LEVEL_WARNING, LOG_FORMAT_LOGFMT);
  if (count == 8 && strcmp(arguments[1], "load") == 0) {
    return load_main(arguments + 2);
  }
  if (count == 3 && strcmp(arguments[1], "answer") == 0) {
    return answer_main(arguments + 2);
  }
  if ((count == 5 || count == 6) && strcmp(arguments[1], "direct") == 0) {
    return direct_main(arguments + 2);
  }
  if ((count == 3 || count == 4) && strcmp(arguments[1], "parse") == 0) {
    return parse_main(arguments + 2, count == 4 ? (unsigned)atoi(arguments[3]) : 1);
  }
  fprintf(stderr, "see tests/bench/ingest.sh\n");
  return 2;
}
