/* A walk over the keys of a bucket in byte order, from any key onwards.
 *
 * What:    reads directory names only; keeps the names of the directories on the path to the key.
 * Owner:   the arguments of `visit` are borrowed.
 * Threads: any; keys that are added or removed during the walk may be visited or not.
 * Fails:   ERR_IO; false from `visit` ends the walk with the error that it set.
 */
#ifndef S3_SERVE_STORE_KEY_WALK_H
#define S3_SERVE_STORE_KEY_WALK_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct walk_options {
    const char *root; /* the bucket's directory */
    bool plain;       /* names are the pieces of keys, unencoded: s3/serve/store/folder.h */
    slice prefix;     /* only keys with this prefix */
    slice after;      /* only keys after this one */
    /* Keys with this prefix are skipped; `visit` may change it. NULL: none. */
    buf *skip_prefix;
    bool (*visit)(void *ctx, slice key, const char *path, err *e);
    void *ctx;
} walk_options;

bool walk_keys(const walk_options *options, err *e) MUST_USE;

#endif
