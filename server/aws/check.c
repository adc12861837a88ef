#include "server/aws/check.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/aws/s3.h"
#include "server/base/clock.h"
#include "server/command_line.h"

const char *const AWS_CHECK_FLAGS[] = {"all", "read", NULL};

enum { HASH_BYTES = 32, READERS_MAX = 16, PAGE_ARENA_BYTES = 65536 };

/* One object that is being read. */
struct reading {
  struct reader *reader;
  const char *key;
  EVP_MD_CTX *hash;
  int64_t bytes;
};

struct reader {
  struct aws_client *client;
  struct text bucket;
  pthread_mutex_t lock;
  pthread_cond_t done;
  int running;
  int64_t objects;
  int64_t bytes;
  int64_t failed;
};

void aws_check_print_help(struct buffer *out)
{
  buffer_append_text(
      out, TEXT("usage: crumbtrail aws-check [s3://BUCKET/PREFIX] [--all] [--read] [options]\n\n"
                "Says which AWS keys, region and endpoints are found, and asks AWS for the objects under the prefix.\n\n"
                "  --all   lists all pages, not only the first thousand objects\n"
                "  --read  reads what is listed (without --all the first object), and prints SHA-256, bytes and key\n\n"));
  config_print_help(out);
}

static int fail(const struct error *error)
{
  fflush(stdout);
  fprintf(stderr, "crumbtrail aws-check: %s%s%s\n", error->field, error->field[0] != '\0' ? ": " : "", error->detail);
  return EXIT_FAILURE;
}

static void print_identity(const struct aws_identity *identity)
{
  char ends[CLOCK_TEXT_MAX] = "do not end";
  if (identity->expires_at_us != 0) {
    clock_format(identity->expires_at_us, ends);
  }
  if (identity->source[0] != '\0') {
    printf("keys:      %s (%s), %s%s\n", identity->masked_key_id, identity->source,
           identity->expires_at_us != 0 ? "until " : "", ends);
  }
  if (identity->region[0] != '\0') {
    printf("region:    %s\nS3:        %s\nSQS:       %s\nIoT data:  %s\n", identity->region, identity->s3_url,
           identity->sqs_url, identity->iot_url);
  }
}

/* --- reading --- */

static enum aws_flow on_data(struct aws_request *request, struct text bytes, void *context)
{
  (void)request;
  struct reading *reading = context;
  EVP_DigestUpdate(reading->hash, bytes.data, bytes.length);
  reading->bytes += (int64_t)bytes.length;
  return AWS_GO_ON;
}

static void print_reading(struct reading *reading)
{
  unsigned char hash[HASH_BYTES];
  unsigned length = 0;
  char line[2 * HASH_BYTES + 1] = "";
  EVP_DigestFinal_ex(reading->hash, hash, &length);
  for (size_t i = 0; i < length; i++) {
    snprintf(line + 2 * i, 3, "%02x", hash[i]);
  }
  printf("%s %" PRId64 " %s\n", line, reading->bytes, reading->key);
}

static void on_done(struct aws_request *request, const struct aws_outcome *outcome, void *context)
{
  struct reading *reading = context;
  struct reader *reader = reading->reader;
  pthread_mutex_lock(&reader->lock);
  if (outcome->result == AWS_OK) {
    print_reading(reading);
    reader->objects++;
    reader->bytes += reading->bytes;
  } else {
    reader->failed++;
    (void)fail(&outcome->error);
  }
  reader->running--;
  pthread_cond_signal(&reader->done);
  pthread_mutex_unlock(&reader->lock);
  EVP_MD_CTX_free(reading->hash);
  aws_request_free(request);
}

static void wait_for_readers(struct reader *reader, int running_max)
{
  while (reader->running > running_max) {
    pthread_cond_wait(&reader->done, &reader->lock);
  }
}

