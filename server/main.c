/* The composition root: reads the command, builds the modules in order, waits, stops them in reverse. Alone sees ingest and
 * api. */
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "api/live/change_feed.h"
#include "api/live/hub.h"
#include "api/live/sent_log.h"
#include "api/tiles.h"
#include "ingest/objects/backfill.h"
#include "ingest/generator/replay.h"
#include "ingest/generator/simulate.h"
#include "ingest/import_osm.h"
#include "ingest/ingest.h"
#include "server/aws/check.h"
#include "server/base/clock.h"
#include "server/command_line.h"
#include "server/config.h"
#include "server/db/connection.h"
#include "server/db/embedded.h"
#include "server/db/migrate.h"
#include "server/http/http_server.h"
#include "server/http/query_workers.h"
#include "server/http/static_files.h"
#include "server/log.h"
#include "server/metrics.h"

/* Together under the 10 s that a stop may take, up to 4 s for the embedded cluster included. The database has until
 * DATABASE_GRACE_MS after the stop began: a statement that hangs is left alone then. */
enum { DRAIN_MS = 3000, HUB_GRACE_MS = 1000, WRITER_GRACE_MS = 2000, DATABASE_GRACE_MS = 4500 };
enum { QUERY_QUEUE_MAX = 256, ADMIN_CONNECTIONS_MAX = 64, CONNECT_TIMEOUT_S = 5 };
enum { FEED_TIMEOUT_MS = 10000 };

/* What `serve` builds, in the order in which it is built; stopped in reverse. */
struct program {
  const struct config *config;
  struct arena *arena;
  struct metrics *metrics;
  struct embedded *embedded; /* NULL with --database */
  const char *conninfo;
  struct ingest *ingest;
  struct sent_log *sent; /* what the hub has sent, for the API */
  struct hub *hub;
  struct change_feed *feed;
  struct api *api;
  struct tiles *tiles;
  struct static_files *page;
  struct query_workers *workers;
  struct router *router;
  struct router *admin_router;
  struct http_server *http;
  struct http_server *admin;
  atomic_bool is_draining;
  _Atomic int64_t database_given_up_at_us; /* monotonic; 0: not stopping */
};

static struct error get_livez(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "text/plain; charset=utf-8");
  buffer_append_text(response_body(request), TEXT("ok\n"));
  return error_none();
}

static const char *not_ready_reason(struct program *program)
{
  if (atomic_load(&program->is_draining)) {
    return "stopping";
  }
  const char *reason = ingest_not_ready_reason(program->ingest);
  if (reason != NULL) {
    return reason;
  }
  bool shows = change_feed_is_connected(program->feed) || ingest_spool_state(program->ingest).is_spooling;
  return shows ? NULL : "the change feed has no database";
}

/* While the database is away and the spool has room, events are taken: a balancer that turned them away would lose them. */
static struct error get_readyz(struct request *request, void *context)
{
  struct program *program = context;
  const char *reason = not_ready_reason(program);
  bool spools = reason == NULL && ingest_spool_state(program->ingest).is_spooling;
  response_content_type(request, "text/plain; charset=utf-8");
  response_status(request, reason == NULL ? 200 : 503);
  buffer_printf(response_body(request), "%s\n",
                reason != NULL ? reason
                : spools       ? "ready, spooling: the database is away"
                               : "ready");
  return error_none();
}

static struct error get_metrics(struct request *request, void *context)
{
  struct program *program = context;
  response_content_type(request, "text/plain; version=0.0.4; charset=utf-8");
  metrics_render(program->metrics, response_body(request));
  return error_none();
}

static const struct route ADMIN_ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/livez", .role = ROLE_ANYONE, .summary = "The process answers", .handle = get_livez},
    {.method = HTTP_GET,
     .pattern = "/readyz",
     .role = ROLE_ANYONE,
     .summary = "Events are taken and shown",
     .handle = get_readyz},
    {.method = HTTP_GET, .pattern = "/metrics", .role = ROLE_VIEWER, .summary = "Prometheus text", .handle = get_metrics},
};

static struct error check_loopback(const char *setting, const char *address)
{
  char host[64];
  uint16_t port;
  TRY(config_parse_address(text_from(address), host, &port));
  if (!config_is_loopback(host)) {
    return error_at(ERROR_SETUP, setting,
                    "%s is not a loopback address, and without users and login anyone who reaches it sees the fleet: listen on "
                    "127.0.0.1 and let a proxy pass on /ingest/iot alone (deploy/aws.md)",
                    address);
  }
  return error_none();
}

