#include "server/aws/iot_data.h"

#include "server/aws/request.h"
#include "server/aws/uri.h"

enum { THING_NAME_MAX = 128, SHADOW_NAME_MAX = 64, ANSWER_MAX = 1024 * 1024 };

static bool is_name(struct text name, size_t length_max, char also)
{
  for (size_t i = 0; i < name.length; i++) {
    char byte = name.data[i];
    bool is_alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    if (!is_alphanumeric && byte != ':' && byte != '_' && byte != '-' && byte != also) {
      return false;
    }
  }
  return name.length <= length_max;
}

struct error iot_check_shadow(struct iot_shadow shadow)
{
  if (shadow.thing.length == 0 || !is_name(shadow.thing, THING_NAME_MAX, '_')) {
    return error_at(ERROR_BAD_INPUT, "thing", "\"%.*s\" is not the name of a thing: 1-128 of a-z A-Z 0-9 : _ -",
                    TEXT_ARGS(text_cut(shadow.thing, 140)));
  }
  if (!is_name(shadow.shadow, SHADOW_NAME_MAX, '$')) {
    return error_at(ERROR_BAD_INPUT, "shadow", "\"%.*s\" is not the name of a shadow: 1-64 of a-z A-Z 0-9 $ : _ -",
                    TEXT_ARGS(text_cut(shadow.shadow, 80)));
  }
  return error_none();
}

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
