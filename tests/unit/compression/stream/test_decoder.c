/* Every decoder: early ends, corruption, trailing data, concatenated members, any split. */
#include "tests/unit/compression/stream/decoder_site.h"

/* Two members, so that cuts and flips also hit the bytes between them. */
static buf two_members(codec_format f, size_t *first_len)
{
    AUTO(buf) a = sample_lines(1, 1);
    AUTO(buf) b = sample_lines(1, 2);
    buf out = encode(f, 1, buf_slice(&a));
    *first_len = out.len;
    encode_into(f, 1, buf_slice(&b), &out);
    return out;
}

static void concatenated_members_are_one_text(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        buf out;
        buf_init(&out, 1 << 20);
        encode_into(f, 1, SLICE_LIT("one\n"), &out);
        encode_into(f, 0, no_text, &out);
        encode_into(f, 2, SLICE_LIT("two\n"), &out);
        assert_decodes(f, buf_slice(&out), SLICE_LIT("one\ntwo\n"));
        buf_deinit(&out);
    }
}

static void a_cut_at_every_byte_ends_early(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        size_t first_len;
        AUTO(buf) coded = two_members(f, &first_len);
        for (size_t len = 0; len < coded.len; len++) {
            AUTO(outcome) o = decode(f, (slice){.data = coded.data, .len = len}, WHOLE);
            if (len == first_len) { /* a whole stream */
                assert_true(o.ok);
                continue;
            }
            assert_false(o.ok);
            assert_string_equal(err_code_name(o.error.code), "CODEC_EARLY_END");
            char place[64];
            snprintf(place, sizeof place, "ends early at raw byte %zu (%zu bytes decoded)", len,
                     o.text.len);
            assert_non_null(strstr(o.error.message, place));
        }
    }
}

static void a_stream_of_no_bytes_ends_early(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++)
        assert_refused(f, no_text, ERR_CODEC_EARLY_END, "the file is empty");
}

static bool is_codec_fault(err_code code)
{
    return code == ERR_CODEC_EARLY_END || code == ERR_CODEC_CORRUPT || code == ERR_CODEC_TRAILING ||
           code == ERR_CODEC_UNSUPPORTED;
}

/* Bits that do not affect the text: time, system and hints of gzip's header; bzip2's block size and
 * zstd's window, which may be larger than necessary; the padding bits in the last byte of deflated
 * data and of a bzip2 stream. */
static bool may_be_flipped(codec_format f, size_t at, unsigned bit, size_t len)
{
    if (f == CODEC_GZIP)
        return (at >= 4 && at <= 9) || (at == 3 && bit == 0) || at == len - 9;
    if (f == CODEC_BZIP2)
        return at == 3 || at == len - 1;
    return f == CODEC_ZSTD && (at == 4 || at == 5);
}

static void a_flipped_bit_is_found_at_any_place(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        size_t first_len;
        AUTO(buf) coded = two_members(f, &first_len);
        AUTO(outcome) right = decode(f, buf_slice(&coded), WHOLE);
        for (size_t at = 0; at < first_len; at++) {
            unsigned bit = (unsigned)(at * 5 % 8);
            coded.data[at] = (char)(coded.data[at] ^ 1 << bit);
            AUTO(outcome) whole = decode(f, buf_slice(&coded), WHOLE);
            AUTO(outcome) bytewise = decode(f, buf_slice(&coded), BYTEWISE);
            assert_same_outcome(&whole, &bytewise);
            if (whole.ok) {
                if (!may_be_flipped(f, at, bit, first_len))
                    fail_msg("%s: bit %u of byte %zu", codec_get(f)->name, bit, at);
                assert_true(slice_equal(buf_slice(&whole.text), buf_slice(&right.text)));
            } else {
                assert_true(is_codec_fault(whole.error.code));
            }
            coded.data[at] = (char)(coded.data[at] ^ 1 << bit);
        }
    }
}

static void any_cut_into_two_feeds_decodes_the_same(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        size_t first_len;
        AUTO(buf) coded = two_members(f, &first_len);
        buf_append_str(&coded, "garbage");
        AUTO(outcome) whole = decode(f, buf_slice(&coded), WHOLE);
        for (size_t cut = 1; cut < coded.len; cut++) {
            AUTO(outcome) o = decode(f, buf_slice(&coded), (splitter){.cut = cut});
            assert_same_outcome(&whole, &o);
        }
    }
}