static void raise_file_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static struct db_settings database_settings(const struct program *program, const char *name, int64_t statement_timeout_ms)
{
  return (struct db_settings){.conninfo = program->conninfo,
                              .application_name = name,
                              .connect_timeout_s = CONNECT_TIMEOUT_S,
                              .statement_timeout_ms = (int)statement_timeout_ms,
                              .give_up_at_us = &program->database_given_up_at_us};
}

/* The embedded cluster is this program's own, so its schema is brought up to date here; another one's is only checked. */
static struct error start_database(struct program *program)
{
  const struct config *config = program->config;
  program->conninfo = config->database;
  if (config->database[0] == '\0') {
    TRY(embedded_start(program->arena, config->data_folder, config->postgres_bin_folder, &program->embedded));
    program->conninfo = embedded_conninfo(program->embedded);
  }
  struct db_connection *connection;
  TRY(db_open(database_settings(program, "crumbtrail start", 0), &connection));
  int applied = 0;
  struct error error = program->embedded != NULL ? migrate_apply(connection, &applied) : migrate_check(connection);
  if (error.code == ERROR_NONE) {
    error = db_check_durability(connection);
  }
  db_close(connection);
  return error;
}

static struct error start_ingest(struct program *program)
{
  struct ingest_settings ingest = {program->config, program->arena, database_settings(program, NULL, 0), program->metrics};
  return ingest_start(ingest, &program->ingest);
}

static struct error start_live(struct program *program)
{
  const struct config *config = program->config;
  struct hub_settings hub = {.silent_after_us = config->silent_after_s * US_PER_SECOND,
                             .clients_max = (int)config->stream_clients_max,
                             .allowed_origins = config->allowed_origins,
                             .metrics = program->metrics,
                             .sent = program->sent};
  TRY(hub_start(hub, &program->hub));
  struct change_feed_settings feed = {database_settings(program, "crumbtrail feed", FEED_TIMEOUT_MS), program->hub,
                                      program->metrics};
  return change_feed_start(feed, &program->feed);
}

static void adopt_websocket(int socket, void *hub)
{
  hub_adopt(hub, socket);
}

/* 'self' for everything of ours, and the origin of the raster tiles for images. */
static const char *content_security_policy(struct arena *arena, const char *raster_tile_url)
{
  struct text url = text_from(raster_tile_url);
  struct text origin = TEXT("");
  const char *authority = strstr(raster_tile_url, "://");
  if (authority != NULL) {
    const char *end = strchr(authority + 3, '/');
    origin = end != NULL ? (struct text){url.data, (size_t)(end - url.data)} : url;
  }
  return arena_printf(arena,
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: %.*s; connect-src "
                      "'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri "
                      "'none'; form-action 'none'",
                      TEXT_ARGS(origin));
}

/* Where the page is when no setting says: beside the program as built, or where it is installed. */
static const char *default_page_folder(struct arena *arena)
{
  char program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  const char *end = length > 0 ? memrchr(program, '/', (size_t)length) : NULL;
  int folder_length = end != NULL ? (int)(end - program) : 0;
  const char *built = arena_printf(arena, "%.*s/page", folder_length, program);
  return access(built, F_OK) == 0 ? built : arena_printf(arena, "%.*s/../share/crumbtrail/page", folder_length, program);
}

/* What the ingest knows, as the API shows it. */
static struct api_ingest_state read_ingest(const void *context)
{
  const struct program *program = context;
  if (atomic_load(&program->is_draining)) {
    return (struct api_ingest_state){.not_ready_reason = "stopping"};
  }
  const struct ingest_spool_state spool = ingest_spool_state(program->ingest);
  return (struct api_ingest_state){.not_ready_reason = ingest_not_ready_reason(program->ingest),
                                   .spool_is_on = spool.is_on,
                                   .is_spooling = spool.is_spooling,
                                   .spool_entries = spool.entries,
                                   .spool_bytes = spool.bytes,
                                   .spool_bytes_max = spool.bytes_max,
                                   .spool_damaged_files = spool.damaged_files,
                                   .spool_oldest_us = spool.oldest_received_at_us};
}

