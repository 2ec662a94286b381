/* Rules for listings: their pages, uploads and buckets. */
#include "tests/unit/s3/operations/contract_site.h"

static bool on_upload(void *ctx, const s3_upload *u, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "%s|%s ", u->key, u->upload_id);
}

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    listing *l = ctx;
    UNUSED(e), UNUSED(created_s);
    return buf_printf(&l->seen, "%s ", name);
}

/* --- pages --- */

static void pages_that_do_not_advance_are_found(void **state)
{
    static const struct {
        const char *first, *second, *names;
    } rows[] = {
        {PAGE(MORE("t") OBJECT("a") OBJECT("b")), PAGE(MORE("u") OBJECT("a") OBJECT("b")), "'a'"},
        {PAGE(MORE("t") OBJECT("b")), PAGE(LAST OBJECT("a")), "'a' is listed after 'b'"},
        {PAGE(MORE("t") OBJECT("a")), PAGE(MORE("t") OBJECT("b")), "token 't' is repeated"},
        {PAGE(MORE("t")), PAGE(MORE("t")), "token 't' is repeated"},
        {PAGE(MORE("t") COMMON("b/")), PAGE(LAST COMMON("a/")), "'a/' is listed after 'b/'"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        fake_expect(l.s.f, &(fake_rule){.reply = {.body = slice_from(rows[i].first)}});
        fake_expect(l.s.f, &(fake_rule){.reply = {.body = slice_from(rows[i].second)}});
        if (list_of(&l, "b", NULL, "/") != ERR_S3_REPLY ||
            !strstr(l.s.error.message, rows[i].names))
            fail_msg("row %zu: %s", i, l.s.error.message);
        close_listing(&l);
    }
}

static void expect_pages(listing *l, const char *const *pages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fake_expect(l->s.f, &(fake_rule){.reply = {.body = slice_from(pages[i])}});
}

static void tokens_that_go_in_circles_are_found(void **state)
{
    static const char *const pages[] = {PAGE(MORE("t") OBJECT("a")), PAGE(MORE("u") OBJECT("b")),
                                        PAGE(MORE("t") OBJECT("c"))};
    listing l;
    (void)state;
    open_listing(&l);
    expect_pages(&l, pages, ARRAY_LEN(pages));
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "token 't' is repeated"));
    assert_string_equal(buf_str(&l.seen), "a:1 b:1 ");
    close_listing(&l);
}

static void a_page_that_comes_again_is_found_in_any_order_too(void **state)
{
    static const char *const pages[] = {PAGE(MORE("t") OBJECT("b") OBJECT("a")),
                                        PAGE(MORE("u") OBJECT("c")),
                                        PAGE(MORE("v") OBJECT("b") OBJECT("a"))};
    listing l;
    (void)state;
    open_ordered_listing(&l, S3_LISTING_ORDER_ANY);
    expect_pages(&l, pages, ARRAY_LEN(pages));
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "begins with 'b' is repeated"));
    assert_string_equal(buf_str(&l.seen), "b:1 a:1 c:1 ");
    close_listing(&l);
}

static void empty_page(void *ctx, const fake_request *request, fake_reply *reply)
{
    listing *l = ctx;
    static char body[256];
    UNUSED(request);
    snprintf(body, sizeof body, PAGE(MORE("t%u")), ++l->pages);
    reply->body = slice_from(body);
}

static void empty_pages_with_new_tokens_have_an_end(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_handle(l.s.f, empty_page, &l);
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_S3_REPLY);
    assert_int_equal(l.pages, CONTRACT_EMPTY_PAGES_MAX);
    assert_non_null(strstr(l.s.error.message, "consecutive empty pages"));
    close_listing(&l);
}

static void a_few_empty_pages_are_no_breach(void **state)
{
    static const char *const pages[] = {PAGE(MORE("t")), PAGE(MORE("u")), PAGE(LAST OBJECT("a"))};
    listing l;
    (void)state;
    open_listing(&l);
    expect_pages(&l, pages, ARRAY_LEN(pages));
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 ");
    close_listing(&l);
}

/* --- uploads and buckets --- */

#define UPLOAD(key, id)                                                                            \
    "<Upload><Key>" key "</Key><UploadId>" id "</UploadId>"                                        \
    "<Initiated>2013-05-24T00:00:00.000Z</Initiated></Upload>"
#define MORE_UPLOADS(key, id)                                                                      \
    "<IsTruncated>true</IsTruncated><NextKeyMarker>" key "</NextKeyMarker><NextUploadIdMarker>" id \
    "</NextUploadIdMarker>"
#define UPLOADS(inner) "<ListMultipartUploadsResult>" inner "</ListMultipartUploadsResult>"

