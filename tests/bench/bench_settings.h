/* The default settings of detection, for the benchmarks. */
#ifndef TESTS_BENCH_BENCH_SETTINGS_H
#define TESTS_BENCH_BENCH_SETTINGS_H

#include "base/util.h"
#include "detection/index/index.h"

static inline detect_settings bench_settings(const char *vocabulary, const char *vocabulary_dir)
{
    detect_settings s = detect_settings_default();
    s.tokenizer = vocabulary;
    s.vocabulary_dir = vocabulary_dir;
    return s;
}

#endif
