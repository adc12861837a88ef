#include "ingest/push/firehose_data.h"

#include "server/base/base64.h"

enum { ESCAPE_LENGTH = 6 }; /* \u002b */

void firehose_data_begin(struct firehose_data *data)
{
  buffer_clear(&data->encoded);
  buffer_clear(&data->kept);
  data->is_bad = data->is_padded = false;
  data->escape = 0;
}

void firehose_data_free(struct firehose_data *data)
{
  buffer_free(&data->encoded);
  buffer_free(&data->decoded);
  buffer_free(&data->kept);
}

static void keep(struct firehose_data *data, struct text bytes)
{
  size_t room = FIREHOSE_KEPT_MAX - data->kept.length;
  buffer_append(&data->kept, bytes.data, bytes.length < room ? bytes.length : room);
}

/* The good quanta of four characters come out; from the first bad one on all is kept. */
static void decode_slowly(struct firehose_data *data)
{
  struct text rest = buffer_text(&data->encoded);
  char *out = data->decoded.data;
  size_t length = 0;
  while (rest.length >= 4 && !data->is_padded && base64_decode((struct text){rest.data, 4}, out, &length)) {
    data->is_padded = length < 3;
    out += length;
    rest = (struct text){rest.data + 4, rest.length - 4};
  }
  data->decoded.length = (size_t)(out - data->decoded.data);
  data->is_bad = rest.length != 0;
  keep(data, rest);
  buffer_clear(&data->encoded);
}

/* The whole quanta, at the string's end all. False: nothing comes of it. */
static bool decode(struct firehose_data *data, bool is_all)
{
  size_t taken = is_all ? data->encoded.length : data->encoded.length / 4 * 4;
  if (taken == 0) {
    return false;
  }
  buffer_clear(&data->decoded);
  buffer_reserve(&data->decoded, FIREHOSE_ENCODED_MAX);
  if (data->is_padded || !base64_decode((struct text){data->encoded.data, taken}, data->decoded.data, &data->decoded.length)) {
    decode_slowly(data);
    return data->decoded.length != 0;
  }
  data->is_padded = data->decoded.length != taken / 4 * 3;
  data->encoded.length -= taken;
  memmove(data->encoded.data, data->encoded.data + taken, data->encoded.length);
  return true;
}

static void add(struct firehose_data *data, struct text bytes)
{
  if (data->is_bad) {
    keep(data, bytes);
  } else {
    buffer_append_text(&data->encoded, bytes);
  }
}

static unsigned int hex_digit(char byte)
{
  if (byte >= '0' && byte <= '9') {
    return (unsigned int)(byte - '0');
  }
  byte = (char)(byte | 0x20);
  return byte >= 'a' && byte <= 'f' ? (unsigned int)(byte - 'a') + 10 : UINT16_MAX;
}

/* Base64 needs no escapes, but "\/" is usual. What is no ASCII character becomes one that is no base64. */
static void take_escaped(struct firehose_data *data, char byte)
{
  if (data->escape == 1 && byte != 'u') {
    char plain = byte == '/' ? byte : '\\';
    add(data, (struct text){&plain, 1});
    data->escape = 0;
    return;
  }
  if (data->escape == 1) {
    data->escaped = 0;
  } else {
    data->escaped = (data->escaped << 4 | hex_digit(byte)) & 0xFFFFFF;
  }
  if (++data->escape == ESCAPE_LENGTH) {
    char plain = data->escaped > 0x20 && data->escaped < 0x7F ? (char)data->escaped : '\\';
    add(data, (struct text){&plain, 1});
    data->escape = 0;
  }
}

/* Up to the string's end, an escape, or what there is room for. */
static struct text plain_part(const struct firehose_data *data, struct text rest)
{
  size_t room = FIREHOSE_ENCODED_MAX - data->encoded.length;
  struct text part = {rest.data, rest.length < room ? rest.length : room};
  const char *quote = memchr(part.data, '"', part.length);
  part.length = quote != NULL ? (size_t)(quote - part.data) : part.length;
  const char *escape = memchr(part.data, '\\', part.length);
  part.length = escape != NULL ? (size_t)(escape - part.data) : part.length;
  return part;
}

static void use(struct text *rest, size_t length)
{
  *rest = (struct text){rest->data + length, rest->length - length};
}

/* Collects until the string ends, the bytes end, or enough is there. True: at the closing quote. */
static bool collect(struct firehose_data *data, struct text *rest)
{
  while (rest->length != 0 && data->encoded.length < FIREHOSE_ENCODED_MAX) {
    if (data->escape != 0) {
      take_escaped(data, rest->data[0]);
      use(rest, 1);
      continue;
    }
    struct text part = plain_part(data, *rest);
    add(data, part);
    use(rest, part.length);
    if (rest->length != 0 && rest->data[0] == '"') {
      return true;
    }
    if (rest->length != 0 && rest->data[0] == '\\') {
      data->escape = 1;
      use(rest, 1);
    }
  }
  return false;
}

enum firehose_data_result firehose_data_read(struct firehose_data *data, struct text *rest, struct text *bytes)
{
  bool is_end = false;
  while (rest->length != 0 && !is_end) {
    is_end = collect(data, rest);
    if (decode(data, is_end)) {
      *bytes = buffer_text(&data->decoded);
      return FIREHOSE_DATA_BYTES;
    }
  }
  if (!is_end) {
    return FIREHOSE_DATA_MORE;
  }
  use(rest, 1);
  *bytes = buffer_text(&data->kept);
  return data->is_bad ? FIREHOSE_DATA_BAD : FIREHOSE_DATA_END;
}
