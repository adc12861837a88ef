/* S3: requests for objects and lists, and their answers.
 *
 * Each s3_..._request makes a request for aws_submit or aws_call (server/aws/client.h), which copies all texts it is given.
 * Keys are bytes, not encoded; "//" and ".." stay as they are. Times in microseconds. Thread: any; nothing is kept here. */
#ifndef CRUMBTRAIL_SERVER_AWS_S3_H
#define CRUMBTRAIL_SERVER_AWS_S3_H

#include "server/aws/client.h"

struct s3_object {
  struct text bucket;
  struct text key;
  struct text version_id; /* empty: the newest */
};

struct s3_range {
  int64_t first; /* 0 with last 0: the whole object */
  int64_t last;  /* inclusive; 0: to the end */
};

/* s3://bucket/prefix, also s3://bucket; borrows the URL. ERROR_BAD_INPUT when it is none, or the bucket's name cannot be one.
 */
struct s3_location {
  struct text bucket;
  struct text prefix; /* may be empty */
};
struct error s3_parse_url(struct text url, struct s3_location *location) ERROR_MUST_CHECK;

/* GET; the body comes by handlers.on_data. A connection that breaks is taken up again where it stood (Range, If-Match).
 * Headers: etag (in quotes), content-length, last-modified, x-amz-version-id. Codes: NoSuchKey, NoSuchVersion, NoSuchBucket,
 * AccessDenied (also for a missing key without s3:ListBucket), InvalidObjectState (archived). */
struct aws_request *s3_get_request(struct s3_object object, struct s3_range range, struct aws_handlers handlers);

/* PUT of a body that is in memory; object.version_id is not looked at. */
struct s3_put {
  struct s3_object object;
  struct text body;
  const char *content_type; /* NULL: application/octet-stream */
};
struct aws_request *s3_put_request(struct s3_put put, struct aws_handlers handlers);

/* One page of ListObjectsV2, in UTF-8 binary order of the keys. */
struct s3_list {
  struct text bucket;
  struct text prefix;
  struct text start_after;  /* empty: from the beginning */
  struct text continuation; /* page.next of the page before; empty: the first page */
  int page_max;             /* 1-1000; 0: 1000 */
};
struct aws_request *s3_list_request(struct s3_list list, struct aws_handlers handlers);

struct s3_entry {
  struct text key;  /* decoded */
  struct text etag; /* without quotes */
  int64_t size_bytes;
  int64_t modified_at_us;
};
struct s3_page {
  struct s3_entry *entries;
  size_t count;
  bool is_last;
  struct text next; /* for s3_list.continuation */
};
/* Reads the answer of a done list request into the arena. ERROR_INTERNAL: it is not what S3 answers. */
struct error s3_read_page(const struct aws_request *request, struct arena *arena, struct s3_page *page) ERROR_MUST_CHECK;

/* The same, waiting. Thread: any but the client's. */
struct error s3_list_page(struct aws_client *client, struct arena *arena, struct s3_list list, struct s3_page *page,
                          struct aws_outcome *outcome) ERROR_MUST_CHECK;

#endif
