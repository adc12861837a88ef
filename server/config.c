#include "server/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/config_table.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

struct loader {
  struct arena *arena;
  struct config *config;
  const char **values; /* one a row of the table, with where it came from */
  uint8_t *origins;
};

static const struct setting *find_setting(struct text name, size_t *row)
{
  for (*row = 0; *row < SETTING_COUNT; (*row)++) {
    if (text_equal(name, text_from(SETTINGS[*row].name))) {
      return &SETTINGS[*row];
    }
  }
  return NULL;
}

/* Edits (insert, remove, replace) that make one name of the other; names are short, long ones count as far apart. */
static size_t edit_distance(struct text a, struct text b)
{
  enum { NAME_MAX_COMPARED = 48 };
  if (a.length >= NAME_MAX_COMPARED || b.length >= NAME_MAX_COMPARED) {
    return SIZE_MAX;
  }
  size_t row[NAME_MAX_COMPARED];
  for (size_t i = 0; i <= b.length; i++) {
    row[i] = i;
  }
  for (size_t i = 1; i <= a.length; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.length; j++) {
      size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
      diagonal = row[j];
      size_t inserted = (row[j - 1] < row[j] ? row[j - 1] : row[j]) + 1;
      row[j] = replaced < inserted ? replaced : inserted;
    }
  }
  return row[b.length];
}

static void offer_name(struct text unknown, struct text name, struct text *nearest, size_t *distance)
{
  size_t edits = edit_distance(unknown, name);
  if (edits < *distance) {
    *distance = edits;
    *nearest = name;
  }
}

/* An extra flag's name without the '=' that says it takes a value. */
static struct text extra_name(const char *extra)
{
  struct text name = text_from(extra);
  if (text_ends_with(name, TEXT("="))) {
    name.length--;
  }
  return name;
}

static struct error unknown_name(const char *where, const char *dashes, struct text unknown, const char *const *extra_flags)
{
  struct text nearest = {NULL, 0};
  size_t distance = unknown.length / 3 + 2;
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    offer_name(unknown, text_from(SETTINGS[i].name), &nearest, &distance);
  }
  for (size_t i = 0; extra_flags != NULL && extra_flags[i] != NULL; i++) {
    offer_name(unknown, extra_name(extra_flags[i]), &nearest, &distance);
  }
  char field[ERROR_FIELD_MAX];
  snprintf(field, sizeof field, "%s%.*s", dashes, TEXT_ARGS(text_cut(unknown, 80)));
  if (nearest.data == NULL) {
    return error_at(ERROR_SETUP, field, "%sunknown setting; `crumbtrail help serve` lists them", where);
  }
  return error_at(ERROR_SETUP, field, "%sunknown setting; did you mean %s%.*s?", where, dashes, TEXT_ARGS(nearest));
}

static struct error read_file(struct arena *arena, const char *path, struct text *content)
{
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return error_at(ERROR_SETUP, path, "cannot be read: %s", strerror(errno));
  }
  char *bytes = arena_alloc_bytes(arena, FILE_BYTES_MAX + 1);
  size_t length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
  bool failed = ferror(file) != 0;
  int problem = errno;
  fclose(file);
  if (failed) {
    return error_at(ERROR_SETUP, path, "cannot be read: %s", strerror(problem));
  }
  *content = (struct text){bytes, length};
  if (length > FILE_BYTES_MAX || memchr(bytes, '\0', length) != NULL || !text_is_utf8(*content)) {
    return error_at(ERROR_SETUP, path, "is not UTF-8 text of at most %d bytes", FILE_BYTES_MAX);
  }
  return error_none();
}

static const char *environment_name(struct arena *arena, const char *setting_name, const char *suffix)
{
  char *name = arena_printf(arena, "CRUMBTRAIL_%s%s", setting_name, suffix);
  for (char *at = name; *at != '\0'; at++) {
    *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
  }
  return name;
}

