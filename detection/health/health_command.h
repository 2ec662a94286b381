/* `decon health`: asks a detection server for its health, for probes of containers and services.
 *
 * What:    GET /health of a server on this host, once. Ready is a server that answers 200; with
 *          --live any answer counts, also that it still builds its index.
 * Owner:   everything is its own.
 * Threads: the calling one.
 * Fails:   by the exit status: 0 healthy, 1 not, 2 usage; a line says why.
 */
#ifndef DETECTION_HEALTH_HEALTH_COMMAND_H
#define DETECTION_HEALTH_HEALTH_COMMAND_H

#include "base/options/options.h"

extern const option_set health_command_options;

/* argv[0] is the command's own name. */
int health_command(int argc, char **argv);

#endif
