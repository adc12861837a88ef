/* `crumbtrail simulate`: a fleet that drives around and reports as AWS IoT things do, to a server or to standard output.
 *
 * Thread: main. Prints to standard output (to standard error while events go to standard output). */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_SIMULATE_H
#define CRUMBTRAIL_INGEST_GENERATOR_SIMULATE_H

#include <signal.h>

#include "server/config.h"

/* Flags for config_load, besides the settings (of which it uses database, data, ingest-key). */
extern const char *const SIMULATE_FLAGS[];

void simulate_print_help(struct buffer *out);

/* Runs until done or *stop is set; returns the exit code: 0, 1 when something could not be delivered, 2 for wrong options.
 * Without any of its flags it prints them. */
int simulate_run(struct arena *arena, const struct config *config, const struct config_extras *extras,
                 const volatile sig_atomic_t *stop);

#endif
