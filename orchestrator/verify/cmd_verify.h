/* `decon-orchestrator verify FILE|FOLDER|s3://BUCKET/KEY...`: verification without a run.
 *
 * What:    each file is decoded and checked as in a run, several at a time (verify_run.h); `out`
 *          gets a line (with --json an object) per file, and a summary if there are several.
 * Owner:   nothing outlives the call. Threads: the calling thread runs the loop; it starts its own
 *          workers.
 * Fails:   by the exit status: 0 all are valid, 3 some are invalid, 1 some could not be read, 2
 *          usage.
 */
#ifndef ORCHESTRATOR_VERIFY_CMD_VERIFY_H
#define ORCHESTRATOR_VERIFY_CMD_VERIFY_H

#include <stdio.h>

#include "base/options/options.h"
#include "decon/compression/verify.h"
#include "orchestrator/config/config.h"

/* argv[0] is the command's name, "verify". */
int cmd_verify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);

/* The options of the command, into CMD_VERIFY_ROWS_MAX rows of the caller. */
#define CMD_VERIFY_ROWS_MAX 64
option_set cmd_verify_options(option *rows);

typedef struct verify_sums { /* of all files */
    uint64_t valid, invalid, unreadable, ignored;
    uint64_t lines, raw_bytes, decoded_bytes; /* of valid files */
    FILE *out;
    bool json;
    const char *content_key;
} verify_sums;

/* verify_print.c: the result as text or JSON. `error` NULL: valid. */
void verify_print_text(FILE *out, const char *name, const verdict *v, const err *error,
                       const char *content_key);
void verify_print_json(FILE *out, const char *name, const verdict *v, const err *error);
/* A line of text; with JSON, in the log. */
void verify_print_sums(const verify_sums *s);

#endif
