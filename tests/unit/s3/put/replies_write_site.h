/* What uploads and copies share: the end of an operation, and replies to HEAD. */
#ifndef TESTS_UNIT_S3_PUT_REPLIES_WRITE_SITE_H
#define TESTS_UNIT_S3_PUT_REPLIES_WRITE_SITE_H

#include <strings.h>

#include "decon/s3/buckets.h"
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define URL  "http://store/b/k"
#define SIZE "21"
#define CRC  "tPfi9Kicx+M="
#define XML  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static inline void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

/* HeadObject of the written object, if it was written. */
static inline void reply_head(replies_site *p, fake_reply *reply, const char *size,
                              const char *etag, const char *crc)
{
    p->headers[0] = (http_header){"Content-Length", size};
    p->headers[1] = (http_header){"ETag", etag};
    p->headers[2] = (http_header){"x-amz-checksum-crc64nvme", crc};
    reply->status = p->done ? 200 : 404;
    reply->headers = p->headers;
    reply->header_count = p->done ? crc ? 3 : 2 : 0;
}

static inline bool is_put(const fake_request *r)
{
    return url_has(r, "PUT", URL);
}

/* --- uploads by parts: one of three replies is wrong --- */

#define CREATED                                                                                    \
    XML "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"        \
        "<Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
#define COMPLETED                                                                                  \
    XML "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"        \
        "<Location>http://store/b/k</Location><Bucket>b</Bucket><Key>k</Key>"                      \
        "<ETag>\"w-2\"</ETag></CompleteMultipartUploadResult>"
static const fake_reply created = {.body = {CREATED, sizeof CREATED - 1}};
static const fake_reply completed = {.body = {COMPLETED, sizeof COMPLETED - 1}};

static inline bool is_create(const fake_request *r)
{
    return url_has(r, "POST", "uploads=");
}

static inline bool is_part(const fake_request *r)
{
    return url_has(r, "PUT", "partNumber=2&");
}

static inline bool is_complete(const fake_request *r)
{
    return url_has(r, "POST", "uploadId=u1");
}

static inline bool copy_is_right(replies_site *p)
{
    return p->done;
}

#endif
