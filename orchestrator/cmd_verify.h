/* `decon-orchestrator verify FILE|s3://BUCKET/KEY...`: the verification alone, for people.
 *
 * What:    each file is decoded and checked as in the pipeline; a line (or, with --json, an object)
 *          for each goes to `out`. Objects are downloaded in parallel ranges into a file without a
 *          name in the work directory, and read while they arrive.
 * Owner:   everything is its own. Threads: the calling one runs the loop; helpers and workers are its
 *          own too.
 * Fails:   by the exit status: 0 all are sound, 3 some are not, 1 one could not be read, 2 usage.
 */
#ifndef ORCHESTRATOR_CMD_VERIFY_H
#define ORCHESTRATOR_CMD_VERIFY_H

#include <stdio.h>

#include "base/options.h"
#include "compression/verify.h"
#include "orchestrator/config.h"

/* argv[0] is the command's own name, "verify". */
int cmd_verify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);

/* The options of the command, into CMD_VERIFY_ROWS_MAX rows of the caller. */
#define CMD_VERIFY_ROWS_MAX 64
option_set cmd_verify_options(option *rows);

/* verify_remote.c: one object. False with its fault; `memory` bounds its decoder. */
typedef struct verify_remote verify_remote;
verify_remote *verify_remote_new(const config *c, const char *(*getenv_fn)(const char *name),
                                 err *e) MUST_USE;
bool verify_remote_run(verify_remote *r, const char *uri, verdict *out, err *e) MUST_USE;
void verify_remote_free(verify_remote *r); /* NULL is fine */

/* verify_print.c: what was found, for people or as JSON. `error` NULL: it is sound. */
void verify_print_text(FILE *out, const char *name, const verdict *v, const err *error,
                       const char *content_key);
void verify_print_json(FILE *out, const char *name, const verdict *v, const err *error);

#endif
