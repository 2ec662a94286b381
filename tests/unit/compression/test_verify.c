/* Verification of whole objects: format by content, verdicts, faults with name and place. */
#include "base/util.h"
#include "tests/unit/compression/support.h"

#define TEXT "{\"text\":\"one\"}\n\n{\"text\":\"two\", \"id\": 2}\n{\"id\": 3}\n"

static verify_options options_of(verify_level level, const char *name)
{
    return (verify_options){.level = level, .name = name};
}

static outcome verify_all(const verify_options *options, slice data)
{
    outcome whole = verify_split(options, data, WHOLE);
    AUTO(outcome) bytewise = verify_split(options, data, BYTEWISE);
    assert_same_outcome(&whole, &bytewise);
    for (uint64_t seed = 0; seed < 3; seed++) {
        AUTO(outcome) o = verify_split(options, data, (splitter){.max_piece = 20, .seed = seed});
        assert_same_outcome(&whole, &o);
    }
    return whole;
}

static void assert_fault(const verify_options *options, slice data, err_code code,
                         const char *message)
{
    AUTO(outcome) o = verify_all(options, data);
    assert_false(o.ok);
    assert_string_equal(err_code_name(o.error.code), err_code_name(code));
    assert_string_equal(o.error.message, message);
}

static const char *const names[CODEC_FORMAT_COUNT] = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst",
                                                      "a.jsonl.bz2", "a.jsonl.xz"};

static const unsigned checks[CODEC_FORMAT_COUNT] = {0, CODEC_CHECK_CRC32, CODEC_CHECK_XXH64,
                                                    CODEC_CHECK_CRC32, CODEC_CHECK_CRC64};

static void every_format_gives_the_same_verdict(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        for (verify_level level = VERIFY_STREAM; level <= VERIFY_JSONL; level++) {
            AUTO(buf) coded = encode(f, 1, SLICE_LIT(TEXT));
            verify_options options = options_of(level, names[f]);
            AUTO(outcome) o = verify_all(&options, buf_slice(&coded));
            assert_true(o.ok);
            assert_int_equal(o.verdict.format, f);
            assert_false(o.verdict.suffix_differs);
            assert_int_equal(o.verdict.raw_bytes, coded.len);
            assert_int_equal(o.verdict.members, f == CODEC_PLAIN ? 0 : 1);
            assert_int_equal(o.verdict.checksums, checks[f]);
            assert_int_equal(o.verdict.decoded_bytes, sizeof TEXT - 1);
            assert_int_equal(o.verdict.lines, 4);
            assert_int_equal(o.verdict.blank_lines, 1);
            assert_int_equal(o.verdict.longest_line_bytes, 23);
            assert_int_equal(o.verdict.unscannable_lines, level == VERIFY_JSONL ? 1 : 0);
        }
}

typedef struct taken_hashes {
    uint64_t hashes[8];
    size_t count;
} taken_hashes;

static bool take_hashes(void *ctx, const uint64_t *hashes, size_t count)
{
    taken_hashes *t = ctx;
    assert_true(t->count + count <= ARRAY_LEN(t->hashes));
    memcpy(t->hashes + t->count, hashes, count * sizeof *hashes);
    t->count += count;
    return true;
}

/* The hashes of lines are those of the text, in any format, level and split. */
static void each_line_is_hashed_where_it_is_asked_for(void **state)
{
    UNUSED(state);
    taken_hashes wanted = {0}, got;
    linehash_sink sink = {.key = {{3, 4}}, .take = take_hashes, .ctx = &wanted};
    AUTO_PTR(linehash) h = linehash_new(&sink);
    assert_true(linehash_feed(h, SLICE_LIT(TEXT)) && linehash_finish(h));
    assert_int_equal(wanted.count, 4);
    sink.ctx = &got;
    const splitter splits[] = {WHOLE, BYTEWISE, {.max_piece = 20, .seed = 1}};
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        for (verify_level level = VERIFY_NONE; level <= VERIFY_JSONL; level++)
            for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
                AUTO(buf) coded = encode(f, 1, SLICE_LIT(TEXT));
                verify_options options = options_of(level, names[f]);
                options.lines = &sink;
                got = (taken_hashes){0};
                AUTO(outcome) o = verify_split(&options, buf_slice(&coded), splits[i]);
                assert_true(o.ok);
                assert_int_equal(got.count, level == VERIFY_NONE ? 0 : wanted.count);
                assert_memory_equal(got.hashes, wanted.hashes, got.count * sizeof *got.hashes);
            }
}

