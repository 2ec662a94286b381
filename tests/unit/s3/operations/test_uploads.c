/* Multipart uploads of dead runs: listing and abort. */
#include "decon/s3/uploads.h"
#include "base/util.h"

#include "tests/unit/s3/operations/listing_site.h"

#define URL "http://store/b?uploads=&encoding-type=url&max-uploads=1000"
#define UPLOAD(key, id)                                                                            \
    "<Upload><Key>" key "</Key><UploadId>" id "</UploadId><Initiator><ID>x</ID></Initiator>"       \
    "<Initiated>2013-05-24T00:00:00.000Z</Initiated></Upload>"
#define URL_ENCODED "<EncodingType>url</EncodingType>"
#define LAST        "<IsTruncated>false</IsTruncated>"
#define MORE(key, id)                                                                              \
    "<IsTruncated>true</IsTruncated><NextKeyMarker>" key "</NextKeyMarker>"                        \
    "<NextUploadIdMarker>" id "</NextUploadIdMarker>"
#define PAGE(inner)                                                                                \
    "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner         \
    "</ListMultipartUploadsResult>"

static bool on_upload(void *ctx, const s3_upload *u, err *e)
{
    listing *l = ctx;
    buf_printf(&l->seen, "%s|%s|%lld ", u->key, u->upload_id, (long long)u->initiated_s);
    return !l->stop || err_set(e, ERR_CANCELLED, "enough");
}

static err_code list(listing *l, const char *prefix)
{
    s3_list_uploads(
        l->s.c,
        &(s3_list_uploads_options){
            .bucket = "b", .prefix = prefix, .on_upload = on_upload, .on_done = on_done, .ctx = l});
    return site_end(&l->s);
}

static void uploads_come_with_key_id_and_time(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL "&prefix=x%2F%20", 200,
                PAGE(UPLOAD("x%2F+a%2B", "u+1") LAST URL_ENCODED));
    assert_int_equal(list(&l, "x/ "), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "x/ a+|u+1|1369353600 ");
    close_listing(&l);
}

static void pages_follow_each_other(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, PAGE(URL_ENCODED MORE("a+b", "u/1") UPLOAD("a+b", "u/1")));
    site_expect(&l.s, "GET", URL "&key-marker=a%20b&upload-id-marker=u%2F1", 200,
                PAGE(LAST UPLOAD("a+b", "u2")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a b|u/1|1369353600 a+b|u2|1369353600 ");
    close_listing(&l);
}

static void a_repeated_marker_is_refused(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_when(l.s.f, &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(MORE("a", "u")))}});
    assert_int_equal(list(&l, NULL), ERR_S3_REPLY);
    close_listing(&l);
}

static void a_page_that_breaks_off_is_asked_for_again(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, "<ListMultipartUploadsResult>" LAST UPLOAD("a", "u"));
    site_expect(&l.s, "GET", URL, 200, PAGE(LAST UPLOAD("a", "u")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a|u|1369353600 "); /* once */
    close_listing(&l);
}

static void replies_that_make_no_sense_are_refused(void **state)
{
    static const char *const rows[] = {
        "<html/>", PAGE(UPLOAD("a", "u")), PAGE("<IsTruncated>true</IsTruncated>"),
        PAGE(LAST "<Upload><Key>a</Key></Upload>"), PAGE(LAST URL_ENCODED UPLOAD("%zz", "u"))};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        fake_when(l.s.f, &(fake_rule){.reply = {.body = slice_from(rows[i])}});
        assert_int_not_equal(list(&l, NULL), ERR_NONE);
        assert_true(str_starts_with(l.s.error.message, "s3://b"));
        close_listing(&l);
    }
}

static void the_caller_may_stop(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    l.stop = true;
    site_expect(&l.s, "GET", URL, 200, PAGE(LAST UPLOAD("a", "u") UPLOAD("b", "v")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a|u|1369353600 ");
    close_listing(&l);
}

static void an_upload_is_aborted(void **state)
{
    static const struct {
        int status;
        const char *body;
        err_code code;
    } rows[] = {{204, "", ERR_NONE},
                {404, "<Error><Code>NoSuchUpload</Code></Error>", ERR_NONE},
                {404, "<Error><Code>NoSuchBucket</Code></Error>", ERR_S3_NO_BUCKET},
                {403, "<Error><Code>AccessDenied</Code></Error>", ERR_S3_ACCESS}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        site_expect(&s, "DELETE", "http://store/b/k%20?uploadId=u%2B1", rows[i].status,
                    rows[i].body);
        s3_abort_upload(s.c, "b", "k ", "u+1", site_done, &s);
        assert_int_equal(site_end(&s), rows[i].code);
        site_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uploads_come_with_key_id_and_time),
        cmocka_unit_test(pages_follow_each_other),
        cmocka_unit_test(a_repeated_marker_is_refused),
        cmocka_unit_test(a_page_that_breaks_off_is_asked_for_again),
        cmocka_unit_test(replies_that_make_no_sense_are_refused),
        cmocka_unit_test(the_caller_may_stop),
        cmocka_unit_test(an_upload_is_aborted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
