/* Long pieces by windows: the same tokens as in one piece, in the memory of a window. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/tokenizer/bpe_windows.h"

static int set_up(void **state)
{
    static const bpe_source cl100k = {
        .name = "cl100k_base.tiktoken",
        .sha256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        .rank_limit = 100256,
        .remedy = "-"};
    err e = ERR_INIT;
    *state = bpe_vocabulary_new(&cl100k, "detection/data", &e);
    if (!*state)
        print_error("%s\n", e.message);
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

/* Random letters of an alphabet; some texts repeat a part many times. */
static void put_piece(buf *out, uint64_t *seed, size_t len)
{
    static const char *const alphabets[] = {
        "a",  "ab",        "etaoinshr", "abcdefghijklmnopqrstuvwxyz", "\xE4\xB8\xAD\xE6\x96\x87",
        "=-", "0123456789"};
    const char *alphabet = alphabets[next_random(seed) % ARRAY_LEN(alphabets)];
    size_t count = strlen(alphabet), period = 1 + next_random(seed) % 40;
    bool repeats = next_random(seed) % 3 == 0;
    for (size_t i = 0; i < len; i++)
        buf_append_char(out, repeats && i >= period ? out->data[i - period]
                                                    : alphabet[next_random(seed) % count]);
}

static void expect_equal(const bpe_vocabulary *v, slice piece, size_t window)
{
    enum { START = 7 };
    bpe_merger whole = {0}, cut = {0};
    token_list tokens = {0};
    size_t i = 1;
    bpe_windows(&cut, v, (slice){.data = piece.data, .len = 1}, START - 1, window, &tokens);
    bpe_windows(&cut, v, piece, START, window, &tokens);
    const bpe_part *parts = bpe_merge(&whole, v, piece);
    for (uint32_t at = 0; at < piece.len; at = parts[at].next, i++) {
        assert_true(i < tokens.count);
        assert_int_equal(tokens.ids[i], parts[at].rank);
        assert_int_equal(tokens.ends[i], START + parts[at].next);
    }
    assert_int_equal(i, tokens.count);
    token_list_deinit(&tokens);
    bpe_merger_deinit(&whole);
    bpe_merger_deinit(&cut);
}

static void windows_give_the_tokens_of_the_whole(void **state)
{
    uint64_t seed = 5;
    for (int i = 0; i < 600; i++) {
        AUTO(buf) piece = BUF(1 << 16);
        put_piece(&piece, &seed, 1 + next_random(&seed) % 1500);
        expect_equal(*state, buf_slice(&piece), 16);
        expect_equal(*state, buf_slice(&piece), 16 + next_random(&seed) % 300);
    }
}

/* Counted, not timed: the memory of a window, for any length of the piece. */
static void memory_is_that_of_a_window(void **state)
{
    uint64_t seed = 9;
    bpe_merger m = {0};
    token_list tokens = {0};
    AUTO(buf) piece = BUF(1 << 22);
    for (size_t i = 0; i < (size_t)1 << 20; i++)
        buf_append_char(&piece, (char)('a' + next_random(&seed) % 26));
    bpe_windows(&m, *state, buf_slice(&piece), 0, BPE_WINDOW, &tokens);
    assert_int_equal(tokens.ends[tokens.count - 1], piece.len);
    assert_true(m.part_capacity <= BPE_WINDOW);
    assert_true(m.joint_capacity <= 3 * BPE_WINDOW);
    token_list_deinit(&tokens);
    bpe_merger_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_give_the_tokens_of_the_whole),
        cmocka_unit_test(memory_is_that_of_a_window),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
