#include "base/util.h"
#include "s3/protocol/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TAG(key, value) "<Tag><Key>" key "</Key><Value>" value "</Value></Tag>"
#define SET(tags)       "<Tagging><TagSet>" tags "</TagSet></Tagging>"

static void a_reply_becomes_text(void **state)
{
    static const struct {
        const char *reply, *text;
    } rows[] = {
        {SET(TAG("a b", "1&amp;2") TAG("c", "")), "a%20b=1%262&c="},
        {SET(""), ""},
        {"<Tagging/>", ""},
        {"<x:Tagging xmlns:x='urn:y'><x:TagSet><x:Tag><x:Key>k</x:Key><x:Value>\xc3\xbc</x:Value>"
         "</x:Tag></x:TagSet></x:Tagging>",
         "k=%C3%BC"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_tags) tags = {0};
        err e = ERR_INIT;
        assert_true(s3_tags_read(slice_from(rows[i].reply), i % 2, &tags, &e));
        AUTO_FREE char *text = s3_tags_text(&tags);
        assert_string_equal(text, rows[i].text);
    }
}

static void odd_replies_are_refused(void **state)
{
    static const struct {
        const char *reply, *why;
    } rows[] = {
        {SET("<Tag><Value>v</Value></Tag>"), "a tag without Key"},
        {SET("<Tag><Key/><Value>v</Value></Tag>"), "a tag without Key"},
        {SET("<Tag><Key>k</Key></Tag>"), "a tag without Value"},
        {SET("<Tag><Key>k</Key><Key>l</Key><Value>v</Value></Tag>"), "a tag with two Keys"},
        {"<html><body>x</body></html>", "not a Tagging with a TagSet"},
        {"<Tagging><TagSet>", "XML"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_tags) tags = {0};
        err e = ERR_INIT;
        assert_false(s3_tags_read(slice_from(rows[i].reply), i % 2, &tags, &e));
        assert_int_equal(e.code, ERR_S3_REPLY);
        assert_non_null(strstr(e.message, rows[i].why));
        assert_int_equal(tags.count, 0);
    }
}

static void text_is_decoded_and_encoded_again(void **state)
{
    static const char *const rows[][2] = {
        {"a=b", "a=b"},       {"a=b&c=", "a=b&c="},       {"", ""}, {"a+b=c%26d", "a%20b=c%26d"},
        {"a=b=c", "a=b%3Dc"}, {"\xc3\xbc=1", "%C3%BC=1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_tags) tags = {0};
        err e = ERR_INIT;
        assert_true(s3_tags_parse(rows[i][0], &tags, &e));
        AUTO_FREE char *text = s3_tags_text(&tags);
        assert_string_equal(text, rows[i][1]);
    }
}

static void what_s3_would_refuse_is_named(void **state)
{
    AUTO_FREE char *long_key = xcalloc(1, 132);
    memset(long_key, 'k', 129);
    long_key[129] = '=';
    AUTO_FREE char *long_value = xcalloc(1, 260);
    memset(long_value, 'v', 259);
    long_value[1] = '=';
    const char *const rows[][2] = {
        {"a", "write KEY=VALUE&KEY=VALUE"},
        {"a=1&&b=2", "write KEY=VALUE&KEY=VALUE"},
        {"a=1&a=2", "the tag 'a' is set twice"},
        {"=1", "a key has 1 to 128 characters"},
        {"a=%zz", "write %25 for %"},
        {"a=%00", "write %25 for %"},
        {"a=&b=&c=&d=&e=&f=&g=&h=&i=&j=&k=", "at most 10 tags"},
        {long_key, "a key has 1 to 128 characters"},
        {long_value, "a value at most 256"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_tags) tags = {0};
        err e = ERR_INIT;
        assert_false(s3_tags_parse(rows[i][0], &tags, &e));
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.message, rows[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_becomes_text),
        cmocka_unit_test(odd_replies_are_refused),
        cmocka_unit_test(text_is_decoded_and_encoded_again),
        cmocka_unit_test(what_s3_would_refuse_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
