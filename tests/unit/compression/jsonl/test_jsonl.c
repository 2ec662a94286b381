/* The checker: accepted and refused texts, the place of faults, counts, any split. */
#include "base/util.h"
#include "tests/unit/compression/jsonl/jsonl_support.h"

#include "compression/jsonl/string_scan.h"

static void json_is_taken(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(good_values); i++) {
        AUTO(buf) line = BUF(1024);
        buf_append_str(&line, SCANNABLE "{\"text\":\"\",\"v\":");
        buf_append_slice(&line, good_values[i]);
        buf_append_str(&line, "}");
        checked c = check_all(&usual, buf_slice(&line));
        if (!c.ok)
            fail_msg("case %zu: %s", i, c.error.message);
        assert_int_equal(c.counts.lines, 2);
        assert_int_equal(c.counts.longest_line_bytes, line.len - strlen(SCANNABLE));
    }
}

static void all_else_is_refused_at_its_byte(void **state)
{
    UNUSED(state);
    static const char before[] = "{\"text\":\"\"}\n{\"text\":\"\",\"v\":";
    for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
        AUTO(buf) line = BUF(1024);
        buf_append_str(&line, before);
        buf_append_slice(&line, bad_values[i].value);
        buf_append_str(&line, "}\n");
        checked c = check_all(&usual, buf_slice(&line));
        if (c.ok)
            fail_msg("case %zu is taken", i);
        char place[64];
        snprintf(place, sizeof place,
                 "line 2, byte %zu of the decoded text: ", sizeof before - 1 + bad_values[i].at);
        if (!str_starts_with(c.error.message, place))
            fail_msg("case %zu: '%s' instead of '%s'", i, c.error.message, place);
        assert_string_equal(err_code_name(c.error.code), err_code_name(bad_values[i].code));
    }
}

static void faults_say_what_was_expected(void **state)
{
    UNUSED(state);
    assert_fault(SLICE_LIT("[1]"),
                 "line 1, byte 0 of the decoded text: expected one JSON object per "
                 "line, beginning with '{', found '['");
    assert_fault(SLICE_LIT("{\"a\":1}{"), "line 1, byte 7 of the decoded text: expected the end of "
                                          "the line after the object, found '{'");
    assert_fault(SLICE_LIT("{\"a\nb\":1}"), "line 1, byte 3 of the decoded text: expected the "
                                            "closing quote of a string, found the end of the line");
    assert_fault(SLICE_LIT("{\"a\tb\":1}"), "line 1, byte 3 of the decoded text: raw control "
                                            "character 0x09 in a string; JSON requires \\u0009");
    assert_fault(SLICE_LIT("{\"a\":\"\xff\"}"), "line 1, byte 6 of the decoded text: invalid "
                                                "UTF-8: unexpected byte 0xFF");
    assert_fault(SLICE_LIT("{\"a\":07}"),
                 "line 1, byte 6 of the decoded text: a number has a leading zero");
    assert_fault(SLICE_LIT("\n{\"a\":1"), "line 2, byte 7 of the decoded text: expected ',' or "
                                          "'}', found the end of the text");
    assert_fault(SLICE_LIT("{\"a\":1."),
                 "line 1, byte 7 of the decoded text: expected a digit, found the end of the text");
    assert_fault(SLICE_LIT("\0"),
                 "line 1, byte 0 of the decoded text: expected one JSON object per "
                 "line, beginning with '{', found byte 0x00");
}

static void a_text_that_stops_within_a_line_is_refused(void **state)
{
    UNUSED(state);
    slice line = SLICE_LIT("{\"text\":\"\\u00e9\xc3\xa9\",\"b\":[true,-1.5e+3,{}]}");
    for (size_t len = 1; len < line.len; len++) {
        checked c = check(&usual, (slice){.data = line.data, .len = len}, WHOLE);
        assert_false(c.ok);
        char place[64];
        snprintf(place, sizeof place, "byte %zu of the decoded text: expected ", len);
        assert_non_null(strstr(c.error.message, place));
        assert_non_null(strstr(c.error.message, "found the end of the text"));
    }
    assert_true(check_all(&usual, line).ok);
}

