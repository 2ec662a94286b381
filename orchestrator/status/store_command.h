/* Shared by commands that read the store and run nothing: options, event loop, output.
 *
 * What:    the options are those of a run that name folders and the store, after the command's own;
 *          one positional argument names the report folder, or a local file.
 * Owner:   rows are the caller's; the options live until the command has run.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 2 for usage and configuration.
 */
#ifndef ORCHESTRATOR_STATUS_STORE_COMMAND_H
#define ORCHESTRATOR_STATUS_STORE_COMMAND_H

#include <stdio.h>

#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/config/config.h"
#include "orchestrator/runtime/store_session.h"

#define STORE_COMMAND_ROWS_MAX 80

typedef struct store_command {
    const option *rows; /* of the command itself */
    size_t row_count;
    bool folders; /* also those that name the folders of a run */
    const char *program, *usage, *intro, *epilogue;
    size_t options_bytes; /* of the command's struct, which begins with a config */
    size_t file_offset;   /* of the `const char *` in it for the positional argument, a local file;
                             0: the argument is the report folder */
    bool (*needs_store)(const void *options); /* NULL: it does */
    /* The command itself: an exit status. The session is open; NULL where no store is needed. */
    int (*run)(void *options, store_session *session, FILE *out);
} store_command;

/* The command's rows, then those of a run, into STORE_COMMAND_ROWS_MAX rows of the caller. */
option_set store_command_options(const store_command *command, option *rows);
/* argv[0] is the command's name. */
int store_command_main(const store_command *command, int argc, char **argv,
                       const char *(*getenv_fn)(const char *name), FILE *out) MUST_USE;

#endif