static const char *environment_value(const char *name)
{
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

static struct error load_environment(struct loader *loader, size_t row)
{
  const struct setting *setting = &SETTINGS[row];
  const char *name = environment_name(loader->arena, setting->name, "");
  const char *value = environment_value(name);
  const char *file_name = environment_name(loader->arena, setting->name, "_FILE");
  const char *path = setting->secrecy != SETTING_OPEN ? environment_value(file_name) : NULL;
  if (value != NULL && path != NULL) {
    return error_at(ERROR_SETUP, name, "is set, and %s too; only one of them may be", file_name);
  }
  if (path != NULL) {
    struct text content = {NULL, 0};
    TRY(read_file(loader->arena, path, &content));
    while (content.length > 0 && isspace((unsigned char)content.data[content.length - 1])) {
      content.length--; /* an editor's last line end is no part of a secret */
    }
    value = text_to_cstring(loader->arena, content);
  }
  if (value != NULL) {
    loader->values[row] = value;
    loader->origins[row] = ORIGIN_ENVIRONMENT;
  }
  return error_none();
}

static struct error load_line(struct loader *loader, const char *where, struct text line)
{
  struct text key;
  struct text value = line;
  if (memchr(line.data, '=', line.length) == NULL) {
    return error_at(ERROR_SETUP, where, "expected `key = value`");
  }
  text_split(&value, '=', &key);
  key = text_trim(key);
  value = text_trim(value);
  if (value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"') {
    value = (struct text){value.data + 1, value.length - 2};
  }
  size_t row;
  const struct setting *setting = find_setting(key, &row);
  if (setting == NULL || setting->offset == offsetof(struct config, config_file)) {
    return unknown_name(arena_printf(loader->arena, "%s: ", where), "", key, NULL);
  }
  if (loader->origins[row] == ORIGIN_FILE) {
    return error_at(ERROR_SETUP, setting->name, "stands a second time at %s", where);
  }
  loader->values[row] = text_to_cstring(loader->arena, value);
  loader->origins[row] = ORIGIN_FILE;
  return error_none();
}

static struct error load_file(struct loader *loader, const char *path)
{
  struct text rest;
  struct text line;
  TRY(read_file(loader->arena, path, &rest));
  for (int number = 1; text_split(&rest, '\n', &line); number++) {
    if (text_ends_with(line, TEXT("\r"))) {
      line.length--;
    }
    line = text_trim(line);
    if (line.length > 0 && line.data[0] != '#') {
      TRY(load_line(loader, arena_printf(loader->arena, "%s:%d", path, number), line));
    }
  }
  return error_none();
}

/* What the command line says, taken apart. */
struct command_line {
  const char **flags; /* a row's value, NULL when not given */
  const char **positional;
  int positional_count;
  struct config_extras extras;
};

static bool find_extra(const char *const *extra_flags, struct text name, const char **found, bool *takes_value)
{
  for (size_t i = 0; extra_flags != NULL && extra_flags[i] != NULL; i++) {
    struct text known = extra_name(extra_flags[i]);
    if (text_equal(known, name)) {
      *found = extra_flags[i];
      *takes_value = extra_flags[i][known.length] == '=';
      return true;
    }
  }
  return false;
}

/* The flag at argv[*at], with its value when it takes one. */
static struct error read_flag(struct arena *arena, int argc, char **argv, int *at, const char *const *extra_flags,
                              struct command_line *line)
{
  struct text rest = text_from(argv[*at]);
  struct text name;
  bool inline_value = strchr(argv[*at], '=') != NULL;
  text_split(&rest, '=', &name);
  struct text bare = {name.data + 2, name.length - 2};
  size_t row = 0;
  const char *extra = NULL;
  bool takes_value = true;
  bool known = find_extra(extra_flags, bare, &extra, &takes_value) || find_setting(bare, &row) != NULL;
  if (!known) {
    return unknown_name("", "--", bare, extra_flags);
  }
  const char *value = inline_value ? rest.data : "";
  if (inline_value && !takes_value) {
    return error_at(ERROR_SETUP, text_to_cstring(arena, name), "takes no value");
  }
  if (takes_value && !inline_value) {
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
      return error_at(ERROR_SETUP, text_to_cstring(arena, name), "needs a value");
    }
    value = argv[++*at];
  }
  if (extra != NULL) {
    line->extras.items[line->extras.count++] = (struct config_extra){text_to_cstring(arena, bare), value};
  } else {
    line->flags[row] = value;
  }
  return error_none();
}

