/* Replies of writes that are wrong in one property. The table: docs/store-replies.md. */
#include <strings.h>

#include "decon/s3/buckets.h"
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define URL   "http://store/b/k"
#define BYTES "Welcome to Amazon S3."
#define SIZE  "21"
#define CRC   "tPfi9Kicx+M="
#define MIB   ((size_t)1024 * 1024)
#define XML   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void put_done(void *ctx, const s3_put_result *result, const err *e)
{
    replies_site *p = ctx;
    if (result)
        buf_append_str(&p->result, result->etag ? result->etag : "no ETag");
    site_done(&p->s, e);
}

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

/* HeadObject of the written object, if it was written. */
static void reply_head(replies_site *p, fake_reply *reply, const char *size, const char *etag,
                       const char *crc)
{
    p->headers[0] = (http_header){"Content-Length", size};
    p->headers[1] = (http_header){"ETag", etag};
    p->headers[2] = (http_header){"x-amz-checksum-crc64nvme", crc};
    reply->status = p->done ? 200 : 404;
    reply->headers = p->headers;
    reply->header_count = p->done ? crc ? 3 : 2 : 0;
}

/* --- PutObject --- */

static const http_header put_headers[] = {
    {"ETag", "\"e1\""}, {"x-amz-checksum-crc64nvme", CRC}, {"Content-Length", "0"}};

static bool is_put(const fake_request *r)
{
    return url_has(r, "PUT", URL);
}

static void put_start(replies_site *p)
{
    s3_put(p->s.c, &(s3_put_options){.bucket = "b",
                                     .key = "k",
                                     .data = SLICE_LIT(BYTES),
                                     .fd = -1,
                                     .on_done = put_done,
                                     .ctx = p});
}

static bool put_is_right(replies_site *p)
{
    return p->done && slice_equal_str(buf_slice(&p->result), "\"e1\"");
}

static void put_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    assert_string_equal(r->method, "HEAD");
    reply_head(p, reply, SIZE, "\"e1\"", CRC);
}

/* --- uploads by parts: one of three replies is wrong --- */

#define CREATED                                                                                    \
    XML "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"        \
        "<Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
#define COMPLETED                                                                                  \
    XML "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"        \
        "<Location>http://store/b/k</Location><Bucket>b</Bucket><Key>k</Key>"                      \
        "<ETag>\"w-2\"</ETag></CompleteMultipartUploadResult>"

static const http_header part_headers[] = {{"ETag", "\"p\""}, {"Content-Length", "0"}};
static const fake_reply created = {.body = {CREATED, sizeof CREATED - 1}};
static const fake_reply completed = {.body = {COMPLETED, sizeof COMPLETED - 1}};
static const fake_reply part_sent = {.headers = part_headers, .header_count = 2};

static bool is_create(const fake_request *r)
{
    return url_has(r, "POST", "uploads=");
}

static bool is_part(const fake_request *r)
{
    return url_has(r, "PUT", "partNumber=2&");
}

static bool is_complete(const fake_request *r)
{
    return url_has(r, "POST", "uploadId=u1");
}

static void upload_start(replies_site *p)
{
    p->data = xcalloc(6, MIB);
    s3_put(p->s.c, &(s3_put_options){.bucket = "b",
                                     .key = "k",
                                     .data = {p->data, 6 * MIB},
                                     .fd = -1,
                                     .on_done = put_done,
                                     .ctx = p});
}

static bool upload_is_right(replies_site *p)
{
    return p->done && slice_equal_str(buf_slice(&p->result), "\"w-2\"");
}

static void upload_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    if (is_create(r))
        *reply = created;
    else if (url_has(r, "PUT", "uploadId=u1"))
        *reply = part_sent;
    else if (is_complete(r))
        *reply = completed;
    else if (url_has(r, "DELETE", "uploadId="))
        reply->status = 204;
    else
        reply_head(p, reply, "6291456", "\"w-2\"", NULL);
}

/* --- the write probe --- */

