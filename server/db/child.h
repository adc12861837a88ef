/* Programs of PostgreSQL run as children, as another user when we are root. No shell anywhere: arguments travel as they are.
 *
 * Thread: main, before other threads start or while it alone forks. */
#ifndef CRUMBTRAIL_SERVER_DB_CHILD_H
#define CRUMBTRAIL_SERVER_DB_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "server/base/error.h"

/* Who the child shall be. `drop` is false when we are that user already. */
struct child_user {
  bool drop;
  uid_t uid;
  gid_t gid;
};

/* Starts argv[0] (a path) in a session of its own, so that a terminal's Ctrl-C reaches only us, with a bare environment,
 * nothing open but standard input (/dev/null), output and error (both `output_fd`). */
struct error child_start(struct child_user user, const char *const *argv, int output_fd, pid_t *pid) ERROR_MUST_CHECK;
/* Starts, waits, and gives the exit status (128 + signal when a signal ended it). */
struct error child_run(struct child_user user, const char *const *argv, int output_fd, int *status) ERROR_MUST_CHECK;
/* Starts, waits, and gives what it wrote, cut to size - 1 bytes and terminated. */
struct error child_read(struct child_user user, const char *const *argv, char *output, size_t size,
                        int *status) ERROR_MUST_CHECK;
/* Whether that user may pass through the folder. */
bool child_may_enter(struct child_user user, const char *folder);
/* Waits for the end of one child that was started here. */
int child_wait(pid_t pid);

#endif
