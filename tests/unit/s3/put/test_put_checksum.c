/* Uploads: their checksums, stores that refuse them, files that change meanwhile. */
#include "tests/unit/s3/put/checksum_site.h"

#define NINE_CRC32C "4waSgw=="

static void an_upload_carries_a_crc(void **state)
{
    static const char *const required[] = {"AWS_ACCESS_KEY_ID",
                                           KEY_ID,
                                           "AWS_SECRET_ACCESS_KEY",
                                           SECRET,
                                           "AWS_REQUEST_CHECKSUM_CALCULATION",
                                           "WHEN_REQUIRED",
                                           NULL};
    static const struct {
        s3_config config;
        const char *const *env;
        const char *header, *value;
    } rows[] = {
        {{0}, NULL, "x-amz-checksum-crc64nvme", NINE_CRC64NVME},
        {{.upload_checksum = S3_CHECKSUM_CRC32C}, NULL, "x-amz-checksum-crc32c", NINE_CRC32C},
        {{.upload_checksum = S3_CHECKSUM_CRC32}, NULL, "x-amz-checksum-crc32", "y/Q5Jg=="},
        {{.request_checksums = S3_CHECKSUM_USE_WHEN_REQUIRED}, NULL, NULL, NULL},
        {{0}, required, NULL, NULL},
        /* The program's setting takes precedence over the environment. */
        {{.request_checksums = S3_CHECKSUM_USE_WHEN_SUPPORTED},
         required,
         "x-amz-checksum-crc64nvme",
         NINE_CRC64NVME},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int in_memory = 0; in_memory < 2; in_memory++) {
            put_site p;
            site_env = rows[i].env;
            open_put(&p, NINE, rows[i].config);
            expect(&p, "PUT", &ok_reply);
            s3_put_options o = options(&p);
            if (in_memory) {
                o.fd = -1;
                o.data = SLICE_LIT(NINE);
            }
            assert_int_equal(put(&p, o), ERR_NONE);
            if (rows[i].header)
                assert_string_equal(sent(&p, 0, rows[i].header), rows[i].value);
            else
                assert_null(sent(&p, 0, "x-amz-checksum-crc64nvme"));
            close_put(&p);
        }
    }
}

static void unknown_settings_are_refused(void **state)
{
    static const char *const wrong[] = {"AWS_REQUEST_CHECKSUM_CALCULATION", "always", NULL};
    fake_transport *f = fake_new();
    err e = ERR_INIT;
    (void)state;
    site_env = wrong;
    s3_config config = {.endpoint = "http://store", .getenv_fn = site_getenv};
    assert_null(s3_client_new(fake_transport_base(f), &config, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, "'always'"));
    site_env = NULL;
    config.getenv_fn = NULL;
    config.upload_checksum = S3_CHECKSUM_MD5;
    assert_null(s3_client_new(fake_transport_base(f), &config, &e));
    fake_free(f);
}

