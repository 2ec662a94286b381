/* Replies of listings that are wrong in one property. The table: docs/store-replies.md. */
#include "decon/s3/buckets.h"
#include "decon/s3/uploads.h"
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define XML   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

static void reply_text(fake_reply *reply, const char *body)
{
    *reply = (fake_reply){.status = 200, .body = slice_from(body)};
}

static bool is_result(replies_site *p, const char *expected)
{
    return slice_equal_str(buf_slice(&p->result), expected);
}

/* --- ListObjectsV2: two pages, the first one wrong --- */

#define OBJECT(key, size)                                                                          \
    "<Contents><Key>" key "</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified>"            \
    "<ETag>&quot;" key "&quot;</ETag><Size>" size "</Size></Contents>"
#define PAGE_ONE                                                                                   \
    XML "<ListBucketResult" XMLNS "><Name>b</Name><Prefix>in/</Prefix><KeyCount>2</KeyCount>"      \
        "<IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>" OBJECT( \
            "in/a", "1") OBJECT("in/b", "2") "</ListBucketResult>"
#define PAGE_TWO                                                                                   \
    XML "<ListBucketResult" XMLNS "><Name>b</Name><Prefix>in/</Prefix><KeyCount>1</KeyCount>"      \
        "<IsTruncated>false</IsTruncated>" OBJECT("in/c", "3") "</ListBucketResult>"

static bool is_page_one(const fake_request *r)
{
    return url_has(r, "GET", "list-type=2") && !strstr(r->url, "continuation-token=");
}

static bool is_page_two(const fake_request *r)
{
    return url_has(r, "GET", "continuation-token=");
}

static void list_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    UNUSED(p);
    reply_text(reply, is_page_one(r) ? PAGE_ONE : PAGE_TWO);
}

static bool on_object(void *ctx, const s3_object *o, err *e)
{
    replies_site *p = ctx;
    UNUSED(e);
    return buf_printf(&p->result, "%s:%llu:%lld ", o->key, (unsigned long long)o->size_bytes,
                      (long long)(o->last_modified_s - 1369353600));
}

static void list_start(replies_site *p)
{
    s3_list(p->s.c,
            &(s3_list_options){
                .bucket = "b", .prefix = "in/", .on_object = on_object, .on_done = done, .ctx = p});
}

static bool list_is_right(replies_site *p)
{
    return is_result(p, "in/a:1:0 in/b:2:0 in/c:3:0 ");
}

/* --- ListBuckets --- */

#define BUCKETS                                                                                    \
    XML "<ListAllMyBucketsResult" XMLNS "><Owner><ID>o</ID></Owner><Buckets>"                      \
        "<Bucket><Name>one</Name><CreationDate>2013-05-24T00:00:00.000Z</CreationDate></Bucket>"   \
        "<Bucket><Name>two</Name><CreationDate>2013-05-24T00:00:00.000Z</CreationDate></Bucket>"   \
        "</Buckets></ListAllMyBucketsResult>"

static bool is_get(const fake_request *r)
{
    return strcmp(r->method, "GET") == 0;
}

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    replies_site *p = ctx;
    UNUSED(e), UNUSED(created_s);
    return buf_printf(&p->result, "%s ", name);
}

static void buckets_start(replies_site *p)
{
    s3_list_buckets(p->s.c,
                    &(s3_list_buckets_options){.on_bucket = on_bucket, .on_done = done, .ctx = p});
}

static bool buckets_are_right(replies_site *p)
{
    return is_result(p, "one two ");
}

/* --- ListMultipartUploads --- */

#define UPLOAD(key, id)                                                                            \
    "<Upload><Key>" key "</Key><UploadId>" id "</UploadId>"                                        \
    "<Initiated>2013-05-24T00:00:00.000Z</Initiated></Upload>"
#define UPLOADS_ONE                                                                                \
    XML "<ListMultipartUploadsResult" XMLNS "><Bucket>b</Bucket><Prefix>in/</Prefix>"              \
        "<NextKeyMarker>in/b</NextKeyMarker><NextUploadIdMarker>u2</NextUploadIdMarker>"           \
        "<IsTruncated>true</IsTruncated>" UPLOAD("in/a", "u1")                                     \
            UPLOAD("in/b", "u2") "</ListMultipartUploadsResult>"
