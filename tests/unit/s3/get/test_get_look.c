/* Stores whose replies do not determine version or size: unusable If-Match, weak ETags, no
 * Content-Length. */
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL   "http://store/b/k"
#define BYTES "0123456789"

typedef struct look_site {
    site s;
    FILE *file;
    s3_config config;
    const char *etag, *head_etag, *size; /* of GetObject; of HeadObject; NULL: no such header */
    const char *head_size;
    bool refuses_if_match, chunked;
    unsigned heads;
    char data[64];
    size_t len;
} look_site;

static void store(void *ctx, const fake_request *r, fake_reply *reply)
{
    static http_header headers[4];
    static char text[64], range_text[64];
    look_site *l = ctx;
    bool is_head = strcmp(r->method, "HEAD") == 0;
    const char *range = fake_request_header(r, "Range"), *etag = is_head ? l->head_etag : l->etag;
    const char *size = is_head ? l->head_size : l->size;
    size_t count = 0;
    l->heads += is_head;
    if (l->refuses_if_match && fake_request_header(r, "If-Match")) {
        reply->status = 412;
        return;
    }
    unsigned from = 0, to = strlen(BYTES) - 1;
    if (range && sscanf(range, "bytes=%u-%u", &from, &to) == 2) {
        snprintf(range_text, sizeof range_text, "bytes %u-%u/%zu", from, to, strlen(BYTES));
        headers[count++] = (http_header){"Content-Range", range_text};
        reply->status = 206;
    }
    if (etag)
        headers[count++] = (http_header){"ETag", etag};
    if (size && (is_head || !range)) {
        snprintf(text, sizeof text, "%s", size);
        headers[count++] = (http_header){"Content-Length", text};
    }
    reply->no_length = !is_head && !size;
    reply->headers = headers;
    reply->header_count = count;
    reply->body = (slice){&BYTES[from], to - from + 1};
}

static void on_done(void *ctx, const s3_get_result *result, const err *e)
{
    look_site *l = ctx;
    assert_true((result != NULL) == (e == NULL));
    site_done(&l->s, e);
}

static bool on_data(void *ctx, slice data, err *e)
{
    look_site *l = ctx;
    UNUSED(e);
    assert_true(l->len + data.len < sizeof l->data);
    memcpy(l->data + l->len, data.data, data.len);
    l->len += data.len;
    return true;
}

static void open_look(look_site *l)
{
    *l = (look_site){.etag = "\"e1\"", .head_etag = "\"e1\"", .size = "10", .head_size = "10"};
    l->file = tmpfile();
    assert_non_null(l->file);
    site_open(&l->s, (s3_config){.response_checksums = S3_CHECKSUM_USE_WHEN_REQUIRED});
    fake_handle(l->s.f, store, l);
}

static err_code get(look_site *l, const char *etag, bool size_known, bool as_stream)
{
    l->len = 0;
    s3_get(l->s.c, &(s3_get_options){.bucket = "b",
                                     .key = "k",
                                     .etag = etag,
                                     .size_known = size_known,
                                     .size_bytes = size_known ? 10 : 0,
                                     .fd = as_stream ? -1 : fileno(l->file),
                                     .on_data = as_stream ? on_data : NULL,
                                     .on_done = on_done,
                                     .ctx = l});
    err_code code = site_end(&l->s);
    if (code == ERR_NONE && !as_stream)
        l->len = (size_t)pread(fileno(l->file), l->data, sizeof l->data - 1, 0);
    l->data[l->len] = '\0';
    return code;
}

static void close_look(look_site *l)
{
    fclose(l->file);
    site_close(&l->s);
}

static void an_if_match_that_never_fits_is_omitted_after_one_request(void **state)
{
    (void)state;
    for (unsigned as_stream = 0; as_stream < 2; as_stream++) {
        look_site l;
        open_look(&l);
        l.refuses_if_match = true;
        for (unsigned round = 0; round < 2; round++) {
            assert_int_equal(get(&l, "\"e1\"", true, as_stream), ERR_NONE);
            assert_string_equal(l.data, BYTES);
            assert_int_equal(l.heads, 1);
        }
        close_look(&l);
    }
}

static void a_refused_if_match_of_another_version_is_a_change(void **state)
{
    look_site l;
    (void)state;
    open_look(&l);
    l.refuses_if_match = true;
    l.head_etag = "\"e2\"";
    assert_int_equal(get(&l, "\"e1\"", true, false), ERR_S3_CHANGED);
    l.head_etag = NULL;
    assert_int_equal(get(&l, "\"e1\"", true, false), ERR_S3_CHANGED);
    l.head_etag = "\"e1\"";
    l.head_size = "11";
    assert_int_equal(get(&l, "\"e1\"", true, false), ERR_S3_CHANGED);
    close_look(&l);
}

/* Compared afterwards instead of pinned: a change is still found. */
static void without_if_match_the_etags_of_replies_are_compared(void **state)
{
    look_site l;
    (void)state;
    open_look(&l);
    l.refuses_if_match = true;
    assert_int_equal(get(&l, "\"e1\"", true, false), ERR_NONE);
    l.etag = "\"e2\"";
    assert_int_equal(get(&l, "\"e1\"", true, false), ERR_S3_CHANGED);
    close_look(&l);
}

