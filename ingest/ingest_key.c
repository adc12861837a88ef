#include "ingest/ingest_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "server/base/text.h"
#include "server/log.h"

enum { KEY_RANDOM_BYTES = 24, KEY_FILE_MAX_BYTES = 512 };

static struct error file_error(const char *path, const char *what)
{
  return error_at(ERROR_SETUP, "ingest-key", "%s %s: %s", what, path, strerror(errno));
}

static struct error make_key(struct arena *arena, const char *path, const char **key)
{
  unsigned char random[KEY_RANDOM_BYTES];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    return error_at(ERROR_SETUP, "ingest-key", "no random bytes to be had: %s", strerror(errno));
  }
  char *made = arena_alloc(arena, 2 * sizeof random + 2);
  for (size_t i = 0; i < sizeof random; i++) {
    snprintf(made + 2 * i, 3, "%02x", random[i]);
  }
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return file_error(path, "cannot make");
  }
  size_t length = 2 * sizeof random;
  made[length] = '\n';
  bool is_written = write(file, made, length + 1) == (ssize_t)(length + 1) && fsync(file) == 0;
  close(file);
  made[length] = '\0';
  if (!is_written) {
    struct error error = file_error(path, "cannot write");
    unlink(path);
    return error;
  }
  LOG_INFO("ingest_key_made", "file=%s", log_quote_cstring(path));
  *key = made;
  return error_none();
}

struct error ingest_key_load(struct arena *arena, const char *data_folder, const char **key)
{
  const char *path = arena_printf(arena, "%s/ingest-key", data_folder);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return errno == ENOENT ? make_key(arena, path, key) : file_error(path, "cannot open");
  }
  char content[KEY_FILE_MAX_BYTES];
  ssize_t length = read(file, content, sizeof content);
  struct error error = length < 0 ? file_error(path, "cannot read") : error_none();
  close(file);
  TRY(error);
  while (length > 0 && (unsigned char)content[length - 1] <= ' ') {
    length--;
  }
  if (length < INGEST_KEY_LENGTH_MIN) {
    return error_at(ERROR_SETUP, "ingest-key",
                    "%s holds fewer than %d characters; remove it, and the next start makes a new one", path,
                    INGEST_KEY_LENGTH_MIN);
  }
  *key = text_to_cstring(arena, (struct text){content, (size_t)length});
  return error_none();
}
