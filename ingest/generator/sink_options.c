#include "ingest/generator/sink_options.h"

#include "ingest/generator/http_sender.h"
#include "ingest/generator/options.h"
#include "server/aws/s3.h"
#include "server/base/clock.h"

/* A request of Firehose is at most 64 MiB, and base64 makes four bytes of three. */
enum { BUFFER_MAX_MIB = 128, HTTP_BUFFER_MAX_MIB = 45, HTTP_EVENTS_MAX = 10000, PREFIX_MAX = 512, STREAM_MAX = 64 };

struct word {
  const char *name;
  int value;
};
static const struct word LAYOUTS[] = {{"s3", LAYOUT_S3}, {"s3p", LAYOUT_S3P}, {"firehose", LAYOUT_FIREHOSE}, {NULL, 0}};
static const struct word STYLES[] = {
    {"s3", NOTIFICATION_S3}, {"eventbridge", NOTIFICATION_EVENTBRIDGE}, {"minio", NOTIFICATION_MINIO}, {NULL, 0}};
static const char *const SEPARATORS[] = {"\n", "", ",", "\t", "\r\n"};
static const struct word SEPARATOR_WORDS[] = {{"newline", 0}, {"none", 1}, {"comma", 2}, {"tab", 3}, {"crlf", 4}, {NULL, 0}};

void sink_options_print_help(struct buffer *out)
{
  buffer_append_text(
      out, TEXT("Where the events go:\n"
                "  --to URL           http://HOST/ingest/iot: as the rule's HTTP action sends them "
                "(http://127.0.0.1:8080/ingest/iot)\n"
                "                     http://HOST/ingest/firehose: as Firehose sends them to an HTTP endpoint\n"
                "                     s3://BUCKET/PREFIX/: as objects in S3\n"
                "                     -: one event a line to standard output\n"
                "  --connections N    requests at a time (32)\n"
                "  --batch N          to /ingest/iot: up to so many events a request, as an array (1)\n"
                "  --layout LAYOUT    in S3: s3 (PREFIX/s3/NAME/TIME), s3p (PREFIX/s3p/thingname=NAME/TIME) or firehose\n"
                "                     (PREFIX/firehose/YYYY/MM/DD/HH/..., many events an object) (s3p)\n"
                "  --topic-keys       with --layout s3: PREFIX/s3/$aws/things/NAME/shadow/update/documents/TIME\n"
                "  --notify URL       tell http://HOST/ingest/s3 of every object\n"
                "  --notify-style S   as s3, eventbridge or minio say it (s3)\n"
                "Firehose:\n"
                "  --buffer-s S       a batch covers at most so many seconds (60)\n"
                "  --buffer-mib N     and is at most so large (5)\n"
                "  --separator WORD   after every event: newline, none, comma, tab or crlf (newline)\n"
                "  --gzip             compress\n"
                "  --stream NAME      of the delivery stream (iotfleet)\n"
                "Settings (`crumbtrail help serve`):\n"
                "  --ingest-key KEY   or CRUMBTRAIL_INGEST_KEY_FILE=FILE (DATA/ingest-key when there is one)\n"
                "  --aws-region, --aws-profile, --s3-endpoint-url, --s3-path-style\n"
                "                     the S3 to write to; keys come from where the AWS tools have them\n"));
}

static struct error read_word(const struct config_extras *extras, const char *name, const struct word *words, int *value)
{
  const char *given = config_extra_value(extras, name);
  if (given == NULL) {
    return error_none();
  }
  char all[120] = "";
  struct buffer list = {.data = all, .capacity = sizeof all};
  for (const struct word *word = words; word->name != NULL; word++) {
    if (strcmp(word->name, given) == 0) {
      *value = word->value;
      return error_none();
    }
    buffer_append_text(&list, list.length > 0 ? TEXT(", ") : TEXT(""));
    buffer_append_text(&list, text_from(word->name));
  }
  return error_at(ERROR_SETUP, name, "--%s %s: expected one of %.*s", name, given, TEXT_ARGS(buffer_text(&list)));
}

/* What would be ignored is refused. */
static struct error check_belongs(const struct config_extras *extras, const char *name, bool belongs, const char *where)
{
  return option_given(extras, name) && !belongs ? error_at(ERROR_SETUP, name, "--%s belongs to %s", name, where) : error_none();
}

