/* Replies of HeadObject, HeadBucket and GetObject that are wrong in one property. The table:
 * docs/store-replies.md. */
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define BYTES "Welcome to Amazon S3."
#define SIZE  "21"
#define DATE  "Fri, 24 May 2013 00:00:00 GMT"

/* --- HeadObject --- */

static const http_header head_headers[] = {{"Content-Length", SIZE},
                                           {"ETag", "\"e1\""},
                                           {"Last-Modified", DATE},
                                           {"Content-Type", "text/plain"}};

static bool is_head(const fake_request *r)
{
    return strcmp(r->method, "HEAD") == 0;
}

static void head_done(void *ctx, const s3_object *o, const err *e)
{
    replies_site *p = ctx;
    if (o)
        buf_printf(&p->result, "%llu %s", (unsigned long long)o->size_bytes,
                   o->etag ? o->etag : "-");
    site_done(&p->s, e);
}

static void head_start(replies_site *p)
{
    s3_head(p->s.c, "b", "k", head_done, p);
}

/* The ETag is an optional member of s3_object: without it nothing is pinned. */
static bool head_is_right(replies_site *p)
{
    return slice_equal_str(buf_slice(&p->result), SIZE " \"e1\"") ||
           slice_equal_str(buf_slice(&p->result), SIZE " -");
}

static void bucket_start(replies_site *p)
{
    s3_head_bucket(p->s.c, "b", site_done, &p->s);
}

static bool always(replies_site *p)
{
    UNUSED(p);
    return true;
}

/* --- GetObject --- */

static const http_header get_headers[] = {{"Content-Length", SIZE},
                                          {"ETag", "\"e1\""},
                                          {"Last-Modified", DATE},
                                          {"Accept-Ranges", "bytes"},
                                          {"x-amz-checksum-crc64nvme", "tPfi9Kicx+M="}};

static bool is_get(const fake_request *r)
{
    return strcmp(r->method, "GET") == 0;
}

static void get_done(void *ctx, const s3_get_result *result, const err *e)
{
    replies_site *p = ctx;
    UNUSED(result);
    site_done(&p->s, e);
}

static bool on_data(void *ctx, slice data, err *e)
{
    replies_site *p = ctx;
    UNUSED(e);
    buf_append_slice(&p->result, data);
    return true;
}

static void on_restart(void *ctx)
{
    replies_site *p = ctx;
    buf_clear(&p->result);
}

static void get_begin(replies_site *p, bool listed)
{
    s3_get(p->s.c, &(s3_get_options){.bucket = "b",
                                     .key = "k",
                                     .etag = listed ? "\"e1\"" : NULL,
                                     .size_known = listed,
                                     .size_bytes = listed ? 21 : 0,
                                     .fd = -1,
                                     .on_data = on_data,
                                     .on_restart = on_restart,
                                     .on_done = get_done,
                                     .ctx = p});
}

static void get_start(replies_site *p)
{
    get_begin(p, false);
}

static void get_listed_start(replies_site *p)
{
    get_begin(p, true);
}

static bool get_is_right(replies_site *p)
{
    return slice_equal_str(buf_slice(&p->result), BYTES);
}

static void get_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    UNUSED(p);
    assert_string_equal(r->method, "HEAD");
    *reply = (fake_reply){.headers = head_headers, .header_count = 4};
}

/* --- GetObject with Range: the second half of an object that broke off in the middle --- */

static const http_header range_headers[] = {{"Content-Length", "11"},
                                            {"Content-Range", "bytes 10-20/21"},
                                            {"ETag", "\"e1\""},
                                            {"Last-Modified", DATE}};

static bool is_range(const fake_request *r)
{
    return is_get(r) && fake_request_header(r, "Range") != NULL;
}

static void range_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    if (is_head(r)) {
        get_others(p, r, reply);
        return;
    }
    *reply = (fake_reply){.status = 200,
                          .headers = get_headers,
                          .header_count = 4,
                          .body = {BYTES, 10},
                          .error = ERR_TRUNCATED};
}

static const operation operations[] = {
    {"HeadObject",
     {.headers = head_headers, .header_count = 4},
     is_head,
     head_start,
     head_is_right,
     NULL,
     NULL},
    {"HeadBucket", {.status = 200}, is_head, bucket_start, always, NULL, NULL},
    {"GetObject",
     {.headers = get_headers, .header_count = 5, .body = SLICE_LIT(BYTES)},
     is_get,
     get_start,
     get_is_right,
     get_others,
     NULL},
    {"GetObject (listed)",
     {.headers = get_headers, .header_count = 5, .body = SLICE_LIT(BYTES)},
     is_get,
     get_listed_start,
     get_is_right,
     get_others,
     NULL},
    {"GetObject (Range)",
     {.status = 206, .headers = range_headers, .header_count = 4, .body = {&BYTES[10], 11}},
     is_range,
     get_listed_start,
     get_is_right,
     range_others,
     NULL},
};

