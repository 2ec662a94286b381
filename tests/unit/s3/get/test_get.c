#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL       "http://store/b/k"
#define OBJECT    "0123456789abcdefghijklmnopqrstuvwxyz"
#define SIZE      36
#define PART      10
#define TEXT_SIZE 64

/* A store of one object, and one download of it. */
typedef struct get_site {
    site s;
    const char *object, *etag;
    char etag_text[TEXT_SIZE], length[TEXT_SIZE], range[TEXT_SIZE]; /* of the current reply */
    http_header headers[6];
    FILE *file;
    buf data; /* on_data */
    bool in_order;
    unsigned restarts;
    uint64_t prefix, received;
    s3_get_result result;
    char result_etag[TEXT_SIZE];
} get_site;

/* Answers as S3 does: ranges, If-Match, 416. */
static void serve(void *ctx, const fake_request *request, fake_reply *reply)
{
    get_site *g = ctx;
    const char *range = fake_request_header(request, "Range");
    const char *match = fake_request_header(request, "If-Match");
    unsigned long long from = 0, to = 0, size = strlen(g->object);
    if (match && strcmp(match, g->etag) != 0) {
        reply->status = 412;
        reply->body = SLICE_LIT("<Error><Code>PreconditionFailed</Code></Error>");
        return;
    }
    if (range) {
        assert_int_equal(sscanf(range, "bytes=%llu-%llu", &from, &to), 2);
        assert_true(from <= to);
    } else {
        to = size - 1;
    }
    if (range && from >= size) {
        reply->status = 416;
        reply->body = SLICE_LIT("<Error><Code>InvalidRange</Code></Error>");
        return;
    }
    to = MIN(to, size - 1);
    reply->status = range ? 206 : 200;
    reply->body = (slice){.data = g->object + from, .len = (size_t)(size ? to - from + 1 : 0)};
    reply->chunk_bytes = 3;
    snprintf(g->range, sizeof g->range, "bytes %llu-%llu/%llu", from, to, size);
    snprintf(g->length, sizeof g->length, "%llu", size ? to - from + 1 : 0);
    g->headers[0] = (http_header){"ETag", g->etag};
    g->headers[1] = (http_header){"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"};
    g->headers[2] = (http_header){"Accept-Ranges", "bytes"};
    g->headers[3] = (http_header){"Content-Length", g->length};
    g->headers[4] = (http_header){"Content-Range", g->range};
    reply->headers = g->headers;
    reply->header_count = range ? 5 : 4;
}

static void open_get(get_site *g, const char *object, unsigned max_in_flight)
{
    *g = (get_site){.object = object, .etag = "\"e1\"", .file = tmpfile()};
    assert_non_null(g->file);
    buf_init(&g->data, 4096);
    site_open(&g->s, (s3_config){.part_size_bytes = PART, .max_in_flight = max_in_flight});
    fake_handle(g->s.f, serve, g);
}

static void close_get(get_site *g)
{
    site_close(&g->s);
    buf_deinit(&g->data);
    fclose(g->file);
}

static void on_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    get_site *g = ctx;
    assert_true(prefix_bytes >= g->prefix);
    assert_true(prefix_bytes <= received_bytes);
    g->prefix = prefix_bytes;
    g->received = received_bytes;
    /* Reported bytes are in the file. */
    char bytes[TEXT_SIZE] = "";
    assert_int_equal(pread(fileno(g->file), bytes, prefix_bytes, 0), prefix_bytes);
    assert_memory_equal(bytes, g->object, prefix_bytes);
}

static void on_restart(void *ctx)
{
    get_site *g = ctx;
    g->restarts++;
    g->prefix = g->received = 0;
    buf_clear(&g->data);
}

static bool on_data(void *ctx, slice data, err *e)
{
    get_site *g = ctx;
    UNUSED(e);
    return buf_append_slice(&g->data, data);
}

static void on_done(void *ctx, const s3_get_result *result, const err *e)
{
    get_site *g = ctx;
    assert_true((result != NULL) == (e == NULL));
    if (result) {
        g->result = *result;
        snprintf(g->result_etag, sizeof g->result_etag, "%s", result->etag ? result->etag : "");
    }
    site_done(&g->s, e);
}

static s3_get_options options(get_site *g)
{
    return (s3_get_options){.bucket = "b",
                            .key = "k",
                            .fd = fileno(g->file),
                            .on_progress = on_progress,
                            .on_restart = on_restart,
                            .on_done = on_done,
                            .ctx = g};
}

