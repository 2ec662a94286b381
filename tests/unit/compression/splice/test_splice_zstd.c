/* Splicing zstd: frames of all kinds, compared with libzstd's decoder. */
#include "tests/unit/compression/splice/splice_support.h"

#include <zstd.h>

#include "compression/pieces/zstd_frame.h"

static uint64_t seed = 20220704;

/* ---- making files ---- */

typedef struct frame_style {
    int level, window_log; /* 0: libzstd's */
    bool checksum, size, is_long;
} frame_style;

static void put_frame(buf *out, const frame_style *f, slice text)
{
    char bytes[4096];
    size_t left;
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, f->level);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, f->checksum);
    ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, f->window_log);
    ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, f->is_long);
    if (f->size)
        ZSTD_CCtx_setPledgedSrcSize(c, text.len);
    ZSTD_inBuffer source = {.src = text.data, .size = text.len};
    if (!f->size) { /* otherwise ZSTD_e_end with the whole text would store the size */
        ZSTD_outBuffer target = {.dst = bytes, .size = sizeof bytes};
        ZSTD_inBuffer none = {0};
        ZSTD_compressStream2(c, &target, &none, ZSTD_e_flush);
        buf_append(out, bytes, target.pos);
    }
    do {
        ZSTD_outBuffer target = {.dst = bytes, .size = sizeof bytes};
        left = ZSTD_compressStream2(c, &target, &source, ZSTD_e_end);
        assert_false(ZSTD_isError(left));
        buf_append(out, bytes, target.pos);
    } while (left > 0);
    ZSTD_freeCCtx(c);
}

static void put_skippable(buf *out, uint32_t magic, slice data)
{
    put_le(out, magic, 4);
    put_le(out, (uint32_t)data.len, 4);
    buf_append_slice(out, data);
}

static frame_style random_style(void)
{
    static const int levels[] = {-5, 1, 3, 7, 19};
    uint64_t r = test_random(&seed);
    return (frame_style){.level = levels[r % ARRAY_LEN(levels)],
                         .window_log = r >> 4 & 1 ? 10 + (int)(r >> 8) % 12 : 0,
                         .checksum = r >> 5 & 1,
                         .size = r >> 6 & 1,
                         .is_long = r >> 7 & 1};
}

/* ---- the output ---- */

/* The text by libzstd, whose checks cover content sizes and checksums. */
static buf text_by_libzstd(slice file)
{
    buf text = BUF(SPLICE_TEXT_MAX);
    char bytes[65536];
    size_t result = 0;
    ZSTD_DCtx *d = ZSTD_createDCtx();
    ZSTD_inBuffer source = {.src = file.data, .size = file.len};
    while (source.pos < source.size || result == 1) {
        ZSTD_outBuffer target = {.dst = bytes, .size = sizeof bytes};
        result = ZSTD_decompressStream(d, &target, &source);
        if (ZSTD_isError(result))
            fail_msg("libzstd: %s at byte %zu", ZSTD_getErrorName(result), source.pos);
        buf_append(&text, bytes, target.pos);
    }
    assert_int_equal(result, 0);
    ZSTD_freeDCtx(d);
    return text;
}

/* The frames, in order. */
static size_t frames_of(slice file, zstd_frame *frames, size_t most)
{
    AUTO_FD fd = memory_file(file);
    size_t count = 0;
    err e = ERR_INIT;
    for (uint64_t at = 0; at < file.len; at = frames[count++].end) {
        assert_true(count < most);
        if (!zstd_frame_read(fd, at, &frames[count], &e))
            fail_msg("%s", e.message);
    }
    return count;
}

static void splice_or_fail(slice file, const range_list *removed, buf *out)
{
    err e = ERR_INIT;
    if (!splice_bytes(CODEC_ZSTD, file, removed, out, &e))
        fail_msg("%s", e.message);
}

/* ---- tests ---- */

#define FRAMES_MAX 16

