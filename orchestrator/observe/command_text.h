/* A command line as text for a shell.
 *
 * What:    arguments, quoted if necessary; the user and password of a URL are hidden.
 * Owner:   the caller frees the text.
 * Threads: any.
 * Fails:   never; text beyond 8 KiB is omitted.
 */
#ifndef ORCHESTRATOR_OBSERVE_COMMAND_TEXT_H
#define ORCHESTRATOR_OBSERVE_COMMAND_TEXT_H

#include "base/util.h"

char *command_text(int argc, char **argv) MUST_USE;

#endif
