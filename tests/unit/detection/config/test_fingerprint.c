/* The settings fingerprint: which options change it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "base/json/json_read.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "detection/config/fingerprint.h"
#include "detection/config/index_load.h"

#define RECORD(id, text)                                                                           \
    "{\"doc_id\":" id ",\"eval_key\":\"set\",\"question\":\"Which of the " text                    \
    " rivers of the continent is the longest of all, and where does it begin its course to the "   \
    "sea?\",\"answer\":\"" text "\",\"passage\":\"A passage about the " text " rivers.\"}\n"

static char dir[] = "/tmp/test-fingerprint-XXXXXX";

static int set_up(void **state)
{
    UNUSED(state);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    UNUSED(state);
    return fs_remove_tree(dir, NULL) ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
    AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
    assert_true(fs_write_file(path, slice_from(text), false, NULL));
}

static void remove_file(const char *name)
{
    AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
    assert_true(fs_remove(path, NULL));
}

typedef struct settings {
    char hex[FINGERPRINT_TEXT];
    char *json;
} settings;

/* The fingerprint of a server with these options over the files of the folder. */
static settings settings_with(const char *const *more)
{
    char *words[16] = {xstrdup("decon-server"), xstrdup("--evals-dir"), xstrdup(dir),
                       xstrdup("--tokenizer"), xstrdup("word")};
    int argc = 5, positional = 0;
    err e = ERR_INIT;
    settings out = {0};
    AUTO(server_config) c = {0};
    AUTO(buf) json = BUF(SETTINGS_MAX_BYTES);
    for (; more && *more; more++)
        words[argc++] = xstrdup(*more);
    AUTO_FREE char **order = xcalloc(ARRAY_LEN(words), sizeof *order); /* permuted by reading */
    memcpy(order, words, sizeof words);
    if (!server_config_read(&c, &serve_options, argc, order, &positional, &e))
        fail_msg("%s", e.message);
    AUTO_PTR(ngram_index) x = load_index(&c, &e);
    if (!x)
        fail_msg("%s", e.message);
    settings_json(&c, x, &json);
    out.json = xstrdup(buf_str(&json));
    settings_fingerprint(&c, x, out.hex);
    while (argc > 0)
        free(words[--argc]);
    return out;
}

static void fingerprint_with(const char *const *more, char hex[FINGERPRINT_TEXT])
{
    settings s = settings_with(more);
    memcpy(hex, s.hex, sizeof s.hex);
    free(s.json);
}

static void two_records(void)
{
    write_file("a.jsonl", RECORD("1", "northern") RECORD("2", "southern"));
}

static void files_and_order_do_not_matter(void **state)
{
    char one[FINGERPRINT_TEXT], other[FINGERPRINT_TEXT];
    UNUSED(state);
    two_records();
    fingerprint_with(NULL, one);
    write_file("a.jsonl", RECORD("2", "southern"));
    write_file("b.jsonl", "\n# a comment\n" RECORD("1", "northern"));
    fingerprint_with(NULL, other);
    assert_string_equal(one, other);
    remove_file("b.jsonl");
    fingerprint_with(NULL, other);
    assert_string_not_equal(one, other);
}

static void each_text_of_a_record_counts(void **state)
{
    static const char *const changed[] = {
        RECORD("1", "northern"), RECORD("1", "northern") RECORD("3", "southern"),
        RECORD("1", "northern") RECORD("2", "Southern"),
        RECORD("1", "northern") RECORD("2", "southern") RECORD("3", "western"),
        "{\"doc_id\":1,\"question\":\"Which of the northern rivers of the continent is the longest "
        "of all, and where does it begin its course to the sea?\"}\n" RECORD("2", "southern")};
    char first[FINGERPRINT_TEXT], other[FINGERPRINT_TEXT];
    UNUSED(state);
    two_records();
    fingerprint_with(NULL, first);
    for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
        write_file("a.jsonl", changed[i]);
        fingerprint_with(NULL, other);
        assert_string_not_equal(first, other);
    }
}

