/* The global flags of s5cmd, which precede the command.
 *
 * What:    s5cmd_globals_read reads them, s5cmd_globals_apply sets them in the configuration of a
 *          command.
 * Owner:   texts are borrowed from the arguments or the environment.
 * Threads: the main thread: --credentials-file sets an environment variable.
 * Fails:   ERR_USAGE, as s3/cli/s5cmd/flags.h, and for an invalid value.
 */
#ifndef S3_CLI_S5CMD_GLOBALS_H
#define S3_CLI_S5CMD_GLOBALS_H

#include "s3/cli/session/context.h"
#include "s3/cli/s5cmd/flags.h"

typedef struct s5cmd_globals {
    bool json, dry_run, no_sign_request, no_verify_ssl, help, version;
    int log_level; /* of decon/base/log.h */
    bool quiet;    /* --log error */
    int64_t workers, retries;
    const char *endpoint_url, *profile, *credentials_file, *request_payer; /* or NULL */
} s5cmd_globals;

extern const s5cmd_flags s5cmd_global_flags; /* for help */

/* *first is the index of the command. */
bool s5cmd_globals_read(int argc, char **argv, s5cmd_globals *g, int *first, err *e) MUST_USE;
/* `config` has the command's own options already. No question is ever asked: s5cmd has none. */
void s5cmd_globals_apply(const s5cmd_globals *g, cli_config *config);

#endif
