/* Signatures, targets, ranges and faults of the small S3 server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/util.h"
#include "s3/serve/protocol/auth.h"
#include "s3/serve/protocol/fault_injection.h"
#include "s3/serve/protocol/target.h"

/* The example of the Amazon S3 API Reference, "Signature Calculations for the Authorization
 * Header: Transferring Payload in a Single Chunk": GET Object. */
#define EXAMPLE_TIME_S    1369353600 /* 2013-05-24 00:00:00 UTC */
#define EXAMPLE_SIGNATURE "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
#define EMPTY_SHA256      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const auth_keys keys = {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                               .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

static const http_header example[] = {
    {"Host", "examplebucket.s3.amazonaws.com"},
    {"Authorization",
     "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
     "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=" EXAMPLE_SIGNATURE},
    {"Range", "bytes=0-9"},
    {"x-amz-content-sha256", EMPTY_SHA256},
    {"x-amz-date", "20130524T000000Z"},
};

typedef struct variant {
    http_header headers[8];
    auth_request request;
    target target;
} variant;

static void variant_init(variant *v)
{
    memcpy(v->headers, example, sizeof example);
    v->target = (target){0};
    v->request = (auth_request){.method = "GET",
                                .target = &v->target,
                                .path = SLICE_LIT("/test.txt"),
                                .headers = v->headers,
                                .header_count = ARRAY_LEN(example),
                                .now_s = EXAMPLE_TIME_S};
}

