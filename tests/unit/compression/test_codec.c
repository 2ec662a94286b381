/* The table of formats, round trips, files. */
#include "base/util.h"
#include "tests/unit/compression/support.h"

#include "base/fsutil.h"
#include "compression/detect.h"
#include "compression/stream/coder.h"

#include <unistd.h>

static void formats_are_recognised_by_suffix(void **state)
{
    UNUSED(state);
    assert_int_equal(codec_by_suffix("a.jsonl"), CODEC_PLAIN);
    assert_int_equal(codec_by_suffix("a.jsonl.gz"), CODEC_GZIP);
    assert_int_equal(codec_by_suffix("a.zst"), CODEC_ZSTD);
    assert_int_equal(codec_by_suffix("a.gz.zstd"), CODEC_ZSTD);
    assert_int_equal(codec_by_suffix("a.bz2"), CODEC_BZIP2);
    assert_int_equal(codec_by_suffix("a.xz"), CODEC_XZ);
    assert_int_equal(codec_by_suffix("a.GZ"), CODEC_PLAIN);
    assert_int_equal(codec_by_suffix("agz"), CODEC_PLAIN);
    assert_int_equal(codec_by_suffix(""), CODEC_PLAIN);
    assert_string_equal(codec_name_suffix("x/a.jsonl.zstd"), ".zstd");
    assert_string_equal(codec_name_suffix("x/a.jsonl"), "");
    const char *name = "a.bz2";
    assert_ptr_equal(codec_name_suffix(name), name + 1);
}

static void formats_are_recognised_by_magic(void **state)
{
    UNUSED(state);
    assert_int_equal(codec_by_magic(SLICE_LIT("\x1f\x8b\x08\0\0\0")), CODEC_GZIP);
    assert_int_equal(codec_by_magic(SLICE_LIT("\x28\xb5\x2f\xfd\x04\x58")), CODEC_ZSTD);
    assert_int_equal(codec_by_magic(SLICE_LIT("\x5c\x2a\x4d\x18\0\0")), CODEC_ZSTD);
    assert_int_equal(codec_by_magic(SLICE_LIT("BZh91A")), CODEC_BZIP2);
    assert_int_equal(codec_by_magic(SLICE_LIT("BZh01A")), CODEC_PLAIN);
    assert_int_equal(codec_by_magic(SLICE_LIT("\xfd"
                                              "7zXZ\0")),
                     CODEC_XZ);
    assert_int_equal(codec_by_magic(SLICE_LIT("{\"text")), CODEC_PLAIN);
    assert_int_equal(codec_by_magic(SLICE_LIT("")), CODEC_PLAIN);
}

static void a_cut_magic_is_recognised_by_the_name(void **state)
{
    UNUSED(state);
    assert_int_equal(codec_detect(SLICE_LIT("\xfd"
                                            "7z"),
                                  "a.xz"),
                     CODEC_XZ);
    assert_int_equal(codec_detect(SLICE_LIT("\x1f"), "a.gz"), CODEC_GZIP);
    assert_int_equal(codec_detect(SLICE_LIT("\x1f"), "a.jsonl"), CODEC_PLAIN);
    assert_int_equal(codec_detect(SLICE_LIT(""), "a.zst"), CODEC_ZSTD);
    assert_int_equal(codec_detect(SLICE_LIT("{}"), "a.zst"), CODEC_PLAIN);
    assert_int_equal(codec_detect(SLICE_LIT("\x1f\x8b\x08"), "a.zst"), CODEC_GZIP);
}

static void each_row_of_the_table_knows_itself(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        const codec_info *info = codec_get(f);
        assert_int_equal(info->format, f);
        for (const char *const *s = info->suffixes; *s; s++)
            assert_int_equal(codec_by_suffix(*s), f);
        AUTO(buf) coded = encode(f, 0, SLICE_LIT("x\n"));
        assert_int_equal(codec_by_magic(buf_slice(&coded)), f);
        assert_true(f == CODEC_PLAIN || memcmp(coded.data, info->magic.data, info->magic.len) == 0);
    }
}

static void texts_of_any_size_come_back(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(1500, 1);
    const size_t sizes[] = {0, 1, 100, 65536, 65537, lines.len};
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            if (f == CODEC_PLAIN && sizes[i] == 0)
                continue;
            slice text = {.data = lines.data, .len = sizes[i]};
            AUTO(buf) coded = encode(f, 1, text);
            assert_decodes(f, buf_slice(&coded), text);
        }
}

static void levels_round_trip_and_wrong_ones_are_refused(void **state)
{
    UNUSED(state);
    static const int best[CODEC_FORMAT_COUNT] = {0, 9, 12, 9, 3};
    AUTO(buf) lines = sample_lines(60, 2);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        for (int level = 0; level <= best[f]; level += 3) {
            AUTO(buf) coded = encode(f, level, buf_slice(&lines));
            assert_true(coded.len < lines.len);
            assert_decodes(f, buf_slice(&coded), buf_slice(&lines));
        }
        AUTO(buf) low = encode(f, 1, buf_slice(&lines));
        AUTO(buf) usual = encode(f, 0, buf_slice(&lines));
        assert_false(slice_equal(buf_slice(&low), buf_slice(&usual)));
        err e = ERR_INIT;
        AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, NULL);
        assert_null(codec_encoder_new(f, 99, sink, &e));
        assert_string_equal(err_code_name(e.code), "CONFIG");
        assert_null(codec_encoder_new(f, -1, sink, &e));
    }
}