#define UPLOADS_TWO                                                                                \
    XML "<ListMultipartUploadsResult" XMLNS "><Bucket>b</Bucket><Prefix>in/</Prefix>"              \
        "<IsTruncated>false</IsTruncated>" UPLOAD("in/c", "u3") "</ListMultipartUploadsResult>"

static bool is_uploads_one(const fake_request *r)
{
    return is_get(r) && !strstr(r->url, "key-marker=");
}

static void uploads_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    UNUSED(p);
    reply_text(reply, is_uploads_one(r) ? UPLOADS_ONE : UPLOADS_TWO);
}

static bool on_upload(void *ctx, const s3_upload *u, err *e)
{
    replies_site *p = ctx;
    UNUSED(e);
    return buf_printf(&p->result, "%s:%s:%lld ", u->key, u->upload_id,
                      (long long)(u->initiated_s - 1369353600));
}

static void uploads_start(replies_site *p)
{
    s3_list_uploads(
        p->s.c,
        &(s3_list_uploads_options){
            .bucket = "b", .prefix = "in/", .on_upload = on_upload, .on_done = done, .ctx = p});
}

static bool uploads_are_right(replies_site *p)
{
    return is_result(p, "in/a:u1:0 in/b:u2:0 in/c:u3:0 ");
}

static const operation operations[] = {
    {"ListObjectsV2",
     {.body = {PAGE_ONE, sizeof PAGE_ONE - 1}},
     is_page_one,
     list_start,
     list_is_right,
     list_others,
     NULL},
    {"ListObjectsV2 (page 2)",
     {.body = {PAGE_TWO, sizeof PAGE_TWO - 1}},
     is_page_two,
     list_start,
     list_is_right,
     list_others,
     NULL},
    {"ListBuckets",
     {.body = {BUCKETS, sizeof BUCKETS - 1}},
     is_get,
     buckets_start,
     buckets_are_right,
     NULL,
     NULL},
    {"ListMultipartUploads",
     {.body = {UPLOADS_ONE, sizeof UPLOADS_ONE - 1}},
     is_uploads_one,
     uploads_start,
     uploads_are_right,
     uploads_others,
     NULL},
};

#define NEXT "NextContinuationToken"

