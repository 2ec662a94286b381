/* The checker: what it takes, what it refuses and where, the content key, any split. */
#include "support.h"

#include "compression/jsonl.h"
#include "compression/scan.h"

typedef struct checked {
    bool ok;
    err error;
    jsonl_counts counts;
} checked;

static checked check(const jsonl_options *options, slice text, splitter s)
{
    checked c = {.ok = true, .error = ERR_INIT};
    AUTO_PTR(jsonl) j = jsonl_new(options);
    s.seed = s.seed * 2 + 88172645463325253ULL;
    for (size_t done = 0; done < text.len && c.ok;) {
        slice piece = {.data = text.data + done, .len = next_piece(&s, done, text.len)};
        AUTO_FREE char *copy = malloc(piece.len);
        memcpy(copy, piece.data, piece.len);
        c.ok = jsonl_feed(j, (slice){.data = copy, .len = piece.len}, &c.error);
        done += piece.len;
    }
    c.ok = c.ok && jsonl_finish(j, &c.error);
    if (c.ok)
        c.counts = jsonl_counts_get(j);
    return c;
}

static void assert_same(const checked *a, const checked *b)
{
    assert_int_equal(a->ok, b->ok);
    assert_string_equal(a->error.message, b->error.message);
    assert_int_equal(a->error.code, b->error.code);
    assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
}

/* In every cut, and byte by byte. */
static checked check_all(const jsonl_options *options, slice text)
{
    checked whole = check(options, text, WHOLE);
    for (size_t cut = 1; cut < text.len; cut++) {
        checked c = check(options, text, (splitter){.cut = cut});
        assert_same(&whole, &c);
    }
    checked bytewise = check(options, text, BYTEWISE);
    assert_same(&whole, &bytewise);
    return whole;
}

static const jsonl_options usual = {0};

static void assert_fault(slice text, const char *message)
{
    checked c = check_all(&usual, text);
    assert_false(c.ok);
    assert_string_equal(c.error.message, message);
}

/* Each stands as {"text":"","v":<value>}. */
static const slice good_values[] = {
    SLICE_LIT("0"),
    SLICE_LIT("-0"),
    SLICE_LIT("-1"),
    SLICE_LIT("10"),
    SLICE_LIT("1234567890"),
    SLICE_LIT("0.0"),
    SLICE_LIT("-0.5e-7"),
    SLICE_LIT("1E+2"),
    SLICE_LIT("0e0"),
    SLICE_LIT("1e00099"),
    SLICE_LIT("1e999999"),
    SLICE_LIT("123456789012345678901234567890.000000000000000000000000001"),
    SLICE_LIT("true"),
    SLICE_LIT("false"),
    SLICE_LIT("null"),
    SLICE_LIT(" \t\r null \r\t "),
    SLICE_LIT("[]"),
    SLICE_LIT("[ ]"),
    SLICE_LIT("{}"),
    SLICE_LIT("{ }"),
    SLICE_LIT("[1,[2,[3,{}]],{\"a\":[]}]"),
    SLICE_LIT("[ 1 , \"a\" ,null,{\"a\" : 1 , \"b\":2}]"),
    SLICE_LIT("{\"\":\"\"}"),
    SLICE_LIT("{\"a\":1,\"a\":2}"),
    SLICE_LIT("\"\""),
    SLICE_LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uABCD\\uabcd\""),
    SLICE_LIT("\"\\ud83d\\ude00\""),
    SLICE_LIT("\"\\ud83d\""),
    SLICE_LIT("\"\\ude00\\ud83d\""),
    SLICE_LIT("\"/ \x7f '\""),
    SLICE_LIT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
    SLICE_LIT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbb\xbf\""),
    SLICE_LIT("\"\xe2\x80\xa8\""),
};