static void any_frames_lose_any_lines(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 60; round++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
        AUTO(range_list) removed = {0};
        for (size_t n = 1 + test_random(&seed) % (FRAMES_MAX / 2); n > 0; n--) {
            AUTO(buf) part = english_lines(&seed, test_random(&seed) % 150000, 300);
            frame_style style = random_style();
            size_t cut = test_random(&seed) % 2 ? part.len / 2 : 0; /* a line crosses frames */
            put_frame(&file, &style, (slice){.data = part.data, .len = cut});
            put_frame(&file, &style, (slice){.data = part.data + cut, .len = part.len - cut});
            buf_append_slice(&text, buf_slice(&part));
        }
        for (size_t from = 0, to; from < text.len; from = to) {
            to = (size_t)((char *)memchr(text.data + from, '\n', text.len - from) - text.data) + 1;
            if (test_random(&seed) % (1 + (size_t)round * round) == 0)
                range_list_add(&removed, from, to);
        }
        AUTO(buf) out = BUF(0);
        splice_or_fail(buf_slice(&file), &removed, &out);
        AUTO(buf) expected = text_without(buf_slice(&text), &removed);
        AUTO(buf) got = text_by_libzstd(buf_slice(&out));
        expect_equal(buf_slice(&got), buf_slice(&expected));
        zstd_frame before[2 * FRAMES_MAX], after[2 * FRAMES_MAX];
        size_t count = frames_of(buf_slice(&file), before, ARRAY_LEN(before));
        assert_int_equal(frames_of(buf_slice(&out), after, ARRAY_LEN(after)), count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(after[i].has_size, before[i].has_size);
            assert_int_equal(after[i].has_checksum, before[i].has_checksum);
        }
    }
}

/* The first and the last of five are touched. */
static void frames_without_a_removed_byte_are_copied(void **state)
{
    UNUSED(state);
    for (unsigned sized = 0; sized < 2; sized++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) text = english_lines(&seed, 100000, 300);
        AUTO(range_list) removed = {0};
        size_t part = text.len / 5, ends[6] = {0};
        for (size_t i = 0; i < 5; i++) {
            put_frame(
                &file, &(frame_style){.level = 19, .size = sized, .checksum = true},
                (slice){.data = text.data + i * part, .len = i < 4 ? part : text.len - 4 * part});
            ends[i + 1] = file.len;
        }
        range_list_add(&removed, part - 1, part);
        range_list_add(&removed, 4 * part, 4 * part + 1);
        AUTO(buf) out = BUF(0);
        splice_or_fail(buf_slice(&file), &removed, &out);
        zstd_frame after[5];
        assert_int_equal(frames_of(buf_slice(&out), after, 5), 5);
        expect_equal((slice){.data = out.data + after[1].at, .len = after[3].end - after[1].at},
                     (slice){.data = file.data + ends[1], .len = ends[4] - ends[1]});
        AUTO(buf) got = text_by_libzstd(buf_slice(&out));
        AUTO(buf) expected = text_without(buf_slice(&text), &removed);
        expect_equal(buf_slice(&got), buf_slice(&expected));
    }
}

static void nothing_removed_is_the_same_file(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 100000, 300);
    AUTO(range_list) none = {0};
    for (unsigned i = 0; i < 4; i++) {
        put_frame(&file, &(frame_style){.level = 3, .size = i & 1, .checksum = i & 2},
                  buf_slice(&text));
        put_skippable(&file, ZSTD_SKIPPABLE_MAGIC + i, SLICE_LIT("anything"));
    }
    AUTO(buf) out = BUF(0);
    splice_or_fail(buf_slice(&file), &none, &out);
    expect_equal(buf_slice(&out), buf_slice(&file));
}

static void a_file_that_loses_all_keeps_its_frames(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 20000, 300);
    AUTO(range_list) all = {0};
    put_frame(&file, &(frame_style){.level = 3, .size = true, .checksum = true}, buf_slice(&text));
    put_frame(&file, &(frame_style){.level = 3}, buf_slice(&text));
    range_list_add(&all, 0, 2 * text.len);
    AUTO(buf) out = BUF(0);
    splice_or_fail(buf_slice(&file), &all, &out);
    AUTO(buf) got = text_by_libzstd(buf_slice(&out));
    zstd_frame after[2];
    assert_int_equal(got.len, 0);
    assert_int_equal(frames_of(buf_slice(&out), after, 2), 2);
}

/* pzstd puts a skippable frame with the size of the next one before each frame. */
static void sizes_of_pzstd_are_recomputed(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 60000, 300);
    AUTO(range_list) removed = {0};
    for (unsigned i = 0; i < 3; i++) {
        AUTO(buf) frame = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) size = BUF(4);
        put_frame(&frame, &(frame_style){.level = 3, .size = true}, buf_slice(&text));
        put_le(&size, (uint32_t)frame.len, 4);
        put_skippable(&file, ZSTD_SKIPPABLE_MAGIC, buf_slice(&size));
        buf_append_slice(&file, buf_slice(&frame));
    }
    range_list_add(&removed, text.len + 5, text.len + 30000);
    AUTO(buf) out = BUF(0);
    splice_or_fail(buf_slice(&file), &removed, &out);
    zstd_frame f[6];
    assert_int_equal(frames_of(buf_slice(&out), f, 6), 6);
    for (size_t i = 0; i < 6; i += 2)
        assert_int_equal(zstd_get_le32((uint8_t *)out.data + f[i].at + 8),
                         f[i + 1].end - f[i + 1].at);
    assert_true(f[3].end - f[3].at < f[1].end - f[1].at);
}

