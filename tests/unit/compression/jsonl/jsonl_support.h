/* Shared by the tests of the checker: checking in any split, valid and invalid JSON values.
 *
 * What:    a `checked` holds all that a caller can see of a check.
 * Owner:   values. Threads: one. Fails: cmocka's assertions.
 */
#ifndef TESTS_COMPRESSION_JSONL_SUPPORT_H
#define TESTS_COMPRESSION_JSONL_SUPPORT_H

#include "decon/compression/jsonl.h"
#include "base/util.h"
#include "tests/unit/compression/samples.h"

typedef struct checked {
    bool ok;
    err error;
    jsonl_counts counts;
} checked;

static inline checked check(const jsonl_options *options, slice text, splitter s)
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

static inline void assert_same(const checked *a, const checked *b)
{
    assert_int_equal(a->ok, b->ok);
    assert_string_equal(a->error.message, b->error.message);
    assert_int_equal(a->error.code, b->error.code);
    assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
}

/* In every cut, and byte by byte. */
static inline checked check_all(const jsonl_options *options, slice text)
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

/* For cases that the detection server may skip: not all lines are skipped. */
#define SCANNABLE "{\"text\":\"\"}\n"

static const jsonl_options usual = {0};

static inline void assert_fault(slice text, const char *message)
{
    checked c = check_all(&usual, text);
    assert_false(c.ok);
    assert_string_equal(c.error.message, message);
}

/* Each is checked as {"text":"","v":<value>}. */
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
    SLICE_LIT("[1e308,1e309,-12.5E-009,1e99]"),
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
    SLICE_LIT("\"\\ud83d\\ud83d\\ude00\""),
    SLICE_LIT("\"\\ud83d\\ude00\\ude00\\ude00\""),
    SLICE_LIT("\"\\ud83d\\u0041\\ud83d\\n\\ud83dxy\""),
    SLICE_LIT("\"/ \x7f '\""),
    SLICE_LIT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
    SLICE_LIT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbb\xbf\""),
    SLICE_LIT("\"\xe2\x80\xa8\""),
};

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

#endif
