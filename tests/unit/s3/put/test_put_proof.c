/* No write counts without proof: an ETag in a well-formed reply, else HeadObject. */
#include "decon/s3/put_stream.h"
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL   "http://store/b/k"
#define BYTES "Welcome to Amazon S3."
#define SIZE  "21"
#define CRC   "tPfi9Kicx+M="
#define MD5   "\"d447d0e8f289f16a12ff6027ce77c258\""

typedef struct proof_site {
    site s;
    char etag[64];
} proof_site;

static void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    proof_site *p = ctx;
    snprintf(p->etag, sizeof p->etag, "%s", result && result->etag ? result->etag : "");
    site_done(&p->s, e);
}

static void open_site(proof_site *p)
{
    *p = (proof_site){0};
    site_open(&p->s, (s3_config){.part_size_bytes = 5 << 20, .max_attempts = 2});
}

static s3_op *put(proof_site *p, const char *if_none_match)
{
    return s3_put(p->s.c, &(s3_put_options){.bucket = "b",
                                            .key = "k",
                                            .data = SLICE_LIT(BYTES),
                                            .fd = -1,
                                            .if_none_match = if_none_match,
                                            .on_done = on_done,
                                            .ctx = p});
}

static void expect_put(proof_site *p, int status, const char *etag, const char *body)
{
    const http_header headers[] = {{"ETag", etag}};
    fake_expect(p->s.f, &(fake_rule){.method = "PUT",
                                     .url = URL,
                                     .reply = {.status = status,
                                               .headers = headers,
                                               .header_count = etag ? 1 : 0,
                                               .body = slice_from(body)}});
}

typedef struct head_row {
    int status;
    const char *size, *etag, *crc, *date, *modified;
} head_row;

static void expect_head(proof_site *p, const head_row *row)
{
    const char *const values[][2] = {{"Content-Length", row->size},
                                     {"ETag", row->etag},
                                     {"x-amz-checksum-crc64nvme", row->crc},
                                     {"Date", row->date},
                                     {"Last-Modified", row->modified}};
    http_header headers[ARRAY_LEN(values)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (values[i][1])
            headers[count++] = (http_header){values[i][0], values[i][1]};
    fake_expect(
        p->s.f,
        &(fake_rule){.method = "HEAD",
                     .url = URL,
                     .reply = {.status = row->status, .headers = headers, .header_count = count}});
}

/* Replies that prove nothing. */
static const struct {
    int status;
    const char *etag, *body, *names;
} unproven[] = {
    {200, NULL, "", "ETag is missing"},
    {200, "", "", "ETag is missing"},
    {200, "\"\"", "", "ETag is empty"},
    {200, "W/\"\"", "", "ETag is empty"},
    {200, NULL, "<html><title>Sign in</title></html>", "ETag is missing"},
    {200, "\"e\"", "<html><title>Sign in</title></html>", "\"Sign in\""},
    {200, "\"e\"", "upstream said hello\nmore", "\"upstream said hello\""},
    {200, "\"e\"", "<Foo/>", "has a body"},
    {202, "\"e\"", "", "status 202"},
    {206, "\"e\"", "", "status 206"},
};

static void a_reply_without_proof_is_followed_by_a_look(void **state)
{
    static const head_row there = {200, SIZE, "\"e2\"", CRC, NULL, NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        proof_site p;
        open_site(&p);
        expect_put(&p, unproven[i].status, unproven[i].etag, unproven[i].body);
        expect_head(&p, &there);
        put(&p, NULL);
        assert_int_equal(site_end(&p.s), ERR_NONE);
        assert_string_equal(p.etag, "\"e2\"");
        assert_string_equal(site_sent_header(&p.s, 1, "x-amz-checksum-mode"), "ENABLED");
        site_close(&p.s);
    }
}

static void an_absent_object_is_sent_again(void **state)
{
    static const head_row gone = {404, NULL, NULL, NULL, NULL, NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        proof_site p;
        open_site(&p);
        expect_put(&p, unproven[i].status, unproven[i].etag, unproven[i].body);
        expect_head(&p, &gone);
        expect_put(&p, 200, "\"e3\"", "");
        put(&p, NULL);
        assert_int_equal(site_end(&p.s), ERR_NONE);
        assert_string_equal(p.etag, "\"e3\"");
        site_close(&p.s);
    }
}

static void an_object_that_never_appears_fails(void **state)
{
    static const head_row gone = {404, NULL, NULL, NULL, NULL, NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
        proof_site p;
        open_site(&p);
        for (unsigned times = 0; times < 3; times++) {
            expect_put(&p, unproven[i].status, unproven[i].etag, unproven[i].body);
            expect_head(&p, &gone);
        }
        put(&p, NULL);
        assert_int_equal(site_end(&p.s), ERR_S3_REPLY);
        assert_int_equal(p.s.error.cls, ERR_CLASS_ITEM);
        assert_non_null(strstr(p.s.error.message, "s3://b/k: PutObject: "));
        assert_non_null(strstr(p.s.error.message, unproven[i].names));
        assert_non_null(strstr(p.s.error.message, "not confirmed by HeadObject"));
        site_close(&p.s);
    }
}

/* According to HeadObject. */
static void what_head_object_says_decides(void **state)
{
    static const char *const at_ten = "Fri, 24 May 2013 10:00:00 GMT";
    static const struct {
        head_row head;
        bool proof;
    } rows[] = {
        {{200, SIZE, "\"e\"", CRC, NULL, NULL}, true},
        {{200, SIZE, "\"e\"", "AAAAAAAAAAA=", NULL, NULL}, false},
        {{200, "22", "\"e\"", NULL, NULL, NULL}, false},
        {{200, "22", "\"e\"", CRC, NULL, NULL}, false},
        {{200, NULL, "\"e\"", CRC, NULL, NULL}, false},
        {{200, SIZE, NULL, NULL, NULL, NULL}, false},
        {{200, SIZE, "\"\"", NULL, NULL, NULL}, false},
        {{200, SIZE, MD5, NULL, NULL, NULL}, true},
        {{200, SIZE, "\"00000000000000000000000000000000\"", NULL, NULL, NULL}, false},
        {{200, SIZE, "\"e\"", NULL, NULL, NULL}, true},
        {{200, SIZE, "\"e\"", NULL, at_ten, at_ten}, true},
        {{200, SIZE, "\"e\"", NULL, at_ten, "Fri, 24 May 2013 09:59:50 GMT"}, false},
        {{200, SIZE, "\"e\"", CRC, at_ten, "Fri, 24 May 2013 09:59:50 GMT"}, true},
        {{403, NULL, NULL, NULL, NULL, NULL}, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        proof_site p;
        open_site(&p);
        fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = {.status = 200}});
        bool once = rows[i].proof || !rows[i].head.size || !rows[i].head.etag ||
                    strlen(rows[i].head.etag) < 3 || rows[i].head.status == 403;
        for (unsigned times = 0; times < (once ? 1 : 3); times++)
            expect_head(&p, &rows[i].head);
        put(&p, NULL);
        assert_int_equal(site_end(&p.s), rows[i].proof ? ERR_NONE : ERR_S3_REPLY);
        site_close(&p.s);
    }
}

