/* The files of the embedded cluster: folders, owner, initdb, settings. Inside of embedded.c; runs no server.
 *
 * Thread: main. Texts live in the arena that cluster_prepare was given. */
#ifndef CRUMBTRAIL_SERVER_DB_CLUSTER_H
#define CRUMBTRAIL_SERVER_DB_CLUSTER_H

#include "server/base/arena.h"
#include "server/base/error.h"
#include "server/db/child.h"

struct cluster {
  struct arena *arena;
  const char *bin_folder;
  const char *data_folder;   /* absolute */
  const char *folder;        /* DATA/postgres */
  const char *socket_folder; /* DATA/run, or a short one under /tmp */
  const char *log_path;      /* DATA/postgres.log */
  struct child_user user;    /* whom the server runs as */
  const char *user_name;
  int log_fd;
  bool has_temporary_socket_folder;
};

/* Makes what is missing below the (existing, locked) data folder, with initdb when there is no cluster yet, and checks what is
 * there: owner, version, reachability. cluster->log_fd is open after success; the caller closes it. */
struct error cluster_prepare(struct arena *arena, const char *data_folder, const char *bin_folder,
                             struct cluster *cluster) ERROR_MUST_CHECK;
/* The folder for the server's socket, ours alone: DATA/run, unless its path is too long for a socket's address. */
struct error cluster_make_socket_folder(struct cluster *cluster) ERROR_MUST_CHECK;
/* DATA/run, whether it will do or not. */
const char *cluster_usual_socket_folder(const struct cluster *cluster);
/* Removes what a killed server left there: its lock file would shut out the next one, should another program have its number.
 */
void cluster_clear_socket_folder(const struct cluster *cluster, int port);
/* "BIN/name", in the arena. */
const char *cluster_program(const struct cluster *cluster, const char *name);

#endif
