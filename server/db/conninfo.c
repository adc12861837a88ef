#include "server/db/session.h"

static void append_keyword(struct buffer *out, const char *keyword, const char *value)
{
  buffer_printf(out, "%s%s='", out->length > 0 ? " " : "", keyword);
  for (const char *at = value; *at != '\0'; at++) {
    if (*at == '\'' || *at == '\\') {
      buffer_append_char(out, '\\');
    }
    buffer_append_char(out, *at);
  }
  buffer_append_char(out, '\'');
}

struct error db_split_password(struct arena *arena, const char *conninfo, const char **without_password, const char **password)
{
  char *problem = NULL;
  PQconninfoOption *options = PQconninfoParse(conninfo, &problem);
  if (options == NULL) {
    struct error error = error_at(ERROR_SETUP, "database", "%s", problem != NULL ? problem : "out of memory");
    PQfreemem(problem);
    return error;
  }
  struct buffer keywords = {0};
  *password = NULL;
  for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
    if (option->val == NULL) {
      continue;
    }
    if (strcmp(option->keyword, "password") == 0) {
      *password = text_to_cstring(arena, text_from(option->val));
    } else {
      append_keyword(&keywords, option->keyword, option->val);
    }
  }
  *without_password = text_to_cstring(arena, buffer_text(&keywords));
  buffer_free(&keywords);
  PQconninfoFree(options);
  return error_none();
}
