/* Splicing xz: streams of all kinds, compared with liblzma's decoder and index. */
#include "tests/unit/compression/splice/splice_support.h"

#include <lzma.h>

#include "compression/pieces/xz_index.h"

static uint64_t seed = 20091231;

/* ---- making files ---- */

/* A stream of blocks of `block_bytes` (0: one), their headers with sizes where `threads`. */
static void put_stream(buf *out, slice text, size_t block_bytes, bool threads, lzma_check check)
{
    lzma_stream x = LZMA_STREAM_INIT;
    uint8_t bytes[8192];
    lzma_mt mt = {.threads = 1, .preset = 1, .check = check, .block_size = MAX(block_bytes, 1u)};
    assert_int_equal(threads ? lzma_stream_encoder_mt(&x, &mt) : lzma_easy_encoder(&x, 1, check),
                     LZMA_OK);
    lzma_ret status;
    do {
        size_t part = threads || !block_bytes ? text.len : MIN(block_bytes, text.len);
        bool last = part == text.len;
        x.next_in = (const uint8_t *)text.data;
        x.avail_in = part;
        do {
            x.next_out = bytes;
            x.avail_out = sizeof bytes;
            status = lzma_code(&x, last ? LZMA_FINISH : LZMA_FULL_FLUSH);
            assert_true(status == LZMA_OK || status == LZMA_STREAM_END);
            buf_append(out, bytes, sizeof bytes - x.avail_out);
        } while (status != LZMA_STREAM_END);
        text = (slice){.data = text.data + part, .len = text.len - part};
        if (last)
            break;
    } while (true);
    lzma_end(&x);
}

/* ---- the output ---- */

static buf text_by_liblzma(slice file)
{
    buf text = BUF(SPLICE_TEXT_MAX);
    lzma_stream x = LZMA_STREAM_INIT;
    uint8_t bytes[65536];
    assert_int_equal(lzma_stream_decoder(&x, UINT64_MAX, LZMA_CONCATENATED), LZMA_OK);
    x.next_in = (const uint8_t *)file.data;
    x.avail_in = file.len;
    lzma_ret status;
    do {
        x.next_out = bytes;
        x.avail_out = sizeof bytes;
        status = lzma_code(&x, LZMA_FINISH);
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            fail_msg("liblzma: status %d", (int)status);
        buf_append(&text, bytes, sizeof bytes - x.avail_out);
    } while (status != LZMA_STREAM_END);
    lzma_end(&x);
    return text;
}

static lzma_index *index_of(slice file)
{
    AUTO_FD fd = memory_file(file);
    err e = ERR_INIT;
    lzma_index *index = xz_index_read(fd, file.len, &e);
    if (!index)
        fail_msg("%s", e.message);
    return index;
}

static void expect_spliced_xz(slice file, slice text, const range_list *removed)
{
    err e = ERR_INIT;
    AUTO(buf) out = BUF(0);
    if (!splice_bytes(CODEC_XZ, file, removed, &out, &e))
        fail_msg("%s", e.message);
    AUTO(buf) expected = text_without(text, removed);
    AUTO(buf) got = text_by_liblzma(buf_slice(&out));
    expect_equal(buf_slice(&got), buf_slice(&expected));
    lzma_index *before = index_of(file), *after = index_of(buf_slice(&out));
    assert_int_equal(lzma_index_stream_count(before), lzma_index_stream_count(after));
    assert_int_equal(lzma_index_uncompressed_size(after), expected.len);
    assert_int_equal(lzma_index_checks(before), lzma_index_checks(after));
    assert_int_equal(lzma_index_file_size(after), out.len);
    lzma_index_end(before, NULL);
    lzma_index_end(after, NULL);
}

/* ---- tests ---- */

static void any_streams_lose_any_lines(void **state)
{
    static const lzma_check checks[] = {LZMA_CHECK_NONE, LZMA_CHECK_CRC32, LZMA_CHECK_CRC64,
                                        LZMA_CHECK_SHA256};
    UNUSED(state);
    for (unsigned round = 0; round < 24; round++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
        AUTO(range_list) removed = {0};
        for (size_t n = 1 + test_random(&seed) % 3; n > 0; n--) {
            AUTO(buf) part = english_lines(&seed, test_random(&seed) % 120000, 300);
            uint64_t r = test_random(&seed);
            put_stream(&file, buf_slice(&part), 5000 + r % 60000, r >> 20 & 1, checks[r >> 24 & 3]);
            for (size_t zeros = 4 * (r >> 30 & 3); zeros > 0; zeros--)
                buf_append_char(&file, '\0');
            buf_append_slice(&text, buf_slice(&part));
        }
        for (size_t from = 0, to; from < text.len; from = to) {
            to = (size_t)((char *)memchr(text.data + from, '\n', text.len - from) - text.data) + 1;
            if (test_random(&seed) % (1 + (size_t)round * round) == 0)
                range_list_add(&removed, from, to);
        }
        expect_spliced_xz(buf_slice(&file), buf_slice(&text), &removed);
    }
}

