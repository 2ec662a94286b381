/* Options and configuration files of the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "compression/splice/splice.h"
#include "detection/config/config.h"
#include "detection/config/fingerprint.h"

static char file[] = "/tmp/test-server-config-XXXXXX";

static int set_up(void **state)
{
    UNUSED(state);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    memcpy(file + sizeof file - 7, "XXXXXX", 6);
    AUTO_FD fd = mkstemp(file);
    return fd >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    UNUSED(state);
    return fs_remove(file, NULL) ? 0 : -1;
}

/* Reads a command line of up to 13 arguments, with evaluation sets. */
static bool read_words(server_config *c, const char *const *words, err *e)
{
    char *argv[16] = {0};
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = xstrdup(words[argc]);
    argv[argc++] = xstrdup("--evals-dir");
    argv[argc++] = xstrdup("evals");
    AUTO_FREE char **order = xcalloc(ARRAY_LEN(argv), sizeof *order); /* permuted by reading */
    memcpy(order, argv, sizeof argv);
    int positional = 0;
    bool ok = server_config_read(c, &serve_options, argc, order, &positional, e);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return ok;
}

/* Reads a YAML text and up to ten arguments. */
static bool read_config(server_config *c, const char *yaml, const char *const *more, err *e)
{
    const char *words[16] = {"decon-server", "--config", file};
    for (size_t i = 0; more && more[i]; i++)
        words[3 + i] = more[i];
    assert_true(fs_write_file(file, slice_from(yaml), false, NULL));
    return read_words(c, words, e);
}

static void defaults(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    assert_true(read_words(&c, (const char *const[]){"decon-server", NULL}, NULL));
    assert_int_equal(c.port, 8080);
    assert_string_equal(c.evals_dir, "evals");
    assert_true(c.workers >= 1);
    assert_string_equal(c.detect.tokenizer, "cl100k");
    assert_int_equal(c.detect.ngram_size, 5);
    assert_int_equal(c.detect.sample_every_m_tokens, 10);
    assert_int_equal(c.detect.question_max_misses, 11);
    assert_true(c.detect.threshold == 0.8f);
    assert_true(c.detect.report_threshold == 0 && !c.job.keeps_near);
    assert_true(c.detect.decay.has_start && c.detect.decay.has_end);
    assert_int_equal(c.detect.decay.start, 20);
    assert_int_equal(c.detect.decay.end, 50);
    assert_int_equal(c.detect.eval_min_tokens, 20);
    assert_true(c.detect.index_answers && c.detect.index_passages && c.detect.eval_dedup);
    assert_null(c.job.cleaned_dir);
    assert_non_null(strstr(c.job.report_dir, "/decon-"));
    assert_string_equal(c.job.content_key, "text");
}

static void put_settings(buf *out, const detect_settings *s)
{
    const size_t numbers[] = {s->ngram_size,
                              s->sample_every_m_tokens,
                              s->question_max_misses,
                              s->short_answer_tokens,
                              s->short_answer_window,
                              s->answer_ngram_size,
                              s->min_long_answer_window,
                              s->min_passage_distance,
                              s->passage_ngram_size,
                              s->passage_max_misses,
                              s->eval_min_tokens,
                              s->eval_min_unique_words,
                              s->decay.start,
                              s->decay.end};
    const bool flags[] = {s->compatible,      s->extended_normal, s->recall_high,
                          s->decay.has_start, s->decay.has_end,   s->eval_dedup,
                          s->index_answers,   s->index_passages};
    buf_printf(out, "%s %s %a %a", s->tokenizer, s->punctuation, (double)s->threshold,
               (double)s->report_threshold);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        buf_printf(out, " %zu", numbers[i]);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        buf_printf(out, " %d", flags[i]);
}

/* Commands without these options use detect_settings_default(). */
static void other_commands_have_the_same_defaults(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    assert_true(read_words(&c, (const char *const[]){"decon-server", NULL}, NULL));
    const detect_settings expected = detect_settings_default();
    AUTO(buf) want = BUF(65536);
    AUTO(buf) have = BUF(65536);
    put_settings(&want, &expected);
    put_settings(&have, &c.detect);
    assert_string_equal(buf_str(&have), buf_str(&want));
}

