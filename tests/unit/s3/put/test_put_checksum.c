/* Uploads: their checksums, stores that refuse them, files that change meanwhile, conditional
 * writes whose reply was lost. */
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL          "http://store/b/k"
#define MIB          ((size_t)1024 * 1024)
#define CREATE_URL   URL "?uploads="
#define COMPLETE_URL URL "?uploadId=u1"
#define UPLOAD                                                                                     \
    "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;whole-3&quot;</ETag>"                              \
    "</CompleteMultipartUploadResult>"
/* Of "123456789", as the catalogue of CRCs has it: 0xAE8B14860A799888, 0xE3069283. */
#define NINE           "123456789"
#define NINE_CRC64NVME "rosUhgp5mIg="
#define NINE_CRC32C    "4waSgw=="

typedef struct put_site {
    site s;
    FILE *file;
} put_site;

static const http_header etag_header = {"ETag", "\"e1\""};
static const fake_reply ok_reply = {.status = 200, .headers = &etag_header, .header_count = 1};

static void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    put_site *p = ctx;
    assert_true((result != NULL) == (e == NULL));
    site_done(&p->s, e);
}

static void open_put(put_site *p, const char *text, s3_config config)
{
    *p = (put_site){.file = tmpfile()};
    assert_non_null(p->file);
    assert_true(fputs(text, p->file) >= 0);
    fflush(p->file);
    config.part_size_bytes = 5 * MIB;
    config.max_attempts = 3;
    site_open(&p->s, config);
}

static void close_put(put_site *p)
{
    fake_run_all(p->s.f);
    assert_true(s3_client_idle(p->s.c));
    site_close(&p->s);
    fclose(p->file);
}

static s3_put_options options(put_site *p)
{
    off_t size = lseek(fileno(p->file), 0, SEEK_END);
    return (s3_put_options){.bucket = "b",
                            .key = "k",
                            .fd = fileno(p->file),
                            .size_bytes = (uint64_t)size,
                            .on_done = on_done,
                            .ctx = p};
}

static err_code put(put_site *p, s3_put_options o)
{
    s3_put(p->s.c, &o);
    return site_end(&p->s);
}

static void expect(put_site *p, const char *method, const fake_reply *reply)
{
    fake_expect(p->s.f, &(fake_rule){.method = method, .reply = *reply});
}

static const char *sent(const put_site *p, size_t index, const char *name)
{
    return site_sent_header(&p->s, index, name);
}

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
static const fake_reply no_algorithm = {
    .status = 400,
    .body =
        SLICE_LIT("<Error><Code>InvalidArgument</Code><Message>The algorithm type you specified "
                  "in x-amz-checksum- header is invalid.</Message></Error>")};

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

/* --- multipart --- */

static void fill(put_site *p)
{
    AUTO_FREE char *data = xcalloc(11, MIB);
    for (size_t i = 0; i < 11 * MIB; i++)
        data[i] = (char)(i / 4096);
    assert_int_equal(pwrite(fileno(p->file), data, 11 * MIB, 0), 11 * MIB);
}

static void when(put_site *p, const char *method, const char *url_has, const fake_reply *reply,
                 unsigned times)
{
    fake_when(p->s.f,
              &(fake_rule){.method = method, .url_has = url_has, .reply = *reply, .times = times});
}

static const fake_reply created = {.status = 200, .body = {UPLOAD, sizeof UPLOAD - 1}};
static const fake_reply completed = {.status = 200, .body = {DONE, sizeof DONE - 1}};
static const fake_reply gone = {.status = 204};

static const fake_request *find(const put_site *p, const char *method, const char *url_has,
                                unsigned number)
{
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        if (strcmp(r->method, method) == 0 && strstr(r->url, url_has) && number-- == 0)
            return r;
    }
    fail_msg("no %s with %s", method, url_has);
    return NULL;
}

static void parts_carry_crcs_and_the_whole_one_made_of_them(void **state)
{
    static const s3_checksum_kind kinds[] = {S3_CHECKSUM_CRC64NVME, S3_CHECKSUM_CRC32C};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        put_site p;
        open_put(&p, "", (s3_config){.upload_checksum = kinds[i]});
        fill(&p);
        when(&p, "POST", "uploads=", &created, 1);
        when(&p, "PUT", "partNumber=", &ok_reply, 3);
        when(&p, "POST", "uploadId=", &completed, 1);
        assert_int_equal(put(&p, options(&p)), ERR_NONE);
        const char *header = s3_checksum_header(kinds[i]);
        const fake_request *create = find(&p, "POST", "uploads=", 0);
        assert_string_equal(fake_request_header(create, "x-amz-checksum-algorithm"),
                            s3_checksum_name(kinds[i]));
        assert_string_equal(fake_request_header(create, "x-amz-checksum-type"), "FULL_OBJECT");
        const fake_request *complete = find(&p, "POST", "uploadId=", 0);
        s3_hash whole;
        s3_hash_init(&whole, kinds[i]);
        for (unsigned n = 1; n <= 3; n++) {
            AUTO_FREE char *number = xasprintf("partNumber=%u&", n);
            const fake_request *part = find(&p, "PUT", number, 0);
            s3_hash one;
            s3_hash_init(&one, kinds[i]);
            s3_hash_update(&one, part->body.data, part->body.len);
            s3_hash_update(&whole, part->body.data, part->body.len);
            s3_checksum sum = s3_hash_final(&one);
            assert_string_equal(fake_request_header(part, header), sum.text);
            AUTO_FREE char *row =
                xasprintf("<PartNumber>%u</PartNumber><ETag>&quot;e1&quot;</ETag><Checksum%s>%s<",
                          n, s3_checksum_name(kinds[i]), sum.text);
            assert_non_null(strstr(complete->body.data, row));
        }
        s3_checksum sum = s3_hash_final(&whole);
        assert_string_equal(fake_request_header(complete, header), sum.text);
        assert_string_equal(fake_request_header(complete, "x-amz-checksum-type"), "FULL_OBJECT");
        close_put(&p);
    }
}