static const cell cells[] = {
    {"ListObjectsV2", MISSING, FAILS, "/Key", "Key|key", NULL, NULL},
    {"ListObjectsV2", MISSING, FAILS, "/Size", "size", NULL, NULL},
    {"ListObjectsV2", MISSING, FAILS, "/IsTruncated", "last page", NULL, NULL},
    {"ListObjectsV2", MISSING, FAILS, "/" NEXT, "token", NULL, NULL},
    {"ListObjectsV2", MISSING, RIGHT, "/Name", NULL, NULL, NULL},
    {"ListObjectsV2", MISSING, RIGHT, "/Prefix", NULL, NULL, NULL},
    {"ListObjectsV2", EMPTY, FAILS, "/Key", "key", NULL, NULL},
    {"ListObjectsV2", EMPTY, FAILS, "/Size", "size", NULL, NULL},
    {"ListObjectsV2", EMPTY, FAILS, "/IsTruncated", "last page", NULL, NULL},
    {"ListObjectsV2", EMPTY, FAILS, "/" NEXT, "token", NULL, NULL},
    {"ListObjectsV2", EMPTY, FAILS, "/LastModified", "date", NULL, NULL},
    {"ListObjectsV2", DOUBLED, FAILS, "/Key", "Key", NULL, NULL},
    {"ListObjectsV2", DOUBLED, FAILS, "/Size", "Size", NULL, NULL},
    {"ListObjectsV2", DOUBLED, FAILS, "/IsTruncated", "IsTruncated", NULL, NULL},
    {"ListObjectsV2", DOUBLED, FAILS, "/" NEXT, NEXT, NULL, NULL},
    {"ListObjectsV2", RECASED, FAILS, "/Key", "key", NULL, NULL},
    {"ListObjectsV2", RECASED, FAILS, "/Size", "size", NULL, NULL},
    {"ListObjectsV2", RECASED, FAILS, "/IsTruncated", "last page", NULL, NULL},
    {"ListObjectsV2", RECASED, FAILS, "/" NEXT, "token", NULL, NULL},
    {"ListObjectsV2", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"ListObjectsV2", ROOT, FAILS, NULL, "last page", NULL, NULL},
    {"ListObjectsV2", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"ListObjectsV2", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"ListObjectsV2", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"ListObjectsV2", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"ListObjectsV2", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"ListObjectsV2", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"ListObjectsV2", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"ListObjectsV2", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"ListObjectsV2", REPLACED, FAILS, NULL, "prefix", "<Key>in/b</Key>", "<Key>other/b</Key>"},
    {"ListObjectsV2", REPLACED, FAILS, NULL, "order", "<Key>in/a</Key>", "<Key>in/z</Key>"},
    {"ListObjectsV2", REPLACED, FAILS, NULL, "bucket", "<Name>b</Name>", "<Name>c</Name>"},
    {"ListObjectsV2", REPLACED, FAILS, NULL, "prefix", "<Prefix>in/</Prefix>",
     "<Prefix>out/</Prefix>"},

    {"ListObjectsV2 (page 2)", REPLACED, FAILS, NULL, "order|twice|advance", "<Key>in/c</Key>",
     "<Key>in/a</Key>"},
    {"ListObjectsV2 (page 2)", REPLACED, FAILS, NULL, "token|advance",
     "<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated><" NEXT ">t1</" NEXT ">"},

    {"ListBuckets", MISSING, FAILS, "/Name", "without a name", NULL, NULL},
    {"ListBuckets", MISSING, RIGHT, "/CreationDate", NULL, NULL, NULL},
    {"ListBuckets", MISSING, FAILS, "/Buckets", "not a list of buckets", NULL, NULL},
    {"ListBuckets", EMPTY, FAILS, "/Name", "without a name", NULL, NULL},
    {"ListBuckets", EMPTY, FAILS, "/CreationDate", "date", NULL, NULL},
    {"ListBuckets", DOUBLED, FAILS, "/Name", "Name", NULL, NULL},
    {"ListBuckets", RECASED, FAILS, "/Name", "without a name", NULL, NULL},
    {"ListBuckets", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"ListBuckets", ROOT, FAILS, NULL, "not a list of buckets", NULL, NULL},
    {"ListBuckets", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"ListBuckets", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"ListBuckets", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"ListBuckets", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"ListBuckets", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"ListBuckets", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"ListBuckets", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"ListBuckets", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"ListBuckets", REPLACED, FAILS, NULL, "token", "</Buckets>",
     "</Buckets><ContinuationToken>t</ContinuationToken>"},

    {"ListMultipartUploads", MISSING, FAILS, "/Key", "key", NULL, NULL},
    {"ListMultipartUploads", MISSING, FAILS, "/UploadId", "id", NULL, NULL},
    {"ListMultipartUploads", MISSING, FAILS, "/Initiated", "Initiated", NULL, NULL},
    {"ListMultipartUploads", MISSING, FAILS, "/IsTruncated", "last page", NULL, NULL},
    {"ListMultipartUploads", MISSING, FAILS, "/NextKeyMarker", "token|marker|from where", NULL,
     NULL},
    {"ListMultipartUploads", EMPTY, FAILS, "/Key", "key|prefix", NULL, NULL},
    {"ListMultipartUploads", EMPTY, FAILS, "/UploadId", "id", NULL, NULL},
    {"ListMultipartUploads", EMPTY, FAILS, "/Initiated", "date|Initiated", NULL, NULL},
    {"ListMultipartUploads", DOUBLED, FAILS, "/Key", "Key", NULL, NULL},
    {"ListMultipartUploads", DOUBLED, FAILS, "/UploadId", "UploadId", NULL, NULL},
    {"ListMultipartUploads", RECASED, FAILS, "/Key", "key", NULL, NULL},
    {"ListMultipartUploads", RECASED, FAILS, "/Initiated", "Initiated", NULL, NULL},
    {"ListMultipartUploads", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"ListMultipartUploads", ROOT, FAILS, NULL, "last page", NULL, NULL},
    {"ListMultipartUploads", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"ListMultipartUploads", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"ListMultipartUploads", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"ListMultipartUploads", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"ListMultipartUploads", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"ListMultipartUploads", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"ListMultipartUploads", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"ListMultipartUploads", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"ListMultipartUploads", REPLACED, FAILS, NULL, "prefix", "<Key>in/b</Key>",
     "<Key>other/b</Key>"},
    {"ListMultipartUploads", REPLACED, FAILS, NULL, "bucket", "<Bucket>b</Bucket>",
     "<Bucket>c</Bucket>"},
};

static void false_replies_of_listings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_listings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
