#include "ingest/objects/notification_form.h"

#include "server/aws/bucket_name.h"
#include "server/base/clock.h"
#include "server/json/reader.h"

enum { NAME_MAX_BYTES = 256, ETAG_MAX_BYTES = 1024, VERSION_ID_MAX_BYTES = 1024, SEQUENCER_MAX_BYTES = 64 };
static const int64_t OBJECT_SIZE_MAX_BYTES = INT64_C(1) << 60;

/* ---- collecting ---- */

void notification_prepare(struct notification_reading *reading, size_t capacity)
{
  reading->created = arena_alloc_array(reading->arena, capacity, sizeof *reading->created);
  reading->ignored = arena_alloc_array(reading->arena, capacity, sizeof *reading->ignored);
  reading->result->created = reading->created;
  reading->result->ignored = reading->ignored;
}

void notification_ignore(struct notification_reading *reading, enum notification_kind kind, const char *what)
{
  reading->ignored[reading->result->ignored_count++] = (struct notification_ignored){kind, text_from(what)};
}

/* "NAME of BUCKET/KEY", as far as they are known. */
static void add_ignored_object(struct notification_reading *reading, enum notification_kind kind, struct text name,
                               const struct json *bucket, const struct json *key)
{
  struct text bucket_name = bucket != NULL && bucket->type == JSON_STRING ? bucket->text : TEXT("?");
  struct text key_name = key != NULL && key->type == JSON_STRING ? key->text : TEXT("?");
  notification_ignore(
      reading, kind,
      arena_printf(reading->arena, "%.*s of %.*s/%.*s", TEXT_ARGS(name), TEXT_ARGS(bucket_name), TEXT_ARGS(key_name)));
}

/* ---- members ---- */

static bool is_absent(const struct json *value)
{
  return value == NULL || value->type == JSON_NULL;
}

static struct error missing(const struct json *parent, const char *name)
{
  return json_error(parent, "\"%s\" is missing", name);
}

static struct error read_needed(const struct json *object, const char *name, size_t length_max, struct text *out)
{
  const struct json *value = json_member(object, text_from(name));
  if (is_absent(value)) {
    return missing(object, name);
  }
  TRY(json_read_string(value, length_max, out));
  return out->length != 0 ? error_none() : json_error(value, "expected a text that is not empty");
}

static struct error read_optional(const struct json *object, const char *name, size_t length_max, struct text *out)
{
  const struct json *value = json_member(object, text_from(name));
  *out = TEXT("");
  return is_absent(value) ? error_none() : json_read_string(value, length_max, out);
}

static struct error read_child(const struct json *object, const char *name, const struct json **child)
{
  *child = json_member(object, text_from(name));
  if (is_absent(*child)) {
    return missing(object, name);
  }
  return (*child)->type == JSON_OBJECT ? error_none() : json_error(*child, "expected an object");
}

static struct error read_size(const struct json *object, int64_t *size_bytes)
{
  const struct json *value = json_member(object, TEXT("size"));
  *size_bytes = -1;
  return is_absent(value) ? error_none() : json_read_int64(value, 0, OBJECT_SIZE_MAX_BYTES, size_bytes);
}

/* Only shown, so a form that we do not know is no reason to leave the object unread. */
static int64_t time_of(const struct json *object, const char *name)
{
  const struct json *value = json_member(object, text_from(name));
  int64_t time_us = 0;
  if (value == NULL || value->type != JSON_STRING || !clock_parse(value->text, &time_us)) {
    return 0;
  }
  return time_us;
}

static struct text without_quotes(struct text etag)
{
  if (etag.length >= 2 && etag.data[0] == '"' && etag.data[etag.length - 1] == '"') {
    return (struct text){etag.data + 1, etag.length - 2};
  }
  return etag;
}

static struct text cut_front(struct text whole, struct text prefix)
{
  return text_starts_with(whole, prefix) ? (struct text){whole.data + prefix.length, whole.length - prefix.length} : whole;
}

bool notification_decode_key(struct arena *arena, struct text encoded, struct text *key)
{
  struct text spaced = encoded;
  if (encoded.length != 0 && memchr(encoded.data, '+', encoded.length) != NULL) {
    char *bytes = text_to_cstring(arena, encoded);
    for (size_t i = 0; i < encoded.length; i++) {
      bytes[i] = bytes[i] == '+' ? ' ' : bytes[i];
    }
    spaced.data = bytes;
  }
  return text_percent_decode(arena, spaced, key);
}

/* ---- a record of S3's event JSON ---- */

static enum notification_kind kind_of_event(struct text name)
{
  if (text_starts_with(name, TEXT("ObjectCreated:"))) {
    return NOTIFICATION_CREATED;
  }
  if (text_starts_with(name, TEXT("ObjectRemoved:")) || text_starts_with(name, TEXT("LifecycleExpiration:"))) {
    return NOTIFICATION_REMOVED;
  }
  return text_equal(name, TEXT("TestEvent")) ? NOTIFICATION_TEST : NOTIFICATION_OTHER;
}

