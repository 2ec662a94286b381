/* Listings that violate the contract: every violation is named, and its page is not used. */
#include "tests/unit/s3/operations/contract_site.h"

static const struct breach {
    const char *body, *prefix, *delimiter;
    const char *names, *key; /* what the message says */
} breaches[] = {
    {PAGE(LAST OBJECT("in/a") OBJECT("other/b")), "in/", NULL, "outside the prefix 'in/'",
     "other/b"},
    {PAGE(LAST OBJECT("in")), "in/", NULL, "outside the prefix", "'in'"},
    {PAGE(LAST OBJECT("b") OBJECT("a")), NULL, NULL, "not in UTF-8 byte order",
     "'a' is listed after 'b'"},
    {PAGE(LAST OBJECT("B") OBJECT("a") OBJECT("C")), NULL, NULL, "byte order", "'C'"},
    /* U+FF5E before U+1F600: the order of UTF-16, not that of UTF-8 */
    {PAGE(LAST OBJECT("\xf0\x9f\x98\x80") OBJECT("\xef\xbd\x9e")), NULL, NULL, "byte order",
     "\xef\xbd\x9e"},
    {PAGE(LAST OBJECT("a/b") OBJECT("a.b")), NULL, NULL, "byte order", "'a.b'"},
    {PAGE(LAST OBJECT("a") OBJECT_OF("a", "2", "e")), NULL, NULL, "listed twice", "'a'"},
    {PAGE(LAST OBJECT("a") OBJECT_OF("a", "1", "f")), NULL, NULL, "listed twice", "'a'"},
    {PAGE(LAST OBJECT("a") OBJECT("b") OBJECT("a")), NULL, NULL, "byte order", "'a'"},
    {PAGE(LAST COMMON("out/x/")), "in/", "/", "outside the prefix", "out/x/"},
    {PAGE(LAST COMMON("in/x")), "in/", "/", "does not end at the delimiter '/'", "in/x"},
    {PAGE(LAST COMMON("in/x/y/")), "in/", "/", "does not end at the delimiter", "in/x/y/"},
    {PAGE(LAST COMMON("in/b/") COMMON("in/a/")), "in/", "/", "byte order", "in/a/"},
    {PAGE(LAST OBJECT("in/x/y")), "in/", "/", "belongs to CommonPrefixes", "in/x/y"},
    {PAGE(LAST URL_ENCODED OBJECT("a b")), NULL, NULL, "EncodingType url", "a b"},
    {PAGE(LAST URL_ENCODED OBJECT("\xc3\xa9")), NULL, NULL, "EncodingType url", "\xc3\xa9"},
    {PAGE(LAST URL_ENCODED OBJECT("a%2")), NULL, NULL, "EncodingType", "a%2"},
    {PAGE(LAST "<EncodingType>base64</EncodingType>" OBJECT("YQ==")), NULL, NULL, "EncodingType",
     "base64"},
    /* encoded without EncodingType: not the requested prefix */
    {PAGE(LAST OBJECT("a%20b%2Fc")), "a b/", NULL, "outside the prefix", "a%20b%2Fc"},
    {PAGE(LAST "<Name>c</Name>" OBJECT("a")), NULL, NULL, "lists the bucket 'c'", "not 'b'"},
    {PAGE(LAST "<Prefix>other/</Prefix>"), "in/", NULL, "for the prefix 'other/'", "not for 'in/'"},
    {PAGE(LAST "<Contents><Size>1</Size></Contents>"), NULL, NULL, "without Key", "object"},
    {PAGE(LAST OBJECT("")), NULL, NULL, "empty key", ""},
    {PAGE(LAST "<Contents><Key>a</Key></Contents>"), NULL, NULL, "no Size", "'a'"},
    {PAGE(LAST "<Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents>"), NULL, NULL,
     "two different Key", ""},
    {PAGE(LAST MORE("t") OBJECT("a")), NULL, NULL, "two different IsTruncated", ""},
    {PAGE("<IsTruncated>true</IsTruncated>" OBJECT("a")), NULL, NULL, "no continuation token", ""},
    {PAGE(MORE("") OBJECT("a")), NULL, NULL, "no continuation token", ""},
    {PAGE(LAST "<NextContinuationToken>t</NextContinuationToken>" OBJECT("a")), NULL, NULL,
     "IsTruncated false and a NextContinuationToken", ""},
    {PAGE("<IsTruncated>maybe</IsTruncated>" OBJECT("a")), NULL, NULL, "last page", ""},
    {PAGE(LAST OBJECT("a%00b") URL_ENCODED), NULL, NULL, "NUL", "a%00b"},
};