static void checksums_are_named(void **state)
{
    UNUSED(state);
    char names_of[CODEC_CHECK_NAMES_BYTES];
    assert_string_equal(codec_check_names(0, names_of), "");
    assert_string_equal(codec_check_names(CODEC_CHECK_XXH64, names_of), "xxh64");
    assert_string_equal(codec_check_names(31, names_of), "none, crc32, crc64, sha256, xxh64");
}

static void level_none_counts_bytes_only(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_NONE, "a.jsonl.gz");
    AUTO(outcome) o = verify_all(&options, SLICE_LIT("\xff\xff no gzip"));
    assert_true(o.ok);
    assert_int_equal(o.verdict.raw_bytes, 10);
    assert_int_equal(o.verdict.lines, 0);
}

static void level_stream_takes_any_text(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_STREAM, "a.jsonl");
    AUTO(outcome) o = verify_all(&options, SLICE_LIT("\nno json\n\xff"));
    assert_true(o.ok);
    assert_int_equal(o.verdict.lines, 3);
    assert_int_equal(o.verdict.blank_lines, 1);
}

static void content_decides_and_a_wrong_suffix_is_noted(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        for (codec_format named = CODEC_PLAIN; named < CODEC_FORMAT_COUNT; named++) {
            AUTO(buf) coded = encode(f, 1, SLICE_LIT(TEXT));
            verify_options options = options_of(VERIFY_JSONL, names[named]);
            AUTO(outcome) o = verify_split(&options, buf_slice(&coded), WHOLE);
            assert_true(o.ok);
            assert_int_equal(o.verdict.format, f);
            assert_int_equal(o.verdict.suffix_differs, f != named);
            AUTO(outcome) bytewise = verify_split(&options, buf_slice(&coded), BYTEWISE);
            assert_same_outcome(&o, &bytewise);
        }
}

static void a_file_that_is_not_what_its_name_says_is_reported(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "a.jsonl.xz");
    assert_fault(
        &options, SLICE_LIT("]\0\0\x80\0 and so on"), ERR_JSONL,
        "a.jsonl.xz: line 1, byte 0 of the decoded text: expected one JSON object per line, "
        "beginning with '{', found ']'; its name says xz, but its content is not "
        "xz");
    assert_fault(
        &options, SLICE_LIT("{}\n]"), ERR_JSONL,
        "a.jsonl.xz: line 2, byte 3 of the decoded text: expected one JSON object per line, "
        "beginning with '{', found ']'; its name says xz, but its content is not "
        "xz");
}

