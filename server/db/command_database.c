#include "server/db/command_database.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/db/postmaster.h"

enum { PID_FILE_MAX = 4096 };

const char *command_database_running(struct arena *arena, const struct config *config)
{
  if (config->database != NULL && config->database[0] != '\0') {
    return config->database;
  }
  char folder[PATH_MAX];
  if (realpath(arena_printf(arena, "%s/postgres", config->data_folder), folder) == NULL) {
    return NULL;
  }
  FILE *file = fopen(arena_printf(arena, "%s/postmaster.pid", folder), "re");
  if (file == NULL) {
    return NULL;
  }
  char *content = arena_alloc(arena, PID_FILE_MAX);
  size_t length = fread(content, 1, PID_FILE_MAX - 1, file);
  fclose(file);
  struct postmaster postmaster;
  if (!postmaster_parse((struct text){content, length}, &postmaster) || postmaster.is_stopping ||
      !postmaster_works_in(postmaster.pid, folder)) {
    return NULL;
  }
  return arena_printf(arena, "host='%.*s' port=%d user=postgres dbname=crumbtrail", TEXT_ARGS(postmaster.socket_folder),
                      postmaster.port);
}
