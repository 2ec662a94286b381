/* Lines of a certificate: written in canonical form, and read in no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json/json_canonical.h"
#include "base/util.h"
#include "orchestrator/certify/certificate_line.h"

static const certificate_line full = {
    .key = SLICE_LIT("in/a \"b\" \x01\xc3\xa9/\\.jsonl"),
    .size_bytes = CERTIFICATE_SIZE_MAX,
    .etag = SLICE_LIT("00ff-2"),
    .version_id = SLICE_LIT("v.1"),
    .checksum = {.kind = S3_CHECKSUM_SHA256, .text = "AAAA"},
    .verdict = CERTIFICATE_CONTAMINATED,
    .unproven = true,
    .settings = SLICE_LIT("abc"),
};

static void a_line_is_canonical_json(void **state)
{
    AUTO(buf) text = BUF(1 << 16);
    AUTO(buf) canonical = BUF(1 << 16);
    err e = ERR_INIT;
    UNUSED(state);
    certificate_line_write(&full, &text);
    assert_string_equal(
        buf_str(&text),
        "{\"checksum\":{\"kind\":\"SHA256\",\"value\":\"AAAA\"},\"etag\":\"00ff-2\","
        "\"key\":\"in/a \\\"b\\\" \\u0001\xc3\xa9/\\\\.jsonl\",\"provenance\":false,"
        "\"settings\":\"abc\",\"size\":9007199254740991,\"verdict\":\"contaminated\","
        "\"version_id\":\"v.1\"}");
    assert_true(json_put_canonical(buf_slice(&text), &canonical, &e));
    assert_string_equal(buf_str(&canonical), buf_str(&text));
}

static void expect_read_back(const certificate_line *line)
{
    AUTO(buf) text = BUF(1 << 16);
    AUTO(certificate_scratch) s = certificate_scratch_new();
    certificate_line read;
    err e = ERR_INIT;
    certificate_line_write(line, &text);
    if (!certificate_line_read(buf_slice(&text), &s, &read, &e))
        fail_msg("%s: %s", buf_str(&text), e.message);
    assert_true(slice_equal(read.key, line->key) && slice_equal(read.etag, line->etag));
    assert_true(slice_equal(read.version_id, line->version_id));
    assert_true(slice_equal(read.settings, line->settings));
    assert_true(s3_checksum_equal(&read.checksum, &line->checksum) ||
                line->checksum.kind == S3_CHECKSUM_NONE);
    assert_int_equal(read.size_bytes, line->size_bytes);
    assert_int_equal(read.verdict, line->verdict);
    assert_int_equal(read.unproven, line->unproven);
}

static void a_line_is_read_back(void **state)
{
    UNUSED(state);
    expect_read_back(&full);
    for (unsigned v = 0; v < CERTIFICATE_VERDICT_COUNT; v++)
        expect_read_back(
            &(certificate_line){.key = SLICE_LIT("k"), .verdict = (certificate_verdict)v});
}

static void other_forms_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"key\":\"\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":1}",
        "{\"key\":\"k\",\"size\":1,\"verdict\":\"unknown\"}",
        "{\"key\":\"k\", \"size\":1,\"verdict\":\"clean\"}",
        "{\"size\":1,\"key\":\"k\",\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":01,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":1.0,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":9007199254740992,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}\r",
        "{\"key\":\"k\",\"size\":1,\"size\":1,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"size\":1,\"verdict\":\"clean\",\"z\":1}",
        "{\"key\":\"\\u006b\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"key\":\"k\xff\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"key\":\"k\",\"provenance\":true,\"size\":1,\"verdict\":\"clean\"}",
        "{\"etag\":\"\",\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"etag\":1,\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"checksum\":{\"kind\":\"crc32\",\"value\":\"AAAA\"},\"key\":\"k\",\"size\":1,"
        "\"verdict\":\"clean\"}",
        "{\"checksum\":{\"kind\":\"FNV\",\"value\":\"AAAA\"},\"key\":\"k\",\"size\":1,"
        "\"verdict\":\"clean\"}",
        "{\"checksum\":{\"kind\":\"SHA256\"},\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"checksum\":{\"value\":\"AAAA\"},\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}",
        "{\"checksum\":\"AAAA\",\"key\":\"k\",\"size\":1,\"verdict\":\"clean\"}",
    };
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(certificate_scratch) s = certificate_scratch_new();
        certificate_line read;
        err e = ERR_INIT;
        if (certificate_line_read(slice_from(texts[i]), &s, &read, &e))
            fail_msg("%s was read", texts[i]);
        assert_int_equal(e.code, ERR_PARSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_canonical_json),
        cmocka_unit_test(a_line_is_read_back),
        cmocka_unit_test(other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
