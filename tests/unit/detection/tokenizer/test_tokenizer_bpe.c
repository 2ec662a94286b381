/* The cl100k tokenizer: vocabulary, pieces, merges. Expected numbers come from the public
 * vocabulary, computed with another implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "detection/tokenizer/bpe_split.h"
#include "detection/tokenizer/tokenizer.h"

static int set_up(void **state)
{
    err e = ERR_INIT;
    *state = tokenizer_new("cl100k", "detection/data", &e);
    if (!*state)
        print_error("%s\n", e.message);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    tokenizer_free(*state);
    return 0;
}

/* `expected` ends with 0. The ranges are contiguous. */
static void expect_tokens(const tokenizer *t, const char *text, const uint32_t *expected)
{
    AUTO(token_list) l = {0};
    size_t count = 0, end = 0;
    tokenizer_encode(t, slice_from(text), &l);
    for (; expected[count]; count++) {
        assert_true(count < l.count);
        assert_int_equal(l.ids[count], expected[count]);
        assert_int_equal(token_list_start(&l, count), end);
        end = l.ends[count];
    }
    assert_int_equal(l.count, count);
    assert_int_equal(end, strlen(text));
}
#define EXPECT_TOKENS(t, text, ...) expect_tokens(t, text, (const uint32_t[]){__VA_ARGS__, 0})

static void words_and_numbers(void **state)
{
    EXPECT_TOKENS(*state, " 1889", 220, 9367, 24);
    EXPECT_TOKENS(*state, " oxygen", 24463);
    EXPECT_TOKENS(*state, " what is photosynthesis", 1148, 374, 7397, 74767);
    EXPECT_TOKENS(*state, " earth s crust", 9578, 274, 40712);
    EXPECT_TOKENS(*state, " 2x 5 15", 220, 17, 87, 220, 20, 220, 868);
}

/* The pieces of a text, joined by '|'. */
static void expect_pieces(const char *text, const char *expected)
{
    AUTO(buf) pieces = BUF(4096);
    slice all = slice_from(text);
    for (size_t at = 0, end; at < all.len; at = end) {
        end = bpe_split_cl100k(all, at);
        assert_true(end > at && end <= all.len);
        if (at > 0)
            buf_append_char(&pieces, '|');
        buf_append(&pieces, text + at, end - at);
    }
    assert_string_equal(buf_str(&pieces), expected);
}

static void pieces_of_normal_text(void **state)
{
    UNUSED(state);
    expect_pieces(" earth s crust", " earth| s| crust");
    expect_pieces(" 2x 5 15", " |2|x| |5| |15");
    expect_pieces(" 12345678", " |123|456|78");
    expect_pieces(" a×b °° c", " a|×b| °°| c");
    expect_pieces(" ½٣४1", " |½٣४|1");
    expect_pieces(" 日本 語", " 日本| 語");
    expect_pieces(" e\xCC\x81t", " e|\xCC\x81t"); /* a mark is not a letter */
}

static void pieces_of_other_text(void **state)
{
    UNUSED(state);
    expect_pieces("don't he'LL we'Re", "don|'t| he|'LL| we|'Re");
    expect_pieces("'x 'sand '\xC5\xBF", "'x| '|sand| '|\xC5\xBF");
    expect_pieces("s'\xC5\xBFt", "s|'\xC5\xBF|t"); /* long s: its capital is S */
    expect_pieces("'sand '", "'s|and| '");
    expect_pieces("a   b", "a|  | b");
    expect_pieces("a   1", "a|  | |1");
    expect_pieces("a  ", "a|  ");
    expect_pieces("a \n\n  b\t", "a| \n\n| | b|\t");
    expect_pieces("x!?\r\n\ny", "x|!?\r\n\n|y");
    expect_pieces("\tb \t1", "\tb| |\t|1");
    expect_pieces("\nb", "\n|b");
}

/* A run of letters is one piece, however long; nothing of it is lost. */
static void long_pieces(void **state)
{
    AUTO(buf) text = BUF(1 << 20);
    AUTO(token_list) l = {0};
    buf_append_char(&text, ' ');
    for (unsigned i = 0; i < 20000; i++)
        buf_append_char(&text, "acgt"[(i * 7 + i / 3) % 4]);
    tokenizer_encode(*state, buf_slice(&text), &l);
    assert_int_equal(l.ends[l.count - 1], text.len);
    for (size_t i = 1; i < l.count; i++)
        assert_int_equal(token_list_start(&l, i), l.ends[i - 1]);
    EXPECT_TOKENS(*state, " acgtacgtttgacc", 1645, 5289, 582, 5289, 5683, 70, 4575);
    EXPECT_TOKENS(*state, " \xF0\x9F\xA6\xA5", 11410, 99, 98);
}

static void white_tokens_do_not_count(void **state)
{
    assert_int_equal(tokenizer_count_filled(*state, SLICE_LIT(" 2x 5 15")), 4);
    assert_int_equal(tokenizer_count_filled(*state, SLICE_LIT(" 1889")), 2);
    assert_int_equal(tokenizer_count_filled(*state, SLICE_LIT("\x1C")), 0);
    assert_int_equal(tokenizer_count_filled(*state, (slice){0}), 0);
}

static void a_space_leads_in(void **state)
{
    AUTO(buf) text = BUF(100);
    tokenizer_lead_in(*state, &text);
    assert_int_equal(text.len, 0);
    buf_append_str(&text, "oxygen");
    tokenizer_lead_in(*state, &text);
    assert_string_equal(buf_str(&text), " oxygen");
}

static void vocabulary_that_is_not_there(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_null(tokenizer_new("o200k", "/nowhere/data", &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, "/nowhere/data, "));
    assert_non_null(strstr(e.message, "share/decon"));
    assert_non_null(strstr(e.message, "--vocabulary-dir"));
}

static void the_built_in_vocabulary_needs_no_file(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO_PTR(tokenizer) t = tokenizer_new("cl100k", "/nowhere/data", &e);
    assert_non_null(t);
    EXPECT_TOKENS(t, " oxygen", 24463);
}

static void vocabulary_that_is_another(void **state)
{
    UNUSED(state);
    char dir[] = "/tmp/test-bpe-XXXXXX";
    err e = ERR_INIT;
    assert_non_null(mkdtemp(dir));
    AUTO_FREE char *path = xasprintf("%s/cl100k_base.tiktoken", dir);
    assert_true(fs_write_file(path, SLICE_LIT("IQ== 0\nIg== 1\n"), false, NULL));
    assert_null(tokenizer_new("cl100k", dir, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.message, path));
    assert_non_null(strstr(e.message, "SHA-256"));
    assert_true(fs_remove_tree(dir, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_numbers),
        cmocka_unit_test(pieces_of_normal_text),
        cmocka_unit_test(pieces_of_other_text),
        cmocka_unit_test(long_pieces),
        cmocka_unit_test(white_tokens_do_not_count),
        cmocka_unit_test(a_space_leads_in),
        cmocka_unit_test(vocabulary_that_is_not_there),
        cmocka_unit_test(the_built_in_vocabulary_needs_no_file),
        cmocka_unit_test(vocabulary_that_is_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
