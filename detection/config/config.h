/* Command line and configuration file of the server.
 *
 * What:    one row per option; server_config has their values, adjusted.
 * Owner:   server_config_read fills it, server_config_deinit releases it; `detect` and `job` borrow
 *          from it.
 * Threads: one, at start; constant afterwards.
 * Fails:   ERR_CONFIG and ERR_USAGE with the option's name and the allowed values.
 */
#ifndef DETECTION_CONFIG_CONFIG_H
#define DETECTION_CONFIG_CONFIG_H

#include "base/util.h"
#include "base/options/options.h"
#include "detection/job/job_run.h"

typedef struct server_config {
    char *config, *port_file;
    bool json, fail_on_match; /* detect only */
    bool self_test;
    int64_t self_test_records;
    bool help, version, print_config, print_reference, verbose, log_json;
    int64_t port;
    char *listen, *share_group;
    char **allow_dir, **allow_host;
    char *mode, *content_key, *training_dir;
    char *evals_dir, *report_output_dir, *cleaned_output_dir;
    bool purify;
    char *tokenizer, *vocabulary_dir, *punctuation_chars;
    int64_t ngram_size, sample_every_m_tokens, question_max_consecutive_misses;
    double contamination_score_threshold, report_threshold;
    char **report_sets;
    char *decay_start, *decay_end;
    int64_t short_answer_token_threshold, short_answer_window_length, answer_ngram_size;
    int64_t min_long_answer_window, min_passage_distance, passage_ngram_size;
    int64_t passage_max_consecutive_misses;
    bool eval_dedup;
    int64_t eval_min_token_length, eval_min_unique_word_count;
    int index_passages, index_answers; /* 0 false, 1 true */
    int normalization;                 /* 0 compatible, 1 extended */
    int recall;                        /* 0 simple, 1 high */
    int64_t worker_threads, scan_threads;
    bool compatible;
    bool lenient;
    int bad_eval_line; /* 0 refuse, 1 end-file */
    int invalid_utf8;  /* 0 fail, 1 skip */
    uint64_t max_line_size, codec_memory, job_memory, job_time_limit_ms;
    /* computed from the members above */
    char *report_path, *cleaned_path; /* absolute, since clients open the paths of /status */
    detect_settings detect;
    job_settings job;
    unsigned workers;
    bool is_batch;
    bool evals_are_samples;  /* the sample set, which certifies nothing */
    bool training_dir_named; /* on the command line */
} server_config;

extern const option_set serve_options, detect_options;

/* *positional is the index of the first positional argument, which the command interprets. */
bool server_config_read(server_config *c, const option_set *set, int argc, char **argv,
                        int *positional, err *e) MUST_USE;
/* Prints the text for --help and similar options; false if none is given. */
bool server_config_about(const server_config *c, const option_set *set);
void server_config_deinit(server_config *c);
DEFINE_AUTO(server_config, server_config_deinit)

/* The body of /health; `recall`: the result of the self-test as JSON, or empty. */
void server_config_health(const server_config *c, const ngram_index *x, slice recall, buf *json);

#endif
