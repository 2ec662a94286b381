/* Cleaned files that are broken, or compressed in another way. */
#include "tests/flow/exact_site.h"

static void write_file(const char *path, slice data)
{
    err e = ERR_INIT;
    if (!fs_write_file(path, data, false, &e))
        fail_msg("%s", e.message);
}

static void truncated(const char *path, const char *input_path)
{
    UNUSED(input_path);
    uint64_t size = 0;
    err e = ERR_INIT;
    assert_true(fs_size(path, &size, &e));
    assert_int_equal(truncate(path, (off_t)size - 5), 0);
}

static void empty_file(const char *path, const char *input_path)
{
    UNUSED(input_path);
    write_file(path, SLICE_LIT(""));
}

static void bytes_behind(const char *path, const char *input_path)
{
    UNUSED(input_path);
    AUTO(buf) data = BUF(1 << 20);
    err e = ERR_INIT;
    assert_true(fs_read_file(path, 1 << 20, &data, &e));
    buf_append_str(&data, "xyz");
    write_file(path, buf_slice(&data));
}

static void second_member(const char *path, const char *input_path)
{
    UNUSED(input_path);
    AUTO(buf) data = BUF(1 << 20);
    err e = ERR_INIT;
    assert_true(fs_read_file(path, 1 << 20, &data, &e));
    AUTO(buf) twice = BUF(1 << 20);
    buf_append_slice(&twice, buf_slice(&data));
    buf_append_slice(&twice, buf_slice(&data));
    write_file(path, buf_slice(&twice));
}

static void bit_flipped(const char *path, const char *input_path)
{
    UNUSED(input_path);
    AUTO(buf) data = BUF(1 << 20);
    err e = ERR_INIT;
    assert_true(fs_read_file(path, 1 << 20, &data, &e));
    data.data[data.len / 2] ^= 4;
    write_file(path, buf_slice(&data));
}

/* As the reference server does it with .bz2 and .xz: the input's own bytes in a gzip file. */
static void input_undecoded(const char *path, const char *input_path)
{
    AUTO(buf) data = BUF(1 << 20);
    err e = ERR_INIT;
    assert_true(fs_read_file(input_path, 1 << 20, &data, &e));
    FILE *file = fopen(path, "w");
    AUTO_PTR(stage) writer = stage_fd_writer_new(fileno(file));
    AUTO_PTR(stage) gzip = codec_encoder_new(CODEC_GZIP, 0, writer, &e);
    assert_true(stage_feed(gzip, buf_slice(&data), &e) && stage_finish(gzip, &e));
    fclose(file);
}

static void a_broken_file_is_never_committed(void **state)
{
    UNUSED(state);
    static void (*const changes[])(const char *, const char *) = {
        truncated, empty_file, bytes_behind, second_member, bit_flipped};
    static const char *const inputs[] = {A BAD B C, A B C};
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        for (size_t i = 0; i < ARRAY_LEN(changes); i++)
            for (size_t in = 0; in < ARRAY_LEN(inputs); in++) {
                world *w = world_new();
                w->purify = true;
                add_all(w, inputs[in]);
                w->change_cleaned_file = changes[i];
                expect_failures(w, WORDS("--xz-level", "1", "--verify", levels[l]), "");
                expect_log(w, "cleaned file");
                world_free(w);
            }
}

static void compressed_bytes_taken_for_text_are_never_committed(void **state)
{
    UNUSED(state);
    static const char *const inputs[] = {A BAD B C, A B C};
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        for (size_t in = 0; in < ARRAY_LEN(inputs); in++) {
            world *w = world_new();
            w->purify = true;
            world_add(w, "bz.jsonl.bz2", inputs[in]);
            world_add(w, "xz.jsonl.xz", inputs[in]);
            w->change_cleaned_file = input_undecoded;
            expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 3);
            expect_log(w, "Clean=0 Contaminated=0 Failed=2 ");
            expect_log(w, NOT_THE_INPUT "its line 1 is not line 1 of the input");
            assert_string_equal(w->order, "");
            world_free(w);
        }
}

/* The server may choose the compression of its file. */
static void as_zstd(const char *path, const char *input_path)
{
    UNUSED(input_path);
    AUTO_FREE char *other = xasprintf("%s.tmp", path);
    err e = ERR_INIT;
    assert_true(codec_recode_file(path, other, CODEC_ZSTD, 0, &e));
    assert_int_equal(rename(other, path), 0);
}

static void as_plain(const char *path, const char *input_path)
{
    UNUSED(input_path);
    AUTO_FREE char *other = xasprintf("%s.tmp", path);
    err e = ERR_INIT;
    assert_true(codec_recode_file(path, other, CODEC_PLAIN, 0, &e));
    assert_int_equal(rename(other, path), 0);
}

static void any_compression_of_the_right_text_is_taken(void **state)
{
    UNUSED(state);
    static void (*const changes[])(const char *, const char *) = {as_zstd, as_plain};
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        world *w = world_new();
        w->purify = true;
        add_all(w, A BAD B C);
        w->change_cleaned_file = changes[i];
        expect_cleaned(w, NULL, A B C);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_file_is_never_committed),
        cmocka_unit_test(compressed_bytes_taken_for_text_are_never_committed),
        cmocka_unit_test(any_compression_of_the_right_text_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
