/* bzip2: block marks inside data, blocks on helper threads, blocks with large output. */
#include "base/util.h"
#include "tests/unit/compression/support.h"

#include <bzlib.h>

#include "compression/bzip2/bzip2_bits.h"

#define LETTERS 60
#define SYMBOLS (LETTERS + 2)

/* ---- writes blocks that libbz2 would not write ---- */

typedef struct bits {
    unsigned char bytes[4096];
    size_t count;
} bits;

static void put(bits *b, uint64_t value, unsigned count)
{
    while (count-- > 0) {
        if (value >> count & 1)
            b->bytes[b->count / 8] |= (unsigned char)(0x80 >> b->count % 8);
        b->count++;
    }
}

static uint32_t crc_of(const char *text, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)(unsigned char)text[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
    }
    return ~crc;
}

static unsigned bit_at(const bits *b, size_t at)
{
    return b->bytes[at / 8] >> (7 - at % 8) & 1;
}

/* The code lengths of an unused table: any changes of length are valid, so that arbitrary bits may
 * follow: 0 ends a symbol, 1 and another bit change its length by one. */
static void put_unused_table(bits *b, const bits *false_bits, unsigned lead)
{
    unsigned ended = lead;
    bool change = false;
    put(b, 10, 5);
    put(b, 0, lead);
    for (size_t i = 0; i < false_bits->count; i++) {
        unsigned bit = bit_at(false_bits, i);
        put(b, bit, 1);
        if (change || bit)
            change = !change;
        else
            ended++;
    }
    if (change)
        put(b, 0, 1);
    assert_true(ended < SYMBOLS);
    put(b, 0, SYMBOLS - ended);
}

/* A block of LETTERS ascending letters: its transform begins with the last of them, and each
 * following index is its own position. */
static uint32_t put_block_around(bits *b, const bits *false_bits, unsigned lead)
{
    char text[LETTERS];
    for (unsigned i = 0; i < LETTERS; i++)
        text[i] = (char)('0' + i);
    uint32_t crc = crc_of(text, sizeof text);
    put(b, BZIP2_BLOCK_MARK, 48);
    put(b, crc, 32);
    put(b, 0, 1 + 24);  /* not randomised; the text is the first sorted rotation */
    put(b, 0x1e00, 16); /* letters are from 0x30, 0x40, 0x50 and 0x60 on */
    put(b, 0xffff, 16); /* 0x30 to 0x3f */
    put(b, 0xffff, 16);
    put(b, 0xffff, 16);
    put(b, 0xfff0, 16); /* 0x60 to 0x6b */
    put(b, 2, 3);       /* tables */
    put(b, 2, 15);      /* selectors, one for each 50 symbols */
    put(b, 0, 2);       /* the first table */
    put(b, 6, 5);
    put(b, 0, SYMBOLS); /* each symbol has six bits, and is its own code */
    put_unused_table(b, false_bits, lead);
    put(b, LETTERS, 6);
    for (unsigned i = 1; i < LETTERS; i++)
        put(b, i + 1, 6);
    put(b, LETTERS + 1, 6);
    return crc;
}

static uint32_t put_block(bits *b, uint64_t mark, unsigned lead)
{
    bits false_bits = {.count = 0};
    put(&false_bits, mark, mark ? BZIP2_MARK_BITS : 0);
    return put_block_around(b, &false_bits, lead);
}

static void begin(bits *b)
{
    *b = (bits){.count = 0};
    put(b, 0x425a6839, 32); /* BZh9 */
}

static slice end(bits *b, uint32_t combined)
{
    put(b, BZIP2_END_MARK, 48);
    put(b, combined, 32);
    return (slice){.data = (const char *)b->bytes, .len = (b->count + 7) / 8};
}

static uint32_t add(uint32_t combined, uint32_t crc)
{
    return (combined << 1 | combined >> 31) ^ crc;
}

