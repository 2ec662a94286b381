/* Tags as a header and as XML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "s3/serve/protocol/tags.h"

static void assert_header(const char *value, const char *text, const char *s3_code)
{
    AUTO(buf) out = BUF(16384);
    err e = ERR_INIT;
    assert_int_equal(tags_from_header(value, &out, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
    if (text)
        assert_string_equal(buf_str(&out), text);
}

static void assert_xml(const char *set, const char *text, const char *s3_code)
{
    AUTO_FREE char *body = xasprintf("<Tagging><TagSet>%s</TagSet></Tagging>", set);
    AUTO(buf) out = BUF(16384);
    err e = ERR_INIT;
    assert_int_equal(tags_from_xml(slice_from(body), &out, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
    if (text)
        assert_string_equal(buf_str(&out), text);
}

static void headers_are_decoded_and_kept_in_one_form(void **state)
{
    UNUSED(state);
    assert_header("", "", NULL);
    assert_header("a=b", "a=b", NULL);
    assert_header("a=b+c&d", "a=b c&d=", NULL);
    assert_header("a%3Db=%2B%20", "a%3Db=%2B ", NULL);
    assert_header("gr%C3%B6%C3%9Fe=1",
                  "gr\xc3\xb6\xc3\x9f"
                  "e=1",
                  NULL);
}

static void wrong_tags_are_refused(void **state)
{
    UNUSED(state);
    assert_header("a=1&a=2", NULL, "InvalidTag");
    assert_header("=1", NULL, "InvalidTag");
    assert_header("aws:a=1", NULL, "InvalidTag");
    assert_header("a=1%3B", NULL, "InvalidTag"); /* a semicolon */
    assert_header("a=%C3", NULL, "InvalidTag");
    assert_header("a=%00", NULL, "InvalidArgument");
    assert_header("a=%x", NULL, "InvalidArgument");
    assert_header("0=&1=&2=&3=&4=&5=&6=&7=&8=&9=", NULL, NULL);
    assert_header("0=&1=&2=&3=&4=&5=&6=&7=&8=&9=&10=", NULL, "BadRequest");
}

static void xml_comes_back_as_it_was(void **state)
{
    UNUSED(state);
    AUTO(buf) body = BUF(4096);
    assert_xml("", "", NULL);
    assert_xml("<Tag><Key>a+b</Key><Value>c=d e</Value></Tag>", "a%2Bb=c%3Dd e", NULL);
    tags_append_xml("a%2Bb=c%3Dd e&f=", &body);
    assert_string_equal(buf_str(&body), "<TagSet><Tag><Key>a+b</Key><Value>c=d e</Value></Tag>"
                                        "<Tag><Key>f</Key><Value></Value></Tag></TagSet>");
    assert_int_equal(tags_count("a%2Bb=c%3Dd e&f="), 2);
    assert_int_equal(tags_count(""), 0);
}

static void wrong_xml_is_refused(void **state)
{
    UNUSED(state);
    assert_xml("<Tag><Key>a</Key></Tag>", NULL, "MalformedXML");
    assert_xml("<Tag><Value>a</Value></Tag>", NULL, "MalformedXML");
    assert_xml("<Tag><Key>a</Key><Key>b</Key><Value/></Tag>", NULL, "MalformedXML");
    assert_xml("<Tag><Key>a</Key><Value/><Colour/></Tag>", NULL, "MalformedXML");
    assert_xml("<Tag>", NULL, "MalformedXML");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_decoded_and_kept_in_one_form),
        cmocka_unit_test(wrong_tags_are_refused),
        cmocka_unit_test(xml_comes_back_as_it_was),
        cmocka_unit_test(wrong_xml_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
