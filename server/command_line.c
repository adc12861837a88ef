#include "server/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"

enum { ARENA_BYTES = 16384 };

static volatile sig_atomic_t stop_requested;

static void on_stop_signal(int signal_number)
{
  (void)signal_number;
  stop_requested = 1;
}

static void catch_signals(void)
{
  struct sigaction stop = {.sa_handler = on_stop_signal};
  sigaction(SIGTERM, &stop, NULL);
  sigaction(SIGINT, &stop, NULL);
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &ignore, NULL);
}

static const struct command *find_command(const struct command *commands, size_t count, const char *name)
{
  for (size_t i = 0; i < count; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

static void print_commands(const struct command *commands, size_t count, FILE *out)
{
  fputs("crumbtrail " CRUMBTRAIL_VERSION ": takes the breadcrumbs of a fleet from AWS IoT, keeps them, shows them.\n\n"
        "usage: crumbtrail COMMAND [options]\n\n",
        out);
  for (size_t i = 0; i < count; i++) {
    const char *argument = commands[i].argument != NULL ? commands[i].argument : "";
    fprintf(out, "  %-10s %-14s %s\n", commands[i].name, argument, commands[i].summary);
  }
  fprintf(out, "  %-10s %-14s %s\n  %-25s %s\n", "help", "[COMMAND]", "this text, or the options of a command", "--version",
          "the version");
}

static int print_help(const struct command *commands, size_t count, const char *name)
{
  const struct command *command = name != NULL ? find_command(commands, count, name) : NULL;
  if (command == NULL) {
    print_commands(commands, count, name == NULL ? stdout : stderr);
    return name == NULL ? EXIT_SUCCESS : EXIT_USAGE;
  }
  struct buffer out = {0};
  if (command->print_help != NULL) {
    command->print_help(&out);
  } else {
    buffer_printf(&out, "usage: crumbtrail %s [options]\n\n%s.\n\n", command->name, command->summary);
    config_print_help(&out);
  }
  fwrite(out.data, 1, out.length, stdout);
  buffer_free(&out);
  return EXIT_SUCCESS;
}

static struct error read_input(const struct command *command, int argument_count, char **arguments, struct arena *arena,
                               struct config *config, struct config_extras *extras, struct command_input *input)
{
  const char **positional = NULL;
  int positional_count = 0;
  TRY(config_load(arena, argument_count, arguments, 2, command->flags, config, &positional, &positional_count, extras));
  int expected = command->argument != NULL ? 1 : 0;
  bool is_optional = expected == 1 && command->argument[0] == '[';
  if (positional_count < expected && !is_optional) {
    return error_at(ERROR_SETUP, command->argument, "is missing");
  }
  if (positional_count > expected) {
    return error_at(ERROR_SETUP, positional[expected], "is one argument too many");
  }
  enum log_level level;
  enum log_format format;
  if (!log_level_from(config->log_level, &level)) {
    return error_at(ERROR_SETUP, "log-level", "%s is not a level", config->log_level);
  }
  if (!log_format_from(config->log_format, &format)) {
    return error_at(ERROR_SETUP, "log-format", "%s is not a format", config->log_format);
  }
  log_setup(level, format);
  *input = (struct command_input){arena, config, extras, positional_count == 1 ? positional[0] : NULL, &stop_requested};
  return error_none();
}

static int run_command(const struct command *command, int argument_count, char **arguments)
{
  struct arena *arena = arena_new(ARENA_BYTES);
  struct config config;
  struct config_extras extras = {0};
  struct command_input input;
  struct error error = read_input(command, argument_count, arguments, arena, &config, &extras, &input);
  int code = EXIT_USAGE;
  if (error.code == ERROR_NONE) {
    catch_signals();
    code = command->run(&input);
  } else {
    fprintf(stderr, "crumbtrail %s: %s: %s\n", command->name, error.field, error.detail);
  }
  arena_free(arena);
  return code;
}

int command_line_run(const struct command *commands, size_t count, int argument_count, char **arguments)
{
  const char *name = argument_count > 1 ? arguments[1] : "";
  if (strcmp(name, "--version") == 0) {
    puts("crumbtrail " CRUMBTRAIL_VERSION);
    return EXIT_SUCCESS;
  }
  if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
    return print_help(commands, count, argument_count > 2 ? arguments[2] : NULL);
  }
  const struct command *command = find_command(commands, count, name);
  if (command == NULL) {
    if (name[0] != '\0') {
      fprintf(stderr, "crumbtrail: there is no command %s\n\n", name);
    }
    print_commands(commands, count, stderr);
    return EXIT_USAGE;
  }
  for (int i = 2; i < argument_count; i++) {
    if (strcmp(arguments[i], "--help") == 0) {
      return print_help(commands, count, name);
    }
  }
  return run_command(command, argument_count, arguments);
}
