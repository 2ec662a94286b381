/* Behaviour of the reference server that --compatible keeps, and behaviour without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "detection/config/index_load.h"
#include "tests/fake/detect_site.h"

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    setenv("XDG_DATA_HOME", s->dir, 1);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    unsetenv("XDG_DATA_HOME");
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

/* The configuration file's `yaml` with two command-line arguments. */
static void read_config(server_config *c, detect_site *s, const char *yaml, const char *word,
                        const char *value)
{
    int positional = 0;
    err e = ERR_INIT;
    AUTO_FREE char *path = detect_site_file(s, "config.yaml", slice_from(yaml));
    const char *argv[] = {"decon-server", "--config", path, word, value, NULL};
    if (!server_config_read(c, &serve_options,
                            value  ? 5
                            : word ? 4
                                   : 3,
                            (char **)argv, &positional, &e))
        fail_msg("%s", e.message);
}

static void purify_counts_on_the_command_line(void **state)
{
    AUTO(server_config) fixed = {0};
    AUTO(server_config) kept = {0};
    AUTO(server_config) given = {0};
    read_config(&fixed, *state, "evals_dir: e\npurify: true\n", NULL, NULL);
    assert_true(fixed.purify);
    read_config(&kept, *state, "purify: true\ncompatible: true\n", NULL, NULL);
    assert_false(kept.purify);
    assert_null(kept.job.cleaned_dir);
    read_config(&given, *state, "compatible: true\n", "--purify", NULL);
    assert_true(given.purify);
}

static void references_of_the_user_go_first(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *dir = xasprintf("%s/decon/references", s->dir);
    assert_true(fs_make_dirs(dir, NULL));
    AUTO(server_config) empty = {0};
    read_config(&empty, s, "compatible: true\nevals_dir: mine\n", NULL, NULL);
    assert_string_equal(empty.evals_dir, "mine");
    free(detect_site_file(s, "decon/references/a.jsonl", SLICE_LIT("{}")));
    AUTO(server_config) fixed = {0};
    AUTO(server_config) kept = {0};
    AUTO(server_config) given = {0};
    read_config(&fixed, s, "evals_dir: mine\n", NULL, NULL);
    assert_string_equal(fixed.evals_dir, "mine");
    read_config(&kept, s, "compatible: true\nevals_dir: mine\n", NULL, NULL);
    assert_string_equal(kept.evals_dir, dir);
    read_config(&given, s, "compatible: true\n", "--evals-dir", "other");
    assert_string_equal(given.evals_dir, "other");
}

static void evaluation_sets_have_the_default_of_the_reference(void **state)
{
    AUTO(server_config) c = {0};
    read_config(&c, *state, "compatible: true\n", NULL, NULL);
    assert_string_equal(c.evals_dir, "bundled-evals");
}

#define RECORD(id)                                                                                 \
    "{\"doc_id\":" #id ",\"question\":\"Where did the old grey goose " #id " go last night?\"}\n"

/* An empty line ends its file, whose records do not count toward the limit of hot n-grams; bzip2
 * and xz files are ignored. */
static void evaluation_files(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *dir = xasprintf("%s/evals", s->dir);
    assert_true(fs_make_dirs(dir, NULL));
    free(detect_site_file(s, "evals/a.jsonl", SLICE_LIT(RECORD(1) RECORD(2) "\n" RECORD(3))));
    free(detect_site_file(s, "evals/b.jsonl", SLICE_LIT(RECORD(4))));
    AUTO_FREE char *plain = detect_site_file(s, "plain", SLICE_LIT(RECORD(5)));
    AUTO_FREE char *packed = xasprintf("%s/c.jsonl.xz", dir);
    assert_true(codec_recode_file(plain, packed, CODEC_XZ, 0, NULL));
    static const uint64_t indexed[] = {5, 3}, passed_over[] = {0, 2};
    for (size_t i = 0; i < 2; i++) {
        AUTO(server_config) c = {0};
        err e = ERR_INIT;
        read_config(&c, s,
                    i ? "compatible: true\neval_min_token_length: 0\ntokenizer_str: uniseg\n"
                      : "eval_min_token_length: 0\ntokenizer_str: uniseg\n",
                    "--evals-dir", dir);
        AUTO_PTR(ngram_index) x = load_index(&c, &e);
        if (!x)
            fail_msg("%s", e.message);
        assert_int_equal(x->counts.indexed, indexed[i]);
        assert_int_equal(x->counts.passed_over, passed_over[i]);
    }
}

static void a_bad_line_refuses_where_that_is_asked_for(void **state)
{
    AUTO(server_config) c = {0};
    read_config(&c, *state, "compatible: true\n", "--bad-eval-line", "refuse");
    assert_int_equal(c.bad_eval_line, 0);
}

static void unknown_tokenizers_are_bytes(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"word", "nonsense"};
    static const size_t filled[] = {3, 8};
    for (size_t i = 0; i < 2; i++) {
        AUTO_PTR(tokenizer) t = tokenizer_new_compatible(names[i], NULL, NULL);
        AUTO(token_list) l = {0};
        AUTO(buf) text = BUF(100);
        buf_append_str(&text, "a caf\xC3\xA9 is");
        tokenizer_lead_in(t, &text);
        tokenizer_encode(t, buf_slice(&text), &l);
        assert_int_equal(l.count, 11);
        for (size_t k = 0; k < l.count; k++) {
            assert_int_equal(l.ids[k], (uint8_t)text.data[k]);
            assert_int_equal(token_list_start(&l, k), k);
        }
        assert_int_equal(tokenizer_count_filled(t, buf_slice(&text)), filled[i]);
        assert_false(tokenizer_shows_text(t));
    }
    AUTO_PTR(tokenizer) known = tokenizer_new_compatible("cl100k", "detection/data", NULL);
    assert_true(tokenizer_shows_text(known));
    assert_null(tokenizer_new("nonsense", NULL, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(purify_counts_on_the_command_line),
        TEST(references_of_the_user_go_first),
        TEST(evaluation_sets_have_the_default_of_the_reference),
        TEST(evaluation_files),
        TEST(a_bad_line_refuses_where_that_is_asked_for),
        TEST(unknown_tokenizers_are_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