typedef struct folder {
    char path[64];
} folder;

static void folder_deinit(folder *f)
{
    err e = ERR_INIT;
    assert_true(fs_remove_tree(f->path, &e));
}
DEFINE_AUTO(folder, folder_deinit)

static folder folder_new(void)
{
    folder f = {.path = "/tmp/decon-test-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static unsigned checksums_of(const char *path, codec_format format)
{
    err e = ERR_INIT;
    AUTO(buf) coded = {0};
    AUTO(buf) text = BUF((size_t)8 << 20);
    assert_true(fs_read_file(path, (size_t)8 << 20, &coded, &e));
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
    AUTO_PTR(stage) first = codec_decoder_new(format, sink, &e);
    assert_true(feed_split(first, buf_slice(&coded), WHOLE, &e));
    return codec_decoder_stats(format, first).checksums;
}

/* By threads of the libraries, if supported; xz then writes blocks with their sizes. */
static void encoders_with_threads_round_trip(void **state)
{
    UNUSED(state);
    AUTO(folder) dir = folder_new();
    AUTO_FREE char *from = xasprintf("%s/a.jsonl", dir.path);
    AUTO_FREE char *to = xasprintf("%s/b.jsonl.coded", dir.path);
    AUTO(buf) lines = sample_lines(3000, 12);
    err e = ERR_INIT;
    assert_true(fs_write_file(from, buf_slice(&lines), false, &e));
    static const unsigned checks[CODEC_FORMAT_COUNT] = {0, CODEC_CHECK_CRC32, CODEC_CHECK_XXH64,
                                                        CODEC_CHECK_CRC32, CODEC_CHECK_CRC64};
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        codec_options options = {.threads = 2, .level = 1, .memory_bytes = (uint64_t)512 << 20};
        assert_true(codec_recode_file_with(from, to, f, &options, &e));
        AUTO(buf) text = BUF((size_t)8 << 20);
        AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
        assert_true(codec_decode_file(to, sink, &e));
        assert_true(slice_equal(buf_slice(&text), buf_slice(&lines)));
        assert_int_equal(checksums_of(to, f), checks[f]);
    }
}

static void memory_of_encoders_is_known_beforehand(void **state)
{
    UNUSED(state);
    uint64_t xz_6 = codec_encoder_memory(CODEC_XZ, &(codec_options){.level = 6});
    assert_in_range(xz_6 >> 20, 93, 100);
    assert_int_equal(codec_encoder_memory(CODEC_XZ, &(codec_options){0}), xz_6);
    for (codec_format f = CODEC_ZSTD; f <= CODEC_XZ; f += CODEC_XZ - CODEC_ZSTD) {
        codec_options one = {.level = 9}, two = {.level = 9, .threads = 2};
        assert_true(codec_encoder_memory(f, &two) > codec_encoder_memory(f, &one));
    }
    assert_true(codec_encoder_memory(CODEC_ZSTD, &(codec_options){.level = 22}) > (uint64_t)700
                                                                                      << 20);
}

/* The two codecs that are open at once, or the one that reads the output, including threads. */
static void memory_of_re_encoding_counts_every_codec(void **state)
{
    UNUSED(state);
    codec_options many = {.threads = 8};
    uint64_t mib = (uint64_t)1 << 20;
    assert_int_equal(codec_recode_memory(CODEC_GZIP, CODEC_BZIP2, &many),
                     codec_decoder_memory(CODEC_BZIP2, 8));
    assert_int_equal(codec_recode_memory(CODEC_ZSTD, CODEC_XZ, &(codec_options){.level = 6}),
                     codec_decoder_memory(CODEC_ZSTD, 0) +
                         codec_encoder_memory(CODEC_XZ, &(codec_options){.level = 6}));
    AUTO(folder) dir = folder_new();
    AUTO_FREE char *from = xasprintf("%s/a", dir.path);
    AUTO_FREE char *to = xasprintf("%s/b", dir.path);
    AUTO(buf) coded = encode(CODEC_XZ, 6, SLICE_LIT("{}\n"));
    err e = ERR_INIT;
    uint64_t needed = 0;
    assert_true(fs_write_file(from, buf_slice(&coded), false, &e));
    codec_options options = {.memory_bytes = 10 * mib, .memory_needed = &needed};
    assert_false(codec_recode_file_with(from, to, CODEC_BZIP2, &options, &e));
    assert_string_equal(err_code_name(e.code), "CODEC_MEMORY");
    assert_in_range(needed / mib, 9 + 8, 9 + 10);
    options.memory_bytes = needed;
    assert_true(codec_recode_file_with(from, to, CODEC_BZIP2, &options, &e));
    options.memory_bytes = 9 * mib; /* the encoder alone */
    assert_false(codec_recode_file_with(from, to, CODEC_BZIP2, &options, &e));
    assert_int_equal(needed, 10 * mib);
}

static bool refuse(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    UNUSED(data);
    return err_set(e, ERR_IO, "the sink is full");
}

static void a_failing_sink_stops_every_codec(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(50, 3);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, buf_slice(&lines));
        err e = ERR_INIT;
        AUTO_PTR(stage) sink = stage_callback_new(refuse, NULL, NULL);
        AUTO_PTR(stage) decoding = codec_decoder_new(f, sink, &e);
        assert_false(feed_split(decoding, buf_slice(&coded), WHOLE, &e));
        assert_string_equal(e.message, "the sink is full");
        AUTO_PTR(stage) encoding = codec_encoder_new(f, 1, sink, &e);
        e = (err)ERR_INIT;
        assert_false(feed_split(encoding, buf_slice(&lines), WHOLE, &e));
        assert_string_equal(e.message, "the sink is full");
    }
}