static void assert_refused(const variant *v, const char *s3_code)
{
    err e = ERR_INIT;
    assert_int_equal(auth_check(&v->request, &keys, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
}

static void test_published_example(void **state)
{
    UNUSED(state);
    variant v;
    variant_init(&v);
    assert_refused(&v, NULL);
    assert_string_equal(auth_payload_hash(&v.request), EMPTY_SHA256);
}

static void test_what_was_signed_counts(void **state)
{
    UNUSED(state);
    variant v;
    variant_init(&v);
    v.request.path = SLICE_LIT("/test2.txt");
    assert_refused(&v, "SignatureDoesNotMatch");
    variant_init(&v);
    v.request.method = "DELETE";
    assert_refused(&v, "SignatureDoesNotMatch");
    variant_init(&v);
    v.request.query = SLICE_LIT("acl");
    assert_refused(&v, "SignatureDoesNotMatch");
    variant_init(&v);
    v.headers[2].value = "bytes=0-10";
    assert_refused(&v, "SignatureDoesNotMatch");
    variant_init(&v);
    v.headers[v.request.header_count++] = (http_header){"x-amz-copy-source", "/b/k"};
    assert_refused(&v, "AccessDenied"); /* not among the signed ones */
}

static void test_the_signer_and_the_time(void **state)
{
    UNUSED(state);
    variant v;
    variant_init(&v);
    v.headers[1].name = "X-Other";
    assert_refused(&v, "AccessDenied");
    variant_init(&v);
    v.request.now_s += AUTH_SKEW_MAX_S;
    assert_refused(&v, NULL);
    v.request.now_s++;
    assert_refused(&v, "RequestTimeTooSkewed");
    variant_init(&v);
    v.request.now_s -= AUTH_SKEW_MAX_S + 1;
    assert_refused(&v, "RequestTimeTooSkewed");
    variant_init(&v);
    v.headers[1].value = "AWS4-HMAC-SHA256 nonsense";
    assert_refused(&v, "AuthorizationHeaderMalformed");
    variant_init(&v);
    err e = ERR_INIT;
    const auth_keys others = {.access_key_id = "AKIAOTHER", .secret_access_key = "secret"};
    assert_false(auth_check(&v.request, &others, &e));
    assert_string_equal(e.s3_code, "InvalidAccessKeyId");
}

/* The example of "Authenticating Requests: Using Query Parameters" there. */
#define PRESIGNED                                                                                  \
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"  \
    "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"            \
    "X-Amz-SignedHeaders=host&X-Amz-Signature="                                                    \
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

static void assert_presigned(const char *text, int64_t now_s, const char *s3_code)
{
    AUTO(target) t = {0};
    err e = ERR_INIT;
    assert_true(target_parse(text, &t, &e));
    auth_request request = {.method = "GET",
                            .path = t.raw_path,
                            .query = t.raw_query,
                            .target = &t,
                            .headers = example,
                            .header_count = 1,
                            .now_s = now_s};
    assert_int_equal(auth_check(&request, &keys, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
}

static void test_presigned_urls(void **state)
{
    UNUSED(state);
    assert_presigned(PRESIGNED, EXAMPLE_TIME_S, NULL);
    assert_presigned(PRESIGNED, EXAMPLE_TIME_S + 86400, NULL);
    assert_presigned(PRESIGNED, EXAMPLE_TIME_S + 86401, "AccessDenied");
    assert_presigned(PRESIGNED, EXAMPLE_TIME_S - AUTH_SKEW_MAX_S - 1, "AccessDenied");
    assert_presigned(PRESIGNED "0", EXAMPLE_TIME_S, "SignatureDoesNotMatch");
    assert_presigned(PRESIGNED "&x-id=GetObject", EXAMPLE_TIME_S, "SignatureDoesNotMatch");
    assert_presigned("/test.txt?X-Amz-Signature=00", EXAMPLE_TIME_S,
                     "AuthorizationQueryParametersError");
}

static void test_regions_and_anonymous(void **state)
{
    UNUSED(state);
    variant v;
    err e = ERR_INIT;
    auth_keys policy = keys;
    variant_init(&v);
    policy.region = "us-east-1";
    assert_true(auth_check(&v.request, &policy, &e));
    policy.region = "eu-west-3";
    assert_false(auth_check(&v.request, &policy, &e));
    assert_string_equal(e.s3_code, "AuthorizationHeaderMalformed");
    assert_non_null(strstr(e.message, "'eu-west-3'"));
    v.request.header_count = 1;
    assert_false(auth_check(&v.request, &policy, &e));
    policy.anonymous = AUTH_ANONYMOUS_READ;
    assert_true(auth_check(&v.request, &policy, &e));
    v.request.method = "PUT";
    assert_false(auth_check(&v.request, &policy, &e));
    policy.anonymous = AUTH_ANONYMOUS_ALL;
    assert_true(auth_check(&v.request, &policy, &e));
}

static void uploads_by_forms_are_not_implemented(void **state)
{
    UNUSED(state);
    AUTO(target) t = {0};
    err e = ERR_INIT;
    http_header form = {"content-type", "Multipart/form-data; boundary=x"};
    assert_true(target_parse("/b", &t, &e));
    auth_request request = {
        .method = "POST", .path = t.raw_path, .target = &t, .headers = &form, .header_count = 1};
    assert_false(auth_check(&request, &keys, &e));
    assert_string_equal(e.s3_code, "NotImplemented");
    request.method = "PUT";
    assert_false(auth_check(&request, &keys, &e));
    assert_string_equal(e.s3_code, "AccessDenied");
}

static void test_targets(void **state)
{
    UNUSED(state);
    AUTO(target) t = {0};
    err e = ERR_INIT;
    assert_true(target_parse("/b/x%20+%2F/../y//z?uploadId=a%2Bb+c&acl", &t, &e));
    assert_string_equal(t.bucket, "b");
    assert_string_equal(buf_str(&t.key), "x +//../y//z");
    assert_string_equal(target_param(&t, "uploadId"), "a+b c");
    assert_string_equal(target_param(&t, "acl"), "");
    assert_null(target_param(&t, "policy"));
    target_deinit(&t);
    assert_true(target_parse("/", &t, &e));
    assert_null(t.bucket);
    target_deinit(&t);
    assert_false(target_parse("/b/%zz", &t, &e));
    target_deinit(&t);
    assert_false(target_parse("/b/%ff", &t, &e));
}

static void assert_range(const char *header, uint64_t size, bool partial, uint64_t offset,
                         uint64_t len)
{
    byte_range r;
    err e = ERR_INIT;
    assert_true(byte_range_parse(header, size, &r, &e));
    assert_int_equal(r.partial, partial);
    assert_int_equal(r.offset, offset);
    assert_int_equal(r.len_bytes, len);
}

static void test_ranges(void **state)
{
    UNUSED(state);
    byte_range r;
    err e = ERR_INIT;
    assert_range(NULL, 10, false, 0, 10);
    assert_range("bytes=0-0", 10, true, 0, 1);
    assert_range("bytes=4-", 10, true, 4, 6);
    assert_range("bytes=4-99", 10, true, 4, 6);
    assert_range("bytes=-3", 10, true, 7, 3);
    assert_range("bytes=-30", 10, true, 0, 10);
    assert_range("bytes=5-4", 10, false, 0, 10); /* malformed: ignored */
    assert_range("lines=1-2", 10, false, 0, 10);
    assert_range("bytes=0-1,3-4", 10, false, 0, 10);
    assert_false(byte_range_parse("bytes=10-", 10, &r, &e));
    assert_string_equal(e.s3_code, "InvalidRange");
    assert_false(byte_range_parse("bytes=0-0", 0, &r, &e)); /* an empty object has no ranges */
    assert_false(byte_range_parse("bytes=-5", 0, &r, &e));
}

static const fault *match(fault_set *set, const char *method, const target *t, const char *header)
{
    http_header h = {header, "x"};
    return fault_match(
        set, &(auth_request){
                 .method = method, .target = t, .headers = &h, .header_count = header ? 1 : 0});
}

static unsigned count_due(const char *rule, unsigned requests, uint64_t *pattern)
{
    AUTO(fault_set) set = {0};
    AUTO(target) t = {0};
    err e = ERR_INIT;
    unsigned due = 0;
    fault_set_init(&set);
    assert_true(target_parse("/b/k", &t, &e));
    assert_true(fault_add(&set, rule, &e));
    for (unsigned i = 0; i < requests; i++) {
        bool hit = match(&set, "GET", &t, NULL) != NULL;
        due += hit;
        *pattern = *pattern * 31 + hit;
    }
    return due;
}

static void test_fault_rates(void **state)
{
    UNUSED(state);
    uint64_t first = 0, second = 0, other = 0, any = 0;
    unsigned due = count_due("lost,rate=5%,seed=7", 10000, &first);
    assert_in_range(due, 400, 600);
    assert_int_equal(count_due("lost,rate=5%,seed=7", 10000, &second), due);
    assert_true(first == second);
    count_due("lost,rate=5%,seed=8", 10000, &other);
    assert_true(first != other);
    assert_in_range(count_due("lost,rate=0.5%", 100000, &any), 400, 600);
    assert_int_equal(count_due("lost,rate=100%", 1000, &any), 1000);
}

static void test_faults_once_a_key(void **state)
{
    UNUSED(state);
    AUTO(fault_set) set = {0};
    AUTO(target) first = {0};
    AUTO(target) second = {0};
    err e = ERR_INIT;
    fault_set_init(&set);
    assert_true(target_parse("/b/first", &first, &e));
    assert_true(target_parse("/b/second", &second, &e));
    assert_true(fault_add(&set, "etag,once", &e));
    assert_non_null(match(&set, "GET", &first, NULL));
    assert_null(match(&set, "GET", &first, NULL));
    assert_non_null(match(&set, "GET", &second, NULL));
    assert_null(match(&set, "GET", &second, NULL));
}

static void test_fault_rules(void **state)
{
    UNUSED(state);
    AUTO(fault_set) set = {0};
    AUTO(target) gz = {0};
    AUTO(target) other = {0};
    err e = ERR_INIT;
    fault_set_init(&set);
    assert_true(target_parse("/b/a/x.gz", &gz, &e));
    assert_true(target_parse("/b/x.txt?uploads", &other, &e));
    assert_true(fault_add(&set, "status=503,method=GET,key=*.gz,count=2", &e));
    assert_true(fault_add(&set, "reset,query=uploads,every=2", &e));
    assert_true(fault_add(&set, "delay=5,header=range", &e));
    assert_null(match(&set, "PUT", &gz, NULL));
    assert_int_equal(match(&set, "GET", &gz, NULL)->status, 503);
    assert_non_null(match(&set, "GET", &gz, NULL));
    assert_null(match(&set, "GET", &gz, NULL));
    assert_null(match(&set, "POST", &other, NULL));
    assert_int_equal(match(&set, "POST", &other, NULL)->kind, FAULT_RESET);
    assert_int_equal(match(&set, "GET", &gz, "Range")->delay_ms, 5);
    const char *bad[] = {"",
                         "key=a",
                         "status=abc",
                         "status=5",
                         "reset,what=1",
                         "status=503,reset",
                         "reset=1",
                         "delay",
                         "lost,rate=5",
                         "lost,rate=101%",
                         "lost,rate=0%",
                         "lost,rate=1.%",
                         "lost,rate=0.00001%",
                         "etag,seed=x"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(fault_check(bad[i], &e));
}

static void test_codes_of_statuses(void **state)
{
    UNUSED(state);
    const struct {
        int status;
        const char *code;
    } rows[] = {
        {503, "SlowDown"}, {500, "InternalError"}, {403, "AccessDenied"}, {404, "NoSuchKey"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        s3_refuse_status(&e, rows[i].status, NULL);
        assert_string_equal(e.s3_code, rows[i].code);
        assert_int_equal(e.http_status, rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_example),
        cmocka_unit_test(test_what_was_signed_counts),
        cmocka_unit_test(test_the_signer_and_the_time),
        cmocka_unit_test(test_presigned_urls),
        cmocka_unit_test(test_regions_and_anonymous),
        cmocka_unit_test(uploads_by_forms_are_not_implemented),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_fault_rates),
        cmocka_unit_test(test_faults_once_a_key),
        cmocka_unit_test(test_fault_rules),
        cmocka_unit_test(test_codes_of_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
