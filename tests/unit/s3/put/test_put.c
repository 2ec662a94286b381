#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL "http://store/b/k"
#define MIB ((size_t)1024 * 1024)
#define UPLOAD                                                                                     \
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;whole-3&quot;</ETag>"                              \
    "</CompleteMultipartUploadResult>"
#define CREATE_URL   URL "?uploads="
#define COMPLETE_URL URL "?uploadId=u%2F1"
#define PART_URL(n)  URL "?partNumber=" n "&uploadId=u%2F1"

typedef struct put_site {
    site s;
    char etag[64];
    uint64_t sent;
} put_site;

static const http_header etag_header = {"ETag", "\"e1\""};

static void on_progress(void *ctx, uint64_t sent_bytes)
{
    put_site *p = ctx;
    assert_true(sent_bytes > p->sent);
    p->sent = sent_bytes;
}

static void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    put_site *p = ctx;
    assert_true((result != NULL) == (e == NULL));
    if (result)
        snprintf(p->etag, sizeof p->etag, "%s", result->etag ? result->etag : "");
    site_done(&p->s, e);
}

static void open_put(put_site *p)
{
    *p = (put_site){0};
    site_open(&p->s, (s3_config){.part_size_bytes = 5 * MIB, .max_attempts = 3});
}

static s3_put_options options(put_site *p, slice data)
{
    return (s3_put_options){.bucket = "b",
                            .key = "k",
                            .data = data,
                            .fd = -1,
                            .on_progress = on_progress,
                            .on_done = on_done,
                            .ctx = p};
}

static void when(put_site *p, const char *method, const char *url, const fake_reply *reply,
                 unsigned times)
{
    fake_when(p->s.f, &(fake_rule){.method = method, .url = url, .reply = *reply, .times = times});
}

static const fake_reply part_reply = {.status = 200, .headers = &etag_header, .header_count = 1};
static const fake_reply create_reply = {.status = 200, .body = {UPLOAD, sizeof UPLOAD - 1}};
static const fake_reply complete_reply = {.status = 200, .body = {DONE, sizeof DONE - 1}};

/* 11 MiB of varying bytes: three parts. */
static char *large(void)
{
    char *data = xcalloc(11, MIB);
    for (size_t i = 0; i < 11 * MIB; i++)
        data[i] = (char)(i / 4096);
    return data;
}

static unsigned count_of(const put_site *p, const char *method, const char *url)
{
    unsigned count = 0;
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        count += strcmp(r->method, method) == 0 && strcmp(r->url, url) == 0;
    }
    return count;
}

static const fake_request *first_of(const put_site *p, const char *method, const char *url)
{
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        if (strcmp(r->method, method) == 0 && strcmp(r->url, url) == 0)
            return r;
    }
    fail_msg("%s %s was not sent", method, url);
    return NULL;
}

static void a_small_object_is_one_signed_request(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    fake_expect(p.s.f, &(fake_rule){.method = "PUT", .url = URL, .reply = part_reply});
    s3_put_options o = options(&p, SLICE_LIT("Welcome to Amazon S3."));
    o.content_type = "application/x-ndjson";
    o.if_none_match = "*";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(p.etag, "\"e1\"");
    assert_int_equal(p.sent, 21);
    assert_true(slice_equal_str(fake_request_at(p.s.f, 0)->body, "Welcome to Amazon S3."));
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"),
                        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    assert_string_equal(site_sent_header(&p.s, 0, "Content-Type"), "application/x-ndjson");
    assert_string_equal(site_sent_header(&p.s, 0, "If-None-Match"), "*");
    site_close(&p.s);
}

static void an_empty_object(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    p.sent = 0;
    fake_expect(p.s.f, &(fake_rule){.method = "PUT", .url = URL, .reply = part_reply});
    s3_put_options o = options(&p, (slice){0});
    o.on_progress = NULL;
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"), S3_EMPTY_SHA256);
    assert_string_equal(site_sent_header(&p.s, 0, "Content-Type"), "binary/octet-stream");
    site_close(&p.s);
}

static void only_where_no_object_exists(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    site_expect(&p.s, "PUT", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    s3_put_options o = options(&p, SLICE_LIT("x"));
    o.if_none_match = "*";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_S3_CHANGED);
    site_close(&p.s);
}

