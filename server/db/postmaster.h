/* What DATA/postgres/postmaster.pid says, and whether it is true. */
#ifndef CRUMBTRAIL_SERVER_DB_POSTMASTER_H
#define CRUMBTRAIL_SERVER_DB_POSTMASTER_H

#include <sys/types.h>

#include "server/base/arena.h"
#include "server/base/text.h"

struct postmaster {
  pid_t pid;
  int port;
  struct text socket_folder;
  bool is_stopping;
};

/* Reads the file's content; false when it is not (yet) whole. Texts borrow from `content`. Pure. */
bool postmaster_parse(struct text content, struct postmaster *postmaster);
/* The process exists and works in that cluster folder, as every PostgreSQL process of the cluster does: a process that merely
 * got the number later works elsewhere. */
bool postmaster_works_in(pid_t pid, const char *cluster_folder);
/* Any process of the cluster, also backends that outlived their postmaster. */
bool postmaster_any_works_in(const char *cluster_folder);

#endif
