/* Multipart uploads, copies and the write probe: no step counts without proof. */
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL      "http://store/b/k"
#define MIB      ((size_t)1024 * 1024)
#define ID       "<UploadId>u1</UploadId>"
#define CREATED  "<InitiateMultipartUploadResult>" ID "</InitiateMultipartUploadResult>"
#define ETAG(x)  "<ETag>&quot;" x "&quot;</ETag>"
#define DONE     "<CompleteMultipartUploadResult>" ETAG("w-2") "</CompleteMultipartUploadResult>"
#define COPIED   "<CopyObjectResult>" ETAG("e") "</CopyObjectResult>"
#define PAGE     "<html><title>Sign in</title></html>"
#define BIG_SIZE "6291456"

static const http_header part_etag = {"ETag", "\"p\""};

static void when(site *s, const char *method, const char *url_has, int status, const char *body,
                 unsigned times)
{
    fake_when(s->f, &(fake_rule){.method = method,
                                 .url_has = url_has,
                                 .times = times,
                                 .reply = {.status = status, .body = slice_from(body)}});
}

static void when_part(site *s, unsigned times)
{
    fake_when(s->f,
              &(fake_rule){.method = "PUT",
                           .url_has = "partNumber=",
                           .times = times,
                           .reply = {.status = 200, .headers = &part_etag, .header_count = 1}});
}

static void when_head(site *s, int status, const char *size, const char *etag, const char *crc)
{
    const http_header headers[] = {
        {"Content-Length", size}, {"ETag", etag}, {"x-amz-checksum-crc64nvme", crc}};
    fake_when(s->f, &(fake_rule){.method = "HEAD",
                                 .reply = {.status = status,
                                           .headers = headers,
                                           .header_count = !size ? 0
                                                           : crc ? 3
                                                                 : 2}});
}

static void on_put(void *ctx, const s3_put_result *result, const err *e)
{
    assert_true((result != NULL) == (e == NULL));
    assert_true(!result || result->etag);
    site_done(ctx, e);
}

typedef struct large {
    site s;
    char *data;
} large;

static void begin_large(large *l)
{
    site_open(&l->s, (s3_config){.part_size_bytes = 5 * MIB, .max_attempts = 3});
    l->data = xcalloc(6, MIB);
    s3_put(l->s.c, &(s3_put_options){.bucket = "b",
                                     .key = "k",
                                     .data = {l->data, 6 * MIB},
                                     .fd = -1,
                                     .on_done = on_put,
                                     .ctx = &l->s});
}

static err_code end_large(large *l)
{
    err_code code = site_end(&l->s);
    fake_run_all(l->s.f);
    assert_true(s3_client_idle(l->s.c));
    site_close(&l->s);
    free(l->data);
    return code;
}

/* --- CreateMultipartUpload --- */

static void an_upload_is_created_by_its_id_with_any_root_element(void **state)
{
    static const char *const rows[] = {
        CREATED,
        "<InitiateMultipartUpload>" ID "</InitiateMultipartUpload>", /* gofakes3 */
        "<x:InitiateMultipartUploadResult xmlns:x='urn:other'><x:UploadId>u1</x:UploadId>"
        "</x:InitiateMultipartUploadResult>",
        "<InitiateMultipartUploadResult>" ID ID "</InitiateMultipartUploadResult>",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        large l;
        begin_large(&l);
        when(&l.s, "POST", "uploads=", 200, rows[i], 1);
        when_part(&l.s, 0);
        when(&l.s, "POST", "uploadId=u1", 200, DONE, 1);
        assert_int_equal(end_large(&l), ERR_NONE);
    }
}

static const struct {
    const char *body, *names;
} without_id[] = {
    {"<InitiateMultipartUploadResult/>", "UploadId is missing or empty"},
    {"<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>",
     "UploadId is missing or empty"},
    {"<InitiateMultipartUploadResult>" ID "<UploadId>u2</UploadId></InitiateMultipartUploadResult>",
     "UploadId occurs twice"},
    {"<InitiateMultipartUploadResult><uploadid>u</uploadid></InitiateMultipartUploadResult>",
     "UploadId is missing or empty"},
    {"<Other><Id>u</Id></Other>", "root element is <Other>"},
    {"<InitiateMultipartUploadResult>" ID, "not well formed"},
    {PAGE, "root element is <html>"},
    {"", "empty"},
};

static void an_upload_without_an_id_is_not_begun(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(without_id); i++) {
        large l;
        begin_large(&l);
        when(&l.s, "POST", "uploads=", 200, without_id[i].body, 0);
        assert_int_equal(site_end(&l.s), ERR_S3_REPLY);
        assert_non_null(strstr(l.s.error.message, without_id[i].names));
        site_close(&l.s);
        free(l.data);
    }
}

