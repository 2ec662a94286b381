/* Decoding: the headers, blocks and checksums of each format. */
#include "tests/unit/compression/stream/decoder_site.h"

/* A gzip member with every header field. */
static buf gzip_with_fields(void)
{
    unsigned char extra[] = {'A', 'p', 2, 0, 1, 2};
    gz_header header = {.text = 1,
                        .time = 1700000000,
                        .extra = extra,
                        .extra_len = sizeof extra,
                        .name = (Bytef *)"name.jsonl",
                        .comment = (Bytef *)"a comment",
                        .hcrc = 1};
    char out[512];
    z_stream z = {.next_in = (Bytef *)"text\n",
                  .avail_in = 5,
                  .next_out = (Bytef *)out,
                  .avail_out = sizeof out};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf coded;
    buf_init(&coded, sizeof out);
    buf_append(&coded, out, sizeof out - z.avail_out);
    deflateEnd(&z);
    return coded;
}

static void gzip_header_fields_are_read_and_checked(void **state)
{
    UNUSED(state);
    AUTO(buf) coded = gzip_with_fields();
    assert_decodes(CODEC_GZIP, buf_slice(&coded), SLICE_LIT("text\n"));
    for (size_t len = 1; len < coded.len; len++)
        assert_refused(CODEC_GZIP, (slice){.data = coded.data, .len = len}, ERR_CODEC_EARLY_END,
                       "rest of the gzip member");
    char *name = memmem(coded.data, coded.len, "name", 4);
    *name = 'N'; /* detected only by the CRC of the header */
    assert_refused(CODEC_GZIP, buf_slice(&coded), ERR_CODEC_CORRUPT, "header crc mismatch");
}

/* The CRC of a header covers its own member only. */
static void gzip_headers_of_later_members_are_checked_too(void **state)
{
    UNUSED(state);
    AUTO(buf) one = gzip_with_fields();
    AUTO(buf) both = gzip_with_fields();
    buf_append_slice(&both, buf_slice(&one));
    assert_decodes(CODEC_GZIP, buf_slice(&both), SLICE_LIT("text\ntext\n"));
}

static void gzip_refuses_flags_that_it_does_not_know(void **state)
{
    UNUSED(state);
    AUTO(buf) coded = encode(CODEC_GZIP, 1, SLICE_LIT("text\n"));
    for (unsigned bit = 5; bit < 8; bit++) {
        coded.data[3] = (char)(1 << bit);
        assert_refused(CODEC_GZIP, buf_slice(&coded), ERR_CODEC_CORRUPT, "unknown header flags");
    }
}

static void gzip_checks_crc_and_length_apart(void **state)
{
    UNUSED(state);
    AUTO(buf) coded = encode(CODEC_GZIP, 1, SLICE_LIT("text\n"));
    coded.data[coded.len - 1] ^= 1;
    assert_refused(CODEC_GZIP, buf_slice(&coded), ERR_CODEC_CORRUPT, "incorrect length check");
    coded.data[coded.len - 8] ^= 1;
    assert_refused(CODEC_GZIP, buf_slice(&coded), ERR_CODEC_CORRUPT, "incorrect data check");
}

#define SKIPPABLE   "\x53\x2a\x4d\x18\x05\0\0\0hello"
#define EMPTY_FRAME "\x28\xb5\x2f\xfd\x20\0\x01\0\0"

static void zstd_skippable_frames_are_stepped_over(void **state)
{
    UNUSED(state);
    buf coded;
    buf_init(&coded, 4096);
    buf_append_slice(&coded, SLICE_LIT(SKIPPABLE));
    assert_decodes(CODEC_ZSTD, buf_slice(&coded), no_text);
    buf_append_slice(&coded, SLICE_LIT("\x50\x2a\x4d\x18\0\0\0\0"));
    encode_into(CODEC_ZSTD, 1, SLICE_LIT("a\n"), &coded);
    buf_append_slice(&coded, SLICE_LIT(SKIPPABLE EMPTY_FRAME));
    encode_into(CODEC_ZSTD, 1, SLICE_LIT("b\n"), &coded);
    assert_decodes(CODEC_ZSTD, buf_slice(&coded), SLICE_LIT("a\nb\n"));
    buf_append_slice(&coded, SLICE_LIT("\x5f\x2a\x4d\x18\0\0\0\0"));
    assert_decodes(CODEC_ZSTD, buf_slice(&coded), SLICE_LIT("a\nb\n"));
    slice cut = {.data = SKIPPABLE, .len = sizeof SKIPPABLE - 2};
    assert_refused(CODEC_ZSTD, cut, ERR_CODEC_EARLY_END, "rest of the zstd frame");
    buf_deinit(&coded);
}