static void json_is_taken(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(good_values); i++) {
        AUTO(buf) line;
        buf_init(&line, 1024);
        buf_append_str(&line, "{\"text\":\"\",\"v\":");
        buf_append_slice(&line, good_values[i]);
        buf_append_str(&line, "}");
        checked c = check_all(&usual, buf_slice(&line));
        if (!c.ok)
            fail_msg("case %zu: %s", i, c.error.message);
        assert_int_equal(c.counts.lines, 1);
        assert_int_equal(c.counts.longest_line_bytes, line.len);
    }
}

/* As above; `at` is the wrong byte's offset in the value. */
static const struct {
    slice value;
    size_t at;
    err_code code;
} bad_values[] = {
    {SLICE_LIT("01"), 1, ERR_JSONL},
    {SLICE_LIT("-01"), 2, ERR_JSONL},
    {SLICE_LIT("00"), 1, ERR_JSONL},
    {SLICE_LIT("-"), 1, ERR_JSONL},
    {SLICE_LIT("--1"), 1, ERR_JSONL},
    {SLICE_LIT("+1"), 0, ERR_JSONL},
    {SLICE_LIT(".5"), 0, ERR_JSONL},
    {SLICE_LIT("1."), 2, ERR_JSONL},
    {SLICE_LIT("1.e1"), 2, ERR_JSONL},
    {SLICE_LIT("1.5.5"), 3, ERR_JSONL},
    {SLICE_LIT("1e"), 2, ERR_JSONL},
    {SLICE_LIT("1e+"), 3, ERR_JSONL},
    {SLICE_LIT("1e1.0"), 3, ERR_JSONL},
    {SLICE_LIT("1e1e1"), 3, ERR_JSONL},
    {SLICE_LIT("1-2"), 1, ERR_JSONL},
    {SLICE_LIT("1 2"), 2, ERR_JSONL},
    {SLICE_LIT("0x1F"), 1, ERR_JSONL},
    {SLICE_LIT("NaN"), 0, ERR_JSONL},
    {SLICE_LIT("nan"), 1, ERR_JSONL},
    {SLICE_LIT("Infinity"), 0, ERR_JSONL},
    {SLICE_LIT("-Infinity"), 1, ERR_JSONL},
    {SLICE_LIT("True"), 0, ERR_JSONL},
    {SLICE_LIT("tru"), 3, ERR_JSONL},
    {SLICE_LIT("truee"), 4, ERR_JSONL},
    {SLICE_LIT("nul"), 3, ERR_JSONL},
    {SLICE_LIT("'a'"), 0, ERR_JSONL},
    {SLICE_LIT("a"), 0, ERR_JSONL},
    {SLICE_LIT(""), 0, ERR_JSONL},
    {SLICE_LIT(","), 0, ERR_JSONL},
    {SLICE_LIT("1,"), 2, ERR_JSONL},
    {SLICE_LIT("[1,]"), 3, ERR_JSONL},
    {SLICE_LIT("[,1]"), 1, ERR_JSONL},
    {SLICE_LIT("[1 2]"), 3, ERR_JSONL},
    {SLICE_LIT("[1:2]"), 2, ERR_JSONL},
    {SLICE_LIT("[1}"), 2, ERR_JSONL},
    {SLICE_LIT("[1"), 2, ERR_JSONL},
    {SLICE_LIT("[}"), 1, ERR_JSONL},
    {SLICE_LIT("{]"), 1, ERR_JSONL},
    {SLICE_LIT("{\"a\"}"), 4, ERR_JSONL},
    {SLICE_LIT("{\"a\" 1}"), 5, ERR_JSONL},
    {SLICE_LIT("{\"a\":}"), 5, ERR_JSONL},
    {SLICE_LIT("{\"a\":1,}"), 7, ERR_JSONL},
    {SLICE_LIT("{\"a\":1]"), 6, ERR_JSONL},
    {SLICE_LIT("{\"a\":1 \"b\":2}"), 7, ERR_JSONL},
    {SLICE_LIT("{a:1}"), 1, ERR_JSONL},
    {SLICE_LIT("{1:1}"), 1, ERR_JSONL},
    {SLICE_LIT("{'a':1}"), 1, ERR_JSONL},
    {SLICE_LIT("{,}"), 1, ERR_JSONL},
    {SLICE_LIT("/**/1"), 0, ERR_JSONL},
    {SLICE_LIT("1//"), 1, ERR_JSONL},
    {SLICE_LIT("\"\\a\""), 2, ERR_JSONL},
    {SLICE_LIT("\"\\0\""), 2, ERR_JSONL},
    {SLICE_LIT("\"\\x41\""), 2, ERR_JSONL},
    {SLICE_LIT("\"\\U0041\""), 2, ERR_JSONL},
    {SLICE_LIT("\"\\u004\""), 6, ERR_JSONL},
    {SLICE_LIT("\"\\u00g0\""), 5, ERR_JSONL},
    {SLICE_LIT("\"\\u 041\""), 3, ERR_JSONL},
    {SLICE_LIT("\"\t\""), 1, ERR_JSONL},
    {SLICE_LIT("\"\r\""), 1, ERR_JSONL},
    {SLICE_LIT("\"a long enough text, then \x1f\""), 26, ERR_JSONL},
    {SLICE_LIT("\"\0\""), 1, ERR_JSONL},
    {SLICE_LIT("\0"), 0, ERR_JSONL},
    {SLICE_LIT("1\0"), 1, ERR_JSONL},
    {SLICE_LIT("\f1"), 0, ERR_JSONL},
    {SLICE_LIT("\v1"), 0, ERR_JSONL},
    {SLICE_LIT("\xc2\xa0"
               "1"),
     0, ERR_JSONL},
    {SLICE_LIT("\xef\xbb\xbf"
               "1"),
     0, ERR_JSONL},
    {SLICE_LIT("\"\x80\""), 1, ERR_UTF8},
    {SLICE_LIT("\"\xc0\x80\""), 1, ERR_UTF8},
    {SLICE_LIT("\"\xe0\x80\x80\""), 2, ERR_UTF8},
    {SLICE_LIT("\"\xed\xa0\x80\""), 2, ERR_UTF8},
    {SLICE_LIT("\"\xf4\x90\x80\x80\""), 2, ERR_UTF8},
    {SLICE_LIT("\"\xf0\x9f\x98\""), 4, ERR_UTF8},
    {SLICE_LIT("\"\xd0\\u0041\""), 2, ERR_UTF8},
    {SLICE_LIT("\"\xd0\n"), 2, ERR_UTF8},
    {SLICE_LIT("\"plain latin-1: caf\xe9\""), 20, ERR_UTF8},
    {SLICE_LIT("\n1"), 0, ERR_JSONL},
    {SLICE_LIT("\"\n\""), 1, ERR_JSONL},
    {SLICE_LIT("{\n}"), 1, ERR_JSONL},
    {SLICE_LIT("1}}"), 2, ERR_JSONL},
    {SLICE_LIT("1} {"), 3, ERR_JSONL},
    {SLICE_LIT("1},"), 2, ERR_JSONL},
};