static void a_write_probe_needs_an_id_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(without_id); i++) {
        site s;
        site_open(&s, (s3_config){.max_attempts = 2});
        when(&s, "POST", "uploads=", 200, without_id[i].body, 0);
        s3_probe_write(s.c, "b", "k", site_done, &s);
        assert_int_equal(site_end(&s), ERR_S3_REPLY);
        assert_non_null(strstr(s.error.message, without_id[i].names));
        site_close(&s);
    }
    site s;
    site_open(&s, (s3_config){.max_attempts = 2});
    when(&s, "POST", "uploads=", 200, "<Error><Code>AccessDenied</Code></Error>", 0);
    s3_probe_write(s.c, "b", "k", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_ACCESS);
    site_close(&s);
}

/* --- UploadPart --- */

static void a_part_without_proof_is_sent_again(void **state)
{
    static const struct {
        const char *etag, *body;
    } rows[] = {{NULL, ""},       {"", ""},
                {"\"\"", ""},     {NULL, PAGE},
                {"\"p\"", PAGE},  {"\"p\"", "plain"},
                {NULL, "<Foo/>"}, {NULL, "<Error><Code>InternalError</Code></Error>"}};
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        bool passes = i % 2;
        const http_header header = {"ETag", rows[i / 2].etag};
        large l;
        begin_large(&l);
        when(&l.s, "POST", "uploads=", 200, CREATED, 1);
        fake_when(l.s.f, &(fake_rule){.method = "PUT",
                                      .url_has = "partNumber=1&",
                                      .times = passes ? 1 : 0,
                                      .reply = {.headers = &header,
                                                .header_count = header.value ? 1 : 0,
                                                .body = slice_from(rows[i / 2].body)}});
        when_part(&l.s, 0);
        when(&l.s, "POST", "uploadId=u1", 200, DONE, 1);
        when(&l.s, "DELETE", "uploadId=u1", 204, "", 1);
        err_code code = end_large(&l);
        if (passes)
            assert_int_equal(code, ERR_NONE);
        else
            assert_true(code == ERR_S3_REPLY || code == ERR_HTTP_SERVER);
    }
}

static void a_part_with_another_checksum_is_sent_again(void **state)
{
    const http_header wrong[] = {{"ETag", "\"p\""}, {"x-amz-checksum-crc64nvme", "AAAAAAAAAAE="}};
    large l;
    (void)state;
    begin_large(&l);
    when(&l.s, "POST", "uploads=", 200, CREATED, 1);
    fake_when(l.s.f, &(fake_rule){.method = "PUT",
                                  .url_has = "partNumber=1&",
                                  .times = 1,
                                  .reply = {.headers = wrong, .header_count = 2}});
    when_part(&l.s, 0);
    when(&l.s, "POST", "uploadId=u1", 200, DONE, 1);
    assert_int_equal(site_end(&l.s), ERR_NONE);
    assert_int_equal(fake_request_count(l.s.f), 5); /* two parts, one of them twice */
    l.s.done = true;
    assert_int_equal(end_large(&l), ERR_NONE);
}

/* --- CompleteMultipartUpload --- */

static const char *const completions[] = {
    "",
    PAGE,
    "<CompleteMultipartUploadResult/>",
    "<CompleteMultipartUploadResult><ETag/></CompleteMultipartUploadResult>",
    "<CompleteMultipartUploadResult><ETag>\"\"</ETag></CompleteMultipartUploadResult>",
    "<CompleteMultipartUploadResult><etag>x</etag></CompleteMultipartUploadResult>",
    "<CompleteMultipartUploadResult><ETag>x</ETag><ETag>y</ETag></CompleteMultipartUploadResult>",
    "<CompleteMultipartUploadResult><ETag>&quot;w-2",
};

