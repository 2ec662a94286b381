#include "base/util.h"
#include "s3/client/object_options.h"

#include <stdlib.h>

#include "base/fsutil.h"
#include "tests/unit/s3/site.h"

#define KEY  "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" /* 01234567890123456789012345678901 */
#define MD5  "KYvwGXoFFJ42a2u2GDWhwQ=="
#define CUST "x-amz-server-side-encryption-customer-key"
#define SRC  "x-amz-copy-source-server-side-encryption-customer-key"

static const char *sent(const site *s, const char *name)
{
    return site_sent_header(s, fake_request_count(s->f) - 1, name);
}

static void open_with(site *s, s3_headers_options headers)
{
    site_open(s, (s3_config){.endpoint = "https://store", .headers = headers});
}

static void head_done(void *ctx, const s3_object *object, const err *e)
{
    UNUSED(object);
    site_done(ctx, e);
}

static void put_done(void *ctx, const s3_put_result *result, const err *e)
{
    UNUSED(result);
    site_done(ctx, e);
}

static void put(site *s, const s3_headers *headers)
{
    const http_header etag = {"ETag", "\"e\""};
    fake_expect(s->f, &(fake_rule){.method = "PUT",
                                   .url = "https://store/b/k",
                                   .reply = {.headers = &etag, .header_count = 1}});
    s3_put(s->c, &(s3_put_options){.bucket = "b",
                                   .key = "k",
                                   .fd = -1,
                                   .data = SLICE_LIT("x"),
                                   .headers = headers,
                                   .on_done = put_done,
                                   .ctx = s});
    assert_int_equal(site_end(s), ERR_NONE);
}

static void nothing_is_sent_that_was_not_asked_for(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){.sse = "", .storage_class = ""});
    put(&s, NULL);
    const fake_request *r = fake_request_at(s.f, 0);
    for (size_t i = 0; i < r->header_count; i++) {
        assert_null(strstr(r->headers[i].name, "encryption"));
        assert_null(strstr(r->headers[i].name, "payer"));
        assert_null(strstr(r->headers[i].name, "storage"));
    }
    site_close(&s);
}

static void writing_carries_class_and_encryption_and_they_are_signed(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){.request_payer = true,
                                       .sse = "aws:kms",
                                       .sse_kms_key_id = "KMS",
                                       .storage_class = "STANDARD_IA"});
    put(&s, NULL);
    assert_string_equal(sent(&s, "x-amz-request-payer"), "requester");
    assert_string_equal(sent(&s, "x-amz-server-side-encryption"), "aws:kms");
    assert_string_equal(sent(&s, "x-amz-server-side-encryption-aws-kms-key-id"), "KMS");
    assert_string_equal(sent(&s, "x-amz-storage-class"), "STANDARD_IA");
    assert_non_null(strstr(sent(&s, "Authorization"),
                           "x-amz-request-payer;x-amz-server-side-encryption;"
                           "x-amz-server-side-encryption-aws-kms-key-id;x-amz-storage-class"));
    site_close(&s);
}

static void reading_carries_the_payer_only(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){
                      .request_payer = true, .sse = "AES256", .storage_class = "GLACIER_IR"});
    static const http_header headers[] = {{"Content-Length", "1"}, {"ETag", "\"e\""}};
    fake_expect(s.f,
                &(fake_rule){.method = "HEAD", .reply = {.headers = headers, .header_count = 2}});
    s3_head(s.c, "b", "k", head_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(sent(&s, "x-amz-request-payer"), "requester");
    assert_null(sent(&s, "x-amz-server-side-encryption"));
    assert_null(sent(&s, "x-amz-storage-class"));
    site_close(&s);
}

static void a_customers_key_goes_both_ways_and_to_no_other_request(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){.sse_customer_key = KEY});
    put(&s, NULL);
    assert_string_equal(sent(&s, CUST), KEY);
    assert_string_equal(sent(&s, CUST "-MD5"), MD5);
    assert_string_equal(sent(&s, "x-amz-server-side-encryption-customer-algorithm"), "AES256");
    site_expect(&s, "DELETE", "https://store/b/k", 204, "");
    s3_delete(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_null(sent(&s, CUST));
    site_close(&s);
}

static void a_copy_carries_the_keys_of_both_objects(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){.sse_customer_key_of_source = KEY, .sse = "AES256"});
    site_expect(&s, "PUT", "https://store/b/k", 200,
                "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>");
    s3_copy(s.c, &(s3_copy_options){.from_bucket = "a",
                                    .from_key = "k",
                                    .to_bucket = "b",
                                    .to_key = "k",
                                    .on_done = site_done,
                                    .ctx = &s});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(sent(&s, SRC), KEY);
    assert_string_equal(sent(&s, SRC "-MD5"), MD5);
    assert_string_equal(sent(&s, "x-amz-server-side-encryption"), "AES256");
    assert_null(sent(&s, CUST));
    site_close(&s);
}