static void a_byte_order_mark_is_named(void **state)
{
    UNUSED(state);
    assert_fault(SLICE_LIT("\xef\xbb\xbf{}"),
                 "line 1, byte 0 of the decoded text: the text begins with a byte-order mark (EF "
                 "BB BF), which JSON forbids");
    static const slice others[] = {SLICE_LIT("\xef\xbb"), SLICE_LIT("\xef\xbb{}"),
                                   SLICE_LIT("\xef"), SLICE_LIT("\xef{"),
                                   SLICE_LIT("\xef\xbf\xbf")};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_fault(others[i], "line 1, byte 0 of the decoded text: expected one JSON object per "
                                "line, beginning with '{', found byte 0xEF");
    assert_fault(SLICE_LIT("\n\xef\xbb\xbf"),
                 "line 2, byte 1 of the decoded text: expected one JSON object per line, beginning "
                 "with '{', found byte 0xEF");
}

static void lines_are_counted(void **state)
{
    UNUSED(state);
    static const struct {
        slice text;
        uint64_t lines, blank, longest;
    } cases[] = {
        {SLICE_LIT(""), 0, 0, 0},
        {SLICE_LIT("\n"), 1, 1, 0},
        {SLICE_LIT(" "), 1, 1, 1},
        {SLICE_LIT("\n\n \r\n"), 3, 3, 2},
        {SLICE_LIT("{\"text\":\"\"}"), 1, 0, 11},
        {SLICE_LIT("{\"text\":\"\"}\n"), 1, 0, 11},
        {SLICE_LIT("{\"text\":\"\"}\r\n{\"text\":\"\"}\r\n"), 2, 0, 12},
        {SLICE_LIT("\n  {\"text\":\"\"} \n\t\n{\"text\":\"\"}\n\n"), 5, 3, 14},
        {SLICE_LIT("{\"text\":\"\"}\n   "), 2, 1, 11},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        checked c = check_all(&usual, cases[i].text);
        assert_true(c.ok);
        assert_int_equal(c.counts.bytes, cases[i].text.len);
        assert_int_equal(c.counts.lines, cases[i].lines);
        assert_int_equal(c.counts.blank_lines, cases[i].blank);
        assert_int_equal(c.counts.longest_line_bytes, cases[i].longest);
        assert_int_equal(c.counts.unscannable_lines, 0);
    }
}

/* `depth` alternating objects and arrays. */
static buf nested(size_t depth)
{
    buf out;
    buf_init(&out, 1 << 20);
    buf_append_str(&out, SCANNABLE);
    for (size_t i = 0; i < depth; i++)
        buf_append_str(&out, i == 0 ? "{\"text\":\"\",\"a\":" : i % 3 == 0 ? "{\"a\":" : "[");
    buf_append_str(&out, "1");
    for (size_t i = depth; i-- > 0;)
        buf_append_str(&out, i % 3 == 0 ? "}" : "]");
    return out;
}

static void nesting_has_a_limit_and_remembers_each_level(void **state)
{
    UNUSED(state);
    AUTO(buf) deepest = nested(JSONL_DEPTH);
    assert_true(check(&usual, buf_slice(&deepest), WHOLE).ok);
    assert_true(check(&usual, buf_slice(&deepest), BYTEWISE).ok);
    AUTO(buf) deeper = nested(JSONL_DEPTH + 1);
    checked c = check(&usual, buf_slice(&deeper), WHOLE);
    assert_false(c.ok);
    assert_non_null(strstr(c.error.message, "nested deeper than 1024 levels"));
    for (size_t i = deepest.len - 1; i > deepest.len - 200; i--) {
        deepest.data[i] ^= ']' ^ '}'; /* the wrong bracket */
        assert_false(check(&usual, buf_slice(&deepest), WHOLE).ok);
        deepest.data[i] ^= ']' ^ '}';
    }
}

