/* A vocabulary of a few strings: reading it, and merging pieces with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/base/digest.h"
#include "base/util.h"
#include "base/fsutil.h"
#include "detection/tokenizer/bpe_merge.h"

/* a b c, then ab, bc, abc (with a gap before it), then aa, aaaa. */
#define VOCABULARY "YQ== 0\nYg== 1\nYw== 2\nYWI= 3\nYmM= 4\nYWJj 6\nYWE= 7\nYWFhYQ== 8\n"

static bpe_vocabulary *read_vocabulary(slice text, size_t rank_limit, err *e)
{
    char dir[] = "/tmp/test-merge-XXXXXX", hex[2 * SHA256_BYTES + 1];
    uint8_t digest[SHA256_BYTES];
    assert_non_null(mkdtemp(dir));
    AUTO_FREE char *path = xasprintf("%s/small.tiktoken", dir);
    assert_true(fs_write_file(path, text, false, NULL));
    sha256(text, digest);
    hex_encode(digest, sizeof digest, hex);
    bpe_source source = {
        .name = "small.tiktoken", .sha256 = hex, .rank_limit = rank_limit, .remedy = "-"};
    bpe_vocabulary *v = bpe_vocabulary_new(&source, dir, e);
    assert_true(fs_remove_tree(dir, NULL));
    return v;
}

static int set_up(void **state)
{
    err e = ERR_INIT;
    *state = read_vocabulary(SLICE_LIT(VOCABULARY), 9, &e);
    if (!*state)
        print_error("%s\n", e.message);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    bpe_vocabulary_free(*state);
    return 0;
}

static void strings_have_their_rank(void **state)
{
    const bpe_vocabulary *v = *state;
    assert_int_equal(bpe_vocabulary_rank(v, SLICE_LIT("abc")), 6);
    assert_int_equal(bpe_vocabulary_rank(v, SLICE_LIT("bc")), 4);
    assert_int_equal(bpe_vocabulary_rank(v, SLICE_LIT("ac")), BPE_NO_RANK);
    assert_int_equal(bpe_vocabulary_rank(v, SLICE_LIT("aaaaa")), BPE_NO_RANK);
    assert_int_equal(bpe_vocabulary_byte(v, 'b'), 1);
    assert_int_equal(bpe_vocabulary_pair(v, "aa"), 7);
    assert_int_equal(bpe_vocabulary_pair(v, "ca"), BPE_NO_RANK);
    assert_int_equal(bpe_vocabulary_bytes(v, 5).len, 0); /* the gap */
    assert_true(slice_equal_str(bpe_vocabulary_bytes(v, 6), "abc"));
}

static void invalid_entries_are_refused(void **state)
{
    UNUSED(state);
    static const char *const texts[] = {"YQ== 0\nYg== 0\n", "YQ== 0\nYg== 9\n", "YQ== 0\nYg==\n",
                                        "YQ== 0\nY!== 1\n", "YQ== 0\nYg== -1\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        err e = ERR_INIT;
        assert_null(read_vocabulary(slice_from(texts[i]), 9, &e));
        assert_non_null(strstr(e.message, "line 2"));
    }
}

static void expect_parts(const bpe_vocabulary *v, const char *piece, const uint32_t *expected)
{
    bpe_merger m = {0};
    size_t len = strlen(piece), count = 0;
    const bpe_part *parts = bpe_merge(&m, v, slice_from(piece));
    for (size_t i = 0; i < len; i = parts[i].next)
        assert_int_equal(parts[i].rank, expected[count++]);
    assert_int_equal(expected[count], 99);
    bpe_merger_deinit(&m);
}

static void the_lowest_rank_is_joined_first(void **state)
{
    expect_parts(*state, "abc", (const uint32_t[]){6, 99});
    expect_parts(*state, "cab", (const uint32_t[]){2, 3, 99});
    expect_parts(*state, "bcb", (const uint32_t[]){4, 1, 99});
    expect_parts(*state, "aab", (const uint32_t[]){0, 3, 99}); /* ab before aa */
    expect_parts(*state, "aaa", (const uint32_t[]){7, 0, 99}); /* the leftmost */
    expect_parts(*state, "aaaaab", (const uint32_t[]){8, 3, 99});
}

/* A piece that is long enough for the other algorithm has the same parts. */
static void long_pieces_are_joined_alike(void **state)
{
    AUTO(buf) text = BUF(1 << 20);
    bpe_merger m = {0};
    size_t ends = 0;
    for (int i = 0; i < 100000; i++)
        buf_append_str(&text, "aaaaab");
    const bpe_part *parts = bpe_merge(&m, *state, buf_slice(&text));
    for (size_t i = 0; i < text.len; i = parts[i].next, ends++)
        assert_int_equal(parts[i].rank, ends % 2 == 0 ? 8 : 3);
    assert_int_equal(ends, 200000);
    parts = bpe_merge(&m, *state, SLICE_LIT("abc")); /* and the next short piece, in less memory */
    assert_int_equal(parts[0].rank, 6);
    assert_true(m.part_capacity < 1000);
    bpe_merger_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_have_their_rank),
        cmocka_unit_test(invalid_entries_are_refused),
        cmocka_unit_test(the_lowest_rank_is_joined_first),
        cmocka_unit_test(long_pieces_are_joined_alike),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
