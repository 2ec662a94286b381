/* What is copied with an object: tags, checksums, changed headers. */
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL  "http://store/b/k"
#define FROM "http://store/from/big"
#define GIB  ((uint64_t)1 << 30)
#define PART ((uint64_t)128 << 20)
#define CREATED                                                                                    \
    "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;w-41&quot;</ETag></CompleteMultipartUploadResult>"
#define TAGS                                                                                       \
    "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag>"                             \
    "<Tag><Key>c</Key><Value></Value></Tag></TagSet></Tagging>"
#define PART_CRC UINT64_C(0x0123456789abcdef)

static s3_checksum crc_text(uint64_t crc)
{
    return s3_checksum_of_crc(S3_CHECKSUM_CRC64NVME, crc);
}

/* Of 40 parts and one byte, each of which has PART_CRC. */
static s3_checksum whole_text(void)
{
    uint64_t crc = PART_CRC;
    for (int i = 0; i < 39; i++)
        crc = s3_crc_combine(S3_CHECKSUM_CRC64NVME, crc, PART_CRC, PART);
    return crc_text(s3_crc_combine(S3_CHECKSUM_CRC64NVME, crc, PART_CRC, 1));
}

static void answer(site *s, const char *method, const char *url_has, int status, const char *body,
                   unsigned times)
{
    fake_when(s->f, &(fake_rule){.method = method,
                                 .url_has = url_has,
                                 .times = times,
                                 .reply = {.status = status, .body = slice_from(body)}});
}

static void head_answer(site *s, const char *url, const char *length, const char *crc)
{
    const http_header headers[] = {{"Content-Length", length},
                                   {"ETag", "\"e0\""},
                                   {"Content-Type", "text/plain"},
                                   {"x-amz-meta-who", "me"},
                                   {"x-amz-checksum-crc64nvme", crc}};
    fake_when(s->f, &(fake_rule){.method = "HEAD",
                                 .url = url,
                                 .reply = {.headers = headers, .header_count = crc ? 5 : 4}});
}

static void parts_answer(site *s, const char *crc)
{
    AUTO_FREE char *body = xasprintf(
        "<CopyPartResult><ETag>&quot;p&quot;</ETag>%s%s%s</CopyPartResult>",
        crc ? "<ChecksumCRC64NVME>" : "", crc ? crc : "", crc ? "</ChecksumCRC64NVME>" : "");
    answer(s, "PUT", "partNumber=", 200, body, 0);
}

static void copy(site *s)
{
    s3_copy(s->c, &(s3_copy_options){.from_bucket = "from",
                                     .from_key = "big",
                                     .size_known = true,
                                     .size_bytes = 5 * GIB + 1,
                                     .to_bucket = "b",
                                     .to_key = "k",
                                     .on_done = site_done,
                                     .ctx = s});
}

/* The n-th request (from 0) of this method whose URL contains `has`. */
static const fake_request *sent(const site *s, const char *method, const char *has, unsigned n)
{
    for (size_t i = 0; i < fake_request_count(s->f); i++) {
        const fake_request *r = fake_request_at(s->f, i);
        if (strcmp(r->method, method) == 0 && strstr(r->url, has) && n-- == 0)
            return r;
    }
    return NULL;
}

static const char *created_with(const site *s, unsigned n, const char *header)
{
    const fake_request *r = sent(s, "POST", "uploads=", n);
    assert_non_null(r);
    return fake_request_header(r, header);
}

static void tags_go_along(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    head_answer(&s, FROM, "5368709121", NULL);
    answer(&s, "GET", "tagging=", 200, TAGS, 0);
    answer(&s, "POST", "uploads=", 200, CREATED, 0);
    parts_answer(&s, NULL);
    answer(&s, "POST", "uploadId=", 200, DONE, 0);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(created_with(&s, 0, "x-amz-tagging"), "a%20b=1%262&c=");
    assert_string_equal(created_with(&s, 0, "x-amz-meta-who"), "me");
    site_close(&s);
}

static void tags_that_may_not_be_read_are_not_copied(void **state)
{
    static const int statuses[] = {403, 501};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        site s;
        site_open(&s, (s3_config){0});
        head_answer(&s, FROM, "5368709121", NULL);
        answer(&s, "GET", "tagging=", statuses[i], "", 0);
        answer(&s, "POST", "uploads=", 200, CREATED, 0);
        parts_answer(&s, NULL);
        answer(&s, "POST", "uploadId=", 200, DONE, 0);
        copy(&s);
        assert_int_equal(site_end(&s), ERR_NONE);
        assert_null(created_with(&s, 0, "x-amz-tagging"));
        assert_true(s.c->told_of_tags);
        site_close(&s);
    }
}

static void tags_that_may_not_be_written_are_not_copied(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    head_answer(&s, FROM, "5368709121", NULL);
    answer(&s, "GET", "tagging=", 200, TAGS, 0);
    answer(&s, "POST", "uploads=", 403, "<Error><Code>AccessDenied</Code></Error>", 1);
    answer(&s, "POST", "uploads=", 200, CREATED, 0);
    parts_answer(&s, NULL);
    answer(&s, "POST", "uploadId=", 200, DONE, 0);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_non_null(created_with(&s, 0, "x-amz-tagging"));
    assert_null(created_with(&s, 1, "x-amz-tagging"));
    site_close(&s);
}

