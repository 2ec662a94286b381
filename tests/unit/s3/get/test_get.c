#include "tests/unit/s3/get/range_site.h"

static bool on_data(void *ctx, slice data, err *e)
{
    get_site *g = ctx;
    UNUSED(e);
    return buf_append_slice(&g->data, data);
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
        cmocka_unit_test(data_is_handed_over_in_order),
        cmocka_unit_test(a_cancel_is_silent),
        cmocka_unit_test(hard_keys_are_encoded_in_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
