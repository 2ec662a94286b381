/* `decon-orchestrator verify FILE|FOLDER|s3://BUCKET/KEY...`: the verification alone, for people.
 *
 * What:    each file is decoded and checked as in the pipeline, several at a time (verify_run.h); a
 *          line (or, with --json, an object) for each goes to `out`, and a summary behind several.
 * Owner:   everything is its own. Threads: the calling one runs the loop; helpers and workers are its
 *          own too.
 * Fails:   by the exit status: 0 all are sound, 3 some are not, 1 one could not be read, 2 usage.
 */
#ifndef ORCHESTRATOR_VERIFY_CMD_VERIFY_H
#define ORCHESTRATOR_VERIFY_CMD_VERIFY_H

#include <stdio.h>

#include "base/options/options.h"
#include "decon/compression/verify.h"
#include "orchestrator/config/config.h"

/* argv[0] is the command's own name, "verify". */
int cmd_verify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);

/* The options of the command, into CMD_VERIFY_ROWS_MAX rows of the caller. */
#define CMD_VERIFY_ROWS_MAX 64
option_set cmd_verify_options(option *rows);

typedef struct verify_sums { /* of all files */
    uint64_t valid, invalid, unreadable, ignored;
    uint64_t lines, raw_bytes, decoded_bytes; /* of those that are sound */
    FILE *out;
    bool json;
    const char *content_key;
} verify_sums;

/* verify_print.c: what was found, for people or as JSON. `error` NULL: it is sound. */
void verify_print_text(FILE *out, const char *name, const verdict *v, const err *error,
                       const char *content_key);
void verify_print_json(FILE *out, const char *name, const verdict *v, const err *error);
/* A line for people, in JSON mode to the log. */
void verify_print_sums(const verify_sums *s);

#endif
