/* Credentials from a program that a profile names: credential_process.
 *
 * What:    runs the command line by /bin/sh and reads the JSON that it prints.
 * Owner:   embedded in s3_role; s3_process_cancel kills a running program.
 * Threads: the transport's.
 * Fails:   on_end's `reason` has the program's exit status and the last line of its standard error,
 *          never its command line or its output, which may contain secrets.
 * Sources: AWS SDKs and Tools Reference Guide, "Process credential provider".
 */
#ifndef S3_AUTH_CREDENTIAL_PROCESS_H
#define S3_AUTH_CREDENTIAL_PROCESS_H

#include "decon/base/transport.h"
#include "s3/auth/temporary_credentials.h"

typedef struct s3_process {
    transport *t;
    s3_role_keys_end on_end;
    void *ctx;
    process *running;
} s3_process;

void s3_process_init(s3_process *p, transport *t, s3_role_keys_end on_end, void *ctx);
void s3_process_start(s3_process *p, const char *command);
void s3_process_cancel(s3_process *p); /* without on_end */

#endif
