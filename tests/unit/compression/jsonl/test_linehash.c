/* compression/linehash: one hash for each line in any split; different lines have different
 * hashes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decon/compression/linehash.h"
#include "base/util.h"

typedef struct result {
    uint64_t *hashes;
    size_t count, calls;
    size_t limit; /* `take` refuses after this number of hashes; 0: never */
} result;

static bool take(void *ctx, const uint64_t *hashes, size_t count)
{
    result *r = ctx;
    assert_in_range(count, 1, LINEHASH_BATCH);
    r->hashes = xrealloc(r->hashes, (r->count + count) * sizeof *r->hashes);
    memcpy(r->hashes + r->count, hashes, count * sizeof *hashes);
    r->count += count;
    r->calls++;
    return !r->limit || r->count < r->limit;
}

static const linehash_key one = {{1, 2}};

/* Each piece is fed from its own allocation, so that a sanitizer detects reads beyond it. */
static result hash_in_pieces(slice text, linehash_key key, size_t piece_len)
{
    result r = {0};
    AUTO_PTR(linehash) h = linehash_new(&(linehash_sink){.key = key, .take = take, .ctx = &r});
    while (text.len > 0) {
        size_t len = MIN(text.len, piece_len);
        AUTO_FREE char *piece = xcalloc(1, len);
        memcpy(piece, text.data, len);
        assert_true(linehash_feed(h, (slice){piece, len}));
        text.data += len;
        text.len -= len;
    }
    assert_true(linehash_finish(h));
    return r;
}

static result hash_text(const char *text)
{
    return hash_in_pieces(slice_from(text), one, SIZE_MAX);
}

static void expect_count(const char *text, size_t count)
{
    result r = hash_text(text);
    assert_int_equal(r.count, count);
    free(r.hashes);
}

static void a_newline_ends_a_line_and_a_last_one_needs_none(void **state)
{
    UNUSED(state);
    expect_count("", 0);
    expect_count("\n", 1);
    expect_count("\n\n", 2);
    expect_count("a", 1);
    expect_count("a\n", 1);
    expect_count("a\nb", 2);
    expect_count("a\r\nb\r\n", 2);
    expect_count("a\rb\r", 1);
}

static uint64_t hash_of(const char *line, size_t len, linehash_key key)
{
    result r = hash_in_pieces((slice){line, len}, key, SIZE_MAX);
    assert_int_equal(r.count, 1);
    uint64_t hash = r.hashes[0];
    free(r.hashes);
    return hash;
}

/* Line ends, NULs at the end and blanks are content. */
static void similar_lines_are_distinguished(void **state)
{
    UNUSED(state);
    static const slice lines[] = {
        SLICE_LIT("a"),    SLICE_LIT("a\n"),   SLICE_LIT("a\r\n"), SLICE_LIT("a\r"),
        SLICE_LIT("a\0"),  SLICE_LIT("a\0\0"), SLICE_LIT("a\0\n"), SLICE_LIT("\0a"),
        SLICE_LIT("a \n"), SLICE_LIT(" a\n"),  SLICE_LIT("A\n"),   SLICE_LIT("\n"),
        SLICE_LIT("\r\n"), SLICE_LIT("\0"),    SLICE_LIT("\0\0"),  SLICE_LIT("\0\n"),
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(hash_of(lines[i].data, lines[i].len, one),
                                 hash_of(lines[j].data, lines[j].len, one));
}

/* Any bit of any byte counts, at all places of the blocks, and so does the length. */
static void each_bit_and_each_byte_count(void **state)
{
    UNUSED(state);
    char line[400];
    uint64_t before = 0;
    for (size_t len = 1; len <= sizeof line; len += len < 110 ? 1 : 67) {
        memset(line, 'x', sizeof line);
        uint64_t hash = hash_of(line, len, one);
        assert_int_not_equal(hash, before);
        assert_int_not_equal(hash, hash_of(line, len, (linehash_key){{1, 3}}));
        assert_int_not_equal(hash, hash_of(line, len, (linehash_key){{2, 2}}));
        before = hash;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            line[bit / 8] ^= (char)(1 << bit % 8);
            if (line[bit / 8] != '\n')
                assert_int_not_equal(hash_of(line, len, one), hash);
            line[bit / 8] ^= (char)(1 << bit % 8);
        }
    }
}