static void probe_start(replies_site *p)
{
    s3_probe_write(p->s.c, "b", "k", done, p);
}

static bool probe_is_right(replies_site *p)
{
    return p->done;
}

/* --- CopyObject --- */

#define COPIED                                                                                     \
    XML "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                     \
        "<LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>\"e1\"</ETag>"                 \
        "</CopyObjectResult>"

static void copy_start(replies_site *p)
{
    s3_copy(p->s.c, &(s3_copy_options){.from_bucket = "from",
                                       .from_key = "k",
                                       .from_etag = "\"e1\"",
                                       .to_bucket = "b",
                                       .to_key = "k",
                                       .on_done = done,
                                       .ctx = p});
}

static bool copy_is_right(replies_site *p)
{
    return p->done;
}

static void copy_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    bool was_done = p->done;
    p->done |= url_has(r, "HEAD", "/from/k") != 0;
    reply_head(p, reply, SIZE, "\"e1\"", CRC);
    p->done = was_done;
}

/* --- UploadPartCopy --- */

#define PART_COPIED                                                                                \
    XML "<CopyPartResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                       \
        "<LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>\"p\"</ETag>"                  \
        "</CopyPartResult>"
#define FIVE_GIB_AND_ONE "5368709121"

static void large_copy_start(replies_site *p)
{
    s3_copy(p->s.c, &(s3_copy_options){.from_bucket = "from",
                                       .from_key = "k",
                                       .size_known = true,
                                       .size_bytes = ((uint64_t)5 << 30) + 1,
                                       .to_bucket = "b",
                                       .to_key = "k",
                                       .on_done = done,
                                       .ctx = p});
}

static void large_copy_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    static const fake_reply part = {.body = {PART_COPIED, sizeof PART_COPIED - 1}};
    static const fake_reply tags = {.body = SLICE_LIT("<Tagging><TagSet></TagSet></Tagging>")};
    if (is_create(r))
        *reply = created;
    else if (url_has(r, "PUT", "uploadId=u1"))
        *reply = part;
    else if (is_complete(r))
        *reply = completed;
    else if (url_has(r, "DELETE", "uploadId="))
        reply->status = 204;
    else if (url_has(r, "GET", "tagging"))
        *reply = tags;
    else {
        bool was_done = p->done;
        p->done = true;
        reply_head(p, reply, FIVE_GIB_AND_ONE, "\"e1\"", NULL);
        p->done = was_done;
    }
}

/* --- GetObjectTagging: its tags go into CreateMultipartUpload --- */

#define TAGS                                                                                       \
    XML "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"                      \
        "<Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>"

static bool is_tagging(const fake_request *r)
{
    return url_has(r, "GET", "tagging");
}

static bool tags_are_right(replies_site *p)
{
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        const char *tags = fake_request_header(r, "x-amz-tagging");
        if (is_create(r) && tags && strcmp(tags, "team=data") == 0)
            return true;
    }
    return false;
}

/* --- CreateBucket --- */

static const http_header bucket_headers[] = {{"Location", "/b"}, {"Content-Length", "0"}};

static bool is_bucket(const fake_request *r)
{
    return strcmp(r->method, "PUT") == 0;
}

static void bucket_start(replies_site *p)
{
    s3_create_bucket(p->s.c, "b", done, p);
}