/* Ceph's S3 server leaves keys as they are; S3, MinIO and the other stand-ins form-encode them. */
static struct error read_key(struct notification_reading *reading, const struct json *object, bool is_encoded, struct text *key)
{
  struct text raw = TEXT("");
  TRY(read_needed(object, "key", (size_t)3 * OBJECT_KEY_MAX_BYTES, &raw));
  const struct json *value = json_member(object, TEXT("key"));
  *key = raw;
  if (is_encoded && !notification_decode_key(reading->arena, raw, key)) {
    return json_error(value, "not form-encoded: expected two hexadecimal digits, not 00, behind each '%%'");
  }
  if (!text_is_utf8(*key)) {
    return json_error(value, "not UTF-8 once it is decoded");
  }
  if (key->length > OBJECT_KEY_MAX_BYTES) {
    return json_error(value, "expected at most %d bytes", OBJECT_KEY_MAX_BYTES);
  }
  return error_none();
}

/* The tag is eTag in S3's records, etag in EventBridge's and in those of old Ceph. */
static struct error read_state(const struct json *object, const char *version_id, struct announcement *made)
{
  struct text etag = TEXT("");
  struct text older_etag = TEXT("");
  TRY(read_size(object, &made->size_bytes));
  TRY(read_optional(object, "eTag", ETAG_MAX_BYTES, &etag));
  TRY(read_optional(object, "etag", ETAG_MAX_BYTES, &older_etag));
  TRY(read_optional(object, version_id, VERSION_ID_MAX_BYTES, &made->version_id));
  made->etag = without_quotes(etag.length != 0 ? etag : older_etag);
  return read_optional(object, "sequencer", SEQUENCER_MAX_BYTES, &made->sequencer);
}

static struct error read_bucket(const struct json *bucket, struct text *name)
{
  TRY(read_needed(bucket, "name", OBJECT_BUCKET_MAX_BYTES, name));
  return bucket_name_is_good(*name) ? error_none()
                                    : json_error(json_member(bucket, TEXT("name")),
                                                 "expected 3 or more letters, digits, dots, dashes and underscores");
}

/* `from` holds bucket and object. */
static struct error read_created(struct notification_reading *reading, const struct json *from, bool is_encoded,
                                 const char *version_id, int64_t time_us)
{
  struct announcement *made = &reading->created[reading->result->created_count];
  const struct json *bucket = NULL;
  const struct json *object = NULL;
  TRY(read_child(from, "bucket", &bucket));
  TRY(read_bucket(bucket, &made->bucket));
  TRY(read_child(from, "object", &object));
  TRY(read_key(reading, object, is_encoded, &made->key));
  TRY(read_state(object, version_id, made));
  made->event_time_us = time_us;
  reading->result->created_count++;
  return error_none();
}

static struct error check_record_version(const struct json *record)
{
  struct text version = TEXT("");
  TRY(read_needed(record, "eventVersion", NAME_MAX_BYTES, &version));
  bool is_known = text_equal(version, TEXT("2")) || text_starts_with(version, TEXT("2."));
  return is_known ? error_none() : json_error(json_member(record, TEXT("eventVersion")), "expected 2.x");
}

static struct error read_record(struct notification_reading *reading, const struct json *record)
{
  if (record->type != JSON_OBJECT) {
    return json_error(record, "expected an object");
  }
  struct text source = TEXT("");
  struct text name = TEXT("");
  const struct json *s3 = NULL;
  TRY(check_record_version(record));
  TRY(read_needed(record, "eventSource", NAME_MAX_BYTES, &source));
  if (!text_ends_with(source, TEXT(":s3"))) {
    return json_error(json_member(record, TEXT("eventSource")), "expected aws:s3, minio:s3 or ceph:s3");
  }
  TRY(read_needed(record, "eventName", NAME_MAX_BYTES, &name));
  name = cut_front(name, TEXT("s3:"));
  enum notification_kind kind = kind_of_event(name);
  if (kind != NOTIFICATION_CREATED) {
    s3 = json_member(record, TEXT("s3"));
    add_ignored_object(reading, kind, name, json_member(json_member(s3, TEXT("bucket")), TEXT("name")),
                       json_member(json_member(s3, TEXT("object")), TEXT("key")));
    return error_none();
  }
  TRY(read_child(record, "s3", &s3));
  return read_created(reading, s3, !text_equal(source, TEXT("ceph:s3")), "versionId", time_of(record, "eventTime"));
}

