/* DeleteObjects and DeleteBucket. */
#include "decon/s3/delete_many.h"

#include "decon/s3/buckets.h"
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL       "http://store/b?delete="
#define GONE(key) "<Deleted><Key>" key "</Key></Deleted>"
#define FAILED(key, code)                                                                          \
    "<Error><Key>" key "</Key><Code>" code "</Code><Message>words.</Message></Error>"
#define RESULT(inner) "<DeleteResult>" inner "</DeleteResult>"

typedef struct removal {
    site s;
    buf reported; /* "key:CODE " */
    char message[sizeof(((err *)0)->message)];
    size_t left;
} removal;

static void on_key_error(void *ctx, const char *key, const char *version, const err *e)
{
    removal *r = ctx;
    UNUSED(version);
    buf_printf(&r->reported, "%s:%s ", key, err_code_name(e->code));
    snprintf(r->message, sizeof r->message, "%s", e->message);
}

static void on_done(void *ctx, size_t left, const err *e)
{
    removal *r = ctx;
    r->left = left;
    site_done(&r->s, e);
}

static void open_removal(removal *r)
{
    *r = (removal){0};
    site_open(&r->s, (s3_config){.max_attempts = 3});
    buf_init(&r->reported, 4096);
}

static void close_removal(removal *r)
{
    buf_deinit(&r->reported);
    site_close(&r->s);
}

static err_code delete_keys(removal *r, const char *const *keys, size_t count)
{
    s3_delete_many(r->s.c, &(s3_delete_many_options){.bucket = "b",
                                                     .keys = keys,
                                                     .key_count = count,
                                                     .on_key_error = on_key_error,
                                                     .on_done = on_done,
                                                     .ctx = r});
    return site_end(&r->s);
}

static const char *sent(const removal *r, size_t i)
{
    static char text[4096];
    slice body = fake_request_at(r->s.f, i)->body;
    snprintf(text, sizeof text, "%.*s", (int)body.len, body.data);
    return text;
}

static const char *const ab[] = {"a", "b"};

static void a_batch_is_one_request_with_its_md5(void **state)
{
    static const char *const keys[] = {"a b", "x&<y>\r\xc3\xa9"};
    static const char body[] =
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>false</Quiet>"
        "<Object><Key>a b</Key></Object>"
        "<Object><Key>x&amp;&lt;y&gt;&#13;\xc3\xa9</Key></Object></Delete>";
    removal r;
    uint8_t digest[MD5_BYTES];
    char text[32];
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200,
                "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" GONE("a b")
                    GONE("x&amp;&lt;y&gt;&#xD;\xc3\xa9") "</DeleteResult>");
    assert_int_equal(delete_keys(&r, keys, 2), ERR_NONE);
    assert_string_equal(sent(&r, 0), body);
    md5(slice_from(body), digest);
    base64_encode(digest, sizeof digest, text);
    assert_string_equal(site_sent_header(&r.s, 0, "Content-MD5"), text);
    assert_string_equal(buf_str(&r.reported), "");
    close_removal(&r);
}

static void permanent_failures_are_reported_key_by_key(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a") FAILED("b", "AccessDenied")));
    assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
    assert_string_equal(buf_str(&r.reported), "b:S3_ACCESS ");
    assert_non_null(strstr(r.message, "s3://b/b: DeleteObjects: "));
    assert_non_null(strstr(r.message, "s3:DeleteObject"));
    close_removal(&r);
}

/* Only the affected key is retried: the other one may have been written meanwhile. */
static void transient_failures_are_retried(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a") FAILED("b", "InternalError")));
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("b")));
    assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
    assert_non_null(strstr(sent(&r, 1), "<Key>b</Key>"));
    assert_null(strstr(sent(&r, 1), "<Key>a</Key>"));
    assert_string_not_equal(site_sent_header(&r.s, 0, "Content-MD5"),
                            site_sent_header(&r.s, 1, "Content-MD5"));
    assert_string_not_equal(site_sent_header(&r.s, 0, "x-amz-content-sha256"),
                            site_sent_header(&r.s, 1, "x-amz-content-sha256"));
    assert_string_equal(buf_str(&r.reported), "");
    close_removal(&r);
}

