/* Options: values, precedence, environment, command line. */
#include "tests/unit/base/options/options_site.h"

static char *words[16];
static int word_count, first_word;

#define ARGS(...) arguments((const char *const[]){"prog", __VA_ARGS__, NULL})
static bool arguments(const char *const *argv)
{
    e = (err)ERR_INIT;
    for (word_count = 0; argv[word_count]; word_count++)
        words[word_count] = (char *)(uintptr_t)argv[word_count];
    return options_arguments(&table_set, word_count, words, &s, origins, &first_word, &e);
}

static void expect_usage_error(bool result, err_code code, const char *message)
{
    assert_false(result);
    assert_string_equal(e.message, message);
    assert_int_equal(e.code, code);
}

static const char *host_value, *poll_value;
static const char *fake_getenv(const char *name)
{
    return str_equal(name, "HOST_INDEX") ? host_value : poll_value;
}

static bool environment(const char *host, const char *poll)
{
    host_value = host;
    poll_value = poll;
    e = (err)ERR_INIT;
    return options_environment(&table_set, fake_getenv, &s, origins, &e);
}

/* --- Defaults ------------------------------------------------------------------------------- */

static void defaults_come_from_the_rows(void **state)
{
    UNUSED(state);
    assert_null(s.config);
    assert_null(s.input);
    assert_false(s.purify);
    assert_true(s.answers);
    assert_int_equal(s.workers, 50);
    assert_int_equal(s.host, 0);
    assert_true(s.threshold == 0.8);
    assert_int_equal(s.part_size_bytes, 16 << 20);
    assert_int_equal(s.pause_ms, 5000);
    assert_int_equal(s.level, 2);
    assert_string_equal(s.includes[0], "first");
    assert_null(s.includes[1]);
}

static void a_bad_default_is_an_error(void **state)
{
    UNUSED(state);
    const option rows[] = {{.key = "n", .type = OPTION_INT, .fallback = "x"}};
    const option_set set = {.rows = rows, .row_count = 1};
    int64_t n = 0;
    assert_false(options_defaults(&set, &n, &e));
    assert_string_equal(e.message, "default of n: \"x\" is not a whole number");
}

/* --- Environment and precedence ------------------------------------------------------------- */

static void environment_is_read(void **state)
{
    UNUSED(state);
    assert_true(environment("3", "2m"));
    assert_int_equal(s.host, 3);
    assert_int_equal(s.pause_ms, 120000);
    assert_int_equal(origin_of("host_index"), 'e');
    assert_true(environment("", NULL)); /* empty: not set */
    assert_int_equal(s.host, 3);
    assert_false(environment("x", NULL));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_string_equal(e.message, "environment variable HOST_INDEX: \"x\" is not a whole number; "
                                   "allowed: at least 1");
}

static void later_sources_win(void **state)
{
    UNUSED(state);
    const char *const text = "host_index: 1\npoll_interval: 1\ns3_workers: 1\n";
    assert_true(yaml(text));
    assert_true(environment("2", "2"));
    assert_true(ARGS("--poll-interval", "3"));
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(s.workers, 1);
        assert_int_equal(s.host, 2);
        assert_int_equal(s.pause_ms, 3000);
        assert_int_equal(origin_of("s3_workers"), 'y');
        assert_int_equal(origin_of("host_index"), 'e');
        assert_int_equal(origin_of("poll_interval"), 'c');
        assert_true(environment("2", "7") && yaml(text)); /* in any order of reading */
    }
    assert_true(yaml("poll_interval:\n"));
    assert_int_equal(s.pause_ms, 3000);
    /* An invalid value is an error even if another source overrides it. */
    assert_false(yaml("poll_interval: x\n"));
}

