/* Uploads of streams: parts that fill from memory, on a scripted transport. */
#include "tests/unit/s3/site.h"

#include "decon/s3/put_stream.h"
#include "base/util.h"

#define URL      "http://store/b/k"
#define MIB      ((size_t)1024 * 1024)
#define PART     (5 * MIB)
#define CREATE   URL "?uploads="
#define COMPLETE URL "?uploadId=u%2F1"
#define UPLOAD                                                                                     \
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag></"                              \
    "CompleteMultipartUploadResult>"

static const http_header etag_header = {"ETag", "\"e1\""};
static const fake_reply part_reply = {.status = 200, .headers = &etag_header, .header_count = 1};
static const fake_reply create_reply = {.status = 200, .body = {UPLOAD, sizeof UPLOAD - 1}};
static const fake_reply complete_reply = {.status = 200, .body = {DONE, sizeof DONE - 1}};
static const fake_reply gone_reply = {.status = 204};

typedef struct stream_site {
    site s;
    s3_op *op; /* NULL: it has ended */
    char etag[64];
    uint64_t sent;
    unsigned rooms;
    uint64_t put; /* bytes so far */
} stream_site;

static void on_room(void *ctx)
{
    stream_site *p = ctx;
    p->rooms++;
}

static void on_progress(void *ctx, uint64_t sent_bytes)
{
    stream_site *p = ctx;
    assert_true(sent_bytes >= p->sent);
    p->sent = sent_bytes;
}

static void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    stream_site *p = ctx;
    p->op = NULL;
    assert_true((result != NULL) == (e == NULL));
    if (result)
        snprintf(p->etag, sizeof p->etag, "%s", result->etag ? result->etag : "");
    site_done(&p->s, e);
}

static void open_stream(stream_site *p, uint64_t memory_bytes)
{
    *p = (stream_site){0};
    site_open(&p->s, (s3_config){.max_attempts = 3});
    p->op = s3_put_stream(p->s.c, &(s3_put_stream_options){.bucket = "b",
                                                           .key = "k",
                                                           .part_bytes = PART,
                                                           .memory_bytes = memory_bytes,
                                                           .on_room = on_room,
                                                           .on_progress = on_progress,
                                                           .on_done = on_done,
                                                           .ctx = p});
}

/* Byte n of the stream. */
static char byte_at(uint64_t n)
{
    return (char)(n / 4096 + n);
}

/* Writes as many of `len` bytes as fit; yields the number. */
static uint64_t put(stream_site *p, uint64_t len)
{
    uint64_t before = p->put, end = p->put + len;
    while (p->put < end) {
        s3_room room = s3_put_stream_room(p->op);
        size_t some = (size_t)MIN((uint64_t)room.len, end - p->put);
        if (some == 0)
            break;
        for (size_t i = 0; i < some; i++)
            room.data[i] = byte_at(p->put + i);
        s3_put_stream_filled(p->op, some);
        p->put += some;
    }
    return p->put - before;
}

static void when(stream_site *p, const char *method, const char *url, fake_reply reply)
{
    fake_when(p->s.f, &(fake_rule){.method = method, .url = url, .reply = reply, .times = 1});
}

static void when_parts(stream_site *p)
{
    fake_when(p->s.f, &(fake_rule){.method = "PUT", .url_has = "partNumber=", .reply = part_reply});
}

/* The last sent body of this part number equals the stream from `offset` on. */
static void expect_part(const stream_site *p, unsigned number, uint64_t offset, size_t len)
{
    char query[32];
    const fake_request *found = NULL;
    snprintf(query, sizeof query, "?partNumber=%u&", number);
    for (size_t i = 0; i < fake_request_count(p->s.f); i++)
        if (strstr(fake_request_at(p->s.f, i)->url, query))
            found = fake_request_at(p->s.f, i);
    assert_non_null(found);
    assert_int_equal(found->body.len, len);
    for (size_t i = 0; i < len; i++)
        if (found->body.data[i] != byte_at(offset + i))
            fail_msg("part %u differs at %zu", number, i);
}

static unsigned count_of(const stream_site *p, const char *method, const char *url)
{
    unsigned count = 0;
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        count += strcmp(r->method, method) == 0 && strcmp(r->url, url) == 0;
    }
    return count;
}

static void what_ends_within_one_part_is_one_request(void **state)
{
    static const uint64_t sizes[] = {0, 1, PART - 1, PART};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        stream_site p;
        open_stream(&p, 0);
        fake_expect(p.s.f, &(fake_rule){.method = "PUT", .url = URL, .reply = part_reply});
        assert_int_equal(put(&p, sizes[i]), sizes[i]);
        s3_put_stream_end(p.op);
        assert_int_equal(site_end(&p.s), ERR_NONE);
        assert_string_equal(p.etag, "\"e1\"");
        assert_int_equal(fake_request_at(p.s.f, 0)->body.len, sizes[i]);
        site_close(&p.s);
    }
}