static void a_file_is_not_hashed_for_the_signature_on_request(void **state)
{
    static const s3_config rows[] = {{.unsigned_payload = true}, {.endpoint = "https://store"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_site p;
        open_put(&p, NINE, rows[i]);
        expect(&p, "PUT", &ok_reply);
        assert_int_equal(put(&p, options(&p)), ERR_NONE);
        assert_string_equal(sent(&p, 0, "x-amz-content-sha256"), S3_UNSIGNED);
        assert_string_equal(sent(&p, 0, "x-amz-checksum-crc64nvme"), NINE_CRC64NVME);
        close_put(&p);
    }
}

/* --- stores with fewer checksums --- */

static const fake_reply no_header = {
    .status = 501,
    .body = SLICE_LIT("<Error><Code>NotImplemented</Code><Message>A header you provided implies "
                      "functionality that is not implemented</Message></Error>")};

static void a_store_that_refuses_a_checksum_gets_a_lesser_one(void **state)
{
    put_site p;
    (void)state;
    open_put(&p, NINE, (s3_config){0});
    expect(&p, "PUT", &no_algorithm);
    expect(&p, "PUT", &ok_reply);
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    assert_string_equal(sent(&p, 1, "x-amz-checksum-crc32c"), NINE_CRC32C);
    assert_null(sent(&p, 1, "x-amz-checksum-crc64nvme"));
    /* Tried once: the next upload knows the result. */
    expect(&p, "PUT", &ok_reply);
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    assert_string_equal(sent(&p, 2, "x-amz-checksum-crc32c"), NINE_CRC32C);
    /* No checksum at all. */
    expect(&p, "PUT", &no_header);
    expect(&p, "PUT", &ok_reply);
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    assert_null(sent(&p, 4, "x-amz-checksum-crc32c"));
    close_put(&p);
}

static void a_checksum_that_was_chosen_stays(void **state)
{
    put_site p;
    (void)state;
    open_put(&p, NINE, (s3_config){.upload_checksum = S3_CHECKSUM_CRC64NVME});
    expect(&p, "PUT", &no_algorithm);
    assert_int_equal(put(&p, options(&p)), ERR_S3_REPLY);
    close_put(&p);
}

static void other_refusals_are_no_reason_for_less(void **state)
{
    static const fake_reply denied = {
        .status = 403, .body = SLICE_LIT("<Error><Code>AccessDenied</Code></Error>")};
    put_site p;
    (void)state;
    open_put(&p, NINE, (s3_config){0});
    expect(&p, "PUT", &denied);
    expect(&p, "PUT", &ok_reply);
    assert_int_equal(put(&p, options(&p)), ERR_S3_ACCESS);
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    assert_string_equal(sent(&p, 1, "x-amz-checksum-crc64nvme"), NINE_CRC64NVME);
    close_put(&p);
}

/* A request that is refused without a checksum as well was not refused because of it: nothing is
 * learnt. */
static void a_header_that_is_refused_with_every_checksum_was_another(void **state)
{
    put_site p;
    (void)state;
    open_put(&p, NINE, (s3_config){0});
    for (int i = 0; i < 3; i++)
        expect(&p, "PUT", &no_header);
    expect(&p, "PUT", &ok_reply);
    assert_int_equal(put(&p, options(&p)), ERR_HTTP_SERVER);
    assert_null(sent(&p, 2, "x-amz-checksum-crc32c"));
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    assert_string_equal(sent(&p, 3, "x-amz-checksum-crc64nvme"), NINE_CRC64NVME);
    close_put(&p);
}

static void a_refusal_that_names_something_else_is_final(void **state)
{
    static const fake_reply rows[] = {
        {.status = 501,
         .body = SLICE_LIT("<Error><Code>NotImplemented</Code><Message>Server side encryption "
                           "specified but KMS is not configured</Message></Error>")},
        {.status = 400,
         .body = SLICE_LIT("<Error><Code>InvalidArgument</Code><Message>Content-Language is "
                           "invalid</Message></Error>")},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_site p;
        open_put(&p, NINE, (s3_config){0});
        s3_put_options o = options(&p);
        o.key = "checksum.md5"; /* a key is not a reason */
        expect(&p, "PUT", &rows[i]);
        assert_int_not_equal(put(&p, o), ERR_NONE);
        assert_int_equal(fake_request_count(p.s.f), 1);
        close_put(&p);
    }
}

/* --- a file that changes between hashing and sending --- */

typedef struct changing {
    put_site p;
    unsigned puts;
} changing;

/* The first body is altered in transfer, and the file after it was hashed. */
static void refuse_first(void *ctx, const fake_request *request, fake_reply *reply)
{
    changing *c = ctx;
    UNUSED(request);
    *reply = ok_reply;
    if (c->puts++ > 0)
        return;
    *reply =
        (fake_reply){.status = 400, .body = SLICE_LIT("<Error><Code>BadDigest</Code></Error>")};
    assert_int_equal(pwrite(fileno(c->p.file), "X", 1, 0), 1);
}

static void a_file_that_changed_meanwhile_is_hashed_again(void **state)
{
    changing c = {0};
    (void)state;
    open_put(&c.p, NINE, (s3_config){0});
    fake_handle(c.p.s.f, refuse_first, &c);
    assert_int_equal(put(&c.p, options(&c.p)), ERR_NONE);
    assert_int_equal(c.puts, 2);
    assert_string_equal(sent(&c.p, 0, "x-amz-checksum-crc64nvme"), NINE_CRC64NVME);
    assert_string_not_equal(sent(&c.p, 1, "x-amz-checksum-crc64nvme"), NINE_CRC64NVME);
    close_put(&c.p);
}

static void a_file_that_keeps_changing_fails(void **state)
{
    static const char *const codes[] = {"<Error><Code>BadDigest</Code></Error>",
                                        "<Error><Code>XAmzContentSHA256Mismatch</Code></Error>",
                                        "<Error><Code>XAmzContentChecksumMismatch</Code></Error>"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        put_site p;
        open_put(&p, NINE, (s3_config){0});
        fake_when(p.s.f, &(fake_rule){.reply = {.status = 400, .body = slice_from(codes[i])}});
        assert_int_equal(put(&p, options(&p)), ERR_S3_CHECKSUM);
        assert_int_equal(fake_request_count(p.s.f), 4);
        assert_int_equal(p.s.error.cls, ERR_CLASS_ITEM);
        close_put(&p);
    }
}

static void a_file_that_became_shorter_fails(void **state)
{
    put_site p;
    (void)state;
    for (size_t size = 20; size < 20 * MIB; size *= 2000) {
        open_put(&p, NINE, (s3_config){0});
        s3_put_options o = options(&p);
        o.size_bytes = size;
        fake_when(p.s.f, &(fake_rule){.method = "POST", .reply = {.body = SLICE_LIT(UPLOAD)}});
        fake_when(p.s.f, &(fake_rule){.method = "DELETE", .reply = {.status = 204}});
        assert_int_equal(put(&p, o), ERR_IO);
        assert_non_null(strstr(p.s.error.message, "s3://b/k"));
        assert_non_null(strstr(p.s.error.message, "shorter"));
        close_put(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_carries_a_crc),
        cmocka_unit_test(unknown_settings_are_refused),
        cmocka_unit_test(a_file_is_not_hashed_for_the_signature_on_request),
        cmocka_unit_test(a_store_that_refuses_a_checksum_gets_a_lesser_one),
        cmocka_unit_test(a_checksum_that_was_chosen_stays),
        cmocka_unit_test(other_refusals_are_no_reason_for_less),
        cmocka_unit_test(a_header_that_is_refused_with_every_checksum_was_another),
        cmocka_unit_test(a_refusal_that_names_something_else_is_final),
        cmocka_unit_test(a_file_that_changed_meanwhile_is_hashed_again),
        cmocka_unit_test(a_file_that_keeps_changing_fails),
        cmocka_unit_test(a_file_that_became_shorter_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
