/* Copies bits of one file to any bit position of another. */
#include "tests/unit/compression/splice/splice_support.h"

#include "compression/pieces/bit_writer.h"

static unsigned bit_at(slice bytes, uint64_t at)
{
    return (unsigned)(unsigned char)bytes.data[at / 8] >> at % 8 & 1;
}

static void expect_bits(slice from, uint64_t begin, uint64_t end, uint64_t cleared, unsigned before)
{
    AUTO_FD in = memory_file(from);
    AUTO_FD out = memory_file((slice){0});
    bit_writer *w = xcalloc(1, sizeof *w);
    w->fd = out;
    assert_true(bits_put(w, 0x5555, before, NULL));
    assert_true(bits_copy(w, in, begin, end, cleared, NULL));
    assert_true(bits_pad(w, NULL) && bits_flush(w, NULL));
    free(w);
    AUTO(buf) got = file_bytes(out);
    uint64_t count = before + end - begin;
    assert_int_equal(got.len, (count + 7) / 8);
    for (uint64_t i = 0; i < 8 * got.len; i++) {
        uint64_t at = begin + i - before;
        unsigned expected = i < before                    ? !(i % 2)
                            : i >= count || at == cleared ? 0
                                                          : bit_at(from, at);
        assert_int_equal(bit_at(buf_slice(&got), i), expected);
    }
}

static void ranges_of_bits_go_to_every_place(void **state)
{
    UNUSED(state);
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
    slice from = {.data = (const char *)bytes, .len = sizeof bytes};
    for (unsigned before = 0; before < 8; before++)
        for (uint64_t begin = 0; begin < 9; begin++)
            for (uint64_t end = begin; end <= 8 * sizeof bytes; end += end < begin + 20 ? 1 : 23)
                expect_bits(from, begin, end, begin + (end - begin) / 2, before);
}

/* Longer than every buffer; without a shift the kernel copies. */
static void long_ranges_are_copied(void **state)
{
    UNUSED(state);
    uint64_t seed = 7;
    AUTO(buf) text = english_lines(&seed, 600000, 100);
    for (unsigned before = 0; before < 8; before += 3)
        expect_bits(buf_slice(&text), 3, 8 * text.len - 2, BIT_NONE, before);
}

static void held_bytes_are_written_when_they_are_too_many(void **state)
{
    UNUSED(state);
    AUTO_FD out = memory_file((slice){0});
    AUTO(buf) held = BUF(100000);
    bit_writer *w = xcalloc(1, sizeof *w);
    *w = (bit_writer){.fd = out, .held = &held};
    AUTO(buf) text = BUF(300000);
    while (text.len < 90000)
        buf_printf(&text, "%zu ", text.len);
    assert_true(bits_put_bytes(w, buf_slice(&text), NULL) && bits_flush(w, NULL));
    assert_non_null(w->held);
    assert_int_equal(held.len, text.len);
    assert_true(bits_put_bytes(w, buf_slice(&text), NULL) && bits_flush(w, NULL));
    assert_null(w->held);
    AUTO(buf) got = file_bytes(out);
    free(w);
    assert_int_equal(got.len, 2 * text.len);
    assert_memory_equal(got.data, text.data, text.len);
    assert_memory_equal(got.data + text.len, text.data, text.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_bits_go_to_every_place),
        cmocka_unit_test(long_ranges_are_copied),
        cmocka_unit_test(held_bytes_are_written_when_they_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
