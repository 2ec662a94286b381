#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "decon/base/buf.h"
#include "base/util.h"

/* The log writes into a pipe or a pseudo terminal; read_back reads what is available. */
static int ends[2];
static char seen[8192];

static void open_pipe(log_level level, bool json)
{
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_setup(&(log_options){.level = level, .json = json, .fd = ends[1]});
}

static void open_terminal(unsigned short columns)
{
    char name[64];
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (ends[0] < 0)
        skip(); /* a chroot without /dev/pts has no pseudo terminals */
    assert_int_equal(grantpt(ends[0]) | unlockpt(ends[0]), 0);
    assert_int_equal(ptsname_r(ends[0], name, sizeof name), 0);
    ends[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(ends[1] >= 0);
    struct termios mode;
    assert_int_equal(tcgetattr(ends[1], &mode), 0);
    mode.c_oflag &= ~(tcflag_t)OPOST; /* bytes as written */
    assert_int_equal(tcsetattr(ends[1], TCSANOW, &mode), 0);
    struct winsize size = {.ws_col = columns, .ws_row = 24};
    assert_int_equal(ioctl(ends[1], TIOCSWINSZ, &size), 0);
    log_setup(&(log_options){.level = LOG_INFO, .fd = ends[1]});
}

static const char *read_back(void)
{
    ssize_t n = read(ends[0], seen, sizeof seen - 1);
    seen[MAX(n, 0)] = '\0';
    return seen;
}

static int close_ends(void **state)
{
    UNUSED(state);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void expect_match(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int found = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (found != 0)
        fail_msg("\"%s\" does not match %s", text, pattern);
}

#define STAMP "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"

static void human_lines(void **state)
{
    UNUSED(state);
    open_pipe(LOG_DEBUG, false);
    log_error("went %s", "wrong");
    expect_match(read_back(), "^" STAMP " ERROR went wrong\n$");
    log_warn("w");
    expect_match(read_back(), "^" STAMP " WARN  w\n$");
    log_info("i");
    expect_match(read_back(), "^" STAMP " INFO  i\n$");
    log_debug("d");
    expect_match(read_back(), "^" STAMP " DEBUG d\n$");
    log_plain("WORK COMPLETE EXITING");
    assert_string_equal(read_back(), "WORK COMPLETE EXITING\n");
}

static void levels_filter(void **state)
{
    UNUSED(state);
    open_pipe(LOG_WARN, false);
    log_info("no");
    log_debug("no");
    assert_string_equal(read_back(), "");
    assert_true(log_enabled(LOG_WARN));
    assert_false(log_enabled(LOG_INFO));
    log_plain("always");
    assert_string_equal(read_back(), "always\n");
}

static void control_characters_stay_in_the_line(void **state)
{
    UNUSED(state);
    open_pipe(LOG_INFO, false);
    log_plain("%s", "a\nb\tc\x1b[2J\x7f \xc2\x9b \xff\xc3\xa9 \xed\xa0\x80");
    assert_string_equal(read_back(),
                        "a\\nb\\tc\\x1b[2J\\x7f \\x9b \\xff\xc3\xa9 \\xed\\xa0\\x80\n");
}

static void json_lines(void **state)
{
    UNUSED(state);
    open_pipe(LOG_INFO, true);
    log_warn("%s", "q\" b\\ n\n \x1b \xff \xc3\xa9 \xf0\x9f\x98\x80 \xc0\xaf");
    expect_match(read_back(),
                 "^[{]\"time\":\"[0-9-]{10}T[0-9:]{8}[.][0-9]{3}Z\",\"level\":\"warn\",");
    assert_non_null(strstr(seen, "\"message\":\"q\\\" b\\\\ n\\u000a \\u001b \\ufffd \xc3\xa9 "
                                 "\xf0\x9f\x98\x80 \\ufffd\\ufffd\"}\n"));
    log_plain("end");
    expect_match(read_back(), "^[{].*\"level\":\"info\",\"message\":\"end\"[}]\n$");
    log_status("nothing in JSON mode");
    assert_string_equal(read_back(), "");
}

static void json_lines_have_fields(void **state)
{
    UNUSED(state);
    const uint64_t bytes = 0, lines = 7, ms = 12034;
    open_pipe(LOG_INFO, true);
    log_secret_add("hush/hush+0");
    const log_fields all = {.event = "done",
                            .key = "a\"hush/hush+0",
                            .state = "clean",
                            .bytes = &bytes,
                            .lines = &lines,
                            .ms = &ms};
    log_event(LOG_INFO, &all, "text %d", 1);
    expect_match(read_back(),
                 "^[{].*,\"message\":\"text 1\",\"event\":\"done\",\"key\":\"a.\"[*]{3}\","
                 "\"state\":\"clean\",\"bytes\":0,\"lines\":7,\"seconds\":12.034[}]\n$");
    log_event(LOG_DEBUG, &all, "not shown");
    assert_string_equal(read_back(), "");
    log_event(LOG_DEBUG, &(log_fields){.event = "end", .plain = true}, "end");
    expect_match(read_back(), "^[{].*,\"message\":\"end\",\"event\":\"end\"[}]\n$");
    open_pipe(LOG_INFO, false);
    log_event(LOG_INFO, &all, "text");
    expect_match(read_back(), "^[0-9-]{10} [0-9:]{8} INFO  text\n$");
    log_event(LOG_INFO, &(log_fields){.event = "end", .plain = true}, "end");
    assert_string_equal(read_back(), "end\n");
}

static void secrets_are_masked(void **state)
{
    UNUSED(state);
    open_pipe(LOG_INFO, false);
    log_secret_add("short");
    log_secret_add(NULL);
    log_secret_add("hush/hush+1");
    log_secret_add("hush/hush+1");
    log_secret_add("hush/hush+1-and-more");
    log_plain("a hush/hush+1 b hush/hush+1-and-more c short hush/hush");
    assert_string_equal(read_back(), "a *** b *** c short hush/hush\n");
    close_ends(NULL);
    open_pipe(LOG_INFO, true);
    log_secret_add("quo\"te\\secret"); /* masked before it is escaped */
    log_plain("x quo\"te\\secret y");
    assert_non_null(strstr(read_back(), "\"x *** y\""));
}

static void one_write_for_a_line(void **state)
{
    UNUSED(state);
    /* A packet pipe yields one write for each read. */
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK | O_DIRECT), 0);
    log_setup(&(log_options){.level = LOG_INFO, .fd = ends[1]});
    log_info("first line");
    log_info("second line");
    expect_match(read_back(), "^" STAMP " INFO  first line\n$");
    expect_match(read_back(), "^" STAMP " INFO  second line\n$");
}