/* Two exchanged words of a line, within a block and across blocks. */
static void the_order_within_a_line_counts(void **state)
{
    UNUSED(state);
    char line[192], other[192];
    for (size_t i = 0; i < sizeof line; i++)
        line[i] = (char)('A' + i / 8);
    uint64_t hash = hash_of(line, sizeof line, one);
    for (size_t i = 0; i < sizeof line / 8; i++)
        for (size_t j = 0; j < i; j++) {
            memcpy(other, line, sizeof line);
            memcpy(other + 8 * i, line + 8 * j, 8);
            memcpy(other + 8 * j, line + 8 * i, 8);
            assert_int_not_equal(hash_of(other, sizeof other, one), hash);
        }
}

static uint64_t random_state = 7;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void any_split_gives_the_same_hashes(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(100000);
    for (int i = 0; i < 400; i++) {
        size_t len = next_random() % (i % 10 == 0 ? 700 : 60);
        for (size_t j = 0; j < len; j++)
            buf_append_char(&text, (char)('a' + next_random() % 26));
        if (i < 399)
            buf_append_char(&text, '\n');
    }
    buf_append_str(&text, "end");
    result whole = hash_in_pieces(buf_slice(&text), one, SIZE_MAX);
    assert_int_equal(whole.count, 400);
    for (size_t piece = 1; piece < 200; piece++) {
        result r = hash_in_pieces(buf_slice(&text), one, piece);
        assert_int_equal(r.count, whole.count);
        assert_memory_equal(r.hashes, whole.hashes, whole.count * sizeof *whole.hashes);
        free(r.hashes);
    }
    free(whole.hashes);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* A million short lines: 64 good bits have no collision, 32 would have a hundred. */
static void a_million_lines_have_a_million_hashes(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(10000000);
    for (int i = 0; i < 1000000; i++)
        buf_printf(&text, "%d\n", i);
    result r = hash_in_pieces(buf_slice(&text), one, 65536);
    assert_int_equal(r.count, 1000000);
    assert_int_equal(r.calls, 1000000 / LINEHASH_BATCH + 1);
    qsort(r.hashes, r.count, sizeof *r.hashes, compare_hashes);
    size_t equal = 0, low_equal = 0;
    for (size_t i = 1; i < r.count; i++)
        equal += r.hashes[i] == r.hashes[i - 1];
    for (size_t i = 0; i < r.count; i++)
        low_equal += (r.hashes[i] & 0xff) == 0;
    assert_int_equal(equal, 0);
    assert_in_range(low_equal, 3500, 4300); /* 3906 are expected */
    free(r.hashes);
}

static void a_sink_that_wants_no_more_gets_no_more(void **state)
{
    UNUSED(state);
    result r = {.limit = 1};
    AUTO_PTR(linehash) h = linehash_new(&(linehash_sink){.key = one, .take = take, .ctx = &r});
    bool more = true;
    for (int i = 0; i < 3 * LINEHASH_BATCH; i++)
        more = linehash_feed(h, SLICE_LIT("a\n"));
    assert_false(more);
    assert_false(linehash_finish(h));
    assert_int_equal(r.calls, 1);
    free(r.hashes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newline_ends_a_line_and_a_last_one_needs_none),
        cmocka_unit_test(similar_lines_are_distinguished),
        cmocka_unit_test(each_bit_and_each_byte_count),
        cmocka_unit_test(the_order_within_a_line_counts),
        cmocka_unit_test(any_split_gives_the_same_hashes),
        cmocka_unit_test(a_million_lines_have_a_million_hashes),
        cmocka_unit_test(a_sink_that_wants_no_more_gets_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