static void every_setting_of_the_detection_counts(void **state)
{
    static const char *const options[][3] = {{"--ngram-size", "6"},
                                             {"--sample-every-m-tokens", "9"},
                                             {"--question-max-consecutive-misses", "12"},
                                             {"--contamination-score-threshold", "0.80001"},
                                             {"--perfect-match-decay-start", "none"},
                                             {"--perfect-match-decay-end", "51"},
                                             {"--short-answer-token-threshold", "4"},
                                             {"--short-answer-window-length", "51"},
                                             {"--answer-ngram-size", "4"},
                                             {"--min-long-answer-window", "101"},
                                             {"--passage-ngram-size", "5"},
                                             {"--passage-max-consecutive-misses", "3"},
                                             {"--tokenizer", "uniseg"},
                                             {"--content-key", "body"},
                                             {"--invalid-utf8", "skip"},
                                             {"--index-answers", "false"},
                                             {"--index-passages", "false"},
                                             {"--compatible"},
                                             {"--lenient"},
                                             {"--normalization", "extended"},
                                             {"--report-threshold", "0.5"},
                                             {"--recall", "high"}};
    char first[FINGERPRINT_TEXT], other[FINGERPRINT_TEXT];
    UNUSED(state);
    two_records();
    fingerprint_with(NULL, first);
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        fingerprint_with(options[i], other);
        if (str_equal(first, other))
            fail_msg("%s does not change the fingerprint", options[i][0]);
    }
}

static bool is_named_as_samples(void)
{
    settings s = settings_with(NULL);
    bool named = strstr(s.json, ",\"sample_evals\":true,\"sample_every_m_tokens\":");
    assert_int_equal(named, strstr(s.json, "sample_evals") != NULL);
    free(s.json);
    return named;
}

/* Certificates refuse results with this setting. */
static void the_sample_set_is_named(void **state)
{
    static const char *const files[] = {"harbour-quiz", "meadow-reading", "workshop-problems"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        AUTO_FREE char *path = xasprintf("config/sample-evals/%s.jsonl", files[i]);
        AUTO(buf) text = BUF(1 << 20);
        assert_true(fs_read_file(path, 1 << 20, &text, NULL));
        write_file("a.jsonl", buf_str(&text));
        assert_true(is_named_as_samples());
    }
    write_file("b.jsonl", RECORD("1", "northern"));
    assert_false(is_named_as_samples());
    write_file("a.jsonl", "");
    assert_false(is_named_as_samples());
}

static void threads_paths_and_ports_do_not_count(void **state)
{
    static const char *const others[] = {
        "--port", "0",        "--worker-threads", "3",      "--scan-threads",
        "2",      "--purify", "--codec-memory",   "512MiB", NULL};
    char first[FINGERPRINT_TEXT], other[FINGERPRINT_TEXT];
    UNUSED(state);
    two_records();
    fingerprint_with(NULL, first);
    fingerprint_with(others, other);
    assert_string_equal(first, other);
}