static struct error read_records(struct notification_reading *reading, const struct json *records)
{
  if (records->count == 0) {
    notification_ignore(reading, NOTIFICATION_OTHER, "no records");
  }
  JSON_EACH (record, records) {
    TRY(read_record(reading, record));
  }
  return error_none();
}

/* ---- the other forms ---- */

static struct error read_test_event(struct notification_reading *reading, const struct json *message)
{
  struct text name = json_member(message, TEXT("Event"))->text;
  struct text bucket = TEXT("");
  TRY(read_optional(message, "Bucket", NAME_MAX_BYTES, &bucket));
  enum notification_kind kind = kind_of_event(cut_front(name, TEXT("s3:")));
  notification_ignore(reading, kind == NOTIFICATION_CREATED ? NOTIFICATION_OTHER : kind,
                      arena_printf(reading->arena, "%.*s of bucket %.*s", TEXT_ARGS(name), TEXT_ARGS(bucket)));
  return error_none();
}

/* {"EventName":"s3:ObjectCreated:Put","Key":"bucket/key"} without records: the key is not encoded. */
static struct error read_bucket_and_key(struct notification_reading *reading, const struct json *message)
{
  struct text name = TEXT("");
  struct text rest = TEXT("");
  struct text bucket = TEXT("");
  TRY(read_needed(message, "EventName", NAME_MAX_BYTES, &name));
  TRY(read_needed(message, "Key", (size_t)OBJECT_BUCKET_MAX_BYTES + 1 + OBJECT_KEY_MAX_BYTES, &rest));
  name = cut_front(name, TEXT("s3:"));
  enum notification_kind kind = kind_of_event(name);
  if (kind != NOTIFICATION_CREATED) {
    notification_ignore(reading, kind, arena_printf(reading->arena, "%.*s of %.*s", TEXT_ARGS(name), TEXT_ARGS(rest)));
    return error_none();
  }
  (void)text_split(&rest, '/', &bucket);
  bool fits = bucket_name_is_good(bucket) && rest.length != 0 && rest.length <= OBJECT_KEY_MAX_BYTES;
  if (!fits) {
    return json_error(json_member(message, TEXT("Key")), "expected bucket/key");
  }
  reading->created[reading->result->created_count++] = (struct announcement){
      .bucket = bucket, .key = rest, .version_id = TEXT(""), .etag = TEXT(""), .sequencer = TEXT(""), .size_bytes = -1};
  return error_none();
}

static struct error read_eventbridge(struct notification_reading *reading, const struct json *event)
{
  struct text type = TEXT("");
  struct text source = TEXT("");
  const struct json *detail = NULL;
  reading->result->is_eventbridge = true;
  TRY(read_needed(event, "source", NAME_MAX_BYTES, &source));
  TRY(read_needed(event, "detail-type", NAME_MAX_BYTES, &type));
  if (!text_equal(source, TEXT("aws.s3"))) {
    notification_ignore(reading, NOTIFICATION_OTHER,
                        arena_printf(reading->arena, "%.*s of %.*s", TEXT_ARGS(type), TEXT_ARGS(source)));
    return error_none();
  }
  if (!text_equal(type, TEXT("Object Created"))) {
    detail = json_member(event, TEXT("detail"));
    add_ignored_object(reading, text_equal(type, TEXT("Object Deleted")) ? NOTIFICATION_REMOVED : NOTIFICATION_OTHER, type,
                       json_member(json_member(detail, TEXT("bucket")), TEXT("name")),
                       json_member(json_member(detail, TEXT("object")), TEXT("key")));
    return error_none();
  }
  TRY(read_child(event, "detail", &detail));
  return read_created(reading, detail, false, "version-id", time_of(event, "time"));
}

/* ---- which form it is ---- */

static bool has_text(const struct json *object, struct text key)
{
  const struct json *value = json_member(object, key);
  return value != NULL && value->type == JSON_STRING;
}

static struct error read_records_of(struct notification_reading *reading, const struct json *message)
{
  return read_records(reading, json_member(message, TEXT("Records")));
}

struct notification_form notification_form_of(const struct json *value)
{
  const struct json *records = json_member(value, TEXT("Records"));
  if (records != NULL && records->type == JSON_ARRAY) {
    return (struct notification_form){read_records_of};
  }
  if (has_text(value, TEXT("detail-type"))) {
    return (struct notification_form){read_eventbridge};
  }
  if (has_text(value, TEXT("Event")) && has_text(value, TEXT("Service"))) {
    return (struct notification_form){read_test_event};
  }
  bool is_minio = has_text(value, TEXT("EventName")) && has_text(value, TEXT("Key"));
  return (struct notification_form){is_minio ? read_bucket_and_key : NULL};
}

size_t notification_capacity_of(const struct json *value)
{
  const struct json *records = json_member(value, TEXT("Records"));
  return 1 + (records != NULL ? records->count : 0);
}
