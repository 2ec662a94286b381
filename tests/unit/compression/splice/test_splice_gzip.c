/* Cleaning gzip without encoding all of it again: any file, any lines. */
#include "tests/unit/compression/splice/splice_support.h"

static uint64_t seed = 88172645463325253ull;

static size_t chance(size_t below)
{
    return (size_t)(test_random(&seed) % below);
}

static member_style any_style(void)
{
    static const int flushes[] = {Z_NO_FLUSH,   Z_NO_FLUSH,      Z_SYNC_FLUSH,
                                  Z_FULL_FLUSH, Z_PARTIAL_FLUSH, Z_BLOCK};
    return (member_style){.level = (int)chance(10),
                          .strategy = (int)chance(5),
                          .memory = 1 + (int)chance(9),
                          .flush = flushes[chance(6)],
                          .flush_bytes = 1 + chance(chance(2) ? 60000 : 3000),
                          .named = chance(3) == 0,
                          .has_crc = chance(3) == 0};
}

static buf any_text(void)
{
    size_t bytes = chance(4) ? chance(300000) : chance(600);
    buf text = english_lines(&seed, bytes, 1 + chance(chance(3) ? 900 : 30000));
    if (text.len == 0)
        return text;
    if (chance(4) == 0) /* incompressible text */
        for (size_t i = chance(text.len), end = i + chance(text.len - i); i < end; i++)
            text.data[i] = (char)chance(256);
    if (chance(5) == 0) { /* the longest matches */
        size_t from = chance(text.len);
        memset(text.data + from, 'a', chance(text.len - from));
    }
    if (chance(4) == 0)
        text.len--; /* a last line without a newline */
    return text;
}

/* Lines of the text, each with a probability of 1 in `odds`; or bytes anywhere. */
static range_list any_ranges(slice text)
{
    static const size_t all_odds[] = {1, 2, 10, 100, 1000};
    range_list l = {0};
    size_t odds = all_odds[chance(5)];
    bool by_line = chance(4) != 0;
    for (size_t from = 0, to; from < text.len; from = to) {
        const char *end = memchr(text.data + from, '\n', text.len - from);
        to = end ? (size_t)(end - text.data) + 1 : text.len;
        if (!by_line)
            to = from + chance(odds > 1 ? 3000 : 60000);
        to = MIN(to, text.len);
        if (chance(odds) == 0)
            range_list_add(&l, from, to);
        else if (!by_line && to == from)
            to++;
    }
    return l;
}

static void any_lines_are_removed_from_any_file(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 120; round++) {
        AUTO(buf) text = any_text();
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        size_t at = 0;
        for (size_t left = 1 + (chance(3) ? 0 : chance(12)); left > 0; left--) {
            size_t len = left == 1 ? text.len - at : chance(3) ? chance(text.len - at + 1) : 0;
            member_style m = any_style();
            put_member(&file, &m, (slice){.data = text.data + at, .len = len});
            at += len;
        }
        for (size_t zeros = chance(4) ? 0 : chance(600); zeros > 0; zeros--)
            buf_append_char(&file, 0);
        AUTO(range_list) removed = any_ranges(buf_slice(&text));
        expect_spliced(buf_slice(&file), buf_slice(&text), &removed);
    }
}

static buf one_member(const member_style *m, slice text)
{
    buf file = BUF(SPLICE_TEXT_MAX);
    put_member(&file, m, text);
    return file;
}