static void weak_etags_are_compared_and_never_sent(void **state)
{
    static const struct {
        const char *listed, *replied;
        err_code code;
    } rows[] = {{"W/\"e1\"", "W/\"e1\"", ERR_NONE},
                {"W/\"e1\"", "\"e1\"", ERR_NONE},
                {"\"e1\"", "W/\"e1\"", ERR_NONE},
                {"W/\"e1\"", "W/\"e2\"", ERR_S3_CHANGED},
                {"e1", "\"e1\"", ERR_NONE}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        look_site l;
        open_look(&l);
        l.refuses_if_match = rows[i].listed[0] == 'W';
        l.etag = l.head_etag = rows[i].replied;
        assert_int_equal(get(&l, rows[i].listed, true, false), rows[i].code);
        close_look(&l);
    }
}

static void a_reply_without_a_length_is_compared_with_the_known_size(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        look_site l;
        open_look(&l);
        l.size = NULL;
        assert_int_equal(get(&l, NULL, i % 2, i / 2), ERR_NONE);
        assert_string_equal(l.data, BYTES);
        assert_int_equal(l.heads, i % 2 ? 0 : 1); /* HeadObject provides it if unknown */
        close_look(&l);
    }
}

static void without_any_length_the_download_fails(void **state)
{
    look_site l;
    (void)state;
    open_look(&l);
    l.size = l.head_size = NULL;
    assert_int_equal(get(&l, NULL, false, false), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "Content-Length is missing"));
    close_look(&l);
}

static void a_reply_without_a_length_that_is_short_or_long_fails(void **state)
{
    static const char *const sizes[] = {"9", "11"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        look_site l;
        open_look(&l);
        l.size = NULL;
        l.head_size = sizes[i];
        assert_int_not_equal(get(&l, NULL, false, false), ERR_NONE);
        close_look(&l);
    }
}

/* Google Cloud Storage decodes objects stored as gzip unless the client requests gzip. */
static void transcode(void *ctx, const fake_request *r, fake_reply *reply)
{
    static const http_header decoded[] = {{"ETag", "\"e1\""},
                                          {"Transfer-Encoding", "chunked"},
                                          {"x-goog-stored-content-encoding", "gzip"},
                                          {"Warning", "214 UploadServer gunzipped"}};
    static const http_header stored[] = {{"ETag", "\"e1\""},
                                         {"Content-Length", "10"},
                                         {"Content-Encoding", "gzip"},
                                         {"x-goog-stored-content-encoding", "gzip"}};
    const char *accepted = fake_request_header(r, "Accept-Encoding");
    const char *authorization = fake_request_header(r, "Authorization");
    UNUSED(ctx);
    assert_null(strstr(authorization, "accept-encoding"));
    bool as_stored = accepted && strcmp(accepted, "gzip") == 0;
    *reply = (fake_reply){.headers = as_stored ? stored : decoded,
                          .header_count = 4,
                          .no_length = !as_stored,
                          .body = slice_from(as_stored ? BYTES : "the decoded bytes, far more")};
}

static void stored_bytes_are_asked_for_where_a_store_decodes_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        look_site l;
        open_look(&l);
        if (i < 2) {
            site_close(&l.s);
            site_open(&l.s, (s3_config){.endpoint = "https://storage.googleapis.com"});
        }
        fake_handle(l.s.f, transcode, &l);
        assert_int_equal(get(&l, NULL, i % 2, true), ERR_NONE);
        assert_string_equal(l.data, BYTES);
        assert_int_equal(fake_request_count(l.s.f), i < 2 ? 1 : 2); /* otherwise it is learnt */
        assert_int_equal(get(&l, NULL, i % 2, true), ERR_NONE);
        assert_int_equal(fake_request_count(l.s.f), i < 2 ? 2 : 3);
        close_look(&l);
    }
}

static void a_look_can_be_cancelled(void **state)
{
    look_site l;
    (void)state;
    open_look(&l);
    fake_when(l.s.f, &(fake_rule){.method = "HEAD", .reply = {.never = true}});
    l.refuses_if_match = true;
    s3_op *running = s3_get(l.s.c, &(s3_get_options){.bucket = "b",
                                                     .key = "k",
                                                     .etag = "\"e1\"",
                                                     .fd = fileno(l.file),
                                                     .on_done = on_done,
                                                     .ctx = &l});
    fake_run(l.s.f);
    s3_op_cancel(running);
    assert_int_equal(l.s.done_count, 0);
    close_look(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_if_match_that_never_fits_is_omitted_after_one_request),
        cmocka_unit_test(a_refused_if_match_of_another_version_is_a_change),
        cmocka_unit_test(without_if_match_the_etags_of_replies_are_compared),
        cmocka_unit_test(weak_etags_are_compared_and_never_sent),
        cmocka_unit_test(a_reply_without_a_length_is_compared_with_the_known_size),
        cmocka_unit_test(without_any_length_the_download_fails),
        cmocka_unit_test(a_reply_without_a_length_that_is_short_or_long_fails),
        cmocka_unit_test(stored_bytes_are_asked_for_where_a_store_decodes_them),
        cmocka_unit_test(a_look_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
