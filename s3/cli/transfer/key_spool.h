/* Stores names until it is certain that they may be removed.
 *
 * What:    an error on the last page of a listing must not follow removals for earlier pages, so
 *          all names are first collected here, in an unnamed temporary file (TMPDIR): memory does
 *          not grow with their number.
 * Owner:   embedded; key_spool_deinit removes the file.
 * Threads: any, one at a time.
 * Fails:   ERR_IO, ERR_NO_SPACE of the temporary file.
 */
#ifndef S3_CLI_TRANSFER_KEY_SPOOL_H
#define S3_CLI_TRANSFER_KEY_SPOOL_H

#include <stdio.h>

#include "decon/base/err.h"
#include "base/util.h"

typedef struct key_spool {
    FILE *file; /* records of key_spool.c; NULL: none yet */
    uint64_t count;
    char *name; /* of key_spool_each */
    size_t name_size;
} key_spool;

void key_spool_deinit(key_spool *s);
DEFINE_AUTO(key_spool, key_spool_deinit)

bool key_spool_add(key_spool *s, const char *name, err *e) MUST_USE;
/* One version of an object; NULL: the current one, as above. */
bool key_spool_add_version(key_spool *s, const char *name, const char *version_id, err *e) MUST_USE;
/* Calls `each` for all names, in order of insertion; false ends it. */
typedef bool (*key_spool_taker)(void *ctx, const char *name, const char *version_id, err *e);
bool key_spool_each(key_spool *s, key_spool_taker each, void *ctx, err *e) MUST_USE;

#endif