static void files_of_the_reference_are_read(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    err e = ERR_INIT;
    if (!read_config(&c,
                     "mode: simple\ncontent_key: a.b\nhash_seed: 0\nnum_windows: null\n"
                     "purify: true\nindex_passages: false\nperfect_match_decay_end: null\n"
                     "report_output_dir: out\ncleaned_output_dir: clean\nngram_size: 4\n"
                     "worker_threads: 3\n",
                     (const char *const[]){"--ngram-size", "6", "--index-answers", "false",
                                           "--tokenizer", "word", NULL},
                     &e))
        fail_msg("%s", e.message);
    assert_string_equal(c.job.content_key, "a.b");
    AUTO_FREE char *out = fs_absolute("out", NULL);
    AUTO_FREE char *clean = fs_absolute("clean", NULL);
    assert_string_equal(c.job.report_dir, out);    /* callers may have another working directory */
    assert_string_equal(c.job.cleaned_dir, clean); /* the key alone enables purify */
    assert_string_equal(c.report_output_dir, "out");
    assert_int_equal(c.detect.ngram_size, 6); /* the command line takes precedence */
    assert_false(c.detect.index_passages);
    assert_false(c.detect.index_answers);
    assert_true(c.detect.decay.has_start);
    assert_false(c.detect.decay.has_end);
    assert_int_equal(c.workers, 3);
}