/* Cuts and copies begin at every bit of a byte, in every kind of block. */
static void each_line_is_removed_in_turn(void **state)
{
    UNUSED(state);
    static const member_style styles[] = {
        {.level = 6, .memory = 8},
        {.level = 6, .memory = 8, .strategy = Z_FIXED},
        {.level = 1, .memory = 8, .strategy = Z_HUFFMAN_ONLY},
        {.level = 0, .memory = 8},
        {.level = 6, .memory = 8, .flush = Z_SYNC_FLUSH, .flush_bytes = 5000},
    };
    AUTO(buf) text = english_lines(&seed, 70000, 600);
    for (size_t i = 0; i < ARRAY_LEN(styles); i++) {
        AUTO(buf) file = one_member(&styles[i], buf_slice(&text));
        const char *end;
        for (size_t from = 0, to; from < text.len; from = to) {
            end = memchr(text.data + from, '\n', text.len - from);
            to = (size_t)(end - text.data) + 1;
            AUTO(range_list) removed = {0};
            range_list_add(&removed, from, to);
            expect_spliced(buf_slice(&file), buf_slice(&text), &removed);
        }
    }
}

static void a_file_without_removed_lines_is_copied_unchanged(void **state)
{
    UNUSED(state);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    AUTO(buf) text = english_lines(&seed, 1000000, 600);
    for (unsigned i = 0; i < 5; i++) {
        member_style m = any_style();
        put_member(&file, &m, buf_slice(&text));
    }
    range_list none = {0};
    AUTO(buf) spliced = BUF(0);
    assert_true(splice_bytes(CODEC_GZIP, buf_slice(&file), &none, &spliced, NULL));
    assert_true(slice_equal(buf_slice(&spliced), buf_slice(&file)));
}

/* bgzip: members of 65,280 bytes with their size in the header. */
static void bgzip_keeps_its_block_sizes(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 20; round++) {
        AUTO(buf) text = any_text();
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        member_style m = {.level = (int)chance(10),
                          .memory = 8,
                          .is_bgzip = true,
                          .has_crc = round % 2,
                          .named = round % 4 == 3};
        for (size_t at = 0; at < text.len; at += 65280)
            put_member(&file, &m, (slice){text.data + at, MIN(text.len - at, (size_t)65280)});
        put_member(&file, &m, (slice){0});
        AUTO(range_list) removed = any_ranges(buf_slice(&text));
        expect_spliced(buf_slice(&file), buf_slice(&text), &removed);
    }
}

/* A member that claims to be bgzip's and exceeds its maximum: memory is bounded, and the text is
 * correct. */
static void a_false_block_size_does_no_harm(void **state)
{
    UNUSED(state);
    AUTO(buf) text = english_lines(&seed, 3000000, 600);
    for (size_t i = 0; i < text.len; i += 3)
        text.data[i] = (char)chance(256);
    member_style styles[] = {{.level = 6, .memory = 8, .has_crc = true},
                             {.level = 6, .memory = 8, .has_crc = true}};
    const size_t lengths[] = {150000, 3000000};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
        styles[i].is_bgzip = true;
        slice part = {.data = text.data, .len = lengths[i]};
        put_member(&file, &styles[i], part);
        AUTO(range_list) removed = {0};
        range_list_add(&removed, 40000, 41000);
        AUTO(buf) spliced = BUF(0);
        err e = ERR_INIT;
        if (!splice_bytes(CODEC_GZIP, buf_slice(&file), &removed, &spliced, &e))
            fail_msg("%s", e.message);
        assert_int_equal(memcmp(spliced.data + 17, i == 0 ? "xx" : "BC", 2), 0);
        AUTO(buf) expected = text_without(part, &removed);
        memcpy(spliced.data + 17, "xx", 2); /* its size field is ignored */
        uint32_t crc = crc32_ieee(0, spliced.data, 23);
        spliced.data[23] = (char)crc;
        spliced.data[24] = (char)(crc >> 8);
        size_t members = 0;
        AUTO(buf) got = text_by_zlib(buf_slice(&spliced), &members);
        expect_equal(buf_slice(&got), buf_slice(&expected));
    }
}

/* Level, blocks and ratio are kept: one line in 2,000 adds almost nothing to the size, one in ten
 * less than 1 %. */