static void origins_may_be_absent_and_have_names(void **state)
{
    UNUSED(state);
    assert_true(
        fs_write_file(yaml_path, SLICE_LIT("s3_workers: 2\ninclude: [a, b]\n"), false, NULL));
    assert_true(options_yaml(&table_set, yaml_path, &s, NULL, &e));
    assert_int_equal(s.workers, 2);
    assert_string_equal(s.includes[1], "b");
    assert_string_equal(options_origin_name(0), "default");
    assert_string_equal(options_origin_name('y'), "file");
    assert_string_equal(options_origin_name('e'), "environment");
    assert_string_equal(options_origin_name('c'), "command line");
}

/* --- Command line --------------------------------------------------------------------------- */

static void flags_in_all_forms(void **state)
{
    UNUSED(state);
    assert_true(
        ARGS("--remote-file-input", "s3://b", "-pw", "5", "--threshold=0.25", "--verify=none"));
    assert_string_equal(s.input, "s3://b");
    assert_true(s.purify);
    assert_int_equal(s.workers, 5);
    assert_true(s.threshold == 0.25);
    assert_int_equal(s.level, 0);
    assert_true(ARGS("-w6", "--no-purify"));
    assert_int_equal(s.workers, 6);
    assert_false(s.purify);
    assert_true(ARGS("--s5cmd-workers", "8", "--purify=yes", "--no-index-answers"));
    assert_int_equal(s.workers, 8);
    assert_true(s.purify);
    assert_false(s.answers);
    assert_true(ARGS("--index-answers", "true", "--purify", "true"));
    assert_true(s.answers);
    assert_int_equal(first_word, word_count - 1); /* --purify takes no value */
    assert_true(ARGS("--s3-workers=1", "--s3-workers=2"));
    assert_int_equal(s.workers, 2);
    assert_true(ARGS("--threshold", "-0"));
}

static void lists_repeat_and_replace(void **state)
{
    UNUSED(state);
    assert_true(yaml("include: [x, y]\n"));
    assert_true(ARGS("--include", "a", "--include=b"));
    assert_string_equal(s.includes[0], "a");
    assert_string_equal(s.includes[1], "b");
    assert_null(s.includes[2]);
}

static void arguments_come_last(void **state)
{
    UNUSED(state);
    assert_true(ARGS("one", "-p", "two", "--s3-workers", "3", "-", "--", "--four", "-p"));
    assert_int_equal(first_word, 5);
    static const char *const expected[] = {"prog", "-p", "--s3-workers", "3", "--", "one",
                                           "two",  "-",  "--four",       "-p"};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_string_equal(words[i], expected[i]);
    assert_true(arguments((const char *const[]){"prog", NULL}));
    assert_int_equal(first_word, 1);
}

static void wrong_flags(void **state)
{
    UNUSED(state);
    expect_usage_error(ARGS("--s3-worker", "3"), ERR_USAGE,
                       "--s3-worker: unknown flag; did you mean --s3-workers?");
    expect_usage_error(ARGS("--qqqq"), ERR_USAGE,
                       "--qqqq: unknown flag; --help lists the known ones");
    expect_usage_error(ARGS("--s3_workers=3"), ERR_USAGE,
                       "--s3_workers: unknown flag; did you mean --s3-workers?");
    expect_usage_error(ARGS("-px"), ERR_USAGE, "-x: unknown flag; --help lists the known ones");
    expect_usage_error(ARGS("--no-s3-workers"), ERR_USAGE,
                       "--no-s3-workers: unknown flag; did you mean --s3-workers?");
    expect_usage_error(ARGS("--no-purify=true"), ERR_USAGE, "--no-purify takes no value");
    expect_usage_error(ARGS("--s3-workers"), ERR_USAGE,
                       "--s3-workers needs a value: N; see --help");
    expect_usage_error(ARGS("--config", "--purify"), ERR_USAGE,
                       "--config needs a value: FILE; see --help");
    expect_usage_error(ARGS("--verify"), ERR_USAGE,
                       "--verify needs a value: none|stream|jsonl; see --help");
    expect_usage_error(ARGS("--marks", "x"), ERR_USAGE,
                       "--marks: unknown flag; --help lists the known ones");
    expect_usage_error(ARGS("-w0"), ERR_CONFIG,
                       "-w: \"0\" is out of range; allowed: 1 to 4096 requests");
    expect_usage_error(ARGS("--s5cmd-workers=x"), ERR_CONFIG,
                       "--s5cmd-workers: \"x\" is not a whole number; allowed: 1 to 4096 requests");
}

