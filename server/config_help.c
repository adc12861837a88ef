#include "server/config.h"
#include "server/config_table.h"

/* Names a password, or has user:password@ in it. */
static bool holds_password(const char *value)
{
  const char *authority = strstr(value, "://");
  if (strcasestr(value, "password") != NULL) {
    return true;
  }
  if (authority == NULL) {
    return false;
  }
  authority += 3;
  const char *at_sign = strrchr(authority, '@');
  return at_sign != NULL && memchr(authority, ':', (size_t)(at_sign - authority)) != NULL;
}

static void print_value(const struct config *config, const struct setting *setting, struct buffer *out)
{
  const char *member = (const char *)config + setting->offset;
  if (setting->kind == SETTING_NUMBER) {
    int64_t number;
    memcpy(&number, member, sizeof number);
    buffer_append_int64(out, number);
    return;
  }
  const char *value;
  memcpy(&value, member, sizeof value);
  bool secret = setting->secrecy == SETTING_SECRET || (setting->secrecy == SETTING_SECRET_PART && holds_password(value));
  if (value[0] == '\0') {
    buffer_append_text(out, TEXT("\"\""));
  } else {
    buffer_append_text(out, secret ? TEXT("****") : text_from(value));
  }
}

/* The comment stands on its own line, so that what is printed is a file that can be read again. */
void config_print(const struct config *config, struct buffer *out)
{
  static const char *const origins[] = {
      [ORIGIN_DEFAULT] = "default", [ORIGIN_FILE] = "file", [ORIGIN_ENVIRONMENT] = "environment", [ORIGIN_FLAG] = "flag"};
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    const struct setting *setting = &SETTINGS[i];
    bool own_name = setting->offset == offsetof(struct config, config_file);
    buffer_printf(out, "# %s\n%s%s = ", origins[config->origins[i]], own_name ? "# " : "", setting->name);
    print_value(config, setting, out);
    buffer_append_char(out, '\n');
  }
}

void config_print_help(struct buffer *out)
{
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    const struct setting *setting = &SETTINGS[i];
    buffer_printf(out, "  --%s %s\n      %s", setting->name, setting->kind == SETTING_NUMBER ? "N" : setting->unit,
                  setting->help);
    if (setting->kind == SETTING_NUMBER) {
      buffer_printf(out, " %lld to %lld %s.", (long long)setting->minimum, (long long)setting->maximum, setting->unit);
    }
    if (setting->default_text[0] != '\0') {
      buffer_printf(out, " Default: %s.", setting->default_text);
    }
    buffer_append_char(out, '\n');
  }
  buffer_append_text(
      out, TEXT("\nEach may also stand in the environment (--query-workers is CRUMBTRAIL_QUERY_WORKERS; secrets also\n"
                "from a file named by CRUMBTRAIL_..._FILE) or in crumbtrail.conf (`query-workers = 8`). A flag wins\n"
                "over the environment, the environment over the file.\n"));
}
