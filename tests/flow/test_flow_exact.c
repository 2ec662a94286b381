/* Whole runs against a server whose results are wrong: a cleaned file is committed only if it is
 * the input without the reported lines, byte for byte. */
#include "tests/flow/exact_site.h"

static void expect_clean(world *w, const char *const *options)
{
    expect_status(w, options, 0);
    expect_log(w, "Clean=5 Contaminated=0 Failed=0 ");
    expect_nothing_left(w);
}

/* --- wrong texts --- */

static void set_text(buf *text, const char *wanted)
{
    buf_clear(text);
    buf_append_str(text, wanted);
}

/* The right number of lines, all of them wrong. */
static void garbage(buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] != '\n')
            text->data[i] = (char)(0x80 + i % 0x80);
}

static void swapped(buf *text)
{
    UNUSED(text);
    set_text(text, A C B);
}

static void one_byte_changed(buf *text)
{
    text->data[text->len - 4] ^= 1;
}

static void doubled_and_missing(buf *text)
{
    set_text(text, A B B);
}

static void wrong_line_removed(buf *text)
{
    set_text(text, A BAD C);
}

static void line_added(buf *text)
{
    buf_append_str(text, A);
}

static void bytes_added(buf *text)
{
    buf_append_str(text, "x");
}

static void empty_line_added(buf *text)
{
    buf_append_str(text, "\n");
}

static void line_missing(buf *text)
{
    set_text(text, A B);
}

static void nothing_left(buf *text)
{
    buf_clear(text);
}

static void newline_missing(buf *text)
{
    text->len--;
}

static void carriage_returns(buf *text)
{
    set_text(text, "{\"text\":\"a\",\"n\":1}\r\n" B C);
}

static void written_anew(buf *text) /* the same JSON in another form */
{
    set_text(text, "{\"text\": \"a\", \"n\": 1}\n" B C);
}

static const struct {
    void (*change)(buf *text);
    const char *words;
} wrong[] = {
    {garbage, NOT_THE_INPUT "its line 1 is not line 1 of the input"},
    {swapped, NOT_THE_INPUT "its line 2 is not line 3 of the input"},
    {one_byte_changed, NOT_THE_INPUT "its line 3 is not line 4 of the input"},
    {doubled_and_missing, NOT_THE_INPUT "its line 3 is not line 4 of the input"},
    {wrong_line_removed, NOT_THE_INPUT "its line 2 is not line 3 of the input"},
    {line_added, NOT_THE_INPUT "its line 4 follows the last line of the input"},
    {bytes_added, NOT_THE_INPUT "its line 4 follows the last line of the input"},
    {empty_line_added, NOT_THE_INPUT "its line 4 follows the last line of the input"},
    {line_missing, NOT_THE_INPUT "it ends after line 2, line 4 of the input is missing"},
    {nothing_left, NOT_THE_INPUT "it ends after line 0, line 1 of the input is missing"},
    {newline_missing, NOT_THE_INPUT "its line 3 is not line 4 of the input"},
    {carriage_returns, NOT_THE_INPUT "its line 1 is not line 1 of the input"},
    {written_anew, NOT_THE_INPUT "its line 1 is not line 1 of the input"},
};

static void a_wrong_text_is_never_committed(void **state)
{
    UNUSED(state);
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
            world *w = world_new();
            w->purify = true;
            add_all(w, A BAD B C);
            w->change_cleaned = wrong[i].change;
            expect_failures(w, WORDS("--xz-level", "1", "--verify", levels[l]), wrong[i].words);
            w->change_cleaned = NULL; /* the same files, with a correct server */
            expect_cleaned(w, WORDS("--xz-level", "1", "--verify", levels[l]), A B C);
            world_free(w);
        }
}

/* A clean input's copy is not uploaded, but it shows that the server read all of the input. */
static void a_wrong_copy_of_a_clean_input_proves_nothing(void **state)
{
    UNUSED(state);
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
            world *w = world_new();
            w->purify = true;
            add_all(w, A B C);
            w->change_cleaned = wrong[i].change;
            expect_failures(w, WORDS("--xz-level", "1", "--verify", levels[l]), NOT_THE_INPUT);
            w->change_cleaned = NULL;
            expect_clean(w, WORDS("--xz-level", "1", "--verify", levels[l]));
            world_free(w);
        }
}

/* --- right results of all kinds --- */

static void right_results_of_all_kinds_are_committed(void **state)
{
    UNUSED(state);
    static const struct {
        const char *input, *cleaned;
    } rows[] = {
        {BAD A B, A B},
        {A B BAD, A B},
        {BAD, ""},
        {BAD BAD BAD, ""},
        {"{\"text\":\"BAD\"}", ""},
        {A "{\"text\":\"BAD\"}", A},
        {BAD A "{\"text\":\"end\"}", A "{\"text\":\"end\"}"},
        {A BAD A BAD A, A A A},
        {"\n" A "\n" BAD " \t\n\n", "\n" A "\n \t\n\n"},
        {"{\"text\":\"a\"}\r\n{\"text\":\"BAD\"}\r\n\r\n{\"text\":\"b\"}\r\n",
         "{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"}\r\n"},
        {"{\"text\":\"a\\u0000\"}\n" BAD, "{\"text\":\"a\\u0000\"}\n"},
    };
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            world *w = world_new();
            w->purify = true;
            add_all(w, rows[i].input);
            expect_cleaned(w, WORDS("--xz-level", "1", "--verify", levels[l]), rows[i].cleaned);
            world_free(w);
        }
}

