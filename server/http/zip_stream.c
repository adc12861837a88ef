#include "server/http/zip_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "server/base/clock.h"

enum {
  BLOCK_BYTES = 16 * 1024,
  END_RECORD_BYTES = 22, /* of an archive without a comment: the last two say how long that is */
  SHA256_BYTES = 32,
};
#define COMMENT_PREFIX "sha256:"

struct zip_stream {
  struct archive *archive;
  struct error (*write)(void *context, const void *bytes, size_t length);
  void *context;
  struct error error; /* the first of `write` */
  EVP_MD_CTX *of_all; /* what was written */
  EVP_MD_CTX *of_entry;
  int64_t entry_bytes;
  struct buffer held; /* the newest END_RECORD_BYTES, which may be the end record */
};

static EVP_MD_CTX *digest_new(void)
{
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
    error_out_of_memory(0);
  }
  return digest;
}

static void end_digest(EVP_MD_CTX *digest, char hex[ZIP_SHA256_HEX])
{
  static const char DIGITS[] = "0123456789abcdef";
  unsigned char bytes[SHA256_BYTES];
  EVP_DigestFinal_ex(digest, bytes, NULL);
  for (size_t i = 0; i < SHA256_BYTES; i++) {
    hex[2 * i] = DIGITS[bytes[i] >> 4];
    hex[2 * i + 1] = DIGITS[bytes[i] & 15];
  }
  hex[ZIP_SHA256_HEX - 1] = '\0';
}

static void write_out(struct zip_stream *zip, const char *bytes, size_t length)
{
  EVP_DigestUpdate(zip->of_all, bytes, length);
  if (zip->error.code == ERROR_NONE) {
    zip->error = zip->write(zip->context, bytes, length);
  }
}

/* libarchive's way out. Keeps back the newest bytes, because the end record must be changed for the comment. Never fails: an
 * archive that failed would keep the memory of its open entry. */
static la_ssize_t take_block(struct archive *archive, void *context, const void *bytes, size_t length)
{
  struct zip_stream *zip = context;
  (void)archive;
  buffer_append(&zip->held, bytes, length);
  if (zip->held.length > END_RECORD_BYTES) {
    const size_t ready = zip->held.length - END_RECORD_BYTES;
    write_out(zip, zip->held.data, ready);
    memmove(zip->held.data, zip->held.data + ready, END_RECORD_BYTES);
    zip->held.length = END_RECORD_BYTES;
  }
  return (la_ssize_t)length;
}

static void release(void *object)
{
  struct zip_stream *zip = object;
  if (zip->error.code == ERROR_NONE) {
    zip->error = error_make(ERROR_CLIENT_GONE, "the archive was given up"); /* what closing still writes goes nowhere */
  }
  archive_write_free(zip->archive);
  EVP_MD_CTX_free(zip->of_all);
  EVP_MD_CTX_free(zip->of_entry);
  buffer_free(&zip->held);
}

static struct error check(struct zip_stream *zip, int64_t result)
{
  if (zip->error.code != ERROR_NONE) {
    return zip->error;
  }
  return result >= ARCHIVE_OK ? error_none() : error_make(ERROR_INTERNAL, "zip: %s", archive_error_string(zip->archive));
}

struct zip_stream *zip_stream_open(struct arena *arena, struct error (*write)(void *context, const void *bytes, size_t length),
                                   void *context)
{
  struct zip_stream *zip = arena_alloc(arena, sizeof *zip);
  *zip = (struct zip_stream){.archive = archive_write_new(),
                             .write = write,
                             .context = context,
                             .error = error_none(),
                             .of_all = digest_new(),
                             .of_entry = digest_new()};
  if (zip->archive == NULL) {
    error_out_of_memory(0);
  }
  arena_defer(arena, release, zip);
  archive_write_set_format_zip(zip->archive);
  archive_write_set_bytes_per_block(zip->archive, BLOCK_BYTES);
  archive_write_set_bytes_in_last_block(zip->archive, 1);
  archive_write_open(zip->archive, zip, NULL, take_block, NULL);
  return zip;
}

struct error zip_stream_begin_entry(struct zip_stream *zip, const char *name, int64_t modified_at_us)
{
  struct archive_entry *entry = archive_entry_new();
  if (entry == NULL) {
    error_out_of_memory(0);
  }
  archive_entry_set_pathname(entry, name);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_mtime(entry, modified_at_us / US_PER_SECOND, 0);
  const int result = archive_write_header(zip->archive, entry);
  archive_entry_free(entry);
  zip->entry_bytes = 0;
  EVP_DigestInit_ex(zip->of_entry, EVP_sha256(), NULL);
  return check(zip, result);
}

struct error zip_stream_add(struct zip_stream *zip, struct text bytes)
{
  zip->entry_bytes += (int64_t)bytes.length;
  EVP_DigestUpdate(zip->of_entry, bytes.data, bytes.length);
  return check(zip, archive_write_data(zip->archive, bytes.data, bytes.length));
}

struct error zip_stream_end_entry(struct zip_stream *zip, struct zip_entry *entry)
{
  const int result = archive_write_finish_entry(zip->archive);
  entry->bytes = zip->entry_bytes;
  end_digest(zip->of_entry, entry->sha256);
  return check(zip, result);
}

struct error zip_stream_close(struct zip_stream *zip)
{
  char comment[sizeof COMMENT_PREFIX + ZIP_SHA256_HEX] = COMMENT_PREFIX;
  const size_t length = sizeof COMMENT_PREFIX - 1 + ZIP_SHA256_HEX - 1;
  TRY(check(zip, archive_write_close(zip->archive)));
  zip->held.data[END_RECORD_BYTES - 2] = (char)length;
  write_out(zip, zip->held.data, zip->held.length);
  end_digest(zip->of_all, comment + sizeof COMMENT_PREFIX - 1);
  if (zip->error.code == ERROR_NONE) {
    zip->error = zip->write(zip->context, comment, length);
  }
  return zip->error;
}
