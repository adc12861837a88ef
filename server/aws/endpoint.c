#include "server/aws/endpoint.h"

#include <stdlib.h>

#include "server/aws/bucket_name.h"
#include "server/aws/uri.h"

struct source {
  enum aws_service service;
  const char *setting;
  const char *variable;
};
static const struct source SOURCES[] = {
    {AWS_S3, "s3-endpoint-url", "AWS_ENDPOINT_URL_S3"},
    {AWS_SQS, "sqs-endpoint-url", "AWS_ENDPOINT_URL_SQS"},
    {AWS_IOT_DATA, "iot-endpoint-url", "AWS_ENDPOINT_URL_IOT_DATA_PLANE"},
    {AWS_SNS, "sns-endpoint-url", "AWS_ENDPOINT_URL_SNS"},
};

static bool is_set(const char *text)
{
  return text != NULL && text[0] != '\0';
}

static struct error check_url(const char *name, const char *url)
{
  struct uri uri;
  struct error error = uri_parse(text_from(url), &uri);
  if (error.code == ERROR_NONE && memchr(uri.target.data, '?', uri.target.length) == NULL) {
    return error_none();
  }
  return error_at(ERROR_SETUP, name, "expected https://HOST[:PORT][/PATH], not \"%.*s\"",
                  TEXT_ARGS(text_cut(text_from(url), 120)));
}

static const char *own_url(const struct aws_settings *settings, enum aws_service service)
{
  const char *urls[AWS_SERVICE_COUNT] = {[AWS_S3] = settings->s3_endpoint_url,
                                         [AWS_SQS] = settings->sqs_endpoint_url,
                                         [AWS_IOT_DATA] = settings->iot_endpoint_url,
                                         [AWS_SNS] = settings->sns_endpoint_url};
  return urls[service];
}

/* Leaves *url when none is set. */
static struct error find_url(const struct aws_settings *settings, const struct source *source, const char **url)
{
  const char *candidates[][2] = {{source->setting, own_url(settings, source->service)},
                                 {source->variable, getenv(source->variable)},
                                 {"aws-endpoint-url", settings->endpoint_url},
                                 {"AWS_ENDPOINT_URL", getenv("AWS_ENDPOINT_URL")}};
  for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
    if (is_set(candidates[i][1])) {
      *url = candidates[i][1];
      return check_url(candidates[i][0], *url);
    }
  }
  return error_none();
}

struct error endpoints_from(const struct aws_settings *settings, struct endpoints *endpoints)
{
  *endpoints =
      (struct endpoints){.urls = {"", "", "", "", ""},
                         .path_style = is_set(settings->s3_path_style) ? settings->s3_path_style : "auto",
                         .iot_service_name = is_set(settings->iot_service_name) ? settings->iot_service_name : "iotdata"};
  for (size_t i = 0; i < sizeof SOURCES / sizeof SOURCES[0]; i++) {
    TRY(find_url(settings, &SOURCES[i], &endpoints->urls[SOURCES[i].service]));
  }
  return error_none();
}

bool endpoint_is_own(const struct endpoints *endpoints, const struct aws_request *request)
{
  return is_set(endpoints->urls[request->service]);
}

bool endpoint_region_of_host(struct text host, struct text *region)
{
  struct text rest = host;
  struct text label;
  if (!text_ends_with(host, TEXT(".amazonaws.com")) && !text_ends_with(host, TEXT(".amazonaws.com.cn"))) {
    return false;
  }
  bool is_next = false;
  while (text_split(&rest, '.', &label)) {
    if (is_next) {
      *region = label;
      return !text_equal(label, TEXT("amazonaws"));
    }
    is_next = text_equal(label, TEXT("s3")) || text_equal(label, TEXT("sqs")) || text_equal(label, TEXT("sns")) ||
              text_equal(label, TEXT("iot"));
  }
  return false;
}

static bool is_virtual_host(const struct endpoints *endpoints, const struct aws_request *request)
{
  if (strcmp(endpoints->path_style, "auto") != 0) {
    return strcmp(endpoints->path_style, "no") == 0;
  }
  /* A certificate for *.s3.amazonaws.com holds one label; host names know no upper case and no underscore. */
  for (size_t i = 0; i < request->bucket.length; i++) {
    char byte = request->bucket.data[i];
    if (byte == '.' || byte == '_' || (byte >= 'A' && byte <= 'Z')) {
      return false;
    }
  }
  return !endpoint_is_own(endpoints, request) && request->bucket.length <= 63;
}