/* Several matches in a line, in any order. */
static void twice_and_backwards(buf *text)
{
    set_text(text, "{\"training_line\":3}\n{\"training_line\":1}\n{\"training_line\":3}\n"
                   "{\"training_line\":1,\"x\":\"\\u0000\"}\n");
}

static void a_line_beyond(buf *text)
{
    set_text(text, "{\"training_line\":1}\n{\"training_line\":5}\n");
}

static void a_line_too_few(buf *text)
{
    set_text(text, "{\"training_line\":1}\n");
}

static void a_line_too_many(buf *text)
{
    set_text(text, "{\"training_line\":1}\n{\"training_line\":3}\n{\"training_line\":4}\n");
}

static void counted_from_one(buf *text)
{
    set_text(text, "{\"training_line\":2}\n{\"training_line\":4}\n");
}

static void report_lines_may_repeat_in_any_order_but_must_be_the_removed_ones(void **state)
{
    UNUSED(state);
    static const struct {
        void (*change)(buf *text);
        const char *words;
    } rows[] = {
        {a_line_beyond, "line 2 names no line of the input, which has 5 lines"},
        {a_line_too_few, "its line 3 is not line 4 of the input"},
        {a_line_too_many, "its line 3 follows the last line of the input"},
        {counted_from_one, "its line 2 is not line 2 of the input"},
    };
    for (size_t l = 0; l < ARRAY_LEN(levels); l++) {
        world *w = world_new();
        w->purify = true;
        w->change_report = twice_and_backwards;
        add_all(w, A BAD B BAD C);
        expect_cleaned(w, WORDS("--xz-level", "1", "--verify", levels[l]), A B C);
        expect_log(w, "contaminated lines: 2");
        world_free(w);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            w = world_new();
            w->purify = true;
            w->change_report = rows[i].change;
            add_all(w, A BAD B BAD C);
            expect_failures(w, WORDS("--xz-level", "1", "--verify", levels[l]), "");
            expect_log(w, rows[i].words);
            world_free(w);
        }
    }
}

/* Without purification no text is compared, but the reported lines must exist. */
static void without_purification_the_report_is_checked_alone(void **state)
{
    UNUSED(state);
    for (size_t l = 0; l < ARRAY_LEN(levels); l++) {
        world *w = world_new();
        world_add(w, "x.jsonl.xz", A BAD B BAD C);
        w->change_report = a_line_beyond;
        expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 3);
        expect_log(w, "line 2 names no line of the input, which has 5 lines");
        assert_string_equal(w->order, "");
        w->change_report = NULL;
        expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 0);
        assert_non_null(world_find(w, "rep/x.report.jsonl"));
        world_free(w);
    }
}

/* A kept file is verified and hashed again. */
static void a_kept_file_is_checked_like_a_fresh_one(void **state)
{
    UNUSED(state);
    for (size_t l = 0; l < ARRAY_LEN(levels); l++) {
        world *w = world_new();
        w->purify = true;
        world_add(w, "x.jsonl.zst", A BAD B C);
        w->fail_jobs = 1;
        expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 3);
        w->fail_jobs = 0;
        w->change_cleaned = garbage;
        expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 3);
        expect_log(w, "its line 1 is not line 1 of the input");
        assert_string_equal(w->order, "");
        w->change_cleaned = NULL;
        expect_status(w, WORDS("--xz-level", "1", "--verify", levels[l]), 0);
        AUTO_FREE char *text = text_of(w, "cle/x.clean.jsonl.zst");
        assert_string_equal(text, A B C);
        world_free(w);
    }
}

/* Beyond a tenth of the disk budget the input is decoded again: 9,000 lines have 72 KB of hashes. */
static void a_small_disk_budget_changes_no_verdict(void **state)
{
    UNUSED(state);
    AUTO(buf) input = BUF(1 << 20);
    AUTO(buf) cleaned = BUF(1 << 20);
    for (int i = 0; i < 9000; i++) {
        buf_append_str(&input, i == 8000 ? BAD : A);
        buf_append_str(&cleaned, i == 8000 ? "" : A);
    }
    world *w = world_new();
    w->purify = true;
    add_all(w, buf_str(&input));
    w->change_cleaned = one_byte_changed;
    const char *const *options = WORDS("--disk-budget", "500KB", "--log-level", "debug");
    expect_failures(w, options, NOT_THE_INPUT "its line 8999 is not line 9000 of the input");
    expect_log(w, "line hashes are dropped");
    w->change_cleaned = NULL;
    expect_cleaned(w, options, buf_str(&cleaned));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_text_is_never_committed),
        cmocka_unit_test(a_wrong_copy_of_a_clean_input_proves_nothing),
        cmocka_unit_test(right_results_of_all_kinds_are_committed),
        cmocka_unit_test(report_lines_may_repeat_in_any_order_but_must_be_the_removed_ones),
        cmocka_unit_test(without_purification_the_report_is_checked_alone),
        cmocka_unit_test(a_kept_file_is_checked_like_a_fresh_one),
        cmocka_unit_test(a_small_disk_budget_changes_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
