/* Uploads in parts that fail, are confirmed or cancelled. */
#include "tests/unit/s3/put/parts_site.h"

static unsigned count_of(const put_site *p, const char *method, const char *url)
{
    unsigned count = 0;
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        count += strcmp(r->method, method) == 0 && strcmp(r->url, url) == 0;
    }
    return count;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