static bool database_is_away(const void *context)
{
  const struct api_ingest_state state = read_ingest(context);
  return state.not_ready_reason != NULL || state.is_spooling;
}

static struct error start_api(struct program *program)
{
  const struct config *config = program->config;
  struct api_settings api = {.silent_after_s = config->silent_after_s,
                             .raster_tile_url = config->raster_tile_url,
                             .raster_attribution = config->raster_attribution,
                             .desired_expires_after_s = config->desired_expires_after_s,
                             .report_memory_bytes = config->report_memory_mb * 1024 * 1024,
                             .desired_refusal = ingest_cannot_send_reason(config),
                             .read_ingest = read_ingest,
                             .ingest = program,
                             .sent = program->sent};
  TRY(api_new(api, &program->api));
  program->tiles = tiles_new(TILES_CACHE_BYTES);
  bool has_folder = config->static_folder[0] != '\0';
  TRY(static_files_load(has_folder ? config->static_folder : default_page_folder(program->arena), &program->page));
  struct query_workers_settings workers = {.thread_count = (int)config->query_workers,
                                           .queue_max = QUERY_QUEUE_MAX,
                                           .database = database_settings(program, "crumbtrail query", config->query_timeout_ms),
                                           .metrics = program->metrics,
                                           .database_is_away = database_is_away,
                                           .database_context = program};
  return query_workers_start(workers, &program->workers);
}

static struct error start_listeners(struct program *program)
{
  const struct config *config = program->config;
  program->router = router_new();
  ingest_add_routes(program->ingest, program->router);
  router_add(program->router, api_routes(program->api));
  router_add(program->router, tiles_routes(program->tiles));
  router_add(program->router, static_files_routes(program->page));
  program->admin_router = router_new();
  router_add(program->admin_router, (struct route_table){ADMIN_ROUTES, sizeof ADMIN_ROUTES / sizeof ADMIN_ROUTES[0], program});
  struct http_server_settings admin = {.listen = config->admin_listen,
                                       .connections_max = ADMIN_CONNECTIONS_MAX,
                                       .metrics = program->metrics,
                                       .metrics_listener = "admin"};
  TRY(http_server_start(admin, program->admin_router, &program->admin));
  struct http_server_settings public = {.listen = config->listen,
                                        .connections_max = (int)config->connections_max,
                                        .content_security_policy =
                                            content_security_policy(program->arena, config->raster_tile_url),
                                        .allowed_origins = config->allowed_origins,
                                        .metrics = program->metrics,
                                        .metrics_listener = "public",
                                        .on_websocket = adopt_websocket,
                                        .on_websocket_context = program->hub,
                                        .workers = program->workers};
  return http_server_start(public, program->router, &program->http);
}

static struct error start_program(struct program *program)
{
  TRY(check_loopback("listen", program->config->listen));
  TRY(check_loopback("admin-listen", program->config->admin_listen));
  raise_file_limit();
  TRY(start_database(program));
  TRY(start_ingest(program));
  TRY(start_live(program));
  TRY(start_api(program));
  return start_listeners(program);
}

/* Accepts what a program that did not start completely has. Stop accepting, finish what is in flight, say bye. */
static void stop_program(struct program *program)
{
  atomic_store(&program->is_draining, true);
  atomic_store(&program->database_given_up_at_us, clock_monotonic_us() + DATABASE_GRACE_MS * US_PER_MS);
  if (program->http != NULL && !http_server_drain(program->http, DRAIN_MS)) {
    LOG_WARNING("drain_cut_short", "grace_ms=%d", DRAIN_MS);
  }
  http_server_stop(program->admin); /* /readyz and /metrics look at what stops now */
  change_feed_stop(program->feed);
  hub_stop(program->hub, "shutdown", HUB_GRACE_MS);
  ingest_stop(program->ingest, WRITER_GRACE_MS);
  query_workers_stop(program->workers);
  http_server_stop(program->http);
  router_free(program->router);
  router_free(program->admin_router);
  static_files_free(program->page);
  tiles_free(program->tiles);
  api_free(program->api);
  ingest_free(program->ingest);
  embedded_stop(program->embedded);
}

static void wait_for_stop(struct program *program, const volatile sig_atomic_t *stop)
{
  while (!*stop) {
    struct timespec second = {.tv_sec = 1};
    if (nanosleep(&second, NULL) != 0 || program->embedded == NULL) {
      continue;
    }
    struct error error = embedded_keep_running(program->embedded);
    if (error.code != ERROR_NONE) {
      log_error(LOG_LEVEL_ERROR, "database_not_restarted", &error);
    }
  }
}

