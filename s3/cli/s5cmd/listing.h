/* Listings of ls and du as s5cmd makes them: one level, or with * and ? every key that matches.
 *
 * What:    s5cmd_list calls `each` for every object and folder.
 * Owner:   keys and objects are borrowed.
 * Threads: the main thread.
 * Fails:   the listing's error; ERR_S3_NOT_FOUND if a prefix or pattern has no object.
 */
#ifndef S3_CLI_S5CMD_LISTING_H
#define S3_CLI_S5CMD_LISTING_H

#include "s3/cli/session/context.h"
#include "s3/cli/source/pattern.h"
#include "s3/cli/source/location.h"

typedef struct s5cmd_listing {
    cli_call call;    /* first */
    const char *word; /* s3://bucket/prefix, as typed */
    /* `object` is NULL for a folder; `shown` is the key below the listed prefix. */
    void (*each)(void *ctx, const s3_uri *at, const char *key, const char *shown,
                 const s3_object *object);
    void *ctx;
    /* of the listing itself */
    place at;
    bool is_pattern;
    filter filter;
    size_t base_length;
    uint64_t found;
} s5cmd_listing;

bool s5cmd_list(s5cmd_listing *l, err *e) MUST_USE;

#endif
