/* ListObjectVersions: versions and delete markers, over pages. */
#include "base/util.h"
#include "tests/unit/s3/operations/listing_site.h"

#define URL   "http://store/b?versions=&encoding-type=url&max-keys=1000"
#define LEVEL URL "&delimiter=%2F"
#define DATE  "<LastModified>2026-11-23T03:00:01.000Z</LastModified>"
#define VERSION(key, id, latest, size)                                                             \
    "<Version><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>" latest "</IsLatest>" DATE \
    "<ETag>&quot;e&quot;</ETag><Size>" size "</Size><StorageClass>STANDARD</StorageClass>"         \
    "<Owner><ID>o</ID></Owner></Version>"
#define MARKER(key, id, latest)                                                                    \
    "<DeleteMarker><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>" latest               \
    "</IsLatest>" DATE "<Owner><ID>o</ID></Owner></DeleteMarker>"
#define HEAD "<Name>b</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker/>"
#define LAST(in)                                                                                   \
    "<ListVersionsResult>" HEAD "<IsTruncated>false</IsTruncated>" in "</ListVersionsResult>"
#define MORE(key, id, in)                                                                          \
    "<ListVersionsResult>" HEAD "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"  \
    "<NextKeyMarker>" key "</NextKeyMarker>" id in "</ListVersionsResult>"
#define ID(id) "<NextVersionIdMarker>" id "</NextVersionIdMarker>"

static bool on_object(void *ctx, const s3_object *o, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "%s:%s%s%s:%llu ", o->key, o->version_id, o->is_latest ? "!" : "",
                      o->is_delete_marker ? "-" : "", (unsigned long long)o->size_bytes);
}

static err_code list(listing *l, const char *delimiter)
{
    s3_list(l->s.c, &(s3_list_options){.bucket = "b",
                                       .delimiter = delimiter,
                                       .all_versions = true,
                                       .on_object = on_object,
                                       .on_prefix = on_prefix,
                                       .on_done = on_done,
                                       .ctx = l});
    return site_end(&l->s);
}

static void versions_and_markers_come_in_the_stores_order(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200,
                LAST(MARKER("a", "3", "true") VERSION("a", "2", "false", "7")
                         VERSION("a", "null", "false", "5") VERSION("b", "9", "true", "0")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:3!-:0 a:2:7 a:null:5 b:9!:0 ");
    close_listing(&l);
}

static void markers_may_come_after_all_versions(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200,
                LAST(VERSION("a", "2", "false", "7") VERSION("c", "1", "true", "1")
                         MARKER("a", "3", "true") MARKER("b", "4", "true")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:2:7 c:1!:1 a:3!-:0 b:4!-:0 ");
    close_listing(&l);
}

static void pages_follow_key_and_version(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", LEVEL, 200,
                MORE("a+b%2F", ID("v/2"), VERSION("a+b%2F", "v/2", "true", "1")));
    site_expect(&l.s, "GET", LEVEL "&key-marker=a%20b%2F&version-id-marker=v%2F2", 200,
                MORE("d/", "",
                     VERSION("a+b%2F", "v/1", "false",
                             "2") "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"));
    site_expect(&l.s, "GET", LEVEL "&key-marker=d%2F", 200, LAST(VERSION("e", "1", "true", "3")));
    assert_int_equal(list(&l, "/"), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a b/:v/2!:1 a b/:v/1:2 [d/] e:1!:3 ");
    close_listing(&l);
}

/* Ceph 16. "b%2Bc" is a separate key here, not the start of the next page. */
static void a_marker_that_is_not_encoded_is_taken_as_the_last_key(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, MORE("a+b", ID("1"), VERSION("a%2Bb", "1", "true", "1")));
    site_expect(&l.s, "GET", URL "&key-marker=a%2Bb&version-id-marker=1", 200,
                MORE("b%2Bc", ID("3"),
                     VERSION("b%252Bc", "2", "true", "2") VERSION("b%2Bc", "3", "true", "3")));
    site_expect(&l.s, "GET", URL "&key-marker=b%2Bc&version-id-marker=3", 200,
                MORE("c d", ID("4"), VERSION("c%20d", "4", "true", "4")));
    site_expect(&l.s, "GET", URL "&key-marker=c%20d&version-id-marker=4", 200,
                LAST(VERSION("e", "5", "true", "5")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    close_listing(&l);
}

static void a_version_that_is_listed_twice_counts_once(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200,
                LAST(VERSION("a", "2", "true", "7") VERSION("a", "2", "true", "7")
                         VERSION("a", "1", "false", "7")));
    assert_int_equal(list(&l, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:2!:7 a:1:7 ");
    close_listing(&l);
}

static void broken_pages_pass_nothing_on(void **state)
{
    static const struct {
        const char *page, *why;
    } rows[] = {
        {LAST("<Version><Key>a</Key><Size>1</Size></Version>"), "'a' has no VersionId"},
        {LAST("<Version><Key>a</Key><VersionId>1</VersionId></Version>"), "'a' has no Size"},
        {LAST("<DeleteMarker><VersionId>1</VersionId></DeleteMarker>"), "an object without Key"},
        {LAST(VERSION("b", "1", "true", "1") VERSION("a", "1", "true", "1")), "not in UTF-8"},
        {LAST(MARKER("b", "1", "true") MARKER("a", "1", "true")), "not in UTF-8"},
        {MORE("", "", VERSION("a", "1", "true", "1")), "no continuation token"},
        {MORE("a", "", VERSION("a", "1", "true", "1")), "no NextVersionIdMarker"},
        {MORE("a", ID(""), VERSION("a", "1", "true", "1")), "no NextVersionIdMarker"},
        {MORE("a%00", "", VERSION("a", "1", "true", "1")), "NUL character"},
        {"<ListVersionsResult><Name>b</Name></ListVersionsResult>", "whether it is the last page"},
        {"<ListVersionsResult><Name>b</Name><IsTruncated>false</IsTruncated>"
         "<NextKeyMarker>a</NextKeyMarker></ListVersionsResult>",
         "IsTruncated false and a NextKeyMarker"},
        {"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>",
         "whether it is the last page"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        listing l;
        open_listing(&l);
        site_expect(&l.s, "GET", URL, 200, rows[i].page);
        assert_int_equal(list(&l, NULL), ERR_S3_REPLY);
        assert_non_null(strstr(l.s.error.message, rows[i].why));
        assert_non_null(strstr(l.s.error.message, "ListObjectVersions"));
        assert_string_equal(buf_str(&l.seen), "");
        close_listing(&l);
    }
}

static void a_page_that_repeats_its_marker_ends_the_listing(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    site_expect(&l.s, "GET", URL, 200, MORE("a", ID("2"), VERSION("a", "2", "true", "1")));
    site_expect(&l.s, "GET", URL "&key-marker=a&version-id-marker=2", 200,
                MORE("a", ID("2"), VERSION("a", "2", "true", "1")));
    assert_int_equal(list(&l, NULL), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "does not advance"));
    close_listing(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_and_markers_come_in_the_stores_order),
        cmocka_unit_test(markers_may_come_after_all_versions),
        cmocka_unit_test(pages_follow_key_and_version),
        cmocka_unit_test(a_marker_that_is_not_encoded_is_taken_as_the_last_key),
        cmocka_unit_test(a_version_that_is_listed_twice_counts_once),
        cmocka_unit_test(broken_pages_pass_nothing_on),
        cmocka_unit_test(a_page_that_repeats_its_marker_ends_the_listing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
