/* `decon-orchestrator certify s3://REPORT-FOLDER`: a certificate of the scanned inputs.
 *
 * What:    writes an input's key, size, ETag, checksum and verdict as one line each, and a head with
 *          their Merkle root and the settings, signed by the user's Ed25519 key. It writes nothing
 *          to the store.
 * Owner:   nothing outlives the call.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 0 written, 3 refused: the folder has gaps, 1 the store cannot be
 *          read, 2 usage.
 */
#ifndef ORCHESTRATOR_CERTIFY_CMD_CERTIFY_H
#define ORCHESTRATOR_CERTIFY_CMD_CERTIFY_H

#include <stdio.h>

#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/status/store_command.h"

typedef struct certify_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    char *output, *signing_key;
    bool partial;
} certify_config;

/* argv[0] is the command's own name, "certify". */
int cmd_certify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);
/* The options, into STORE_COMMAND_ROWS_MAX rows of the caller. */
option_set cmd_certify_options(option *rows);

/* The command over any transport; the exit status. */
int certify_folder(const certify_config *c, store_session *session, FILE *out) MUST_USE;

#endif
