/* Settings: one table -> one immutable `struct config`.
 *
 * Every setting is one row of the table in config_table.c: flag --like-this VALUE or --like-this=VALUE, environment
 * CRUMBTRAIL_LIKE_THIS (or ..._FILE with the path of a file that holds it, for secrets), key like-this in crumbtrail.conf
 * (`key = value` lines, lines that begin with `#` are comments), default, unit, help. Precedence: flag, environment, file,
 * default; an empty environment variable counts as not set. Unknown flags and keys are errors; unknown environment variables
 * are not, because container platforms make some up (CRUMBTRAIL_PORT=tcp://...). Made once before any thread starts; modules
 * get their own part by value. Texts live as long as the arena. */
#ifndef CRUMBTRAIL_SERVER_CONFIG_H
#define CRUMBTRAIL_SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/base/text.h"

struct config {
  const char *config_file;         /* --config; crumbtrail.conf in the working folder, when there is one */
  const char *listen;              /* 127.0.0.1:8080 */
  const char *admin_listen;        /* 127.0.0.1:8081 */
  const char *data_folder;         /* --data */
  const char *database;            /* libpq URL; "" = embedded cluster under data_folder */
  const char *postgres_bin_folder; /* where initdb, postgres, pg_ctl are; default /usr/lib/postgresql/15/bin */
  const char *static_folder;       /* --static-dir: what static/build.js made; "" = beside the program */
  const char *ingest_key;          /* secret; "" = made at first start and kept in DATA/ingest-key */
  const char *ingest_key_next;     /* secret; second valid key during rotation */
  const char *speed_unit;          /* mph | kmh | ms */
  const char *temperature_unit;    /* c | f */
  const char *temperature_field;   /* temperature */
  int64_t stale_field_s;           /* 60 */
  int64_t silent_after_s;          /* 900 */
  const char *depot_time_zone;     /* as PostgreSQL names it; UTC */
  const char *estimated_limits;    /* no | yes */
  int64_t query_workers;           /* 4 */
  int64_t query_timeout_ms;        /* statement_timeout of API queries; 30000 */
  int64_t report_memory_mb;        /* what reports may keep in memory; 256 */
  int64_t ingest_body_max_bytes;   /* 1 MiB */
  int64_t firehose_body_max_bytes; /* 64 MiB */
  int64_t ingest_queue_max;        /* deliveries waiting for the writer; 8192 */
  int64_t spool_max_bytes;         /* of what waits on disk while the database is away; 1 GiB; 0: none */
  int64_t connections_max;         /* 4096 */
  int64_t stream_clients_max;      /* 2000 */
  int64_t partitions_ahead_days;   /* 7 */
  const char *allowed_origins;     /* comma separated, besides the server's own */
  const char *raster_tile_url;     /* "" = none */
  const char *raster_attribution;
  const char *aws_region;       /* "" = environment, profile, instance */
  const char *aws_profile;      /* "" = AWS_PROFILE, else default */
  const char *aws_endpoint_url; /* of all services; "" = AWS's own */
  const char *s3_endpoint_url;
  const char *s3_path_style; /* auto | yes | no */
  const char *sqs_endpoint_url;
  const char *sns_endpoint_url;
  const char *iot_endpoint_url;
  const char *iot_service_name;    /* iotdata */
  int64_t desired_expires_after_s; /* 86400 */
  int64_t aws_requests_max;        /* at a time; 64 */
  int64_t aws_timeout_ms;          /* 30000 */
  const char *sqs_queue_url;       /* comma separated; "" = none */
  const char *object_vehicle_patterns;
  int64_t object_readers;            /* 64 */
  const char *sweep_prefixes;        /* s3://bucket/prefix, comma separated; "" = none */
  int64_t sweep_days;                /* 3 */
  int64_t sweep_interval_s;          /* 3600 */
  const char *sns_topics_allowed;    /* ARNs, comma separated; "" = none */
  const char *iot_accounts_allowed;  /* ACCOUNT or ACCOUNT/REGION, comma separated; "" = none */
  const char *aws_link_endpoint_url; /* for tests: where links of SNS and AWS IoT are opened instead; loopback only */
  int64_t alert_max_age_s;           /* 3600 */
  const char *silent_alerts;         /* running | all | none */
  const char *webhook_hosts_allowed; /* comma separated; "" = none beyond the public internet */
  int64_t message_timeout_ms;        /* 15000 */
  int64_t message_give_up_after_s;   /* 86400 */
  int64_t channel_disable_after_s;   /* 259200 */
  const char *smtp_url;              /* "" = no mail */
  const char *smtp_user;
  const char *smtp_password;
  const char *smtp_tls;   /* required | off */
  const char *mail_from;  /* "" = none */
  const char *ca_file;    /* "" = the system's */
  const char *public_url; /* "" = none */
  const char *log_level;  /* debug | info | warning | error */
  const char *log_format; /* logfmt | json */
  const uint8_t *origins; /* where each row of the table came from, for config_print */
};

/* Reads flags from argv[first..argc), the environment and the file. Positional arguments are left in *positional (arena), flags
 * that the command knows itself (`extra_flags`, NULL-terminated names without dashes; a trailing '=' means it takes a value)
 * land in *extra. ERROR_SETUP names the setting. */
struct config_extra {
  const char *name;
  const char *value; /* "" for a plain flag; repeated flags appear again */
};
struct config_extras {
  struct config_extra *items;
  int count;
};
struct error config_load(struct arena *arena, int argc, char **argv, int first, const char *const *extra_flags,
                         struct config *config, const char ***positional, int *positional_count,
                         struct config_extras *extras) ERROR_MUST_CHECK;

/* Value of an extra flag, or NULL when it was not given (the last one wins). */
const char *config_extra_value(const struct config_extras *extras, const char *name);

/* `crumbtrail config`: name, value, where from; secrets as ****. */
void config_print(const struct config *config, struct buffer *out);
/* The table as help text for `crumbtrail help serve`. */
void config_print_help(struct buffer *out);

/* host:port -> parts. "[::1]:8080" too. */
struct error config_parse_address(struct text address, char host[64], uint16_t *port) ERROR_MUST_CHECK;
/* True for 127.0.0.0/8, ::1 and "localhost". */
bool config_is_loopback(const char *host);

#endif