static void zstd_raw_and_repeated_blocks_are_read(void **state)
{
    UNUSED(state);
    /* window 1 KiB; raw block "ab", empty raw block, 'c' four times as the last */
    slice coded = SLICE_LIT("\x28\xb5\x2f\xfd\0\0\x10\0\0ab\0\0\0\x23\0\0c");
    assert_decodes(CODEC_ZSTD, coded, SLICE_LIT("abcccc"));
    for (size_t len = 1; len < coded.len; len++)
        assert_refused(CODEC_ZSTD, (slice){.data = coded.data, .len = len}, ERR_CODEC_EARLY_END,
                       "rest of the zstd frame");
    slice reserved = SLICE_LIT("\x28\xb5\x2f\xfd\0\0\x10\0\0ab\x07\0\0");
    assert_refused(CODEC_ZSTD, reserved, ERR_CODEC_CORRUPT, "at raw byte 11 (2 bytes decoded)");
}

static void zstd_dictionaries_are_refused_by_their_id(void **state)
{
    UNUSED(state);
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\x21\x4d\0\x01\0\0"),
                   ERR_CODEC_UNSUPPORTED, "requires dictionary 77");
}

static void zstd_long_windows_need_memory_that_is_allowed(void **state)
{
    UNUSED(state);
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\0\x90\x01\0\0"), ERR_CODEC_MEMORY,
                   "its window of 256 MiB (zstd --long=28) needs 257 MiB of memory");
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\0\x89\x01\0\0"), ERR_CODEC_MEMORY,
                   "its window of 144 MiB (zstd --long=28)");
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\0\x8f\x01\0\0"), ERR_CODEC_MEMORY,
                   "its window of 240 MiB (zstd --long=28)");
    assert_decodes(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\0\x88\x01\0\0"), no_text); /* 128 MiB */
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\xa0\0\0\0\x40\x01\0\0"),
                   ERR_CODEC_MEMORY, "its window of 1024 MiB (zstd --long=30)");
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\0\xb0\x01\0\0"), ERR_CODEC_UNSUPPORTED,
                   "exceeds libzstd's limit of 2^31 bytes");
}

static void zstd_long_windows_are_read_where_memory_is_allowed(void **state)
{
    UNUSED(state);
    slice long_31 = SLICE_LIT("\x28\xb5\x2f\xfd\0\xa8\x19\0\0{}\n");
    codec_options options = {.memory_bytes = (uint64_t)2048 << 20};
    AUTO(outcome) refused = decode_with(CODEC_ZSTD, &options, long_31, WHOLE);
    assert_string_equal(err_code_name(refused.error.code), "CODEC_MEMORY");
    options.memory_bytes = (uint64_t)2049 << 20;
    AUTO(outcome) o = decode_with(CODEC_ZSTD, &options, long_31, WHOLE);
    assert_true(o.ok);
    assert_true(slice_equal(buf_slice(&o.text), SLICE_LIT("{}\n")));
}

static void zstd_content_sizes_that_lie_are_found(void **state)
{
    UNUSED(state);
    assert_decodes(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\x20\x02\x11\0\0ab"), SLICE_LIT("ab"));
    /* an empty last block, which libzstd accepts */
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\x20\x02\x01\0\0"), ERR_CODEC_CORRUPT,
                   "differs from its header");
    assert_refused(CODEC_ZSTD, SLICE_LIT("\x28\xb5\x2f\xfd\x20\x03\x11\0\0ab"), ERR_CODEC_CORRUPT,
                   "at raw byte 9");
}

