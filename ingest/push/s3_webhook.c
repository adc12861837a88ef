#include "ingest/push/s3_webhook.h"

#include <stdlib.h>

#include "ingest/push/event_request.h"
#include "ingest/push/object_request.h"
#include "server/metrics.h"

enum { ROUTE_COUNT = 4 };

struct s3_webhook {
  struct s3_webhook_settings settings;
  struct route routes[ROUTE_COUNT];
  struct counter *refused; /* notifications that found no room, or no database */
};

static struct error admit(struct request *request, void *context)
{
  const struct s3_webhook *webhook = context;
  return sender_keys_check_any(&webhook->settings.keys, request);
}

/* MinIO asks with HEAD, and without a key, whether anybody is there. */
static struct error answer_probe(struct request *request, void *context)
{
  (void)context;
  response_content_type(request, "text/plain; charset=utf-8");
  buffer_append_text(response_body(request), TEXT("Notifications of S3 come here with POST.\n"));
  return error_none();
}

static struct error accept_notification(struct request *request, void *context)
{
  struct s3_webhook *webhook = context;
  struct arena *arena = request_arena(request);
  struct notification *notification = arena_alloc(arena, sizeof *notification);
  if (request_body(request).length == 0) {
    return error_at(ERROR_BAD_INPUT, "$", "the body is empty");
  }
  struct error error = notification_read(arena, request_body(request), notification);
  if (error.code == ERROR_NONE && notification->is_events) {
    error = notification->not_a_form;
  }
  if (error.code != ERROR_NONE) {
    struct event_request *kept = event_request_reject(request, &error, SOURCE_S3);
    return event_request_submit(kept, webhook->settings.writer, webhook->refused);
  }
  enum found_by found_by = notification->is_eventbridge ? FOUND_BY_EVENTBRIDGE : FOUND_BY_WEBHOOK;
  struct object_request *announced = object_request_new(request, notification, found_by, webhook->settings.spool);
  return object_request_submit(announced, webhook->settings.objects, webhook->refused);
}

struct s3_webhook *s3_webhook_new(struct s3_webhook_settings settings)
{
  struct s3_webhook *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  made->settings = settings;
  made->routes[0] = (struct route){.method = HTTP_POST,
                                   .pattern = "/ingest/s3",
                                   .role = ROLE_INGEST,
                                   .summary = "Notifications of new objects in S3: EventBridge, MinIO, S3's event JSON",
                                   .accept = accept_notification,
                                   .body_max_bytes = settings.body_max_bytes,
                                   .admit = admit};
  made->routes[1] = (struct route){.method = HTTP_GET,
                                   .pattern = "/ingest/s3",
                                   .role = ROLE_ANYONE,
                                   .summary = "Somebody is there (MinIO asks with HEAD)",
                                   .handle = answer_probe};
  for (int i = 0; i < 2; i++) {
    made->routes[2 + i] = made->routes[i];
    made->routes[2 + i].pattern = "/ingest/s3/";
  }
  if (settings.metrics != NULL) {
    made->refused = metrics_counter(settings.metrics, "crumbtrail_ingest_refused_total", "path=\"s3\"",
                                    "Deliveries answered 503: the queue was full or the database away.");
  }
  return made;
}

void s3_webhook_free(struct s3_webhook *webhook)
{
  free(webhook);
}

struct route_table s3_webhook_routes(struct s3_webhook *webhook)
{
  return (struct route_table){.routes = webhook->routes, .count = ROUTE_COUNT, .context = webhook};
}
