/* Completion for bash, zsh and fish, generated from the option tables.
 *
 * What:    prints a script that completes commands, flags, values of flags with a few choices, and
 *          files.
 * Owner:   nothing is kept. Threads: any. Fails: by `out`'s error flag.
 */
#ifndef BASE_OPTIONS_OPTIONS_COMPLETION_H
#define BASE_OPTIONS_OPTIONS_COMPLETION_H

#include "base/options/options.h"

typedef struct options_command {
    const char *name; /* "": the flags that apply without a command; first, if present */
    const option_set *options;
    const char *summary; /* for zsh and fish; NULL: none */
} options_command;

/* Characters of `program` outside [A-Za-z0-9] become '_' in the name of the shell function. */
void options_bash_completion(const char *program, const options_command *commands, size_t count,
                             FILE *out);
void options_zsh_completion(const char *program, const options_command *commands, size_t count,
                            FILE *out);
void options_fish_completion(const char *program, const options_command *commands, size_t count,
                             FILE *out);

#endif