static void all_else_is_refused_at_its_byte(void **state)
{
    UNUSED(state);
    static const char before[] = "{\"text\":\"\"}\n{\"text\":\"\",\"v\":";
    for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
        AUTO(buf) line;
        buf_init(&line, 1024);
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
    assert_fault(SLICE_LIT("[1]"), "line 1, byte 0 of the decoded text: expected one JSON object a "
                                   "line, beginning with '{', found '['");
    assert_fault(SLICE_LIT("{\"a\":1}{"), "line 1, byte 7 of the decoded text: expected the end of "
                                          "the line behind the object, found '{'");
    assert_fault(SLICE_LIT("{\"a\nb\":1}"), "line 1, byte 3 of the decoded text: expected the "
                                            "closing quote of a string, found the end of the line");
    assert_fault(SLICE_LIT("{\"a\tb\":1}"), "line 1, byte 3 of the decoded text: raw control "
                                            "character 0x09 in a string: JSON writes \\u0009");
    assert_fault(SLICE_LIT("{\"a\":\"\xff\"}"), "line 1, byte 6 of the decoded text: invalid "
                                                "UTF-8: byte 0xFF cannot stand here");
    assert_fault(SLICE_LIT("{\"a\":07}"),
                 "line 1, byte 6 of the decoded text: a number has a leading zero");
    assert_fault(SLICE_LIT("\n{\"a\":1"), "line 2, byte 7 of the decoded text: expected ',' or "
                                          "'}', found the end of the text");
    assert_fault(SLICE_LIT("{\"a\":1."),
                 "line 1, byte 7 of the decoded text: expected a digit, found the end of the text");
    assert_fault(SLICE_LIT("\0"), "line 1, byte 0 of the decoded text: expected one JSON object a "
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
        assert_fault(others[i], "line 1, byte 0 of the decoded text: expected one JSON object a "
                                "line, beginning with '{', found byte 0xEF");
    assert_fault(SLICE_LIT("\n\xef\xbb\xbf"),
                 "line 2, byte 1 of the decoded text: expected one JSON object a line, beginning "
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

/* Objects and arrays by turns, `depth` of them. */
static buf nested(size_t depth)
{
    buf out;
    buf_init(&out, 1 << 20);
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
            AUTO(buf) line;
            buf_init(&line, 1024);
            buf_append_str(&line, place ? "{\"text\":\"\",\"" : "{\"text\":\"");
            buf_append_slice(&line, cases[i].text);
            buf_append_str(&line, place ? "\":1}" : "\"}");
            checked c = check_all(&usual, buf_slice(&line));
            assert_true(c.ok);
            assert_int_equal(c.counts.lone_surrogates, cases[i].lone);
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
         "line 1, byte 10 of the decoded text: the lone surrogate \\ud83d is half a character "
         "(refuse_lone_surrogates is on)"},
        {SLICE_LIT("{\"text\":\"\\ud83d\\ud83d\\ude00\"}"),
         "line 1, byte 9 of the decoded text: the lone surrogate \\ud83d is half a character "
         "(refuse_lone_surrogates is on)"},
        {SLICE_LIT("{\"text\":\"\\ud83d\\ude00\\ude00\"}"),
         "line 1, byte 21 of the decoded text: the lone surrogate \\ude00 is half a character "
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
        assert_string_equal(
            c.error.message,
            "line 2, byte 12 of the decoded text: the line is longer than 11 bytes");
    }
}

/* How many of the three lines (the case between two others that can be scanned) cannot be. */
static void check_key(const char *key, slice line, bool scannable)
{
    jsonl_options options = {.content_key = key};
    AUTO(buf) text;
    buf_init(&text, 1024);
    static const char other[] = "{\"text\":\"\",\"a\":{\"b\":{\"c\":\"\"}},\"\xc3\xa9\":\"\","
                                "\"\xf0\x9f\x98\x80\":\"\"}\n";
    buf_append_str(&text, other);
    buf_append_slice(&text, line);
    buf_append_str(&text, "\n");
    buf_append_str(&text, other);
    checked c = check_all(&options, buf_slice(&text));
    assert_true(c.ok);
    if (c.counts.unscannable_lines != !scannable)
        fail_msg("%.*s is taken wrongly for %s", (int)line.len, line.data, key ? key : "text");
}

static void the_content_key_is_a_string_of_the_top_object(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"text\":\"\"}"), true);
    check_key(NULL, SLICE_LIT("{\"id\":1,\"text\":\"a\",\"z\":null}"), true);
    check_key(NULL, SLICE_LIT("{\"text\" \t: \"a\"}"), true);
    check_key(NULL, SLICE_LIT("{}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":1}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":null}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":[\"a\"]}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":{\"text\":\"a\"}}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":{\"text\":\"a\"}}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":[{\"text\":\"a\"}]}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":\"text\"}"), false);
    check_key(NULL, SLICE_LIT("{\"Text\":\"a\",\"tex\":\"a\",\"texts\":\"a\",\"\":\"a\"}"), false);
}

static void the_last_of_equal_keys_counts(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"text\":1,\"text\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\",\"text\":1}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\",\"text\":{}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{\"c\":\"x\"}},\"a\":{}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":1,\"a\":{\"b\":2,\"b\":{\"c\":3,\"c\":\"x\"}}}"), true);
}

static void a_dotted_key_leads_through_objects_only(void **state)
{
    UNUSED(state);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{\"c\":\"x\"}}}"), true);
    check_key("a.b.c",
              SLICE_LIT("{\"z\":{\"a\":1},\"a\":{\"y\":[{}],\"b\":{\"c\":\"x\"},\"d\":1},\"e\":2}"),
              true);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":[{\"c\":\"x\"}]}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":[{\"b\":{\"c\":\"x\"}}]}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{}},\"b\":{\"c\":\"x\"},\"c\":\"x\"}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"z\":{\"c\":\"x\"}}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a.b.c\":\"x\"}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":\"c\"}}"), false);
}

static void escaped_keys_are_the_same_keys(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"\\u0074e\\u0078t\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"\\u0074e\\u0078\":\"a\"}"), false);
    check_key(NULL, SLICE_LIT("{\"text\\u0000\":\"a\"}"), false);
    check_key("\xc3\xa9", SLICE_LIT("{\"\\u00E9\":\"a\"}"), true);
    check_key("\xc3\xa9", SLICE_LIT("{\"\xc3\xa9\":\"a\"}"), true);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83d\\ude00\":\"a\"}"), true);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83d\":\"a\"}"), false);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ude00\\ud83d\":\"a\"}"), false);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83dx\\ude00\":\"a\"}"), false);
}

