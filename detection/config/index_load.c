#include "detection/config/index_load.h"

#include "decon/base/log.h"
#include "detection/index/evals.h"
#include "detection/job/progress.h"
#include "detection/job/job_threads.h"

static void tell_of_index(const ngram_index *x, const server_config *c)
{
    const index_counts *n = &x->counts;
    log_info("index: %llu records of %llu (left out: %llu of too few tokens, %llu of too few "
             "words, %llu duplicates, %llu without question)",
             (unsigned long long)n->indexed, (unsigned long long)n->read,
             (unsigned long long)n->few_tokens, (unsigned long long)n->few_words,
             (unsigned long long)n->duplicates, (unsigned long long)n->empty);
    if (x->question_count < 2)
        log_warn("%s: an index of %zu records finds nothing; give more evaluation records",
                 c->evals_dir, x->question_count);
    if (n->unfindable)
        log_warn("%llu questions are shorter than ngram_size (%lld tokens) and cannot be found",
                 (unsigned long long)n->unfindable, (long long)c->ngram_size);
}

static void show_progress(void *ctx, const evals_progress *now)
{
    uint64_t now_ms = monotonic_ms();
    if (!progress_is_due(ctx, now_ms))
        return;
    AUTO_FREE char *words =
        xasprintf("index: %zu of %zu evaluation files, %llu records read, %llu s", now->files_done,
                  now->files_total, (unsigned long long)now->records,
                  (unsigned long long)(now_ms - ((progress *)ctx)->start_ms) / 1000);
    progress_show(ctx, now_ms, words);
}

/* The status line goes away whatever comes of it. */
static bool load_files(const evals_options *options, ngram_index *x, err *e)
{
    progress p;
    evals_options told = *options;
    progress_init(&p, monotonic_ms());
    told.on_progress = show_progress;
    told.progress_ctx = &p;
    log_info("index: reading the evaluation files of %s", options->dir);
    bool ok = evals_load(&told, x, e);
    progress_end(&p);
    return ok;
}

ngram_index *load_index(const server_config *c, err *e)
{
    evals_options options = {.dir = c->evals_dir,
                             .bad_line_ends_file = c->bad_eval_line == 1,
                             .leave_out_bzip2_and_xz = c->compatible,
                             .max_line_bytes = c->max_line_size};
    AUTO_PTR(ngram_index) x = index_new(&c->detect, e);
    if (!x || !load_files(&options, x, e))
        return NULL;
    index_freeze(x);
    tell_of_index(x, c);
    return move(x);
}