/* Keys that a file may have: also those of the other command, and old ones with `compatible`. */
static void unknown_keys_are_errors(void **state)
{
    UNUSED(state);
    static const struct {
        const char *yaml, *option, *want; /* want NULL: accepted */
    } rows[] = {
        {"report_outputdir: out\n", NULL,
         ":1:1: report_outputdir: unknown key; did you mean report_output_dir?"},
        {"purify: true\ncontent-key: text\n", NULL,
         ":2:1: content-key: unknown key; did you mean content_key?"},
        {"evals_dir: a\ncompletely_other: 1\n", NULL, "unknown key; --help lists the known ones"},
        {"answer_threshold: 0.8\n", NULL, "answer_threshold: unknown key"},
        {"answer_threshold: 0.8\n", "--compatible", NULL},
        {"answer_threshold: 0.8\ncompatible: true\n", NULL, NULL},
        {"hash_seed: 1\nexact_override: false\nwindow_step_size: null\n", NULL, NULL},
        {"training_dir: /data\n", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(server_config) c = {0};
        err e = ERR_INIT;
        bool ok = read_config(&c, rows[i].yaml, (const char *const[]){rows[i].option, NULL}, &e);
        if (ok != !rows[i].want)
            fail_msg("%s: %s", rows[i].yaml, ok ? "accepted" : e.message);
        if (rows[i].want && !strstr(e.message, rows[i].want))
            fail_msg("%s instead of %s", e.message, rows[i].want);
        if (!ok)
            assert_int_equal(err_exit_status(&e), 2);
    }
}

static void detect_takes_the_file_of_the_server(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    err e = ERR_INIT;
    int positional = 0;
    char command[] = "detect", flag[] = "--config";
    char *argv[] = {command, flag, file, NULL};
    assert_true(fs_write_file(file, SLICE_LIT("allow_dir: [/data]\nevals_dir: e\nngram_size: 4\n"),
                              false, NULL));
    if (!server_config_read(&c, &detect_options, 3, argv, &positional, &e))
        fail_msg("%s", e.message);
    assert_int_equal(c.detect.ngram_size, 4);
}

static void values_out_of_range(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {
        "mode: toxic\n",           "worker_threads: 0\n",
        "ngram_size: 0\n",         "contamination_score_threshold: 1.5\n",
        "report_threshold: 0.8\n", "report_threshold: 0\n",
        "content_key: ''\n",       "perfect_match_decay_start: soon\n",
        "index_answers: maybe\n",  "purify: [\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(server_config) c = {0};
        err e = ERR_INIT;
        if (read_config(&c, bad[i], NULL, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err_exit_status(&e), 2);
    }
}

static void sampling_step_is_at_least_1(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    assert_true(read_config(&c, "sample_every_m_tokens: 0\n", NULL, NULL));
    assert_int_equal(c.detect.sample_every_m_tokens, 1);
}

/* The report folder is `dir` and "out". */
static char *health_with(const char *dir, const server_config *c, const ngram_index *x)
{
    char fingerprint[FINGERPRINT_TEXT];
    AUTO(buf) settings = BUF(SETTINGS_MAX_BYTES);
    settings_fingerprint(c, x, fingerprint);
    settings_json(c, x, &settings);
    return xasprintf(
        "{\"allow_dir\":[],\"cleaned_formats\":[\"plain\"%s,\"zstd\",\"bzip2\",\"xz\"],"
        "\"cleaned_output_dir\":null,\"codec_memory\":268435456,"
        "\"contamination_score_threshold\":0.800000011920929,\"content_key\":"
        "\"text\",\"evaluation_sets\":[],\"filters\":{\"bad_eval_line\":\"refuse\","
        "\"eval_dedup\":true,\"eval_min_token_length\":20,\"eval_min_unique_word_count\":4,"
        "\"index_answers\":true,\"index_passages\":true,\"instances_digest\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\","
        "\"max_line_size\":268435456},"
        "\"fingerprint\":\"%s\",\"max_line_size\":268435456,\"mode\":\"simple\","
        "\"purify\":false,\"records\":67240,\"report_output_dir\":\"%sout\","
        "\"sets\":2,\"settings\":%s,\"status\":\"ok\","
        "\"worker_threads\":2}",
        splice_offers(CODEC_GZIP) ? ",\"gzip\"" : "", fingerprint, dir, buf_str(&settings));
}

static void a_job_is_bounded(void **state)
{
    UNUSED(state);
    AUTO(server_config) usual = {0};
    AUTO(server_config) c = {0};
    assert_true(read_config(&usual, "verbose: false\n", NULL, NULL));
    assert_int_equal(usual.job.max_line_bytes, (uint64_t)256 << 20);
    assert_int_equal(usual.job.memory_bytes, (uint64_t)2 << 30);
    assert_int_equal(usual.job.time_limit_ms, 600000);
    assert_true(read_config(&c, "max_line_size: 1MiB\njob_memory: 16MiB\njob_time_limit: 250ms\n",
                            NULL, NULL));
    assert_int_equal(c.job.max_line_bytes, (uint64_t)1 << 20);
    assert_int_equal(c.job.memory_bytes, (uint64_t)16 << 20);
    assert_int_equal(c.job.time_limit_ms, 250);
    static const char *const bad[] = {"max_line_size: 2GiB\n", "job_memory: 1MiB\n",
                                      "job_time_limit: soon\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(server_config) refused = {0};
        err e = ERR_INIT;
        assert_false(read_config(&refused, bad[i], NULL, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void the_exact_health_reply(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    AUTO(buf) json = BUF(65536);
    assert_true(read_config(&c, "report_output_dir: out\nworker_threads: 2\n", NULL, NULL));
    ngram_index x = {.counts = {.indexed = 67240}, .tokens = tokenizer_new("word", NULL, NULL)};
    eval_tally_record(&x.tally, SLICE_LIT("mmlu"), true);
    eval_tally_record(&x.tally, SLICE_LIT("gsm8k"), true);
    eval_tally_record(&x.tally, SLICE_LIT("dropped"), false);
    server_config_health(&c, &x, (slice){0}, &json);
    AUTO_FREE char *here = getcwd(NULL, 0);
    AUTO_FREE char *here_slash = xasprintf("%s/", here);
    AUTO_FREE char *expected = health_with(here_slash, &c, &x);
    assert_string_equal(buf_str(&json), expected);
    c.compatible = true; /* as in the reference: as configured */
    AUTO_FREE char *as_given = health_with("", &c, &x);
    buf_clear(&json);
    server_config_health(&c, &x, (slice){0}, &json);
    assert_string_equal(buf_str(&json), as_given);
    tokenizer_free(x.tokens);
    eval_tally_deinit(&x.tally);
}

static void health_names_the_allowed_folders(void **state)
{
    UNUSED(state);
    AUTO(server_config) c = {0};
    AUTO(buf) json = BUF(65536);
    AUTO_FREE char *here = getcwd(NULL, 0);
    assert_true(read_config(&c, "allow_dir: [/data/x/, here]\ncompatible: true\n", NULL, NULL));
    ngram_index x = {.tokens = tokenizer_new("word", NULL, NULL)};
    AUTO_FREE char *expected = xasprintf("{\"allow_dir\":[\"/data/x\",\"%s/here\"],", here);
    server_config_health(&c, &x, (slice){0}, &json);
    if (!str_starts_with(buf_str(&json), expected))
        fail_msg("%s", buf_str(&json));
    tokenizer_free(x.tokens);
    eval_tally_deinit(&x.tally);
}

static void an_open_address_requires_allowed_folders(void **state)
{
    UNUSED(state);
    static const struct {
        const char *words[5];
        const char *want; /* NULL: accepted */
    } rows[] = {
        {{"--listen", "0.0.0.0"}, "decon server --listen 0.0.0.0 --allow-dir DIR"},
        {{"--listen", "::"}, "decon server --listen :: --allow-dir DIR"},
        {{"--listen", "192.0.2.1"}, "decon server --listen 192.0.2.1 --allow-dir DIR"},
        {{"--listen", "0.0.0.0", "--allow-dir", "/data"}, NULL},
        {{"--listen", "127.0.0.2"}, NULL},
        {{"--listen", "::1"}, NULL},
        {{"--listen", "localhost"}, NULL},
        {{"--listen", "256.1.1.1.invalid"}, "listen 256.1.1.1.invalid: resolve: "},
        {{"--listen", ""}, "listen is empty"},
        {{"--share-group", "no-such-group-here"}, "the group no-such-group-here does not exist"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *words[6] = {"decon-server"};
        memcpy(words + 1, rows[i].words, sizeof rows[i].words);
        AUTO(server_config) c = {0};
        err e = ERR_INIT;
        bool ok = read_words(&c, words, &e);
        if (ok != !rows[i].want)
            fail_msg("%s: %s", rows[i].words[1], ok ? "accepted" : e.message);
        if (!ok)
            assert_int_equal(err_exit_status(&e), 2);
        if (rows[i].want && !strstr(e.message, rows[i].want))
            fail_msg("%s instead of %s", e.message, rows[i].want);
    }
}

static void evaluation_sets_are_required(void **state)
{
    UNUSED(state);
    static const struct {
        const char *yaml;
        const option_set *set;
        const char *want;
    } rows[] = {
        {"purify: true\n", &serve_options, "decon server --evals-dir sample"},
        {"evals_dir: ''\n", &serve_options, "decon server --evals-dir DIR"},
        {"purify: true\n", &detect_options, "decon detect --evals-dir DIR"},
        /* The test program is neither in a checkout's build/bin nor installed. */
        {"evals_dir: sample\n", &serve_options, "run make install, or name a folder"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(server_config) c = {0};
        err e = ERR_INIT;
        int positional = 0;
        char command[] = "x", flag[] = "--config";
        char *argv[] = {command, flag, file, NULL};
        assert_true(fs_write_file(file, slice_from(rows[i].yaml), false, NULL));
        assert_false(server_config_read(&c, rows[i].set, 3, argv, &positional, &e));
        assert_int_equal(err_exit_status(&e), 2);
        if (!strstr(e.message, rows[i].want))
            fail_msg("%s instead of %s", e.message, rows[i].want);
    }
}

static void access_of_results(void **state)
{
    UNUSED(state);
    AUTO(server_config) plain = {0}, shared = {0}, named = {0};
    assert_true(read_words(&plain, (const char *const[]){"x", "--purify", NULL}, NULL));
    assert_true(plain.job.access.is_private && !plain.job.access.has_group);
    assert_true(plain.job.own_report_dir && plain.job.own_cleaned_dir);
    assert_true(read_words(&shared, (const char *const[]){"x", "--share-group", "7", NULL}, NULL));
    assert_true(shared.job.access.has_group);
    assert_int_equal(shared.job.access.group, 7);
    assert_true(read_words(
        &named, (const char *const[]){"x", "--report-output-dir", "/tmp/r", NULL}, NULL));
    assert_false(named.job.own_report_dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(defaults),
        TEST(other_commands_have_the_same_defaults),
        TEST(files_of_the_reference_are_read),
        TEST(unknown_keys_are_errors),
        TEST(detect_takes_the_file_of_the_server),
        TEST(values_out_of_range),
        TEST(sampling_step_is_at_least_1),
        TEST(the_exact_health_reply),
        TEST(health_names_the_allowed_folders),
        TEST(an_open_address_requires_allowed_folders),
        TEST(access_of_results),
        TEST(evaluation_sets_are_required),
        TEST(a_job_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
