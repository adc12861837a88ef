/* An insurance pack on its way out: what its files share. Everything in it is read in one snapshot of the database.
 *
 * pack.c is the handler and the order of the files; each file is written by one function into the open entry of the archive, in
 * constant memory. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_SPEEDING_PACK_H
#define CRUMBTRAIL_API_SPEEDING_PACK_H

#include "api/speeding/episodes.h"
#include "api/speeding/report.h"
#include "server/http/zip_stream.h"

enum { PACK_FILES_MAX = 8, PACK_PAGE_ROWS = 1000 };

struct pack_file {
  const char *name;
  struct zip_entry entry;
};

struct pack {
  struct request *request;
  struct db_connection *connection;
  struct arena *arena;            /* of a page; reset in between */
  struct speeding_filter filter;  /* of the report: strict unless asked otherwise */
  struct speeding_filter listed;  /* of the lists of episodes: those that are not strict are listed too, and marked */
  struct report report;           /* by vehicle */
  const struct db_rows *sampling; /* columns of read_pack_sampling.sql */
  int64_t made_at_us;
  struct zip_stream *zip;
  struct buffer *out; /* what was written to the open entry and has not gone on yet */
  struct pack_file files[PACK_FILES_MAX];
  size_t file_count;
};

/* Hands on what is in `out` once it is much. */
struct error pack_flush(struct pack *pack) ERROR_MUST_CHECK;

struct error pack_write_html(struct pack *pack) ERROR_MUST_CHECK;     /* pack_html.c: report.html, to print */
struct error pack_write_manifest(struct pack *pack) ERROR_MUST_CHECK; /* pack_manifest.c: manifest.json, the last one */

#endif
