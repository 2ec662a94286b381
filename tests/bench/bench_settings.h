/* The default settings of detection, for the benchmarks. */
#ifndef TESTS_BENCH_BENCH_SETTINGS_H
#define TESTS_BENCH_BENCH_SETTINGS_H

#include "base/util.h"
#include "detection/index/evals.h"

static inline detect_settings bench_settings(const char *vocabulary, const char *vocabulary_dir)
{
    return (detect_settings){.tokenizer = vocabulary,
                             .vocabulary_dir = vocabulary_dir,
                             .punctuation = NORMALIZE_DEFAULT_PUNCTUATION,
                             .ngram_size = 5,
                             .sample_every_m_tokens = 10,
                             .question_max_misses = 11,
                             .threshold = 0.8f,
                             .decay = {true, true, 20, 50},
                             .short_answer_tokens = 3,
                             .short_answer_window = 50,
                             .answer_ngram_size = 3,
                             .min_long_answer_window = 100,
                             .min_passage_distance = 100,
                             .passage_ngram_size = 4,
                             .passage_max_misses = 2,
                             .eval_dedup = true,
                             .eval_min_tokens = 20,
                             .eval_min_unique_words = 4,
                             .index_answers = true,
                             .index_passages = true};
}

#endif
