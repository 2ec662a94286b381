/* Entity tags in replies: whether one is present or weak.
 *
 * What:    an ETag with an empty or absent opaque part proves nothing. s3_etag_of_reply refuses a
 *          reply with two different ETags.
 * Owner:   nothing is allocated; results point into the reply.
 * Threads: any.
 * Fails:   s3_etag_of_reply: NULL with ERR_S3_REPLY, a message that begins with "ETag".
 * Sources: RFC 9110, section 8.8.3.
 */
#ifndef S3_PROTOCOL_ETAG_H
#define S3_PROTOCOL_ETAG_H

#include "decon/base/transport.h"
#include "decon/s3/etag.h"
#include "base/util.h"

/* Not NULL, and not empty once W/, quotes and blanks are removed. */
bool s3_etag_is_present(const char *etag);
bool s3_etag_is_weak(const char *etag); /* W/"..." */
/* The value of the reply's only ETag. */
const char *s3_etag_of_reply(const http_reply *reply, err *e);

/* The header's only value in *value; NULL if it is absent or empty. False if it occurs with two
 * different values: ERR_S3_REPLY, "<name> occurs twice". */
bool s3_header_once(const http_reply *reply, const char *name, const char **value, err *e) MUST_USE;

#endif
