/* Provenance headers: written, read back, compared. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

static void expect_checksum(s3_checksum_kind kind, const char *text, bool upper)
{
    s3_checksum sum = {.kind = kind}, found;
    provenance p;
    snprintf(sum.text, sizeof sum.text, "%s", text);
    provenance_make(&(provenance_facts){.input_etag = "\"ab\"", .checksum = sum}, &p);
    for (size_t i = 0; i < p.count; i++)
        for (char *c = p.values[i]; upper && *c; c++) /* as some stores do */
            *c = (char)toupper((unsigned char)*c);
    found = provenance_checksum(p.headers, p.count);
    assert_int_equal(found.kind, kind);
    assert_string_equal(found.text, text);
    provenance_deinit(&p);
}

static void checksums_come_back_in_any_case(void **state)
{
    (void)state;
    for (int upper = 0; upper < 2; upper++) {
        expect_checksum(S3_CHECKSUM_SHA256, "AHj39fV+9XA2Htcbg4cIhC6ua6Ssmc2pT1wDLjlZa0s=", upper);
        expect_checksum(S3_CHECKSUM_CRC64NVME, "rosUhgpo8ms=", upper);
        expect_checksum(S3_CHECKSUM_MD5, "00112233445566778899aabbccddeeff", upper);
        expect_checksum(S3_CHECKSUM_NONE, "", upper);
    }
    static const char too_long[] = "SHA256:000102030405060708090a0b0c0d0e0f10111213141516171819"
                                   "1a1b1c1d1e1f20";
    const char *const bad[] = {"",           "SHA256", "SHA256:", "SHA256:0g",
                               "SHA256:012", "FNV:00", too_long};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const http_header h = {"x-amz-meta-decon-input-checksum", bad[i]};
        assert_int_equal(provenance_checksum(&h, 1).kind, S3_CHECKSUM_NONE);
    }
}

static void version_ids_come_back(void **state)
{
    (void)state;
    char longest[130];
    memset(longest, 'v', sizeof longest);
    longest[129] = '\0';
    const char *const ids[] = {"id.1+/= %\xc3\xa9", longest, NULL};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        AUTO(provenance) p = {.count = 0};
        provenance_make(&(provenance_facts){.input_etag = "", .version_id = ids[i]}, &p);
        AUTO_FREE char *found = provenance_version_id(p.headers, p.count);
        if (i == 0)
            assert_string_equal(found, ids[0]);
        else
            assert_null(found); /* longer than the metadata limit; none */
        assert_string_equal(provenance_version(p.headers, p.count), DECON_VERSION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_of_etags_come_back),
        cmocka_unit_test(the_spelling_of_the_store_does_not_matter),
        cmocka_unit_test(checksums_come_back_in_any_case),
        cmocka_unit_test(version_ids_come_back),
        cmocka_unit_test(what_is_missing_or_no_number_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
