/* Runs in which each file has results of one kind. */
#ifndef TESTS_FLOW_EXACT_SITE_H
#define TESTS_FLOW_EXACT_SITE_H

#include "tests/flow/flow_support.h"

#include <unistd.h>

#include "base/fsutil.h"
#include "decon/compression/codec.h"
#include "base/util.h"

static const char *const suffixes[] = {"", ".gz", ".zst", ".bz2", ".xz"};
static const char *const levels[] = {"jsonl", "stream", "none"};

#define A "{\"text\":\"a\",\"n\":1}\n"
#define B "{\"text\":\"b\",\"n\":22}\n"
#define C "{\"text\":\"c\",\"n\":333}\n"

static inline char *text_of(const world *w, const char *key)
{
    const world_object *o = world_find(w, key);
    if (!o)
        fail_msg("%s is missing; log:\n%s", key, buf_str(&w->log));
    AUTO(buf) text = BUF(1 << 20);
    AUTO_FREE char *path = xasprintf("%s/object.tmp", w->dir);
    err e = ERR_INIT;
    assert_true(fs_write_file(path, (slice){o->data, o->len}, false, &e));
    AUTO_FREE char *plain = xasprintf("%s/plain.tmp", w->dir);
    if (!codec_recode_file(path, plain, CODEC_PLAIN, 0, &e) ||
        !fs_read_file(plain, 1 << 20, &text, &e))
        fail_msg("%s", e.message);
    unlink(path);
    unlink(plain);
    return xstrdup(buf_str(&text));
}

static inline void add_all(world *w, const char *input)
{
    for (size_t s = 0; s < ARRAY_LEN(suffixes); s++) {
        AUTO_FREE char *name = xasprintf("x%zu.jsonl%s", s, suffixes[s]);
        world_add(w, name, input);
    }
}

/* A run over the files of add_all in which each file fails with this message. */
static inline void expect_failures(world *w, const char *const *options, const char *words)
{
    expect_status(w, options, 3);
    expect_log(w, "Clean=0 Contaminated=0 Failed=5 ");
    for (size_t s = 0; s < ARRAY_LEN(suffixes); s++) {
        AUTO_FREE char *part =
            xasprintf("FAILED: s3://b/data/x%zu.jsonl%s: %s", s, suffixes[s], words);
        expect_log(w, part);
    }
    assert_string_equal(w->order, "");
    assert_int_equal(world_files_in(w, "reports"), 0);
    assert_int_equal(world_files_in(w, "cleaned"), 0);
}

/* A run over the files of add_all, with these cleaned texts. */
static inline void expect_cleaned(world *w, const char *const *options, const char *cleaned)
{
    expect_status(w, options, 0);
    for (size_t s = 0; s < ARRAY_LEN(suffixes); s++) {
        AUTO_FREE char *key = xasprintf("cle/x%zu.clean.jsonl%s", s, suffixes[s]);
        AUTO_FREE char *text = text_of(w, key);
        assert_string_equal(text, cleaned);
    }
    expect_nothing_left(w);
}

#define NOT_THE_INPUT "the cleaned file is not the input without the reported lines: "

#endif
