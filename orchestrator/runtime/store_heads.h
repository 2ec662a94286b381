/* HEAD of many objects, several at a time.
 *
 * What:    store_session_head requests the objects that `next` names, until there are no more.
 * Owner:   keys of `next` are malloc'ed; objects are borrowed.
 * Threads: loop.
 * Fails:   by the error given to `take`, for each object.
 */
#ifndef ORCHESTRATOR_RUNTIME_STORE_HEADS_H
#define ORCHESTRATOR_RUNTIME_STORE_HEADS_H

#include "base/util.h"
#include "orchestrator/runtime/store_session.h"

typedef struct store_heads {
    const char *bucket;
    bool with_checksum;                      /* the object's checksum, too; see s3_head_checksum */
    char *(*next)(void *ctx, size_t *index); /* NULL: there are no more */
    void (*take)(void *ctx, size_t index, const s3_object *object, const err *error);
    void *ctx;
} store_heads;

void store_session_head(store_session *s, const store_heads *heads);

#endif
