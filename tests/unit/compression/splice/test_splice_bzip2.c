/* Splicing bzip2: streams of all kinds, compared with libbz2's decoder. */
#include "tests/unit/compression/splice/splice_support.h"

#include <bzlib.h>

#include "compression/bzip2/bzip2_bits.h"

static uint64_t seed = 19960718;

static size_t chance(size_t below)
{
    return (size_t)(test_random(&seed) % below);
}

/* ---- making files ---- */

static void put_stream(buf *out, slice text, int level)
{
    unsigned len = (unsigned)(text.len + text.len / 100 + 600);
    AUTO_FREE char *bytes = xcalloc(1, len);
    char *from = (char *)(uintptr_t)(text.len > 0 ? text.data : "");
    assert_int_equal(BZ2_bzBuffToBuffCompress(bytes, &len, from, (unsigned)text.len, level, 0, 0),
                     BZ_OK);
    buf_append(out, bytes, len);
}

/* Lines; incompressible bytes; runs of each length around those that are encoded. */
static buf any_text(size_t most)
{
    buf text = english_lines(&seed, chance(most), 1 + chance(600));
    if (text.len > 0 && chance(3) == 0)
        for (size_t i = chance(text.len), end = i + chance(text.len - i); i < end; i++)
            text.data[i] = (char)chance(256);
    if (text.len > 0 && chance(3) == 0)
        for (size_t i = chance(text.len), end = i + chance(text.len - i), n; i < end; i += n) {
            n = 1 + chance(chance(2) ? 6 : 600);
            n = MIN(n, end - i);
            memset(text.data + i, 'a' + (int)chance(2), n);
        }
    return text;
}

/* ---- the output ---- */

typedef struct stream_list {
    size_t count;
    char levels[64];
} stream_list;

static buf text_by_libbz2(slice file, stream_list *streams)
{
    buf text = BUF(SPLICE_TEXT_MAX);
    size_t at = 0;
    for (streams->count = 0; at < file.len && file.data[at] == 'B'; streams->count++) {
        char bytes[65536];
        bz_stream z = {.next_in = (char *)(uintptr_t)file.data + at,
                       .avail_in = (unsigned)(file.len - at)};
        int result;
        assert_true(streams->count < sizeof streams->levels);
        streams->levels[streams->count] = file.data[at + 3];
        assert_int_equal(BZ2_bzDecompressInit(&z, 0, 0), BZ_OK);
        do {
            z.next_out = bytes;
            z.avail_out = sizeof bytes;
            result = BZ2_bzDecompress(&z);
            buf_append(&text, bytes, sizeof bytes - z.avail_out);
            if (result != BZ_OK && result != BZ_STREAM_END)
                fail_msg("libbz2: status %d in stream %zu", result, streams->count);
            if (result == BZ_OK && z.avail_in == 0 && z.avail_out > 0)
                fail_msg("libbz2: stream %zu ends early", streams->count);
        } while (result != BZ_STREAM_END);
        at = file.len - z.avail_in;
        BZ2_bzDecompressEnd(&z);
    }
    for (; at < file.len; at++)
        assert_int_equal(file.data[at], 0);
    return text;
}

static void expect_spliced_bzip2(slice file, slice text, const range_list *removed, buf *out)
{
    err e = ERR_INIT;
    stream_list before, after;
    buf_deinit(out);
    if (!splice_bytes(CODEC_BZIP2, file, removed, out, &e))
        fail_msg("%s", e.message);
    AUTO(buf) expected = text_without(text, removed);
    AUTO(buf) original = text_by_libbz2(file, &before);
    AUTO(buf) got = text_by_libbz2(buf_slice(out), &after);
    expect_equal(buf_slice(&original), text);
    expect_equal(buf_slice(&got), buf_slice(&expected));
    assert_int_equal(before.count, after.count);
    assert_memory_equal(before.levels, after.levels, before.count);
}

static void expect_same_block(slice a, size_t block_a, slice b, size_t block_b)
{
    codec_block from, to;
    splice_blocks of_a = blocks_of(a), of_b = blocks_of(b);
    assert_true(splice_blocks_get(&of_a, block_a, &from));
    assert_true(splice_blocks_get(&of_b, block_b, &to));
    assert_int_equal(from.text_bytes, to.text_bytes);
    assert_int_equal(from.to_bit - from.from_bit, to.to_bit - to.from_bit);
    for (uint64_t at = 0; at < from.to_bit - from.from_bit; at++)
        assert_int_equal(bzip2_bits_read(a, from.from_bit + at, 1),
                         bzip2_bits_read(b, to.from_bit + at, 1));
    splice_blocks_deinit(&of_a);
    splice_blocks_deinit(&of_b);
}

static size_t block_count(slice file)
{
    splice_blocks blocks = blocks_of(file);
    codec_block b;
    size_t n = 0;
    while (splice_blocks_get(&blocks, n, &b))
        n++;
    splice_blocks_deinit(&blocks);
    return n;
}

