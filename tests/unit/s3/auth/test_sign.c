/* The published examples: Amazon S3 API Reference, "Signature Calculations for the Authorization
 * Header: Transferring Payload in a Single Chunk", with AWS's example keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decon/s3/sign.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"

#define ID     "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define HOST   "examplebucket.s3.amazonaws.com"
#define DATE   "20130524T000000Z"

static const s3_keys example_keys = {ID, SECRET, NULL};

static s3_sign_request example(const char *method, const char *path, const char *query,
                               const http_header *headers, size_t count)
{
    return (s3_sign_request){.method = method,
                             .path = slice_from(path),
                             .query = slice_from(query),
                             .headers = headers,
                             .header_count = count,
                             .payload_hash = S3_EMPTY_SHA256,
                             .amz_date = DATE,
                             .region = "us-east-1",
                             .service = "s3"};
}

static void signature_is(const s3_sign_request *r, const char *expected)
{
    char signature[S3_HASH_SIZE];
    err e = ERR_INIT;
    assert_true(s3_sign_signature(r, SECRET, signature, &e));
    assert_string_equal(signature, expected);
}

static void published_get_object(void **state)
{
    static const http_header headers[] = {{"Range", "bytes=0-9"},
                                          {"x-amz-date", DATE},
                                          {"Host", HOST},
                                          {"x-amz-content-sha256", S3_EMPTY_SHA256}};
    s3_sign_request r = example("GET", "/test.txt", "", headers, ARRAY_LEN(headers));
    AUTO(buf) out = BUF(4096);
    (void)state;
    assert_true(s3_sign(&r, &example_keys, &out, NULL));
    assert_string_equal(
        buf_str(&out),
        "AWS4-HMAC-SHA256 Credential=" ID "/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void published_put_object(void **state)
{
    char hash[S3_HASH_SIZE];
    (void)state;
    s3_sign_payload_hash(SLICE_LIT("Welcome to Amazon S3."), hash);
    assert_string_equal(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    const http_header headers[] = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                   {"Host", HOST},
                                   {"x-amz-date", DATE},
                                   {"x-amz-content-sha256", hash},
                                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    s3_sign_request r = example("PUT", "/test%24file.text", "", headers, ARRAY_LEN(headers));
    r.payload_hash = hash;
    signature_is(&r, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    r.path = SLICE_LIT("/test$file.text"); /* as some clients send it */
    signature_is(&r, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static const http_header plain_headers[] = {
    {"Host", HOST}, {"x-amz-date", DATE}, {"x-amz-content-sha256", S3_EMPTY_SHA256}};

static void published_get_lifecycle(void **state)
{
    s3_sign_request r = example("GET", "/", "lifecycle", plain_headers, 3);
    (void)state;
    signature_is(&r, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void published_list_objects(void **state)
{
    s3_sign_request r = example("GET", "/", "max-keys=2&prefix=J", plain_headers, 3);
    (void)state;
    signature_is(&r, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    r.query = SLICE_LIT("prefix=J&max-keys=2"); /* order does not matter */
    signature_is(&r, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void canonical_request_is_normal(void **state)
{
    static const http_header headers[] = {
        {"X-B", "  two   words\t x "}, {"host", "h"}, {"x-a", ""}};
    s3_sign_request r =
        example("GET", "//a%20b/../%e2%82%ac/", "b=2&a=1&a&a-b=%2f+x&a=0", headers, 3);
    AUTO(buf) out = BUF(4096);
    (void)state;
    assert_true(s3_sign_canonical(&r, &out, NULL));
    assert_string_equal(buf_str(&out),
                        "GET\n//a%20b/../%E2%82%AC/\n"
                        "a=&a=0&a=1&a-b=%2F%20x&b=2\n"
                        "host:h\nx-a:\nx-b:two words x\n\nhost;x-a;x-b\n" S3_EMPTY_SHA256);
}

static void hard_keys_survive_the_canonical_path(void **state)
{
    char key[1025];
    (void)state;
    for (size_t i = 0; i < 1024; i++)
        key[i] = (char)(1 + i % 255); /* every byte but NUL */
    key[1024] = '\0';
    AUTO(buf) path = BUF(8192);
    AUTO(buf) out = BUF(16384);
    buf_append_char(&path, '/');
    s3_uri_encode(slice_from(key), true, &path);
    s3_sign_request r = example("GET", buf_str(&path), "", plain_headers, 3);
    assert_true(s3_sign_canonical(&r, &out, NULL));
    assert_true(str_starts_with(buf_str(&out) + 4, buf_str(&path)));
}

static void broken_requests_are_refused(void **state)
{
    char signature[S3_HASH_SIZE];
    err e = ERR_INIT;
    s3_sign_request r = example("GET", "/%zz", "", plain_headers, 3);
    (void)state;
    assert_false(s3_sign_signature(&r, SECRET, signature, &e));
    assert_int_equal(e.code, ERR_PARSE);
    r = example("GET", "/", "a=%4", plain_headers, 3);
    assert_false(s3_sign_signature(&r, SECRET, signature, &e));
    r = example("GET", "/", "", plain_headers, 3);
    r.amz_date = "2013";
    assert_false(s3_sign_signature(&r, SECRET, signature, &e));
}

static void authorization_is_taken_apart(void **state)
{
    s3_authorization a;
    slice name;
    (void)state;
    assert_true(s3_authorization_parse(
        "AWS4-HMAC-SHA256 Credential=id/with/slash/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-date,Signature=abc",
        &a));
    assert_true(slice_equal_str(a.access_key_id, "id/with/slash"));
    assert_true(slice_equal_str(a.date, "20130524"));
    assert_true(slice_equal_str(a.region, "us-east-1"));
    assert_true(slice_equal_str(a.service, "s3"));
    assert_true(s3_signature_equal(a.signature, "abc"));
    assert_false(s3_signature_equal(a.signature, "abd"));
    assert_false(s3_signature_equal(a.signature, "abcd"));
    assert_true(s3_signed_header_next(&a.signed_headers, &name));
    assert_true(slice_equal_str(name, "host"));
    assert_true(s3_signed_header_next(&a.signed_headers, &name));
    assert_true(slice_equal_str(name, "x-amz-date"));
    assert_false(s3_signed_header_next(&a.signed_headers, &name));
}

static void other_authorizations_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=id/20130524/r/s3/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=id/r/s3/aws4_request, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=id/20130524/r/s3/other, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=/20130524/r/s3/aws4_request, SignedHeaders=host, Signature=x",
    };
    s3_authorization a;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(s3_authorization_parse(rows[i], &a));
    assert_false(s3_authorization_parse(NULL, &a));
}

static void dates_of_signatures(void **state)
{
    char text[S3_DATE_SIZE];
    int64_t time_s = 0;
    (void)state;
    s3_sign_date(1369353600, text);
    assert_string_equal(text, DATE);
    assert_true(s3_sign_date_parse(DATE, &time_s));
    assert_int_equal(time_s, 1369353600);
    assert_false(s3_sign_date_parse("20130524T000000", &time_s));
    assert_false(s3_sign_date_parse("2013-05-24T00:00:00Z", &time_s));
    assert_false(s3_sign_date_parse(NULL, &time_s));
}

static void dates_of_replies(void **state)
{
    char text[S3_WHEN_SIZE];
    int64_t time_s = 0;
    (void)state;
    assert_true(s3_when_parse_http("Fri, 24 May 2013 00:00:00 GMT", &time_s));
    assert_int_equal(time_s, 1369353600);
    s3_when_format_http(1369353600, text);
    assert_string_equal(text, "Fri, 24 May 2013 00:00:00 GMT");
    assert_true(s3_when_parse_iso("2013-05-24T00:00:01.999Z", &time_s));
    assert_int_equal(time_s, 1369353601);
    assert_true(s3_when_parse_iso("2013-05-24T00:00:00Z", &time_s));
    s3_when_format_iso(1369353600, text);
    assert_string_equal(text, "2013-05-24T00:00:00.000Z");
    assert_false(s3_when_parse_http("Fri, 24 Mai 2013 00:00:00 GMT", &time_s));
    assert_false(s3_when_parse_http("24 May 2013", &time_s));
    assert_false(s3_when_parse_iso("2013-13-24T00:00:00Z", &time_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_get_object),
        cmocka_unit_test(published_put_object),
        cmocka_unit_test(published_get_lifecycle),
        cmocka_unit_test(published_list_objects),
        cmocka_unit_test(canonical_request_is_normal),
        cmocka_unit_test(hard_keys_survive_the_canonical_path),
        cmocka_unit_test(broken_requests_are_refused),
        cmocka_unit_test(authorization_is_taken_apart),
        cmocka_unit_test(other_authorizations_are_refused),
        cmocka_unit_test(dates_of_signatures),
        cmocka_unit_test(dates_of_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