static void assert_libbz2_takes_it(slice data, size_t text_bytes)
{
    char out[1024];
    unsigned len = sizeof out;
    assert_int_equal(
        BZ2_bzBuffToBuffDecompress(out, &len, (char *)data.data, (unsigned)data.len, 0, 0), BZ_OK);
    assert_int_equal(len, text_bytes);
}

static void marks_within_a_block_are_seen_through(void **state)
{
    UNUSED(state);
    static const uint64_t marks[] = {BZIP2_BLOCK_MARK, BZIP2_END_MARK};
    for (size_t m = 0; m < ARRAY_LEN(marks); m++)
        for (unsigned lead = 0; lead < 8; lead++) { /* at every place within a byte */
            bits b;
            uint32_t combined = 0;
            begin(&b);
            combined = add(combined, put_block(&b, 0, 0));
            combined = add(combined, put_block(&b, marks[m], lead));
            combined = add(combined, put_block(&b, 0, 0));
            combined = add(combined, put_block(&b, marks[m], lead));
            slice data = end(&b, combined);
            assert_libbz2_takes_it(data, 4 * LETTERS);
            AUTO(outcome) whole = decode(CODEC_BZIP2, data, WHOLE);
            AUTO(outcome) bytewise = decode(CODEC_BZIP2, data, BYTEWISE);
            if (!whole.ok)
                print_error("%s\n", whole.error.message);
            assert_true(whole.ok);
            assert_int_equal(whole.text.len, 4 * LETTERS);
            assert_same_outcome(&whole, &bytewise);
            /* cut anywhere: it ends early */
            for (size_t len = 4; len < data.len; len += 3) {
                AUTO(outcome)
                cut = decode(CODEC_BZIP2, (slice){.data = data.data, .len = len}, WHOLE);
                assert_string_equal(err_code_name(cut.error.code), "CODEC_EARLY_END");
            }
        }
}

static void the_streams_own_crc_is_checked(void **state)
{
    UNUSED(state);
    bits b;
    begin(&b);
    uint32_t crc = put_block(&b, BZIP2_BLOCK_MARK, 3);
    size_t at = b.count / 8;
    slice data = end(&b, add(0, crc) ^ 1);
    char words[96];
    snprintf(words, sizeof words, "at raw byte %zu (60 bytes decoded): stream CRC", at);
    assert_refused(CODEC_BZIP2, data, ERR_CODEC_CORRUPT, words);
}

static void a_block_is_followed_by_a_mark(void **state)
{
    UNUSED(state);
    bits b;
    begin(&b);
    put_block(&b, 0, 0);
    put(&b, 0x123456, 24);
    slice data = end(&b, 0);
    assert_refused(CODEC_BZIP2, data, ERR_CODEC_CORRUPT, "expected a block or the end");
}

/* A block that contains the end of a stream, the header of another one and the mark of its first
 * block, byte-aligned: the bytes after the true end are read before this is detected. */
static bits two_streams_in_a_block(unsigned lead)
{
    bits b, inner = {.count = 0};
    begin(&b);
    put(&inner, BZIP2_END_MARK, 48);
    put(&inner, 0xffffffff, 32); /* down again: lengths stay between 1 and 20 */
    put(&inner, 0, 1);           /* byte-aligned, where the end mark begins one bit earlier */
    put(&inner, 0x425a6839, 32);
    put(&inner, BZIP2_BLOCK_MARK, 48);
    uint32_t crc = put_block_around(&b, &inner, lead);
    end(&b, add(0, crc));
    b.count = (b.count + 7) / 8 * 8;
    return b;
}