/* A new option has to be added to fingerprint.c or to one of these lists. */
static void every_option_is_classified(void **state)
{
    static const char *const by_another_name[] = {"tokenizer_str"};
    static const char *const only_if_changed[] = {"normalization", "recall", "report_sets",
                                                  "report_threshold"};
    static const char *const act_on_the_records[] = {
        "eval_dedup",     "eval_min_token_length", "eval_min_unique_word_count",
        "index_passages", "index_answers",         "bad_eval_line",
        "evals_dir"};
    static const char *const no_part_of_results[] = {"port",
                                                     "port_file",
                                                     "listen",
                                                     "allow_host",
                                                     "share_group",
                                                     "job_memory",
                                                     "job_time_limit",
                                                     "allow_dir",
                                                     "config",
                                                     "worker_threads",
                                                     "scan_threads",
                                                     "verbose",
                                                     "log_json",
                                                     "report_output_dir",
                                                     "cleaned_output_dir",
                                                     "purify",
                                                     "training_dir",
                                                     "max_line_size",
                                                     "codec_memory",
                                                     "vocabulary_dir",
                                                     "hash_seed",
                                                     "exact_override",
                                                     "ngram_bucket_lru_cache",
                                                     "window_size_increment",
                                                     "num_windows",
                                                     "window_step_size",
                                                     "help",
                                                     "version",
                                                     "print_config",
                                                     "print_reference",
                                                     "self_test",
                                                     "self_test_records"};
    UNUSED(state);
    two_records();
    settings s = settings_with(NULL);
    AUTO_FREE char *json = s.json;
    for (size_t i = 0; i < serve_options.row_count; i++) {
        const char *key = serve_options.rows[i].key;
        bool known = false;
        json_value value;
        assert_true(json_read_members(slice_from(json), &key, &value, 1, NULL, NULL));
        known = value.type != JSON_ABSENT;
        for (size_t k = 0; k < ARRAY_LEN(by_another_name); k++)
            known |= str_equal(key, by_another_name[k]);
        for (size_t k = 0; k < ARRAY_LEN(only_if_changed); k++)
            known |= str_equal(key, only_if_changed[k]);
        for (size_t k = 0; k < ARRAY_LEN(act_on_the_records); k++)
            known |= str_equal(key, act_on_the_records[k]);
        for (size_t k = 0; k < ARRAY_LEN(no_part_of_results); k++)
            known |= str_equal(key, no_part_of_results[k]);
        if (!known)
            fail_msg("option %s is not in the fingerprint and in no list of this test", key);
    }
}

/* Its copies of short questions are found since; other settings keep their results. */
static void extended_normalisation_has_another_algorithm(void **state)
{
    static const char *const words[] = {"--normalization", "extended", NULL};
    UNUSED(state);
    two_records();
    settings s = settings_with(words);
    assert_true(str_starts_with(s.json, "{\"algorithm_version\":3,"));
    free(s.json);
}

/* A fingerprint that changes needlessly makes a fleet repeat its work. */
static void the_exact_settings_of_the_fingerprint(void **state)
{
    UNUSED(state);
    two_records();
    settings s = settings_with(NULL);
    AUTO_FREE char *json = s.json;
    assert_string_equal(json,
                        "{\"algorithm_version\":2,"
                        "\"answer_ngram_size\":3,"
                        "\"compatible\":false,"
                        "\"contamination_score_threshold\":0.8,"
                        "\"content_key\":\"text\","
                        "\"evaluation_records\":2,"
                        "\"evaluation_records_digest\":"
                        "\"c049c91ee44af27a6324d378ff85f7389122bbcc45666ee2dce3564097bfd04b\","
                        "\"invalid_utf8\":\"fail\","
                        "\"lenient\":false,"
                        "\"min_long_answer_window\":100,"
                        "\"min_passage_distance\":100,"
                        "\"mode\":\"simple\","
                        "\"ngram_size\":5,"
                        "\"passage_max_consecutive_misses\":2,"
                        "\"passage_ngram_size\":4,"
                        "\"perfect_match_decay_end\":50,"
                        "\"perfect_match_decay_start\":20,"
                        "\"punctuation_chars\":\"!\\\"#$%&'()*+,-./:;<=>?@[\\\\]^_`{|}~“”‘’—\","
                        "\"question_max_consecutive_misses\":11,"
                        "\"sample_every_m_tokens\":10,"
                        "\"short_answer_token_threshold\":3,"
                        "\"short_answer_window_length\":50,"
                        "\"tokenizer\":\"word\","
                        "\"unicode_version\":\"15.0.0\"}");
    assert_string_equal(s.hex, "a749dee5fe5de287359bef750908f2e678fdb10bd03eb0150eae27079465163d");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(files_and_order_do_not_matter),
        TEST(each_text_of_a_record_counts),
        TEST(every_setting_of_the_detection_counts),
        TEST(the_sample_set_is_named),
        TEST(threads_paths_and_ports_do_not_count),
        TEST(every_option_is_classified),
        TEST(the_exact_settings_of_the_fingerprint),
        TEST(extended_normalisation_has_another_algorithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
