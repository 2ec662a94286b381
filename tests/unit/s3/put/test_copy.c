/* Copies within a store, in one request and in parts. */
#include "tests/unit/s3/put/copy_site.h"

#define COPIED "<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"

static void copy(site *s)
{
    s3_copy(s->c, &(s3_copy_options){.from_bucket = "from",
                                     .from_key = "/a +%\xc2\xa0/../x",
                                     .from_etag = "\"e0\"",
                                     .to_bucket = "b",
                                     .to_key = "k",
                                     .on_done = site_done,
                                     .ctx = s});
}

static void a_copy_names_its_source(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", URL, 200, COPIED);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "x-amz-copy-source"),
                        "/from//a%20%2B%25%C2%A0/../x");
    assert_string_equal(site_sent_header(&s, 0, "x-amz-copy-source-if-match"), "\"e0\"");
    assert_int_equal(fake_request_at(s.f, 0)->stall_timeout_ms, 300000);
    site_close(&s);
}

static void an_error_with_status_200_is_retried(void **state)
{
    static const char *const rows[] = {"<Error><Code>InternalError</Code></Error>",
                                       "<CopyObjectResult><ETag>&quot;", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "PUT", URL, 200, rows[i]);
        site_expect(&s, "PUT", URL, 200, COPIED);
        copy(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        site_close(&s);
    }
}

static void a_refusal_with_status_200_fails(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", URL, 200, "<Error><Code>AccessDenied</Code></Error>");
    copy(&s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    assert_non_null(strstr(s.error.message, "s3:GetObject of the source"));
    site_close(&s);
}

static void a_source_that_changed(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    const http_header other[] = {{"ETag", "\"e9\""}, {"Content-Length", "3"}};
    site_expect(&s, "PUT", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    fake_expect(s.f,
                &(fake_rule){.method = "HEAD", .reply = {.headers = other, .header_count = 2}});
    copy(&s);
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    site_close(&s);
}

/* Weak ETags, and stores whose condition never matches: HeadObject is compared; reported once. */
static void a_source_condition_that_never_fits_is_omitted(void **state)
{
    static const char *const etags[] = {"\"e0\"", "W/\"e0\""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(etags); i++) {
        const http_header same[] = {{"ETag", etags[i]}, {"Content-Length", "3"}};
        site s;
        site_open(&s, (s3_config){0});
        if (i == 0)
            site_expect(&s, "PUT", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
        for (int round = 0; round < 2; round++) {
            fake_expect(
                s.f, &(fake_rule){.method = "HEAD", .reply = {.headers = same, .header_count = 2}});
            if (i == 0 && round == 0)
                fake_expect(s.f, &(fake_rule){.method = "GET",
                                              .reply = {.headers = same,
                                                        .header_count = 2,
                                                        .body = SLICE_LIT("123")}});
            site_expect(&s, "PUT", URL, 200, COPIED);
            s3_copy(s.c, &(s3_copy_options){.from_bucket = "from",
                                            .from_key = "k",
                                            .from_etag = etags[i],
                                            .to_bucket = "b",
                                            .to_key = "k",
                                            .on_done = site_done,
                                            .ctx = &s});
            assert_int_equal(site_end(&s), ERR_NONE);
            assert_null(
                site_sent_header(&s, fake_request_count(s.f) - 1, "x-amz-copy-source-if-match"));
        }
        site_close(&s);
    }
}

/* --- beyond 5 GiB --- */

#define GIB         ((uint64_t)1 << 30)
#define PART_COPIED "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;w-40&quot;</ETag></CompleteMultipartUploadResult>"

static const http_header large_headers[] = {
    {"Content-Length", "5368709121"}, {"ETag", "\"e0\""},
    {"Content-Type", "text/plain"},   {"Cache-Control", "max-age=1"},
    {"x-amz-meta-who", "me"},         {"x-amz-request-id", "not this one"}};

static void large_copy(site *s, s3_copy_options o)
{
    o.from_bucket = "from";
    o.from_key = "big";
    o.to_bucket = "b";
    o.to_key = "k";
    o.on_done = site_done;
    o.ctx = s;
    s3_copy(s->c, &o);
}

static void expect_head(site *s)
{
    fake_expect(s->f, &(fake_rule){.method = "HEAD",
                                   .url = "http://store/from/big",
                                   .reply = {.headers = large_headers,
                                             .header_count = ARRAY_LEN(large_headers)}});
    fake_when(s->f, &(fake_rule){.method = "GET",
                                 .url = "http://store/from/big?tagging=",
                                 .reply = {.status = 200, .body = SLICE_LIT("<Tagging/>")}});
}

static void answer(site *s, const char *method, const char *url_has, int status, const char *body)
{
    fake_when(s->f, &(fake_rule){.method = method,
                                 .url_has = url_has,
                                 .reply = {.status = status, .body = slice_from(body)}});
}

static void a_large_copy_goes_by_parts_pinned_to_the_source(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s);
    answer(&s, "POST", "uploads=", 200, CREATED);
    answer(&s, "PUT", "partNumber=", 200, PART_COPIED);
    answer(&s, "POST", "uploadId=", 200, DONE);
    large_copy(&s, (s3_copy_options){.size_known = true, .size_bytes = 5 * GIB + 1});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_int_equal(fake_request_count(s.f), 1 + 1 + 1 + 41 + 1);
    assert_int_equal(fake_request_at(s.f, 3)->stall_timeout_ms, 300000);
    assert_string_equal(site_sent_header(&s, 2, "Content-Type"), "text/plain");
    assert_string_equal(site_sent_header(&s, 2, "Cache-Control"), "max-age=1");
    assert_string_equal(site_sent_header(&s, 2, "x-amz-meta-who"), "me");
    assert_null(site_sent_header(&s, 2, "x-amz-request-id"));
    assert_string_equal(site_sent_header(&s, 3, "x-amz-copy-source"), "/from/big");
    assert_string_equal(site_sent_header(&s, 3, "x-amz-copy-source-if-match"), "\"e0\"");
    assert_string_equal(site_sent_header(&s, 3, "x-amz-copy-source-range"), "bytes=0-134217727");
    assert_string_equal(site_sent_header(&s, 43, "x-amz-copy-source-range"),
                        "bytes=5368709120-5368709120");
    assert_true(fake_calls_peak(s.f) > 30);
    site_close(&s);
}

/* 5 TiB would be 40,960 parts of the usual size. */
static void parts_of_a_copy_grow_to_stay_below_ten_thousand(void **state)
{
    static const http_header headers[] = {{"Content-Length", "5497558138880"}, {"ETag", "\"e0\""}};
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_in_flight = 1});
    fake_expect(s.f,
                &(fake_rule){.method = "HEAD", .reply = {.headers = headers, .header_count = 2}});
    answer(&s, "GET", "tagging=", 200, "<Tagging/>");
    answer(&s, "POST", "uploads=", 200, CREATED);
    answer(&s, "PUT", "partNumber=", 200, PART_COPIED);
    answer(&s, "POST", "uploadId=", 200, DONE);
    large_copy(&s, (s3_copy_options){.size_known = true, .size_bytes = 5ULL << 40});
    assert_int_equal(site_end(&s), ERR_NONE);
    size_t parts = fake_request_count(s.f) - 4;
    assert_in_range(parts, 9900, 10000);
    assert_string_equal(site_sent_header(&s, 3, "x-amz-copy-source-range"), "bytes=0-550502399");
    site_close(&s);
}

