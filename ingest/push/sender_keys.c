#include "ingest/push/sender_keys.h"

#include "server/base/base64.h"

struct error sender_keys_make(const char *current, const char *next, struct sender_keys *keys)
{
  if (current == NULL || current[0] == '\0') {
    return error_at(ERROR_SETUP, "ingest-key", "a key is needed");
  }
  *keys = (struct sender_keys){text_from(current), text_from(next)};
  return error_none();
}

static bool is_key(struct text given, struct text key)
{
  return key.length != 0 && text_equal_constant_time(given, key);
}

/* Both are compared whatever the first says, so that the time tells nothing. */
bool sender_keys_match(const struct sender_keys *keys, struct text given)
{
  bool is_current = is_key(given, keys->current);
  bool is_next = is_key(given, keys->next);
  return is_current || is_next;
}

struct error sender_keys_check(const struct sender_keys *keys, const struct request *request)
{
  if (!sender_keys_match(keys, request_header(request, "x-ingest-key"))) {
    return error_at(ERROR_UNAUTHORIZED, "x-ingest-key", "a valid key is needed in the header x-ingest-key");
  }
  return error_none();
}

/* "USER:PASSWORD" in base64 -> PASSWORD; empty when it is none. */
static struct text basic_password(struct arena *arena, struct text encoded)
{
  char *decoded = arena_alloc_bytes(arena, base64_decoded_max(encoded.length) + 1);
  size_t length = 0;
  if (!base64_decode(encoded, decoded, &length)) {
    return TEXT("");
  }
  struct text password = {decoded, length};
  struct text user = TEXT("");
  (void)text_split(&password, ':', &user);
  return password;
}

/* The scheme's name is written in any case (RFC 9110). */
static bool has_scheme(struct text authorization, struct text scheme, struct text *credentials)
{
  struct text rest = authorization;
  struct text name = TEXT("");
  if (!text_split(&rest, ' ', &name) || !text_equal_ignoring_case(name, scheme)) {
    return false;
  }
  *credentials = text_trim(rest);
  return true;
}

struct error sender_keys_check_any(const struct sender_keys *keys, struct request *request)
{
  struct text given = request_header(request, "x-ingest-key");
  struct text authorization = request_header(request, "authorization");
  struct text credentials = TEXT("");
  if (given.length == 0 && has_scheme(authorization, TEXT("bearer"), &credentials)) {
    given = credentials;
  } else if (given.length == 0 && has_scheme(authorization, TEXT("basic"), &credentials)) {
    given = basic_password(request_arena(request), credentials);
  }
  if (!sender_keys_match(keys, given)) {
    return error_at(ERROR_UNAUTHORIZED, "x-ingest-key",
                    "a valid key is needed, in the header x-ingest-key, as Authorization: Bearer, or as the password of a URL");
  }
  return error_none();
}