static struct error read_command_line(struct arena *arena, int argc, char **argv, int first, const char *const *extra_flags,
                                      struct command_line *line)
{
  size_t argument_count = argc > first ? (size_t)(argc - first) : 0;
  line->flags = arena_alloc_array(arena, SETTING_COUNT, sizeof *line->flags);
  line->positional = arena_alloc_array(arena, argument_count + 1, sizeof *line->positional);
  line->extras.items = arena_alloc_array(arena, argument_count + 1, sizeof *line->extras.items);
  bool only_positional = false;
  for (int i = first; i < argc; i++) {
    if (!only_positional && strcmp(argv[i], "--") == 0) {
      only_positional = true;
    } else if (only_positional || argv[i][0] != '-' || argv[i][1] == '\0') {
      line->positional[line->positional_count++] = argv[i];
    } else if (argv[i][1] != '-') {
      return error_at(ERROR_SETUP, argv[i], "unknown flag; they begin with two dashes");
    } else {
      TRY(read_flag(arena, argc, argv, &i, extra_flags, line));
    }
  }
  return error_none();
}

static struct error refuse(const struct setting *setting, const char *value, uint8_t origin, const char *expected)
{
  static const char *const origins[] = {"default", "file", "environment", "flag"};
  if (setting->secrecy != SETTING_OPEN) {
    return error_at(ERROR_SETUP, setting->name, "expected %s (%s)", expected, origins[origin]);
  }
  return error_at(ERROR_SETUP, setting->name, "expected %s, not \"%.*s\" (%s)", expected,
                  TEXT_ARGS(text_cut(text_from(value), 80)), origins[origin]);
}

static bool is_choice(const char *choices, const char *value)
{
  struct text rest = text_from(choices);
  struct text choice;
  while (text_split(&rest, '|', &choice)) {
    if (text_equal(choice, text_from(value))) {
      return true;
    }
  }
  return false;
}

static struct error store_number(struct loader *loader, const struct setting *setting, const char *value, uint8_t origin)
{
  int64_t number;
  if (!text_to_int64(text_from(value), &number) || number < setting->minimum || number > setting->maximum) {
    char expected[96];
    snprintf(expected, sizeof expected, "%lld to %lld %s", (long long)setting->minimum, (long long)setting->maximum,
             setting->unit);
    return refuse(setting, value, origin, expected);
  }
  memcpy((char *)loader->config + setting->offset, &number, sizeof number);
  return error_none();
}

static struct error store(struct loader *loader, size_t row)
{
  const struct setting *setting = &SETTINGS[row];
  const char *value = loader->values[row];
  uint8_t origin = loader->origins[row];
  if (setting->kind == SETTING_NUMBER) {
    return store_number(loader, setting, value, origin);
  }
  char host[64];
  uint16_t port;
  if (setting->kind == SETTING_ADDRESS && config_parse_address(text_from(value), host, &port).code != ERROR_NONE) {
    return refuse(setting, value, origin, "HOST:PORT");
  }
  if (setting->kind == SETTING_CHOICE && !is_choice(setting->choices, value)) {
    return refuse(setting, value, origin, setting->choices);
  }
  if (!text_is_utf8(text_from(value))) {
    return error_at(ERROR_SETUP, setting->name, "is not UTF-8");
  }
  const char *copy = text_to_cstring(loader->arena, text_from(value));
  memcpy((char *)loader->config + setting->offset, &copy, sizeof copy);
  return error_none();
}

