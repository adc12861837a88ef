#include "ingest/generator/s3_notification.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ingest/generator/random.h"
#include "server/base/clock.h"
#include "server/json/writer.h"

enum { PLAIN_ID_MAX = 17 };

/* application/x-www-form-urlencoded. S3 leaves the slash alone, MinIO does not. */
static void append_form_encoded(struct buffer *out, struct text key, bool keep_slash)
{
  for (size_t i = 0; i < key.length; i++) {
    unsigned char byte = (unsigned char)key.data[i];
    bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                    byte == '-' || byte == '.' || byte == '_' || byte == '*' || (byte == '/' && keep_slash);
    if (is_plain) {
      buffer_append_char(out, (char)byte);
    } else if (byte == ' ') {
      buffer_append_char(out, '+');
    } else {
      buffer_printf(out, "%%%02X", byte);
    }
  }
}

static void write_pair(struct json_writer *json, const char *key, struct text value)
{
  json_key(json, key);
  json_string(json, value);
}

static void write_principal(struct json_writer *json, const char *key)
{
  json_key(json, key);
  json_begin_object(json);
  write_pair(json, "principalId", TEXT("crumbtrail-simulate"));
  json_end_object(json);
}

/* "2026-11-22T20:51:07.120Z", or without the fraction. */
static void write_time(struct json_writer *json, const char *key, int64_t time_us, bool milliseconds)
{
  time_t seconds = (time_t)(time_us / US_PER_SECOND);
  struct tm utc;
  gmtime_r(&seconds, &utc);
  char text[40];
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  if (milliseconds) {
    length += (size_t)snprintf(text + length, sizeof text - length, ".%03d", (int)(time_us % US_PER_SECOND / US_PER_MS));
  }
  text[length++] = 'Z';
  write_pair(json, key, (struct text){text, length});
}

/* S3's own: 18 capital digits, the seconds first. EventBridge shows the same number as 16 small ones. */
static void write_sequencer(struct json_writer *json, const struct stored_object *object, bool capital)
{
  unsigned seconds = (unsigned)(object->stored_at_us / US_PER_SECOND);
  unsigned fraction = (unsigned)(object->stored_at_us % US_PER_SECOND) << 12 | (object->sequence & 0xFFF);
  char text[24];
  snprintf(text, sizeof text, capital ? "00%08X%08X" : "%08x%08x", seconds, fraction);
  write_pair(json, "sequencer", text_from(text));
}

static void plain_id(const struct stored_object *object, uint64_t stream, char out[PLAIN_ID_MAX])
{
  struct random random = random_seeded((uint64_t)object->stored_at_us, stream + object->sequence);
  snprintf(out, PLAIN_ID_MAX, "%016" PRIX64, random_next(&random));
}

static void write_bucket(struct json_writer *json, struct text bucket)
{
  json_key(json, "bucket");
  json_begin_object(json);
  write_pair(json, "name", bucket);
  write_principal(json, "ownerIdentity");
  char arn[160];
  snprintf(arn, sizeof arn, "arn:aws:s3:::%.*s", TEXT_ARGS(bucket));
  write_pair(json, "arn", text_from(arn));
  json_end_object(json);
}

static void write_object(struct json_writer *json, const struct stored_object *object, bool of_minio)
{
  struct buffer key = {0};
  append_form_encoded(&key, object->key, !of_minio);
  json_key(json, "object");
  json_begin_object(json);
  write_pair(json, "key", buffer_text(&key));
  json_key(json, "size");
  json_int64(json, object->size_bytes);
  write_pair(json, "eTag", object->etag);
  if (object->version_id.length > 0) {
    write_pair(json, "versionId", object->version_id);
  }
  if (of_minio) {
    write_pair(json, "contentType", TEXT("application/octet-stream"));
  }
  write_sequencer(json, object, true);
  json_end_object(json);
  buffer_free(&key);
}

