/* Lines of command files, the progress line, and the message of an interruption. */
#include "s3/cli/commands/command_line.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/cli/session/interruption.h"

#define MIB ((uint64_t)1024 * 1024)

/* "a|b|c" */
static char *split(const char *line)
{
    AUTO(line_words) w = {0};
    AUTO(buf) text = BUF(4096);
    err e = ERR_INIT;
    if (!line_split(line, &w, &e))
        return xasprintf("error: %s", e.message);
    for (int i = 0; i < w.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "|" : "", w.words[i]);
    return xstrdup(buf_str(&text));
}

static void lines_are_split_as_by_a_shell(void **state)
{
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"", ""},
        {"  \t\r\n", ""},
        {"# all of it", ""},
        {"cp a b\n", "cp|a|b"},
        {"cp a b # and a comment", "cp|a|b"},
        {"cp a#b c", "cp|a#b|c"},
        {"cp 'a b' \"c d\"", "cp|a b|c d"},
        {"cp a' 'b\" \"c", "cp|a b c"},
        {"cp a\\ b \\'c \\\\d", "cp|a b|'c|\\d"},
        {"cp \"a\\\"b\\\\c\\d\" 'e\\f'", "cp|a\"b\\c\\d|e\\f"},
        {"cp '' \"\"", "cp||"},
        {"cp '*.gz' $HOME `x`", "cp|*.gz|$HOME|`x`"},
        {"cp 'a", "error: the quote ' is not closed"},
        {"cp \"a\\\"", "error: the quote \" is not closed"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *words = split(rows[i].line);
        assert_string_equal(words, rows[i].words);
    }
}

static void arguments_can_be_removed(void **state)
{
    AUTO(line_words) w = {0};
    err e = ERR_INIT;
    (void)state;
    assert_true(line_split("a b c d", &w, &e));
    line_words_remove(&w, 1, 2);
    assert_int_equal(w.count, 2);
    assert_string_equal(w.words[1], "d");
}

/* --- the progress line --- */

static void expect_line(const progress_numbers *n, double rate, const char *expected)
{
    AUTO(buf) text = BUF(1024);
    cli_progress_line(n, rate, 200, &text);
    assert_string_equal(buf_str(&text), expected);
}

static void the_remaining_time_is_shown_only_when_all_is_listed(void **state)
{
    progress_numbers n = {.bytes_done = 512 * MIB,
                          .bytes_total = 1024 * MIB,
                          .objects_done = 3,
                          .objects_total = 8,
                          .planning = 1};
    (void)state;
    expect_line(&n, 64 * MIB, "512 MiB, 3 objects, 64 MiB/s, total not known yet");
    n.planning = 0;
    expect_line(&n, 64 * MIB,
                "[##########..........] 50%, 512 MiB of 1 GiB, 3 of 8 objects, 64 MiB/s, 8s left");
}

static void without_a_rate_there_is_no_end(void **state)
{
    progress_numbers n = {.bytes_total = 10, .objects_total = 2, .failed = 1};
    (void)state;
    expect_line(&n, 0, "[....................] 0%, 0 B of 10 B, 0 of 2 objects, 1 failed");
}

static void progress_of_empty_objects(void **state)
{
    progress_numbers n = {.objects_done = 2, .objects_total = 2};
    (void)state;
    expect_line(&n, 0, "[####################] 100%, 0 B of 0 B, 2 of 2 objects");
}

/* --- an interruption --- */

static void an_interruption_names_what_is_left_and_how_to_resume(void **state)
{
    static const cli_command copies = {.name = "cp", .again = "run it with -s"};
    static const cli_command lists = {.name = "ls"};
    static const struct {
        const cli_command *command;
        progress_numbers n;
        int signal_number;
        bool dry_run;
        const char *text;
    } rows[] = {
        {&copies,
         {.objects_done = 12,
          .objects_total = 30,
          .bytes_done = 3 * MIB,
          .failed = 2,
          .interrupted = 4,
          .kept = 1},
         SIGINT,
         false,
         "cp: interrupted by SIGINT: 12 objects done (3 MiB), 2 failed, 4 interrupted (1 can "
         "be resumed); run it with -s"},
        {&copies,
         {.objects_total = 1, .interrupted = 1, .kept = 1},
         SIGTERM,
         false,
         "cp: interrupted by SIGTERM: 0 objects done, 1 interrupted (1 can be resumed); run it "
         "again"},
        {&copies,
         {.objects_done = 1, .objects_total = 2},
         SIGINT,
         false,
         "cp: interrupted by SIGINT: 1 object done; run it with -s"},
        {&copies,
         {.objects_done = 1},
         SIGINT,
         true,
         "cp: interrupted by SIGINT: nothing was done (--dry-run)"},
        {&lists, {0}, SIGINT, false, "ls: interrupted by SIGINT: the output may be incomplete"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[INTERRUPTED_TEXT_SIZE];
        interrupted_text(rows[i].command, &rows[i].n, rows[i].signal_number, rows[i].dry_run, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split_as_by_a_shell),
        cmocka_unit_test(arguments_can_be_removed),
        cmocka_unit_test(the_remaining_time_is_shown_only_when_all_is_listed),
        cmocka_unit_test(without_a_rate_there_is_no_end),
        cmocka_unit_test(progress_of_empty_objects),
        cmocka_unit_test(an_interruption_names_what_is_left_and_how_to_resume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