static void keys_that_keep_failing_are_left(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a") FAILED("b", "InternalError")));
    site_expect(&r.s, "POST", URL, 200, RESULT(FAILED("b", "InternalError")));
    site_expect(&r.s, "POST", URL, 200, RESULT(FAILED("b", "InternalError")));
    assert_int_equal(delete_keys(&r, ab, 2), ERR_HTTP_SERVER);
    assert_int_equal(r.left, 1);
    assert_int_equal(fake_request_count(r.s.f), 3);
    close_removal(&r);
}

/* None of three attempts is spent. */
static void keys_that_are_throttled_are_waited_for(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a") FAILED("b", "SlowDown")));
    for (int i = 0; i < 10; i++)
        site_expect(&r.s, "POST", URL, 200, RESULT(FAILED("b", "SlowDown")));
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("b")));
    assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
    close_removal(&r);
}

static void a_reply_that_breaks_off_is_asked_for_again(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, "<DeleteResult>" FAILED("b", "AccessDenied"));
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("a") GONE("b")));
    assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
    assert_string_equal(buf_str(&r.reported), "");
    close_removal(&r);
}

static void replies_that_make_no_sense_are_refused(void **state)
{
    static const char *const rows[] = {"<html/>", RESULT(FAILED("other", "AccessDenied")),
                                       RESULT("<Error><Code>AccessDenied</Code></Error>"),
                                       RESULT(GONE("a") GONE("b") GONE("other")),
                                       RESULT(GONE("a") GONE("b") "<Deleted/>")};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        removal r;
        open_removal(&r);
        site_expect(&r.s, "POST", URL, 200, rows[i]);
        assert_int_equal(delete_keys(&r, ab, 2), ERR_S3_REPLY);
        assert_int_equal(r.left, 2);
        close_removal(&r);
    }
}

static void keys_without_a_form_in_xml_go_alone(void **state)
{
    static const char *const keys[] = {"a\x01", "b", "c\xff", "d\xed\xa0\x80"};
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "POST", URL, 200, RESULT(GONE("b")));
    site_expect(&r.s, "DELETE", "http://store/b/d%ED%A0%80", 204, "");
    site_expect(&r.s, "DELETE", "http://store/b/c%FF", 403,
                "<Error><Code>AccessDenied</Code></Error>");
    site_expect(&r.s, "DELETE", "http://store/b/a%01", 204, "");
    assert_int_equal(delete_keys(&r, keys, 4), ERR_NONE);
    assert_null(strstr(sent(&r, 0), "a"
                                    "\x01"));
    assert_string_equal(buf_str(&r.reported), "c\xff:S3_ACCESS ");
    close_removal(&r);
}

static void only_such_keys_need_no_batch(void **state)
{
    static const char *const keys[] = {"a\x01"};
    removal r;
    (void)state;
    open_removal(&r);
    site_expect(&r.s, "DELETE", "http://store/b/a%01", 204, "");
    assert_int_equal(delete_keys(&r, keys, 1), ERR_NONE);
    close_removal(&r);
}

/* Keys that the reply does not name may not have been removed. */
static void keys_that_the_reply_does_not_name_are_removed_one_by_one(void **state)
{
    static const char *const rows[] = {RESULT(""), RESULT(GONE("a")), "<DeleteResult/>"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        removal r;
        open_removal(&r);
        site_expect(&r.s, "POST", URL, 200, rows[i]);
        site_expect(&r.s, "DELETE", "http://store/b/b", 204, "");
        if (!strstr(rows[i], "Deleted>"))
            site_expect(&r.s, "DELETE", "http://store/b/a", 204, "");
        assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
        assert_string_equal(buf_str(&r.reported), "");
        close_removal(&r);
    }
}

static void an_error_counts_more_than_a_removal_of_the_same_key(void **state)
{
    static const char *const rows[] = {
        RESULT(GONE("a") GONE("b") FAILED("b", "AccessDenied")),
        RESULT(FAILED("b", "AccessDenied") GONE("b") GONE("a") FAILED("b", "AccessDenied"))};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        removal r;
        open_removal(&r);
        site_expect(&r.s, "POST", URL, 200, rows[i]);
        assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
        assert_string_equal(buf_str(&r.reported), "b:S3_ACCESS ");
        close_removal(&r);
    }
}

