#include "server/aws/iot_data.h"

#include "server/aws/request.h"
#include "server/aws/uri.h"

enum { ANSWER_MAX = 1024 * 1024 };

static struct aws_request *shadow_request(const char *operation, const char *method, struct iot_shadow shadow,
                                          struct aws_handlers handlers)
{
  struct aws_request *request = aws_request_new(AWS_IOT_DATA, operation, method, handlers);
  struct text thing = uri_encoded(request->arena, shadow.thing, false);
  request->path = text_from(arena_printf(request->arena, "/things/%.*s/shadow", TEXT_ARGS(thing)));
  request->subject = text_copy(request->arena, shadow.thing);
  request->body_max_bytes = ANSWER_MAX;
  if (shadow.shadow.length > 0) {
    aws_request_add_query(request, "name", shadow.shadow);
  }
  return request;
}

struct aws_request *iot_get_shadow_request(struct iot_shadow shadow, struct aws_handlers handlers)
{
  return shadow_request("IoT GetThingShadow", "GET", shadow, handlers);
}

struct aws_request *iot_update_shadow_request(struct iot_shadow shadow, struct text document, struct aws_handlers handlers)
{
  struct aws_request *request = shadow_request("IoT UpdateThingShadow", "POST", shadow, handlers);
  aws_request_add_header(request, "content-type", TEXT("application/json"));
  aws_request_set_body(request, document);
  return request;
}
