#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decon/s3/uri.h"
#include "base/util.h"

static void uri_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *bucket, *key;
    } rows[] = {
        {"s3://b/k", "b", "k"},
        {"s3://my-bucket", "my-bucket", ""},
        {"s3://my.bucket/", "my.bucket", ""},
        {"s3://tenant:bucket/k", "tenant:bucket", "k"}, /* Ceph */
        {"s3://:bucket/k", ":bucket", "k"},             /* of the unnamed tenant */
        {"s3://te_n.ant-1:my.bucket", "te_n.ant-1:my.bucket", ""},
        {"s3://b//leading", "b", "/leading"},
        {"s3://b/a//b/../c/./", "b", "a//b/../c/./"},
        {"s3://b/a%20b+c?d#e", "b", "a%20b+c?d#e"}, /* unchanged */
        {"s3://b/\xc2\xa0\xf0\x9f\x98\x80\x01", "b", "\xc2\xa0\xf0\x9f\x98\x80\x01"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_uri) uri = {0};
        err e = ERR_INIT;
        assert_true(s3_uri_parse(rows[i].text, &uri, &e));
        assert_string_equal(uri.bucket, rows[i].bucket);
        assert_string_equal(uri.key, rows[i].key);
    }
}

static void text_that_is_no_uri_is_refused(void **state)
{
    static const char *const rows[] = {"",
                                       "b/k",
                                       "http://b/k",
                                       "s3:/b/k",
                                       "s3://",
                                       "s3:///k",
                                       "s3://b k/x",
                                       "s3://b?x",
                                       "s3://../k",
                                       "S3://b/k",
                                       "s3://t:/k",
                                       "s3://:/k",
                                       "s3://t:../k",
                                       "s3://a:b:c/k",
                                       "s3://t t:b/k",
                                       "s3://b\n/k",
                                       "s3://\xc3\xa4/k"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        assert_false(s3_uri_check(rows[i], &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.message, "s3://bucket/key"));
    }
    assert_false(s3_uri_check(NULL, NULL));
}

static void a_key_has_at_most_1024_bytes(void **state)
{
    char text[1100] = "s3://b/";
    (void)state;
    memset(text + 7, 'x', 1025);
    assert_false(s3_uri_check(text, NULL));
    text[7 + 1024] = '\0';
    assert_true(s3_uri_check(text, NULL));
}

static char *encoded(const char *text, bool keep_slash)
{
    AUTO(buf) out = BUF(10000);
    assert_true(s3_uri_encode(slice_from(text), keep_slash, &out));
    return buf_give(&out);
}

/* Difficult keys and their SigV4 UriEncode. */
static const struct {
    const char *plain, *path;
} hard[] = {
    {"a b", "a%20b"},
    {"a+b", "a%2Bb"},
    {"100%", "100%25"},
    {"~x-._", "~x-._"},
    {"a#b?c&d=e", "a%23b%3Fc%26d%3De"},
    {"a//b", "a//b"},
    {"/lead", "/lead"},
    {"./../a/.", "./../a/."},
    {"\xc2\xa0", "%C2%A0"},
    {"\xf0\x9f\x98\x80", "%F0%9F%98%80"},
    {"\x01\n\x7f", "%01%0A%7F"},
    {"(a)*'!$,;:@[]", "%28a%29%2A%27%21%24%2C%3B%3A%40%5B%5D"},
    {"a%2Fb", "a%252Fb"},
};

static void hard_keys_are_encoded_and_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hard); i++) {
        AUTO_FREE char *path = encoded(hard[i].plain, true);
        assert_string_equal(path, hard[i].path);
        AUTO(buf) back = BUF(1000);
        assert_true(s3_uri_decode(slice_from(path), true, &back, NULL));
        assert_string_equal(buf_str(&back), hard[i].plain);
    }
    AUTO_FREE char *slashes = encoded("a/b", false);
    assert_string_equal(slashes, "a%2Fb");
}

static void plus_is_a_space_only_where_asked(void **state)
{
    AUTO(buf) out = BUF(100);
    (void)state;
    assert_true(s3_uri_decode(SLICE_LIT("a+b%2bc"), true, &out, NULL));
    assert_string_equal(buf_str(&out), "a b+c");
    buf_clear(&out);
    assert_true(s3_uri_decode(SLICE_LIT("a+b"), false, &out, NULL));
    assert_string_equal(buf_str(&out), "a+b");
}

static void broken_encodings_are_refused(void **state)
{
    static const char *const rows[] = {"%", "a%4", "%zz", "%4g", "%%41"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) out = BUF(100);
        err e = ERR_INIT;
        assert_false(s3_uri_decode(slice_from(rows[i]), false, &out, &e));
        assert_int_equal(e.code, ERR_PARSE);
    }
    AUTO(buf) small = BUF(2);
    err e = ERR_INIT;
    assert_false(s3_uri_decode(SLICE_LIT("abc"), false, &small, &e));
    assert_int_equal(e.code, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_is_taken_apart),
        cmocka_unit_test(text_that_is_no_uri_is_refused),
        cmocka_unit_test(a_key_has_at_most_1024_bytes),
        cmocka_unit_test(hard_keys_are_encoded_and_decoded),
        cmocka_unit_test(plus_is_a_space_only_where_asked),
        cmocka_unit_test(broken_encodings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
