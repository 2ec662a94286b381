/* orchestrator/config: sources, shares, refusals, and the files made from the table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/verify.h"
#include "base/util.h"
#include "orchestrator/runtime/run_limits.h"
#include "orchestrator/config/config.h"

static const char *env_index, *env_count, *env_debug;

static const char *fake_env(const char *name)
{
    if (strcmp(name, "PMR_HOST_INDEX") == 0)
        return env_index;
    if (strcmp(name, "PMR_HOST_COUNT") == 0)
        return env_count;
    return strcmp(name, "MAX_FILES_DEBUG") == 0 ? env_debug : NULL;
}

static int clear_env(void **state)
{
    UNUSED(state);
    env_index = env_count = env_debug = NULL;
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    return 0;
}

#define MAX_WORDS 16
/* Arguments of a command line after the two URIs; ends with NULL. */
static bool load(config *c, err *e, const char *const *words)
{
    char *argv[MAX_WORDS + 6] = {(char *)"decon-orchestrator", (char *)"--remote-file-input",
                                 (char *)"s3://b/data", (char *)"--remote-report-output-dir",
                                 (char *)"s3://b/out"};
    int argc = 5;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    return config_load(argc, argv, fake_env, c, e);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_WORDS   ((const char *const[]){NULL})

static void expect_refused(const char *const *words, const char *part)
{
    AUTO(config) c = {0};
    err e = ERR_INIT;
    assert_false(load(&c, &e, words));
    assert_int_equal(err_exit_status(&e), 2);
    if (!strstr(e.message, part))
        fail_msg("'%s' is not in: %s", part, e.message);
}

static void defaults_are_the_documented_ones(void **state)
{
    UNUSED(state);
    AUTO(config) c = {0};
    err e = ERR_INIT;
    assert_true(load(&c, &e, NO_WORDS));
    assert_string_equal(c.server_url, "http://localhost:8080");
    assert_string_equal(c.local_work_dir, "/tmp/decon-work");
    assert_int_equal(c.max_concurrent_jobs, 0);
    assert_int_equal(c.poll_interval_ms, 5000);
    assert_int_equal(c.s3_workers, 50);
    assert_int_equal(c.cleanup_delay_ms, 10000);
    assert_int_equal(c.server_wait_ms, 300000);
    assert_int_equal(c.verify, VERIFY_JSONL);
    assert_string_equal(c.content_key, "text");
    assert_int_equal(c.host_count, 1);
    assert_null(c.share_source);
    assert_string_equal(c.places.cleaned.prefix, "out/");
}

static void the_checker_gets_its_options(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    AUTO(config) usual = {0};
    assert_true(load(&usual, &e, NO_WORDS));
    jsonl_options options = config_jsonl(&usual);
    assert_string_equal(options.content_key, "text");
    assert_int_equal(options.max_line_bytes, JSONL_LINE_BYTES);
    assert_int_equal(options.max_depth, JSONL_DEPTH);
    assert_false(options.refuse_lone_surrogates || options.refuse_duplicate_keys);
    AUTO(config) strict = {0};
    assert_true(load(&strict, &e,
                     WORDS("--content-key", "a.b", "--max-line", "512MiB", "--max-json-depth",
                           "100", "--refuse-lone-surrogates", "--refuse-duplicate-keys")));
    options = config_jsonl(&strict);
    assert_string_equal(options.content_key, "a.b");
    assert_int_equal(options.max_line_bytes, 2 * JSONL_LINE_BYTES);
    assert_int_equal(options.max_depth, 100);
    assert_true(options.refuse_lone_surrogates && options.refuse_duplicate_keys);
}

static void flags_override_the_file_and_old_keys_are_accepted(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-config-XXXXXX";
    AUTO_FD fd = mkstemp(path);
    static const char text[] = "remote_file_input: s3://y/in\n"
                               "remote_report_output_dir: s3://y/out\n"
                               "s5cmd_workers: 20\npoll_interval: 2\ncleanup_delay: 1\n"
                               "download_batch_size: 10\ndownload_queue_max: 50\n"
                               "upload_queue_max: 50\nupload_batch_size: 10\n"
                               "upload_batch_timeout: 5\ndownload_retry_attempts: 4\n"
                               "download_retry_base_delay: 0.5\ndownload_retry_jitter_max: 2\n";
    err e = ERR_INIT;
    assert_true(fs_write_all(fd, text, strlen(text), &e));
    char *argv[] = {(char *)"x", (char *)"--config", path, (char *)"--s3-workers", (char *)"7"};
    AUTO(config) c = {0};
    bool ok = config_load(5, argv, fake_env, &c, &e);
    unlink(path);
    if (!ok)
        fail_msg("%s", e.message);
    assert_int_equal(c.s3_workers, 7);
    assert_int_equal(c.poll_interval_ms, 2000);
    assert_int_equal(c.download_retry_attempts, 4);
    assert_int_equal(c.download_retry_base_delay_ms, 500);
    assert_string_equal(c.places.input.bucket, "y");
}

static void an_unknown_key_names_the_nearest_and_its_line(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-config-XXXXXX";
    AUTO_FD fd = mkstemp(path);
    static const char text[] = "remote_file_input: s3://y/in\npoll_intervall: 2\n";
    err e = ERR_INIT;
    assert_true(fs_write_all(fd, text, strlen(text), &e));
    char *argv[] = {(char *)"x", (char *)"--config", path};
    AUTO(config) c = {0};
    bool ok = config_load(3, argv, fake_env, &c, &e);
    unlink(path);
    assert_false(ok);
    assert_int_equal(err_exit_status(&e), 2);
    assert_non_null(strstr(e.message, "poll_interval"));
    assert_non_null(strstr(e.message, ":2:"));
}

static void the_share_comes_from_both_variables_or_none(void **state)
{
    UNUSED(state);
    AUTO(config) c = {0};
    err e = ERR_INIT;
    env_index = "2";
    env_count = "3";
    assert_true(load(&c, &e, NO_WORDS));
    assert_int_equal(c.host_index, 2);
    assert_int_equal(c.host_count, 3);
    assert_string_equal(c.share_source, "PMR_HOST_INDEX=2, PMR_HOST_COUNT=3");
    AUTO(config) over = {0};
    assert_true(load(&over, &e, WORDS("--host-index", "0", "--host-count=9")));
    assert_int_equal(over.host_index, 0);
    assert_int_equal(over.host_count, 9);
}

static void a_share_that_is_not_whole_is_refused(void **state)
{
    UNUSED(state);
    env_index = "1";
    expect_refused(NO_WORDS, "PMR_HOST_COUNT");
    env_count = "1";
    expect_refused(NO_WORDS, "not below");
    env_count = "two";
    expect_refused(NO_WORDS, "PMR_HOST_COUNT");
    env_count = "";
    expect_refused(NO_WORDS, "PMR_HOST_COUNT is empty");
    env_index = NULL;
    env_count = "3";
    expect_refused(NO_WORDS, "PMR_HOST_INDEX");
    env_count = "0";
    env_index = "0";
    expect_refused(NO_WORDS, "PMR_HOST_COUNT");
}

static void bad_values_are_refused(void **state)
{
    UNUSED(state);
    expect_refused(WORDS("--poll-interval", "soon"), "poll");
    expect_refused(WORDS("--s3-workers", "0"), "range");
    expect_refused(WORDS("--server-url", "localhost:8080"), "URL");
    expect_refused(WORDS("--remote-cleaned-output-dir", "s3://b/data"), "above");
    expect_refused(WORDS("--local-work-dir", ""), "--local-work-dir: is empty");
    expect_refused(WORDS("--verify", "some"), "verify");
    expect_refused(WORDS("--verify", "none", "--ledger-sha256"), "ledger_sha256");
    expect_refused(WORDS("--no-such-thing"), "no-such-thing");
    expect_refused(WORDS("stray"), "stray");
}

static void urls_have_a_host_and_a_real_port(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {
        "http://",        "http:///x",     "http://:80",     "http://h:0",
        "http://h:65536", "http://h:",     "http://h:80x/y", "http://[::1:80",
        "http://[::1]80", "http://h h:80", "ftp://h",        "http://h:80/a\tb"};
    static const char *const good[] = {
        "http://h",       "https://h.example:65535/base", "http://[::1]:1", "http://user@h:80/",
        "http://[::1]/x", "http://10.0.0.1:8080",         " HTTP://h:80 ",  "Https://h/\t"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        expect_refused(WORDS("--server-url", bad[i]), "URL");
        expect_refused(WORDS("--endpoint-url", bad[i]), "URL");
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        AUTO(config) c = {0};
        err e = ERR_INIT;
        if (!load(&c, &e, WORDS("--server-url", good[i])))
            fail_msg("%s", e.message);
    }
}

static void debug_comes_from_the_environment(void **state)
{
    UNUSED(state);
    AUTO(config) c = {0};
    err e = ERR_INIT;
    env_debug = "5";
    assert_true(load(&c, &e, NO_WORDS));
    assert_int_equal(c.max_files_debug, 5);
}

static void help_asks_for_nothing_else(void **state)
{
    UNUSED(state);
    AUTO(config) c = {0};
    err e = ERR_INIT;
    char *argv[] = {(char *)"x", (char *)"--config", (char *)"/nowhere.yaml", (char *)"--help"};
    assert_true(config_load(4, argv, fake_env, &c, &e));
    assert_true(config_wants_information(&c));
}

/* config/orchestration.yaml is generated by --print-config, as stated in its first lines. */
static void the_example_file_is_the_tables(void **state)
{
    UNUSED(state);
    char *made = NULL;
    size_t made_bytes = 0;
    FILE *out = open_memstream(&made, &made_bytes);
    options_yaml_example(&config_options, out);
    fclose(out);
    AUTO(buf) kept = BUF(1 << 20);
    err e = ERR_INIT;
    if (!fs_read_file("config/orchestration.yaml", 1 << 20, &kept, &e))
        fail_msg("%s", e.message);
    bool same = strcmp(made, buf_str(&kept)) == 0;
    free(made);
    if (!same)
        fail_msg("config/orchestration.yaml is out of date: decon-orchestrator --print-config "
                 "> config/orchestration.yaml");
}

static void the_memory_budget_bounds_the_transfers(void **state)
{
    UNUSED(state);
    config c = {.memory_budget_bytes = 64 << 20, .s3_workers = 50};
    app_limits l = app_limits_of(&c);
    assert_int_equal(l.s3_workers, 50);
    assert_true(l.receive_buffer_bytes >= 256 << 10);
    c.memory_budget_bytes = 1 << 20;
    l = app_limits_of(&c);
    assert_in_range(l.s3_workers, 1, 8);
    assert_true(l.s3_workers * l.receive_buffer_bytes <= 1 << 20);
    assert_true(l.connections > l.s3_workers);
}

int main(void)
{
#define ENV_TEST(f) cmocka_unit_test_setup(f, clear_env)
    const struct CMUnitTest tests[] = {
        ENV_TEST(defaults_are_the_documented_ones),
        ENV_TEST(the_checker_gets_its_options),
        ENV_TEST(flags_override_the_file_and_old_keys_are_accepted),
        ENV_TEST(an_unknown_key_names_the_nearest_and_its_line),
        ENV_TEST(the_share_comes_from_both_variables_or_none),
        ENV_TEST(a_share_that_is_not_whole_is_refused),
        ENV_TEST(bad_values_are_refused),
        ENV_TEST(urls_have_a_host_and_a_real_port),
        ENV_TEST(debug_comes_from_the_environment),
        ENV_TEST(help_asks_for_nothing_else),
        ENV_TEST(the_example_file_is_the_tables),
        ENV_TEST(the_memory_budget_bounds_the_transfers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