/* Of five blocks the middle ones are copied, with their headers. */
static void blocks_without_a_removed_byte_are_copied(void **state)
{
    UNUSED(state);
    for (unsigned threads = 0; threads < 2; threads++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = english_lines(&seed, 100000, 300);
        AUTO(range_list) removed = {0};
        size_t part = (text.len + 4) / 5;
        put_stream(&file, buf_slice(&text), part, threads, LZMA_CHECK_CRC64);
        range_list_add(&removed, part - 1, part);
        range_list_add(&removed, 4 * part, 4 * part + 1);
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        if (!splice_bytes(CODEC_XZ, buf_slice(&file), &removed, &out, &e))
            fail_msg("%s", e.message);
        lzma_index *before = index_of(buf_slice(&file)), *after = index_of(buf_slice(&out));
        lzma_index_iter a, b;
        lzma_index_iter_init(&a, before);
        lzma_index_iter_init(&b, after);
        for (unsigned i = 0; i < 5; i++) {
            assert_false(lzma_index_iter_next(&a, LZMA_INDEX_ITER_BLOCK));
            assert_false(lzma_index_iter_next(&b, LZMA_INDEX_ITER_BLOCK));
            if (i == 0 || i == 4)
                continue;
            expect_equal((slice){.data = out.data + b.block.compressed_file_offset,
                                 .len = b.block.total_size},
                         (slice){.data = file.data + a.block.compressed_file_offset,
                                 .len = a.block.total_size});
        }
        lzma_index_end(before, NULL);
        lzma_index_end(after, NULL);
        expect_spliced_xz(buf_slice(&file), buf_slice(&text), &removed);
    }
}

/* `xz -T` decodes blocks in parallel if their headers have sizes. */
static void headers_with_sizes_keep_them(void **state)
{
    UNUSED(state);
    for (unsigned threads = 0; threads < 2; threads++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = english_lines(&seed, 50000, 300);
        AUTO(range_list) removed = {0};
        put_stream(&file, buf_slice(&text), text.len, threads, LZMA_CHECK_CRC64);
        range_list_add(&removed, 10, 20);
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        assert_true(splice_bytes(CODEC_XZ, buf_slice(&file), &removed, &out, &e));
        unsigned flags = (unsigned char)out.data[LZMA_STREAM_HEADER_SIZE + 1];
        assert_int_equal(flags & 0xC0, threads ? 0xC0 : 0);
    }
}

static void nothing_removed_is_the_same_file(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 100000, 300);
    AUTO(range_list) none = {0};
    put_stream(&file, buf_slice(&text), 10000, true, LZMA_CHECK_CRC32);
    put_stream(&file, (slice){0}, 0, false, LZMA_CHECK_CRC64); /* without a block */
    buf_append(&file, "\0\0\0\0", 4);
    put_stream(&file, buf_slice(&text), 0, false, LZMA_CHECK_SHA256);
    AUTO(buf) out = BUF(0);
    err e = ERR_INIT;
    if (!splice_bytes(CODEC_XZ, buf_slice(&file), &none, &out, &e))
        fail_msg("%s", e.message);
    expect_equal(buf_slice(&out), buf_slice(&file));
}

static void a_file_that_loses_all_keeps_its_streams(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 20000, 300);
    AUTO(buf) both = BUF(SPLICE_TEXT_MAX);
    AUTO(range_list) all = {0};
    put_stream(&file, buf_slice(&text), 5000, true, LZMA_CHECK_CRC64);
    put_stream(&file, buf_slice(&text), 0, false, LZMA_CHECK_CRC64);
    buf_append_slice(&both, buf_slice(&text));
    buf_append_slice(&both, buf_slice(&text));
    range_list_add(&all, 0, text.len / 2); /* ranges that touch */
    range_list_add(&all, text.len / 2, both.len);
    expect_spliced_xz(buf_slice(&file), buf_slice(&both), &all);
}

static void ranges_beyond_the_text_and_damage_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 5000, 300);
    put_stream(&file, buf_slice(&text), 0, false, LZMA_CHECK_CRC64);
    for (size_t past = 0; past < 2; past++) {
        AUTO(range_list) removed = {0};
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        range_list_add(&removed, text.len - 5 + 6 * past, text.len + 1 + past);
        assert_false(splice_bytes(CODEC_XZ, buf_slice(&file), &removed, &out, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
    AUTO(range_list) removed = {0};
    range_list_add(&removed, 0, 10);
    for (size_t at = 0; at < file.len; at += 1 + at / 8) {
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        file.data[at] ^= 4;
        assert_false(splice_bytes(CODEC_XZ, buf_slice(&file), &removed, &out, &e));
        file.data[at] ^= 4;
        slice part = {.data = file.data, .len = at};
        AUTO(buf) none = BUF(0);
        assert_false(splice_bytes(CODEC_XZ, part, &removed, &none, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_streams_lose_any_lines),
        cmocka_unit_test(blocks_without_a_removed_byte_are_copied),
        cmocka_unit_test(headers_with_sizes_keep_them),
        cmocka_unit_test(nothing_removed_is_the_same_file),
        cmocka_unit_test(a_file_that_loses_all_keeps_its_streams),
        cmocka_unit_test(ranges_beyond_the_text_and_damage_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