/* ---- tests ---- */

static void any_streams_lose_any_lines(void **state)
{
    UNUSED(state);
    for (size_t round = 0; round < 24; round++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) out = BUF(0);
        AUTO(range_list) removed = {0};
        for (size_t n = 1 + chance(5); n > 0; n--) { /* empty ones too */
            AUTO(buf) part = any_text(chance(4) ? 1 + chance(60000) : 330000);
            put_stream(&file, buf_slice(&part), 1 + (int)chance(9));
            buf_append_slice(&text, buf_slice(&part));
        }
        for (size_t zeros = chance(2) ? 0 : chance(600); zeros > 0; zeros--)
            buf_append_char(&file, 0);
        for (size_t from = 0, to; from < text.len; from = to) {
            const char *end = memchr(text.data + from, '\n', text.len - from);
            to = end ? (size_t)(end - text.data) + 1 : text.len;
            if (chance(1 + round * round * 2) == 0)
                range_list_add(&removed, from, to);
        }
        expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    }
}

/* Runs grow and shrink when the text between them is removed. */
static void any_bytes_are_removed_from_runs(void **state)
{
    UNUSED(state);
    for (size_t round = 0; round < 40; round++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) out = BUF(0);
        AUTO(range_list) removed = {0};
        while (text.len < 20000)
            for (size_t n = 1 + chance(chance(3) ? 5 : 520), c = 'a' + chance(2); n > 0; n--)
                buf_append_char(&text, (char)c);
        put_stream(&file, buf_slice(&text), 1);
        for (size_t from = 0, to; from < text.len; from = to + 1 + chance(300)) {
            to = from + 1 + chance(300);
            to = MIN(to, text.len);
            range_list_add(&removed, from, to);
        }
        expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    }
}

static void blocks_without_a_removed_byte_are_copied(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    AUTO(buf) text = english_lines(&seed, 590000, 300);
    AUTO(range_list) removed = {0};
    put_stream(&file, buf_slice(&text), 1);
    assert_int_equal(block_count(buf_slice(&file)), 6);
    range_list_add(&removed, 150000, 150005); /* of the second */
    range_list_add(&removed, 450000, 450100); /* of the fifth */
    expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    assert_int_equal(block_count(buf_slice(&out)), 6);
    for (size_t i = 0; i < 6; i++)
        if (i != 1 && i != 4)
            expect_same_block(buf_slice(&file), i, buf_slice(&out), i);
}

static void a_line_across_blocks_changes_both(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    AUTO(buf) text = english_lines(&seed, 390000, 300);
    AUTO(range_list) removed = {0};
    codec_block first;
    put_stream(&file, buf_slice(&text), 1);
    splice_blocks blocks = blocks_of(buf_slice(&file));
    assert_true(splice_blocks_get(&blocks, 0, &first));
    splice_blocks_deinit(&blocks);
    range_list_add(&removed, first.text_bytes - 10, first.text_bytes + 10);
    expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    blocks = blocks_of(buf_slice(&out));
    assert_true(splice_blocks_get(&blocks, 1, &first));
    assert_true(first.text_bytes > 90000); /* two blocks remain two */
    splice_blocks_deinit(&blocks);
    expect_same_block(buf_slice(&file), 2, buf_slice(&out), 2);
}

/* A removed range leaves a part of a block or nothing, at each place of the stream. */
static void each_block_is_removed_in_turn(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    AUTO(buf) text = english_lines(&seed, 290000, 300);
    put_stream(&file, buf_slice(&text), 1);
    splice_blocks blocks = blocks_of(buf_slice(&file));
    codec_block b;
    uint64_t at = 0;
    for (size_t i = 0; splice_blocks_get(&blocks, i, &b); i++, at += b.text_bytes) {
        AUTO(range_list) removed = {0};
        range_list_add(&removed, at, at + b.text_bytes);
        expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
        assert_int_equal(block_count(buf_slice(&out)), 2);
    }
    splice_blocks_deinit(&blocks);
}

static void nothing_removed_is_the_same_file(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    range_list none = {0};
    for (unsigned i = 0; i < 4; i++) {
        AUTO(buf) text = any_text(200000);
        put_stream(&file, buf_slice(&text), 1 + (int)chance(9));
    }
    put_stream(&file, (slice){0}, 5);
    buf_append(&file, "\0\0", 2);
    assert_true(splice_bytes(CODEC_BZIP2, buf_slice(&file), &none, &out, NULL));
    expect_equal(buf_slice(&out), buf_slice(&file));
}

