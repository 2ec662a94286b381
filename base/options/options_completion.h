/* Completion for bash, from the same tables as --help.
 *
 * What:    prints a script that completes commands, flags, words of flags with a few choices, and
 *          files.
 * Owner:   nothing is kept. Threads: any. Fails: by `out`'s error flag.
 */
#ifndef BASE_OPTIONS_OPTIONS_COMPLETION_H
#define BASE_OPTIONS_OPTIONS_COMPLETION_H

#include "base/options/options.h"

typedef struct options_command {
    const char *name; /* "" has the flags that count where no command is named: first, if at all */
    const option_set *options;
} options_command;

/* Every name of `program` that is no [A-Za-z0-9] becomes '_' in the name of the shell function. */
void options_bash_completion(const char *program, const options_command *commands, size_t count,
                             FILE *out);

#endif
