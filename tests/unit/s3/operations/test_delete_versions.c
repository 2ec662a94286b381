/* Versions that are deleted permanently: by DeleteObjects, and by DeleteObject. */
#include "decon/s3/delete_many.h"

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL           "http://store/b?delete="
#define GONE(key, id) "<Deleted><Key>" key "</Key><VersionId>" id "</VersionId></Deleted>"
#define FAILED(key, id, code)                                                                      \
    "<Error><Key>" key "</Key><VersionId>" id "</VersionId><Code>" code                            \
    "</Code><Message>words.</Message></Error>"
#define RESULT(inner) "<DeleteResult>" inner "</DeleteResult>"

typedef struct removal {
    site s;
    buf reported; /* "key@version:CODE " */
} removal;

static void on_key_error(void *ctx, const char *key, const char *version, const err *e)
{
    removal *r = ctx;
    buf_printf(&r->reported, "%s@%s:%s ", key, version ? version : "", err_code_name(e->code));
}

static void on_done(void *ctx, size_t left, const err *e)
{
    removal *r = ctx;
    UNUSED(left);
    site_done(&r->s, e);
}

static void open_removal(removal *r)
{
    *r = (removal){0};
    site_open(&r->s, (s3_config){.max_attempts = 3});
    buf_init(&r->reported, 4096);
}

static void close_removal(removal *r)
{
    buf_deinit(&r->reported);
    site_close(&r->s);
}

static const char *const keys[] = {"a", "a", "b"};
static const char *const ids[] = {"1", "2&", NULL};

static err_code delete_them(removal *r)
{
    s3_delete_many(r->s.c, &(s3_delete_many_options){.bucket = "b",
                                                     .keys = keys,
                                                     .version_ids = ids,
                                                     .key_count = 3,
                                                     .on_key_error = on_key_error,
                                                     .on_done = on_done,
                                                     .ctx = r});
    return site_end(&r->s);
}

static void versions_are_named_in_the_request(void **state)
{
    static const char body[] =
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>false</Quiet>"
        "<Object><Key>a</Key><VersionId>1</VersionId></Object>"
        "<Object><Key>a</Key><VersionId>2&amp;</VersionId></Object>"
        "<Object><Key>b</Key></Object></Delete>";
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200,
                RESULT(GONE("a", "2&amp;") GONE("a", "1") "<Deleted><Key>b</Key></Deleted>"));
    assert_int_equal(delete_them(&r), ERR_NONE);
    assert_string_equal(buf_str(&r.reported), "");
    slice sent = fake_request_at(r.s.f, 0)->body;
    assert_int_equal(sent.len, strlen(body));
    assert_memory_equal(sent.data, body, sent.len);
    close_removal(&r);
}

static void the_version_that_failed_is_named(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200,
                RESULT(GONE("a", "1") FAILED("a", "2&amp;", "AccessDenied")
                           FAILED("b", "", "AccessDenied")));
    assert_int_equal(delete_them(&r), ERR_NONE);
    assert_string_equal(buf_str(&r.reported), "a@2&:S3_ACCESS b@:S3_ACCESS ");
    close_removal(&r);
}

static void a_version_that_the_reply_does_not_name_is_deleted_alone(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a", "1") "<Deleted><Key>b</Key></Deleted>"));
    site_expect(&r.s, "DELETE", "http://store/b/a?versionId=2%26", 204, "");
    assert_int_equal(delete_them(&r), ERR_NONE);
    assert_string_equal(buf_str(&r.reported), "");
    close_removal(&r);
}

static void a_reply_without_versions_goes_by_the_order(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200,
                RESULT("<Deleted><Key>a</Key></Deleted><Deleted><Key>a</Key></Deleted>"
                       "<Deleted><Key>b</Key></Deleted>"));
    assert_int_equal(delete_them(&r), ERR_NONE);
    close_removal(&r);
}

static void another_version_in_the_reply_is_refused(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a", "3")));
    assert_int_equal(delete_them(&r), ERR_S3_REPLY);
    assert_non_null(strstr(r.s.error.message, "a key that was not requested"));
    close_removal(&r);
}

static void one_version_by_delete_object(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "DELETE", "http://store/b/k?versionId=v%2F1", 204, "");
    s3_delete_version(r.s.c, "b", "k", "v/1", site_done, &r.s);
    assert_int_equal(site_end(&r.s), ERR_NONE);
    /* A reply that proves nothing: HeadObject of the same version. */
    site_expect(&r.s, "DELETE", "http://store/b/k?versionId=1", 200, "<html>x</html>");
    site_expect(&r.s, "HEAD", "http://store/b/k?versionId=1", 404, "");
    s3_delete_version(r.s.c, "b", "k", "1", site_done, &r.s);
    assert_int_equal(site_end(&r.s), ERR_NONE);
    close_removal(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_named_in_the_request),
        cmocka_unit_test(the_version_that_failed_is_named),
        cmocka_unit_test(a_version_that_the_reply_does_not_name_is_deleted_alone),
        cmocka_unit_test(a_reply_without_versions_goes_by_the_order),
        cmocka_unit_test(another_version_in_the_reply_is_refused),
        cmocka_unit_test(one_version_by_delete_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
