/* Options: values, precedence, YAML, environment, command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "tests/unit/base/options/options_table.h"

static settings s;
static option_origin origins[TABLE_ROWS];
static err e;
static char yaml_path[] = "/tmp/test-options-XXXXXX";

static int begin(void **state)
{
    UNUSED(state);
    e = (err)ERR_INIT;
    memset(origins, 0, sizeof origins);
    memset(&s, 0xa5, sizeof s); /* options_defaults must ignore previous values */
    return options_defaults(&table_set, &s, &e) ? 0 : -1;
}

static int end(void **state)
{
    UNUSED(state);
    options_deinit(&table_set, &s);
    return 0;
}

static option_origin origin_of(const char *key)
{
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (str_equal(table_rows[i].key, key))
            return origins[i];
    fail_msg("no row %s", key);
    return 0;
}

static bool yaml_bytes(const option_set *set, slice text)
{
    e = (err)ERR_INIT;
    assert_true(fs_write_file(yaml_path, text, false, NULL));
    return options_yaml(set, yaml_path, &s, origins, &e);
}

static bool yaml(const char *text)
{
    return yaml_bytes(&table_set, slice_from(text));
}

/* The message without the leading file name. */
static void expect_yaml_error(const char *text, const char *message)
{
    assert_false(yaml(text));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_true(str_starts_with(e.message, yaml_path));
    assert_string_equal(e.message + strlen(yaml_path) + 1, message);
}

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

/* --- YAML ----------------------------------------------------------------------------------- */

static void yaml_sets_every_type(void **state)
{
    UNUSED(state);
    assert_true(yaml("# a comment\nremote_file_input: s3://b/p\npurify: Yes\nindex_answers: off\n"
                     "s5cmd_workers: 7\nhost_index: 900\nthreshold: 5e-1\npart_size: 64MiB\n"
                     "poll_interval: \"250ms\"\nverify: none\ninclude: [a, 'b c']\n"));
    assert_string_equal(s.input, "s3://b/p");
    assert_true(s.purify);
    assert_false(s.answers);
    assert_int_equal(s.workers, 7);
    assert_int_equal(s.host, 900);
    assert_true(s.threshold == 0.5);
    assert_int_equal(s.part_size_bytes, 64 << 20);
    assert_int_equal(s.pause_ms, 250);
    assert_int_equal(s.level, 0);
    assert_string_equal(s.includes[0], "a");
    assert_string_equal(s.includes[1], "b c");
    assert_null(s.includes[2]);
    assert_int_equal(origin_of("s3_workers"), 'y');
    assert_int_equal(origin_of("marks"), 0);
}

static void yaml_null_means_default(void **state)
{
    UNUSED(state);
    assert_true(yaml("s3_workers: 9\nmarks: x\ninclude: other\nremote_file_input: s3://b\n"));
    assert_true(yaml("s3_workers:\nmarks: ~\ninclude: null\nremote_file_input:\n"));
    assert_int_equal(s.workers, 50);
    assert_string_equal(s.marks, "!\"#\\\t");
    assert_string_equal(s.includes[0], "first");
    assert_null(s.input);
    assert_int_equal(origin_of("s3_workers"), 0);
    assert_true(yaml("marks: ''\n")); /* in quotes: the empty text */
    assert_string_equal(s.marks, "");
}

static void yaml_lists_and_empty_files(void **state)
{
    UNUSED(state);
    assert_true(yaml("include: []\n"));
    assert_non_null(s.includes);
    assert_null(s.includes[0]);
    assert_int_equal(origin_of("include"), 'y');
    assert_true(yaml("include: one\n"));
    assert_string_equal(s.includes[0], "one");
    assert_null(s.includes[1]);
    assert_true(yaml(""));
    assert_true(yaml("# nothing\n"));
    assert_true(yaml("---\n"));
    assert_true(yaml("x: &a 1\n") == false && yaml("s3_workers: &a 11\nhost_index: *a\n"));
    assert_int_equal(s.host, 11);
}

