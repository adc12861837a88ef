#include "ingest/generator/options.h"

#include <stdio.h>

#include "server/base/clock.h"

bool option_given(const struct config_extras *extras, const char *name)
{
  return config_extra_value(extras, name) != NULL;
}

struct error option_number(const struct config_extras *extras, const char *name, double minimum, double maximum, double *out)
{
  const char *value = config_extra_value(extras, name);
  if (value == NULL) {
    return error_none();
  }
  if (!text_to_double(text_from(value), out) || *out < minimum || *out > maximum) {
    return error_at(ERROR_SETUP, name, "--%s %s: expected a number from %.15g to %.15g", name, value, minimum, maximum);
  }
  return error_none();
}

struct error option_integer(const struct config_extras *extras, const char *name, int64_t minimum, int64_t maximum,
                            int64_t *out)
{
  const char *value = config_extra_value(extras, name);
  if (value == NULL) {
    return error_none();
  }
  if (!text_to_int64(text_from(value), out) || *out < minimum || *out > maximum) {
    return error_at(ERROR_SETUP, name, "--%s %s: expected a whole number from %lld to %lld", name, value, (long long)minimum,
                    (long long)maximum);
  }
  return error_none();
}

struct error option_share(const struct config_extras *extras, const char *name, double *out)
{
  const char *value = config_extra_value(extras, name);
  if (value == NULL) {
    return error_none();
  }
  struct text number = text_from(value);
  if (text_ends_with(number, TEXT("%"))) {
    number.length--;
  }
  double percent = 0;
  if (!text_to_double(number, &percent) || percent < 0 || percent > 100) {
    return error_at(ERROR_SETUP, name, "--%s %s: expected a percentage from 0 to 100", name, value);
  }
  *out = percent / 100;
  return error_none();
}

struct error option_time(const struct config_extras *extras, const char *name, int64_t *out_us)
{
  const char *value = config_extra_value(extras, name);
  if (value != NULL && !clock_parse(text_from(value), out_us)) {
    return error_at(ERROR_SETUP, name, "--%s %s: expected a time such as 2026-11-22T08:00:00Z", name, value);
  }
  return error_none();
}

const char *option_ingest_key(struct arena *arena, const struct config *config)
{
  if (config->ingest_key != NULL && config->ingest_key[0] != '\0') {
    return config->ingest_key;
  }
  FILE *file = fopen(arena_printf(arena, "%s/ingest-key", config->data_folder), "re");
  if (file == NULL) {
    return "";
  }
  char line[512] = "";
  size_t length = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r' || line[length - 1] == ' ')) {
    length--;
  }
  return text_to_cstring(arena, (struct text){line, length});
}
