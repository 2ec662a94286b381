/* Provenance headers: written, read back, compared. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/fleet/provenance.h"

static provenance made(const char *etag, uint64_t size_bytes)
{
    provenance p;
    provenance_make(&(provenance_facts){.input_etag = etag,
                                        .input_size_bytes = size_bytes,
                                        .lines_known = true,
                                        .lines = 7,
                                        .contaminated_lines = 2},
                    &p);
    return p;
}

static provenance_match compare(const provenance *p, const char *etag, uint64_t size_bytes)
{
    return provenance_compare(p->headers, p->count, etag, size_bytes);
}

static void all_kinds_of_etags_come_back(void **state)
{
    static const char *const etags[] = {"\"00112233445566778899aabbccddeeff\"",
                                        "\"00112233445566778899aabbccddeeff-12\"",
                                        "W/\"ab\"",
                                        "bare",
                                        "\"with \\\"quote, comma; and \xc3\xa9\"",
                                        "\"a+b/c==\""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(etags); i++) {
        AUTO(provenance) p = made(etags[i], 5);
        for (size_t k = 0; k < p.count; k++)
            for (const char *c = p.headers[k].value; *c; c++)
                assert_in_range(*c, '!', '~');
        for (size_t k = 0; k < ARRAY_LEN(etags); k++)
            assert_int_equal(compare(&p, etags[k], 5), i == k ? PROVENANCE_SAME : PROVENANCE_OTHER);
        assert_int_equal(compare(&p, etags[i], 6), PROVENANCE_OTHER);
    }
}

static void the_spelling_of_the_store_does_not_matter(void **state)
{
    (void)state;
    AUTO(provenance) p = made("\"ab-3\"", 5);
    assert_int_equal(compare(&p, "ab-3", 5), PROVENANCE_SAME);
    assert_int_equal(compare(&p, "W/\"AB-3\"", 5), PROVENANCE_SAME);
    const http_header upper[] = {{"X-AMZ-META-DECON-INPUT-ETAG", "AB-3"},
                                 {"X-Amz-Meta-Decon-Input-Size", "5"}};
    assert_int_equal(provenance_compare(upper, 2, "\"ab-3\"", 5), PROVENANCE_SAME);
}

static void what_is_missing_or_no_number_says_nothing(void **state)
{
    (void)state;
    const http_header size = {"x-amz-meta-decon-input-size", "5"};
    const http_header etag = {"x-amz-meta-decon-input-etag", "ab"};
    const http_header words[] = {{"x-amz-meta-decon-input-size", "five"}, etag};
    assert_int_equal(provenance_compare(NULL, 0, "\"ab\"", 5), PROVENANCE_UNKNOWN);
    assert_int_equal(provenance_compare(&etag, 1, "\"other\"", 5), PROVENANCE_UNKNOWN);
    assert_int_equal(provenance_compare(words, 2, "\"other\"", 5), PROVENANCE_UNKNOWN);
    assert_int_equal(provenance_compare(&size, 1, "\"ab\"", 5), PROVENANCE_UNKNOWN);
    assert_int_equal(provenance_compare(&size, 1, "\"ab\"", 6), PROVENANCE_OTHER);
    AUTO(provenance) without = made("", 5); /* the store gives no ETag */
    assert_int_equal(compare(&without, "", 5), PROVENANCE_UNKNOWN);
    AUTO(provenance) p = made("\"ab\"", 5);
    assert_int_equal(compare(&p, "", 5), PROVENANCE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_of_etags_come_back),
        cmocka_unit_test(the_spelling_of_the_store_does_not_matter),
        cmocka_unit_test(what_is_missing_or_no_number_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