static void write_record(struct json_writer *json, const struct stored_object *object, bool of_minio)
{
  char request_id[PLAIN_ID_MAX];
  plain_id(object, 1, request_id);
  json_begin_object(json);
  write_pair(json, "eventVersion", of_minio ? TEXT("2.0") : TEXT("2.1"));
  write_pair(json, "eventSource", of_minio ? TEXT("minio:s3") : TEXT("aws:s3"));
  write_pair(json, "awsRegion", of_minio ? TEXT("") : object->region);
  write_time(json, "eventTime", object->stored_at_us, true);
  write_pair(json, "eventName", of_minio ? TEXT("s3:ObjectCreated:Put") : TEXT("ObjectCreated:Put"));
  write_principal(json, "userIdentity");
  json_key(json, "requestParameters");
  json_begin_object(json);
  write_pair(json, "sourceIPAddress", TEXT("127.0.0.1"));
  json_end_object(json);
  json_key(json, "responseElements");
  json_begin_object(json);
  write_pair(json, "x-amz-request-id", text_from(request_id));
  write_pair(json, "x-amz-id-2", text_from(request_id));
  json_end_object(json);
  json_key(json, "s3");
  json_begin_object(json);
  write_pair(json, "s3SchemaVersion", TEXT("1.0"));
  write_pair(json, "configurationId", TEXT("crumbtrail"));
  write_bucket(json, object->bucket);
  write_object(json, object, of_minio);
  json_end_object(json);
  if (of_minio) {
    json_key(json, "source");
    json_begin_object(json);
    write_pair(json, "host", TEXT("127.0.0.1"));
    write_pair(json, "port", TEXT(""));
    write_pair(json, "userAgent", TEXT("crumbtrail"));
    json_end_object(json);
  }
  json_end_object(json);
}

static void write_records(struct json_writer *json, const struct stored_object *object, bool of_minio)
{
  json_begin_object(json);
  if (of_minio) {
    struct buffer path = {0};
    buffer_append_text(&path, object->bucket);
    buffer_append_char(&path, '/');
    buffer_append_text(&path, object->key);
    write_pair(json, "EventName", TEXT("s3:ObjectCreated:Put"));
    write_pair(json, "Key", buffer_text(&path));
    buffer_free(&path);
  }
  json_key(json, "Records");
  json_begin_array(json);
  write_record(json, object, of_minio);
  json_end_array(json);
  json_end_object(json);
}

static void write_detail(struct json_writer *json, const struct stored_object *object)
{
  char request_id[PLAIN_ID_MAX];
  plain_id(object, 1, request_id);
  json_key(json, "detail");
  json_begin_object(json);
  write_pair(json, "version", TEXT("0"));
  json_key(json, "bucket");
  json_begin_object(json);
  write_pair(json, "name", object->bucket);
  json_end_object(json);
  json_key(json, "object");
  json_begin_object(json);
  write_pair(json, "key", object->key);
  json_key(json, "size");
  json_int64(json, object->size_bytes);
  write_pair(json, "etag", object->etag);
  if (object->version_id.length > 0) {
    write_pair(json, "version-id", object->version_id);
  }
  write_sequencer(json, object, false);
  json_end_object(json);
  write_pair(json, "request-id", text_from(request_id));
  write_pair(json, "requester", TEXT("123456789012"));
  write_pair(json, "source-ip-address", TEXT("127.0.0.1"));
  write_pair(json, "reason", TEXT("PutObject"));
  json_end_object(json);
}

static void write_eventbridge(struct json_writer *json, const struct stored_object *object)
{
  struct random random = random_seeded((uint64_t)object->stored_at_us, object->sequence);
  char id[40];
  uint64_t high = random_next(&random);
  uint64_t low = random_next(&random);
  snprintf(id, sizeof id, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xFFFF),
           (unsigned)(high & 0xFFF), (unsigned)(low >> 52), low & UINT64_C(0xFFFFFFFFFFFF));
  char arn[160];
  snprintf(arn, sizeof arn, "arn:aws:s3:::%.*s", TEXT_ARGS(object->bucket));
  json_begin_object(json);
  write_pair(json, "version", TEXT("0"));
  write_pair(json, "id", text_from(id));
  write_pair(json, "detail-type", TEXT("Object Created"));
  write_pair(json, "source", TEXT("aws.s3"));
  write_pair(json, "account", TEXT("123456789012"));
  write_time(json, "time", object->stored_at_us, false);
  write_pair(json, "region", object->region);
  json_key(json, "resources");
  json_begin_array(json);
  json_cstring(json, arn);
  json_end_array(json);
  write_detail(json, object);
  json_end_object(json);
}

void s3_notification_write(struct buffer *out, enum notification_style style, const struct stored_object *object)
{
  struct json_writer json = json_writer_to(out);
  if (style == NOTIFICATION_EVENTBRIDGE) {
    write_eventbridge(&json, object);
  } else {
    write_records(&json, object, style == NOTIFICATION_MINIO);
  }
}
