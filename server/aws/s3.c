#include "server/aws/s3.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/aws/bucket_name.h"
#include "server/aws/request.h"
#include "server/aws/uri.h"
#include "server/aws/xml.h"
#include "server/base/clock.h"

enum { PAGE_MAX = 1000 };

struct error s3_parse_url(struct text url, struct s3_location *location)
{
  struct text rest = {url.data + 5, url.length - 5};
  if (!text_starts_with(url, TEXT("s3://")) || !text_split(&rest, '/', &location->bucket)) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not of the form s3://BUCKET/PREFIX", TEXT_ARGS(text_cut(url, 120)));
  }
  location->prefix = rest;
  if (!bucket_name_is_good(location->bucket)) {
    return error_make(ERROR_BAD_INPUT, "\"%.*s\" is not the name of a bucket", TEXT_ARGS(text_cut(location->bucket, 120)));
  }
  return error_none();
}

static struct aws_request *object_request(const char *operation, const char *method, struct s3_object object,
                                          struct aws_handlers handlers)
{
  struct aws_request *request = aws_request_new(AWS_S3, operation, method, handlers);
  struct text key = uri_encoded(request->arena, object.key, true);
  request->bucket = text_copy(request->arena, object.bucket);
  request->path = text_from(arena_printf(request->arena, "/%.*s", TEXT_ARGS(key)));
  request->subject =
      text_from(arena_printf(request->arena, "%.*s/%.*s", TEXT_ARGS(object.bucket), TEXT_ARGS(text_cut(object.key, 120))));
  if (object.version_id.length > 0) {
    aws_request_add_query(request, "versionId", object.version_id);
  }
  return request;
}

struct aws_request *s3_get_request(struct s3_object object, struct s3_range range, struct aws_handlers handlers)
{
  struct aws_request *request = object_request("S3 GetObject", "GET", object, handlers);
  request->is_stream = true;
  request->is_resumable = handlers.on_data != NULL;
  request->range_first = range.first;
  request->range_last = range.last;
  return request;
}

struct aws_request *s3_put_request(struct s3_put put, struct aws_handlers handlers)
{
  struct s3_object object = {put.object.bucket, put.object.key, {0}};
  struct aws_request *request = object_request("S3 PutObject", "PUT", object, handlers);
  aws_request_add_header(request, "content-type",
                         text_from(put.content_type != NULL ? put.content_type : "application/octet-stream"));
  aws_request_set_body(request, put.body);
  request->is_stream = true;
  return request;
}

struct aws_request *s3_list_request(struct s3_list list, struct aws_handlers handlers)
{
  assert(list.page_max >= 0 && list.page_max <= PAGE_MAX);
  struct aws_request *request = aws_request_new(AWS_S3, "S3 ListObjectsV2", "GET", handlers);
  request->bucket = text_copy(request->arena, list.bucket);
  request->subject =
      text_from(arena_printf(request->arena, "%.*s/%.*s", TEXT_ARGS(list.bucket), TEXT_ARGS(text_cut(list.prefix, 120))));
  char page_max[16];
  snprintf(page_max, sizeof page_max, "%d", list.page_max > 0 ? list.page_max : PAGE_MAX);
  aws_request_add_query(request, "list-type", TEXT("2"));
  aws_request_add_query(request, "encoding-type", TEXT("url"));
  aws_request_add_query(request, "max-keys", text_from(page_max));
  if (list.prefix.length > 0) {
    aws_request_add_query(request, "prefix", list.prefix);
  }
  if (list.start_after.length > 0) {
    aws_request_add_query(request, "start-after", list.start_after);
  }
  if (list.continuation.length > 0) {
    aws_request_add_query(request, "continuation-token", list.continuation);
  }
  return request;
}

struct page_reader {
  struct arena *arena;
  struct s3_page *page;
  size_t capacity;
  bool is_listing;
  bool is_encoded; /* the answer says so: some servers do not do it */
  bool is_truncated;
  struct error error;
};

static struct s3_entry *open_entry(struct page_reader *reader)
{
  struct s3_page *page = reader->page;
  if (page->count == reader->capacity) {
    size_t capacity = reader->capacity > 0 ? reader->capacity * 2 : 64;
    struct s3_entry *entries = arena_alloc_array(reader->arena, capacity, sizeof *entries);
    if (page->count > 0) {
      memcpy(entries, page->entries, page->count * sizeof *entries);
    }
    page->entries = entries;
    reader->capacity = capacity;
  }
  return &page->entries[page->count];
}

