/* URLs that carry their signature. The first case is the example of the Amazon S3 API Reference. */
#include "decon/s3/presign.h"
#include "base/util.h"

#include "tests/unit/s3/site.h"

static const s3_keys example_keys = {.access_key_id = KEY_ID, .secret_access_key = SECRET};

static s3_presign_request example(void)
{
    return (s3_presign_request){.method = "GET",
                                .url = "https://examplebucket.s3.amazonaws.com/test.txt",
                                .host = "examplebucket.s3.amazonaws.com",
                                .path = SLICE_LIT("/test.txt"),
                                .region = "us-east-1",
                                .amz_date = "20130524T000000Z",
                                .expires_s = 86400};
}

static void the_example_of_the_reference(void **state)
{
    AUTO(buf) url = BUF(8192);
    err e = ERR_INIT;
    s3_presign_request request = example();
    (void)state;
    assert_true(s3_presign_url(&request, &example_keys, &url, &e));
    assert_string_equal(
        buf_str(&url),
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void a_session_token_is_part_of_it(void **state)
{
    AUTO(buf) url = BUF(8192);
    err e = ERR_INIT;
    s3_presign_request request = example();
    s3_keys keys = example_keys;
    (void)state;
    keys.session_token = "t/+=";
    assert_true(s3_presign_url(&request, &keys, &url, &e));
    assert_non_null(strstr(buf_str(&url), "&X-Amz-Security-Token=t%2F%2B%3D&"));
    assert_null(strstr(buf_str(&url), "aeeed9bb")); /* another signature */
}

static void lifetimes_beyond_a_week_are_refused(void **state)
{
    static const unsigned rows[] = {0, S3_PRESIGN_MAX_S + 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) url = BUF(8192);
        err e = ERR_INIT;
        s3_presign_request request = example();
        request.expires_s = rows[i];
        assert_false(s3_presign_url(&request, &example_keys, &url, &e));
        assert_int_equal(e.code, ERR_USAGE);
    }
}

/* Fills the stack with values that a function that returns early must not release. */
static __attribute__((noinline)) void leave_garbage_on_the_stack(void)
{
    volatile char garbage[32 * 1024];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char)0xa5;
}

static void early_failures_release_nothing_and_leave_the_buffer(void **state)
{
    static char token[40 * 1024]; /* longer than the limit of a query */
    s3_keys long_token = example_keys;
    memset(token, 't', sizeof token - 1);
    long_token.session_token = token;
    const struct {
        unsigned expires_s;
        size_t max_bytes;
        const s3_keys *keys;
        err_code code;
        const char *left;
    } rows[] = {
        {0, 8192, &example_keys, ERR_USAGE, "before"},
        {S3_PRESIGN_MAX_S + 1, 8192, &example_keys, ERR_USAGE, "before"},
        {UINT32_MAX, 8192, &example_keys, ERR_USAGE, "before"},
        {0, 0, &example_keys, ERR_USAGE, ""},
        {60, 16, &example_keys, ERR_LIMIT, "before"},
        {60, 8192, &long_token, ERR_LIMIT, "before"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) url = BUF(rows[i].max_bytes);
        err e = ERR_INIT;
        s3_presign_request request = example();
        request.expires_s = rows[i].expires_s;
        buf_append_str(&url, "before");
        leave_garbage_on_the_stack();
        assert_false(s3_presign_url(&request, rows[i].keys, &url, &e));
        assert_int_equal(e.code, rows[i].code);
        assert_string_equal(buf_str(&url), rows[i].left);
    }
}

static void each_lifetime_up_to_a_week_is_signed(void **state)
{
    static const unsigned rows[] = {1, 60, S3_PRESIGN_MAX_S};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) url = BUF(8192);
        err e = ERR_INIT;
        s3_presign_request request = example();
        request.expires_s = rows[i];
        assert_true(s3_presign_url(&request, &example_keys, &url, &e));
    }
}

/* --- with a client's keys --- */

typedef struct signing {
    site s;
    char url[2048];
} signing;

static void on_url(void *ctx, const char *url, int64_t keys_expire_s, const err *e)
{
    signing *g = ctx;
    snprintf(g->url, sizeof g->url, "%s", url ? url : "");
    assert_int_equal(keys_expire_s, 0);
    site_done(&g->s, e);
}

static void a_client_signs_for_its_store_and_sends_nothing(void **state)
{
    signing g = {0};
    (void)state;
    site_open(&g.s, (s3_config){.region = "eu-west-1"});
    s3_presign(g.s.c, "PUT", "b", "a b", 60, on_url, &g);
    assert_int_equal(site_end(&g.s), ERR_NONE);
    assert_true(str_starts_with(g.url, "http://store/b/a%20b?X-Amz-Algorithm="));
    assert_non_null(strstr(g.url, "%2F20130524%2Feu-west-1%2Fs3%2F"));
    assert_non_null(strstr(g.url, "&X-Amz-Expires=60&"));
    assert_int_equal(fake_request_count(g.s.f), 0);
    site_close(&g.s);
}

static void a_version_is_part_of_the_url_and_of_the_signature(void **state)
{
    signing one = {0}, other = {0};
    (void)state;
    site_open(&one.s, (s3_config){0});
    s3_presign_version(one.s.c, "GET", "b", "k", "v/1", 60, on_url, &one);
    assert_int_equal(site_end(&one.s), ERR_NONE);
    assert_non_null(strstr(one.url, "&versionId=v%2F1&X-Amz-Signature="));
    site_close(&one.s);
    site_open(&other.s, (s3_config){0});
    s3_presign_version(other.s.c, "GET", "b", "k", "v/2", 60, on_url, &other);
    assert_int_equal(site_end(&other.s), ERR_NONE);
    assert_string_not_equal(strstr(one.url, "Signature="), strstr(other.url, "Signature="));
    site_close(&other.s);
}

static void a_client_refuses_them_too(void **state)
{
    static const unsigned rows[] = {0, S3_PRESIGN_MAX_S + 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        signing g = {0};
        site_open(&g.s, (s3_config){.region = "eu-west-1"});
        leave_garbage_on_the_stack();
        s3_presign(g.s.c, "GET", "b", "k", rows[i], on_url, &g);
        assert_int_equal(site_end(&g.s), ERR_USAGE);
        assert_string_equal(g.url, "");
        site_close(&g.s);
    }
}

static void without_keys_there_is_no_url(void **state)
{
    signing g = {0};
    (void)state;
    site_open(&g.s, (s3_config){.no_sign_request = true});
    s3_presign(g.s.c, "GET", "b", "k", 60, on_url, &g);
    assert_int_equal(site_end(&g.s), ERR_USAGE);
    assert_string_equal(g.url, "");
    site_close(&g.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_reference),
        cmocka_unit_test(a_session_token_is_part_of_it),
        cmocka_unit_test(lifetimes_beyond_a_week_are_refused),
        cmocka_unit_test(early_failures_release_nothing_and_leave_the_buffer),
        cmocka_unit_test(each_lifetime_up_to_a_week_is_signed),
        cmocka_unit_test(a_client_refuses_them_too),
        cmocka_unit_test(a_client_signs_for_its_store_and_sends_nothing),
        cmocka_unit_test(a_version_is_part_of_the_url_and_of_the_signature),
        cmocka_unit_test(without_keys_there_is_no_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