/* The size field has one, two, four or eight bytes; a two-byte field stores the size minus 256. */
static void zstd_content_sizes_of_every_width_are_read(void **state)
{
    UNUSED(state);
    static const unsigned char descriptors[] = {0x20, 0x60, 0xa0, 0xe0};
    for (size_t i = 0; i < ARRAY_LEN(descriptors); i++) {
        size_t width = (size_t)1 << i, size = i == 1 ? 300 : 200;
        AUTO(buf) coded = BUF(100);
        buf_append(&coded, "\x28\xb5\x2f\xfd", 4);
        buf_append_char(&coded, (char)descriptors[i]);
        for (size_t n = 0; n < width; n++)
            buf_append_char(&coded, (char)((i == 1 ? size - 256 : size) >> 8 * n));
        size_t header = size << 3 | 3; /* the last block: one repeated byte */
        for (size_t n = 0; n < 3; n++)
            buf_append_char(&coded, (char)(header >> 8 * n));
        buf_append_char(&coded, 'x');
        AUTO(outcome) o = decode(CODEC_ZSTD, buf_slice(&coded), BYTEWISE);
        assert_true(o.ok);
        assert_int_equal(o.text.len, size);
    }
}

static buf xz_with_check(lzma_check check)
{
    buf coded;
    buf_init(&coded, 4096);
    uint8_t out[1024];
    size_t len = 0;
    assert_int_equal(lzma_easy_buffer_encode(1, check, NULL, (const uint8_t *)"text\n", 5, out,
                                             &len, sizeof out),
                     LZMA_OK);
    buf_append(&coded, out, len);
    return coded;
}

static unsigned checksums_seen(codec_format format, slice data)
{
    err e = ERR_INIT;
    AUTO(buf) text = BUF(4096);
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
    AUTO_PTR(stage) first = codec_decoder_new(format, sink, &e);
    assert_true(feed_split(first, data, WHOLE, &e));
    return codec_decoder_stats(format, first).checksums;
}

/* A header is followed by its own CRC32. */
static void xz_mend_crc(char *header, size_t len)
{
    uint32_t crc = lzma_crc32((const uint8_t *)header, len, 0);
    for (size_t i = 0; i < 4; i++)
        header[len + i] = (char)(crc >> (8 * i));
}

static void xz_check_types_are_read(void **state)
{
    UNUSED(state);
    static const lzma_check checks[] = {LZMA_CHECK_NONE, LZMA_CHECK_CRC32, LZMA_CHECK_CRC64,
                                        LZMA_CHECK_SHA256};
    static const unsigned seen[] = {CODEC_CHECK_NONE, CODEC_CHECK_CRC32, CODEC_CHECK_CRC64,
                                    CODEC_CHECK_SHA256};
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        AUTO(buf) coded = xz_with_check(checks[i]);
        assert_int_equal(checksums_seen(CODEC_XZ, buf_slice(&coded)), seen[i]);
        assert_decodes(CODEC_XZ, buf_slice(&coded), SLICE_LIT("text\n"));
    }
    AUTO(buf) unknown = xz_with_check(LZMA_CHECK_CRC32);
    unknown.data[7] = 2;
    xz_mend_crc(unknown.data + 6, 2);
    assert_refused(CODEC_XZ, buf_slice(&unknown), ERR_CODEC_UNSUPPORTED, "check type 2");
}

/* A footer with a valid CRC that belongs to another stream: only the stream before it shows
 * that. */
static void xz_footers_are_compared_with_their_stream(void **state)
{
    UNUSED(state);
    for (size_t at = 4; at < 10; at += 5) { /* the index's size, the type of the check */
        AUTO(buf) coded = xz_with_check(LZMA_CHECK_CRC32);
        char *footer = coded.data + coded.len - 12;
        footer[at] ^= at == 4 ? 2 : 1 ^ 4;
        uint32_t crc = lzma_crc32((const uint8_t *)footer + 4, 6, 0);
        for (size_t i = 0; i < 4; i++)
            footer[i] = (char)(crc >> (8 * i));
        assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_CORRUPT, "the footer is damaged");
    }
}

static void xz_memory_and_filters_have_limits(void **state)
{
    UNUSED(state);
    AUTO(buf) coded = encode(CODEC_XZ, 1, SLICE_LIT("text\n"));
    char *block = coded.data + 12; /* size, flags, filter id, 1, dictionary size, padding */
    size_t header_len = ((size_t)(unsigned char)block[0] + 1) * 4;
    assert_int_equal(block[2], 0x21);
    block[4] = 38; /* 2 GiB */
    xz_mend_crc(block, header_len - 4);
    assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_MEMORY, "a block needs 2");
    block[2] = 0x7e;
    xz_mend_crc(block, header_len - 4);
    assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_UNSUPPORTED, "filters");
}

/* Blocks whose headers contain their sizes go to helper threads (decode() compares with and
 * without). */