static int run_serve(const struct command_input *input)
{
  const struct config *config = input->config;
  struct program program = {.config = config, .arena = input->arena, .metrics = metrics_new(), .sent = sent_log_new()};
  log_count_into(program.metrics);
  struct error error = start_program(&program);
  if (error.code == ERROR_NONE) {
    LOG_INFO("started", "version=" CRUMBTRAIL_VERSION " listen=%s port=%u admin_port=%u", config->listen,
             http_server_port(program.http), http_server_port(program.admin));
    wait_for_stop(&program, input->stop);
    LOG_INFO("stopping", "");
  } else {
    log_error(LOG_LEVEL_ERROR, "not_started", &error);
  }
  stop_program(&program);
  LOG_INFO("stopped", "");
  log_count_into(NULL);
  sent_log_free(program.sent);
  metrics_free(program.metrics);
  return error.code == ERROR_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_migrate(const struct command_input *input)
{
  const struct config *config = input->config;
  struct program program = {.config = config, .arena = input->arena, .conninfo = config->database};
  struct db_connection *connection = NULL;
  int applied = 0;
  struct error error = error_none();
  if (config->database[0] == '\0') {
    error = embedded_start(input->arena, config->data_folder, config->postgres_bin_folder, &program.embedded);
    program.conninfo = error.code == ERROR_NONE ? embedded_conninfo(program.embedded) : NULL;
  }
  if (error.code == ERROR_NONE) {
    error = db_open(database_settings(&program, "crumbtrail migrate", 0), &connection);
  }
  if (error.code == ERROR_NONE) {
    error = migrate_apply(connection, &applied);
  }
  db_close(connection);
  embedded_stop(program.embedded);
  if (error.code != ERROR_NONE) {
    fprintf(stderr, "crumbtrail migrate: %s\n", error.detail);
    return EXIT_FAILURE;
  }
  printf(applied == 0 ? "The schema is up to date.\n" : "Applied %d migrations.\n", applied);
  return EXIT_SUCCESS;
}

static int run_config(const struct command_input *input)
{
  struct buffer out = {0};
  config_print(input->config, &out);
  fwrite(out.data, 1, out.length, stdout);
  buffer_free(&out);
  return EXIT_SUCCESS;
}

static int run_simulate(const struct command_input *input)
{
  return simulate_run(input->arena, input->config, input->extras, input->stop);
}

static int run_replay(const struct command_input *input)
{
  return replay_run(input->arena, input->config, input->extras, input->file, input->stop);
}

static int run_import_osm(const struct command_input *input)
{
  return import_osm_run(input->arena, input->config, input->file);
}

static int run_aws_check(const struct command_input *input)
{
  return aws_check_run(input->arena, input->config, input->extras, input->file);
}

static const char *const NO_FLAGS[] = {NULL};

int main(int argument_count, char **arguments)
{
  const struct command commands[] = {
      {"serve", NULL, "The server", run_serve, NO_FLAGS, NULL},
      {"migrate", NULL, "Brings the schema up to date, forward only", run_migrate, NO_FLAGS, NULL},
      {"simulate", NULL, "A fleet that drives around and reports as AWS IoT things do", run_simulate, SIMULATE_FLAGS,
       simulate_print_help},
      {"replay", "FILE.csv", "Sends a recorded trace as AWS IoT events", run_replay, REPLAY_FLAGS, replay_print_help},
      {"backfill", "s3://BUCKET/PREFIX", "Reads the objects of S3 that were not read yet", backfill_run, BACKFILL_FLAGS,
       backfill_print_help},
      {"import-osm", "FILE.osm.pbf", "Roads and base map from an OpenStreetMap extract", run_import_osm, NO_FLAGS,
       import_osm_print_help},
      {"aws-check", "[s3://...]", "Says which AWS keys, region and endpoints are found, and whether they work", run_aws_check,
       AWS_CHECK_FLAGS, aws_check_print_help},
      {"config", NULL, "Prints the settings in force and where each comes from; secrets are masked", run_config, NO_FLAGS,
       NULL},
  };
  return command_line_run(commands, sizeof commands / sizeof commands[0], argument_count, arguments);
}
