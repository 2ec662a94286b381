/* Downloads by ranges: short and wrong replies, objects that change meanwhile. */
#include "tests/unit/s3/get/range_site.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_range_resumes_where_it_broke_off),
        cmocka_unit_test(a_reply_that_broke_off_after_its_last_byte),
        cmocka_unit_test(a_range_that_stays_short_fails),
        cmocka_unit_test(a_change_since_the_listing_fails),
        cmocka_unit_test(a_change_during_the_download_restarts_it_once),
        cmocka_unit_test(an_object_that_keeps_changing_fails),
        cmocka_unit_test(a_wrong_listed_size_restarts_the_download),
        cmocka_unit_test(deleted_and_archived_objects_fail),
        cmocka_unit_test(a_store_without_ranges_is_noticed),
        cmocka_unit_test(ranges_with_status_200_are_ranges),
        cmocka_unit_test(another_range_than_asked_for_is_refused),
        cmocka_unit_test(more_bytes_than_asked_for_are_refused),
        cmocka_unit_test(a_file_that_cannot_be_written_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