static void errno_is_kept_and_a_dead_log_is_no_matter(void **state)
{
    UNUSED(state);
    open_pipe(LOG_INFO, false);
    log_setup(&(log_options){.level = LOG_INFO, .fd = -1});
    errno = ENOENT;
    log_info("not read");
    assert_int_equal(errno, ENOENT);
}

static void status_needs_a_terminal(void **state)
{
    UNUSED(state);
    open_pipe(LOG_INFO, false);
    log_status("50 %");
    log_plain("line");
    assert_string_equal(read_back(), "line\n");
}

static void status_stays_below_the_lines(void **state)
{
    UNUSED(state);
    open_terminal(80);
    log_status("1 of 9");
    assert_string_equal(read_back(), "\r\033[K1 of 9");
    log_status("1 of 9"); /* unchanged: nothing is written */
    log_plain("line");
    assert_string_equal(read_back(), "\r\033[Kline\n1 of 9");
    log_status("2 of 9");
    assert_string_equal(read_back(), "\r\033[K2 of 9");
    log_status(NULL);
    assert_string_equal(read_back(), "\r\033[K");
    log_status(NULL);
    log_plain("end");
    assert_string_equal(read_back(), "end\n");
}

static void status_is_cut_to_the_width(void **state)
{
    UNUSED(state);
    open_terminal(8);
    log_status("0123456789");
    assert_string_equal(read_back(), "\r\033[K0123456"); /* one column stays free */
    log_status("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    assert_string_equal(read_back(),
                        "\r\033[K\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    log_status("a\nb");
    assert_string_equal(read_back(), "\r\033[Ka\\nb");
    log_status(NULL);
    read_back();
    close_ends(NULL);
    open_terminal(0); /* unknown: assumed 80 */
    char wide[101];
    memset(wide, 'x', 100);
    wide[100] = '\0';
    log_status(wide);
    assert_int_equal(strlen(read_back()), strlen("\r\033[K") + 79);
    log_status(NULL);
}

static void open_blocking_pipe(void)
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    log_setup(&(log_options){.level = LOG_DEBUG, .fd = ends[1], .queued = true});
}