static err_code get(get_site *g, s3_get_options o)
{
    s3_get(g->s.c, &o);
    return site_end(&g->s);
}

static void file_is(get_site *g, const char *expected)
{
    char bytes[TEXT_SIZE] = "";
    ssize_t len = pread(fileno(g->file), bytes, sizeof bytes - 1, 0);
    assert_int_equal(len, strlen(expected));
    assert_string_equal(bytes, expected);
}

static void an_object_comes_by_ranges_pinned_to_its_etag(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    s3_get_options o = options(&g);
    o.etag = "\"e1\"";
    o.size_known = true;
    o.size_bytes = SIZE;
    assert_int_equal(get(&g, o), ERR_NONE);
    file_is(&g, OBJECT);
    assert_int_equal(fake_request_count(g.s.f), 5); /* and HEAD, for the checksum */
    assert_string_equal(fake_request_at(g.s.f, 4)->method, "HEAD");
    assert_string_equal(site_sent_header(&g.s, 0, "Range"), "bytes=0-9");
    assert_string_equal(site_sent_header(&g.s, 3, "Range"), "bytes=30-35");
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(site_sent_header(&g.s, i, "If-Match"), "\"e1\"");
    assert_int_equal(fake_calls_peak(g.s.f), 5);
    assert_int_equal(g.prefix, SIZE);
    assert_int_equal(g.result.size_bytes, SIZE);
    assert_int_equal(g.result.last_modified_s, 1369353600);
    assert_string_equal(g.result_etag, "\"e1\"");
    close_get(&g);
}

static void the_first_reply_has_the_size(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    assert_int_equal(get(&g, options(&g)), ERR_NONE);
    file_is(&g, OBJECT);
    /* The first reply is aborted after its headers; no HEAD. */
    assert_int_equal(fake_request_count(g.s.f), 5);
    assert_null(site_sent_header(&g.s, 0, "Range"));
    assert_null(site_sent_header(&g.s, 0, "If-Match"));
    assert_string_equal(site_sent_header(&g.s, 1, "Range"), "bytes=0-9");
    assert_string_equal(site_sent_header(&g.s, 1, "If-Match"), "\"e1\"");
    close_get(&g);
}

static void a_small_object_of_unknown_size_is_one_request(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, "0123456789", 50);
    assert_int_equal(get(&g, options(&g)), ERR_NONE);
    file_is(&g, "0123456789");
    assert_int_equal(fake_request_count(g.s.f), 1);
    close_get(&g);
}

static void a_small_object_is_one_plain_request(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, "0123456789", 50);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = 10;
    assert_int_equal(get(&g, o), ERR_NONE);
    file_is(&g, "0123456789");
    assert_int_equal(fake_request_count(g.s.f), 1);
    assert_null(site_sent_header(&g.s, 0, "Range"));
    close_get(&g);
}

static void an_empty_object_has_no_ranges(void **state)
{
    get_site g;
    (void)state;
    for (int known = 0; known < 2; known++) {
        open_get(&g, "", 50);
        s3_get_options o = options(&g);
        o.size_known = known;
        assert_int_equal(get(&g, o), ERR_NONE);
        file_is(&g, "");
        assert_string_equal(g.result_etag, "\"e1\"");
        assert_int_equal(fake_request_count(g.s.f), 1);
        close_get(&g);
    }
}

static void only_a_window_of_ranges_exists(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 2);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = SIZE;
    s3_get(g.s.c, &o);
    assert_int_equal(s3_client_stats(g.s.c).queued, 2 + 1); /* HEAD */
    assert_int_equal(site_end(&g.s), ERR_NONE);
    file_is(&g, OBJECT);
    assert_int_equal(fake_calls_peak(g.s.f), 2);
    close_get(&g);
}

static http_header cut_headers[] = {
    {"ETag", "\"e1\""}, {"Content-Range", "bytes 10-19/36"}, {"Content-Length", "10"}};

/* The first attempt of the second range receives only four bytes. */
static void cut_second_range(get_site *g, err_code error)
{
    static const http_header second = {"Range", "bytes=10-19"};
    size_t count = error == ERR_NONE ? 2 : 3;
    fake_when(g->s.f, &(fake_rule){.headers = &second,
                                   .header_count = 1,
                                   .times = 1,
                                   .reply = {.status = 206,
                                             .headers = cut_headers,
                                             .header_count = count,
                                             .body = SLICE_LIT("abcd"),
                                             .error = error}});
}