static void the_parts_checksums_make_up_the_source_s(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    s3_checksum whole = whole_text(), part = crc_text(PART_CRC);
    head_answer(&s, FROM, "5368709121", whole.text);
    answer(&s, "GET", "tagging=", 200, "<Tagging/>", 0);
    answer(&s, "POST", "uploads=", 200, CREATED, 0);
    parts_answer(&s, part.text);
    answer(&s, "POST", "uploadId=", 200, DONE, 0);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(created_with(&s, 0, "x-amz-checksum-algorithm"), "CRC64NVME");
    const fake_request *last = sent(&s, "POST", "uploadId=", 0);
    assert_string_equal(fake_request_header(last, "x-amz-checksum-crc64nvme"), whole.text);
    assert_non_null(memmem(last->body.data, last->body.len, "<ChecksumCRC64NVME>", 19));
    site_close(&s);
}

static void parts_that_are_not_the_source_s_bytes_are_not_a_copy(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    s3_checksum other = crc_text(1), part = crc_text(PART_CRC);
    head_answer(&s, FROM, "5368709121", other.text);
    answer(&s, "GET", "tagging=", 200, "<Tagging/>", 0);
    answer(&s, "POST", "uploads=", 200, CREATED, 0);
    parts_answer(&s, part.text);
    answer(&s, "DELETE", "uploadId=", 204, "", 0);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_S3_CHECKSUM);
    fake_run_all(s.f);
    assert_non_null(sent(&s, "DELETE", "uploadId=", 0));
    assert_null(sent(&s, "POST", "uploadId=", 0));
    site_close(&s);
}

/* Some stores do not hash parts of copies: then the checksum of the whole is compared with the
 * source's. */
static void a_copy_without_checksums_of_parts_is_verified(void **state)
{
    (void)state;
    for (int row = 0; row < 4; row++) {
        site s;
        bool wrong = row & 1, refuses = row & 2;
        site_open(&s, (s3_config){0});
        s3_checksum whole = whole_text(), other = crc_text(1);
        head_answer(&s, FROM, "5368709121", whole.text);
        head_answer(&s, URL, "5368709121", wrong ? other.text : whole.text);
        answer(&s, "GET", "tagging=", 200, "<Tagging/>", 0);
        answer(&s, "POST", "uploads=", 200, CREATED, 0);
        if (refuses)
            answer(&s, "PUT", "partNumber=1&", 400, "<Error><Code>InvalidArgument</Code></Error>",
                   1);
        parts_answer(&s, NULL);
        answer(&s, "DELETE", "uploadId=", 204, "", 0);
        answer(&s, "POST", "uploadId=", 200, DONE, 0);
        copy(&s);
        assert_int_equal(site_end(&s), wrong ? ERR_S3_CHECKSUM : ERR_NONE);
        assert_null(created_with(&s, 1, "x-amz-checksum-algorithm"));
        assert_non_null(sent(&s, "HEAD", "/b/k", 0));
        site_close(&s);
    }
}

/* --- small copies --- */

static char pinned[32];

static void on_pinned(void *ctx, const char *etag)
{
    (void)ctx;
    snprintf(pinned, sizeof pinned, "%s", etag);
}

static void small_copy(site *s, s3_copy_options o)
{
    o.from_bucket = "from";
    o.from_key = "big";
    o.to_bucket = "b";
    o.to_key = "k";
    o.on_done = site_done;
    o.ctx = s;
    head_answer(s, FROM, "7", NULL);
    answer(s, "PUT", URL, 200, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>", 0);
    s3_copy(s->c, &o);
    assert_int_equal(site_end(s), ERR_NONE);
}

/* CopyObject copies all headers of the source or none: unchanged headers are sent too. */
static void headers_are_changed_on_the_way(void **state)
{
    static const http_header changed[] = {{"Content-Type", "text/html"}, {"x-amz-meta-why", "so"}};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    small_copy(&s, (s3_copy_options){.fields = changed, .field_count = 2});
    const fake_request *put = sent(&s, "PUT", URL, 0);
    assert_string_equal(fake_request_header(put, "x-amz-metadata-directive"), "REPLACE");
    assert_string_equal(fake_request_header(put, "Content-Type"), "text/html");
    assert_string_equal(fake_request_header(put, "x-amz-meta-why"), "so");
    assert_string_equal(fake_request_header(put, "x-amz-meta-who"), "me");
    assert_string_equal(fake_request_header(put, "x-amz-copy-source-if-match"), "\"e0\"");
    site_close(&s);
}

static void an_access_list_changes_no_headers(void **state)
{
    static const http_header acl[] = {{"x-amz-acl", "public-read"}};
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    small_copy(&s, (s3_copy_options){.fields = acl, .field_count = 1});
    assert_int_equal(fake_request_count(s.f), 1);
    assert_null(site_sent_header(&s, 0, "x-amz-metadata-directive"));
    assert_string_equal(site_sent_header(&s, 0, "x-amz-acl"), "public-read");
    site_close(&s);
}

static void a_copy_reports_what_it_is_pinned_to(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    small_copy(&s, (s3_copy_options){.on_pinned = on_pinned});
    assert_string_equal(pinned, "\"e0\"");
    assert_string_equal(site_sent_header(&s, 1, "x-amz-copy-source-if-match"), "\"e0\"");
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_go_along),
        cmocka_unit_test(tags_that_may_not_be_read_are_not_copied),
        cmocka_unit_test(tags_that_may_not_be_written_are_not_copied),
        cmocka_unit_test(the_parts_checksums_make_up_the_source_s),
        cmocka_unit_test(parts_that_are_not_the_source_s_bytes_are_not_a_copy),
        cmocka_unit_test(a_copy_without_checksums_of_parts_is_verified),
        cmocka_unit_test(headers_are_changed_on_the_way),
        cmocka_unit_test(an_access_list_changes_no_headers),
        cmocka_unit_test(a_copy_reports_what_it_is_pinned_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