static void each_breach_is_named_and_nothing_is_used(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(breaches); i++) {
        const struct breach *row = &breaches[i];
        listing l;
        open_listing(&l);
        fake_when(l.s.f, &(fake_rule){.reply = {.body = slice_from(row->body)}});
        if (list_of(&l, "b", row->prefix, row->delimiter) != ERR_S3_REPLY ||
            !strstr(l.s.error.message, row->names) || !strstr(l.s.error.message, row->key))
            fail_msg("row %zu (%s): %s", i, row->names, l.s.error.message);
        assert_string_equal(buf_str(&l.seen), "");
        assert_true(str_starts_with(l.s.error.message, "s3://b"));
        assert_null(strchr(l.s.error.message, '\n'));
        assert_int_equal(fake_request_count(l.s.f), 1); /* a retry would not help */
        close_listing(&l);
    }
}

/* Behaviour of real stores that does not violate the contract. */
static const struct allowed {
    const char *body, *bucket, *prefix, *delimiter, *seen;
} all_allowed[] = {
    {PAGE(LAST "<Name>b</Name><Prefix>in/</Prefix>" OBJECT("in/a")), "b", "in/", NULL, "in/a:1 "},
    {PAGE(LAST "<Name/><Prefix/>" OBJECT("in/a")), "b", "in/", NULL, "in/a:1 "},
    {PAGE(LAST "<NextContinuationToken/>" OBJECT("a")), "b", NULL, NULL, "a:1 "},
    /* the echo is encoded or not, independent of the keys */
    {PAGE(LAST URL_ENCODED "<Prefix>a+b%2F</Prefix>" OBJECT("a+b/c")), "b", "a b/", NULL,
     "a b/c:1 "},
    {PAGE(LAST URL_ENCODED "<Prefix>a b/</Prefix>" OBJECT("a%20b%2Fc")), "b", "a b/", NULL,
     "a b/c:1 "},
    /* an object with the name of the prefix, and a folder object beside its common prefix */
    {PAGE(LAST OBJECT("in/")), "b", "in/", "/", "in/:1 "},
    {PAGE(LAST OBJECT("in/x/") COMMON("in/x/")), "b", "in/", "/", "in/x/:1 [in/x/] "},
    /* objects and common prefixes are two lists */
    {PAGE(LAST OBJECT("a") OBJECT("z") COMMON("b/") COMMON("c/")), "b", NULL, "/",
     "a:1 z:1 [b/] [c/] "},
    {PAGE(LAST "<CommonPrefixes><Prefix>b/</Prefix><Prefix>c/</Prefix></CommonPrefixes>"), "b",
     NULL, "/", "[b/] [c/] "},
    {PAGE(LAST COMMON("x--") COMMON("y--")), "b", NULL, "--", "[x--] [y--] "},
    /* access points and tenants */
    {PAGE(LAST "<Name>real</Name>" OBJECT("a")), "ap-1-s3alias", NULL, NULL, "a:1 "},
    /* directory buckets have no order */
    {PAGE(LAST OBJECT("b") OBJECT("a")), "x--usw2-az1--x-s3", NULL, NULL, "b:1 a:1 "},
    {PAGE(LAST OBJECT("\xef\xbd\x9e") OBJECT("\xf0\x9f\x98\x80")), "b", NULL, NULL,
     "\xef\xbd\x9e:1 \xf0\x9f\x98\x80:1 "},
};

