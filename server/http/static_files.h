/* Files of the page, read into memory at start: what static/build.js left in its output folder.
 *
 * FOLDER/index.html is "/" (no-cache, ETag); FOLDER/static/NAME-HASH.EXT is immutable for a year; a .gz beside a file is sent
 * to clients that accept gzip. Only these names are served: no path of a request ever reaches the file system. Owns the bytes.
 * Thread: read-only after static_files_load. */
#ifndef CRUMBTRAIL_SERVER_HTTP_STATIC_FILES_H
#define CRUMBTRAIL_SERVER_HTTP_STATIC_FILES_H

#include "server/base/error.h"
#include "server/http/router.h"

struct static_files;

/* A missing folder is not an error: "/" then says how to build the page. */
struct error static_files_load(const char *folder, struct static_files **files) ERROR_MUST_CHECK;
void static_files_free(struct static_files *files);
struct route_table static_files_routes(struct static_files *files); /* GET / and GET /static/{file} */

#endif
