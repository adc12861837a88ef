#include "server/config_table.h"

#include "server/config.h"

#define ROW(flag, member) .name = (flag), .offset = offsetof(struct config, member)
#define PLAIN(flag, member, placeholder, fallback) ROW(flag, member), .unit = (placeholder), .default_text = (fallback)
#define ADDRESS(flag, member, fallback) PLAIN(flag, member, "HOST:PORT", fallback), .kind = SETTING_ADDRESS
#define CHOICE(flag, member, words, fallback) PLAIN(flag, member, words, fallback), .kind = SETTING_CHOICE, .choices = (words)
#define NUMBER(flag, member, of, fallback, low, high) \
  PLAIN(flag, member, of, fallback), .kind = SETTING_NUMBER, .minimum = (low), .maximum = (high)

const struct setting SETTINGS[] = {
    {PLAIN("config", config_file, "FILE", "crumbtrail.conf"), .help = "File with settings, one `key = value` a line."},
    {ADDRESS("listen", listen, "127.0.0.1:8080"), .help = "Where the page, the API, the stream and ingest answer."},
    {ADDRESS("admin-listen", admin_listen, "127.0.0.1:8081"), .help = "Where /livez, /readyz and /metrics answer."},
    {PLAIN("data", data_folder, "FOLDER", "/var/lib/crumbtrail"),
     .help = "Folder for state: the private database cluster, the ingest key, the spool."},
    {PLAIN("database", database, "URL", ""), .secrecy = SETTING_SECRET_PART,
     .help = "PostgreSQL to use, as a libpq URL. Empty: a private cluster under --data, made at first start."},
    {PLAIN("postgres-bin-folder", postgres_bin_folder, "FOLDER", "/usr/lib/postgresql/15/bin"),
     .help = "Where initdb, postgres and pg_ctl are, for the private cluster."},
    {PLAIN("static-dir", static_folder, "FOLDER", ""),
     .help = "The built page; without it, page/ beside the program, or as installed."},
    {PLAIN("ingest-key", ingest_key, "KEY", ""), .secrecy = SETTING_SECRET,
     .help = "Key that senders must show. Empty: made at first start and kept in DATA/ingest-key."},
    {PLAIN("ingest-key-next", ingest_key_next, "KEY", ""), .secrecy = SETTING_SECRET,
     .help = "A second key that is valid too, while senders change from one to the other."},
    {CHOICE("speed-unit", speed_unit, "mph|kmh|ms", "mph"), .help = "Unit of `speed` in arriving events."},
    {CHOICE("temperature-unit", temperature_unit, "c|f", "c"), .help = "Unit of the temperature in arriving events."},
    {PLAIN("temperature-field", temperature_field, "NAME", "temperature"), .help = "Name of the reported field that holds it."},
    {NUMBER("stale-field-s", stale_field_s, "seconds", "60", 0, 86400),
     .help = "A reported value this much older than the event's position counts as absent."},
    {NUMBER("silent-after-s", silent_after_s, "seconds", "900", 10, 604800),
     .help = "A vehicle that sends nothing for this long is silent."},
    {NUMBER("query-workers", query_workers, "threads", "4", 1, 64),
     .help = "Threads that answer queries, one database connection each."},
    {NUMBER("query-timeout-ms", query_timeout_ms, "milliseconds", "30000", 100, 3600000), .help = "Time limit of a query."},
    {NUMBER("ingest-body-max-bytes", ingest_body_max_bytes, "bytes", "1048576", 1024, 67108864),
     .help = "Largest body of a delivery; a larger one is answered 413."},
    {NUMBER("firehose-body-max-bytes", firehose_body_max_bytes, "bytes", "67108864", 1024, 1073741824),
     .help = "Largest body of a delivery of Firehose, decompressed too; they are read in constant memory."},
    {NUMBER("ingest-queue-max", ingest_queue_max, "deliveries", "8192", 1, 1000000),
     .help = "Deliveries that may wait for the writer; more are answered 503."},
    {NUMBER("spool-max-bytes", spool_max_bytes, "bytes", "1073741824", 0, INT64_C(1) << 50),
     .help = "Deliveries that may wait in DATA/spool.sqlite while the database is away; more are answered 503. 0: no spool."},
    {NUMBER("connections-max", connections_max, "connections", "4096", 16, 1000000), .help = "Open connections on --listen."},
    {NUMBER("stream-clients-max", stream_clients_max, "clients", "2000", 0, 100000), .help = "Open WebSockets on /v1/stream."},
    {NUMBER("partitions-ahead-days", partitions_ahead_days, "days", "7", 1, 366),
     .help = "Days ahead for which partitions are made."},
    {PLAIN("allowed-origins", allowed_origins, "ORIGINS", ""),
     .help = "Origins besides the server's own that may open the stream, comma separated: https://map.example.org"},
    {PLAIN("raster-tile-url", raster_tile_url, "URL", ""),
     .help = "Map tiles beneath the vehicles: https://tile.example.org/{z}/{x}/{y}.png. Empty: none."},
    {PLAIN("raster-attribution", raster_attribution, "TEXT", ""), .help = "What the tiles' owner wants to be named as."},
    {PLAIN("aws-region", aws_region, "REGION", ""), .help = "Region of AWS. Empty: AWS_REGION, the profile's, the instance's."},
    {PLAIN("aws-profile", aws_profile, "NAME", ""),
     .help = "Profile of ~/.aws whose keys are used, before those of the environment. Empty: AWS_PROFILE, else default."},
    {PLAIN("aws-endpoint-url", aws_endpoint_url, "URL", ""), .help = "Endpoint of all services of AWS. Empty: AWS's own."},
    {PLAIN("s3-endpoint-url", s3_endpoint_url, "URL", ""), .help = "Endpoint of S3: radosgw, MinIO."},
    {CHOICE("s3-path-style", s3_path_style, "auto|yes|no", "auto"),
     .help = "The bucket in the path, not in the host. auto: with another endpoint, and for names with dots."},
    {PLAIN("sqs-endpoint-url", sqs_endpoint_url, "URL", ""), .help = "Endpoint of SQS. Empty: the host of the queue's URL."},
    {PLAIN("iot-endpoint-url", iot_endpoint_url, "URL", ""),
     .help = "Data endpoint of AWS IoT: https://PREFIX-ats.iot.REGION.amazonaws.com"},
    {PLAIN("iot-service-name", iot_service_name, "NAME", "iotdata"), .help = "Service that requests to it are signed for."},
    {NUMBER("desired-expires-after-s", desired_expires_after_s, "seconds", "86400", 10, 2592000),
     .help =
         "A state asked of a vehicle that it has not confirmed after this time is given up, unless the request says another."},
    {NUMBER("aws-requests-max", aws_requests_max, "requests", "64", 2, 1024), .help = "Requests to AWS at a time."},
    {NUMBER("aws-timeout-ms", aws_timeout_ms, "milliseconds", "30000", 100, 600000),
     .help = "Time limit of an answer of AWS, and of each standstill of an object that is read."},
    {PLAIN("sqs-queue-url", sqs_queue_url, "URLS", ""),
     .help = "Queues of SQS to receive from, comma separated: notifications of S3, or events. Empty: none."},
    {NUMBER("object-readers", object_readers, "objects", "64", 1, 512), .help = "Objects of S3 that are fetched at a time."},
    {PLAIN("object-vehicle-patterns", object_vehicle_patterns, "PATTERNS",
           "$aws/things/{vehicle}/shadow/**, thingname={vehicle}/**, {vehicle}/{time}"),
     .help = "Where the key of an object has the vehicle's name, for events that do not say it; comma separated."},
    {PLAIN("sweep-prefixes", sweep_prefixes, "URLS", ""),
     .help = "What is listed to find objects that no notification told of: s3://bucket/prefix, comma separated. Empty: none."},
    {NUMBER("sweep-days", sweep_days, "days", "3", 1, 3650), .help = "How far back that looks."},
    {NUMBER("sweep-interval-s", sweep_interval_s, "seconds", "3600", 1, 604800), .help = "How often."},
    {PLAIN("sns-topics-allowed", sns_topics_allowed, "ARNS", ""),
     .help = "Topics of SNS whose messages are taken and whose subscriptions are confirmed, comma separated. Empty: none."},
    {PLAIN("iot-accounts-allowed", iot_accounts_allowed, "ACCOUNTS", ""),
     .help = "Accounts whose AWS IoT destinations are confirmed by themselves, comma separated: 123456789012/eu-west-1, or "
             "without a region. Others wait for the operator."},
    {PLAIN("aws-link-endpoint-url", aws_link_endpoint_url, "URL", ""),
     .help = "For tests: a loopback address where links of SNS and AWS IoT, certificates too, are opened instead of AWS. "
             "Whoever answers there decides which messages are genuine."},
    {CHOICE("log-level", log_level, "debug|info|warning|error", "info"), .help = "The least event that is logged."},
    {CHOICE("log-format", log_format, "logfmt|json", "logfmt"), .help = "Form of the log lines."},
};

const size_t SETTING_COUNT = sizeof SETTINGS / sizeof SETTINGS[0];
