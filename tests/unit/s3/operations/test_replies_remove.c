/* Replies of removals that are wrong in one property. The table: docs/store-replies.md. */
#include "decon/s3/buckets.h"
#include "decon/s3/delete_many.h"
#include "decon/s3/uploads.h"
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

static bool is_done(replies_site *p)
{
    return p->done;
}

/* --- DeleteObject --- */

static bool is_delete(const fake_request *r)
{
    return url_has(r, "DELETE", "/b/k");
}

static void delete_start(replies_site *p)
{
    s3_delete(p->s.c, "b", "k", done, p);
}

static void delete_if_start(replies_site *p)
{
    s3_delete_if(p->s.c, "b", "k", "\"e1\"", S3_SIZE_UNKNOWN, done, p);
}

static void head_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    assert_string_equal(r->method, "HEAD");
    p->headers[0] = (http_header){"Content-Length", "3"};
    p->headers[1] = (http_header){"ETag", "\"e1\""};
    reply->status = p->done ? 404 : 200;
    reply->headers = p->headers;
    reply->header_count = 2;
}

/* --- DeleteObjects: of two keys the store always removes a --- */

#define DELETED                                                                                    \
    XML "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                         \
        "<Deleted><Key>b/1</Key></Deleted><Deleted><Key>a</Key></Deleted></DeleteResult>"

static bool is_delete_many(const fake_request *r)
{
    return url_has(r, "POST", "delete=");
}

static void on_key_error(void *ctx, const char *key, const char *version, const err *e)
{
    replies_site *p = ctx;
    UNUSED(key), UNUSED(version);
    p->s.error = *e;
}

static void many_done(void *ctx, size_t left, const err *e)
{
    replies_site *p = ctx;
    UNUSED(left);
    err key_error = p->s.error;
    site_done(&p->s, e ? e : err_is_set(&key_error) ? &key_error : NULL);
}

static void many_start(replies_site *p)
{
    static const char *const keys[] = {"a", "b/1"};
    s3_delete_many(p->s.c, &(s3_delete_many_options){.bucket = "b",
                                                     .keys = keys,
                                                     .key_count = 2,
                                                     .on_key_error = on_key_error,
                                                     .on_done = many_done,
                                                     .ctx = p});
}

/* Keys that are removed one by one. */
static void many_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    assert_string_equal(r->method, "DELETE");
    reply->status = 204;
    p->done = true;
}

/* --- DeleteBucket, AbortMultipartUpload --- */

static bool is_any_delete(const fake_request *r)
{
    return strcmp(r->method, "DELETE") == 0;
}

static void bucket_start(replies_site *p)
{
    s3_delete_bucket(p->s.c, "b", done, p);
}

static void abort_start(replies_site *p)
{
    s3_abort_upload(p->s.c, "b", "k", "u1", done, p);
}

static const operation operations[] = {
    {"DeleteObject", {.status = 204}, is_delete, delete_start, is_done, head_others, NULL},
    {"DeleteObject", {.status = 204}, is_delete, delete_if_start, is_done, head_others, NULL},
    {"DeleteObjects",
     {.body = {DELETED, sizeof DELETED - 1}},
     is_delete_many,
     many_start,
     is_done,
     many_others,
     NULL},
    {"DeleteBucket", {.status = 204}, is_any_delete, bucket_start, is_done, NULL, NULL},
    {"AbortMultipartUpload", {.status = 204}, is_any_delete, abort_start, is_done, NULL, NULL},
};

static const cell cells[] = {
    {"DeleteObject", HTML, PROVEN, NULL, "Welcome to nginx!", NULL, NULL},
    {"DeleteObject", TEXT, PROVEN, NULL, "upstream connect error", NULL, NULL},
    {"DeleteObject", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"DeleteObject", NOTHING, PROVEN, NULL, "status 200 instead of 204", NULL, NULL},
    {"DeleteObject", STATUS, PROVEN, NULL, "status 202", NULL, NULL},
    {"DeleteObject", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"DeleteObjects", MISSING, RIGHT, "/Deleted", NULL, NULL, NULL},
    {"DeleteObjects", MISSING, FAILS, "/Key", "names a key that was not requested", NULL, NULL},
    {"DeleteObjects", EMPTY, FAILS, "/Key", "names a key that was not requested", NULL, NULL},
    {"DeleteObjects", EMPTY, FAILS, "/Deleted", "names a key that was not requested", NULL, NULL},
    {"DeleteObjects", DOUBLED, RIGHT, "/Key", NULL, NULL, NULL},
    {"DeleteObjects", RECASED, FAILS, "/Key", "names a key that was not requested", NULL, NULL},
    {"DeleteObjects", RECASED, RIGHT, "/Deleted", NULL, NULL, NULL},
    {"DeleteObjects", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"DeleteObjects", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"DeleteObjects", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"DeleteObjects", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"DeleteObjects", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"DeleteObjects", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"DeleteObjects", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"DeleteObjects", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"DeleteObjects", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"DeleteObjects", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"DeleteObjects", REPLACED, FAILS, NULL, "names a key that was not requested (other/1)",
     "<Key>b/1</Key>", "<Key>other/1</Key>"},
    {"DeleteObjects", REPLACED, RIGHT, NULL, NULL, "<Key>b/1</Key>", "<Key>a</Key>"},

    {"DeleteBucket", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"DeleteBucket", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"DeleteBucket", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"DeleteBucket", NOTHING, RIGHT, NULL, NULL, NULL, NULL},
    {"DeleteBucket", STATUS, FAILS, NULL, "status 202", NULL, NULL},
    {"DeleteBucket", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"AbortMultipartUpload", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"AbortMultipartUpload", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"AbortMultipartUpload", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"AbortMultipartUpload", NOTHING, FAILS, NULL, "status 200 instead of 204", NULL, NULL},
    {"AbortMultipartUpload", STATUS, FAILS, NULL, "status 202", NULL, NULL},
    {"AbortMultipartUpload", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
};

static void false_replies_of_removals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_removals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