static const char *aws_host(struct arena *arena, enum aws_service service, const char *region)
{
  static const char *const prefixes[AWS_SERVICE_COUNT] = {"", "s3", "sqs", "data-ats.iot", "sns"};
  const char *suffix = text_starts_with(text_from(region), TEXT("cn-")) ? ".cn" : "";
  return arena_printf(arena, "https://%s.%s.amazonaws.com%s", prefixes[service], region, suffix);
}

const char *endpoint_base(struct arena *arena, const struct endpoints *endpoints, enum aws_service service, const char *region)
{
  const char *url = endpoints->urls[service];
  return is_set(url) ? url : aws_host(arena, service, region);
}

/* scheme, host, port and perhaps a path, without a slash at the end. */
static struct error base_of(struct arena *arena, const struct endpoints *endpoints, const struct aws_request *request,
                            const char *region, struct uri *base)
{
  bool is_own = endpoint_is_own(endpoints, request);
  const bool has_url = request->service == AWS_SQS || request->service == AWS_SNS;
  if (!is_own && has_url && request->url.length > 0) {
    TRY(uri_parse(request->url, base));
    base->target = TEXT("");
    return error_none();
  }
  TRY(uri_parse(text_from(endpoint_base(arena, endpoints, request->service, region)), base));
  while (text_ends_with(base->target, TEXT("/"))) {
    base->target.length--;
  }
  return error_none();
}

struct error endpoint_of(struct arena *arena, const struct endpoints *endpoints, const struct aws_request *request,
                         const char *region, const char *authority, struct endpoint *endpoint)
{
  static const char *const services[AWS_SERVICE_COUNT] = {"", "s3", "sqs", "iotdata", "sns"};
  if (request->service == AWS_PLAIN) {
    *endpoint = (struct endpoint){.url = request->url.data, .region = "", .service = ""};
    return error_none();
  }
  /* It may come from a notification; with a slash or a colon in it, it would lead to another host. */
  if (request->service == AWS_S3 && !bucket_name_is_good(request->bucket)) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not the name of a bucket", TEXT_ARGS(text_cut(request->bucket, 120)));
  }
  struct uri base;
  TRY(base_of(arena, endpoints, request, region, &base));
  struct text host = text_copy(arena, is_set(authority) ? text_from(authority) : base.authority);
  struct text path = request->path;
  bool has_bucket_in_host =
      is_set(authority) && text_starts_with(host, request->bucket) &&
      text_starts_with((struct text){host.data + request->bucket.length, host.length - request->bucket.length}, TEXT("."));
  if (request->service == AWS_S3 && !has_bucket_in_host) {
    if (!is_set(authority) && is_virtual_host(endpoints, request)) {
      host = text_from(arena_printf(arena, "%.*s.%.*s", TEXT_ARGS(request->bucket), TEXT_ARGS(host)));
    } else {
      path = text_from(arena_printf(arena, "/%.*s%.*s", TEXT_ARGS(request->bucket), TEXT_ARGS(path)));
    }
  }
  path = text_from(arena_printf(arena, "%.*s%.*s", TEXT_ARGS(base.target), TEXT_ARGS(path)));
  struct text query = signer_query(arena, request->query, request->query_count);
  struct text named = {NULL, 0};
  bool is_named = request->service != AWS_S3 && endpoint_region_of_host(base.host, &named);
  *endpoint =
      (struct endpoint){.url = arena_printf(arena, "%s://%.*s%.*s%s%.*s", base.is_https ? "https" : "http", TEXT_ARGS(host),
                                            TEXT_ARGS(path), query.length > 0 ? "?" : "", TEXT_ARGS(query)),
                        .host = host,
                        .path = path,
                        .region = text_to_cstring(arena, is_named ? named : text_from(region)),
                        .service = request->service == AWS_IOT_DATA ? endpoints->iot_service_name : services[request->service]};
  return error_none();
}