static void a_file_without_any_text_names_its_keys(void **state)
{
    UNUSED(state);
    checked c = check_all(&usual, SLICE_LIT("\n{\"id\":1,\"b\\u006fdy\":{\"x\":1}}\n{\"z\":1}\n"));
    assert_false(c.ok);
    assert_string_equal(err_code_name(c.error.code), "JSONL");
    assert_string_equal(c.error.message,
                        "no line has a string under 'text'; the first line has the keys: id, body; "
                        "set content_key to the key of the text");
    c = check_all(&usual, SLICE_LIT("{}"));
    assert_non_null(strstr(c.error.message, "the first line has no keys; set content_key"));
    assert_true(check_all(&usual, SLICE_LIT("{}\n{\"text\":\"\"}")).ok);
    assert_true(check_all(&usual, SLICE_LIT("\n \n")).ok);
}

static void many_keys_are_named_up_to_a_bound(void **state)
{
    UNUSED(state);
    AUTO(buf) line;
    buf_init(&line, 1 << 16);
    for (int i = 0; i < 500; i++)
        buf_printf(&line, "%s\"key_number_%d\":%d", i ? "," : "{", i, i);
    buf_append_str(&line, "}");
    checked c = check_all(&usual, buf_slice(&line));
    assert_false(c.ok);
    assert_non_null(strstr(c.error.message, "keys: key_number_0, key_number_1, "));
    assert_non_null(strstr(c.error.message, ", ...; set content_key"));
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

/* Every byte at every place of words of eight, against the rule itself. */
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
            if (at + 1 < sizeof text) { /* what stands behind it changes nothing */
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
        cmocka_unit_test(the_content_key_is_a_string_of_the_top_object),
        cmocka_unit_test(the_last_of_equal_keys_counts),
        cmocka_unit_test(a_dotted_key_leads_through_objects_only),
        cmocka_unit_test(escaped_keys_are_the_same_keys),
        cmocka_unit_test(a_file_without_any_text_names_its_keys),
        cmocka_unit_test(many_keys_are_named_up_to_a_bound),
        cmocka_unit_test(realistic_text_checks_the_same_in_random_splits),
        cmocka_unit_test(plain_text_is_stepped_over_to_the_first_special_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
