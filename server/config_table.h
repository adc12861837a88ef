/* The settings table: what exists, its type, range, default and help. Read by config.c (loading) and config_help.c (printing).
 * Thread: any; constant. */
#ifndef CRUMBTRAIL_SERVER_CONFIG_TABLE_H
#define CRUMBTRAIL_SERVER_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_ADDRESS, SETTING_CHOICE };
/* SECRET is never shown; SECRET_PART is not shown when it holds a password. Both may come from a ..._FILE. */
enum setting_secrecy { SETTING_OPEN, SETTING_SECRET, SETTING_SECRET_PART };
enum setting_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct setting {
  const char *name; /* as a flag, without dashes */
  size_t offset;    /* of the member in struct config */
  enum setting_kind kind;
  enum setting_secrecy secrecy;
  const char *default_text;
  const char *unit;    /* of a number, else the placeholder in the help: "HOST:PORT" */
  const char *choices; /* "mph|kmh|ms" */
  int64_t minimum;
  int64_t maximum;
  const char *help;
};

extern const struct setting SETTINGS[];
extern const size_t SETTING_COUNT;

#endif
