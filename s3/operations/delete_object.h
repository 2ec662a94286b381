/* DeleteObject, confirmed: status 204, else HeadObject that finds no object.
 *
 * What:    any other reply (200 with or without a body, a web page) is followed by HeadObject; while
 *          the object still exists, DeleteObject is sent again after a pause, twice.
 * Owner:   embedded in the operation; bucket, key and conditions are borrowed until on_done.
 *          s3_delete_object_cancel releases it at any time.
 * Threads: the transport's.
 * Fails:   by on_done's error: that of DeleteObject, or ERR_S3_REPLY if the deletion is not confirmed.
 */
#ifndef S3_OPERATIONS_DELETE_OBJECT_H
#define S3_OPERATIONS_DELETE_OBJECT_H

#include "s3/client/client.h"

typedef struct s3_delete_object {
    /* the owner's */
    s3_client *client;
    const char *bucket, *key;
    const char *query;    /* versionId=ID: this version; or NULL */
    const char *if_match; /* or NULL */
    const char *etag;     /* of the version to delete: another version counts as success; or
                             NULL: any */
    void (*on_done)(void *ctx, const err *e);
    void *ctx;

    /* delete_object.c's */
    s3_request request;
    bool tried; /* DeleteObject was sent more than once: a refusal may be due to an earlier
                   attempt */
    unsigned unproven;
    timer *pause;
    bool unsure;  /* the reply of DeleteObject does not confirm it: */
    err doubt;    /* for this reason */
    bool another; /* HeadObject found another version */
} s3_delete_object;

void s3_delete_object_start(s3_delete_object *d);
void s3_delete_object_cancel(s3_delete_object *d); /* no callback; may be repeated */

#endif