static void a_short_range_resumes_where_it_broke_off(void **state)
{
    static const err_code rows[] = {ERR_TRUNCATED, ERR_NET, ERR_TIMEOUT,
                                    ERR_NONE /* a short 206 that claims to be complete */};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        open_get(&g, OBJECT, 50);
        cut_second_range(&g, rows[i]);
        s3_get_options o = options(&g);
        o.size_known = true;
        o.size_bytes = SIZE;
        assert_int_equal(get(&g, o), ERR_NONE);
        file_is(&g, OBJECT);
        assert_int_equal(g.received, SIZE); /* no byte was received twice */
        assert_string_equal(site_sent_header(&g.s, 5, "Range"), "bytes=14-19");
        close_get(&g);
    }
}

static void a_reply_that_broke_off_after_its_last_byte(void **state)
{
    static const http_header headers[] = {{"ETag", "\"e1\""}, {"Content-Length", "10"}};
    get_site g;
    (void)state;
    open_get(&g, "0123456789", 50);
    fake_when(g.s.f, &(fake_rule){.times = 1,
                                  .reply = {.status = 200,
                                            .headers = headers,
                                            .header_count = 2,
                                            .body = SLICE_LIT("0123456789"),
                                            .error = ERR_NET}});
    assert_int_equal(get(&g, (s3_get_options){.bucket = "b",
                                              .key = "k",
                                              .fd = fileno(g.file),
                                              .size_known = true,
                                              .size_bytes = 10,
                                              .on_progress = on_progress,
                                              .on_done = on_done,
                                              .ctx = &g}),
                     ERR_NONE);
    file_is(&g, "0123456789");
    assert_int_equal(g.received, 10);
    assert_string_equal(site_sent_header(&g.s, 1, "Range"), "bytes=9-9");
    close_get(&g);
}

static void a_range_that_stays_short_fails(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    static const http_header headers[] = {{"ETag", "\"e1\""}, {"Content-Range", "bytes 0-9/10"}};
    fake_when(g.s.f, &(fake_rule){.reply = {.status = 206,
                                            .headers = headers,
                                            .header_count = 2,
                                            .error = ERR_TRUNCATED}});
    s3_get_options o = options(&g);
    assert_int_equal(get(&g, o), ERR_TRUNCATED);
    assert_int_equal(fake_request_count(g.s.f), 8);
    assert_int_equal(g.s.error.cls, ERR_CLASS_ITEM);
    close_get(&g);
}

static void a_change_since_the_listing_fails(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    s3_get_options o = options(&g);
    o.etag = "\"e0\"";
    o.size_known = true;
    o.size_bytes = SIZE;
    assert_int_equal(get(&g, o), ERR_S3_CHANGED);
    assert_int_equal(g.restarts, 0);
    assert_non_null(strstr(g.s.error.message, "changed since the listing"));
    close_get(&g);
}

/* The object is replaced after its first bytes were received. */
static void change_under_way(void *ctx, const fake_request *request, fake_reply *reply)
{
    get_site *g = ctx;
    serve(ctx, request, reply);
    if (strcmp(g->etag, "\"e1\"") == 0) {
        snprintf(g->etag_text, sizeof g->etag_text, "\"e1\"");
        g->headers[0].value = g->etag_text;
        g->etag = "\"e2\"";
        g->object = "ABCDEFGHIJKLMNOPQRST";
    }
}

static void a_change_during_the_download_restarts_it_once(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_handle(g.s.f, change_under_way, &g);
    s3_get_options o = options(&g);
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, "ABCDEFGHIJKLMNOPQRST"); /* nothing remains of the longer object */
    assert_string_equal(g.result_etag, "\"e2\"");
    close_get(&g);
}

static void change_always(void *ctx, const fake_request *request, fake_reply *reply)
{
    get_site *g = ctx;
    static unsigned version;
    serve(ctx, request, reply);
    snprintf(g->etag_text, sizeof g->etag_text, "\"v%u\"", ++version);
    g->etag = g->headers[0].value = g->etag_text;
}

