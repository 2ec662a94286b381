/* Whether an object still has an ETag, by GetObject without a condition that ends at its headers.
 *
 * What:    confirms the result of HeadObject before a client stops sending If-Match to a store that
 *          refuses it with the ETag that it reports.
 * Owner:   embedded in the operation; strings are borrowed until on_done. s3_version_look_cancel
 *          releases it at any time.
 * Threads: the transport's.
 * Fails:   by on_done: same is false; `e` is the error if there was no reply.
 */
#ifndef S3_CLIENT_VERSION_LOOK_H
#define S3_CLIENT_VERSION_LOOK_H

#include "s3/client/client.h"

typedef struct s3_version_look {
    /* the owner's */
    s3_client *client;
    const char *bucket, *key, *etag;
    const char *query;         /* versionId=ID; NULL: the current version */
    const s3_headers *headers; /* NULL: the client's */
    void (*on_done)(void *ctx, bool same, const err *e);
    void *ctx;

    /* version_look.c's */
    s3_request request;
    bool same;
} s3_version_look;

void s3_version_look_start(s3_version_look *v);
void s3_version_look_cancel(s3_version_look *v); /* no callback; may be repeated */

#endif
