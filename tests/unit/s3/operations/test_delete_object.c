/* No removal counts without proof: status 204, else HeadObject that finds nothing. */
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL  "http://store/b/k"
#define PAGE "<html><head><title>502 Bad Gateway</title></head></html>"

static void open_site(site *s)
{
    site_open(s, (s3_config){.max_attempts = 2});
}

static void expect_head(site *s, int status, const char *etag)
{
    const http_header headers[] = {{"Content-Length", "3"}, {"ETag", etag}};
    fake_expect(s->f,
                &(fake_rule){
                    .method = "HEAD",
                    .url = URL,
                    .reply = {.status = status, .headers = headers, .header_count = etag ? 2 : 1}});
}

/* Replies that prove nothing. */
static const struct {
    int status;
    const char *body;
} unproven[] = {{200, ""}, {200, PAGE}, {202, ""}, {204, "still here"}, {200, "<Foo/>"}, {206, ""}};

static void a_204_is_proof(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    site_expect(&s, "DELETE", URL, 204, "");
    s3_delete(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void any_other_success_is_followed_by_a_look(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        site s;
        open_site(&s);
        site_expect(&s, "DELETE", URL, unproven[i].status, unproven[i].body);
        expect_head(&s, 404, NULL);
        s3_delete(s.c, "b", "k", site_done, &s);
        assert_int_equal(site_end(&s), ERR_NONE);
        site_close(&s);
    }
}

static void a_remaining_object_is_removed_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        site s;
        open_site(&s);
        site_expect(&s, "DELETE", URL, unproven[i].status, unproven[i].body);
        expect_head(&s, 200, "\"e\"");
        site_expect(&s, "DELETE", URL, 204, "");
        s3_delete(s.c, "b", "k", site_done, &s);
        assert_int_equal(site_end(&s), ERR_NONE);
        site_close(&s);
    }
}

static void an_object_that_stays_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        site s;
        open_site(&s);
        for (unsigned times = 0; times < 3; times++) {
            site_expect(&s, "DELETE", URL, unproven[i].status, unproven[i].body);
            expect_head(&s, 200, "\"e\"");
        }
        s3_delete(s.c, "b", "k", site_done, &s);
        assert_int_equal(site_end(&s), ERR_S3_REPLY);
        assert_int_equal(s.error.cls, ERR_CLASS_ITEM);
        assert_non_null(strstr(s.error.message, "s3://b/k: DeleteObject: "));
        assert_non_null(strstr(s.error.message, "the object still exists"));
        site_close(&s);
    }
}

static void a_look_that_fails_proves_nothing(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    site_expect(&s, "DELETE", URL, 200, PAGE);
    expect_head(&s, 403, NULL);
    s3_delete(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "502 Bad Gateway"));
    assert_non_null(strstr(s.error.message, "HeadObject: 403"));
    site_close(&s);
}

static void an_error_in_a_success_is_an_error(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    site_expect(&s, "DELETE", URL, 200, "<Error><Code>AccessDenied</Code></Error>");
    s3_delete(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    site_close(&s);
}

/* A 404 of a web server that is not the store does not prove a removal. */
static void a_web_page_with_404_is_no_removal(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    expect_head(&s, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 404, "<html><title>404 Not Found</title></html>");
    s3_delete_if(s.c, "b", "k", "\"e1\"", S3_SIZE_UNKNOWN, site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "404 Not Found"));
    site_close(&s);
}

/* --- one version --- */

static void the_version_that_stays_fails(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    expect_head(&s, 200, "\"e1\"");
    for (unsigned times = 0; times < 3; times++) {
        site_expect(&s, "DELETE", URL, 200, "");
        expect_head(&s, 200, "\"e1\"");
    }
    s3_delete_if(s.c, "b", "k", "\"e1\"", S3_SIZE_UNKNOWN, site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    site_close(&s);
}

static void another_version_shows_that_ours_is_gone(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    expect_head(&s, 200, "\"e1\"");
    site_expect(&s, "DELETE", URL, 200, "");
    expect_head(&s, 200, "\"e2\"");
    s3_delete_if(s.c, "b", "k", "\"e1\"", S3_SIZE_UNKNOWN, site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

static void a_weak_etag_is_compared_and_not_sent(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    expect_head(&s, 200, "W/\"e1\"");
    site_expect(&s, "DELETE", URL, 204, "");
    s3_delete_if(s.c, "b", "k", "W/\"e1\"", S3_SIZE_UNKNOWN, site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_null(site_sent_header(&s, 1, "If-Match"));
    site_close(&s);
}

static void a_pause_can_be_cancelled(void **state)
{
    site s;
    (void)state;
    open_site(&s);
    fake_set_random(s.f, 50);
    site_expect(&s, "DELETE", URL, 200, "");
    expect_head(&s, 200, "\"e\"");
    s3_op *running = s3_delete(s.c, "b", "k", site_done, &s);
    fake_run(s.f);
    s3_op_cancel(running);
    fake_run_all(s.f);
    assert_int_equal(s.done_count, 0);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_204_is_proof),
        cmocka_unit_test(any_other_success_is_followed_by_a_look),
        cmocka_unit_test(a_remaining_object_is_removed_again),
        cmocka_unit_test(an_object_that_stays_fails),
        cmocka_unit_test(a_look_that_fails_proves_nothing),
        cmocka_unit_test(an_error_in_a_success_is_an_error),
        cmocka_unit_test(a_web_page_with_404_is_no_removal),
        cmocka_unit_test(the_version_that_stays_fails),
        cmocka_unit_test(another_version_shows_that_ours_is_gone),
        cmocka_unit_test(a_weak_etag_is_compared_and_not_sent),
        cmocka_unit_test(a_pause_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
