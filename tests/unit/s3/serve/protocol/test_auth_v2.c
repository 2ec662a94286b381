/* Presigned URLs of signature version 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "s3/serve/protocol/auth_v2.h"

/* Signed with `openssl dgst -sha1 -hmac`. */
#define EXAMPLE                                                                                    \
    "/awsexamplebucket1/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"                     \
    "Signature=1No4mq5ETf02z8aet9voy6gui6E%3D&Expires=1175139620"
#define EXAMPLE_EXPIRES_S 1175139620

static const auth_keys keys = {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                               .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

typedef struct request {
    const char *method, *text;
    int64_t now_s;
    http_header headers[2];
    size_t header_count;
} request;

static void assert_refused(const request *r, const char *s3_code)
{
    AUTO(target) t = {0};
    err e = ERR_INIT;
    assert_true(target_parse(r->text, &t, &e));
    auth_request asked = {.method = r->method,
                          .path = t.raw_path,
                          .query = t.raw_query,
                          .target = &t,
                          .headers = r->headers,
                          .header_count = r->header_count,
                          .now_s = r->now_s};
    assert_true(auth_v2_is_presigned(&t));
    assert_int_equal(auth_check(&asked, &keys, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
}

static void a_signed_url_is_taken_until_it_expires(void **state)
{
    UNUSED(state);
    request r = {.method = "GET", .text = EXAMPLE, .now_s = EXAMPLE_EXPIRES_S};
    assert_refused(&r, NULL);
    r.now_s++;
    assert_refused(&r, "AccessDenied");
}

static void what_is_signed_counts(void **state)
{
    UNUSED(state);
    request r = {.method = "PUT", .text = EXAMPLE};
    assert_refused(&r, "SignatureDoesNotMatch");
    r = (request){.method = "GET", .text = EXAMPLE "0"};
    assert_refused(&r, "SignatureDoesNotMatch");
    r = (request){.method = "GET", .text = EXAMPLE "&acl"};
    assert_refused(&r, "SignatureDoesNotMatch");
    r = (request){.method = "GET", .text = EXAMPLE "&x-amz-meta-a=b"};
    assert_refused(&r, "SignatureDoesNotMatch");
    r = (request){
        .method = "GET", .text = EXAMPLE, .headers = {{"X-Amz-Meta-A", "b"}}, .header_count = 1};
    assert_refused(&r, "SignatureDoesNotMatch");
    r = (request){
        .method = "GET", .text = EXAMPLE, .headers = {{"Content-Type", "a/b"}}, .header_count = 1};
    assert_refused(&r, "SignatureDoesNotMatch");
}

/* boto3 signs a final slash that it does not send. The path of an object is signed as sent. */
static void the_path_of_a_bucket_is_signed_with_or_without_a_slash(void **state)
{
    UNUSED(state);
#define BUCKET "?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=9999999999&Signature="
    request r = {.method = "GET", .text = "/b" BUCKET "ygRiSxNOLOATGYq7iBECFfBIgy4%3D&prefix=a"};
    assert_refused(&r, NULL);
    r.text = "/b/" BUCKET "ygRiSxNOLOATGYq7iBECFfBIgy4%3D";
    assert_refused(&r, NULL);
    r.text = "/c" BUCKET "ygRiSxNOLOATGYq7iBECFfBIgy4%3D";
    assert_refused(&r, "SignatureDoesNotMatch");
    r.text = "/b/k/" BUCKET "vN37viHEIzVw%2BanB8pdrHFZ8/EM%3D";
    assert_refused(&r, NULL);
    r.text = "/b/k" BUCKET "vN37viHEIzVw%2BanB8pdrHFZ8/EM%3D";
    assert_refused(&r, "SignatureDoesNotMatch");
}

static void writes_may_have_nothing_that_is_not_signed(void **state)
{
    UNUSED(state);
    request r = {.method = "PUT", .text = EXAMPLE "&prefix=a"};
    assert_refused(&r, "AccessDenied");
    r.method = "GET"; /* as S3 accepts it */
    assert_refused(&r, NULL);
}

static void other_keys_and_broken_dates_are_refused(void **state)
{
    UNUSED(state);
    request r = {.method = "GET", .text = "/b/k?AWSAccessKeyId=other&Signature=x&Expires=9"};
    assert_refused(&r, "InvalidAccessKeyId");
    r.text = "/b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=x&Expires=soon";
    assert_refused(&r, "AccessDenied");
    r.text = "/b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=x";
    assert_refused(&r, "AccessDenied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_url_is_taken_until_it_expires),
        cmocka_unit_test(what_is_signed_counts),
        cmocka_unit_test(the_path_of_a_bucket_is_signed_with_or_without_a_slash),
        cmocka_unit_test(writes_may_have_nothing_that_is_not_signed),
        cmocka_unit_test(other_keys_and_broken_dates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
