#include "server/db/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_CANNOT_RUN = 127, FIRST_SIGNAL_STATUS = 128 };

/* PG* variables of the operator's shell must not reach the server (PGPORT would move it), nor its language the log. */
static char *const BARE_ENVIRONMENT[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LC_ALL=C.UTF-8"}, NULL};

/* In the child: only calls that are safe between fork and exec. */
static bool become(struct child_user user)
{
  return !user.drop || (setgroups(1, &user.gid) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0);
}

static void reset_signals(void)
{
  for (int number = 1; number < NSIG; number++) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(struct child_user user, const char *const *argv, int output_fd)
{
  reset_signals();
  setsid();
  const int input_fd = open("/dev/null", O_RDONLY);
  const bool redirected =
      dup2(input_fd, STDIN_FILENO) >= 0 && dup2(output_fd, STDOUT_FILENO) >= 0 && dup2(output_fd, STDERR_FILENO) >= 0;
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (redirected && become(user) && chdir("/") == 0) {
    execve(argv[0], (char *const *)argv, BARE_ENVIRONMENT);
  }
  _exit(EXIT_CANNOT_RUN);
}

struct error child_start(struct child_user user, const char *const *argv, int output_fd, pid_t *pid)
{
  if (access(argv[0], X_OK) != 0) {
    return error_make(ERROR_SETUP, "cannot run %s: %s", argv[0], strerror(errno));
  }
  *pid = fork();
  if (*pid < 0) {
    return error_make(ERROR_SETUP, "cannot start a process: %s", strerror(errno));
  }
  if (*pid == 0) {
    run_child(user, argv, output_fd);
  }
  return error_none();
}

int child_wait(pid_t pid)
{
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return EXIT_CANNOT_RUN;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : FIRST_SIGNAL_STATUS + WTERMSIG(status);
}

struct error child_run(struct child_user user, const char *const *argv, int output_fd, int *status)
{
  pid_t pid = 0;
  TRY(child_start(user, argv, output_fd, &pid));
  *status = child_wait(pid);
  return error_none();
}

struct error child_read(struct child_user user, const char *const *argv, char *output, size_t size, int *status)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return error_make(ERROR_SETUP, "cannot make a pipe: %s", strerror(errno));
  }
  pid_t pid = 0;
  const struct error error = child_start(user, argv, ends[1], &pid);
  close(ends[1]);
  size_t length = 0;
  while (error.code == ERROR_NONE && length < size - 1) {
    const ssize_t got = read(ends[0], output + length, size - 1 - length);
    if (got == 0 || (got < 0 && errno != EINTR)) {
      break;
    }
    length += got > 0 ? (size_t)got : 0;
  }
  output[length] = '\0';
  close(ends[0]);
  if (error.code == ERROR_NONE) {
    *status = child_wait(pid);
  }
  return error;
}

bool child_may_enter(struct child_user user, const char *folder)
{
  if (!user.drop) {
    return access(folder, X_OK) == 0;
  }
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(become(user) && access(folder, X_OK) == 0 ? 0 : 1);
  }
  return pid > 0 && child_wait(pid) == 0;
}