static void the_limit_of_nesting_is_an_option(void **state)
{
    UNUSED(state);
    AUTO(buf) deeper = nested(JSONL_DEPTH + 1);
    assert_true(
        check(&(jsonl_options){.max_depth = JSONL_DEPTH + 1}, buf_slice(&deeper), WHOLE).ok);
    jsonl_options flat = {.max_depth = 2};
    assert_true(check_all(&flat, SLICE_LIT("{\"text\":\"\",\"a\":[]}")).ok);
    checked c = check_all(&flat, SLICE_LIT("{\"text\":\"\",\"a\":[{}]}"));
    assert_string_equal(c.error.message,
                        "line 1, byte 16 of the decoded text: nested deeper than 2 levels");
}

static void lone_surrogates_are_counted(void **state)
{
    UNUSED(state);
    static const struct {
        slice text;
        uint64_t lone;
    } cases[] = {
        {SLICE_LIT("\\ud83d\\ude00"), 0},
        {SLICE_LIT("\\uD83D\\uDE00\\uDBFF\\uDFFF\\ud800\\udc00"), 0},
        {SLICE_LIT("\\ud7ff\\ue000"), 0},
        {SLICE_LIT("\\ud83d"), 1},
        {SLICE_LIT("\\ude00"), 1},
        {SLICE_LIT("\\ude00\\ud83d"), 2},
        {SLICE_LIT("\\ud83d\\ud83d\\ude00\\ude00"), 2},
        {SLICE_LIT("\\ud83dx\\ude00"), 2},
        {SLICE_LIT("\\ud83d\\n\\ude00"), 2},
        {SLICE_LIT("\\ud83d\\u0041\\ude00"), 2},
        {SLICE_LIT("\\\\ud83d"), 0},
        {SLICE_LIT("\xf0\x9f\x98\x80\\udfff"), 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int place = 0; place < 2; place++) { /* in a value, in a key */
            AUTO(buf) line = BUF(1024);
            buf_append_str(&line, SCANNABLE);
            buf_append_str(&line, place ? "{\"text\":\"\",\"" : "{\"text\":\"");
            buf_append_slice(&line, cases[i].text);
            buf_append_str(&line, place ? "\":1}" : "\"}");
            checked c = check_all(&usual, buf_slice(&line));
            assert_true(c.ok);
            assert_int_equal(c.counts.lone_surrogates, cases[i].lone);
            assert_int_equal(c.counts.skipped_lines, cases[i].lone > 0);
            c = check_all(&(jsonl_options){.refuse_lone_surrogates = true}, buf_slice(&line));
            assert_int_equal(c.ok, cases[i].lone == 0);
        }
}

static void a_refused_surrogate_is_pointed_at(void **state)
{
    UNUSED(state);
    static const struct {
        slice text;
        const char *message;
    } cases[] = {
        {SLICE_LIT("{\"text\":\"a\\uD83D\"}"),
         "line 1, byte 10 of the decoded text: the lone surrogate \\ud83d is not part of a pair "
         "(refuse_lone_surrogates is on)"},
        {SLICE_LIT("{\"text\":\"\\ud83d\\ud83d\\ude00\"}"),
         "line 1, byte 9 of the decoded text: the lone surrogate \\ud83d is not part of a pair "
         "(refuse_lone_surrogates is on)"},
        {SLICE_LIT("{\"text\":\"\\ud83d\\ude00\\ude00\"}"),
         "line 1, byte 21 of the decoded text: the lone surrogate \\ude00 is not part of a pair "
         "(refuse_lone_surrogates is on)"},
        {SLICE_LIT("{\"text\":\"\\ud83d"),
         "line 1, byte 15 of the decoded text: expected the closing quote of a string, found the "
         "end of the text"},
    };
    jsonl_options options = {.refuse_lone_surrogates = true};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        checked c = check_all(&options, cases[i].text);
        assert_false(c.ok);
        assert_string_equal(c.error.message, cases[i].message);
    }
}