static const cell cells[] = {
    {"HeadObject", MISSING, FAILS, "Content-Length", "Content-Length is missing", NULL, NULL},
    {"HeadObject", EMPTY, FAILS, "Content-Length", "Content-Length is missing", NULL, NULL},
    {"HeadObject", DOUBLED, FAILS, "Content-Length", "Content-Length occurs twice", NULL, NULL},
    {"HeadObject", RECASED, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"HeadObject", MISSING, RIGHT, "ETag", NULL, NULL, NULL},
    {"HeadObject", EMPTY, RIGHT, "ETag", NULL, NULL, NULL},
    {"HeadObject", DOUBLED, FAILS, "ETag", "ETag occurs twice", NULL, NULL},
    {"HeadObject", RECASED, RIGHT, "ETag", NULL, NULL, NULL},
    {"HeadObject", MISSING, RIGHT, "Last-Modified", NULL, NULL, NULL},
    {"HeadObject", NOTHING, FAILS, NULL, "Content-Length is missing", NULL, NULL},
    {"HeadObject", CHUNKED, FAILS, NULL, "Content-Length is missing", NULL, NULL},
    {"HeadObject", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"HeadBucket", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"GetObject", MISSING, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"GetObject", EMPTY, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"GetObject", DOUBLED, FAILS, "Content-Length", "Content-Length occurs twice", NULL, NULL},
    {"GetObject", RECASED, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"GetObject", MISSING, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject", EMPTY, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject", DOUBLED, FAILS, "ETag", "ETag occurs twice", NULL, NULL},
    {"GetObject", RECASED, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject", MISSING, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"GetObject", EMPTY, RIGHT, "x-amz-checksum-crc64nvme", NULL, NULL, NULL},
    {"GetObject", HTML, FAILS, NULL, "neither ETag nor Last-Modified", NULL, NULL},
    {"GetObject", TEXT, FAILS, NULL, "neither ETag nor Last-Modified", NULL, NULL},
    {"GetObject", ERROR, FAILS, NULL, "neither ETag nor Last-Modified", NULL, NULL},
    {"GetObject", NOTHING, FAILS, NULL, "neither ETag nor Last-Modified", NULL, NULL},
    {"GetObject", TRUNCATED, FAILS, NULL, "of 21 bytes", NULL, NULL},
    {"GetObject", LENGTH, FAILS, NULL, "ended early|bytes", NULL, NULL},
    {"GetObject", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObject", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"GetObject", REPLACED, FAILS, NULL, "CRC64NVME", "Amazon", "amazon"},

    {"GetObject (listed)", MISSING, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"GetObject (listed)", MISSING, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject (listed)", EMPTY, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject (listed)", DOUBLED, FAILS, "ETag", "ETag occurs twice", NULL, NULL},
    {"GetObject (listed)", RECASED, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject (listed)", HTML, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (listed)", TEXT, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (listed)", ERROR, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (listed)", NOTHING, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (listed)", TRUNCATED, FAILS, NULL, "of 21 bytes|not 21|bytes", NULL, NULL},
    {"GetObject (listed)", LENGTH, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (listed)", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObject (listed)", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"GetObject (listed)", REPLACED, FAILS, NULL, "was replaced", "\"e1\"", "\"e2\""},

    {"GetObject (Range)", MISSING, FAILS, "Content-Range", "Content-Range is missing", NULL, NULL},
    {"GetObject (Range)", EMPTY, FAILS, "Content-Range", "Content-Range is missing", NULL, NULL},
    {"GetObject (Range)", RECASED, RIGHT, "Content-Range", NULL, NULL, NULL},
    {"GetObject (Range)", DOUBLED, FAILS, "Content-Range", "Content-Range occurs twice", NULL,
     NULL},
    {"GetObject (Range)", MISSING, RIGHT, "ETag", NULL, NULL, NULL},
    {"GetObject (Range)", MISSING, RIGHT, "Content-Length", NULL, NULL, NULL},
    {"GetObject (Range)", HTML, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (Range)", TEXT, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (Range)", ERROR, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (Range)", LENGTH, FAILS, NULL, "another range than", NULL, NULL},
    {"GetObject (Range)", NOTHING, FAILS, NULL, "expected 21", NULL, NULL},
    {"GetObject (Range)", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"GetObject (Range)", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObject (Range)", TRUNCATED, FAILS, NULL, "another range than|received", NULL, NULL},
    {"GetObject (Range)", REPLACED, FAILS, NULL, "bytes 0-10/21", "bytes 10-20/21",
     "bytes 0-10/21"},
    {"GetObject (Range)", REPLACED, FAILS, NULL, "expected 21", "bytes 10-20/21", "bytes 10-20/22"},
    {"GetObject (Range)", REPLACED, FAILS, NULL, "was replaced", "\"e1\"", "\"e2\""},
};

static void false_replies_of_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
