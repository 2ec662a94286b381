/* Copies bits of a file and of memory to any bit position of another file. */
#include "tests/unit/compression/splice/splice_support.h"

#include "compression/bzip2/bzip2_bits.h"
#include "compression/pieces/bzip2_writer.h"

static uint64_t seed = 4711;

static void expect_bits(slice from, uint64_t begin, uint64_t end, unsigned before, bool of_file)
{
    AUTO_FD in = memory_file(from);
    AUTO_FD out = memory_file((slice){0});
    bzip2_writer *w = xcalloc(1, sizeof *w);
    w->fd = out;
    assert_true(bzip2_put(w, 0xAAAAAAAA, before, NULL));
    assert_true(of_file ? bzip2_copy(w, in, begin, end, NULL)
                        : bzip2_put_bits(w, from, begin, end, NULL));
    assert_true(bzip2_pad(w, NULL) && bzip2_flush(w, NULL));
    free(w);
    AUTO(buf) got = file_bytes(out);
    slice bits = buf_slice(&got);
    assert_int_equal(got.len, (before + (end - begin) + 7) / 8);
    for (unsigned i = 0; i < before; i++)
        assert_int_equal(bzip2_bits_read(bits, i, 1), (before - i) % 2 == 0);
    uint64_t step = end - begin > 100000 ? 1009 : 1;
    for (uint64_t i = 0; i < end - begin; i += step)
        if (bzip2_bits_read(bits, before + i, 1) != bzip2_bits_read(from, begin + i, 1))
            fail_msg("bit %zu of [%zu, %zu) after %u bits", (size_t)i, (size_t)begin, (size_t)end,
                     before);
    for (uint64_t i = before + (end - begin); i < 8 * got.len; i++)
        assert_int_equal(bzip2_bits_read(bits, i, 1), 0);
}

static buf random_bytes(size_t len)
{
    buf bytes = BUF(SPLICE_TEXT_MAX);
    while (bytes.len < len)
        buf_append_char(&bytes, (char)test_random(&seed));
    return bytes;
}

static void bits_move_from_any_place_to_any_place(void **state)
{
    UNUSED(state);
    AUTO(buf) bytes = random_bytes(40);
    for (unsigned before = 0; before < 16; before++)
        for (uint64_t begin = 0; begin < 16; begin++)
            for (uint64_t end = begin; end <= 8 * bytes.len; end += 1 + end / 7)
                for (unsigned of_file = 0; of_file < 2; of_file++)
                    expect_bits(buf_slice(&bytes), begin, end, before, of_file);
}

/* Larger than every buffer, with and without a shift. */
static void long_ranges_are_copied(void **state)
{
    UNUSED(state);
    AUTO(buf) bytes = random_bytes(700000);
    for (unsigned before = 3; before < 5; before++)
        for (unsigned of_file = 0; of_file < 2; of_file++) {
            expect_bits(buf_slice(&bytes), 3, 8 * bytes.len - 5, before, of_file);
            expect_bits(buf_slice(&bytes), 11, 8 * bytes.len, before, of_file);
        }
}

static void a_range_beyond_the_file_is_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) bytes = random_bytes(10);
    AUTO_FD in = memory_file(buf_slice(&bytes));
    AUTO_FD out = memory_file((slice){0});
    bzip2_writer *w = xcalloc(1, sizeof *w);
    err e = ERR_INIT;
    w->fd = out;
    assert_false(bzip2_copy(w, in, 0, 81, &e));
    assert_int_equal(e.code, ERR_IO);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_move_from_any_place_to_any_place),
        cmocka_unit_test(long_ranges_are_copied),
        cmocka_unit_test(a_range_beyond_the_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
