/* The API's own description: /openapi.json and a page that makes it readable. Embedded at build. */
#include "api/handlers.h"

#include "api/cursor.h"
#include "api_documents.h"
#include "server/base/arena.h"

static struct error serve(struct request *request, const struct embedded_document *document, const char *content_type)
{
  static const char *const KNOWN[] = {NULL};
  TRY(request_parameters_only(request, KNOWN));
  const uint64_t hash = cursor_hash(CURSOR_HASH_START, document->text, document->length);
  response_content_type(request, content_type);
  response_header(request, "Cache-Control", "no-cache");
  const char *etag = arena_printf(request_arena(request), "\"%016llx\"", (unsigned long long)hash);
  if (!response_not_modified(request, etag)) {
    buffer_append(response_body(request), document->text, document->length);
  }
  return error_none();
}

struct error documents_openapi(struct request *request, void *context)
{
  (void)context;
  return serve(request, &DOCUMENT_OPENAPI_JSON, "application/json");
}

struct error documents_page(struct request *request, void *context)
{
  (void)context;
  return serve(request, &DOCUMENT_DOCS_HTML, "text/html; charset=utf-8");
}

struct error documents_script(struct request *request, void *context)
{
  (void)context;
  return serve(request, &DOCUMENT_DOCS_JS, "text/javascript; charset=utf-8");
}

struct error documents_style(struct request *request, void *context)
{
  (void)context;
  return serve(request, &DOCUMENT_DOCS_CSS, "text/css; charset=utf-8");
}

/* A handshake never comes this far: the listener hands it on. This is a client that does not ask to upgrade. */
struct error documents_stream(struct request *request, void *context)
{
  (void)context;
  response_header(request, "Upgrade", "websocket");
  return error_make(ERROR_UPGRADE_REQUIRED, "this is a WebSocket of subprotocol fleet.v1: see /docs");
}