static void an_upload_may_differ_from_the_client(void **state)
{
    site s;
    err e = ERR_INIT;
    (void)state;
    open_with(&s, (s3_headers_options){.storage_class = "STANDARD_IA", .request_payer = true});
    AUTO_PTR(s3_headers) own = s3_headers_new(&(s3_headers_options){.storage_class = "X"}, &e);
    put(&s, own);
    assert_string_equal(sent(&s, "x-amz-storage-class"), "X");
    assert_null(sent(&s, "x-amz-request-payer"));
    site_close(&s);
}

/* 1 for the payer, 1 for the class, 3 for each customer key. */
static void what_each_operation_carries(void **state)
{
    static const struct {
        const char *operation;
        size_t count;
    } rows[] = {{"ListBuckets", 0},
                {"CreateBucket", 0},
                {"ListObjectsV2", 1},
                {"ListMultipartUploads", 1},
                {"DeleteObject", 1},
                {"DeleteObjects", 1},
                {"AbortMultipartUpload", 1},
                {"HeadObject", 4},
                {"GetObject", 4},
                {"UploadPart", 4},
                {"CompleteMultipartUpload", 4},
                {"PutObject", 5},
                {"CreateMultipartUpload", 5},
                {"UploadPartCopy", 7},
                {"CopyObject", 8}};
    s3_headers_options all = {.request_payer = true,
                              .storage_class = "X",
                              .sse_customer_key = KEY,
                              .sse_customer_key_of_source = KEY};
    err e = ERR_INIT;
    (void)state;
    AUTO_PTR(s3_headers) h = s3_headers_new(&all, &e);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        http_header to[S3_HEADERS_MAX];
        size_t count = 0;
        assert_true(s3_headers_add(h, rows[i].operation, "https://store/", to, &count, &e));
        if (count != rows[i].count)
            fail_msg("%s carries %zu", rows[i].operation, count);
    }
}

#define OWNER        "x-amz-expected-bucket-owner"
#define SOURCE_OWNER "x-amz-source-expected-bucket-owner"

static void the_owner_goes_with_every_request_to_a_bucket(void **state)
{
    static const char *const all[] = {"ListObjectsV2",
                                      "ListMultipartUploads",
                                      "HeadObject",
                                      "GetObject",
                                      "GetObjectTagging",
                                      "PutObject",
                                      "CreateMultipartUpload",
                                      "UploadPart",
                                      "UploadPartCopy",
                                      "CompleteMultipartUpload",
                                      "AbortMultipartUpload",
                                      "CopyObject",
                                      "DeleteObject",
                                      "DeleteObjects",
                                      "DeleteBucket",
                                      "HeadBucket",
                                      "an operation to come"};
    err e = ERR_INIT;
    (void)state;
    AUTO_PTR(s3_headers)
    h = s3_headers_new(&(s3_headers_options){.expected_bucket_owner = "111122223333"}, &e);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        http_header to[S3_HEADERS_MAX];
        size_t count = 0;
        bool copies = strstr(all[i], "Copy") != NULL;
        assert_true(s3_headers_add(h, all[i], "http://store/", to, &count, &e));
        assert_int_equal(count, copies ? 2 : 1);
        assert_string_equal(to[0].name, OWNER);
        assert_string_equal(to[0].value, "111122223333");
        if (copies)
            assert_string_equal(to[1].name, SOURCE_OWNER);
    }
    size_t count = 0;
    http_header to[S3_HEADERS_MAX];
    assert_true(s3_headers_add(h, "ListBuckets", "http://store/", to, &count, &e) &&
                s3_headers_add(h, "CreateBucket", "http://store/", to, &count, &e));
    assert_int_equal(count, 0);
}

static void the_owner_is_signed_and_the_source_may_have_another(void **state)
{
    site s;
    (void)state;
    open_with(&s, (s3_headers_options){.expected_bucket_owner = "111122223333",
                                       .expected_source_bucket_owner = "444455556666"});
    site_expect(&s, "PUT", "https://store/b/k", 200,
                "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>");
    s3_copy(s.c, &(s3_copy_options){.from_bucket = "a",
                                    .from_key = "k",
                                    .to_bucket = "b",
                                    .to_key = "k",
                                    .on_done = site_done,
                                    .ctx = &s});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(sent(&s, OWNER), "111122223333");
    assert_string_equal(sent(&s, SOURCE_OWNER), "444455556666");
    assert_non_null(strstr(sent(&s, "Authorization"), OWNER ";"));
    assert_non_null(strstr(sent(&s, "Authorization"), SOURCE_OWNER));
    site_close(&s);
}

static void an_upload_keeps_the_owner_of_the_client(void **state)
{
    site s;
    err e = ERR_INIT;
    (void)state;
    open_with(&s, (s3_headers_options){.expected_bucket_owner = "111122223333"});
    AUTO_PTR(s3_headers)
    own = s3_client_headers(s.c, &(s3_headers_options){.storage_class = "X"}, &e);
    put(&s, own);
    assert_string_equal(sent(&s, OWNER), "111122223333");
    site_close(&s);
}

