#include "base/util.h"
#include "s3/protocol/xml_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void fields_are_collected_or_named(void **state)
{
    static const struct {
        const char *document, *id, *message; /* message NULL: it is read */
    } rows[] = {
        {"<R><Id>1</Id></R>", "1", NULL},
        {"<R><Id>1</Id><Id>1</Id></R>", "1", NULL},
        {"<x:R xmlns:x='urn:y'><x:Id>1</x:Id></x:R>", "1", NULL},
        {"<Other><Id>1</Id></Other>", "1", NULL},
        {"<R><Id>1</Id><More/></R>", "1", NULL},
        {"<R><Id>1</Id><More>2</More></R>", "1", NULL},
        {"<R/>", NULL, "Id is missing or empty in the reply"},
        {"<R><Id/></R>", NULL, "Id is missing or empty in the reply"},
        {"<R><Id>1</Id><Id>2</Id></R>", NULL, "Id occurs twice in the reply with different values"},
        {"<R><Id>1</Id><Id/></R>", NULL, "Id occurs twice in the reply with different values"},
        {"<R><id>1</id></R>", NULL, "Id is missing or empty in the reply"},
        {"<R><In><Id>1</Id></In></R>", NULL, "Id is missing or empty in the reply"},
        {"<Other/>", NULL, "the reply's root element is <Other>, not <R>, and Id is missing in it"},
        {"<Error><Id>1</Id></Error>", NULL, "the reply's root element is <Error>, not <R>"},
        {"<html><Id>1</Id></html>", NULL, "the reply's root element is <html>, not <R>"},
        {"<R><Id>1</Id>", NULL, "XML is not well formed"},
        {"", NULL, "XML: the document is empty"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_xml_field fields[] = {{.name = "Id"}, {.name = "More", .optional = true}};
        err e = ERR_INIT;
        bool ok = s3_xml_reply_read(slice_from(rows[i].document), "R", fields, 2, &e);
        assert_int_equal(ok, rows[i].message == NULL);
        if (ok)
            assert_string_equal(fields[0].text, rows[i].id);
        else
            assert_string_equal(e.message, rows[i].message);
        s3_xml_reply_deinit(fields, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_collected_or_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
