/* Uploads: checksums of parts, and conditional writes. */
#include "tests/unit/s3/put/checksum_site.h"

#define URL "http://store/b/k"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;whole-3&quot;</ETag>"                              \
    "</CompleteMultipartUploadResult>"

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
        cmocka_unit_test(parts_carry_crcs_and_the_whole_one_made_of_them),
        cmocka_unit_test(a_part_that_differs_is_hashed_and_sent_again),
        cmocka_unit_test(a_store_may_refuse_the_checksum_of_a_multipart_upload),
        cmocka_unit_test(a_conflict_restarts_the_upload),
        cmocka_unit_test(a_precondition_that_our_own_try_broke),
        cmocka_unit_test(over_the_object_that_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