static struct error read_entries(struct reader *reader, struct arena *arena, const struct s3_page *page, size_t count)
{
  struct error error = error_none();
  pthread_mutex_lock(&reader->lock);
  for (size_t i = 0; i < count && error.code == ERROR_NONE; i++) {
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    *reading = (struct reading){reader, text_to_cstring(arena, page->entries[i].key), EVP_MD_CTX_new(), 0};
    EVP_DigestInit_ex(reading->hash, EVP_sha256(), NULL);
    struct s3_object object = {reader->bucket, page->entries[i].key, {0}};
    struct aws_request *request = s3_get_request(
        object, (struct s3_range){0, 0}, (struct aws_handlers){.context = reading, .on_data = on_data, .on_done = on_done});
    reader->running++;
    error = aws_submit(reader->client, request);
    if (error.code != ERROR_NONE) {
      reader->running--;
      EVP_MD_CTX_free(reading->hash);
      aws_request_free(request);
    }
    wait_for_readers(reader, READERS_MAX - 1);
  }
  wait_for_readers(reader, 0); /* the page's arena ends with them */
  pthread_mutex_unlock(&reader->lock);
  return error;
}

/* --- listing --- */

static struct error list(struct aws_client *client, struct s3_location location, bool is_all, struct reader *reader)
{
  struct arena *page_arena = arena_new(PAGE_ARENA_BYTES);
  struct buffer next = {0};
  struct s3_page page = {0};
  struct error error;
  int64_t objects = 0;
  int64_t bytes = 0;
  do {
    arena_reset(page_arena);
    struct s3_list query = {.bucket = location.bucket, .prefix = location.prefix, .continuation = buffer_text(&next)};
    error = s3_list_page(client, page_arena, query, &page, NULL);
    if (error.code == ERROR_NONE && reader != NULL) {
      error = read_entries(reader, page_arena, &page, is_all || page.count == 0 ? page.count : 1);
    }
    buffer_clear(&next);
    buffer_append_text(&next, page.next);
    for (size_t i = 0; i < page.count; i++) {
      bytes += page.entries[i].size_bytes;
    }
    objects += (int64_t)page.count;
  } while (error.code == ERROR_NONE && is_all && !page.is_last);
  if (error.code == ERROR_NONE) {
    printf("listing:   s3://%.*s/%.*s: %" PRId64 " objects, %" PRId64 " bytes%s\n", TEXT_ARGS(location.bucket),
           TEXT_ARGS(location.prefix), objects, bytes, page.is_last ? "" : ", and more");
  }
  buffer_free(&next);
  arena_free(page_arena);
  return error;
}

static int check_location(struct aws_client *client, struct s3_location location, bool is_all, bool is_read)
{
  struct reader reader = {
      .client = client, .bucket = location.bucket, .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
  struct error error = list(client, location, is_all, is_read ? &reader : NULL);
  pthread_cond_destroy(&reader.done);
  pthread_mutex_destroy(&reader.lock);
  if (error.code != ERROR_NONE) {
    return fail(&error);
  }
  if (is_read) {
    printf("reading:   %" PRId64 " objects, %" PRId64 " bytes, %" PRId64 " failed\n", reader.objects, reader.bytes,
           reader.failed);
  }
  return reader.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int aws_check_run(struct arena *arena, const struct config *config, const struct config_extras *extras, const char *url)
{
  struct s3_location location = {0};
  struct error error = url != NULL ? s3_parse_url(text_from(url), &location) : error_none();
  if (error.code != ERROR_NONE) {
    (void)fail(&error);
    return EXIT_USAGE;
  }
  struct aws_client *client = NULL;
  error = aws_client_start(aws_settings_of(config, NULL), &client);
  if (error.code != ERROR_NONE) {
    return fail(&error);
  }
  struct aws_identity identity;
  error = aws_client_identity(client, arena, &identity);
  print_identity(&identity);
  /* A server of one's own may do without a region. */
  bool is_enough = error.code == ERROR_NONE || (identity.source[0] != '\0' && url != NULL);
  int code = EXIT_SUCCESS;
  if (!is_enough) {
    code = fail(&error);
  } else if (url != NULL) {
    code =
        check_location(client, location, config_extra_value(extras, "all") != NULL, config_extra_value(extras, "read") != NULL);
  }
  aws_client_stop(client);
  return code;
}
