#include "api/rules/limit_form.h"

#include "server/json/reader.h"

static struct error read_note(const struct json *member, struct text *note)
{
  TRY(json_read_string(member, LIMIT_NOTE_MAX, note));
  *note = text_trim(*note);
  return note->length > 0 ? error_none() : json_error(member, "expected a word on why");
}

static struct error read_member(const struct json *member, bool has_note, struct limit_form *form)
{
  if (text_equal(member->key, TEXT("limit_kmh"))) {
    return json_read_double(member, LIMIT_KMH_MIN, LIMIT_KMH_MAX, &form->limit_kmh);
  }
  if (has_note && text_equal(member->key, TEXT("note"))) {
    return read_note(member, &form->note);
  }
  return json_error(member, has_note ? "unknown: expected limit_kmh and note" : "unknown: expected limit_kmh");
}

struct error limit_form_read(struct request *request, bool has_note, struct limit_form *form)
{
  const struct json *root;
  *form = (struct limit_form){0};
  if (!text_starts_with(request_header(request, "content-type"), TEXT("application/json"))) {
    return error_make(ERROR_UNSUPPORTED_MEDIA_TYPE, "expected application/json");
  }
  TRY(json_parse(request_arena(request), request_body(request), JSON_LIMITS_DEFAULT, &root));
  if (root->type != JSON_OBJECT) {
    return json_error(root, "expected an object");
  }
  JSON_EACH (member, root) {
    TRY(read_member(member, has_note, form));
  }
  if (!(form->limit_kmh > 0)) {
    return error_at(ERROR_BAD_INPUT, "limit_kmh", "expected a speed in km/h");
  }
  if (has_note && form->note.length == 0) {
    return error_at(ERROR_BAD_INPUT, "note", "expected a word on why");
  }
  return error_none();
}
