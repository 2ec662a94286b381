/* Removal of one version, and of no other. */
#include "tests/unit/s3/site.h"

#define URL "http://store/b/k"
#define AWS "https://s3.us-east-1.amazonaws.com/b/k"

static void remove_e1(site *s)
{
    s3_delete_if(s->c, "b", "k", "\"e1\"", S3_SIZE_UNKNOWN, site_done, s);
}

static void expect_head(site *s, const char *url, int status, const char *etag)
{
    const http_header header = {"ETag", etag};
    const http_header both[] = {header, {"Content-Length", "3"}};
    fake_expect(s->f,
                &(fake_rule){.method = "HEAD",
                             .url = url,
                             .reply = {.status = status, .headers = both, .header_count = 2}});
}

static void expect_witness(site *s, const char *etag)
{
    const http_header header = {"ETag", etag};
    fake_expect(
        s->f,
        &(fake_rule){.method = "GET",
                     .url = URL,
                     .reply = {.headers = &header, .header_count = 1, .body = SLICE_LIT("bytes")}});
}

/* Stores may ignore If-Match: HeadObject is sent first. */
static void the_current_version_is_removed(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 204, "");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 1, "If-Match"), "\"e1\"");
    site_close(&s);
}

static void another_version_stays(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 200, "\"e2\"");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    assert_non_null(strstr(s.error.message, "s3://b/k: HeadObject: the object was replaced"));
    assert_int_equal(fake_request_count(s.f), 1);
    site_close(&s);
}

/* A reply to GetObject with the right ETag and other bytes. */
static void an_object_of_another_size_stays(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 200, "\"e1\""); /* of 3 bytes */
    s3_delete_if(s.c, "b", "k", "\"e1\"", 41, site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    assert_non_null(strstr(s.error.message, "has 3 bytes, but 41 were received"));
    assert_int_equal(fake_request_count(s.f), 1);
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 204, "");
    s3_delete_if(s.c, "b", "k", "\"e1\"", 3, site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void an_object_written_meanwhile_stays(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    expect_witness(&s, "\"e2\"");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    site_close(&s);
}

/* The store returns this ETag, but refuses it in If-Match: learnt once. */
static void a_store_whose_if_match_never_fits_is_asked_without(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    expect_witness(&s, "\"e1\"");
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            expect_head(&s, URL, 200, "\"e1\"");
        site_expect(&s, "DELETE", URL, 204, "");
        remove_e1(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
    }
    assert_null(site_sent_header(&s, 3, "If-Match"));
    assert_null(site_sent_header(&s, 5, "If-Match"));
    site_close(&s);
}

static void an_absent_object_is_success(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s, URL, 404, "-");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void aws_is_asked_once(void **state)
{
    static const char *const env[] = {"AWS_ACCESS_KEY_ID", KEY_ID, "AWS_SECRET_ACCESS_KEY", SECRET,
                                      NULL};
    site s;
    err e = ERR_INIT;
    (void)state;
    site_env = env;
    s = (site){.f = fake_new()};
    s.c = s3_client_new(fake_transport_base(s.f), &(s3_config){.getenv_fn = site_getenv}, &e);
    assert_non_null(s.c);
    site_expect(&s, "DELETE", AWS, 204, "");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "If-Match"), "\"e1\"");
    site_close(&s);
}

/* The first attempt removed it, but its reply was lost: the second is refused, and the object is
 * gone. */
static void a_lost_reply_is_no_refusal(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 3});
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect_error(&s, ERR_NET);
    site_expect(&s, "DELETE", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    expect_head(&s, URL, 404, "-");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

/* Even with the same bytes: it was written since. */
static void an_object_written_after_a_lost_reply_stays(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 3});
    expect_head(&s, URL, 200, "\"e1\"");
    site_expect_error(&s, ERR_NET);
    site_expect(&s, "DELETE", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    expect_head(&s, URL, 200, "\"e2\"");
    remove_e1(&s);
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    site_close(&s);
}

static void a_store_that_refuses_the_header_is_not_asked_again(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    for (int round = 0; round < 2; round++) {
        expect_head(&s, URL, 200, "\"e1\"");
        if (round == 0) {
            site_expect(&s, "DELETE", URL, 501, "<Error><Code>NotImplemented</Code></Error>");
            expect_head(&s, URL, 200, "\"e1\"");
        }
        site_expect(&s, "DELETE", URL, 204, "");
        remove_e1(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
    }
    assert_null(site_sent_header(&s, 5, "If-Match"));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_current_version_is_removed),
        cmocka_unit_test(another_version_stays),
        cmocka_unit_test(an_object_of_another_size_stays),
        cmocka_unit_test(an_object_written_meanwhile_stays),
        cmocka_unit_test(a_store_whose_if_match_never_fits_is_asked_without),
        cmocka_unit_test(an_absent_object_is_success),
        cmocka_unit_test(aws_is_asked_once),
        cmocka_unit_test(a_lost_reply_is_no_refusal),
        cmocka_unit_test(an_object_written_after_a_lost_reply_stays),
        cmocka_unit_test(a_store_that_refuses_the_header_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
