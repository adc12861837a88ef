/* XML in: the answers of S3 and STS, by libexpat; the only door to it.
 *
 * Calls back for each element that holds no others, with its path from the root and its text. Namespaces are not looked at;
 * document types are refused, and depth, and text beyond the caps. Thread: any; nothing is kept. */
#ifndef CRUMBTRAIL_SERVER_AWS_XML_H
#define CRUMBTRAIL_SERVER_AWS_XML_H

#include "server/base/error.h"
#include "server/base/text.h"

struct xml_reader {
  void *context;
  /* "ListBucketResult/Contents/Key"; both are borrowed until it returns. */
  void (*on_value)(void *context, struct text path, struct text value);
  /* At the end of each element that held others; may be NULL. */
  void (*on_end)(void *context, struct text path);
};

/* ERROR_BAD_INPUT says the line. */
struct error xml_read(struct text input, struct xml_reader reader) ERROR_MUST_CHECK;

#endif
