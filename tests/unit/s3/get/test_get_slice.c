/* Some bytes of an object: the requested range, its continuation, replies that do not match. */
#include "base/util.h"
#include "tests/unit/s3/site.h"

#include "s3/protocol/content_range.h"

typedef struct slice_site {
    site s;
    buf data;
    bool refuses;
    http_header headers[8][2]; /* of replies */
    size_t reply_count;
} slice_site;

static void open_site(slice_site *g)
{
    *g = (slice_site){0};
    buf_init(&g->data, 4096);
    site_open(&g->s, (s3_config){.retry_base_ms = 1});
}

static void close_site(slice_site *g)
{
    site_close(&g->s);
    buf_deinit(&g->data);
}

static bool on_data(void *ctx, slice data, err *e)
{
    slice_site *g = ctx;
    if (g->refuses)
        return err_set(e, ERR_IO, "no space");
    return buf_append_slice(&g->data, data);
}

static void on_done(void *ctx, const err *error)
{
    slice_site *g = ctx;
    site_done(&g->s, error);
}

static err_code get(slice_site *g, s3_get_slice_options options)
{
    options.bucket = "b";
    options.key = "k";
    options.on_data = on_data;
    options.on_done = on_done;
    options.ctx = g;
    s3_get_slice(g->s.c, &options);
    return site_end(&g->s);
}

/* One reply with this Content-Range, ETag and body. */
static void reply(slice_site *g, const char *range, const char *etag, const char *body)
{
    http_header *headers = g->headers[g->reply_count++];
    headers[0] = (http_header){"Content-Range", range};
    headers[1] = (http_header){"ETag", etag};
    fake_when(g->s.f, &(fake_rule){.times = 1,
                                   .reply = {.status = 206,
                                             .headers = headers,
                                             .header_count = 2,
                                             .body = slice_from(body)}});
}

static void the_range_is_requested_in_its_three_forms(void **state)
{
    static const struct {
        s3_get_slice_options options;
        const char *sent, *reply, *body;
    } rows[] = {
        {{.offset_bytes = 2, .len_bytes = 3}, "bytes=2-4", "bytes 2-4/10", "234"},
        {{.offset_bytes = 7}, "bytes=7-", "bytes 7-9/10", "789"},
        {{.from_end = true, .len_bytes = 4}, "bytes=-4", "bytes 6-9/10", "6789"},
        {{.offset_bytes = 8, .len_bytes = 50}, "bytes=8-57", "bytes 8-9/10", "89"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        slice_site g;
        open_site(&g);
        reply(&g, rows[i].reply, "\"e\"", rows[i].body);
        assert_int_equal(get(&g, rows[i].options), ERR_NONE);
        assert_string_equal(site_sent_header(&g.s, 0, "Range"), rows[i].sent);
        assert_null(site_sent_header(&g.s, 0, "If-Match"));
        assert_string_equal(buf_str(&g.data), rows[i].body);
        close_site(&g);
    }
}

static void a_broken_reply_is_continued_in_the_same_version(void **state)
{
    slice_site g;
    (void)state;
    open_site(&g);
    reply(&g, "bytes 6-9/10", "\"e\"", "67");
    reply(&g, "bytes 8-9/10", "\"e\"", "89");
    assert_int_equal(get(&g, (s3_get_slice_options){.from_end = true, .len_bytes = 4}), ERR_NONE);
    assert_string_equal(buf_str(&g.data), "6789");
    assert_string_equal(site_sent_header(&g.s, 1, "Range"), "bytes=8-9");
    assert_string_equal(site_sent_header(&g.s, 1, "If-Match"), "\"e\"");
    close_site(&g);
}

static void another_version_ends_it(void **state)
{
    slice_site g;
    (void)state;
    open_site(&g);
    reply(&g, "bytes 6-9/10", "\"e\"", "67");
    reply(&g, "bytes 8-9/10", "\"f\"", "xx");
    assert_int_equal(get(&g, (s3_get_slice_options){.from_end = true, .len_bytes = 4}),
                     ERR_S3_CHANGED);
    assert_string_equal(buf_str(&g.data), "67");
    close_site(&g);
}

static void replies_that_do_not_fit_fail(void **state)
{
    static const struct {
        const char *range, *body;
    } rows[] = {
        {"bytes 3-4/10", "34"}, {"bytes 2-4", "234"},   {"2-4/10", "234"},
        {"bytes 4-2/10", ""},   {"bytes 2-4/4", "234"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        slice_site g;
        open_site(&g);
        for (int k = 0; k < 8; k++)
            reply(&g, rows[i].range, "\"e\"", rows[i].body);
        assert_int_equal(get(&g, (s3_get_slice_options){.offset_bytes = 2, .len_bytes = 3}),
                         ERR_S3_REPLY);
        assert_string_equal(buf_str(&g.data), "");
        close_site(&g);
    }
}

static void an_error_of_the_reader_ends_it(void **state)
{
    slice_site g;
    (void)state;
    open_site(&g);
    g.refuses = true;
    reply(&g, "bytes 2-4/10", "\"e\"", "234");
    assert_int_equal(get(&g, (s3_get_slice_options){.offset_bytes = 2, .len_bytes = 3}), ERR_IO);
    assert_int_equal(fake_request_count(g.s.f), 1);
    close_site(&g);
}

static void a_version_is_a_parameter_of_the_query(void **state)
{
    slice_site g;
    (void)state;
    open_site(&g);
    reply(&g, "bytes 0-0/1", "\"e\"", "x");
    assert_int_equal(get(&g, (s3_get_slice_options){.version_id = "a/b+c"}), ERR_NONE);
    assert_non_null(strstr(fake_request_at(g.s.f, 0)->url, "/b/k?versionId=a%2Fb%2Bc"));
    close_site(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_range_is_requested_in_its_three_forms),
        cmocka_unit_test(a_broken_reply_is_continued_in_the_same_version),
        cmocka_unit_test(another_version_ends_it),
        cmocka_unit_test(replies_that_do_not_fit_fail),
        cmocka_unit_test(an_error_of_the_reader_ends_it),
        cmocka_unit_test(a_version_is_a_parameter_of_the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
