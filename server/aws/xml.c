#include "server/aws/xml.h"

#include <expat.h>

enum { DEPTH_MAX = 16, VALUE_BYTES_MAX = 64 * 1024, NAME_BYTES_MAX = 128 };

struct state {
  struct xml_reader reader;
  XML_Parser parser;
  struct buffer path;
  struct buffer value;
  int depth;
  bool has_children; /* of the element whose end comes next */
  const char *refused;
};

static void refuse(struct state *state, const char *why)
{
  if (state->refused == NULL) {
    state->refused = why;
    XML_StopParser(state->parser, XML_FALSE);
  }
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
  (void)attributes;
  struct state *state = context;
  size_t length = strlen(name);
  if (++state->depth > DEPTH_MAX || length > NAME_BYTES_MAX) {
    refuse(state, "is nested too deeply, or has a name too long");
    return;
  }
  if (state->path.length > 0) {
    buffer_append_char(&state->path, '/');
  }
  buffer_append(&state->path, name, length);
  buffer_clear(&state->value);
  state->has_children = false;
}

static void XMLCALL on_text(void *context, const XML_Char *bytes, int length)
{
  struct state *state = context;
  if (state->value.length + (size_t)length > VALUE_BYTES_MAX) {
    refuse(state, "holds a text too long");
    return;
  }
  buffer_append(&state->value, bytes, (size_t)length);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
  struct state *state = context;
  size_t length = strlen(name);
  if (!state->has_children) {
    state->reader.on_value(state->reader.context, buffer_text(&state->path), buffer_text(&state->value));
  } else if (state->reader.on_end != NULL) {
    state->reader.on_end(state->reader.context, buffer_text(&state->path));
  }
  state->path.length -= length + (state->path.length > length ? 1 : 0);
  state->depth--;
  state->has_children = true;
  buffer_clear(&state->value);
}

/* Entities are declared there; no answer of AWS has one. */
static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                               int has_internal_subset)
{
  (void)name;
  (void)system_id;
  (void)public_id;
  (void)has_internal_subset;
  refuse(context, "declares a document type");
}

static struct error outcome(const struct state *state, enum XML_Status status)
{
  if (status == XML_STATUS_OK) {
    return error_none();
  }
  return error_make(ERROR_BAD_INPUT, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(state->parser),
                    state->refused != NULL ? state->refused : XML_ErrorString(XML_GetErrorCode(state->parser)));
}

struct error xml_read(struct text input, struct xml_reader reader)
{
  if (input.length > INT32_MAX) {
    return error_make(ERROR_BAD_INPUT, "is too long");
  }
  struct state state = {.reader = reader, .parser = XML_ParserCreate("UTF-8")};
  if (state.parser == NULL) {
    error_out_of_memory(input.length);
  }
  XML_SetUserData(state.parser, &state);
  XML_SetElementHandler(state.parser, on_start, on_end);
  XML_SetCharacterDataHandler(state.parser, on_text);
  XML_SetStartDoctypeDeclHandler(state.parser, on_doctype);
  enum XML_Status status = XML_Parse(state.parser, input.length > 0 ? input.data : "", (int)input.length, XML_TRUE);
  struct error error = outcome(&state, status);
  XML_ParserFree(state.parser);
  buffer_free(&state.path);
  buffer_free(&state.value);
  return error;
}