/* The checksum combined from the parts equals that of the whole stream. */
static void a_longer_one_goes_by_parts_with_its_checksum(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    when(&p, "POST", CREATE, create_reply);
    when_parts(&p);
    when(&p, "POST", COMPLETE, complete_reply);
    assert_int_equal(put(&p, 2 * PART + 3), 2 * PART + 3);
    s3_put_stream_end(p.op);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(p.etag, "\"whole\"");
    assert_int_equal(p.sent, 2 * PART + 3);
    expect_part(&p, 1, 0, PART);
    expect_part(&p, 2, PART, PART);
    expect_part(&p, 3, 2 * PART, 3);
    AUTO_FREE char *all = xcalloc(1, 2 * PART + 3);
    for (size_t i = 0; i < 2 * PART + 3; i++)
        all[i] = byte_at(i);
    s3_hash hash;
    s3_hash_init(&hash, S3_CHECKSUM_CRC64NVME);
    s3_hash_update(&hash, all, 2 * PART + 3);
    s3_checksum sum = s3_hash_final(&hash);
    const fake_request *last = fake_request_at(p.s.f, fake_request_count(p.s.f) - 1);
    assert_string_equal(last->url, COMPLETE);
    assert_string_equal(fake_request_header(last, "x-amz-checksum-crc64nvme"), sum.text);
    /* Over http the parts are hashed for the signature. */
    assert_string_not_equal(site_sent_header(&p.s, 1, "x-amz-content-sha256"), S3_UNSIGNED);
    site_close(&p.s);
}

static void a_stream_of_whole_parts_has_no_empty_one(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    when(&p, "POST", CREATE, create_reply);
    when_parts(&p);
    when(&p, "POST", COMPLETE, complete_reply);
    put(&p, 2 * PART);
    s3_put_stream_end(p.op);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_int_equal(fake_request_count(p.s.f), 4);
    site_close(&p.s);
}

/* No more is read than fits into memory; sent parts release memory. */
static void no_more_is_held_than_memory_allows(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 3 * PART);
    fake_expect(p.s.f, &(fake_rule){.method = "POST", .url = CREATE, .reply = create_reply});
    assert_int_equal(put(&p, 10 * PART), 3 * PART);
    assert_int_equal(s3_put_stream_room(p.op).len, 0);
    assert_int_equal(p.rooms, 0);
    when_parts(&p);
    fake_run_all(p.s.f);
    assert_int_equal(p.rooms, 1);
    assert_int_equal(p.sent, 3 * PART);
    assert_int_equal(put(&p, 10 * PART), 3 * PART);
    when(&p, "POST", COMPLETE, complete_reply);
    s3_put_stream_end(p.op);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_int_equal(p.sent, 6 * PART);
    site_close(&p.s);
}

static void two_parts_are_held_at_least(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 1);
    assert_int_equal(put(&p, 10 * PART), 2 * PART);
    s3_op_cancel(p.op);
    site_close(&p.s);
}

static void a_part_is_sent_again_from_memory(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    when(&p, "POST", CREATE, create_reply);
    when(&p, "PUT", URL "?partNumber=1&uploadId=u%2F1", (fake_reply){.error = ERR_NET});
    when(&p, "PUT", URL "?partNumber=1&uploadId=u%2F1",
         (fake_reply){.status = 400, .body = SLICE_LIT("<Error><Code>BadDigest</Code></Error>")});
    when_parts(&p);
    when(&p, "POST", COMPLETE, complete_reply);
    put(&p, PART + 1);
    s3_put_stream_end(p.op);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_int_equal(count_of(&p, "PUT", URL "?partNumber=1&uploadId=u%2F1"), 3);
    expect_part(&p, 1, 0, PART);
    site_close(&p.s);
}

static void a_part_that_fails_aborts_the_upload(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    when(&p, "POST", CREATE, create_reply);
    fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = {.status = 403}});
    when(&p, "DELETE", COMPLETE, gone_reply);
    put(&p, PART + 1);
    assert_int_equal(site_end(&p.s), ERR_S3_ACCESS);
    assert_non_null(strstr(p.s.error.message, "s3://b/k: UploadPart"));
    fake_run_all(p.s.f);
    assert_int_equal(count_of(&p, "DELETE", COMPLETE), 1);
    assert_true(s3_client_idle(p.s.c));
    site_close(&p.s);
}

