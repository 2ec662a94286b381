/* orchestrator/transfer/result_lines: a text must be the input without some lines, byte for byte;
 * otherwise the error names the first line that differs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/transfer/result_lines.h"

static char *dir;
static workdir *work;
static line_hashes *hashes;
static bool damaged; /* the kept hashes are of another text */

static int begin(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-test-XXXXXX";
    err e = ERR_INIT;
    dir = xstrdup(mkdtemp(path));
    work = workdir_open(
        &(workdir_options){
            .root = dir, .input_uri = "s3://b/in", .host_count = 1, .disk_budget_bytes = 100 << 20},
        &e);
    hashes = line_hashes_new(work);
    damaged = false;
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    line_hashes_unref(hashes);
    workdir_close(work);
    bool ok = fs_remove_tree(dir, &e);
    free(dir);
    return ok ? 0 : 1;
}

typedef struct text {
    slice bytes;
    size_t piece;
    unsigned reads;
} text;

static bool read_text(void *ctx, stage *sink, err *e)
{
    text *t = ctx;
    t->reads++;
    for (size_t at = 0; at < t->bytes.len; at += t->piece) {
        slice piece = {t->bytes.data + at, MIN(t->piece, t->bytes.len - at)};
        if (!stage_feed(sink, piece, e))
            return false;
    }
    return stage_finish(sink, e);
}

static bool compare(slice input, slice cleaned, const uint64_t *removed, size_t removed_count,
                    bool keep, err *e)
{
    text in = {.bytes = input, .piece = 4096}, out = {.bytes = cleaned, .piece = 1000};
    line_check c = {.name = "s3://b/k",
                    .removed = removed,
                    .removed_count = removed_count,
                    .hashes = keep ? hashes : NULL,
                    .input = {read_text, &in},
                    .cleaned = {read_text, &out},
                    .first = {read_text, &out}};
    assert_true(result_lines_count(&c.input, keep ? hashes : NULL, &c.input_lines, e));
    if (damaged) {
        text other = {.bytes = SLICE_LIT("x\ny\nz\n"), .piece = 100};
        uint64_t lines = 0;
        assert_true(result_lines_count(&(text_reader){read_text, &other}, hashes, &lines, e));
    }
    in.reads = 0;
    bool ok = result_lines_compare(&c, e);
    if (ok && !damaged)
        assert_int_equal(in.reads, keep ? 0 : 1);
    return ok;
}

/* With kept hashes, and without. */
static void expect_equal(const char *input, const char *cleaned, const uint64_t *removed, size_t n)
{
    for (int keep = 0; keep < 2; keep++) {
        err e = ERR_INIT;
        if (!compare(slice_from(input), slice_from(cleaned), removed, n, keep, &e))
            fail_msg("%s", e.message);
    }
}

static void expect_difference(slice input, slice cleaned, const uint64_t *removed, size_t n,
                              const char *words)
{
    for (int keep = 0; keep < 2; keep++) {
        err e = ERR_INIT;
        if (compare(input, cleaned, removed, n, keep, &e))
            fail_msg("taken: %s", words);
        assert_int_equal(e.code, ERR_RESULT);
        assert_true(str_starts_with(e.message, "s3://b/k: the cleaned file is not the input"));
        if (!strstr(e.message, words))
            fail_msg("'%s' is not in: %s", words, e.message);
    }
}

#define REMOVED(...)                                                                               \
    (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)

static void the_exact_rest_is_taken(void **state)
{
    UNUSED(state);
    expect_equal("a\nb\nc\n", "a\nb\nc\n", NULL, 0);
    expect_equal("a\nb\nc\n", "a\nc\n", REMOVED(1));
    expect_equal("a\nb\nc\n", "b\nc\n", REMOVED(0));
    expect_equal("a\nb\nc\n", "a\nb\n", REMOVED(2));
    expect_equal("a\nb\nc\n", "", REMOVED(0, 1, 2));
    expect_equal("a\nb\nc", "a\nc", REMOVED(1));
    expect_equal("a\nb\nc", "a\nb\n", REMOVED(2));
    expect_equal("a", "", REMOVED(0));
    expect_equal("", "", NULL, 0);
    expect_equal("\n\n\n", "\n\n", REMOVED(1));
    expect_equal("a\r\n\r\nb\r\n", "\r\nb\r\n", REMOVED(0));
    expect_equal("a\na\na\n", "a\n", REMOVED(0, 2));
}

