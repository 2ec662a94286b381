/* What commands share that read the store and run nothing: options, event loop, output.
 *
 * What:    the options are those of a run that name folders and the store, after the command's own;
 *          one positional argument names the report folder, or a local file.
 * Owner:   rows are the caller's; store_command_deinit frees the configuration.
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
    option_set set;   /* the command's own rows first, then those of a run */
    size_t own_count; /* of the former */
    int argc;
    char **argv; /* argv[0] is the command's name */
    const char *(*getenv_fn)(const char *name);
    FILE *out;
    config *config;    /* first member of the command's own struct */
    const char **file; /* the positional argument, a local file; NULL: it is the report folder */
    bool (*needs_store)(const void *options); /* NULL: it does */
    /* The command itself: an exit status. The session is open; NULL where no store is needed. */
    int (*run)(void *options, store_session *session, FILE *out);
} store_command;

/* Appends a run's rows after `own_count` rows of the command; yields the number of all. `folders`:
 * with those that name the folders of a run. */
size_t store_command_rows(option *rows, size_t own_count, bool folders);
int store_command_main(store_command *command) MUST_USE;

#endif