static void yaml_wrong_values(void **state)
{
    UNUSED(state);
    expect_yaml_error(
        "s3_workers: ten\n",
        "1:13: s3_workers: \"ten\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("\n  s3_workers:   0\n",
                      "2:17: s3_workers: \"0\" is out of range; allowed: 1 to 4096 requests");
    expect_yaml_error("s3_workers: 99999999999999999999\n",
                      "1:13: s3_workers: \"99999999999999999999\" is out of range; allowed: 1 to "
                      "4096 requests");
    expect_yaml_error(
        "s3_workers: 1.5\n",
        "1:13: s3_workers: \"1.5\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("s3_workers: ''\n",
                      "1:13: s3_workers: \"\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("host_index: -1\n",
                      "1:13: host_index: \"-1\" is out of range; allowed: at least 1");
    expect_yaml_error("threshold: nan\n",
                      "1:12: threshold: \"nan\" is not a number; allowed: 0 to 1");
    expect_yaml_error("threshold: 1.01\n",
                      "1:12: threshold: \"1.01\" is out of range; allowed: 0 to 1");
    expect_yaml_error("part_size: 1MiB\n",
                      "1:12: part_size: \"1MiB\" is out of range; allowed: 5 MiB to 5 GiB");
    expect_yaml_error("part_size: 9 apples\n",
                      "1:12: part_size: \"9 apples\" is not a size like 16777216, 64KiB or 1GB; "
                      "allowed: 5 MiB to 5 GiB");
    expect_yaml_error("poll_interval: 2h\n",
                      "1:16: poll_interval: \"2h\" is out of range; allowed: 0.1 to 3600 seconds");
    expect_yaml_error(
        "poll_interval: -5\n",
        "1:16: poll_interval: \"-5\" is not a duration like 5 (seconds), 250ms, 2m or "
        "1h; allowed: 0.1 to 3600 seconds");
    expect_yaml_error("verify: all\n",
                      "1:9: verify: \"all\" is not known; allowed: none, stream, jsonl");
    expect_yaml_error("purify: maybe\n",
                      "1:9: purify: \"maybe\" is neither true nor false; allowed: "
                      "true, false, yes, no, on, off");
    expect_yaml_error("remote_file_input: /tmp\n",
                      "1:20: remote_file_input: \"/tmp\" is no s3:// URI");
    assert_int_equal(s.workers, 50); /* a refused value changes nothing */
}

static void yaml_wrong_shapes(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: {a: b}\n",
                      "1:9: purify: a nested mapping is not allowed here; give one value");
    expect_yaml_error("purify:\n  a: b\n",
                      "2:3: purify: a nested mapping is not allowed here; give one value");
    expect_yaml_error("purify: [true]\n",
                      "1:9: purify: a list is not allowed here; give one value");
    expect_yaml_error("include: [a, [b]]\n",
                      "1:14: include: a list is not allowed here; give one value");
    expect_yaml_error("include:\n  - a\n  -\n", "3:4: include: the list contains an empty item");
    expect_yaml_error("marks: \"a\\0b\"\n", "1:8: marks: the value contains a NUL character");
    expect_yaml_error("? [a]\n: b\n", "1:3: a key must be a single word");
    expect_yaml_error("- a\n", "1:1: expected lines of the form `key: value`");
    expect_yaml_error("words\n", "1:1: expected lines of the form `key: value`");
    expect_yaml_error("purify: true\n---\npurify: false\n",
                      "3:1: a second YAML document begins; only one is allowed");
}

static void yaml_unknown_and_repeated_keys(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: true\n pollinterval: 3\n",
                      "2:14: malformed YAML: mapping values are not allowed in this context");
    expect_yaml_error("purify: true\npollinterval: 3\n",
                      "2:1: pollinterval: unknown key; did you mean poll_interval?");
    expect_yaml_error("s5cmd_worker: 3\n",
                      "1:1: s5cmd_worker: unknown key; did you mean s5cmd_workers?");
    expect_yaml_error("zzz: 3\n", "1:1: zzz: unknown key; --help lists the known ones");
    expect_yaml_error("purify: true\n\npurify: true\n",
                      "3:1: purify: given twice, first on line 1; keep one");
    expect_yaml_error("s3_workers: 1\ns5cmd_workers: 1\n",
                      "2:1: s5cmd_workers: is the same as s3_workers, given on line 1; keep one of "
                      "them");
    expect_yaml_error("config: x\n",
                      "1:1: config: not allowed in the file; give --config on the command line");
}

static void yaml_unknown_keys_may_be_ignored(void **state)
{
    UNUSED(state);
    option_set lenient = table_set;
    lenient.ignore_unknown_keys = true;
    assert_true(yaml_bytes(&lenient, SLICE_LIT("old: {a: [1]}\nold: 2\ns3_workers: 3\n")));
    assert_int_equal(s.workers, 3);
    assert_false(yaml_bytes(&lenient, SLICE_LIT("s3_workers: x\n"))); /* known ones are not */
}

static void yaml_malformed(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: [true\n", "2:1: malformed YAML: while parsing a flow sequence, did "
                                         "not find expected ',' or ']'");
    assert_false(yaml("purify: true\n\tmarks: x\n"));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_false(yaml("purify: true\nmarks: \xff\n"));
    assert_non_null(strstr(e.message, ":2:8: malformed YAML: "));
    e = (err)ERR_INIT;
    assert_false(options_yaml(&table_set, "/nonexistent/x.yaml", &s, origins, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_string_equal(e.message, "configuration file: /nonexistent/x.yaml: cannot open: No such "
                                   "file or directory");
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_come_from_the_rows),
        CASE(a_bad_default_is_an_error),
        CASE(yaml_sets_every_type),
        CASE(yaml_null_means_default),
        CASE(yaml_lists_and_empty_files),
        CASE(yaml_wrong_values),
        CASE(yaml_wrong_shapes),
        CASE(yaml_unknown_and_repeated_keys),
        CASE(yaml_unknown_keys_may_be_ignored),
        CASE(yaml_malformed),
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