static void a_part_that_differs_is_hashed_and_sent_again(void **state)
{
    static const fake_reply bad = {.status = 400,
                                   .body = SLICE_LIT("<Error><Code>BadDigest</Code></Error>")};
    put_site p;
    (void)state;
    open_put(&p, "", (s3_config){0});
    fill(&p);
    when(&p, "POST", "uploads=", &created, 1);
    when(&p, "PUT", "partNumber=2&", &bad, 1);
    when(&p, "PUT", "partNumber=", &ok_reply, 3);
    when(&p, "POST", "uploadId=", &completed, 1);
    assert_int_equal(put(&p, options(&p)), ERR_NONE);
    find(&p, "PUT", "partNumber=2&", 1);
    close_put(&p);
}

static void a_store_may_refuse_the_checksum_of_a_multipart_upload(void **state)
{
    (void)state;
    for (int at_the_parts = 0; at_the_parts < 2; at_the_parts++) {
        put_site p;
        open_put(&p, "", (s3_config){0});
        fill(&p);
        if (at_the_parts)
            when(&p, "PUT", "partNumber=3&", &no_algorithm, 1);
        else
            when(&p, "POST", "uploads=", &no_algorithm, 1);
        when(&p, "POST", "uploads=", &created, 2);
        when(&p, "PUT", "partNumber=", &ok_reply, 6);
        when(&p, "POST", "uploadId=", &completed, 1);
        when(&p, "DELETE", "uploadId=", &gone, 1);
        assert_int_equal(put(&p, options(&p)), ERR_NONE);
        assert_string_equal(
            fake_request_header(find(&p, "POST", "uploads=", 1), "x-amz-checksum-algorithm"),
            "CRC32C");
        if (at_the_parts)
            find(&p, "DELETE", "uploadId=", 0); /* the first upload is aborted */
        assert_int_equal(p.s.done_count, 1);
        close_put(&p);
    }
}

/* --- conditional writes --- */

static void a_conflict_restarts_the_upload(void **state)
{
    static const fake_reply conflict = {
        .status = 409, .body = SLICE_LIT("<Error><Code>ConditionalRequestConflict</Code></Error>")};
    (void)state;
    for (int lasts = 0; lasts < 2; lasts++) {
        put_site p;
        open_put(&p, "", (s3_config){0});
        fill(&p);
        when(&p, "POST", "uploads=", &created, 0);
        when(&p, "PUT", "partNumber=", &ok_reply, 0);
        when(&p, "POST", "uploadId=", &conflict, lasts ? 0 : 1);
        when(&p, "POST", "uploadId=", &completed, 1);
        when(&p, "DELETE", "uploadId=", &gone, 0);
        s3_put_options o = options(&p);
        o.if_none_match = "*";
        assert_int_equal(put(&p, o), lasts ? ERR_S3_REPLY : ERR_NONE);
        find(&p, "POST", "uploads=", lasts ? 3 : 1);
        assert_string_equal(fake_request_header(find(&p, "POST", "uploadId=", 1), "If-None-Match"),
                            "*");
        close_put(&p);
    }
}

/* The reply of the first attempt is lost; the second finds an object of unknown origin. */
static void a_precondition_that_our_own_try_broke(void **state)
{
    static const fake_reply lost = {.error = ERR_TIMEOUT};
    static const fake_reply refused = {
        .status = 412, .body = SLICE_LIT("<Error><Code>PreconditionFailed</Code></Error>")};
    static const struct {
        const char *size, *crc;
        err_code code;
    } rows[] = {{"9", NINE_CRC64NVME, ERR_NONE},
                {"9", "AAAAAAAAAAA=", ERR_S3_CHANGED},
                {"8", NINE_CRC64NVME, ERR_S3_CHANGED},
                {"9", NULL, ERR_S3_CHANGED}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const http_header headers[] = {{"Content-Length", rows[i].size},
                                       {"ETag", "\"e9\""},
                                       {"x-amz-checksum-crc64nvme", rows[i].crc}};
        const fake_reply head = {.headers = headers, .header_count = rows[i].crc ? 3 : 2};
        put_site p;
        open_put(&p, NINE, (s3_config){0});
        expect(&p, "PUT", &lost);
        expect(&p, "PUT", &refused);
        expect(&p, "HEAD", &head);
        s3_put_options o = options(&p);
        o.if_none_match = "*";
        assert_int_equal(put(&p, o), rows[i].code);
        assert_string_equal(sent(&p, 2, "x-amz-checksum-mode"), "ENABLED");
        close_put(&p);
    }
}

static void over_the_object_that_was_seen(void **state)
{
    put_site p;
    (void)state;
    open_put(&p, NINE, (s3_config){0});
    site_expect(&p.s, "PUT", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    s3_put_options o = options(&p);
    o.if_match = "\"e0\"";
    assert_int_equal(put(&p, o), ERR_S3_CHANGED);
    assert_string_equal(sent(&p, 0, "If-Match"), "\"e0\"");
    close_put(&p);
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
        cmocka_unit_test(parts_carry_crcs_and_the_whole_one_made_of_them),
        cmocka_unit_test(a_part_that_differs_is_hashed_and_sent_again),
        cmocka_unit_test(a_store_may_refuse_the_checksum_of_a_multipart_upload),
        cmocka_unit_test(a_conflict_restarts_the_upload),
        cmocka_unit_test(a_precondition_that_our_own_try_broke),
        cmocka_unit_test(over_the_object_that_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