static err_code list_uploads(listing *l, const char *prefix)
{
    s3_list_uploads(
        l->s.c,
        &(s3_list_uploads_options){
            .bucket = "b", .prefix = prefix, .on_upload = on_upload, .on_done = on_done, .ctx = l});
    return site_end(&l->s);
}

static void uploads_are_held_to_it_too(void **state)
{
    static const struct {
        const char *pages[3];
        const char *names, *seen;
    } rows[] = {
        {{UPLOADS(LAST UPLOAD("in/a", "1") UPLOAD("out/b", "2"))}, "outside the prefix", ""},
        {{UPLOADS(LAST "<Bucket>c</Bucket>")}, "lists the bucket 'c'", ""},
        {{UPLOADS(LAST "<Prefix>out/</Prefix>")}, "for the prefix 'out/'", ""},
        {{UPLOADS(LAST "<EncodingType>x</EncodingType>")}, "EncodingType", ""},
        {{UPLOADS(LAST URL_ENCODED UPLOAD("in/a b", "1"))}, "EncodingType url", ""},
        {{UPLOADS(LAST URL_ENCODED UPLOAD("in/a%00b", "1"))}, "NUL", ""},
        {{UPLOADS(LAST UPLOAD("in/a", ""))}, "without key or id", ""},
        {{UPLOADS(MORE_UPLOADS("in/b", "1") UPLOAD("in/b", "1")),
          UPLOADS(LAST UPLOAD("in/a", "2"))},
         "'in/a' is listed before the marker",
         "in/b|1 "},
        {{UPLOADS(MORE_UPLOADS("in/a", "1") UPLOAD("in/a", "1")),
          UPLOADS(MORE_UPLOADS("in/b", "1") UPLOAD("in/b", "1")),
          UPLOADS(MORE_UPLOADS("in/a", "1") UPLOAD("in/c", "1"))},
         "does not advance",
         "in/a|1 in/b|1 "},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        for (size_t k = 0; k < ARRAY_LEN(rows[i].pages) && rows[i].pages[k]; k++)
            fake_expect(l.s.f, &(fake_rule){.reply = {.body = slice_from(rows[i].pages[k])}});
        if (list_uploads(&l, "in/") != ERR_S3_REPLY || !strstr(l.s.error.message, rows[i].names))
            fail_msg("row %zu: %s", i, l.s.error.message);
        assert_string_equal(buf_str(&l.seen), rows[i].seen);
        close_listing(&l);
    }
}

static void uploads_by_time_and_repeats_are_taken(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_when(l.s.f, &(fake_rule){.reply = {.body = SLICE_LIT(UPLOADS(LAST UPLOAD("b", "1") UPLOAD(
                                                "a", "2") UPLOAD("a", "2") UPLOAD("a", "3")))}});
    assert_int_equal(list_uploads(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "b|1 a|2 a|3 ");
    close_listing(&l);
}

#define BUCKETS(names, token)                                                                      \
    "<ListAllMyBucketsResult><Buckets>" names "</Buckets><ContinuationToken>" token                \
    "</ContinuationToken></ListAllMyBucketsResult>"
#define BUCKET(name) "<Bucket><Name>" name "</Name></Bucket>"

static err_code list_buckets(listing *l)
{
    s3_list_buckets(
        l->s.c, &(s3_list_buckets_options){.on_bucket = on_bucket, .on_done = on_done, .ctx = l});
    return site_end(&l->s);
}

static void buckets_are_held_to_it_too(void **state)
{
    static const char *const circle[] = {BUCKETS(BUCKET("a"), "t"), BUCKETS(BUCKET("b"), "u"),
                                         BUCKETS(BUCKET("c"), "t")};
    static const char *const repeat[] = {BUCKETS(BUCKET("a") BUCKET("a"), "t"),
                                         BUCKETS(BUCKET("a") BUCKET("b"), "")};
    listing l;
    (void)state;
    open_listing(&l);
    expect_pages(&l, circle, ARRAY_LEN(circle));
    assert_int_equal(list_buckets(&l), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "does not advance"));
    close_listing(&l);
    open_listing(&l);
    expect_pages(&l, repeat, ARRAY_LEN(repeat));
    assert_int_equal(list_buckets(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a b ");
    close_listing(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_that_do_not_advance_are_found),
        cmocka_unit_test(tokens_that_go_in_circles_are_found),
        cmocka_unit_test(a_page_that_comes_again_is_found_in_any_order_too),
        cmocka_unit_test(empty_pages_with_new_tokens_have_an_end),
        cmocka_unit_test(a_few_empty_pages_are_no_breach),
        cmocka_unit_test(uploads_are_held_to_it_too),
        cmocka_unit_test(uploads_by_time_and_repeats_are_taken),
        cmocka_unit_test(buckets_are_held_to_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