static void a_refusal_names_the_expected_owner(void **state)
{
    static const struct {
        const char *method, *body;
        bool named;
    } rows[] = {
        {"DELETE", "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
         true},
        {"DELETE", "<Error><Code>SignatureDoesNotMatch</Code><Message>x</Message></Error>", false},
        {"DELETE", "<html>Forbidden</html>", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        open_with(&s, (s3_headers_options){.expected_bucket_owner = "111122223333"});
        site_expect(&s, rows[i].method, "https://store/b/k", 403, rows[i].body);
        s3_delete(s.c, "b", "k", site_done, &s);
        assert_int_not_equal(site_end(&s), ERR_NONE);
        bool named = strstr(s.error.message, "belongs to the account 111122223333") != NULL;
        if (named != rows[i].named)
            fail_msg("%s: %s", rows[i].body, s.error.message);
        site_close(&s);
    }
}

static void an_owner_is_an_account(void **state)
{
    static const char *const bad[] = {"11112222333", "1111222233334", "11112222333x",
                                      "arn:aws:iam::111122223333:root"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err e = ERR_INIT;
        assert_null(s3_headers_new(&(s3_headers_options){.expected_bucket_owner = bad[i]}, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        e = (err)ERR_INIT;
        assert_null(
            s3_headers_new(&(s3_headers_options){.expected_source_bucket_owner = bad[i]}, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void a_customers_key_is_not_sent_in_the_clear(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){.headers = {.sse_customer_key = KEY}}); /* http://store */
    s3_head(s.c, "b", "k", head_done, &s);
    assert_int_equal(site_end(&s), ERR_CONFIG);
    assert_non_null(strstr(s.error.message, "https"));
    assert_null(strstr(s.error.message, KEY));
    assert_int_equal(fake_request_count(s.f), 0);
    site_close(&s);
}

static void settings_that_cannot_be(void **state)
{
    static const struct {
        s3_headers_options options;
        const char *why;
    } cases[] = {
        {{.sse_customer_key = "c2hvcnQ="}, "32 bytes"},
        {{.sse_customer_key = "?"}, "32 bytes"},
        {{.sse_customer_key_of_source = "c2hvcnQ="}, "32 bytes"},
        {{.sse_customer_key = KEY, .sse = "AES256"}, "exclude each other"},
        {{.sse_kms_key_id = "K"}, "aws:kms"},
        {{.sse_kms_key_id = "K", .sse = "AES256"}, "aws:kms"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        err e = ERR_INIT;
        assert_null(s3_headers_new(&cases[i].options, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.message, cases[i].why));
        e = (err)ERR_INIT;
        fake_transport *f = fake_new();
        assert_null(
            s3_client_new(fake_transport_base(f), &(s3_config){.headers = cases[i].options}, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        fake_free(f);
    }
}

static void a_key_file_may_be_raw_or_base64(void **state)
{
    char folder[] = "/tmp/s3-headers-XXXXXX";
    err e = ERR_INIT;
    (void)state;
    assert_non_null(mkdtemp(folder));
    AUTO_FREE char *path = xasprintf("%s/key", folder);
    assert_true(fs_write_file(path, SLICE_LIT("01234567890123456789012345678901"), false, &e));
    AUTO_FREE char *raw = s3_customer_key_read(path, &e);
    assert_string_equal(raw, KEY);
    assert_true(fs_write_file(path, SLICE_LIT(KEY "\n"), false, &e));
    AUTO_FREE char *text = s3_customer_key_read(path, &e);
    assert_string_equal(text, KEY);
    assert_true(fs_remove_tree(folder, &e));
    assert_null(s3_customer_key_read(path, &e));
    assert_non_null(strstr(e.message, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_that_was_not_asked_for),
        cmocka_unit_test(writing_carries_class_and_encryption_and_they_are_signed),
        cmocka_unit_test(reading_carries_the_payer_only),
        cmocka_unit_test(a_customers_key_goes_both_ways_and_to_no_other_request),
        cmocka_unit_test(a_copy_carries_the_keys_of_both_objects),
        cmocka_unit_test(an_upload_may_differ_from_the_client),
        cmocka_unit_test(what_each_operation_carries),
        cmocka_unit_test(the_owner_goes_with_every_request_to_a_bucket),
        cmocka_unit_test(the_owner_is_signed_and_the_source_may_have_another),
        cmocka_unit_test(an_upload_keeps_the_owner_of_the_client),
        cmocka_unit_test(a_refusal_names_the_expected_owner),
        cmocka_unit_test(an_owner_is_an_account),
        cmocka_unit_test(a_customers_key_is_not_sent_in_the_clear),
        cmocka_unit_test(settings_that_cannot_be),
        cmocka_unit_test(a_key_file_may_be_raw_or_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
