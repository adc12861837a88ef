#include "server/db/postmaster.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* The lines of postmaster.pid, as PostgreSQL's pidfile.h numbers them. */
enum pid_file_line {
  LINE_PID,
  LINE_DATA_FOLDER,
  LINE_START_TIME,
  LINE_PORT,
  LINE_SOCKET_FOLDER,
  LINE_LISTEN,
  LINE_MEMORY,
  LINE_STATUS
};

bool postmaster_parse(struct text content, struct postmaster *postmaster)
{
  *postmaster = (struct postmaster){0};
  struct text rest = content;
  struct text line;
  int64_t number = 0;
  int index = 0;
  for (; text_split(&rest, '\n', &line); index++) {
    if (index == LINE_PID) {
      if (!text_to_int64(text_trim(line), &number) || number <= 1 || number > INT_MAX) {
        return false;
      }
      postmaster->pid = (pid_t)number;
    } else if (index == LINE_PORT && text_to_int64(text_trim(line), &number) && number > 0 && number < 65536) {
      postmaster->port = (int)number;
    } else if (index == LINE_SOCKET_FOLDER) {
      postmaster->socket_folder = line;
    } else if (index == LINE_STATUS) {
      postmaster->is_stopping = text_equal(text_trim(line), TEXT("stopping"));
    }
  }
  return postmaster->pid != 0 && postmaster->port != 0 && postmaster->socket_folder.length != 0;
}

bool postmaster_works_in(pid_t pid, const char *cluster_folder)
{
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
  struct stat process_folder;
  struct stat cluster;
  return stat(link, &process_folder) == 0 && stat(cluster_folder, &cluster) == 0 && process_folder.st_dev == cluster.st_dev &&
         process_folder.st_ino == cluster.st_ino;
}

bool postmaster_any_works_in(const char *cluster_folder)
{
  DIR *processes = opendir("/proc");
  bool found = false;
  for (struct dirent *entry; processes != NULL && !found && (entry = readdir(processes)) != NULL;) {
    int64_t pid = 0;
    found = text_to_int64(text_from(entry->d_name), &pid) && postmaster_works_in((pid_t)pid, cluster_folder);
  }
  if (processes != NULL) {
    closedir(processes);
  }
  return found;
}