/* The format that a text is recognised as, in any split. */
static void other_formats_are_named(void **state)
{
    UNUSED(state);
    static const struct {
        slice text;
        const char *name;
    } rows[] = {
        {SLICE_LIT("\x04\x22\x4d\x18\x64\x40\xa7 and more of it"), "this is lz4"},
        {SLICE_LIT("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x3d and more"),
         "this is lzma"},
        {SLICE_LIT("LZIP\x01 and more of it"), "this is lzip"},
        {SLICE_LIT("\x1f\x9d\x90 and more of it"), "this is compress (.Z)"},
        {SLICE_LIT("PK\x03\x04\x14 and more of it"), "this is zip"},
        {SLICE_LIT("PAR1\x15\x04 and more of it"), "this is Parquet"},
        {SLICE_LIT("Obj\x01\x04 and more of it"), "this is Avro"},
        {SLICE_LIT("7z\xbc\xaf\x27\x1c and more of it"), "this is 7z"},
        {SLICE_LIT("\xff\xfe{\0\"\0a\0"), "this is UTF-16 text"},
        {SLICE_LIT("\xfe\xff\0{\0\"\0a"), "this is UTF-16 text"},
        {SLICE_LIT("{\0\"\0a\0"), "this is UTF-16 text"},
        {SLICE_LIT("\0{\0\"\0a"), "this is UTF-16 text"},
        {SLICE_LIT(" <!DOCTYPE html><html>"), "this is an HTML page"},
        {SLICE_LIT("<?xml version=\"1.0\"?><Error>"), "this is XML"},
        {SLICE_LIT("[{\"text\":\"a\"}]"), "this is a JSON array"},
        {SLICE_LIT("{\n  \"text\": \"a\"\n}\n"), "this is JSON over several lines"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
            AUTO(buf) coded = encode(f, 1, rows[i].text);
            verify_options options = options_of(VERIFY_JSONL, names[f]);
            AUTO(outcome) o = verify_split(&options, buf_slice(&coded), WHOLE);
            assert_false(o.ok);
            assert_non_null(strstr(o.error.message, rows[i].name));
            AUTO(outcome) bytewise = verify_split(&options, buf_slice(&coded), BYTEWISE);
            assert_same_outcome(&o, &bytewise);
        }
}

static void compressed_twice_is_named(void **state)
{
    UNUSED(state);
    for (codec_format in = CODEC_GZIP; in < CODEC_FORMAT_COUNT; in++)
        for (codec_format out = CODEC_GZIP; out < CODEC_FORMAT_COUNT; out++) {
            AUTO(buf) inner = encode(in, 1, SLICE_LIT(TEXT));
            AUTO(buf) outer = encode(out, 1, buf_slice(&inner));
            AUTO_FREE char *want =
                xasprintf("; this is %s inside %s", codec_get(in)->name, codec_get(out)->name);
            verify_options options = options_of(VERIFY_JSONL, names[out]);
            AUTO(outcome) o = verify_split(&options, buf_slice(&outer), WHOLE);
            assert_false(o.ok);
            assert_true(str_ends_with(o.error.message, want));
            AUTO(outcome) bytewise = verify_split(&options, buf_slice(&outer), BYTEWISE);
            assert_same_outcome(&o, &bytewise);
        }
}

static void nothing_is_an_empty_file_unless_compression_is_promised(void **state)
{
    UNUSED(state);
    for (verify_level level = VERIFY_STREAM; level <= VERIFY_JSONL; level++) {
        verify_options options = options_of(level, "a.jsonl");
        AUTO(outcome) o = verify_all(&options, SLICE_LIT(""));
        assert_true(o.ok);
        assert_int_equal(o.verdict.lines, 0);
        assert_int_equal(o.verdict.format, CODEC_PLAIN);
        options.name = "a.jsonl.gz";
        assert_fault(&options, SLICE_LIT(""), ERR_CODEC_EARLY_END,
                     "a.jsonl.gz: line 1, byte 0 of the decoded text: gzip: ends early at raw byte "
                     "0 (0 bytes decoded): the file is empty");
    }
}

static void a_stream_without_content_is_a_file_of_no_lines(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, SLICE_LIT(""));
        verify_options options = options_of(VERIFY_JSONL, names[f]);
        AUTO(outcome) o = verify_all(&options, buf_slice(&coded));
        assert_true(o.ok);
        assert_int_equal(o.verdict.format, f);
        assert_int_equal(o.verdict.lines, 0);
    }
}

static void short_plain_files_are_seen_at_their_end(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "a.jsonl");
    AUTO(outcome) o = verify_all(&options, SLICE_LIT("\n \n"));
    assert_true(o.ok);
    assert_int_equal(o.verdict.blank_lines, 2);
    assert_fault(&options, SLICE_LIT("{]"), ERR_JSONL,
                 "a.jsonl: line 1, byte 1 of the decoded text: expected a key in double quotes or "
                 "'}', found ']'");
}

static void a_cut_at_every_byte_ends_early(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, SLICE_LIT(TEXT));
        verify_options options = options_of(VERIFY_JSONL, names[f]);
        for (size_t len = 0; len < coded.len; len++) {
            AUTO(outcome)
            o = verify_split(&options, (slice){.data = coded.data, .len = len}, WHOLE);
            assert_false(o.ok);
            assert_string_equal(err_code_name(o.error.code), "CODEC_EARLY_END");
        }
    }
}

static void a_codec_fault_names_object_line_and_bytes(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "data/a.jsonl.gz");
    AUTO(buf) coded = encode(CODEC_GZIP, 0, SLICE_LIT(TEXT));
    char message[256];
    snprintf(message, sizeof message,
             "data/a.jsonl.gz: line 5, byte %zu of the decoded text: gzip: corrupt compressed data "
             "at raw byte %zu (%zu bytes decoded): incorrect data check",
             sizeof TEXT - 1, coded.len - 8, sizeof TEXT - 1);
    coded.data[coded.len - 6] ^= 4;
    assert_fault(&options, buf_slice(&coded), ERR_CODEC_CORRUPT, message);
    options.level = VERIFY_STREAM;
    assert_fault(&options, buf_slice(&coded), ERR_CODEC_CORRUPT, message);
}