static void an_object_that_keeps_changing_fails(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_handle(g.s.f, change_always, &g);
    s3_get_options o = options(&g);
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_S3_CHANGED);
    assert_int_equal(g.restarts, 1);
    assert_non_null(strstr(g.s.error.message, "keeps changing"));
    close_get(&g);
}

static void a_wrong_listed_size_restarts_the_download(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = 20;
    assert_int_equal(get(&g, o), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, OBJECT);
    close_get(&g);
}

static void deleted_and_archived_objects_fail(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = 5;
    fake_when(g.s.f, &(fake_rule){.times = 1,
                                  .reply = {.status = 404,
                                            .body = SLICE_LIT("<Error><Code>NoSuchKey</Code>"
                                                              "</Error>")}});
    assert_int_equal(get(&g, o), ERR_S3_NOT_FOUND);
    assert_non_null(strstr(g.s.error.message, "deleted since the listing"));
    fake_when(g.s.f, &(fake_rule){.times = 1,
                                  .reply = {.status = 403,
                                            .body = SLICE_LIT("<Error><Code>InvalidObjectState"
                                                              "</Code></Error>")}});
    assert_int_equal(get(&g, o), ERR_S3_ARCHIVED);
    assert_non_null(strstr(g.s.error.message, "archived in Glacier"));
    assert_non_null(strstr(g.s.error.message, "restore the object first"));
    close_get(&g);
}

static void data_is_handed_over_in_order(void **state)
{
    static const http_header headers[] = {{"ETag", "\"e1\""}, {"Content-Length", "36"}};
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_when(g.s.f, &(fake_rule){.times = 1,
                                  .reply = {.status = 200,
                                            .headers = headers,
                                            .header_count = 2,
                                            .body = SLICE_LIT("0123"),
                                            .error = ERR_NET}});
    s3_get_options o = options(&g);
    o.on_data = on_data;
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_NONE);
    assert_string_equal(buf_str(&g.data), OBJECT);
    assert_string_equal(site_sent_header(&g.s, 1, "Range"), "bytes=4-35");
    assert_string_equal(site_sent_header(&g.s, 1, "If-Match"), "\"e1\"");
    close_get(&g);
}

static void a_store_without_ranges_is_noticed(void **state)
{
    static const http_header headers[] = {{"ETag", "\"e1\""}, {"Content-Length", "36"}};
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_when(g.s.f, &(fake_rule){.reply = {.status = 200,
                                            .headers = headers,
                                            .header_count = 2,
                                            .body = SLICE_LIT(OBJECT)}});
    assert_int_equal(get(&g, options(&g)), ERR_NONE); /* the first reply is the whole object */
    file_is(&g, OBJECT);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = SIZE;
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_S3_REPLY);
    assert_non_null(strstr(g.s.error.message, "ignored the Range header"));
    close_get(&g);
}

/* As gofakes3, the S3 layer of `rclone serve s3`, answers. */
static void ranges_with_status_200_are_ranges(void **state)
{
    static const http_header first[] = {{"ETag", "\"e1\""}, {"Content-Length", "36"}};
    static const http_header rest[] = {
        {"ETag", "\"e1\""}, {"Content-Length", "32"}, {"Content-Range", "bytes 4-35/36"}};
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_when(g.s.f, &(fake_rule){.times = 1,
                                  .reply = {.status = 200,
                                            .headers = first,
                                            .header_count = 2,
                                            .body = SLICE_LIT("0123"),
                                            .error = ERR_NET}});
    fake_when(g.s.f, &(fake_rule){.reply = {.status = 200,
                                            .headers = rest,
                                            .header_count = 3,
                                            .body = {.data = &OBJECT[4], .len = SIZE - 4}}});
    s3_get_options o = options(&g);
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_NONE);
    file_is(&g, OBJECT);
    assert_string_equal(site_sent_header(&g.s, 1, "Range"), "bytes=4-35");
    close_get(&g);
}

static void another_range_than_asked_for_is_refused(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 50);
    fake_when(g.s.f, &(fake_rule){.reply = {.status = 206,
                                            .headers = cut_headers,
                                            .header_count = 2,
                                            .body = SLICE_LIT("abcdefghij")}});
    assert_int_equal(get(&g, options(&g)), ERR_S3_REPLY);
    close_get(&g);
}