static void streams_within_a_block_are_seen_through(void **state)
{
    UNUSED(state);
    static const char *const tails[] = {"", "B", "BZ", "BZh", "BX", "BZh0 and so on", "garbage"};
    unsigned aligned = 0;
    for (unsigned lead = 0; lead < 8; lead++) {
        bits b = two_streams_in_a_block(lead);
        aligned += memmem(b.bytes + 4, b.count / 8 - 4, "BZh9", 4) != NULL;
        assert_libbz2_takes_it((slice){.data = (const char *)b.bytes, .len = b.count / 8}, LETTERS);
        for (size_t t = 0; t < ARRAY_LEN(tails); t++) {
            AUTO(buf) data = BUF(4096);
            buf_append(&data, b.bytes, b.count / 8);
            buf_append_str(&data, tails[t]);
            AUTO(outcome) whole = decode(CODEC_BZIP2, buf_slice(&data), WHOLE);
            AUTO(outcome) bytewise = decode(CODEC_BZIP2, buf_slice(&data), BYTEWISE);
            assert_same_outcome(&whole, &bytewise);
            assert_int_equal(whole.text.len, LETTERS);
            assert_string_equal(err_code_name(whole.error.code), t == 0  ? "NONE"
                                                                 : t < 4 ? "CODEC_EARLY_END"
                                                                         : "CODEC_TRAILING");
        }
    }
    assert_int_equal(aligned, 1);
}

/* Streams of one block each, as written by pbzip2, including an empty one. */
static buf small_streams(const buf *lines)
{
    buf coded;
    buf_init(&coded, (size_t)4 << 20);
    size_t step = lines->len / 9;
    for (size_t at = 0; at < lines->len; at += step) {
        slice part = {.data = lines->data + at, .len = MIN(step, lines->len - at)};
        encode_into(CODEC_BZIP2, 1 + (int)(at / step) % 9, part, &coded);
        if (at / step == 4)
            encode_into(CODEC_BZIP2, 9, SLICE_LIT(""), &coded);
    }
    return coded;
}

static void small_streams_are_the_same_with_threads(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(400, 21);
    AUTO(buf) coded = small_streams(&lines);
    assert_decodes(CODEC_BZIP2, buf_slice(&coded), buf_slice(&lines));
    for (uint64_t seed = 1; seed < 100; seed++) {
        uint64_t chance = seed * 88172645463325253ULL;
        size_t at = (size_t)(test_random(&chance) % coded.len);
        size_t len = seed % 3 ? coded.len : (size_t)(test_random(&chance) % coded.len);
        char before = coded.data[at];
        coded.data[at] ^= (char)(1 << test_random(&chance) % 8);
        slice data = {.data = coded.data, .len = len};
        AUTO(outcome) whole = decode(CODEC_BZIP2, data, WHOLE);
        AUTO(outcome) pieces = decode(CODEC_BZIP2, data, (splitter){.max_piece = 90, .seed = seed});
        assert_same_outcome(&whole, &pieces);
        assert_false(whole.ok);
        coded.data[at] = before;
    }
}

/* The CRC of each stream covers its own blocks only. */
static void each_small_stream_has_its_own_crc(void **state)
{
    UNUSED(state);
    bits b = {.count = 0};
    size_t ends[3];
    for (unsigned i = 0; i < 3; i++) {
        put(&b, 0x425a6839, 32);
        uint32_t combined = add(0, put_block(&b, 0, 0));
        combined = i == 1 ? add(combined, put_block(&b, 0, 1)) : combined;
        ends[i] = b.count / 8;
        end(&b, combined);
        b.count = (b.count + 7) / 8 * 8;
    }
    slice data = {.data = (const char *)b.bytes, .len = b.count / 8};
    AUTO(outcome) sound = decode(CODEC_BZIP2, data, WHOLE);
    assert_true(sound.ok);
    assert_int_equal(sound.text.len, 4 * LETTERS);
    for (unsigned i = 0; i < 3; i++) {
        b.bytes[ends[i] + 8] ^= 0x10;
        char words[96];
        snprintf(words, sizeof words, "at raw byte %zu (%d bytes decoded): stream CRC", ends[i],
                 (i == 0   ? 1
                  : i == 1 ? 3
                           : 4) *
                     LETTERS);
        assert_refused(CODEC_BZIP2, data, ERR_CODEC_CORRUPT, words);
        b.bytes[ends[i] + 8] ^= 0x10;
    }
}

