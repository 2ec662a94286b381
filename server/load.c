#include "server/load.h"

#include "base/log.h"
#include "server/evals.h"

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

ngram_index *load_index(const server_config *c, err *e)
{
    evals_options options = {.dir = c->evals_dir,
                             .bad_line_ends_file = c->bad_eval_line == 1,
                             .leave_out_bzip2_and_xz = c->compatible,
                             .max_line_bytes = c->max_line_size};
    AUTO_PTR(ngram_index) x = index_new(&c->detect, e);
    if (!x || !evals_load(&options, x, e))
        return NULL;
    index_freeze(x);
    tell_of_index(x, c);
    return move(x);
}