static void a_source_that_fails_cancels_and_aborts(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    when(&p, "POST", CREATE, create_reply);
    when_parts(&p);
    when(&p, "DELETE", COMPLETE, gone_reply);
    put(&p, 3 * PART);
    fake_run_all(p.s.f);
    s3_op_cancel(p.op);
    fake_run_all(p.s.f);
    assert_int_equal(count_of(&p, "DELETE", COMPLETE), 1);
    assert_int_equal(p.s.done_count, 0);
    assert_true(s3_client_idle(p.s.c));
    site_close(&p.s);
}

/* The upload id is not known yet: the upload is aborted as soon as it is. */
static void a_cancel_before_the_id_aborts_too(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    fake_reply later = create_reply;
    later.delay_ms = 100;
    when(&p, "POST", CREATE, later);
    when(&p, "DELETE", COMPLETE, gone_reply);
    put(&p, PART + 1);
    fake_advance(p.s.f, 50);
    s3_op_cancel(p.op);
    fake_run_all(p.s.f);
    assert_int_equal(count_of(&p, "DELETE", COMPLETE), 1);
    site_close(&p.s);
}

/* While all bytes are in memory, the upload can restart with another checksum. */
static void a_store_that_refuses_the_checksum_gets_a_lesser_one(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    fake_when(p.s.f,
              &(fake_rule){.method = "POST",
                           .url = CREATE,
                           .headers = &(http_header){"x-amz-checksum-algorithm", "CRC64NVME"},
                           .header_count = 1,
                           .reply = {.status = 400,
                                     .body = SLICE_LIT(
                                         "<Error><Code>InvalidRequest</Code><Message>Checksum "
                                         "algorithm provided is unsupported.</Message></Error>")}});
    when(&p, "POST", CREATE, create_reply);
    when_parts(&p);
    when(&p, "POST", COMPLETE, complete_reply);
    put(&p, PART + 1);
    fake_run_all(p.s.f);
    put(&p, PART);
    s3_put_stream_end(p.op);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    expect_part(&p, 1, 0, PART);
    expect_part(&p, 3, 2 * PART, 1);
    site_close(&p.s);
}

static void parts_grow_so_that_ten_thousand_hold_all(void **state)
{
    uint64_t sum = 0, last = 0;
    (void)state;
    for (unsigned n = 1; n <= S3_PARTS_MAX; n++) {
        uint64_t part = s3_put_stream_part_bytes(5 * MIB, n);
        assert_true(part >= last && part <= (uint64_t)5 << 30);
        if (n <= 1000)
            assert_int_equal(part, 5 * MIB);
        last = part;
        sum += part;
    }
    assert_true(sum >= S3_OBJECT_MAX_BYTES);
}

static void an_expected_size_gives_all_parts_one_size(void **state)
{
    stream_site p;
    (void)state;
    open_stream(&p, 0);
    s3_op_cancel(p.op);
    p.op = s3_put_stream(p.s.c, &(s3_put_stream_options){.bucket = "b",
                                                         .key = "k",
                                                         .expected_bytes = 100000 * MIB,
                                                         .on_done = on_done,
                                                         .ctx = &p});
    assert_int_equal(s3_put_stream_room(p.op).len, 10 * MIB);
    s3_op_cancel(p.op);
    p.op = s3_put_stream(p.s.c, &(s3_put_stream_options){.bucket = "b",
                                                         .key = "k",
                                                         .expected_bytes = S3_OBJECT_MAX_BYTES + 1,
                                                         .on_done = on_done,
                                                         .ctx = &p});
    assert_int_equal(s3_put_stream_room(p.op).len, 0);
    assert_int_equal(site_end(&p.s), ERR_LIMIT);
    site_close(&p.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_within_one_part_is_one_request),
        cmocka_unit_test(a_longer_one_goes_by_parts_with_its_checksum),
        cmocka_unit_test(a_stream_of_whole_parts_has_no_empty_one),
        cmocka_unit_test(no_more_is_held_than_memory_allows),
        cmocka_unit_test(two_parts_are_held_at_least),
        cmocka_unit_test(a_part_is_sent_again_from_memory),
        cmocka_unit_test(a_part_that_fails_aborts_the_upload),
        cmocka_unit_test(a_source_that_fails_cancels_and_aborts),
        cmocka_unit_test(a_cancel_before_the_id_aborts_too),
        cmocka_unit_test(a_store_that_refuses_the_checksum_gets_a_lesser_one),
        cmocka_unit_test(parts_grow_so_that_ten_thousand_hold_all),
        cmocka_unit_test(an_expected_size_gives_all_parts_one_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