static bool count_name(void *ctx, const char *name, err *e)
{
    UNUSED(name);
    UNUSED(e);
    (*(size_t *)ctx)++;
    return true;
}

static void files_are_re_encoded_in_another_format(void **state)
{
    UNUSED(state);
    AUTO(folder) dir = folder_new();
    AUTO_FREE char *from = xasprintf("%s/a.jsonl.bz2", dir.path);
    AUTO_FREE char *to = xasprintf("%s/b.jsonl", dir.path);
    AUTO(buf) lines = sample_lines(3000, 4); /* several pieces of a file */
    AUTO(buf) coded = encode(CODEC_BZIP2, 1, buf_slice(&lines));
    err e = ERR_INIT;
    assert_true(fs_write_file(from, buf_slice(&coded), false, &e));
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        assert_true(codec_recode_file(from, to, f, 1, &e));
        AUTO(buf) text = BUF((size_t)8 * 1024 * 1024);
        AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
        assert_true(codec_decode_file(to, sink, &e)); /* by content: the name means plain */
        assert_true(slice_equal(buf_slice(&text), buf_slice(&lines)));
    }
}

static void a_failed_re_encoding_leaves_no_file(void **state)
{
    UNUSED(state);
    AUTO(folder) dir = folder_new();
    AUTO_FREE char *from = xasprintf("%s/a.gz", dir.path);
    AUTO_FREE char *to = xasprintf("%s/b.zst", dir.path);
    AUTO(buf) lines = sample_lines(50, 5);
    AUTO(buf) coded = encode(CODEC_GZIP, 0, buf_slice(&lines));
    err e = ERR_INIT;
    slice cut = {.data = coded.data, .len = coded.len - 3};
    assert_true(fs_write_file(from, cut, false, &e));
    assert_false(codec_recode_file(from, to, CODEC_ZSTD, 0, &e));
    assert_string_equal(err_code_name(e.code), "CODEC_EARLY_END");
    assert_non_null(strstr(e.message, "a.gz: gzip: ends early"));
    assert_false(codec_recode_file("/nonexistent/a.gz", to, CODEC_ZSTD, 0, &e));
    assert_string_equal(err_code_name(e.code), "IO");
    size_t names = 0;
    assert_true(fs_each_name(dir.path, count_name, &names, &e));
    assert_int_equal(names, 1);
}

static void an_empty_file_is_plain_unless_its_name_says_more(void **state)
{
    UNUSED(state);
    AUTO(folder) dir = folder_new();
    AUTO_FREE char *plain = xasprintf("%s/a.jsonl", dir.path);
    AUTO_FREE char *zipped = xasprintf("%s/a.jsonl.gz", dir.path);
    err e = ERR_INIT;
    assert_true(fs_write_file(plain, SLICE_LIT(""), false, &e));
    assert_true(fs_write_file(zipped, SLICE_LIT(""), false, &e));
    AUTO(buf) text = BUF(10);
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
    assert_true(codec_decode_file(plain, sink, &e));
    assert_int_equal(text.len, 0);
    assert_false(codec_decode_file(zipped, sink, &e));
    assert_string_equal(err_code_name(e.code), "CODEC_EARLY_END");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_recognised_by_suffix),
        cmocka_unit_test(formats_are_recognised_by_magic),
        cmocka_unit_test(a_cut_magic_is_recognised_by_the_name),
        cmocka_unit_test(each_row_of_the_table_knows_itself),
        cmocka_unit_test(texts_of_any_size_come_back),
        cmocka_unit_test(levels_round_trip_and_wrong_ones_are_refused),
        cmocka_unit_test(encoders_with_threads_round_trip),
        cmocka_unit_test(memory_of_encoders_is_known_beforehand),
        cmocka_unit_test(memory_of_re_encoding_counts_every_codec),
        cmocka_unit_test(a_failing_sink_stops_every_codec),
        cmocka_unit_test(files_are_re_encoded_in_another_format),
        cmocka_unit_test(a_failed_re_encoding_leaves_no_file),
        cmocka_unit_test(an_empty_file_is_plain_unless_its_name_says_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
