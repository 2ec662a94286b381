#include "decon/s3/buckets.h"
#include "base/util.h"
#include "tests/unit/s3/operations/listing_site.h"

#define URL "http://store/?max-buckets=1000"

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    listing *l = ctx;
    buf_printf(&l->seen, "%s:%lld ", name, (long long)created_s);
    return !l->stop || err_set(e, ERR_CANCELLED, "enough");
}

static err_code list(listing *l)
{
    s3_list_buckets(
        l->s.c, &(s3_list_buckets_options){.on_bucket = on_bucket, .on_done = on_done, .ctx = l});
    return site_end(&l->s);
}

#define BUCKET(name, date)                                                                         \
    "<Bucket><Name>" name "</Name><CreationDate>" date "</CreationDate></Bucket>"
#define PAGE(buckets, more)                                                                        \
    "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>x</ID>"  \
    "</Owner><Buckets>" buckets "</Buckets>" more "</ListAllMyBucketsResult>"
#define DAY "2013-05-24T00:00:00.000Z"

static void buckets_come_in_order(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, PAGE(BUCKET("a", DAY) BUCKET("b.c", DAY), ""));
    assert_int_equal(list(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1369353600 b.c:1369353600 ");
    assert_non_null(site_sent_header(&l.s, 0, "Authorization"));
    close_listing(&l);
}

static void no_bucket_is_not_an_error(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, PAGE("", ""));
    assert_int_equal(list(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "");
    close_listing(&l);
}

static void pages_follow_the_token(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200,
                PAGE(BUCKET("a", DAY), "<ContinuationToken>x/y=</ContinuationToken>"));
    site_expect(&l.s, "GET", URL "&continuation-token=x%2Fy%3D", 200, PAGE(BUCKET("b", DAY), ""));
    assert_int_equal(list(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1369353600 b:1369353600 ");
    close_listing(&l);
}

static void the_same_token_twice_is_refused(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, PAGE("", "<ContinuationToken>x</ContinuationToken>"));
    site_expect(&l.s, "GET", URL "&continuation-token=x", 200,
                PAGE("", "<ContinuationToken>x</ContinuationToken>"));
    assert_int_equal(list(&l), ERR_S3_REPLY);
    close_listing(&l);
}

static void a_page_that_breaks_off_is_asked_for_again(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Na");
    site_expect(&l.s, "GET", URL, 200, PAGE(BUCKET("a", DAY), ""));
    assert_int_equal(list(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1369353600 ");
    close_listing(&l);
}

static void a_reply_that_is_no_list_is_refused(void **state)
{
    static const char *const bodies[] = {"<html></html>", PAGE("<Bucket></Bucket>", ""),
                                         PAGE(BUCKET("a", "yesterday"), "")};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        listing l;
        open_listing(&l);
        site_expect(&l.s, "GET", URL, 200, bodies[i]);
        assert_int_equal(list(&l), ERR_S3_REPLY);
        assert_string_equal(buf_str(&l.seen), "");
        close_listing(&l);
    }
}

static void the_caller_may_end_it(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    l.stop = true;
    site_expect(&l.s, "GET", URL, 200, PAGE(BUCKET("a", DAY) BUCKET("b", DAY), ""));
    assert_int_equal(list(&l), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1369353600 ");
    close_listing(&l);
}

static void a_refusal_is_reported(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 403, "<Error><Code>AccessDenied</Code></Error>");
    assert_int_equal(list(&l), ERR_S3_ACCESS);
    assert_non_null(strstr(l.s.error.message, "ListBuckets"));
    close_listing(&l);
}

static void the_region_of_the_store_is_followed(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 400,
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>r-2</Region></Error>");
    site_expect(&l.s, "GET", URL, 200,
                "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>");
    assert_int_equal(list(&l), ERR_NONE);
    assert_non_null(strstr(site_sent_header(&l.s, 1, "Authorization"), "/r-2/s3/"));
    close_listing(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_region_of_the_store_is_followed),
        cmocka_unit_test(buckets_come_in_order),
        cmocka_unit_test(no_bucket_is_not_an_error),
        cmocka_unit_test(pages_follow_the_token),
        cmocka_unit_test(the_same_token_twice_is_refused),
        cmocka_unit_test(a_page_that_breaks_off_is_asked_for_again),
        cmocka_unit_test(a_reply_that_is_no_list_is_refused),
        cmocka_unit_test(the_caller_may_end_it),
        cmocka_unit_test(a_refusal_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