/* A run of one letter: a block of 900,000 bytes decodes to 45 MB. */
static void a_block_may_be_larger_than_the_buffer(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF((size_t)16 << 20);
    for (size_t i = 0; i < (size_t)3 << 20; i++)
        buf_append_char(&text, i % 1000003 == 0 ? 'b' : 'a');
    AUTO(buf) coded = encode(CODEC_BZIP2, 1, buf_slice(&text));
    assert_decodes(CODEC_BZIP2, buf_slice(&coded), buf_slice(&text));
    coded.data[coded.len / 2] ^= 1;
    AUTO(outcome) whole = decode(CODEC_BZIP2, buf_slice(&coded), WHOLE);
    AUTO(outcome) pieces = decode(CODEC_BZIP2, buf_slice(&coded), (splitter){.max_piece = 30});
    assert_false(whole.ok);
    assert_same_outcome(&whole, &pieces);
}

/* Damage anywhere in a stream of several blocks: the same result with and without threads. */
static void damage_is_the_same_with_threads(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(2500, 9);
    AUTO(buf) coded = encode(CODEC_BZIP2, 1, buf_slice(&lines));
    for (size_t i = 0; i < 12; i++) {
        size_t at = coded.len * i / 12 + 5;
        coded.data[at] ^= 0x10;
        AUTO(outcome) o = decode(CODEC_BZIP2, buf_slice(&coded), WHOLE);
        assert_false(o.ok);
        coded.data[at] ^= 0x10;
    }
}

static void little_memory_means_fewer_threads(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(2500, 10);
    AUTO(buf) coded = encode(CODEC_BZIP2, 1, buf_slice(&lines));
    codec_options options = {.threads = 8, .memory_bytes = codec_decoder_memory(CODEC_BZIP2, 0)};
    AUTO(outcome) o = decode_with(CODEC_BZIP2, &options, buf_slice(&coded), WHOLE);
    assert_true(o.ok);
    options.memory_bytes--;
    AUTO(outcome) refused = decode_with(CODEC_BZIP2, &options, buf_slice(&coded), WHOLE);
    assert_string_equal(err_code_name(refused.error.code), "CODEC_MEMORY");
}

static void marks_are_found_at_any_bit(void **state)
{
    UNUSED(state);
    for (unsigned lead = 0; lead < 40; lead++) {
        bits b = {.count = 0};
        put(&b, 0x5a5a5a5a5a, lead);
        put(&b, lead % 2 ? BZIP2_BLOCK_MARK : BZIP2_END_MARK, 48);
        slice exact = {.data = (const char *)b.bytes, .len = (b.count + 7) / 8};
        assert_int_equal(bzip2_bits_find_mark(exact, 0), lead);
        assert_int_equal(bzip2_bits_find_mark(exact, lead), lead);
        assert_true(bzip2_bits_find_mark(exact, lead + 1) == UINT64_MAX);
        exact.len--;
        assert_true(bzip2_bits_find_mark(exact, 0) == UINT64_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_within_a_block_are_seen_through),
        cmocka_unit_test(the_streams_own_crc_is_checked),
        cmocka_unit_test(a_block_is_followed_by_a_mark),
        cmocka_unit_test(streams_within_a_block_are_seen_through),
        cmocka_unit_test(small_streams_are_the_same_with_threads),
        cmocka_unit_test(each_small_stream_has_its_own_crc),
        cmocka_unit_test(a_block_may_be_larger_than_the_buffer),
        cmocka_unit_test(damage_is_the_same_with_threads),
        cmocka_unit_test(little_memory_means_fewer_threads),
        cmocka_unit_test(marks_are_found_at_any_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