static void a_file_goes_up_from_its_descriptor(void **state)
{
    put_site p;
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    assert_int_equal(write(fileno(file), "hello", 5), 5);
    open_put(&p);
    fake_expect(p.s.f, &(fake_rule){.reply = {.status = 500}});
    fake_expect(p.s.f, &(fake_rule){.reply = part_reply});
    s3_put_options o = options(&p, (slice){0});
    o.fd = fileno(file);
    o.size_bytes = 5;
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_true(fake_request_at(p.s.f, 1)->from_file);
    assert_true(slice_equal_str(fake_request_at(p.s.f, 1)->body, "hello"));
    /* Over http the file is also hashed for the signature. */
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"),
                        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    site_close(&p.s);
    fclose(file);
}

static void a_large_file_goes_up_in_parallel_parts(void **state)
{
    put_site p;
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    AUTO_FREE char *data = large();
    assert_int_equal(fwrite(data, 1, 11 * MIB, file), 11 * MIB);
    fflush(file);
    open_put(&p);
    when(&p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
    when(&p, "POST", COMPLETE_URL, &complete_reply, 1);
    s3_put_options o = options(&p, (slice){0});
    o.fd = fileno(file);
    o.size_bytes = 11 * MIB;
    o.content_type = "text/plain";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(p.etag, "\"whole-3\"");
    assert_int_equal(p.sent, 11 * MIB);
    assert_int_equal(fake_calls_peak(p.s.f), 3);
    assert_string_equal(fake_request_header(first_of(&p, "POST", CREATE_URL), "Content-Type"),
                        "text/plain");
    const fake_request *last = first_of(&p, "PUT", PART_URL("3"));
    assert_int_equal(last->body.len, MIB);
    assert_memory_equal(last->body.data, data + 10 * MIB, MIB);
    const fake_request *complete = first_of(&p, "POST", COMPLETE_URL);
    assert_non_null(memmem(complete->body.data, complete->body.len,
                           "<Part><PartNumber>3</PartNumber><ETag>&quot;e1&quot;</ETag><Checksum",
                           68));
    assert_int_equal(complete->stall_timeout_ms, 300000);
    assert_true(s3_client_idle(p.s.c));
    site_close(&p.s);
    fclose(file);
}

/* For any number of parts, only as many are hashed and queued as can be sent. */
static void only_a_window_of_parts_exists(void **state)
{
    put_site p = {0};
    (void)state;
    AUTO_FREE char *data = large();
    site_open(&p.s, (s3_config){.part_size_bytes = 5 * MIB, .max_in_flight = 2});
    when(&p, "POST", CREATE_URL, &create_reply, 1);
    fake_reply slow = part_reply;
    slow.delay_ms = 1000;
    fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = slow});
    when(&p, "POST", COMPLETE_URL, &complete_reply, 1);
    s3_put_options o = options(&p, (slice){.data = data, .len = 11 * MIB});
    s3_put(p.s.c, &o);
    fake_advance(p.s.f, 500);
    assert_int_equal(s3_client_stats(p.s.c).in_flight, 2);
    assert_int_equal(s3_client_stats(p.s.c).queued, 0);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_int_equal(p.sent, 11 * MIB);
    site_close(&p.s);
}

/* A multipart upload of a slice, with faults. */
typedef struct large_put {
    put_site p;
    char *data;
    s3_op *op;
} large_put;

static void open_large(large_put *l)
{
    open_put(&l->p);
    l->data = large();
    s3_put_options o = options(&l->p, (slice){.data = l->data, .len = 11 * MIB});
    o.if_none_match = "*";
    l->op = s3_put(l->p.s.c, &o);
}

static void close_large(large_put *l)
{
    fake_run_all(l->p.s.f);
    assert_true(s3_client_idle(l->p.s.c));
    site_close(&l->p.s);
    free(l->data);
}

