/* The commands of the program: finds the one that is asked for, reads its flags and settings, runs it, prints help.
 *
 * The table is main's; nothing here knows what a command does. Thread: main. */
#ifndef CRUMBTRAIL_SERVER_COMMAND_LINE_H
#define CRUMBTRAIL_SERVER_COMMAND_LINE_H

#include <signal.h>
#include <stddef.h>

#include "server/base/arena.h"
#include "server/base/text.h"
#include "server/config.h"

enum { EXIT_USAGE = 2 };

struct command_input {
  struct arena *arena; /* lives until the command returns */
  const struct config *config;
  const struct config_extras *extras;
  const char *file;                  /* the argument, for a command that takes one; NULL: it may be left out, and was */
  const volatile sig_atomic_t *stop; /* set by SIGINT and SIGTERM */
};

struct command {
  const char *name;
  const char *argument; /* "FILE.csv": exactly one is expected; "[FILE]": at most one; NULL: none */
  const char *summary;
  int (*run)(const struct command_input *input); /* the exit code */
  const char *const *flags;                      /* besides the settings, NULL-terminated, as config_load takes them */
  void (*print_help)(struct buffer *out);        /* NULL: the settings are all there is to say */
};

/* Returns the exit code. Catches SIGINT and SIGTERM and ignores SIGPIPE while a command runs. */
int command_line_run(const struct command *commands, size_t count, int argument_count, char **arguments);

#endif