static void the_size_grows_by_one_percent_at_most(void **state)
{
    UNUSED(state);
    static const size_t every[] = {2000, 100, 10};
    AUTO(buf) text = english_lines(&seed, 3000000, 700);
    for (int level = 4; level <= 9; level += 5) {
        member_style m = {.level = level, .memory = 8};
        AUTO(buf) file = one_member(&m, buf_slice(&text));
        for (size_t i = 0; i < ARRAY_LEN(every); i++) {
            AUTO(range_list) removed = {0};
            size_t line = 0;
            for (size_t from = 0, to; from < text.len; from = to, line++) {
                const char *end = memchr(text.data + from, '\n', text.len - from);
                to = (size_t)(end - text.data) + 1;
                if (line % every[i] == every[i] / 2)
                    range_list_add(&removed, from, to);
            }
            AUTO(buf) spliced = BUF(0);
            assert_true(splice_bytes(CODEC_GZIP, buf_slice(&file), &removed, &spliced, NULL));
            assert_true(spliced.len <= file.len + file.len / 100);
        }
    }
}

/* ---- refusals ---- */

static void expect_refused(slice file, const range_list *removed, err_code code)
{
    AUTO(buf) out = BUF(0);
    err e = ERR_INIT;
    assert_false(splice_bytes(CODEC_GZIP, file, removed, &out, &e));
    assert_int_equal(e.code, code);
}

static void ranges_that_do_not_fit_are_refused(void **state)
{
    UNUSED(state);
    static const struct {
        splice_range a, b;
    } cases[] = {
        {{10, 20}, {15, 30}},
        {{10, 20}, {0, 5}},
        {{20, 10}, {30, 40}},
        {{10, 20}, {990000, 1000001}},
        {{0, 5}, {1000000, 1000001}},
        {{0, 5}, {7, UINT64_MAX}},
        {{0, 5}, {UINT64_MAX - 1, UINT64_MAX - 1}},
    };
    AUTO(buf) text = english_lines(&seed, 1000000, 600);
    text.len = 1000000;
    member_style m = {.level = 6, .memory = 8};
    AUTO(buf) file = one_member(&m, buf_slice(&text));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(range_list) removed = {0};
        range_list_add(&removed, cases[i].a.from, cases[i].a.to);
        range_list_add(&removed, cases[i].b.from, cases[i].b.to);
        expect_refused(buf_slice(&file), &removed, ERR_LIMIT);
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        assert_false(splice_bytes(CODEC_PLAIN, buf_slice(&text), &removed, &out, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
}

static void damage_and_missing_ends_are_refused(void **state)
{
    UNUSED(state);
    AUTO(buf) text = english_lines(&seed, 50000, 600);
    member_style m = {.level = 6, .memory = 8};
    AUTO(buf) file = one_member(&m, buf_slice(&text));
    AUTO(range_list) removed = {0};
    range_list_add(&removed, 1000, 2000);
    for (size_t len = 0; len < file.len; len += 1 + chance(400))
        if (len > 0)
            expect_refused((slice){file.data, len}, &removed, ERR_CODEC_EARLY_END);
    for (size_t back = 1; back <= 8; back++) {
        file.data[file.len - back] ^= 1;
        expect_refused(buf_slice(&file), &removed, ERR_CODEC_CORRUPT);
        file.data[file.len - back] ^= 1;
    }
    buf_append_str(&file, "garbage");
    expect_refused(buf_slice(&file), &removed, ERR_CODEC_EARLY_END);
    buf_append_str(&file, " of more bytes");
    expect_refused(buf_slice(&file), &removed, ERR_CODEC_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_lines_are_removed_from_any_file),
        cmocka_unit_test(each_line_is_removed_in_turn),
        cmocka_unit_test(a_file_without_removed_lines_is_copied_unchanged),
        cmocka_unit_test(bgzip_keeps_its_block_sizes),
        cmocka_unit_test(a_false_block_size_does_no_harm),
        cmocka_unit_test(the_size_grows_by_one_percent_at_most),
        cmocka_unit_test(ranges_that_do_not_fit_are_refused),
        cmocka_unit_test(damage_and_missing_ends_are_refused),
    };
    return splice_offers(CODEC_GZIP) ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
