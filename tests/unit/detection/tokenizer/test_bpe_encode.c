/* Whole texts to byte-pair tokens: units and their caches give the same tokens as single pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/tokenizer/bpe_split.h"
#include "detection/tokenizer/bpe_unit.h"
#include "detection/tokenizer/tokenizer.h"

static uint64_t seed = 20161103;

static size_t chance(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

static int set_up(void **state)
{
    *state = tokenizer_new("cl100k", "detection/data", NULL);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    tokenizer_free(*state);
    return 0;
}

/* Texts of one piece have no units. */
static void expect_as_pieces(const tokenizer *t, slice text, const token_list *l, token_list *piece)
{
    size_t i = 0;
    for (size_t at = 0, end; at < text.len; at = end) {
        end = bpe_split_cl100k(text, at);
        tokenizer_encode(t, (slice){text.data + at, end - at}, piece);
        for (size_t k = 0; k < piece->count; k++, i++) {
            assert_true(i < l->count);
            assert_int_equal(l->ids[i], piece->ids[k]);
            assert_int_equal(l->ends[i], at + piece->ends[k]);
        }
    }
    assert_int_equal(i, l->count);
}

static buf any_text(void)
{
    static const char *const parts[] = {" ",
                                        " ",
                                        " ",
                                        " ",
                                        " ",
                                        "  ",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "\xC2\xA0",
                                        "\xE2\x80\x83",
                                        "\xC2\x85",
                                        " \n ",
                                        "a",
                                        "the",
                                        "water",
                                        "1",
                                        "1889",
                                        "123456",
                                        "e\xCC\x81",
                                        "caf\xC3\xA9",
                                        "'s",
                                        "'",
                                        "I'LL",
                                        "--",
                                        ".",
                                        "\xE2\x80\xA6",
                                        "reinstrumentation",
                                        "Москва",
                                        "государственного",
                                        "日本語の",
                                        "x\xC2\xB2",
                                        "\xF0\x9F\x98\x80",
                                        "_",
                                        "/"};
    buf text = BUF(100000);
    for (size_t n = chance(200); n > 0; n--)
        buf_append_str(&text, parts[chance(ARRAY_LEN(parts))]);
    return text;
}

static void texts_are_their_pieces(void **state)
{
    const tokenizer *t = *state;
    AUTO(token_list) warm = {0};
    AUTO(token_list) piece = {0};
    for (size_t round = 0; round < 400; round++) {
        AUTO(buf) text = any_text();
        for (unsigned again = 0; again < 2; again++) {
            tokenizer_encode(t, buf_slice(&text), &warm);
            expect_as_pieces(t, buf_slice(&text), &warm, &piece);
        }
    }
}

/* Each length around the bounds of the caches, twice in the text, with white space inside or at the
 * end. */
static void units_of_each_length(void **state)
{
    const tokenizer *t = *state;
    static const char *const white[] = {"", "\n", "\t", "\xE2\x80\x83"};
    AUTO(token_list) l = {0};
    AUTO(token_list) piece = {0};
    for (size_t len = 1; len <= 40; len++)
        for (size_t w = 0; w < ARRAY_LEN(white); w++)
            for (size_t at = 0; at <= len; at += len) {
                AUTO(buf) text = BUF(1000);
                for (unsigned twice = 0; twice < 3; twice++) {
                    buf_append_char(&text, ' ');
                    for (size_t i = 0; i < len; i++)
                        buf_append_char(&text, (char)('a' + i % 23));
                    buf_append_str(&text, at == len ? white[w] : "");
                    buf_append_str(&text, twice == 1 ? " " : "");
                }
                buf_append_str(&text, " and some more text that is long enough");
                tokenizer_encode(t, buf_slice(&text), &l);
                expect_as_pieces(t, buf_slice(&text), &l, &piece);
            }
}

static void a_unit_ends_before_the_next_space(void **state)
{
    UNUSED(state);
    char text[BPE_UNIT_READ];
    for (size_t len = 1; len <= BPE_UNIT_READ; len++) {
        memset(text, 'x', sizeof text);
        text[0] = ' ';
        for (size_t i = len; i < sizeof text; i += 3)
            text[i] = ' ';
        assert_int_equal(bpe_unit_len(text), len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_their_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_of_each_length, set_up, tear_down),
        cmocka_unit_test(a_unit_ends_before_the_next_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
