/* `decon health`: requests the health of a detection server, for probes of containers and services.
 *
 * What:    GET /health of a server on this host, once. A server that answers 200 is ready; with
 *          --live any reply counts, also one that reports that the index is being built. Owner:
 *          nothing outlives the call.
 * Threads: the calling one.
 * Fails:   by the exit status: 0 healthy, 1 not, 2 usage; a line names the cause.
 */
#ifndef DETECTION_HEALTH_HEALTH_COMMAND_H
#define DETECTION_HEALTH_HEALTH_COMMAND_H

#include "base/options/options.h"

extern const option_set health_command_options;

/* argv[0] is the command's own name. */
int health_command(int argc, char **argv);

#endif