/* The seekable format: entries of sizes (and checksums), then a footer, in a skippable frame. */
static void a_seek_table_is_recomputed(void **state)
{
    UNUSED(state);
    for (unsigned checksums = 0; checksums < 2; checksums++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        AUTO(buf) table = BUF(1000);
        AUTO(buf) text = english_lines(&seed, 60000, 300);
        AUTO(range_list) removed = {0};
        for (unsigned i = 0; i < 3; i++) {
            size_t from = file.len;
            put_frame(&file, &(frame_style){.level = 3, .checksum = checksums}, buf_slice(&text));
            put_le(&table, (uint32_t)(file.len - from), 4);
            put_le(&table, (uint32_t)text.len, 4);
            if (checksums)
                buf_append(&table, file.data + file.len - 4, 4);
        }
        put_le(&table, 3, 4);
        buf_append_char(&table, checksums ? (char)0x80 : 0);
        put_le(&table, 0x8F92EAB1, 4);
        put_skippable(&file, 0x184D2A5E, buf_slice(&table));
        range_list_add(&removed, text.len + 5, text.len + 30000);
        AUTO(buf) out = BUF(0);
        splice_or_fail(buf_slice(&file), &removed, &out);
        zstd_frame f[4];
        assert_int_equal(frames_of(buf_slice(&out), f, 4), 4);
        const uint8_t *entry = (uint8_t *)out.data + f[3].at + 8;
        for (size_t i = 0; i < 3; i++, entry += checksums ? 12 : 8) {
            assert_int_equal(zstd_get_le32(entry), f[i].end - f[i].at);
            assert_int_equal(zstd_get_le32(entry + 4), i == 1 ? text.len - 29995 : text.len);
            if (checksums)
                assert_memory_equal(entry + 8, out.data + f[i].end - 4, 4);
        }
        assert_int_equal(zstd_get_le32(entry), 3);
        assert_int_equal(entry[4], checksums ? 0x80 : 0);
        assert_int_equal(zstd_get_le32(entry + 5), 0x8F92EAB1);
        AUTO(buf) got = text_by_libzstd(buf_slice(&out));
        assert_int_equal(got.len, 3 * text.len - 29995);
    }
}

static void a_long_window_is_kept(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 60000, 300);
    AUTO(range_list) removed = {0};
    put_frame(&file, &(frame_style){.level = 3, .window_log = 25, .is_long = true},
              buf_slice(&text));
    range_list_add(&removed, 0, 10);
    AUTO(buf) out = BUF(0);
    splice_or_fail(buf_slice(&file), &removed, &out);
    zstd_frame after[1];
    assert_int_equal(frames_of(buf_slice(&out), after, 1), 1);
    assert_int_equal(after[0].window_bytes, 1 << 25);
}

static void ranges_beyond_the_text_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 5000, 300);
    put_frame(&file, &(frame_style){.level = 3, .size = true}, buf_slice(&text));
    for (size_t past = 0; past < 2; past++) {
        AUTO(range_list) removed = {0};
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        range_list_add(&removed, text.len - 5 + 6 * past, text.len + 1 + past);
        assert_false(splice_bytes(CODEC_ZSTD, buf_slice(&file), &removed, &out, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
}

static void damaged_frames_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 5000, 300);
    AUTO(range_list) removed = {0};
    put_frame(&file, &(frame_style){.level = 3, .size = true, .checksum = true}, buf_slice(&text));
    range_list_add(&removed, 0, 10);
    for (size_t len = 1; len < file.len; len += 1 + len / 4) { /* cut off */
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        slice part = {.data = file.data, .len = len};
        assert_false(splice_bytes(CODEC_ZSTD, part, &removed, &out, &e));
    }
    for (size_t at = 0; at < file.len; at += 1 + at / 4) { /* a bit changed: an error or the text */
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        file.data[at] ^= 4;
        if (splice_bytes(CODEC_ZSTD, buf_slice(&file), &removed, &out, &e))
            assert_true(out.len > 0);
        file.data[at] ^= 4;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_frames_lose_any_lines),
        cmocka_unit_test(frames_without_a_removed_byte_are_copied),
        cmocka_unit_test(nothing_removed_is_the_same_file),
        cmocka_unit_test(a_file_that_loses_all_keeps_its_frames),
        cmocka_unit_test(sizes_of_pzstd_are_recomputed),
        cmocka_unit_test(a_seek_table_is_recomputed),
        cmocka_unit_test(a_long_window_is_kept),
        cmocka_unit_test(ranges_beyond_the_text_are_refused),
        cmocka_unit_test(damaged_frames_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
