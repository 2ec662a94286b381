/* Replies of writes that are wrong in one property. The table: docs/store-replies.md. */
#include "tests/unit/s3/put/replies_write_site.h"

#define BYTES "Welcome to Amazon S3."
#define MIB   ((size_t)1024 * 1024)

static void put_done(void *ctx, const s3_put_result *result, const err *e)
{
    replies_site *p = ctx;
    if (result)
        buf_append_str(&p->result, result->etag ? result->etag : "no ETag");
    site_done(&p->s, e);
}

/* --- PutObject --- */

static const http_header put_headers[] = {
    {"ETag", "\"e1\""}, {"x-amz-checksum-crc64nvme", CRC}, {"Content-Length", "0"}};

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

static const http_header part_headers[] = {{"ETag", "\"p\""}, {"Content-Length", "0"}};
static const fake_reply part_sent = {.headers = part_headers, .header_count = 2};

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