static void each_kind_of_difference_is_named_with_its_place(void **state)
{
    UNUSED(state);
    static const struct {
        const char *input, *cleaned, *words;
    } rows[] = {
        /* line 2 of 4 is to be removed */
        {"a\nb\nc\nd\n", "x\ny\nz\n", "its line 1 is not line 1 of the input"},
        {"a\nb\nc\nd\n", "a\nd\nc\n", "its line 2 is not line 3 of the input"},
        {"a\nb\nc\nd\n", "a\nc\nD\n", "its line 3 is not line 4 of the input"},
        {"a\nb\nc\nd\n", "a\nc\nc\n", "its line 3 is not line 4 of the input"},
        {"a\nb\nc\nd\n", "a\nb\nc\n", "its line 2 is not line 3 of the input"},
        {"a\nb\nc\nd\n", "a\nc\nd\nd\n", "its line 4 follows the last line of the input"},
        {"a\nb\nc\nd\n", "a\nc\nd\n\n", "its line 4 follows the last line of the input"},
        {"a\nb\nc\nd\n", "a\nc\nd\nx", "its line 4 follows the last line of the input"},
        {"a\nb\nc\nd\n", "a\nb\nc\nd\n", "its line 2 is not line 3 of the input"},
        {"a\nb\nc\nd\n", "a\nc\n", "it ends after line 2, line 4 of the input is missing"},
        {"a\nb\nc\nd\n", "", "it ends after line 0, line 1 of the input is missing"},
        {"a\nb\nc\nd\n", "a\nc\nd", "its line 3 is not line 4 of the input"},
        {"a\nb\nc\nd", "a\nc\nd\n", "its line 3 is not line 4 of the input"},
        {"a\nb\nc\nd", "a\nc\nd\r", "its line 3 is not line 4 of the input"},
        {"a\nb\nc\nd\n", "a\r\nc\nd\n", "its line 1 is not line 1 of the input"},
        {"a\r\nb\r\nc\r\nd\r\n", "a\nc\nd\n", "its line 1 is not line 1 of the input"},
        {"a\r\nb\r\nc\r\nd\r\n", "a\r\nc\r\nd\n", "its line 3 is not line 4 of the input"},
        {"a\nb\n\nd\n", "a\nd\n\n", "its line 2 is not line 3 of the input"},
        {"a\nb\nc\nd\n", "a\nc\rd\n", "its line 2 is not line 3 of the input"},
        {"a\nb\nc\nd\n", "\na\nc\nd\n", "its line 1 is not line 1 of the input"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_difference(slice_from(rows[i].input), slice_from(rows[i].cleaned), REMOVED(1),
                          rows[i].words);
    slice nul = SLICE_LIT("a\nc\0\nd\n");
    expect_difference(SLICE_LIT("a\nb\nc\nd\n"), nul, REMOVED(1), "its line 2 is not line 3");
    expect_difference(SLICE_LIT("a\n"), SLICE_LIT("a\n"), REMOVED(0),
                      "its line 1 follows the last");
    expect_difference(SLICE_LIT(""), SLICE_LIT("a\n"), NULL, 0, "its line 1 follows the last");
    expect_difference(SLICE_LIT("a\n"), SLICE_LIT(""), NULL, 0, "ends after line 0, line 1 of");
    expect_difference(SLICE_LIT("a\nb\n"), SLICE_LIT("b\n"), NULL, 0,
                      "(lines: input 2, reported 0, cleaned 1)");
}

/* --- many lines: the place is right for any position of the marks --- */

static uint64_t random_state = 11;

static uint64_t below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static void put_line(buf *out, size_t number)
{
    buf_printf(out, "{\"text\":\"line %zu\"}\n", number);
}

/* Of `count` lines every third is removed; of the kept lines number `bad` is changed. */
static void expect_place(size_t count, size_t bad)
{
    AUTO(buf) input = BUF(64 << 20);
    AUTO(buf) cleaned = BUF(64 << 20);
    AUTO_FREE uint64_t *removed = xcalloc(count, sizeof *removed);
    size_t removed_count = 0, kept = 0, input_line = 0;
    for (size_t i = 0; i < count; i++) {
        put_line(&input, i);
        if (i % 3 == 1) {
            removed[removed_count++] = i;
            continue;
        }
        if (kept++ == bad) {
            buf_append_str(&cleaned, "{\"text\":\"other\"}\n");
            input_line = i + 1;
        } else {
            put_line(&cleaned, i);
        }
    }
    AUTO_FREE char *words =
        xasprintf("its line %zu is not line %zu of the input (lines: input %zu, "
                  "reported %zu, cleaned %zu)",
                  bad + 1, input_line, count, removed_count, kept);
    expect_difference(buf_slice(&input), buf_slice(&cleaned), removed, removed_count, words);
}

static void the_first_difference_is_found_among_many_lines(void **state)
{
    UNUSED(state);
    static const size_t counts[] = {3000, 3071, 3072, 3073, 6144, 20000, 100000};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        size_t kept = counts[i] - (counts[i] + 1) / 3;
        expect_place(counts[i], 0);
        expect_place(counts[i], kept - 1);
        for (int j = 0; j < 4; j++)
            expect_place(counts[i], below(kept));
    }
}

/* Between two marks these texts differ only in order; `marks` holds 2,048. */
static void neighbours_that_changed_places_are_found_among_many_lines(void **state)
{
    UNUSED(state);
    const size_t count = 50000;
    AUTO(buf) input = BUF(64 << 20);
    for (size_t i = 0; i < count; i++)
        put_line(&input, i);
    for (int round = 0; round < 20; round++) {
        size_t at = below(count - 1);
        AUTO(buf) cleaned = BUF(64 << 20);
        for (size_t i = 0; i < count; i++)
            put_line(&cleaned, i == at ? at + 1 : i == at + 1 ? at : i);
        AUTO_FREE char *words =
            xasprintf("its line %zu is not line %zu of the input", at + 1, at + 1);
        expect_difference(buf_slice(&input), buf_slice(&cleaned), NULL, 0, words);
    }
}

/* Texts of few different lines, in which a wrong line is easily confused with a right one: the
 * verdict equals that of a byte comparison. */
static void the_verdict_is_that_of_comparing_bytes(void **state)
{
    UNUSED(state);
    unsigned equal = 0, different = 0;
    for (int round = 0; round < 3000; round++) {
        AUTO(buf) input = BUF(10000);
        AUTO(buf) wanted = BUF(10000);
        AUTO(buf) cleaned = BUF(10000);
        uint64_t removed[40];
        size_t removed_count = 0, lines = below(40);
        for (size_t i = 0; i < lines; i++) {
            char line[3] = {(char)('a' + below(2)), '\n', '\0'};
            line[1] = i + 1 == lines && below(2) ? '\0' : '\n';
            buf_append_str(&input, line);
            if (below(3) == 0)
                removed[removed_count++] = i;
            else
                buf_append_str(&wanted, line);
        }
        buf_append_slice(&cleaned, buf_slice(&wanted));
        if (cleaned.len && below(4)) {
            size_t at = below(cleaned.len), to = below(cleaned.len);
            char kept = cleaned.data[at];
            cleaned.data[at] = below(2) ? cleaned.data[to] : (char)('a' + below(2));
            cleaned.data[to] = kept;
            cleaned.len -= below(4) == 0;
        }
        bool same = slice_equal(buf_slice(&wanted), buf_slice(&cleaned));
        err e = ERR_INIT;
        bool keep = below(2);
        if (compare(buf_slice(&input), buf_slice(&cleaned), removed, removed_count, keep, &e) !=
            same)
            fail_msg("round %d: %s", round, same ? e.message : "taken");
        *(same ? &equal : &different) += 1;
    }
    assert_true(equal > 500 && different > 500);
}

/* Hashes damaged on disk do not fail a file: the input itself is compared. */
static void damaged_hashes_fail_nobodys_file(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    damaged = true;
    assert_true(compare(SLICE_LIT("a\nb\nc\n"), SLICE_LIT("a\nc\n"), REMOVED(1), true, &e));
    assert_false(compare(SLICE_LIT("a\nb\nc\n"), SLICE_LIT("a\nb\n"), REMOVED(1), true, &e));
    assert_non_null(strstr(e.message, "its line 2 is not line 3 of the input"));
}

static bool fail_to_read(void *ctx, stage *sink, err *e)
{
    UNUSED(ctx);
    return stage_feed(sink, SLICE_LIT("a\n"), e) &&
           err_set(e, ERR_CODEC_EARLY_END, "the text ends early");
}

static void a_text_that_cannot_be_read_is_no_difference(void **state)
{
    UNUSED(state);
    text input = {.bytes = SLICE_LIT("a\n"), .piece = 10};
    line_check c = {.name = "x",
                    .input_lines = 1,
                    .input = {read_text, &input},
                    .cleaned = {fail_to_read, NULL},
                    .first = {fail_to_read, NULL}};
    err e = ERR_INIT;
    assert_false(result_lines_compare(&c, &e));
    assert_int_equal(e.code, ERR_CODEC_EARLY_END);
}

int main(void)
{
#define WORK_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        WORK_TEST(the_exact_rest_is_taken),
        WORK_TEST(each_kind_of_difference_is_named_with_its_place),
        WORK_TEST(the_first_difference_is_found_among_many_lines),
        WORK_TEST(neighbours_that_changed_places_are_found_among_many_lines),
        WORK_TEST(the_verdict_is_that_of_comparing_bytes),
        WORK_TEST(damaged_hashes_fail_nobodys_file),
        WORK_TEST(a_text_that_cannot_be_read_is_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