static void a_completion_without_proof_is_followed_by_a_look(void **state)
{
    static const struct {
        int status;
        const char *size, *etag, *crc;
        bool proof;
    } heads[] = {
        {200, BIG_SIZE, "\"w-2\"", NULL, true},  {200, BIG_SIZE, "\"other\"", NULL, false},
        {200, "5", "\"w-2\"", NULL, false},      {200, BIG_SIZE, "\"w-2\"", "AAAAAAAAAAE=", false},
        {200, BIG_SIZE, "\"w-3\"", NULL, false}, {404, NULL, NULL, NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(completions) * ARRAY_LEN(heads); i++) {
        size_t h = i % ARRAY_LEN(heads);
        large l;
        begin_large(&l);
        when(&l.s, "POST", "uploads=", 200, CREATED, 1);
        when_part(&l.s, 0);
        when(&l.s, "POST", "uploadId=u1", 200, completions[i / ARRAY_LEN(heads)], 3);
        when_head(&l.s, heads[h].status, heads[h].size, heads[h].etag, heads[h].crc);
        when(&l.s, "DELETE", "uploadId=u1", 404, "", 1);
        err_code code = site_end(&l.s);
        if (code != ERR_NONE)
            assert_non_null(strstr(l.s.error.message, "not confirmed by HeadObject"));
        l.s.done = true;
        assert_int_equal(end_large(&l), heads[h].proof ? ERR_NONE : ERR_S3_REPLY);
    }
}

/* --- CopyObject --- */

static void copy(site *s)
{
    s3_copy(s->c, &(s3_copy_options){.from_bucket = "from",
                                     .from_key = "k",
                                     .to_bucket = "b",
                                     .to_key = "k",
                                     .on_done = site_done,
                                     .ctx = s});
}

static const char *const copies[] = {
    "",
    PAGE,
    "<CopyObjectResult/>",
    "<CopyObjectResult><ETag/></CopyObjectResult>",
    "<CopyObjectResult><ETag>\"\"</ETag></CopyObjectResult>",
    "<CopyObjectResult><ETag>x</ETag><ETag>y</ETag></CopyObjectResult>",
    "<CopyObjectResult><LastModified>2013</LastModified></CopyObjectResult>",
    "<CopyObjectResult><ETag>",
};

static void expect_head(site *s, const char *url, int status, const char *size, const char *etag,
                        const char *crc)
{
    const http_header headers[] = {
        {"Content-Length", size}, {"ETag", etag}, {"x-amz-checksum-crc64nvme", crc}};
    fake_expect(s->f, &(fake_rule){.method = "HEAD",
                                   .url = url,
                                   .reply = {.status = status,
                                             .headers = headers,
                                             .header_count = !size ? 0
                                                             : crc ? 3
                                                                   : 2}});
}

static void a_copy_without_proof_is_compared_with_its_source(void **state)
{
    static const struct {
        int status;
        const char *size, *etag, *crc;
        bool proof;
    } heads[] = {
        {200, "3", "\"s\"", NULL, true},
        {200, "3", "\"t\"", "AAAAAAAAAAE=", true},
        {200, "3", "\"t\"", "AAAAAAAAAAI=", false},
        {200, "4", "\"s\"", NULL, false},
        {200, "3", "\"\"", NULL, false},
        {404, NULL, NULL, NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(copies) * ARRAY_LEN(heads); i++) {
        size_t h = i % ARRAY_LEN(heads);
        site s;
        site_open(&s, (s3_config){0});
        const char *body = copies[i / ARRAY_LEN(heads)];
        /* A web page from a store that has never answered is not retried. */
        for (unsigned times = 0; times < (strcmp(body, PAGE) == 0 ? 1 : 3); times++)
            site_expect(&s, "PUT", URL, 200, body);
        expect_head(&s, "http://store/from/k", 200, "3", "\"s\"", "AAAAAAAAAAE=");
        expect_head(&s, URL, heads[h].status, heads[h].size, heads[h].etag, heads[h].crc);
        copy(&s);
        assert_int_equal(site_end(&s), heads[h].proof ? ERR_NONE : ERR_S3_REPLY);
        site_close(&s);
    }
}

/* Without the source's ETag or a checksum: an object that was there before the request is not a
 * copy. */
static void a_copy_that_is_older_than_its_request_is_another_object(void **state)
{
    static const struct {
        const char *etag, *modified;
        bool proof;
    } rows[] = {
        {"\"t\"", "Mon, 30 Nov 2026 11:00:00 GMT", false},
        {"\"s\"", "Mon, 30 Nov 2026 11:00:00 GMT", true},
        {"\"t\"", "Mon, 30 Nov 2026 12:00:00 GMT", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        const http_header headers[] = {{"Content-Length", "3"},
                                       {"ETag", rows[i].etag},
                                       {"Date", "Mon, 30 Nov 2026 12:00:00 GMT"},
                                       {"Last-Modified", rows[i].modified}};
        for (unsigned times = 0; times < 3; times++)
            site_expect(&s, "PUT", URL, 200, "");
        expect_head(&s, "http://store/from/k", 200, "3", "\"s\"", NULL);
        fake_expect(s.f, &(fake_rule){.method = "HEAD",
                                      .url = URL,
                                      .reply = {.status = 200,
                                                .headers = headers,
                                                .header_count = ARRAY_LEN(headers)}});
        copy(&s);
        if (site_end(&s) != (rows[i].proof ? ERR_NONE : ERR_S3_REPLY))
            fail_msg("row %zu: %s", i, s.error.message);
        site_close(&s);
    }
}

static void a_copy_whose_source_is_gone_is_not_proven(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    for (unsigned times = 0; times < 3; times++)
        site_expect(&s, "PUT", URL, 200, "");
    expect_head(&s, "http://store/from/k", 404, NULL, NULL, NULL);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "s3://b/k: CopyObject: "));
    site_close(&s);
}

static void a_copy_is_proven_by_the_etag_under_any_root(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", URL, 200, COPIED);
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_expect(&s, "PUT", URL, 200, "<CopyResult>" ETAG("e") "</CopyResult>");
    copy(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_is_created_by_its_id_with_any_root_element),
        cmocka_unit_test(an_upload_without_an_id_is_not_begun),
        cmocka_unit_test(a_write_probe_needs_an_id_too),
        cmocka_unit_test(a_part_without_proof_is_sent_again),
        cmocka_unit_test(a_part_with_another_checksum_is_sent_again),
        cmocka_unit_test(a_completion_without_proof_is_followed_by_a_look),
        cmocka_unit_test(a_copy_without_proof_is_compared_with_its_source),
        cmocka_unit_test(a_copy_that_is_older_than_its_request_is_another_object),
        cmocka_unit_test(a_copy_whose_source_is_gone_is_not_proven),
        cmocka_unit_test(a_copy_is_proven_by_the_etag_under_any_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
