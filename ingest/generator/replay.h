/* `crumbtrail replay FILE.csv`: sends a recorded trace as the events that AWS IoT would have sent, at its own pace or faster.
 *
 * Thread: main. Prints to standard output (to standard error while events go to standard output). */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_REPLAY_H
#define CRUMBTRAIL_INGEST_GENERATOR_REPLAY_H

#include <signal.h>

#include "server/config.h"

extern const char *const REPLAY_FLAGS[];

void replay_print_help(struct buffer *out);

/* Exit code: 0 when every row that can be read was sent and answered, 1 when not, 2 for wrong options or an unreadable file. */
int replay_run(struct arena *arena, const struct config *config, const struct config_extras *extras, const char *file,
               const volatile sig_atomic_t *stop);

#endif
