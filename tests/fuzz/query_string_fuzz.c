/* Whatever stands behind the '?': every parameter is UTF-8 without NUL, and all of them together are no longer than the query.
 */
#include <stdlib.h>

#include "server/base/arena.h"
#include "server/http/query_string.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  struct arena *arena = arena_new(1024);
  struct request_parameter *parameters = NULL;
  int count = 0;
  struct error error = query_string_parse(arena, (struct text){(const char *)bytes, length}, &parameters, &count);
  REQUIRE(error.code == ERROR_NONE || error.code == ERROR_BAD_INPUT);
  size_t total = 0;
  for (int i = 0; error.code == ERROR_NONE && i < count; i++) {
    struct request_parameter parameter = parameters[i];
    REQUIRE(text_is_utf8(parameter.name) && text_is_utf8(parameter.value));
    REQUIRE(parameter.value.length == 0 || memchr(parameter.value.data, '\0', parameter.value.length) == NULL);
    total += parameter.name.length + parameter.value.length;
  }
  REQUIRE(total <= length);
  arena_free(arena);
  return 0;
}