static void line_length_has_a_limit(void **state)
{
    UNUSED(state);
    jsonl_options options = {.max_line_bytes = 11};
    assert_true(check_all(&options, SLICE_LIT("{\"text\":\"\"}\n{\"text\":\"\"}\n\n")).ok);
    assert_true(check_all(&options, SLICE_LIT("{\"text\":\"\"}")).ok);
    static const slice too_long[] = {SLICE_LIT("\n{\"text\":\"a\"}\n"),
                                     SLICE_LIT("\n{\"text\":\"\"}\r\n"),
                                     SLICE_LIT("\n            "), SLICE_LIT("\n{\"text\":\"abc")};
    for (size_t i = 0; i < ARRAY_LEN(too_long); i++) {
        checked c = check_all(&options, too_long[i]);
        assert_false(c.ok);
        assert_string_equal(err_code_name(c.error.code), "LIMIT");
        assert_string_equal(c.error.message, "line 2, byte 12 of the decoded text: the line is "
                                             "longer than 11 bytes (max_line_size)");
    }
}

/* `depth` nested arrays, without the line's object. */
static void append_arrays(buf *out, size_t depth)
{
    for (size_t i = 0; i < 2 * depth; i++)
        buf_append_char(out, i < depth ? '[' : ']');
}

static uint64_t skipped(slice value)
{
    AUTO(buf) text = BUF(1 << 16);
    buf_append_str(&text, SCANNABLE "{\"text\":\"\",\"v\":");
    buf_append_slice(&text, value);
    buf_append_str(&text, "}\n" SCANNABLE);
    checked c = check_all(&usual, buf_slice(&text));
    assert_true(c.ok);
    assert_int_equal(c.counts.unscannable_lines, 0);
    return c.counts.skipped_lines;
}

static void lines_that_the_server_skips_are_counted(void **state)
{
    UNUSED(state);
    for (size_t more = 0; more < 2; more++) {
        AUTO(buf) deep = BUF(1024);
        append_arrays(&deep, JSONL_SERVER_DEPTH - 1 + more);
        assert_int_equal(skipped(buf_slice(&deep)), more);
    }
    assert_int_equal(skipped(SLICE_LIT("\"\\ud83d\"")), 1);
    /* only the line itself, independent of its other members */
    checked c =
        check_all(&usual, SLICE_LIT(SCANNABLE "{\"text\":\"\\udc00\",\"v\":1e400}\n{\"v\":1e400}"));
    assert_int_equal(c.counts.skipped_lines, 1);
    assert_int_equal(c.counts.unscannable_lines, 1);
}

static void numbers_beyond_binary64_are_distinguished(void **state)
{
    UNUSED(state);
    static const char *const within[] = {
        "0e999999999999999999999",
        "1e308",
        "1.797693134862315807e308",
        "-1.7976931348623157e+308",
        "1e-400",
        "0.1e309",
        "0.00000000001e319",
        "100000e303",
        "-0.0e+400",
        "1e00000000000000308",
        "17976931348623157000e289",
    };
    static const char *const beyond[] = {
        "1e309",
        "-1e309",
        "1.8e308",
        "1.79769313486231580794e308",
        "-1.7976931348623159E+308",
        "0.1e310",
        "0.00000000001e320",
        "100000e304",
        "1e00000000000000309",
        "1e99999999999999999999999999999999",
        "-17976931348623160000e289",
    };
    for (size_t i = 0; i < ARRAY_LEN(within); i++)
        if (skipped((slice){.data = within[i], .len = strlen(within[i])}) != 0)
            fail_msg("%s is within", within[i]);
    for (size_t i = 0; i < ARRAY_LEN(beyond); i++)
        if (skipped((slice){.data = beyond[i], .len = strlen(beyond[i])}) != 1)
            fail_msg("%s is beyond", beyond[i]);
    for (size_t digits = 305; digits < 313; digits++) { /* without an exponent */
        AUTO(buf) number = BUF(1024);
        for (size_t i = 0; i < digits; i++)
            buf_append_char(&number, '1');
        assert_int_equal(skipped(buf_slice(&number)), digits > 309);
        buf_append_str(&number, ".5");
        assert_int_equal(skipped(buf_slice(&number)), digits > 309);
    }
}