/* Learnt by the first batch; the second one does not try again. */
static void a_store_without_the_batch_gets_single_removals(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {
        {501, "<Error><Code>NotImplemented</Code></Error>"},
        {405, "<Error><Code>MethodNotAllowed</Code></Error>"},
        {400, "<Error><Code>InvalidArgument</Code></Error>"},
        {404, "not found"},
        {405, ""},
        {200, RESULT("")},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        removal r;
        open_removal(&r);
        site_expect(&r.s, "POST", URL, rows[i].status, rows[i].body);
        for (unsigned batch = 0; batch < 2; batch++) {
            site_expect(&r.s, "DELETE", "http://store/b/b", 204, "");
            site_expect(&r.s, "DELETE", "http://store/b/a", 403,
                        "<Error><Code>AccessDenied</Code></Error>");
            assert_int_equal(delete_keys(&r, ab, 2), ERR_NONE);
        }
        assert_string_equal(buf_str(&r.reported), "a:S3_ACCESS a:S3_ACCESS ");
        close_removal(&r);
    }
}

static void a_refused_batch_is_not_replaced(void **state)
{
    static const struct {
        int status;
        const char *body;
        err_code code;
    } rows[] = {
        {403, "<Error><Code>AccessDenied</Code></Error>", ERR_S3_ACCESS},
        {404, "<Error><Code>NoSuchBucket</Code></Error>", ERR_S3_NO_BUCKET},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        removal r;
        open_removal(&r);
        site_expect(&r.s, "POST", URL, rows[i].status, rows[i].body);
        assert_int_equal(delete_keys(&r, ab, 2), rows[i].code);
        assert_int_equal(r.left, 2);
        close_removal(&r);
    }
}

static void a_removal_may_be_cancelled(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    fake_expect(r.s.f, &(fake_rule){.reply = {.never = true}});
    s3_op *running = s3_delete_many(
        r.s.c, &(s3_delete_many_options){
                   .bucket = "b", .keys = ab, .key_count = 2, .on_done = on_done, .ctx = &r});
    fake_run(r.s.f);
    s3_op_cancel(running);
    assert_int_equal(r.s.done_count, 0);
    close_removal(&r);
}

static void a_removal_of_no_keys_ends_after_its_start(void **state)
{
    removal r;
    (void)state;
    open_removal(&r);
    s3_delete_many(r.s.c, &(s3_delete_many_options){.bucket = "b", .on_done = on_done, .ctx = &r});
    assert_int_equal(r.s.done_count, 0); /* not from within the start function */
    fake_run_all(r.s.f);
    assert_int_equal(r.s.done_count, 1);
    assert_int_equal(r.s.error.code, ERR_NONE);
    close_removal(&r);
}

static void a_bucket_is_removed(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "DELETE", "http://store/b", 204, "");
    s3_delete_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_expect(&s, "DELETE", "http://store/b", 409, "<Error><Code>BucketNotEmpty</Code></Error>");
    s3_delete_bucket(s.c, "b", site_done, &s);
    assert_int_equal(site_end(&s), ERR_S3_REPLY);
    assert_non_null(strstr(s.error.message, "remove its objects first"));
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removal_of_no_keys_ends_after_its_start),
        cmocka_unit_test(a_batch_is_one_request_with_its_md5),
        cmocka_unit_test(permanent_failures_are_reported_key_by_key),
        cmocka_unit_test(transient_failures_are_retried),
        cmocka_unit_test(keys_that_keep_failing_are_left),
        cmocka_unit_test(keys_that_are_throttled_are_waited_for),
        cmocka_unit_test(a_reply_that_breaks_off_is_asked_for_again),
        cmocka_unit_test(replies_that_make_no_sense_are_refused),
        cmocka_unit_test(keys_without_a_form_in_xml_go_alone),
        cmocka_unit_test(only_such_keys_need_no_batch),
        cmocka_unit_test(keys_that_the_reply_does_not_name_are_removed_one_by_one),
        cmocka_unit_test(an_error_counts_more_than_a_removal_of_the_same_key),
        cmocka_unit_test(a_store_without_the_batch_gets_single_removals),
        cmocka_unit_test(a_refused_batch_is_not_replaced),
        cmocka_unit_test(a_removal_may_be_cancelled),
        cmocka_unit_test(a_bucket_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
