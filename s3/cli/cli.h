/* decon-s3 from its arguments to its exit status. */
#ifndef S3_CLI_CLI_H
#define S3_CLI_CLI_H

#include "s3/cli/session/context.h"

int cli_main(int argc, char **argv, const cli_verifier *verifier);

#endif
