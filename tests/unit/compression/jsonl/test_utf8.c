/* UTF-8 against an oracle that encodes every code point. */
#include "base/util.h"
#include "tests/unit/compression/support.h"

#include "compression/jsonl/utf8.h"

static size_t encode_code_point(unsigned code, unsigned char *out)
{
    if (code < 0x800) {
        out[0] = (unsigned char)(0xc0 + code / 64);
        out[1] = (unsigned char)(0x80 + code % 64);
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (unsigned char)(0xe0 + code / 4096);
        out[1] = (unsigned char)(0x80 + code / 64 % 64);
        out[2] = (unsigned char)(0x80 + code % 64);
        return 3;
    }
    out[0] = (unsigned char)(0xf0 + code / 262144);
    out[1] = (unsigned char)(0x80 + code / 4096 % 64);
    out[2] = (unsigned char)(0x80 + code / 64 % 64);
    out[3] = (unsigned char)(0x80 + code % 64);
    return 4;
}

static bool accepts(const unsigned char *bytes, size_t len)
{
    utf8 u = {0};
    const char *p = (const char *)bytes;
    const char *end = utf8_skip(&u, p, p + len);
    return end == p + len && u.left == 0 && !u.wrong;
}

static void every_code_point_is_taken_in_its_one_form(void **state)
{
    UNUSED(state);
    unsigned char bytes[4];
    for (unsigned code = 0x80; code <= 0x10ffff; code++) {
        size_t len = encode_code_point(code, bytes);
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        assert_int_equal(accepts(bytes, len), !surrogate);
    }
}

/* Of all pairs, triples and (with few last bytes) quadruples, the number of accepted ones equals
 * the number of code points; together with the previous test, nothing else is accepted. */
static void nothing_else_is_taken(void **state)
{
    UNUSED(state);
    size_t pairs = 0, triples = 0, quadruples = 0;
    static const unsigned char last[] = {0x00, 0x22, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    for (unsigned a = 0x80; a < 0x100; a++)
        for (unsigned b = 0; b < 0x100; b++) {
            unsigned char bytes[4] = {(unsigned char)a, (unsigned char)b};
            pairs += accepts(bytes, 2);
            for (unsigned c = 0; c < 0x100; c++) {
                bytes[2] = (unsigned char)c;
                /* a pair and an ASCII byte is not a triple: utf8_skip stops before the ASCII
                 * byte */
                triples += accepts(bytes, 3);
                for (size_t d = 0; a >= 0xf0 && d < ARRAY_LEN(last); d++) {
                    bytes[3] = last[d];
                    quadruples += accepts(bytes, 4);
                }
            }
        }
    assert_int_equal(pairs, 0x800 - 0x80);
    assert_int_equal(triples, 0x10000 - 0x800 - 0x800);
    assert_int_equal(quadruples, 0x100000 / 64 * 2);
}

static void the_wrong_byte_is_pointed_at(void **state)
{
    UNUSED(state);
    static const struct {
        slice bytes;
        size_t at;
    } cases[] = {
        {SLICE_LIT("\x80"), 0},             /* a continuation first */
        {SLICE_LIT("\xc1\x81"), 0},         /* overlong */
        {SLICE_LIT("\xe0\x9f\xbf"), 1},     /* overlong */
        {SLICE_LIT("\xed\xa0\x80"), 1},     /* a surrogate */
        {SLICE_LIT("\xf0\x8f\xbf\xbf"), 1}, /* overlong */
        {SLICE_LIT("\xf4\x90\x80\x80"), 1}, /* above U+10FFFF */
        {SLICE_LIT("\xf5\x80\x80\x80"), 0},
        {SLICE_LIT("\xff"), 0},
        {SLICE_LIT("\xd0\x9c\xe2\x82\x28"), 4},
        {SLICE_LIT("\xe2\x82\"more bytes"), 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t cut = 0; cut <= cases[i].at; cut++) {
            utf8 u = {0};
            const char *p = cases[i].bytes.data;
            assert_ptr_equal(utf8_skip(&u, p, p + cut), p + cut);
            assert_false(u.wrong);
            assert_ptr_equal(utf8_skip(&u, p + cut, p + cases[i].bytes.len), p + cases[i].at);
            assert_true(u.wrong);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_taken_in_its_one_form),
        cmocka_unit_test(nothing_else_is_taken),
        cmocka_unit_test(the_wrong_byte_is_pointed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
