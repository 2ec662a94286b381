/* `decon-orchestrator verify-certificate FILE --public-key K`: verifies a certificate.
 *
 * What:    verifies the files of a certificate without the network; with --sample also compares some
 *          of its lines with the bucket. A key inside the certificate is never used.
 * Owner:   nothing outlives the call.
 * Threads: the calling one runs the loop.
 * Fails:   by the exit status: 0 valid, 3 not valid, or the bucket differs, 1 it cannot be read, 2
 *          usage.
 */
#ifndef ORCHESTRATOR_CERTIFY_CMD_VERIFY_CERTIFICATE_H
#define ORCHESTRATOR_CERTIFY_CMD_VERIFY_CERTIFICATE_H

#include <stdio.h>

#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/status/store_command.h"

/* argv[0] is the command's own name, "verify-certificate". */
int cmd_verify_certificate(int argc, char **argv, const char *(*getenv_fn)(const char *name),
                           FILE *out);
/* The options, into STORE_COMMAND_ROWS_MAX rows of the caller. */
option_set cmd_verify_certificate_options(option *rows);

#endif
