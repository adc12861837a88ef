#include "server/http/static_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "server/http/request.h"

enum { FILES_MAX = 512, FILE_BYTES_MAX = 64 * 1024 * 1024, HASH_LENGTH_MIN = 6, ETAG_MAX = 24, PATH_BYTES_MAX = 4096 };

struct static_file {
  char *name;
  struct text plain;
  struct text gzip; /* data NULL: there is none */
  const char *content_type;
  char etag[ETAG_MAX];
  bool is_hashed; /* its name changes with its content */
};

struct static_files {
  struct static_file files[FILES_MAX];
  int count;
};

static const char *content_type_of(const char *name)
{
  static const char *const TYPES[][2] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".geojson", "application/geo+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
  };
  for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
    if (text_ends_with(text_from(name), text_from(TYPES[i][0]))) {
      return TYPES[i][1];
    }
  }
  return "application/octet-stream";
}

/* "app-5KXR7Q2A.js": a dash, then at least six letters or digits, then a dot. */
static bool name_is_hashed(const char *name)
{
  const char *dash = strrchr(name, '-');
  const char *dot = dash != NULL ? strchr(dash, '.') : NULL;
  if (dot == NULL || dot - dash - 1 < HASH_LENGTH_MIN) {
    return false;
  }
  for (const char *c = dash + 1; c < dot; c++) {
    bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
    if (!plain) {
      return false;
    }
  }
  return true;
}

static uint64_t fingerprint(struct text bytes)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (size_t i = 0; i < bytes.length; i++) {
    hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(0x100000001b3);
  }
  return hash;
}

static struct error read_file(const char *path, struct text *bytes)
{
  FILE *file = fopen(path, "rbe");
  struct stat status;
  if (file == NULL || fstat(fileno(file), &status) != 0 || status.st_size > FILE_BYTES_MAX) {
    int reason = errno;
    if (file != NULL) {
      fclose(file);
    }
    return error_make(ERROR_SETUP, "cannot read %s: %s", path, strerror(reason));
  }
  size_t length = (size_t)status.st_size;
  char *data = malloc(length + 1);
  if (data == NULL) {
    abort();
  }
  bool whole = fread(data, 1, length, file) == length;
  fclose(file);
  if (!whole) {
    free(data);
    return error_make(ERROR_SETUP, "cannot read the whole of %s", path);
  }
  *bytes = (struct text){data, length};
  return error_none();
}

static struct error load_file(struct static_files *files, const char *folder, const char *name)
{
  char path[PATH_BYTES_MAX];
  struct stat status;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (name[0] == '.' || text_ends_with(text_from(name), TEXT(".gz")) || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
    return error_none();
  }
  if (files->count == FILES_MAX) {
    return error_make(ERROR_SETUP, "%s holds more than %d files", folder, FILES_MAX);
  }
  struct text plain = {0};
  TRY(read_file(path, &plain));
  struct static_file *file = &files->files[files->count++];
  file->plain = plain;
  file->name = strdup(name);
  file->content_type = content_type_of(name);
  file->is_hashed = name_is_hashed(name);
  snprintf(file->etag, sizeof file->etag, "\"%016" PRIx64 "\"", fingerprint(plain));
  snprintf(path, sizeof path, "%s/%s.gz", folder, name);
  return stat(path, &status) == 0 ? read_file(path, &file->gzip) : error_none();
}

/* The build leaves index.html in its output folder and everything else in static/ within it. */
static struct error load_folder(struct static_files *files, DIR *folder, const char *path)
{
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    TRY(load_file(files, path, entry->d_name));
  }
  return error_none();
}

struct error static_files_load(const char *path, struct static_files **out)
{
  struct static_files *files = calloc(1, sizeof *files);
  if (files == NULL) {
    abort();
  }
  char static_path[PATH_BYTES_MAX];
  snprintf(static_path, sizeof static_path, "%s/static", path);
  struct error error = load_file(files, path, "index.html"); /* nothing happens when it is not there */
  DIR *folder = opendir(static_path);
  if (error.code == ERROR_NONE && folder != NULL) {
    error = load_folder(files, folder, static_path);
  } else if (error.code == ERROR_NONE && errno != ENOENT) {
    error = error_make(ERROR_SETUP, "cannot read %s: %s", static_path, strerror(errno));
  }
  if (folder != NULL) {
    closedir(folder);
  }
  if (error.code != ERROR_NONE) {
    static_files_free(files);
    return error;
  }
  *out = files;
  return error_none();
}

void static_files_free(struct static_files *files)
{
  if (files == NULL) {
    return;
  }
  for (int i = 0; i < files->count; i++) {
    free(files->files[i].name);
    free((char *)(uintptr_t)files->files[i].plain.data);
    free((char *)(uintptr_t)files->files[i].gzip.data);
  }
  free(files);
}

static const struct static_file *find(const struct static_files *files, struct text name)
{
  for (int i = 0; i < files->count; i++) {
    if (text_equal(text_from(files->files[i].name), name)) {
      return &files->files[i];
    }
  }
  return NULL;
}

static struct error serve(struct request *request, const struct static_file *file)
{
  response_header(request, "Cache-Control", "%s", file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response_content_type(request, file->content_type);
  bool compressed = file->gzip.data != NULL && request_accepts_gzip(request);
  char etag[ETAG_MAX + 4];
  snprintf(etag, sizeof etag, "%s%s", compressed ? "W/" : "", file->etag);
  if (response_not_modified(request, etag)) {
    return error_none();
  }
  if (compressed) {
    response_header(request, "Content-Encoding", "gzip");
  }
  response_body_borrowed(request, compressed ? file->gzip : file->plain);
  return error_none();
}

static struct error get_index(struct request *request, void *context)
{
  const struct static_file *index = find(context, TEXT("index.html"));
  if (index != NULL) {
    return serve(request, index);
  }
  response_status(request, 503);
  response_content_type(request, "text/plain; charset=utf-8");
  buffer_append_text(
      response_body(request),
      TEXT("The page is not built yet: run deploy/run --build in the project's folder, then start the server again.\n"));
  return error_none();
}

static struct error get_file(struct request *request, void *context)
{
  struct text name = request_path_parameter(request, "file");
  const struct static_file *file = find(context, name);
  if (file == NULL || text_equal(name, TEXT("index.html"))) { /* that one is "/" */
    return error_make(ERROR_NOT_FOUND, "there is no such file");
  }
  return serve(request, file);
}

struct route_table static_files_routes(struct static_files *files)
{
  static const struct route ROUTES[] = {
      {.method = HTTP_GET, .pattern = "/", .role = ROLE_ANYONE, .summary = "The page", .handle = get_index},
      {.method = HTTP_GET,
       .pattern = "/static/{file}",
       .role = ROLE_ANYONE,
       .summary = "A file of the page",
       .handle = get_file},
  };
  return (struct route_table){ROUTES, sizeof ROUTES / sizeof ROUTES[0], files};
}
