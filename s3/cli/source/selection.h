/* Selects entries, in addition to --include and --exclude: by age, and by share of a fleet.
 *
 * What:    --newer-than, --older-than, --shard. The share of an object is the MD5 of its whole key
 *          modulo the number of shares, as in the orchestrator; of a local file, that
 *          of its path below the source.
 * Owner:   a value.
 * Threads: any.
 * Fails:   ERR_USAGE for an invalid text.
 */
#ifndef S3_CLI_SOURCE_SELECTION_H
#define S3_CLI_SOURCE_SELECTION_H

#include "s3/cli/session/context.h"

typedef struct selection {
    int64_t after_s, before_s;         /* seconds since 1970; 0: not limited */
    unsigned shard_index, shard_count; /* count 0: everything */
} selection;

/* Ages count from `now_s`. */
bool selection_init(selection *s, const cli_config *config, int64_t now_s, err *e) MUST_USE;
bool selection_takes(const selection *s, const char *name, int64_t modified_s);

#endif
