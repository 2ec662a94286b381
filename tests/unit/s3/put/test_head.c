/* HEAD, buckets, and the probe that a folder can be written. */
#include "tests/unit/s3/put/copy_site.h"

/* --- head --- */

static s3_object seen;
static char seen_etag[32], seen_type[64];
static size_t seen_metadata;

static void on_head(void *ctx, const s3_object *object, const err *e)
{
    if (object) {
        seen = *object;
        seen_metadata = 0;
        for (size_t i = 0; i < object->metadata_count; i++)
            seen_metadata += strcmp(object->metadata[i].name, "X-Amz-Meta-Two") == 0 &&
                             strcmp(object->metadata[i].value, "2") == 0;
        snprintf(seen_etag, sizeof seen_etag, "%s", object->etag ? object->etag : "");
        snprintf(seen_type, sizeof seen_type, "%s", object->content_type);
    }
    site_done(ctx, e);
}

static void head_reports_what_is_known(void **state)
{
    static const http_header headers[] = {{"Content-Length", "5000000000"},
                                          {"ETag", "\"e1\""},
                                          {"Content-Type", "text/plain"},
                                          {"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"},
                                          {"X-Amz-Meta-Two", "2"}};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.method = "HEAD",
                                  .url = URL,
                                  .reply = {.headers = headers, .header_count = 5}});
    s3_head(s.c, "b", "k", on_head, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_int_equal(seen.size_bytes, 5000000000);
    assert_int_equal(seen.last_modified_s, 1369353600);
    assert_string_equal(seen_etag, "\"e1\"");
    assert_string_equal(seen_type, "text/plain");
    assert_int_equal(seen_metadata, 1);
    assert_null(fake_request_header(fake_request_at(s.f, 0), "x-amz-checksum-mode"));
    site_close(&s);
}

static void head_reports_the_checksum_on_request(void **state)
{
    static const http_header headers[] = {
        {"Content-Length", "5"}, {"x-amz-checksum-crc32c", "AAAAAA=="}, {"ETag", "\"e\""}};
    (void)state;
    for (int ask = 0; ask < 2; ask++) {
        site s;
        site_open(&s, (s3_config){.response_checksums = ask ? S3_CHECKSUM_USE_WHEN_SUPPORTED
                                                            : S3_CHECKSUM_USE_WHEN_REQUIRED});
        fake_expect(s.f, &(fake_rule){.method = "HEAD",
                                      .url = URL,
                                      .reply = {.headers = headers, .header_count = 3}});
        s3_head_checksum(s.c, "b", "k", on_head, &s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_int_equal(seen.checksum.kind, S3_CHECKSUM_CRC32C);
        const char *mode = fake_request_header(fake_request_at(s.f, 0), "x-amz-checksum-mode");
        assert_int_equal(mode != NULL, ask);
        site_close(&s);
    }
}

/* The headers of a sign-in page, which also has a size. */
static void head_of_a_web_page_is_no_object(void **state)
{
    static const http_header headers[] = {
        {"Content-Length", "78"}, {"Content-Type", "text/html"}, {"Server", "portal"}};
    (void)state;
    site s;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.method = "HEAD",
                                  .url = URL,
                                  .reply = {.headers = headers, .header_count = 3}});
    s3_head(s.c, "b", "k", on_head, &s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "neither ETag nor Last-Modified"));
    site_close(&s);
}

static void a_head_reply_has_a_status_and_no_message(void **state)
{
    static const struct {
        int status;
        err_code code;
    } rows[] = {{404, ERR_S3_NOT_FOUND}, {403, ERR_S3_ACCESS}, {412, ERR_S3_CHANGED}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "HEAD", URL, rows[i].status, "");
        s3_head(s.c, "b", "k", on_head, &s);
        assert_int_equal(site_end(&s), rows[i].code);
        site_close(&s);
    }
}

static void head_finds_region_and_clock_without_a_message(void **state)
{
    static const http_header region = {"x-amz-bucket-region", "eu-west-1"};
    static const http_header date = {"Date", "Fri, 24 May 2013 09:00:00 GMT"};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 400, .headers = &region, .header_count = 1}});
    fake_expect(s.f, &(fake_rule){.reply = {.status = 403, .headers = &date, .header_count = 1}});
    site_expect(&s, "HEAD", "http://store/b", 200, "");
    s3_head_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 2, "x-amz-date"), "20130524T090000Z");
    assert_non_null(strstr(site_sent_header(&s, 2, "Authorization"), "/eu-west-1/"));
    site_close(&s);
}

/* --- buckets --- */

static void a_bucket_is_looked_for(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "HEAD", "http://store/b", 404, "");
    s3_head_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_NO_BUCKET);
    site_close(&s);
}

static void a_bucket_is_made_in_its_region(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", "http://store/b", 200, "");
    s3_create_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_int_equal(fake_request_at(s.f, 0)->body.len, 0);
    site_close(&s);
    site_open(&s, (s3_config){.region = "eu-west-1"});
    fake_expect(s.f,
                &(fake_rule){.method = "PUT",
                             .url = "http://store/b",
                             .body_has = "<LocationConstraint>eu-west-1</LocationConstraint>"});
    s3_create_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

/* --- the write probe --- */

static void the_probe_leaves_nothing(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "POST", URL "?uploads=", 200, CREATED);
    site_expect(&s, "DELETE", URL "?uploadId=u%2B1", 204, "");
    s3_probe_write(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void the_probe_finds_what_may_not_be_written(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "POST", URL "?uploads=", 403, "<Error><Code>AccessDenied</Code></Error>");
    s3_probe_write(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    assert_non_null(strstr(s.error.message, "s3:PutObject"));
    site_close(&s);
}

static void a_cancelled_probe_still_cleans_up(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.method = "POST",
                                  .reply = {.body = SLICE_LIT(CREATED), .delay_ms = 100}});
    site_expect(&s, "DELETE", URL "?uploadId=u%2B1", 403, "");
    s3_op *running = s3_probe_write(s.c, "b", "k", site_done, &s);
    fake_run(s.f);
    s3_op_cancel(running);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 0);
    assert_true(s3_client_idle(s.c));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_reports_what_is_known),
        cmocka_unit_test(head_reports_the_checksum_on_request),
        cmocka_unit_test(head_of_a_web_page_is_no_object),
        cmocka_unit_test(a_head_reply_has_a_status_and_no_message),
        cmocka_unit_test(head_finds_region_and_clock_without_a_message),
        cmocka_unit_test(a_bucket_is_looked_for),
        cmocka_unit_test(a_bucket_is_made_in_its_region),
        cmocka_unit_test(the_probe_leaves_nothing),
        cmocka_unit_test(the_probe_finds_what_may_not_be_written),
        cmocka_unit_test(a_cancelled_probe_still_cleans_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