/* Lays the sources over each other, the weakest first. The file's own name is known from the others before it is read. */
static struct error gather(struct loader *loader, const char *const *flags)
{
  size_t config_row;
  find_setting(TEXT("config"), &config_row);
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    loader->values[i] = SETTINGS[i].default_text;
  }
  TRY(load_environment(loader, config_row));
  const char *path = flags[config_row] != NULL ? flags[config_row] : loader->values[config_row];
  bool asked_for = flags[config_row] != NULL || loader->origins[config_row] != ORIGIN_DEFAULT;
  FILE *present = asked_for ? NULL : fopen(path, "re");
  if (asked_for || present != NULL) {
    if (present != NULL) {
      fclose(present);
    }
    TRY(load_file(loader, path));
  }
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    TRY(load_environment(loader, i));
    if (flags[i] != NULL) {
      loader->values[i] = flags[i];
      loader->origins[i] = ORIGIN_FLAG;
    }
  }
  return error_none();
}

struct error config_load(struct arena *arena, int argc, char **argv, int first, const char *const *extra_flags,
                         struct config *config, const char ***positional, int *positional_count, struct config_extras *extras)
{
  *config = (struct config){0};
  struct command_line line = {0};
  TRY(read_command_line(arena, argc, argv, first, extra_flags, &line));
  struct loader loader = {arena, config, arena_alloc_array(arena, SETTING_COUNT, sizeof *loader.values),
                          arena_alloc_array(arena, SETTING_COUNT, sizeof *loader.origins)};
  TRY(gather(&loader, line.flags));
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    TRY(store(&loader, i));
  }
  config->origins = loader.origins;
  *positional = line.positional;
  *positional_count = line.positional_count;
  *extras = line.extras;
  return error_none();
}

const char *config_extra_value(const struct config_extras *extras, const char *name)
{
  for (int i = extras->count - 1; i >= 0; i--) {
    if (strcmp(extras->items[i].name, name) == 0) {
      return extras->items[i].value;
    }
  }
  return NULL;
}

struct error config_parse_address(struct text address, char host[64], uint16_t *port)
{
  struct error bad = error_make(ERROR_SETUP, "expected HOST:PORT, not \"%.*s\"", TEXT_ARGS(text_cut(address, 80)));
  size_t colon = address.length;
  while (colon > 0 && address.data[colon - 1] != ':') {
    colon--;
  }
  if (colon < 2) {
    return bad;
  }
  struct text name = {address.data, colon - 1};
  struct text number = {address.data + colon, address.length - colon};
  bool brackets = name.data[0] == '[' && name.data[name.length - 1] == ']';
  if (brackets) {
    name = (struct text){name.data + 1, name.length - 2};
  }
  int64_t value;
  bool bare_ipv6 = !brackets && memchr(name.data, ':', name.length) != NULL;
  if (name.length == 0 || name.length > 63 || bare_ipv6 || memchr(name.data, '\0', name.length) != NULL ||
      !text_to_int64(number, &value) || value < 0 || value > UINT16_MAX) {
    return bad;
  }
  memcpy(host, name.data, name.length);
  host[name.length] = '\0';
  *port = (uint16_t)value;
  return error_none();
}

bool config_is_loopback(const char *host)
{
  struct in_addr ipv4;
  struct in6_addr ipv6;
  if (inet_pton(AF_INET, host, &ipv4) == 1) {
    return ntohl(ipv4.s_addr) >> 24 == 127;
  }
  if (inet_pton(AF_INET6, host, &ipv6) == 1) {
    return memcmp(&ipv6, &in6addr_loopback, sizeof ipv6) == 0;
  }
  return text_equal_ignoring_case(text_from(host), TEXT("localhost"));
}
