/* Removes many objects: collects them, then calls DeleteObjects for up to 1,000 at a time.
 *
 * What:    removal_add_version adds one key; batches run as concurrent jobs.
 * Owner:   removal_deinit; keys that were not flushed are dropped.
 * Threads: the loop's.
 * Fails:   if interrupted. Failed removals are printed and counted.
 */
#ifndef S3_CLI_TRANSFER_REMOVAL_H
#define S3_CLI_TRANSFER_REMOVAL_H

#include "base/util.h"
#include "s3/cli/session/jobs.h"
#include "s3/cli/transfer/key_spool.h"

typedef struct removal {
    cli *c;
    const char *reason; /* for the results' lines; or NULL */
    char *bucket;
    char **keys, **versions; /* versions: NULL for current objects */
    size_t count;
} removal;

void removal_deinit(removal *r);
DEFINE_AUTO(removal, removal_deinit)

/* `version_id`: removes this version, permanently; NULL: the current object. */
bool removal_add_version(removal *r, const char *bucket, const char *key, const char *version_id,
                         err *e) MUST_USE;
bool removal_add_all(removal *r, const char *bucket, key_spool *keys, err *e) MUST_USE;
bool removal_flush(removal *r, err *e) MUST_USE;

#endif