static void large_streams_decode_the_same_in_random_splits(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(1200, 7);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf)
        coded = encode(f, 1, buf_slice(&lines)); /* more than one block of each format */
        size_t faulty = coded.len * 3 / 4;
        for (unsigned round = 0; round < 2; round++) {
            AUTO(outcome) whole = decode(f, buf_slice(&coded), WHOLE);
            assert_int_equal(whole.ok, round == 0);
            static const size_t pieces[] = {1, 7, 300, 20000};
            for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
                splitter s = {.max_piece = pieces[i], .seed = i + 11};
                AUTO(outcome) o = decode(f, buf_slice(&coded), s);
                assert_same_outcome(&whole, &o);
            }
            coded.data[faulty] = (char)(coded.data[faulty] ^ 0x20);
        }
    }
}

static void text_decoded_before_a_fault_is_passed_on_first(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(1200, 8);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, buf_slice(&lines));
        AUTO(outcome) o = decode(f, (slice){.data = coded.data, .len = coded.len - 1}, WHOLE);
        assert_false(o.ok);
        bool most = o.text.len >= lines.len / 4;
        assert_true(most);
        assert_memory_equal(o.text.data, lines.data, o.text.len);
    }
}

static void other_data_is_no_member(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        assert_refused(f, SLICE_LIT("{\"text\": 1}\n"), ERR_CODEC_CORRUPT, "expected a ");
        assert_refused(f, SLICE_LIT("\0\0\0\0\0\0\0\0"), ERR_CODEC_CORRUPT, "expected a ");
    }
}

static void trailing_garbage_is_reported_with_its_place(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, SLICE_LIT("x\n"));
        char words[64];
        snprintf(words, sizeof words, "trailing garbage at raw byte %zu (2 bytes", coded.len);
        size_t len = coded.len;
        buf_append_str(&coded, "{}");
        assert_refused(f, buf_slice(&coded), ERR_CODEC_TRAILING, words);
        /* a partial header does not begin another member */
        coded.len = len;
        buf_append(&coded, coded.data, 1);
        buf_append_str(&coded, "!");
        assert_refused(f, buf_slice(&coded), ERR_CODEC_TRAILING, words);
    }
}

static void gzip_and_bzip2_take_zeros_only_to_the_end(void **state)
{
    UNUSED(state);
    static const codec_format formats[] = {CODEC_GZIP, CODEC_BZIP2};
    for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
        AUTO(buf) coded = encode(formats[f], 1, SLICE_LIT("x\n"));
        AUTO(buf) again = encode(formats[f], 1, SLICE_LIT("y\n"));
        AUTO(buf) other = encode(formats[f], 1, SLICE_LIT("x\n"));
        for (int i = 0; i < 5; i++) {
            buf_append_char(&coded, '\0');
            assert_decodes(formats[f], buf_slice(&coded), SLICE_LIT("x\n"));
        }
        buf_append_slice(&coded, buf_slice(&again));
        assert_refused(formats[f], buf_slice(&coded), ERR_CODEC_TRAILING, "after the zero padding");
        buf_append(&other, "\0\0x", 3);
        assert_refused(formats[f], buf_slice(&other), ERR_CODEC_TRAILING, "after the zero padding");
    }
}

static void zeros_after_zstd_are_garbage(void **state)
{
    UNUSED(state);
    AUTO(buf) coded = encode(CODEC_ZSTD, 1, SLICE_LIT("x\n"));
    buf_append(&coded, "\0\0\0\0", 4);
    assert_refused(CODEC_ZSTD, buf_slice(&coded), ERR_CODEC_TRAILING, "trailing garbage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concatenated_members_are_one_text),
        cmocka_unit_test(a_cut_at_every_byte_ends_early),
        cmocka_unit_test(a_stream_of_no_bytes_ends_early),
        cmocka_unit_test(a_flipped_bit_is_found_at_any_place),
        cmocka_unit_test(any_cut_into_two_feeds_decodes_the_same),
        cmocka_unit_test(large_streams_decode_the_same_in_random_splits),
        cmocka_unit_test(text_decoded_before_a_fault_is_passed_on_first),
        cmocka_unit_test(other_data_is_no_member),
        cmocka_unit_test(trailing_garbage_is_reported_with_its_place),
        cmocka_unit_test(gzip_and_bzip2_take_zeros_only_to_the_end),
        cmocka_unit_test(zeros_after_zstd_are_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