/* Excess bytes must not overwrite the next range. */
static void more_bytes_than_asked_for_are_refused(void **state)
{
    static const http_header headers[] = {
        {"ETag", "\"e1\""}, {"Content-Range", "bytes 0-9/36"}, {"Content-Length", "11"}};
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 1);
    fake_when(g.s.f, &(fake_rule){.reply = {.status = 206,
                                            .headers = headers,
                                            .header_count = 3,
                                            .body = SLICE_LIT("0123456789!")}});
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = SIZE;
    assert_int_equal(get(&g, o), ERR_S3_REPLY);
    assert_non_null(strstr(g.s.error.message, "received more bytes"));
    file_is(&g, "");
    close_get(&g);
}

static void a_file_that_cannot_be_written_fails(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, "0123456789", 50);
    s3_get_options o = options(&g);
    o.fd = -1;
    o.on_progress = NULL;
    assert_int_equal(get(&g, o), ERR_IO);
    assert_int_equal(fake_request_count(g.s.f), 1); /* no retry */
    close_get(&g);
}

static void a_cancel_is_silent(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, 2);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = SIZE;
    fake_when(g.s.f, &(fake_rule){.reply = {.never = true}});
    s3_op *running = s3_get(g.s.c, &o);
    fake_run(g.s.f);
    s3_op_cancel(running);
    fake_run_all(g.s.f);
    assert_int_equal(g.s.done_count, 0);
    assert_true(s3_client_idle(g.s.c));
    close_get(&g);
}

static void hard_keys_are_encoded_in_the_path(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, "x", 50);
    s3_get_options o = options(&g);
    o.key = "/a//b/../+ %~#?\x01\xc2\xa0";
    assert_int_equal(get(&g, o), ERR_NONE);
    assert_string_equal(fake_request_at(g.s.f, 0)->url,
                        "http://store/b//a//b/../%2B%20%25~%23%3F%01%C2%A0");
    close_get(&g);
}

/* The allocated size of the file when its ranges begin. */
static uint64_t reserved_bytes(const char *object)
{
    get_site g;
    struct stat st;
    open_get(&g, object, 2);
    s3_get_options o = options(&g);
    o.size_known = true;
    o.size_bytes = strlen(object);
    s3_get(g.s.c, &o);
    assert_int_equal(fstat(fileno(g.file), &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(site_end(&g.s), ERR_NONE);
    file_is(&g, object);
    close_get(&g);
    return (uint64_t)st.st_blocks * 512;
}

static void space_is_reserved_for_ranges(void **state)
{
    UNUSED(state);
    FILE *file = tmpfile();
    assert_non_null(file);
    bool knows_how = fallocate(fileno(file), FALLOC_FL_KEEP_SIZE, 0, SIZE) == 0;
    fclose(file);
    if (!knows_how)
        skip();
    assert_true(reserved_bytes(OBJECT) >= SIZE);
    assert_int_equal(reserved_bytes("small"), 0); /* comes in one request */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_is_reserved_for_ranges),
        cmocka_unit_test(an_object_comes_by_ranges_pinned_to_its_etag),
        cmocka_unit_test(the_first_reply_has_the_size),
        cmocka_unit_test(a_small_object_of_unknown_size_is_one_request),
        cmocka_unit_test(a_small_object_is_one_plain_request),
        cmocka_unit_test(an_empty_object_has_no_ranges),
        cmocka_unit_test(only_a_window_of_ranges_exists),
        cmocka_unit_test(a_short_range_resumes_where_it_broke_off),
        cmocka_unit_test(a_reply_that_broke_off_after_its_last_byte),
        cmocka_unit_test(a_range_that_stays_short_fails),
        cmocka_unit_test(a_change_since_the_listing_fails),
        cmocka_unit_test(a_change_during_the_download_restarts_it_once),
        cmocka_unit_test(an_object_that_keeps_changing_fails),
        cmocka_unit_test(a_wrong_listed_size_restarts_the_download),
        cmocka_unit_test(deleted_and_archived_objects_fail),
        cmocka_unit_test(data_is_handed_over_in_order),
        cmocka_unit_test(a_store_without_ranges_is_noticed),
        cmocka_unit_test(ranges_with_status_200_are_ranges),
        cmocka_unit_test(another_range_than_asked_for_is_refused),
        cmocka_unit_test(more_bytes_than_asked_for_are_refused),
        cmocka_unit_test(a_file_that_cannot_be_written_fails),
        cmocka_unit_test(a_cancel_is_silent),
        cmocka_unit_test(hard_keys_are_encoded_in_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