static void read_entry_value(struct page_reader *reader, struct text name, struct text value)
{
  struct s3_entry *entry = open_entry(reader);
  bool is_good = true;
  if (text_equal(name, TEXT("Key"))) {
    entry->key = text_copy(reader->arena, value);
  } else if (text_equal(name, TEXT("ETag"))) {
    bool is_quoted = value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"';
    struct text bare = is_quoted ? (struct text){value.data + 1, value.length - 2} : value;
    entry->etag = text_copy(reader->arena, bare);
  } else if (text_equal(name, TEXT("Size"))) {
    is_good = text_to_int64(value, &entry->size_bytes) && entry->size_bytes >= 0;
  } else if (text_equal(name, TEXT("LastModified"))) {
    is_good = clock_parse(value, &entry->modified_at_us);
  }
  if (!is_good && reader->error.code == ERROR_NONE) {
    reader->error = error_make(ERROR_INTERNAL, "S3 ListObjectsV2: %.*s \"%.*s\" cannot be read", TEXT_ARGS(name),
                               TEXT_ARGS(text_cut(value, 60)));
  }
}

static void on_list_value(void *context, struct text path, struct text value)
{
  struct page_reader *reader = context;
  const struct text entry = TEXT("ListBucketResult/Contents/");
  reader->is_listing = reader->is_listing || text_starts_with(path, TEXT("ListBucketResult"));
  if (text_starts_with(path, entry)) {
    read_entry_value(reader, (struct text){path.data + entry.length, path.length - entry.length}, value);
  } else if (text_equal(path, TEXT("ListBucketResult/EncodingType"))) {
    reader->is_encoded = text_equal(value, TEXT("url"));
  } else if (text_equal(path, TEXT("ListBucketResult/IsTruncated"))) {
    reader->is_truncated = text_equal(value, TEXT("true"));
  } else if (text_equal(path, TEXT("ListBucketResult/NextContinuationToken"))) {
    reader->page->next = text_copy(reader->arena, value);
  }
}

static void on_list_end(void *context, struct text path)
{
  struct page_reader *reader = context;
  if (text_equal(path, TEXT("ListBucketResult/Contents"))) {
    reader->page->count++;
  }
}

/* As AWS encodes: '+' is a space, %XX a byte. */
static struct error decode_keys(struct arena *arena, struct s3_page *page)
{
  for (size_t i = 0; i < page->count; i++) {
    struct text *key = &page->entries[i].key;
    char *bytes = (char *)(uintptr_t)key->data; /* the copy that on_list_value made */
    for (size_t at = 0; at < key->length; at++) {
      bytes[at] = (char)(bytes[at] == '+' ? ' ' : bytes[at]);
    }
    if (!text_percent_decode(arena, *key, key)) {
      return error_make(ERROR_INTERNAL, "S3 ListObjectsV2: the key \"%.*s\" is not encoded well",
                        TEXT_ARGS(text_cut(*key, 120)));
    }
  }
  return error_none();
}

struct error s3_read_page(const struct aws_request *request, struct arena *arena, struct s3_page *page)
{
  *page = (struct s3_page){0};
  struct page_reader reader = {.arena = arena, .page = page};
  struct error error = xml_read(aws_request_body(request), (struct xml_reader){&reader, on_list_value, on_list_end});
  if (error.code != ERROR_NONE || !reader.is_listing) {
    return error_make(ERROR_INTERNAL, "S3 ListObjectsV2: the answer is no list: %s", error.detail);
  }
  if (reader.error.code != ERROR_NONE) {
    return reader.error;
  }
  if (reader.is_truncated && page->next.length == 0) {
    return error_make(ERROR_INTERNAL, "S3 ListObjectsV2: the answer is cut without saying how it goes on");
  }
  page->is_last = !reader.is_truncated;
  return reader.is_encoded ? decode_keys(arena, page) : error_none();
}

struct error s3_list_page(struct aws_client *client, struct arena *arena, struct s3_list list, struct s3_page *page,
                          struct aws_outcome *outcome)
{
  struct aws_request *request = s3_list_request(list, (struct aws_handlers){0});
  struct error error = aws_call(client, request, outcome);
  if (error.code == ERROR_NONE) {
    error = s3_read_page(request, arena, page);
  }
  aws_request_free(request);
  return error;
}
