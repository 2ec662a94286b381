/* A walk over the keys of a bucket in byte order, from any key onwards.
 *
 * What:    reads directory names only; holds the names of the directories on the way to the key.
 * Owner:   what `visit` gets is lent.
 * Threads: any; keys that come or go meanwhile may be seen or not.
 * Fails:   ERR_IO; false from `visit` ends the walk with the error that it set.
 */
#ifndef S3_SERVE_STORE_KEY_WALK_H
#define S3_SERVE_STORE_KEY_WALK_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct walk_options {
    const char *root; /* the bucket's directory */
    bool plain;       /* names are pieces of keys as they are: s3/serve/store/folder.h */
    slice prefix;     /* only keys that start so */
    slice after;      /* only keys behind this one */
    /* Keys that start so are left out; `visit` may change it on the way. NULL: none. */
    buf *skip_prefix;
    bool (*visit)(void *ctx, slice key, const char *path, err *e);
    void *ctx;
} walk_options;

bool walk_keys(const walk_options *options, err *e) MUST_USE;

#endif
