/* Replies of ListObjectVersions that are wrong in one property. The table: docs/store-replies.md. */
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define XML   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define DATE  "<LastModified>2013-05-24T00:00:00.000Z</LastModified>"
#define VERSION(key, id, size)                                                                     \
    "<Version><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>true</IsLatest>" DATE       \
    "<ETag>&quot;e&quot;</ETag><Size>" size "</Size></Version>"
#define MARKER(key, id)                                                                            \
    "<DeleteMarker><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>true</IsLatest>" DATE  \
    "</DeleteMarker>"
#define PAGE_ONE                                                                                   \
    XML "<ListVersionsResult" XMLNS "><Name>b</Name><Prefix>in/</Prefix>"                          \
        "<IsTruncated>true</IsTruncated><NextKeyMarker>in/b</NextKeyMarker>"                       \
        "<NextVersionIdMarker>2</NextVersionIdMarker>" VERSION("in/a", "1", "1")                   \
            VERSION("in/b", "2", "2") "</ListVersionsResult>"
#define PAGE_TWO                                                                                   \
    XML "<ListVersionsResult" XMLNS "><Name>b</Name><Prefix>in/</Prefix>"                          \
        "<IsTruncated>false</IsTruncated>" MARKER("in/c", "3") "</ListVersionsResult>"

static bool is_page_one(const fake_request *r)
{
    return url_has(r, "GET", "versions=") && !strstr(r->url, "key-marker=");
}

static void others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    UNUSED(p);
    *reply = (fake_reply){.status = 200, .body = slice_from(is_page_one(r) ? PAGE_ONE : PAGE_TWO)};
}

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

static bool on_object(void *ctx, const s3_object *o, err *e)
{
    replies_site *p = ctx;
    UNUSED(e);
    return buf_printf(&p->result, "%s:%s:%llu ", o->key, o->version_id,
                      (unsigned long long)o->size_bytes);
}

static void start(replies_site *p)
{
    s3_list(p->s.c, &(s3_list_options){.bucket = "b",
                                       .prefix = "in/",
                                       .all_versions = true,
                                       .on_object = on_object,
                                       .on_done = done,
                                       .ctx = p});
}

static bool is_right(replies_site *p)
{
    return slice_equal_str(buf_slice(&p->result), "in/a:1:1 in/b:2:2 in/c:3:0 ");
}

static const operation versions = {"ListObjectVersions",
                                   {.body = {PAGE_ONE, sizeof PAGE_ONE - 1}},
                                   is_page_one,
                                   start,
                                   is_right,
                                   others,
                                   NULL};

#define NEXT "NextKeyMarker"

static const cell cells[] = {
    {"ListObjectVersions", MISSING, FAILS, "/Key", "Key|key", NULL, NULL},
    {"ListObjectVersions", MISSING, FAILS, "/VersionId", "VersionId", NULL, NULL},
    {"ListObjectVersions", MISSING, FAILS, "/Size", "size", NULL, NULL},
    {"ListObjectVersions", MISSING, FAILS, "/IsTruncated", "last page", NULL, NULL},
    {"ListObjectVersions", MISSING, FAILS, "/" NEXT, "token", NULL, NULL},
    {"ListObjectVersions", MISSING, FAILS, "/NextVersionIdMarker", "NextVersionIdMarker", NULL,
     NULL},
    {"ListObjectVersions", MISSING, RIGHT, "/IsLatest", NULL, NULL, NULL},
    {"ListObjectVersions", MISSING, RIGHT, "/Name", NULL, NULL, NULL},
    {"ListObjectVersions", EMPTY, FAILS, "/Key", "key", NULL, NULL},
    {"ListObjectVersions", EMPTY, FAILS, "/VersionId", "VersionId", NULL, NULL},
    {"ListObjectVersions", EMPTY, FAILS, "/NextVersionIdMarker", "NextVersionIdMarker", NULL, NULL},
    {"ListObjectVersions", EMPTY, FAILS, "/LastModified", "date", NULL, NULL},
    {"ListObjectVersions", EMPTY, RIGHT, "/IsLatest", NULL, NULL, NULL},
    {"ListObjectVersions", DOUBLED, FAILS, "/Key", "Key", NULL, NULL},
    {"ListObjectVersions", DOUBLED, FAILS, "/VersionId", "VersionId", NULL, NULL},
    {"ListObjectVersions", DOUBLED, FAILS, "/" NEXT, NEXT, NULL, NULL},
    {"ListObjectVersions", RECASED, FAILS, "/Key", "key", NULL, NULL},
    {"ListObjectVersions", RECASED, FAILS, "/VersionId", "VersionId", NULL, NULL},
    {"ListObjectVersions", RECASED, RIGHT, "/IsLatest", NULL, NULL, NULL},
    {"ListObjectVersions", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"ListObjectVersions", ROOT, FAILS, NULL, "last page", NULL, NULL},
    {"ListObjectVersions", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"ListObjectVersions", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"ListObjectVersions", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"ListObjectVersions", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"ListObjectVersions", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"ListObjectVersions", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"ListObjectVersions", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"ListObjectVersions", STATUS, FAILS, NULL, "202", NULL, NULL},
    {"ListObjectVersions", REPLACED, FAILS, NULL, "prefix", "<Key>in/b</Key>",
     "<Key>other/b</Key>"},
    {"ListObjectVersions", REPLACED, FAILS, NULL, "order", "<Key>in/a</Key>", "<Key>in/z</Key>"},
    {"ListObjectVersions", REPLACED, FAILS, NULL, "bucket", "<Name>b</Name>", "<Name>c</Name>"},
};

static void false_replies_of_listings_of_versions(void **state)
{
    (void)state;
    run_cells(&versions, cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_listings_of_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
