#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <libxml/xmlreader.h>
#include <string.h>

#include "base/util.h"
#include "s3/protocol/xml.h"

/* Replaces libxml2's function: records whether it is called before the first reader is created. */
static unsigned inits_before_reader, readers;

void xmlInitParser(void)
{
    void *own = dlsym(RTLD_NEXT, "xmlInitParser");
    void (*original)(void);
    memcpy(&original, &own, sizeof original);
    inits_before_reader += readers == 0;
    original();
}

xmlTextReaderPtr xmlReaderForMemory(const char *data, int size, const char *url,
                                    const char *encoding, int options)
{
    void *own = dlsym(RTLD_NEXT, "xmlReaderForMemory");
    xmlTextReaderPtr (*original)(const char *, int, const char *, const char *, int);
    memcpy(&original, &own, sizeof original);
    readers++;
    return original(data, size, url, encoding, options);
}

typedef struct seen {
    buf text;
} seen;

static bool note(void *ctx, const char *path, const char *text, err *e)
{
    seen *s = ctx;
    UNUSED(e);
    buf_printf(&s->text, "%s=%s|", path, text);
    return true;
}

static bool stop(void *ctx, const char *path, const char *text, err *e)
{
    UNUSED(ctx);
    UNUSED(path);
    UNUSED(text);
    return err_set(e, ERR_CANCELLED, "enough");
}

static void elements_come_with_path_and_text(void **state)
{
    seen s;
    (void)state;
    buf_init(&s.text, 4096);
    assert_true(s3_xml_read(SLICE_LIT("<?xml version=\"1.0\"?><!-- x --><R xmlns=\"urn:x\">"
                                      "<n:A xmlns:n=\"y\">a&amp;<![CDATA[<b>]]>&#x20AC;</n:A>"
                                      "<E/><L><K> </K></L></R>"),
                            note, &s, NULL));
    assert_string_equal(buf_str(&s.text), "R/A=a&<b>\xe2\x82\xac|R/E=|R/L/K= |R/L=|R=|");
    buf_deinit(&s.text);
}

static void malformed_or_hostile_xml_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "no xml",
        "<a><b></a>",
        "<a>cut",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x\"><a/>",
        "<a>&undefined;</a>",
        "<a>\x01</a>",
        "<a/><b/>",
    };
    seen s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        buf_init(&s.text, 4096);
        assert_false(s3_xml_read(slice_from(rows[i]), note, &s, &e));
        assert_int_equal(e.code, ERR_PARSE);
        buf_deinit(&s.text);
    }
}

static void a_document_type_in_another_charset_is_refused(void **state)
{
    static const char text[] = "\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0 \0[\0]\0>\0<\0a\0/\0>\0";
    seen s;
    err e = ERR_INIT;
    (void)state;
    buf_init(&s.text, 4096);
    assert_false(s3_xml_read((slice){.data = text, .len = sizeof text - 1}, note, &s, &e));
    assert_int_equal(e.code, ERR_PARSE);
    buf_deinit(&s.text);
}

static void depth_and_text_are_bounded(void **state)
{
    AUTO(buf) deep = BUF(4096);
    AUTO(buf) wide = BUF(200000);
    seen s;
    (void)state;
    buf_init(&s.text, 400000);
    for (int i = 0; i <= S3_XML_DEPTH_MAX; i++)
        buf_append_str(&deep, "<a>");
    for (int i = 0; i <= S3_XML_DEPTH_MAX; i++)
        buf_append_str(&deep, "</a>");
    assert_false(s3_xml_read(buf_slice(&deep), note, &s, NULL));
    buf_append_str(&wide, "<a>");
    for (int i = 0; i <= S3_XML_TEXT_MAX_BYTES; i++)
        buf_append_char(&wide, 'x');
    buf_append_str(&wide, "</a>");
    assert_false(s3_xml_read(buf_slice(&wide), note, &s, NULL));
    buf_deinit(&s.text);
}

static void the_reader_may_stop(void **state)
{
    err e = ERR_INIT;
    (void)state;
    assert_false(s3_xml_read(SLICE_LIT("<a><b/></a>"), stop, NULL, &e));
    assert_int_equal(e.code, ERR_CANCELLED);
}

static void one_element_is_found(void **state)
{
    (void)state;
    AUTO_FREE char *id = s3_xml_find(SLICE_LIT("<R><U>1</U><U>2</U></R>"), "R/U");
    assert_string_equal(id, "1");
    assert_null(s3_xml_find(SLICE_LIT("<R><U>1</U></R>"), "R/V"));
    assert_null(s3_xml_find(SLICE_LIT("<R><U>1</U>"), "R/U"));
}

static void an_element_with_two_texts_is_ambiguous(void **state)
{
    (void)state;
    assert_null(s3_xml_find_once(SLICE_LIT("<R><U>1</U><U>2</U></R>"), "R/U"));
    AUTO_FREE char *id = s3_xml_find_once(SLICE_LIT("<R><U>1</U><U>1</U></R>"), "R/U");
    assert_string_equal(id, "1");
}

static void text_is_escaped(void **state)
{
    AUTO(buf) out = BUF(100);
    (void)state;
    assert_true(s3_xml_escape(SLICE_LIT("\"a\"<b>&\r"), &out));
    assert_string_equal(buf_str(&out), "&quot;a&quot;&lt;b&gt;&amp;&#13;");
}

/* In programs with clients on several threads, initialisation on first use would be a race. */
static void the_parser_is_made_ready_before_its_first_use(void **state)
{
    (void)state;
    AUTO_FREE char *found = s3_xml_find(SLICE_LIT("<a>b</a>"), "a");
    assert_string_equal(found, "b");
    assert_int_equal(inits_before_reader, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_is_made_ready_before_its_first_use),
        cmocka_unit_test(elements_come_with_path_and_text),
        cmocka_unit_test(malformed_or_hostile_xml_is_refused),
        cmocka_unit_test(a_document_type_in_another_charset_is_refused),
        cmocka_unit_test(depth_and_text_are_bounded),
        cmocka_unit_test(the_reader_may_stop),
        cmocka_unit_test(one_element_is_found),
        cmocka_unit_test(an_element_with_two_texts_is_ambiguous),
        cmocka_unit_test(text_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