static buf xz_in_blocks(slice text)
{
    buf coded;
    buf_init(&coded, (size_t)1 << 20);
    AUTO_FREE char *out = malloc((size_t)1 << 20);
    lzma_stream lzma = LZMA_STREAM_INIT;
    lzma_mt options = {.threads = 2, .block_size = 8192, .preset = 0, .check = LZMA_CHECK_CRC32};
    assert_int_equal(lzma_stream_encoder_mt(&lzma, &options), LZMA_OK);
    lzma.next_in = (const uint8_t *)text.data;
    lzma.avail_in = text.len;
    lzma.next_out = (uint8_t *)out;
    lzma.avail_out = (size_t)1 << 20;
    assert_int_equal(lzma_code(&lzma, LZMA_FINISH), LZMA_STREAM_END);
    buf_append(&coded, out, ((size_t)1 << 20) - lzma.avail_out);
    lzma_end(&lzma);
    return coded;
}

static void xz_blocks_are_decoded_the_same_by_helpers(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(300, 13);
    AUTO(buf) coded = xz_in_blocks(buf_slice(&lines));
    assert_decodes(CODEC_XZ, buf_slice(&coded), buf_slice(&lines));
    for (size_t at = 1; at < coded.len; at += coded.len / 40) {
        AUTO(outcome) cut = decode(CODEC_XZ, (slice){.data = coded.data, .len = at}, WHOLE);
        assert_string_equal(err_code_name(cut.error.code), "CODEC_EARLY_END");
        coded.data[at] ^= 0x20;
        AUTO(outcome) whole = decode(CODEC_XZ, buf_slice(&coded), WHOLE);
        AUTO(outcome) pieces = decode(CODEC_XZ, buf_slice(&coded), (splitter){.max_piece = 700});
        assert_false(whole.ok);
        assert_same_outcome(&whole, &pieces);
        coded.data[at] ^= 0x20;
    }
}

static void xz_padding_comes_in_fours(void **state)
{
    UNUSED(state);
    AUTO(buf) again = encode(CODEC_XZ, 1, SLICE_LIT("y\n"));
    for (size_t zeros = 0; zeros <= 8; zeros++) {
        AUTO(buf) coded = encode(CODEC_XZ, 1, SLICE_LIT("x\n"));
        buf_append(&coded, "\0\0\0\0\0\0\0\0", zeros);
        bool whole = zeros % 4 == 0;
        if (whole)
            assert_decodes(CODEC_XZ, buf_slice(&coded), SLICE_LIT("x\n"));
        else
            assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_EARLY_END, "padding");
        buf_append_slice(&coded, buf_slice(&again));
        if (whole)
            assert_decodes(CODEC_XZ, buf_slice(&coded), SLICE_LIT("x\ny\n"));
        else
            assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_CORRUPT, "multiple of four");
    }
    AUTO(buf) coded = encode(CODEC_XZ, 1, SLICE_LIT("x\n"));
    buf_append(&coded, "\0\0\0\0{", 5);
    assert_refused(CODEC_XZ, buf_slice(&coded), ERR_CODEC_TRAILING, "trailing garbage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_header_fields_are_read_and_checked),
        cmocka_unit_test(gzip_headers_of_later_members_are_checked_too),
        cmocka_unit_test(gzip_refuses_flags_that_it_does_not_know),
        cmocka_unit_test(gzip_checks_crc_and_length_apart),
        cmocka_unit_test(zstd_skippable_frames_are_stepped_over),
        cmocka_unit_test(zstd_raw_and_repeated_blocks_are_read),
        cmocka_unit_test(zstd_dictionaries_are_refused_by_their_id),
        cmocka_unit_test(zstd_long_windows_need_memory_that_is_allowed),
        cmocka_unit_test(zstd_long_windows_are_read_where_memory_is_allowed),
        cmocka_unit_test(zstd_content_sizes_that_lie_are_found),
        cmocka_unit_test(zstd_content_sizes_of_every_width_are_read),
        cmocka_unit_test(xz_check_types_are_read),
        cmocka_unit_test(xz_footers_are_compared_with_their_stream),
        cmocka_unit_test(xz_memory_and_filters_have_limits),
        cmocka_unit_test(xz_blocks_are_decoded_the_same_by_helpers),
        cmocka_unit_test(xz_padding_comes_in_fours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