static void a_file_of_lines_that_the_server_skips_is_refused(void **state)
{
    UNUSED(state);
    assert_fault(
        SLICE_LIT("{\"text\":\"\\ud83d\"}\n\n{\"text\":\"\",\"v\":1e999}\n{\"v\":1}\n"),
        "the detection server would skip every line: 1 have no string under 'text', 2 have "
        "lone surrogates, more than 127 levels or numbers beyond 1.8e308; fix these lines");
    assert_true(check_all(&usual, SLICE_LIT("{\"text\":\"\\ud83d\"}\n" SCANNABLE)).ok);
}

static void realistic_text_checks_the_same_in_random_splits(void **state)
{
    UNUSED(state);
    AUTO(buf) lines = sample_lines(300, 21);
    uint64_t random = 99;
    for (int round = 0; round < 60; round++) {
        size_t at = (size_t)(test_random(&random) % lines.len);
        char old = lines.data[at];
        lines.data[at] = (char)test_random(&random); /* mostly a fault */
        checked whole = check(&usual, buf_slice(&lines), WHOLE);
        splitter s = {.max_piece = (size_t)1 << (round % 12), .seed = (uint64_t)round};
        checked c = check(&usual, buf_slice(&lines), s);
        assert_same(&whole, &c);
        lines.data[at] = old;
    }
    checked c = check(&usual, buf_slice(&lines), WHOLE);
    assert_true(c.ok);
    assert_int_equal(c.counts.lines, 300);
}

/* Every byte at every place of 8-byte words, compared with the definition. */
static void plain_text_is_stepped_over_to_the_first_special_byte(void **state)
{
    UNUSED(state);
    char text[32];
    for (size_t at = 0; at < sizeof text; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            memset(text, byte % 2 ? '~' : ' ', sizeof text);
            text[at] = (char)byte;
            bool special = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
            const char *expected = special ? text + at : text + sizeof text;
            assert_ptr_equal(scan_plain(text, text + sizeof text), expected);
            if (at + 1 < sizeof text) { /* the following bytes change nothing */
                text[at + 1] = '"';
                assert_ptr_equal(scan_plain(text, text + sizeof text), text + at + !special);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_taken),
        cmocka_unit_test(all_else_is_refused_at_its_byte),
        cmocka_unit_test(faults_say_what_was_expected),
        cmocka_unit_test(a_text_that_stops_within_a_line_is_refused),
        cmocka_unit_test(a_byte_order_mark_is_named),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(nesting_has_a_limit_and_remembers_each_level),
        cmocka_unit_test(the_limit_of_nesting_is_an_option),
        cmocka_unit_test(lone_surrogates_are_counted),
        cmocka_unit_test(a_refused_surrogate_is_pointed_at),
        cmocka_unit_test(line_length_has_a_limit),
        cmocka_unit_test(lines_that_the_server_skips_are_counted),
        cmocka_unit_test(numbers_beyond_binary64_are_distinguished),
        cmocka_unit_test(a_file_of_lines_that_the_server_skips_is_refused),
        cmocka_unit_test(realistic_text_checks_the_same_in_random_splits),
        cmocka_unit_test(plain_text_is_stepped_over_to_the_first_special_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
