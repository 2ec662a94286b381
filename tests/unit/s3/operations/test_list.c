#include "base/util.h"
#include "s3/operations/list.h"
#include "tests/unit/s3/operations/listing_site.h"

#define PAGE_URL "http://store/b?list-type=2&encoding-type=url&max-keys=1000"

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    listing *l = ctx;
    buf_printf(&l->seen, "%s:%llu ", object->key, (unsigned long long)object->size_bytes);
    l->last = *object;
    snprintf(l->etag, sizeof l->etag, "%s", object->etag ? object->etag : "none");
    snprintf(l->storage_class, sizeof l->storage_class, "%s",
             object->storage_class ? object->storage_class : "none");
    if (l->stop_at && strcmp(object->key, l->stop_at) == 0)
        return err_set(e, l->stop_with, "stopped");
    return true;
}

static err_code list(listing *l, const char *prefix, const char *delimiter)
{
    s3_list(l->s.c, &(s3_list_options){.bucket = "b",
                                       .prefix = prefix,
                                       .delimiter = delimiter,
                                       .on_object = on_object,
                                       .on_prefix = on_prefix,
                                       .on_done = on_done,
                                       .ctx = l});
    return site_end(&l->s);
}

#define OBJECT(key, size)                                                                          \
    "<Contents><Key>" key "</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified>"            \
    "<ETag>&quot;e1&quot;</ETag><Size>" size "</Size><Owner><ID>x</ID></Owner>"                    \
    "<StorageClass>GLACIER</StorageClass></Contents>"
#define URL_ENCODED "<EncodingType>url</EncodingType>"
#define LAST        "<IsTruncated>false</IsTruncated>"
#define PAGE(inner)                                                                                \
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner                   \
    "</ListBucketResult>"