static struct error check_combination(const struct config_extras *extras, const struct sink_options *options)
{
  bool is_s3 = options->kind == SINK_OBJECTS;
  bool is_firehose = options->kind == SINK_FIREHOSE || (is_s3 && options->layout == LAYOUT_FIREHOSE);
  static const char *const OF_FIREHOSE[] = {"stream", "separator", "gzip", "buffer-mib", "buffer-s"};
  for (size_t i = 0; i < sizeof OF_FIREHOSE / sizeof OF_FIREHOSE[0]; i++) {
    TRY(check_belongs(extras, OF_FIREHOSE[i], is_firehose, "Firehose: --layout firehose, or --to http://HOST/ingest/firehose"));
  }
  TRY(check_belongs(extras, "layout", is_s3, "--to s3://BUCKET/PREFIX/"));
  TRY(check_belongs(extras, "topic-keys", is_s3 && options->layout == LAYOUT_S3_TOPIC, "--layout s3"));
  TRY(check_belongs(extras, "notify", is_s3, "--to s3://BUCKET/PREFIX/"));
  TRY(check_belongs(extras, "notify-style", option_given(extras, "notify"), "--notify URL"));
  return check_belongs(extras, "batch", options->kind == SINK_IOT, "--to http://HOST/ingest/iot");
}

static struct error check_stream(const char *stream)
{
  size_t length = strlen(stream);
  bool is_name = length > 0 && length <= STREAM_MAX &&
                 strspn(stream, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == length;
  return is_name ? error_none()
                 : error_at(ERROR_SETUP, "stream",
                            "--stream %s: expected 1 to %d letters, digits, dots, dashes and underscores", stream, STREAM_MAX);
}

static struct error read_firehose(const struct config_extras *extras, struct sink_options *options)
{
  bool is_http = options->kind == SINK_FIREHOSE;
  const char *stream = config_extra_value(extras, "stream");
  options->stream = stream != NULL ? stream : "iotfleet";
  options->is_gzip = option_given(extras, "gzip");
  int separator = 0;
  int64_t mib = 5;
  double seconds = 60;
  TRY(check_stream(options->stream));
  TRY(read_word(extras, "separator", SEPARATOR_WORDS, &separator));
  TRY(option_integer(extras, "buffer-mib", 1, is_http ? HTTP_BUFFER_MAX_MIB : BUFFER_MAX_MIB, &mib));
  TRY(option_number(extras, "buffer-s", 0, 900, &seconds));
  options->firehose = (struct firehose_settings){.separator = SEPARATORS[separator],
                                                 .bytes_max = mib << 20,
                                                 .open_us = (int64_t)(seconds * 1e6),
                                                 .events_max = is_http ? HTTP_EVENTS_MAX : SIZE_MAX};
  return error_none();
}

static struct error read_objects(struct arena *arena, const struct config_extras *extras, struct sink_options *options)
{
  struct s3_location location;
  struct error error = s3_parse_url(text_from(options->to), &location);
  if (error.code != ERROR_NONE) {
    return error_at(ERROR_SETUP, "to", "--to %s: %.200s", options->to, error.detail);
  }
  options->bucket = location.bucket;
  options->prefix = location.prefix;
  if (location.prefix.length > PREFIX_MAX) {
    return error_at(ERROR_SETUP, "to", "--to: the prefix is longer than %d bytes", PREFIX_MAX);
  }
  if (location.prefix.length > 0 && !text_ends_with(location.prefix, TEXT("/"))) {
    options->prefix = text_from(arena_printf(arena, "%.*s/", TEXT_ARGS(location.prefix)));
  }
  int layout = LAYOUT_S3P;
  int style = NOTIFICATION_S3;
  TRY(read_word(extras, "layout", LAYOUTS, &layout));
  TRY(read_word(extras, "notify-style", STYLES, &style));
  options->layout = layout == LAYOUT_S3 && option_given(extras, "topic-keys") ? LAYOUT_S3_TOPIC : (enum object_layout)layout;
  options->notify_style = (enum notification_style)style;
  const char *notify = config_extra_value(extras, "notify");
  if (notify == NULL) {
    return error_none();
  }
  options->notify = notify;
  return http_sender_check_url("notify", notify);
}

static enum sink_kind kind_of(const char *to)
{
  if (strcmp(to, "-") == 0) {
    return SINK_OUTPUT;
  }
  if (strncmp(to, "s3://", 5) == 0) {
    return SINK_OBJECTS;
  }
  struct text path = {to, strcspn(to, "?#")};
  return text_ends_with(path, TEXT("/ingest/firehose")) ? SINK_FIREHOSE : SINK_IOT;
}

struct error sink_options_read(struct arena *arena, const struct config_extras *extras, struct sink_options *options)
{
  const char *to = config_extra_value(extras, "to");
  *options = (struct sink_options){
      .to = to != NULL ? to : "http://127.0.0.1:8080/ingest/iot", .connections = 32, .batch = 1, .notify = ""};
  options->kind = kind_of(options->to);
  if (options->kind == SINK_OBJECTS) {
    TRY(read_objects(arena, extras, options));
  } else if (options->kind != SINK_OUTPUT) {
    TRY(http_sender_check_url("to", options->to));
  }
  TRY(option_integer(extras, "connections", 1, 1024, &options->connections));
  TRY(option_integer(extras, "batch", 1, 1000, &options->batch));
  TRY(read_firehose(extras, options));
  return check_combination(extras, options);
}