static void secrets_are_not_shown(void **state)
{
    UNUSED(state);
    assert_false(ARGS("--password", "my-password"));
    assert_string_equal(e.message, "--password: the value is not allowed");
}

static void passwords_in_urls_are_refused_on_the_command_line_only(void **state)
{
    UNUSED(state);
    expect_usage_error(ARGS("--include=http://user:hush@host"), ERR_USAGE,
                       "--include: the URL contains a password, which other users see in the "
                       "command line; set include in the configuration file");
    expect_usage_error(ARGS("-c", "http://user:hush@host"), ERR_USAGE,
                       "-c: the URL contains a password; remove it");
    assert_true(ARGS("--include", "http://user@host/a:b@c"));
    assert_true(ARGS("--include", "a:b@c"));
    assert_true(yaml("include: http://user:hush@host"));
}

static void peek_finds_the_file(void **state)
{
    UNUSED(state);
    char *argv[] = {(char[]){"prog"}, (char[]){"--configure"}, (char[]){"no"},
                    (char[]){"-c"},   (char[]){"a"},           (char[]){"--config=b"},
                    (char[]){"--"},   (char[]){"--config=c"}};
    assert_string_equal(options_peek(8, argv, "config", 'c'), "b");
    assert_string_equal(options_peek(5, argv, "--config", 'c'), "a");
    assert_null(options_peek(5, argv, "config", 0));
    assert_null(options_peek(4, argv, "config", 'c')); /* its value is missing */
    assert_string_equal(options_peek(3, argv, "configure", 0), "no");
}

/* --- The last check ------------------------------------------------------------------------- */

static void required_rows_are_demanded(void **state)
{
    UNUSED(state);
    assert_false(options_check(&table_set, &s, origins, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_string_equal(e.message, "missing required options: remote_file_input "
                                   "(--remote-file-input); see --help");
    assert_true(ARGS("--remote-file-input=s3://b"));
    assert_true(options_check(&table_set, &s, origins, &e));
}

static void one_notice_for_all_without_effect(void **state)
{
    UNUSED(state);
    int ends[2];
    char seen[1024];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_setup(&(log_options){.level = LOG_INFO, .fd = ends[1]});
    assert_true(yaml("remote_file_input: s3://b\ndownload_batch_size: {any: thing}\n"));
    assert_true(ARGS("--upload-batch-size", "7"));
    assert_true(options_check(&table_set, &s, origins, &e));
    ssize_t n = read(ends[0], seen, sizeof seen - 1);
    seen[MAX(n, 0)] = '\0';
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO});
    close(ends[0]);
    close(ends[1]);
    assert_true(str_ends_with(seen, " WARN  accepted for compatibility, without effect here: "
                                    "download_batch_size, upload_batch_size\n"));
    assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1); /* one line */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_come_from_the_rows),
        CASE(a_bad_default_is_an_error),
        CASE(environment_is_read),
        CASE(later_sources_win),
        CASE(origins_may_be_absent_and_have_names),
        CASE(flags_in_all_forms),
        CASE(lists_repeat_and_replace),
        CASE(arguments_come_last),
        CASE(wrong_flags),
        CASE(secrets_are_not_shown),
        CASE(passwords_in_urls_are_refused_on_the_command_line_only),
        CASE(peek_finds_the_file),
        CASE(required_rows_are_demanded),
        CASE(one_notice_for_all_without_effect),
    };
    int fd = mkstemp(yaml_path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(yaml_path);
    return failed;
}