static void a_fault_of_the_text_comes_before_a_later_one_of_the_codec(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        verify_options options = options_of(VERIFY_JSONL, names[f]);
        AUTO(buf) coded = encode(f, 1, SLICE_LIT("{\"text\":1}\n{\"text\":'a'}\n"));
        buf_append_str(&coded, "garbage");
        char message[128];
        snprintf(message, sizeof message,
                 "%s: line 2, byte 19 of the decoded text: expected a value, found '''", names[f]);
        assert_fault(&options, buf_slice(&coded), ERR_JSONL, message);
    }
}

static void the_content_key_and_the_line_limit_are_passed_on(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "a.jsonl");
    options.jsonl.content_key = "body";
    assert_fault(&options, SLICE_LIT("{\"text\":\"a\"}\n"), ERR_NO_TEXT,
                 "a.jsonl: no line has a string under 'body'; the lines have the keys: text; "
                 "set content_key to the key of the text");
    options.jsonl.max_line_bytes = 8;
    assert_fault(&options, SLICE_LIT("{\"text\":\"a\"}\n"), ERR_LIMIT,
                 "a.jsonl: line 1, byte 8 of the decoded text: the line is longer than 8 bytes "
                 "(max_line_size)");
}

static void lines_that_the_server_skips_are_passed_on(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "a.jsonl");
    AUTO(outcome) o = verify_all(&options, SLICE_LIT("{\"text\":\"\"}\n{\"text\":\"\\udc00\"}\n"));
    assert_true(o.ok);
    assert_int_equal(o.verdict.skipped_lines, 1);
    assert_int_equal(o.verdict.lone_surrogates, 1);
}

static void a_fault_stays_the_same_when_asked_again(void **state)
{
    UNUSED(state);
    verify_options options = options_of(VERIFY_JSONL, "a.jsonl");
    err first = ERR_INIT, again = ERR_INIT, end = ERR_INIT;
    verdict v;
    char text[600]; /* a fault is reported once the text's first 512 bytes were seen */
    memset(text, 'x', sizeof text);
    AUTO_PTR(verify) run = verify_new(&options, &first);
    assert_false(verify_feed(run, (slice){text, sizeof text}, &first));
    assert_false(verify_feed(run, SLICE_LIT("{}"), &again));
    assert_false(verify_finish(run, &v, &end));
    assert_string_equal(first.message, again.message);
    assert_string_equal(first.message, end.message);
}

static void flipped_bytes_give_the_same_fault_in_any_split(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(2, 31);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        AUTO(buf) coded = encode(f, 1, buf_slice(&lines));
        verify_options options = options_of(VERIFY_JSONL, names[f]);
        for (size_t at = 0; at < coded.len; at += 3) {
            coded.data[at] = (char)(coded.data[at] ^ 0x41);
            AUTO(outcome) whole = verify_split(&options, buf_slice(&coded), WHOLE);
            AUTO(outcome) bytewise = verify_split(&options, buf_slice(&coded), BYTEWISE);
            assert_same_outcome(&whole, &bytewise);
            coded.data[at] = (char)(coded.data[at] ^ 0x41);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_gives_the_same_verdict),
        cmocka_unit_test(each_line_is_hashed_where_it_is_asked_for),
        cmocka_unit_test(checksums_are_named),
        cmocka_unit_test(level_none_counts_bytes_only),
        cmocka_unit_test(level_stream_takes_any_text),
        cmocka_unit_test(content_decides_and_a_wrong_suffix_is_noted),
        cmocka_unit_test(a_file_that_is_not_what_its_name_says_is_reported),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(compressed_twice_is_named),
        cmocka_unit_test(nothing_is_an_empty_file_unless_compression_is_promised),
        cmocka_unit_test(a_stream_without_content_is_a_file_of_no_lines),
        cmocka_unit_test(short_plain_files_are_seen_at_their_end),
        cmocka_unit_test(a_cut_at_every_byte_ends_early),
        cmocka_unit_test(a_codec_fault_names_object_line_and_bytes),
        cmocka_unit_test(a_fault_of_the_text_comes_before_a_later_one_of_the_codec),
        cmocka_unit_test(the_content_key_and_the_line_limit_are_passed_on),
        cmocka_unit_test(lines_that_the_server_skips_are_passed_on),
        cmocka_unit_test(a_fault_stays_the_same_when_asked_again),
        cmocka_unit_test(flipped_bytes_give_the_same_fault_in_any_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
