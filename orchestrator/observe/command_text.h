/* A command line as it can be given to a shell again.
 *
 * What:    arguments in quotes where they need them; the user and password of a URL are hidden.
 * Owner:   the caller frees the text.
 * Threads: any.
 * Fails:   never; what exceeds 8 KiB is left out.
 */
#ifndef ORCHESTRATOR_OBSERVE_COMMAND_TEXT_H
#define ORCHESTRATOR_OBSERVE_COMMAND_TEXT_H

#include "base/util.h"

char *command_text(int argc, char **argv) MUST_USE;

#endif