static void objects_come_in_order_with_all_that_is_known(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200,
                PAGE(URL_ENCODED LAST OBJECT("a", "1") OBJECT("b", "5000000000")));
    assert_int_equal(list(&l, NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 b:5000000000 ");
    assert_int_equal(l.last.last_modified_s, 1369353600);
    assert_string_equal(l.etag, "\"e1\"");
    assert_string_equal(l.storage_class, "GLACIER");
    close_listing(&l);
}

static void hard_keys_are_decoded(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    /* MinIO reports the encoding after the keys. */
    site_expect(&l.s, "GET", PAGE_URL, 200,
                PAGE(LAST OBJECT("%2F%2Fx%2F..%2F%01%0A", "2") OBJECT("a+b%2Bc%25d", "1")
                         OBJECT("%F0%9F%98%80%C2%A0", "3") URL_ENCODED));
    assert_int_equal(list(&l, NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "//x/../\x01\n:2 a b+c%d:1 \xf0\x9f\x98\x80\xc2\xa0:3 ");
    close_listing(&l);
}

static void keys_that_are_not_encoded_stay(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200, PAGE(LAST OBJECT("a+b%41", "1")));
    assert_int_equal(list(&l, NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a+b%41:1 ");
    close_listing(&l);
}

static void prefix_and_delimiter_are_encoded(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(
        &l.s, "GET", PAGE_URL "&prefix=a%20b%2F%2B&delimiter=%2F", 200,
        PAGE(URL_ENCODED LAST "<Prefix>a+b%2F%2B</Prefix>" OBJECT(
            "a+b%2F%2B", "1") "<CommonPrefixes><Prefix>a+b%2F%2Bx%2F</Prefix></CommonPrefixes>"));
    assert_int_equal(list(&l, "a b/+", "/"), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a b/+:1 [a b/+x/] ");
    close_listing(&l);
}

static void pages_follow_each_other(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200,
                PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t/1+=</"
                     "NextContinuationToken>" OBJECT("a", "1")));
    site_expect(&l.s, "GET", PAGE_URL "&continuation-token=t%2F1%2B%3D", 200,
                PAGE(LAST OBJECT("b", "2")));
    assert_int_equal(list(&l, NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 b:2 ");
    close_listing(&l);
}

static void a_page_that_breaks_off_is_asked_for_again(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200, "<ListBucketResult>" LAST OBJECT("a", "1"));
    site_expect(&l.s, "GET", PAGE_URL, 200, PAGE(LAST OBJECT("a", "1")));
    assert_int_equal(list(&l, NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 "); /* once */
    close_listing(&l);
}

static void a_failure_part_way_is_reported(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200,
                PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t</"
                     "NextContinuationToken>" OBJECT("a", "1")));
    site_expect(&l.s, "GET", PAGE_URL "&continuation-token=t", 403,
                "<Error><Code>AccessDenied</Code></Error>");
    assert_int_equal(list(&l, NULL, NULL), ERR_S3_ACCESS);
    assert_non_null(strstr(l.s.error.message, "s3:ListBucket"));
    close_listing(&l);
}

static void replies_that_make_no_sense_are_refused(void **state)
{
    static const char *const rows[] = {
        PAGE(OBJECT("a", "1")), /* whether it is the last page is unclear */
        "<html/>",
        PAGE("<IsTruncated>true</IsTruncated>"),
        PAGE(LAST OBJECT("a", "x")),
        PAGE(LAST URL_ENCODED OBJECT("%zz", "1")),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        fake_when(l.s.f, &(fake_rule){.reply = {.body = slice_from(rows[i])}});
        assert_int_not_equal(list(&l, NULL, NULL), ERR_NONE);
        assert_int_equal(l.s.error.cls, ERR_CLASS_ITEM);
        assert_true(str_starts_with(l.s.error.message, "s3://b"));
        close_listing(&l);
    }
}

static void a_held_listing_asks_for_no_more_pages(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 200,
                PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t</"
                     "NextContinuationToken>" OBJECT("a", "1")));
    s3_op *running = s3_list(
        l.s.c,
        &(s3_list_options){.bucket = "b", .on_object = on_object, .on_done = on_done, .ctx = &l});
    s3_list_hold(running);
    fake_run_all(l.s.f);
    assert_string_equal(buf_str(&l.seen), "a:1 ");
    assert_int_equal(fake_request_count(l.s.f), 1);
    site_expect(&l.s, "GET", PAGE_URL "&continuation-token=t", 200, PAGE(LAST OBJECT("b", "2")));
    s3_list_resume(running);
    assert_int_equal(site_end(&l.s), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 b:2 ");
    close_listing(&l);
}

static void a_repeated_token_is_refused(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_when(l.s.f,
              &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(
                                         "<IsTruncated>true</IsTruncated>"
                                         "<NextContinuationToken>t</NextContinuationToken>"))}});
    assert_int_equal(list(&l, NULL, NULL), ERR_S3_REPLY);
    close_listing(&l);
}

static void the_caller_may_stop(void **state)
{
    static const struct {
        err_code with, ends;
    } rows[] = {{ERR_CANCELLED, ERR_NONE}, {ERR_LIMIT, ERR_LIMIT}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        l.stop_at = "a";
        l.stop_with = rows[i].with;
        site_expect(&l.s, "GET", PAGE_URL, 200, PAGE(LAST OBJECT("a", "1") OBJECT("b", "1")));
        assert_int_equal(list(&l, NULL, NULL), rows[i].ends);
        assert_string_equal(buf_str(&l.seen), "a:1 ");
        close_listing(&l);
    }
}

static void no_bucket(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", PAGE_URL, 404, "<Error><Code>NoSuchBucket</Code></Error>");
    assert_int_equal(list(&l, NULL, NULL), ERR_S3_NO_BUCKET);
    close_listing(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_come_in_order_with_all_that_is_known),
        cmocka_unit_test(hard_keys_are_decoded),
        cmocka_unit_test(keys_that_are_not_encoded_stay),
        cmocka_unit_test(prefix_and_delimiter_are_encoded),
        cmocka_unit_test(pages_follow_each_other),
        cmocka_unit_test(a_page_that_breaks_off_is_asked_for_again),
        cmocka_unit_test(a_failure_part_way_is_reported),
        cmocka_unit_test(replies_that_make_no_sense_are_refused),
        cmocka_unit_test(a_held_listing_asks_for_no_more_pages),
        cmocka_unit_test(a_repeated_token_is_refused),
        cmocka_unit_test(the_caller_may_stop),
        cmocka_unit_test(no_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