static void the_store_may_be_the_first_to_know_that_it_is_large(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", URL, 400,
                "<Error><Code>InvalidRequest</Code><Message>The specified copy source is larger "
                "than the maximum allowable size for a copy source: 5368709120</Message></Error>");
    expect_head(&s);
    answer(&s, "POST", "uploads=", 200, CREATED);
    answer(&s, "PUT", "partNumber=", 200, PART_COPIED);
    answer(&s, "POST", "uploadId=", 200, DONE);
    large_copy(&s, (s3_copy_options){.if_none_match = "*"});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "If-None-Match"), "*");
    assert_string_equal(site_sent_header(&s, fake_request_count(s.f) - 1, "If-None-Match"), "*");
    site_close(&s);
}

static void a_large_copy_that_fails_is_aborted(void **state)
{
    static const struct {
        const char *url_has, *body;
        int status;
        err_code code;
    } rows[] = {
        {"partNumber=7&", "<Error><Code>PreconditionFailed</Code></Error>", 412, ERR_S3_CHANGED},
        {"partNumber=7&", "<Error><Code>AccessDenied</Code></Error>", 200, ERR_S3_ACCESS},
        {"partNumber=7&", "<CopyPartResult><ETag>", 200, ERR_S3_REPLY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){.max_attempts = 2});
        expect_head(&s);
        answer(&s, "POST", "uploads=", 200, CREATED);
        answer(&s, "PUT", rows[i].url_has, rows[i].status, rows[i].body);
        answer(&s, "PUT", "partNumber=", 200, PART_COPIED);
        answer(&s, "DELETE", "uploadId=u%2B1", 204, "");
        large_copy(&s, (s3_copy_options){.size_known = true, .size_bytes = 5 * GIB + 1});
        assert_int_equal(site_end(&s), rows[i].code);
        fake_run_all(s.f);
        assert_string_equal(fake_request_at(s.f, fake_request_count(s.f) - 1)->method, "DELETE");
        assert_true(s3_client_idle(s.c));
        site_close(&s);
    }
}

static void a_large_source_of_another_version_is_not_begun(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    expect_head(&s);
    large_copy(
        &s, (s3_copy_options){.size_known = true, .size_bytes = 6 * GIB, .from_etag = "\"other\""});
    assert_int_equal(site_end(&s), ERR_S3_CHANGED);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_names_its_source),
        cmocka_unit_test(an_error_with_status_200_is_retried),
        cmocka_unit_test(a_refusal_with_status_200_fails),
        cmocka_unit_test(a_source_that_changed),
        cmocka_unit_test(a_source_condition_that_never_fits_is_omitted),
        cmocka_unit_test(a_large_copy_goes_by_parts_pinned_to_the_source),
        cmocka_unit_test(parts_of_a_copy_grow_to_stay_below_ten_thousand),
        cmocka_unit_test(the_store_may_be_the_first_to_know_that_it_is_large),
        cmocka_unit_test(a_large_copy_that_fails_is_aborted),
        cmocka_unit_test(a_large_source_of_another_version_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
