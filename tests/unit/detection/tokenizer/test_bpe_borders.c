/* The parts of a piece between borders have the tokens of the whole piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/utf8.h"
#include "detection/tokenizer/bpe_borders.h"
#include "detection/tokenizer/bpe_merge.h"
#include "detection/tokenizer/tokenizer.h"

static int set_up(void **state)
{
    static const bpe_source cl100k = {
        .name = "cl100k_base.tiktoken",
        .sha256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        .rank_limit = 100256,
        .remedy = "-"};
    *state = bpe_vocabulary_new(&cl100k, "detection/data", NULL);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    bpe_vocabulary_free(*state);
    return 0;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Characters of some scripts, or of all. */
static void put_piece(buf *out, uint64_t *seed, size_t chars)
{
    static const uint32_t blocks[][2] = {{0x3041, 0x3096}, {0x30A1, 0x30FA},   {0x4E00, 0x9FFF},
                                         {0x430, 0x44F},   {'a', 'z'},         {0xE0, 0x17F},
                                         {0xAC00, 0xD7A3}, {0x1F600, 0x1F64F}, {1, 0xD7FF}};
    size_t kinds = 1 + next_random(seed) % ARRAY_LEN(blocks), first = next_random(seed);
    for (; chars > 0; chars--) {
        const uint32_t *block = blocks[(first + next_random(seed) % kinds) % ARRAY_LEN(blocks)];
        char bytes[4];
        uint32_t c = block[0] + (uint32_t)(next_random(seed) % (block[1] - block[0] + 1));
        buf_append(out, bytes, utf8_put(c, bytes));
    }
}

/* Yields the number of parts. */
static size_t expect_same_tokens(const bpe_vocabulary *v, slice piece)
{
    bpe_merger whole = {0}, one = {0};
    const bpe_part *all = bpe_merge(&whole, v, piece);
    uint32_t i = 0;
    size_t count = 0;
    for (size_t at = 0, next; at < piece.len; at = next, count++) {
        next = bpe_vocabulary_border(v, piece, at);
        slice part = {piece.data + at, next - at};
        const bpe_part *parts = bpe_merge(&one, v, part);
        for (uint32_t k = 0; k < part.len; k = parts[k].next, i = all[i].next) {
            assert_int_equal(i, at + k);
            assert_int_equal(all[i].rank, parts[k].rank);
        }
    }
    assert_int_equal(i, piece.len);
    bpe_merger_deinit(&whole);
    bpe_merger_deinit(&one);
    return count;
}

static void parts_have_the_tokens_of_the_whole(void **state)
{
    uint64_t seed = 7;
    size_t parts = 0;
    for (int i = 0; i < 2000; i++) {
        AUTO(buf) piece = BUF(1 << 16);
        put_piece(&piece, &seed, 1 + next_random(&seed) % 60);
        parts += expect_same_tokens(*state, buf_slice(&piece));
    }
    assert_true(parts > 20000); /* of about 60,000 characters */
}

/* Every token is a piece without a border. */
static void no_token_is_cut(void **state)
{
    const bpe_vocabulary *v = *state;
    for (uint32_t rank = 0; rank < 100256; rank++) {
        slice token = bpe_vocabulary_bytes(v, rank);
        if (token.len > 0 && utf8_check(token) == token.len)
            assert_int_equal(bpe_vocabulary_border(v, token, 0), token.len);
    }
}

/* Tokens that begin or end within a character: a border there would be wrong. */
static void tokens_of_parts_of_characters_count(void **state)
{
    UNUSED(state);
    bpe_borders b;
    bpe_borders_init(&b);
    bpe_borders_learn(&b, SLICE_LIT("\x81\xE3\x81\x82"));
    bpe_borders_learn(&b, SLICE_LIT(" \xD0"));
    assert_int_equal(bpe_borders_next(&b, SLICE_LIT("\xE3\x82\x81\xE3\x81\x82"), 0), 6);
    assert_int_equal(bpe_borders_next(&b, SLICE_LIT("\xE3\x82\x82\xE3\x81\x82"), 0), 3);
    assert_int_equal(bpe_borders_next(&b, SLICE_LIT(" \xD0\xB0"), 0), 3);
    assert_int_equal(bpe_borders_next(&b, SLICE_LIT("x\xD0\xB0"), 0), 1);
    bpe_borders_deinit(&b);
}

/* Pieces longer than the caches take, and again from the caches. */
static void long_pieces_have_the_tokens_of_the_whole(void **state)
{
    tokenizer *t = tokenizer_new("cl100k", "detection/data", NULL);
    uint64_t seed = 9;
    AUTO(token_list) l = {0};
    bpe_merger whole = {0};
    for (int i = 0; i < 1000; i++) {
        AUTO(buf) piece = BUF(1 << 16);
        for (size_t chars = 6 + next_random(&seed) % 60; chars > 0; chars--) {
            static const char *const some[] = {"\u304b", "\u306a", "\u6f22", "\u5b57", "\u0436",
                                               "\u043e", "\u30ab", "\u9f98", "a",      "\u00fc"};
            buf_append_str(&piece, some[next_random(&seed) % ARRAY_LEN(some)]);
        }
        const bpe_part *all = bpe_merge(&whole, *state, buf_slice(&piece));
        tokenizer_encode(t, buf_slice(&piece), &l);
        size_t k = 0;
        for (uint32_t at = 0; at < piece.len; at = all[at].next, k++) {
            assert_int_equal(l.ids[k], all[at].rank);
            assert_int_equal(l.ends[k], all[at].next);
        }
        assert_int_equal(k, l.count);
    }
    bpe_merger_deinit(&whole);
    tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_have_the_tokens_of_the_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_token_is_cut, set_up, tear_down),
        cmocka_unit_test(tokens_of_parts_of_characters_count),
        cmocka_unit_test_setup_teardown(long_pieces_have_the_tokens_of_the_whole, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