static const operation operations[] = {
    {"PutObject",
     {.headers = put_headers, .header_count = 3},
     is_put,
     put_start,
     put_is_right,
     put_others,
     NULL},
    {"CreateMultipartUpload",
     {.body = {CREATED, sizeof CREATED - 1}},
     is_create,
     upload_start,
     upload_is_right,
     upload_others,
     NULL},
    {"CreateMultipartUpload",
     {.body = {CREATED, sizeof CREATED - 1}},
     is_create,
     probe_start,
     probe_is_right,
     upload_others,
     NULL},
    {"UploadPart",
     {.headers = part_headers, .header_count = 2},
     is_part,
     upload_start,
     upload_is_right,
     upload_others,
     NULL},
    {"CompleteMultipartUpload",
     {.body = {COMPLETED, sizeof COMPLETED - 1}},
     is_complete,
     upload_start,
     upload_is_right,
     upload_others,
     NULL},
    {"CopyObject",
     {.body = {COPIED, sizeof COPIED - 1}},
     is_put,
     copy_start,
     copy_is_right,
     copy_others,
     NULL},
    {"UploadPartCopy",
     {.body = {PART_COPIED, sizeof PART_COPIED - 1}},
     is_part,
     large_copy_start,
     copy_is_right,
     large_copy_others,
     NULL},
    {"GetObjectTagging",
     {.body = {TAGS, sizeof TAGS - 1}},
     is_tagging,
     large_copy_start,
     tags_are_right,
     large_copy_others,
     NULL},
    {"CreateBucket",
     {.headers = bucket_headers, .header_count = 2},
     is_bucket,
     bucket_start,
     copy_is_right,
     NULL,
     NULL},
};

#define ID "UploadId"