static void a_file_that_loses_all_keeps_its_streams(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    AUTO(buf) text = english_lines(&seed, 250000, 300);
    AUTO(range_list) removed = {0};
    slice half = {.data = text.data, .len = text.len / 2};
    put_stream(&file, half, 1);
    put_stream(&file, (slice){text.data + half.len, text.len - half.len}, 9);
    range_list_add(&removed, 0, text.len);
    expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    assert_int_equal(out.len, 2 * 14); /* two empty streams */
}

/* libbz2 leaves 19 bytes of a block unused; other encoders fill it. A run of four is encoded in
 * five bytes. */
static void a_fuller_block_becomes_two(void **state)
{
    UNUSED(state);
    for (size_t run = 1; run <= 4; run += 3) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) out = BUF(0);
        AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
        AUTO(range_list) removed = {0};
        for (size_t i = 0; i < (run == 1 ? 100000u : 80000u); i++)
            buf_append_char(&text, (char)('a' + i / run % 7));
        put_stream(&file, buf_slice(&text), 9);
        file.data[3] = '1';
        assert_int_equal(block_count(buf_slice(&file)), 1);
        range_list_add(&removed, 40000, 40004);
        expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
        assert_int_equal(block_count(buf_slice(&out)), 2);
    }
}

/* Randomisation changes nothing before byte 617 of a block, so the bit alone makes such a block. */
static void randomised_blocks_are_read(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) out = BUF(0);
    AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
    AUTO(range_list) removed = {0};
    for (unsigned i = 0; i < 3; i++) {
        size_t from = file.len;
        AUTO(buf) part = english_lines(&seed, 200, 100);
        part.len = MIN(part.len, (size_t)600);
        put_stream(&file, buf_slice(&part), 9);
        file.data[from + 14] |= (char)0x80; /* after header, mark and CRC */
        buf_append_slice(&text, buf_slice(&part));
    }
    range_list_add(&removed, 5, 50);
    expect_spliced_bzip2(buf_slice(&file), buf_slice(&text), &removed, &out);
    assert_false(out.data[14] & 0x80);
    codec_block second;
    splice_blocks blocks = blocks_of(buf_slice(&out));
    assert_true(splice_blocks_get(&blocks, 1, &second));
    assert_int_equal(bzip2_bits_read(buf_slice(&out), second.from_bit + 80, 1), 1);
    splice_blocks_deinit(&blocks);
}

static void ranges_beyond_the_text_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 5000, 300);
    put_stream(&file, buf_slice(&text), 9);
    for (size_t past = 0; past < 2; past++) {
        AUTO(range_list) removed = {0};
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        range_list_add(&removed, text.len - 5 + 6 * past, text.len + 1 + past);
        assert_false(splice_bytes(CODEC_BZIP2, buf_slice(&file), &removed, &out, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
}

static bool splice_with(slice file, const splice_blocks *blocks, err *e)
{
    static const splice_range range = {0, 10};
    AUTO_FD in = memory_file(file);
    AUTO_FD out = memory_file((slice){0});
    splice_array a = {.ranges = &range, .count = 1};
    splice_request r = {.in = in,
                        .out = out,
                        .format = CODEC_BZIP2,
                        .pin = pin_of(in),
                        .removed = splice_ranges_of(&a),
                        .blocks = blocks};
    return splice_file(&r, e);
}

static void damage_and_missing_blocks_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 150000, 300);
    splice_blocks none;
    err e = ERR_INIT;
    put_stream(&file, buf_slice(&text), 1);
    splice_blocks blocks = blocks_of(buf_slice(&file));
    splice_blocks_init(&none);
    assert_false(splice_with(buf_slice(&file), NULL, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    assert_false(splice_with(buf_slice(&file), &none, &e));
    assert_int_equal(e.code, ERR_CODEC_CORRUPT);
    for (size_t len = 4; len < file.len; len += 1 + len / 4)
        assert_false(splice_with((slice){.data = file.data, .len = len}, &blocks, &e));
    for (size_t at = 0; at < file.len / 3; at += 1 + at / 4) { /* of the changed block */
        file.data[at] ^= 4;
        if (splice_with(buf_slice(&file), &blocks, &e))
            assert_true(at < 4 || at == 14); /* level; bits that are not used */
        file.data[at] ^= 4;
    }
    splice_blocks_deinit(&blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_streams_lose_any_lines),
        cmocka_unit_test(any_bytes_are_removed_from_runs),
        cmocka_unit_test(blocks_without_a_removed_byte_are_copied),
        cmocka_unit_test(a_line_across_blocks_changes_both),
        cmocka_unit_test(each_block_is_removed_in_turn),
        cmocka_unit_test(nothing_removed_is_the_same_file),
        cmocka_unit_test(a_file_that_loses_all_keeps_its_streams),
        cmocka_unit_test(a_fuller_block_becomes_two),
        cmocka_unit_test(randomised_blocks_are_read),
        cmocka_unit_test(ranges_beyond_the_text_are_refused),
        cmocka_unit_test(damage_and_missing_blocks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