static void what_stores_do_otherwise_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_allowed); i++) {
        const struct allowed *row = &all_allowed[i];
        listing l;
        open_listing(&l);
        fake_when(l.s.f, &(fake_rule){.reply = {.body = slice_from(row->body)}});
        if (list_of(&l, row->bucket, row->prefix, row->delimiter) != ERR_NONE)
            fail_msg("row %zu: %s", i, l.s.error.message);
        assert_string_equal(buf_str(&l.seen), row->seen);
        close_listing(&l);
    }
}

static void any_order_is_taken_where_that_is_asked_for(void **state)
{
    listing l;
    (void)state;
    open_ordered_listing(&l, S3_LISTING_ORDER_ANY);
    fake_when(l.s.f,
              &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(LAST OBJECT("b") OBJECT("a")))}});
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "b:1 a:1 ");
    close_listing(&l);
    open_ordered_listing(&l, S3_LISTING_ORDER_ANY); /* the prefix is still checked */
    fake_when(l.s.f,
              &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(LAST OBJECT("b/x") OBJECT("a")))}});
    assert_int_equal(list_of(&l, "b", "b/", NULL), ERR_S3_REPLY);
    assert_string_equal(buf_str(&l.seen), "");
    close_listing(&l);
}

static void a_key_that_is_listed_twice_is_one_object(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_expect(
        l.s.f,
        &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(MORE("t") OBJECT("a") OBJECT("b") OBJECT("b")
                                                          OBJECT("b") OBJECT("c") COMMON("d/")))}});
    fake_expect(l.s.f,
                &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(LAST OBJECT("c") COMMON("d/")))}});
    assert_int_equal(list_of(&l, "b", NULL, "/"), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 b:1 c:1 [d/] ");
    close_listing(&l);
}

static void a_repeat_on_the_next_page_may_not_differ(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    fake_expect(l.s.f, &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(MORE("t") OBJECT("a")))}});
    fake_expect(l.s.f,
                &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(LAST OBJECT_OF("a", "1", "f")))}});
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_S3_REPLY);
    assert_non_null(strstr(l.s.error.message, "the key 'a' is listed twice"));
    close_listing(&l);
}

static void keys_with_a_nul_are_reported_on_request(void **state)
{
    listing l;
    (void)state;
    open_listing(&l);
    l.takes_unusable = true;
    fake_when(l.s.f, &(fake_rule){.reply = {.body = SLICE_LIT(PAGE(LAST OBJECT("a") OBJECT("a%00b")
                                                                       OBJECT("b") URL_ENCODED))}});
    assert_int_equal(list_of(&l, "b", NULL, NULL), ERR_NONE);
    assert_string_equal(buf_str(&l.seen), "a:1 {a%00b} b:1 ");
    close_listing(&l);
}

static void long_names_are_shortened_between_characters(void **state)
{
    char text[CONTRACT_NAME_SIZE + 50], out[CONTRACT_NAME_SIZE];
    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    for (size_t i = CONTRACT_NAME_SIZE - 8; i < CONTRACT_NAME_SIZE; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    contract_name(text, out);
    assert_true(str_ends_with(out, "..."));
    assert_true((unsigned char)out[strlen(out) - 4] != 0xc3); /* no partial character */
    contract_name("a\nb\x7f", out);
    assert_string_equal(out, "a?b?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_breach_is_named_and_nothing_is_used),
        cmocka_unit_test(what_stores_do_otherwise_is_taken),
        cmocka_unit_test(any_order_is_taken_where_that_is_asked_for),
        cmocka_unit_test(a_key_that_is_listed_twice_is_one_object),
        cmocka_unit_test(a_repeat_on_the_next_page_may_not_differ),
        cmocka_unit_test(keys_with_a_nul_are_reported_on_request),
        cmocka_unit_test(long_names_are_shortened_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
