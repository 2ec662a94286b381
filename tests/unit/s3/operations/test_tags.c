#include "decon/base/digest.h"
#include "decon/s3/tags.h"
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define TAGS                                                                                       \
    "<Tagging><TagSet><Tag><Key>a b</Key><Value>1</Value></Tag>"                                   \
    "<Tag><Key>c</Key><Value></Value></Tag></TagSet></Tagging>"

typedef struct reading {
    site s;
    char text[200];
} reading;

static void on_tags(void *ctx, const s3_tag *tags, size_t count, const err *error)
{
    reading *r = ctx;
    r->text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(r->text);
        snprintf(r->text + used, sizeof r->text - used, "%s=%s;", tags[i].key, tags[i].value);
    }
    site_done(&r->s, error);
}

static err_code get(reading *r, const char *version)
{
    s3_get_tags(r->s.c, "b", "k", version, on_tags, r);
    return site_end(&r->s);
}

static void tags_of_the_current_and_of_one_version(void **state)
{
    reading r;
    (void)state;
    site_open(&r.s, (s3_config){0});
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 200, TAGS);
    assert_int_equal(get(&r, NULL), ERR_NONE);
    assert_string_equal(r.text, "a b=1;c=;");
    site_expect(&r.s, "GET", "http://store/b/k?tagging=&versionId=a%2Fb%2B", 200, "<Tagging/>");
    assert_int_equal(get(&r, "a/b+"), ERR_NONE);
    assert_string_equal(r.text, "");
    site_close(&r.s);
}

static void a_truncated_reply_is_requested_again(void **state)
{
    reading r;
    (void)state;
    site_open(&r.s, (s3_config){.max_attempts = 2});
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 200, "<Tagging><TagSet><Tag><Key>x");
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 200, TAGS);
    assert_int_equal(get(&r, NULL), ERR_NONE);
    assert_string_equal(r.text, "a b=1;c=;");
    site_close(&r.s);
}

static void refusals_and_web_pages_are_errors(void **state)
{
    reading r;
    (void)state;
    site_open(&r.s, (s3_config){.max_attempts = 2});
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 403,
                "<Error><Code>AccessDenied</Code></Error>");
    assert_int_equal(get(&r, NULL), ERR_S3_ACCESS);
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 200, "<html>sign in</html>");
    assert_int_equal(get(&r, NULL), ERR_S3_REPLY);
    site_close(&r.s);
}

/* Ceph 16, of an object uploaded in parts. A reply without the headers of S3 is another's. */
static void an_empty_reply_of_a_store_means_no_tags(void **state)
{
    static const http_header headers[] = {{"x-amz-request-id", "1"}, {"Content-Length", "0"}};
    reading r;
    (void)state;
    site_open(&r.s, (s3_config){.max_attempts = 1});
    fake_expect(r.s.f,
                &(fake_rule){.method = "GET",
                             .reply = {.status = 200, .headers = headers, .header_count = 2}});
    assert_int_equal(get(&r, NULL), ERR_NONE);
    assert_string_equal(r.text, "");
    site_expect(&r.s, "GET", "http://store/b/k?tagging=", 200, "");
    assert_int_equal(get(&r, NULL), ERR_S3_REPLY);
    site_close(&r.s);
}

static const s3_tag new_tags[] = {{(char *)"a&b", (char *)"<1>"}, {(char *)"c", (char *)""}};

static err_code set(site *s, const char *version, size_t count)
{
    s3_set_tags(s->c, "b", "k", version, new_tags, count, site_done, s);
    return site_end(s);
}

static void tags_are_replaced_with_their_md5(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.method = "PUT",
                                  .url = "http://store/b/k?tagging=&versionId=v",
                                  .body_has = "<TagSet><Tag><Key>a&amp;b</Key>"
                                              "<Value>&lt;1&gt;</Value></Tag><Tag><Key>c</Key>"
                                              "<Value></Value></Tag></TagSet></Tagging>"});
    assert_int_equal(set(&s, "v", 2), ERR_NONE);
    uint8_t digest[MD5_BYTES];
    char text[32];
    md5(fake_request_at(s.f, 0)->body, digest);
    base64_encode(digest, sizeof digest, text);
    assert_string_equal(site_sent_header(&s, 0, "Content-MD5"), text);
    site_close(&s);
}

static void no_tags_are_a_removal(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "DELETE", "http://store/b/k?tagging=", 204, "");
    assert_int_equal(set(&s, NULL, 0), ERR_NONE);
    site_expect(&s, "DELETE", "http://store/b/k?tagging=", 404,
                "<Error><Code>NoSuchKey</Code></Error>");
    assert_int_equal(set(&s, NULL, 0), ERR_S3_NOT_FOUND);
    site_close(&s);
}

static void a_refusal_of_tags_is_an_error(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 2});
    site_expect(&s, "PUT", "http://store/b/k?tagging=", 400,
                "<Error><Code>InvalidTag</Code><Message>no</Message></Error>");
    assert_int_equal(set(&s, NULL, 1), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "s3://b/k: PutObjectTagging: "));
    site_expect(&s, "PUT", "http://store/b/k?tagging=", 503,
                "<Error><Code>SlowDown</Code></Error>");
    site_expect(&s, "PUT", "http://store/b/k?tagging=", 200, "");
    assert_int_equal(set(&s, NULL, 1), ERR_NONE);
    site_close(&s);
}

static void more_tags_than_an_object_has_are_refused_here(void **state)
{
    site s;
    (void)state;
    char *value = xcalloc(1, 20001);
    memset(value, 'x', 20000);
    const s3_tag large[] = {{(char *)"a", value}, {(char *)"b", value}};
    site_open(&s, (s3_config){0});
    s3_set_tags(s.c, "b", "k", NULL, large, 2, site_done, &s);
    assert_int_equal(site_end(&s), ERR_USAGE);
    assert_non_null(strstr(s.error.message, "s3://b/k: PutObjectTagging: "));
    site_close(&s);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_the_current_and_of_one_version),
        cmocka_unit_test(a_truncated_reply_is_requested_again),
        cmocka_unit_test(refusals_and_web_pages_are_errors),
        cmocka_unit_test(an_empty_reply_of_a_store_means_no_tags),
        cmocka_unit_test(tags_are_replaced_with_their_md5),
        cmocka_unit_test(no_tags_are_a_removal),
        cmocka_unit_test(a_refusal_of_tags_is_an_error),
        cmocka_unit_test(more_tags_than_an_object_has_are_refused_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