#define FLOOD 40000

/* A pipe holds 64 KiB, the queue 512 KiB; the rest is counted as dropped. */
static void without_a_reader_lines_are_dropped_and_counted(void **state)
{
    UNUSED(state);
    uint64_t dropped = 0;
    open_blocking_pipe();
    for (unsigned i = 0; i < FLOOD; i++)
        log_info("a line of the flood, number %u", i);
    log_error("not dropped");
    log_info("dropped");
    log_plain("SUMMARY: not dropped");
    assert_false(log_flush(1));
    log_plain("END");
    AUTO_FREE char *all = NULL;
    size_t size = 0, infos = 0, important = 0;
    FILE *in = fdopen(dup(ends[0]), "r");
    assert_non_null(in);
    while (getline(&all, &size, in) > 0 && !str_equal(all, "END\n")) {
        const char *count = strstr(all, "log: ");
        infos += strstr(all, "a line of the flood") != NULL;
        important += strstr(all, "not dropped") != NULL;
        if (count)
            dropped += strtoull(count + strlen("log: "), NULL, 10);
    }
    fclose(in);
    assert_int_equal(important, 2);
    assert_true(dropped > 0);
    assert_int_equal(infos + dropped, FLOOD + 1);
    assert_true(log_flush(60000));
}

static unsigned count_in_pipe(const char *part, const char *last)
{
    unsigned found = 0;
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    FILE *in = fdopen(dup(ends[0]), "r");
    assert_non_null(in);
    while (getline(&line, &size, in) > 0 && !str_equal(line, last))
        found += strstr(line, part) != NULL;
    fclose(in);
    return found;
}

/* The queue of a forked child is empty, independent of the parent's writer thread. */
static void a_fork_while_the_log_is_stalled_is_harmless(void **state)
{
    UNUSED(state);
    int status = 1;
    open_blocking_pipe();
    for (unsigned i = 0; i < 2000; i++) /* more than a pipe holds */
        log_info("a line of the parent, long enough to fill a pipe, number %u", i);
    assert_false(log_flush(1));
    pid_t pid = fork();
    if (pid == 0) {
        int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
        log_setup(&(log_options){.level = LOG_INFO, .fd = sink, .queued = true});
        log_info("child");
        _exit(log_flush(60000) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    log_plain("END");
    assert_int_equal(count_in_pipe("a line of the parent", "END\n"), 2000);
    assert_true(log_flush(60000)); /* the pipe is closed next */
}

static void raw_lines_are_masked_only(void **state)
{
    UNUSED(state);
    open_pipe(LOG_ERROR, true);
    log_secret_add("hush/hush+1");
    log_raw("{\"a\":\"hush/hush+1\"}");
    assert_string_equal(read_back(), "{\"a\":\"***\"}\n");
}

#define CASE(name) cmocka_unit_test_teardown(name, close_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(human_lines),
        CASE(levels_filter),
        CASE(control_characters_stay_in_the_line),
        CASE(json_lines),
        CASE(json_lines_have_fields),
        CASE(secrets_are_masked),
        CASE(one_write_for_a_line),
        CASE(errno_is_kept_and_a_dead_log_is_no_matter),
        CASE(status_needs_a_terminal),
        CASE(status_stays_below_the_lines),
        CASE(status_is_cut_to_the_width),
        CASE(without_a_reader_lines_are_dropped_and_counted),
        CASE(a_fork_while_the_log_is_stalled_is_harmless),
        CASE(raw_lines_are_masked_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
