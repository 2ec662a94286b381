/* Replies of changes of tags and versioning that are wrong in one property. The table:
 * docs/store-replies.md. */
#include "decon/s3/buckets.h"
#include "decon/s3/tags.h"
#include "base/util.h"
#include "tests/unit/s3/client/replies_site.h"

#define ENABLED                                                                                    \
    "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                  \
    "<Status>Enabled</Status></VersioningConfiguration>"

static void done(void *ctx, const err *e)
{
    replies_site *p = ctx;
    site_done(&p->s, e);
}

static bool is_done(replies_site *p)
{
    return p->done;
}

static bool is_put(const fake_request *r)
{
    return strcmp(r->method, "PUT") == 0;
}

static bool is_delete(const fake_request *r)
{
    return strcmp(r->method, "DELETE") == 0;
}

static void retag_start(replies_site *p)
{
    static const s3_tag tags[] = {{(char *)"a", (char *)"b"}};
    s3_set_tags(p->s.c, "b", "k", NULL, tags, 1, done, p);
}

static void untag_start(replies_site *p)
{
    s3_set_tags(p->s.c, "b", "k", NULL, NULL, 0, done, p);
}

static void set_start(replies_site *p)
{
    s3_set_versioning(p->s.c, "b", S3_VERSIONING_ENABLED, done, p);
}

static void on_state(void *ctx, s3_versioning state, const err *e)
{
    replies_site *p = ctx;
    buf_append_str(&p->result, state == S3_VERSIONING_ENABLED ? "enabled" : "other");
    site_done(&p->s, e);
}

static bool is_get(const fake_request *r)
{
    return url_has(r, "GET", "versioning=");
}

static void get_start(replies_site *p)
{
    s3_get_versioning(p->s.c, "b", on_state, p);
}

static bool is_enabled(replies_site *p)
{
    return slice_equal_str(buf_slice(&p->result), "enabled");
}

static const operation operations[] = {
    {"PutObjectTagging", {.status = 200}, is_put, retag_start, is_done, NULL, NULL},
    {"DeleteObjectTagging", {.status = 204}, is_delete, untag_start, is_done, NULL, NULL},
    {"PutBucketVersioning", {.status = 200}, is_put, set_start, is_done, NULL, NULL},
    {"GetBucketVersioning",
     {.body = {ENABLED, sizeof ENABLED - 1}},
     is_get,
     get_start,
     is_enabled,
     NULL,
     NULL},
};

static const cell cells[] = {
    {"PutObjectTagging", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"PutObjectTagging", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"PutObjectTagging", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"PutObjectTagging", NOTHING, RIGHT, NULL, NULL, NULL, NULL},
    {"PutObjectTagging", STATUS, FAILS, NULL, "status 202", NULL, NULL},
    {"PutObjectTagging", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"DeleteObjectTagging", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"DeleteObjectTagging", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"DeleteObjectTagging", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"DeleteObjectTagging", NOTHING, RIGHT, NULL, NULL, NULL, NULL},
    {"DeleteObjectTagging", STATUS, FAILS, NULL, "status 202", NULL, NULL},
    {"DeleteObjectTagging", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"PutBucketVersioning", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"PutBucketVersioning", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"PutBucketVersioning", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"PutBucketVersioning", NOTHING, RIGHT, NULL, NULL, NULL, NULL},
    {"PutBucketVersioning", STATUS, FAILS, NULL, "status 202", NULL, NULL},
    {"PutBucketVersioning", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},

    {"GetBucketVersioning", EMPTY, FAILS, "/Status", "Status", NULL, NULL},
    {"GetBucketVersioning", DOUBLED, FAILS, "/Status", "Status", NULL, NULL},
    {"GetBucketVersioning", RECASED, FAILS, "/Status", "Status", NULL, NULL},
    {"GetBucketVersioning", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"GetBucketVersioning", ROOT, FAILS, NULL, "VersioningConfiguration", NULL, NULL},
    {"GetBucketVersioning", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"GetBucketVersioning", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"GetBucketVersioning", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"GetBucketVersioning", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"GetBucketVersioning", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"GetBucketVersioning", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"GetBucketVersioning", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetBucketVersioning", STATUS, FAILS, NULL, "202", NULL, NULL},
};

static void false_replies_of_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