static void a_file_is_compared_with_the_md5_too(void **state)
{
    static const struct {
        const char *etag;
        bool proof;
    } rows[] = {{MD5, true}, {"\"00000000000000000000000000000000\"", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        proof_site p;
        FILE *file = tmpfile();
        assert_non_null(file);
        fputs(BYTES, file);
        fflush(file);
        open_site(&p);
        fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = {.status = 200}});
        for (unsigned times = 0; times < (rows[i].proof ? 1 : 3); times++)
            expect_head(&p, &(head_row){.status = 200, .size = SIZE, .etag = rows[i].etag});
        s3_put(p.s.c, &(s3_put_options){.bucket = "b",
                                        .key = "k",
                                        .fd = fileno(file),
                                        .size_bytes = strlen(BYTES),
                                        .on_done = on_done,
                                        .ctx = &p});
        assert_int_equal(site_end(&p.s), rows[i].proof ? ERR_NONE : ERR_S3_REPLY);
        site_close(&p.s);
        fclose(file);
    }
}

static void an_error_in_a_success_is_an_error(void **state)
{
    static const struct {
        const char *etag, *body;
        err_code code;
        unsigned requests;
    } rows[] = {
        {NULL, "<Error><Code>InternalError</Code></Error>", ERR_HTTP_SERVER, 2},
        {"\"e\"", "<Error><Code>InternalError</Code></Error>", ERR_HTTP_SERVER, 2},
        {NULL, "<Error><Code>AccessDenied</Code></Error>", ERR_S3_ACCESS, 1},
        {NULL, "<s:Error xmlns:s='x'><s:Code>AccessDenied</s:Code></s:Error>", ERR_S3_ACCESS, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        proof_site p;
        open_site(&p);
        for (unsigned times = 0; times < rows[i].requests; times++)
            expect_put(&p, 200, rows[i].etag, rows[i].body);
        put(&p, NULL);
        assert_int_equal(site_end(&p.s), rows[i].code);
        site_close(&p.s);
    }
}

static void a_checksum_in_the_reply_has_to_be_the_bodys(void **state)
{
    const http_header wrong[] = {{"ETag", "\"e\""}, {"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}};
    const http_header right[] = {{"ETag", "\"e\""}, {"x-amz-checksum-crc64nvme", CRC}};
    proof_site p;
    (void)state;
    open_site(&p);
    fake_expect(p.s.f, &(fake_rule){.reply = {.headers = wrong, .header_count = 2}});
    fake_expect(p.s.f, &(fake_rule){.reply = {.headers = right, .header_count = 2}});
    put(&p, NULL);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    fake_when(p.s.f, &(fake_rule){.reply = {.headers = wrong, .header_count = 2}});
    put(&p, NULL);
    assert_int_equal(site_end(&p.s), ERR_S3_CHECKSUM);
    site_close(&p.s);
}

static void two_different_etags_prove_nothing(void **state)
{
    static const head_row there = {200, SIZE, "\"e2\"", CRC, NULL, NULL};
    const http_header two[] = {{"ETag", "\"a\""}, {"etag", "\"b\""}};
    const http_header same[] = {{"ETag", "\"a\""}, {"etag", "\"a\""}};
    proof_site p;
    (void)state;
    open_site(&p);
    fake_expect(p.s.f, &(fake_rule){.reply = {.headers = two, .header_count = 2}});
    expect_head(&p, &there);
    put(&p, NULL);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    fake_expect(p.s.f, &(fake_rule){.reply = {.headers = same, .header_count = 2}});
    put(&p, NULL);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    site_close(&p.s);
}

/* The first PutObject was executed: the condition is refused, and the checksum matches ours. */
static void a_condition_after_an_unproven_write_is_settled_by_the_checksum(void **state)
{
    static const head_row gone = {404, NULL, NULL, NULL, NULL, NULL};
    static const head_row ours = {200, SIZE, "\"e\"", CRC, NULL, NULL};
    static const head_row other = {200, SIZE, "\"e\"", NULL, NULL, NULL};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        proof_site p;
        open_site(&p);
        expect_put(&p, 200, NULL, "");
        expect_head(&p, &gone);
        expect_put(&p, 412, NULL, "<Error><Code>PreconditionFailed</Code></Error>");
        expect_head(&p, i ? &other : &ours);
        put(&p, "*");
        assert_int_equal(site_end(&p.s), i ? ERR_S3_CHANGED : ERR_NONE);
        site_close(&p.s);
    }
}

static void a_look_and_a_pause_can_be_cancelled(void **state)
{
    static const head_row gone = {404, NULL, NULL, NULL, NULL, NULL};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        proof_site p;
        open_site(&p);
        expect_put(&p, 200, NULL, "");
        if (i)
            expect_head(&p, &gone);
        else
            fake_expect(p.s.f, &(fake_rule){.method = "HEAD", .reply = {.never = true}});
        fake_set_random(p.s.f, 50);
        s3_op *running = put(&p, NULL);
        fake_run(p.s.f);
        s3_op_cancel(running);
        fake_run_all(p.s.f);
        assert_int_equal(p.s.done_count, 0);
        site_close(&p.s);
    }
}

/* A stream of one part is a PutObject too. */
static void a_stream_needs_proof_as_well(void **state)
{
    static const head_row gone = {404, NULL, NULL, NULL, NULL, NULL};
    proof_site p;
    (void)state;
    open_site(&p);
    for (unsigned times = 0; times < 3; times++) {
        expect_put(&p, 200, NULL, "<html/>");
        expect_head(&p, &gone);
    }
    s3_op *stream = s3_put_stream(
        p.s.c, &(s3_put_stream_options){.bucket = "b", .key = "k", .on_done = on_done, .ctx = &p});
    s3_room room = s3_put_stream_room(stream);
    memcpy(room.data, BYTES, strlen(BYTES));
    s3_put_stream_filled(stream, strlen(BYTES));
    s3_put_stream_end(stream);
    assert_int_equal(site_end(&p.s), ERR_S3_REPLY);
    site_close(&p.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_without_proof_is_followed_by_a_look),
        cmocka_unit_test(an_absent_object_is_sent_again),
        cmocka_unit_test(an_object_that_never_appears_fails),
        cmocka_unit_test(what_head_object_says_decides),
        cmocka_unit_test(a_file_is_compared_with_the_md5_too),
        cmocka_unit_test(an_error_in_a_success_is_an_error),
        cmocka_unit_test(a_checksum_in_the_reply_has_to_be_the_bodys),
        cmocka_unit_test(two_different_etags_prove_nothing),
        cmocka_unit_test(a_condition_after_an_unproven_write_is_settled_by_the_checksum),
        cmocka_unit_test(a_look_and_a_pause_can_be_cancelled),
        cmocka_unit_test(a_stream_needs_proof_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
