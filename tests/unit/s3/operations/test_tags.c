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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_the_current_and_of_one_version),
        cmocka_unit_test(a_truncated_reply_is_requested_again),
        cmocka_unit_test(refusals_and_web_pages_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