static void an_upload_that_fails_is_aborted(void **state)
{
    static const fake_reply denied = {
        .status = 403, .body = SLICE_LIT("<Error><Code>AccessDenied</Code></Error>")};
    static const fake_reply gone = {.status = 204};
    large_put l;
    (void)state;
    open_large(&l);
    when(&l.p, "POST", CREATE_URL, &create_reply, 1);
    when(&l.p, "PUT", PART_URL("2"), &denied, 1);
    fake_when(l.p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
    when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
    assert_int_equal(site_end(&l.p.s), ERR_S3_ACCESS);
    fake_run_all(l.p.s.f);
    assert_int_equal(count_of(&l.p, "DELETE", COMPLETE_URL), 1);
    assert_int_equal(count_of(&l.p, "POST", COMPLETE_URL), 0);
    assert_int_equal(l.p.s.done_count, 1);
    close_large(&l);
}

static void a_part_without_etag_fails(void **state)
{
    static const fake_reply plain = {.status = 200}, gone = {.status = 204};
    large_put l;
    (void)state;
    open_large(&l);
    when(&l.p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(l.p.s.f, &(fake_rule){.method = "PUT", .reply = plain});
    when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
    assert_int_equal(site_end(&l.p.s), ERR_S3_REPLY);
    close_large(&l);
}

static void a_completion_error_with_status_200_is_retried(void **state)
{
    static const fake_reply rows[] = {
        {.status = 200, .body = SLICE_LIT("<Error><Code>InternalError</Code></Error>")},
        {.status = 200, .body = SLICE_LIT("<CompleteMultipartUploadResult><ETag>")},
        {.status = 200, .body = SLICE_LIT("")},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        large_put l;
        open_large(&l);
        when(&l.p, "POST", CREATE_URL, &create_reply, 1);
        fake_when(l.p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
        when(&l.p, "POST", COMPLETE_URL, &rows[i], 1);
        when(&l.p, "POST", COMPLETE_URL, &complete_reply, 1);
        assert_int_equal(site_end(&l.p.s), ERR_NONE);
        assert_int_equal(count_of(&l.p, "POST", COMPLETE_URL), 2);
        assert_string_equal(
            fake_request_header(first_of(&l.p, "POST", COMPLETE_URL), "If-None-Match"), "*");
        close_large(&l);
    }
}

static void a_completion_that_is_refused_fails(void **state)
{
    static const fake_reply invalid = {
        .status = 200, .body = SLICE_LIT("<Error><Code>InvalidPart</Code></Error>")};
    static const fake_reply gone = {.status = 204};
    large_put l;
    (void)state;
    open_large(&l);
    when(&l.p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(l.p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
    when(&l.p, "POST", COMPLETE_URL, &invalid, 1);
    when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
    assert_int_equal(site_end(&l.p.s), ERR_S3_REPLY);
    assert_string_equal(l.p.s.error.s3_code, "InvalidPart");
    close_large(&l);
}

/* The first attempt succeeded but its reply was lost: the upload no longer exists. */
/* `crc64nvme`: the checksum in the reply of HEAD; NULL: none. */
static void completed(large_put *l, const char *etag, const char *crc64nvme)
{
    static const fake_reply lost = {.error = ERR_TIMEOUT};
    static const fake_reply unknown = {
        .status = 404, .body = SLICE_LIT("<Error><Code>NoSuchUpload</Code></Error>")};
    const http_header headers[] = {
        {"ETag", etag}, {"Content-Length", "11534336"}, {"x-amz-checksum-crc64nvme", crc64nvme}};
    const fake_reply head = {.status = 200, .headers = headers, .header_count = crc64nvme ? 3 : 2};
    when(&l->p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(l->p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
    when(&l->p, "POST", COMPLETE_URL, &lost, 1);
    when(&l->p, "POST", COMPLETE_URL, &unknown, 1);
    when(&l->p, "HEAD", URL, &head, 1);
}

static void a_completion_whose_reply_was_lost_is_confirmed(void **state)
{
    large_put l;
    (void)state;
    open_large(&l);
    completed(&l, "\"abc-3\"", NULL);
    assert_int_equal(site_end(&l.p.s), ERR_NONE);
    assert_string_equal(l.p.etag, "\"abc-3\"");
    close_large(&l);
}

static void a_completion_that_another_object_hides_fails(void **state)
{
    static const fake_reply gone = {.status = 404};
    static const char *const rows[][2] = {{"\"abc\"", NULL}, {"\"abc-3\"", "AAAAAAAAAAA="}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        large_put l;
        open_large(&l);
        completed(&l, rows[i][0], rows[i][1]);
        when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
        assert_int_equal(site_end(&l.p.s), ERR_S3_CHANGED); /* If-None-Match was requested */
        close_large(&l);
    }
}

static void a_cancelled_upload_is_aborted(void **state)
{
    static const fake_reply never = {.never = true}, gone = {.status = 204};
    large_put l;
    (void)state;
    open_large(&l);
    when(&l.p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(l.p.s.f, &(fake_rule){.method = "PUT", .reply = never});
    when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
    fake_run(l.p.s.f);
    s3_op_cancel(l.op);
    assert_false(s3_client_idle(l.p.s.c));
    fake_run_all(l.p.s.f);
    assert_int_equal(l.p.s.done_count, 0);
    assert_int_equal(count_of(&l.p, "DELETE", COMPLETE_URL), 1);
    close_large(&l);
}

static void a_cancel_waits_for_the_id_of_the_upload(void **state)
{
    static const fake_reply gone = {.status = 204};
    fake_reply slow = create_reply;
    large_put l;
    (void)state;
    slow.delay_ms = 1000;
    open_large(&l);
    when(&l.p, "POST", CREATE_URL, &slow, 1);
    when(&l.p, "DELETE", COMPLETE_URL, &gone, 1);
    fake_run(l.p.s.f);
    s3_op_cancel(l.op);
    fake_run_all(l.p.s.f);
    assert_int_equal(l.p.s.done_count, 0);
    assert_int_equal(count_of(&l.p, "DELETE", COMPLETE_URL), 1);
    close_large(&l);
}

static void a_cancel_before_the_first_request_sends_none(void **state)
{
    large_put l;
    (void)state;
    open_large(&l);
    s3_op_cancel(l.op);
    fake_run_all(l.p.s.f);
    assert_int_equal(fake_request_count(l.p.s.f), 0);
    close_large(&l);
}

static void parts_grow_to_stay_below_ten_thousand(void **state)
{
    static const uint64_t sizes[] = {0, 1, (uint64_t)100 << 30, 10000ULL * 5 * MIB + 1,
                                     S3_OBJECT_MAX_BYTES};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t part = s3_put_part_bytes(5 * MIB, sizes[i]);
        assert_in_range(part, S3_PART_MIN_BYTES, (uint64_t)5 << 30);
        assert_true((sizes[i] + part - 1) / part <= S3_PARTS_MAX);
    }
    assert_int_equal(s3_put_part_bytes(16 * MIB, 1000 * MIB), 16 * MIB);
    assert_int_equal(s3_put_part_bytes(1, 1000 * MIB), 5 * MIB); /* the minimum of S3 */
    assert_int_equal(s3_put_part_bytes(5 * MIB, 10000ULL * 5 * MIB), 5 * MIB);
    assert_int_equal(s3_put_part_bytes(5 * MIB, 10000ULL * 5 * MIB + 1), 6 * MIB);
}

static void what_no_object_can_hold_is_refused_before_the_first_byte(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    s3_put_options o = options(&p, (slice){0});
    o.fd = 0;
    o.size_bytes = S3_OBJECT_MAX_BYTES + 1;
    s3_put(p.s.c, &o);
    assert_int_equal(p.s.done_count, 0);
    assert_int_equal(site_end(&p.s), ERR_LIMIT);
    assert_int_equal(fake_request_count(p.s.f), 0);
    site_close(&p.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_object_is_one_signed_request),
        cmocka_unit_test(an_empty_object),
        cmocka_unit_test(only_where_no_object_exists),
        cmocka_unit_test(a_file_goes_up_from_its_descriptor),
        cmocka_unit_test(a_large_file_goes_up_in_parallel_parts),
        cmocka_unit_test(only_a_window_of_parts_exists),
        cmocka_unit_test(an_upload_that_fails_is_aborted),
        cmocka_unit_test(a_part_without_etag_fails),
        cmocka_unit_test(a_completion_error_with_status_200_is_retried),
        cmocka_unit_test(a_completion_that_is_refused_fails),
        cmocka_unit_test(a_completion_whose_reply_was_lost_is_confirmed),
        cmocka_unit_test(a_completion_that_another_object_hides_fails),
        cmocka_unit_test(a_cancelled_upload_is_aborted),
        cmocka_unit_test(a_cancel_waits_for_the_id_of_the_upload),
        cmocka_unit_test(a_cancel_before_the_first_request_sends_none),
        cmocka_unit_test(parts_grow_to_stay_below_ten_thousand),
        cmocka_unit_test(what_no_object_can_hold_is_refused_before_the_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