static const cell cells[] = {
    {"PutObject", MISSING, PROVEN, "ETag", "ETag is missing", NULL, NULL},
    {"PutObject", EMPTY, PROVEN, "ETag", "ETag is missing|ETag is empty", NULL, NULL},
    {"PutObject", DOUBLED, PROVEN, "ETag", "ETag occurs twice", NULL, NULL},
    {"PutObject", RECASED, RIGHT, "ETag", NULL, NULL, NULL},
    {"PutObject", MISSING, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"PutObject", EMPTY, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"PutObject", DOUBLED, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"PutObject", RECASED, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"PutObject", HTML, PROVEN, NULL, "ETag is missing", NULL, NULL},
    {"PutObject", TEXT, PROVEN, NULL, "ETag is missing", NULL, NULL},
    {"PutObject", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"PutObject", NOTHING, PROVEN, NULL, "ETag is missing", NULL, NULL},
    {"PutObject", LENGTH, RIGHT, NULL, NULL, NULL, NULL},
    {"PutObject", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"PutObject", STATUS, PROVEN, NULL, "status 202", NULL, NULL},
    {"PutObject", REPLACED, FAILS, NULL, "x-amz-checksum-crc64nvme", CRC, "AAAAAAAAAAE="},

    {"CreateMultipartUpload", MISSING, FAILS, "/" ID, "UploadId is missing", NULL, NULL},
    {"CreateMultipartUpload", EMPTY, FAILS, "/" ID, "UploadId is missing or empty", NULL, NULL},
    {"CreateMultipartUpload", DOUBLED, FAILS, "/" ID, "UploadId occurs twice", NULL, NULL},
    {"CreateMultipartUpload", RECASED, FAILS, "/" ID, "UploadId is missing", NULL, NULL},
    {"CreateMultipartUpload", MISSING, RIGHT, "/Key", NULL, NULL, NULL},
    {"CreateMultipartUpload", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateMultipartUpload", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateMultipartUpload", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"CreateMultipartUpload", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"CreateMultipartUpload", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"CreateMultipartUpload", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"CreateMultipartUpload", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"CreateMultipartUpload", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"CreateMultipartUpload", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateMultipartUpload", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"UploadPart", MISSING, FAILS, "ETag", "ETag is missing", NULL, NULL},
    {"UploadPart", EMPTY, FAILS, "ETag", "ETag is missing, empty", NULL, NULL},
    {"UploadPart", DOUBLED, FAILS, "ETag", "ETag is missing, empty or ambiguous", NULL, NULL},
    {"UploadPart", RECASED, RIGHT, "ETag", NULL, NULL, NULL},
    {"UploadPart", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"UploadPart", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"UploadPart", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"UploadPart", NOTHING, FAILS, NULL, "ETag is missing", NULL, NULL},
    {"UploadPart", LENGTH, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPart", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPart", STATUS, FAILS, NULL, "status 202", NULL, NULL},

    {"CompleteMultipartUpload", MISSING, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CompleteMultipartUpload", EMPTY, PROVEN, "/ETag", "ETag is missing or empty", NULL, NULL},
    {"CompleteMultipartUpload", DOUBLED, PROVEN, "/ETag", "ETag occurs twice", NULL, NULL},
    {"CompleteMultipartUpload", RECASED, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CompleteMultipartUpload", MISSING, RIGHT, "/Location", NULL, NULL, NULL},
    {"CompleteMultipartUpload", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"CompleteMultipartUpload", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"CompleteMultipartUpload", HTML, PROVEN, NULL, "Welcome to nginx!", NULL, NULL},
    {"CompleteMultipartUpload", TEXT, PROVEN, NULL, "upstream connect error", NULL, NULL},
    {"CompleteMultipartUpload", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"CompleteMultipartUpload", NOTHING, PROVEN, NULL, "empty", NULL, NULL},
    {"CompleteMultipartUpload", TRUNCATED, PROVEN, NULL, "not well formed", NULL, NULL},
    {"CompleteMultipartUpload", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"CompleteMultipartUpload", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"CompleteMultipartUpload", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"CompleteMultipartUpload", REPLACED, PROVEN, NULL, "another key", "<Key>k</Key>",
     "<Key>other</Key>"},

    {"CopyObject", MISSING, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CopyObject", EMPTY, PROVEN, "/ETag", "ETag is missing or empty", NULL, NULL},
    {"CopyObject", DOUBLED, PROVEN, "/ETag", "ETag occurs twice", NULL, NULL},
    {"CopyObject", RECASED, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CopyObject", MISSING, RIGHT, "/LastModified", NULL, NULL, NULL},
    {"CopyObject", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", HTML, PROVEN, NULL, "Welcome to nginx!", NULL, NULL},
    {"CopyObject", TEXT, PROVEN, NULL, "upstream connect error", NULL, NULL},
    {"CopyObject", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"CopyObject", NOTHING, PROVEN, NULL, "empty", NULL, NULL},
    {"CopyObject", TRUNCATED, PROVEN, NULL, "not well formed", NULL, NULL},
    {"CopyObject", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"CopyObject", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"UploadPartCopy", MISSING, FAILS, "/ETag", "ETag is missing", NULL, NULL},
    {"UploadPartCopy", EMPTY, FAILS, "/ETag", "ETag is missing or empty", NULL, NULL},
    {"UploadPartCopy", DOUBLED, FAILS, "/ETag", "ETag occurs twice", NULL, NULL},
    {"UploadPartCopy", RECASED, FAILS, "/ETag", "ETag is missing", NULL, NULL},
    {"UploadPartCopy", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"UploadPartCopy", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"UploadPartCopy", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"UploadPartCopy", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"UploadPartCopy", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"UploadPartCopy", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"UploadPartCopy", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"GetObjectTagging", MISSING, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", MISSING, FAILS, "/Value", "Value", NULL, NULL},
    {"GetObjectTagging", EMPTY, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", DOUBLED, FAILS, "/Key", "two Keys", NULL, NULL},
    {"GetObjectTagging", DOUBLED, FAILS, "/Value", "Key", NULL, NULL},
    {"GetObjectTagging", RECASED, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", RECASED, FAILS, "/TagSet", "TagSet", NULL, NULL},
    {"GetObjectTagging", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObjectTagging", ROOT, FAILS, NULL, "TagSet", NULL, NULL},
    {"GetObjectTagging", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"GetObjectTagging", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"GetObjectTagging", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"GetObjectTagging", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"GetObjectTagging", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"GetObjectTagging", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"GetObjectTagging", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObjectTagging", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"CreateBucket", MISSING, RIGHT, "Location", NULL, NULL, NULL},
    {"CreateBucket", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"CreateBucket", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"CreateBucket", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"CreateBucket", NOTHING, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateBucket", LENGTH, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateBucket", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"CreateBucket", STATUS, FAILS, NULL, "status 202", NULL, NULL},
};

static void false_replies_of_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
