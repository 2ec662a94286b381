#include "detection/config/index_load.h"

#include <sched.h>

#include "base/options/options.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "base/progress/progress_line.h"
#include "detection/job/job_threads.h"

static void report_index(const ngram_index *x, const server_config *c)
{
    const index_counts *n = &x->counts;
    char records[32], lines[32];
    AUTO(buf) reasons = BUF(1024);
    format_count(n->indexed, records, sizeof records);
    format_count(n->lines, lines, sizeof lines);
    eval_tally_reasons(n, &x->tally.keys, &reasons);
    size_t sets = eval_tally_sets(&x->tally);
    log_info("index: %s records of %zu set%s, from %s lines (dropped: %s)", records, sets,
             sets == 1 ? "" : "s", lines, reasons.len ? buf_str(&reasons) : "none");
    if (c->evals_are_samples)
        log_warn("evals_dir %s: results for the sample set certify nothing; use real evaluation "
                 "sets (README, \"First real run\")",
                 c->evals_dir);
    if (x->question_count < 2)
        log_warn("%s: the index has %zu records and finds nothing; add evaluation records",
                 c->evals_dir, x->question_count);
    if (n->unfindable)
        log_warn("%llu questions are shorter than ngram_size (%lld tokens) and cannot be found",
                 (unsigned long long)n->unfindable, (long long)c->ngram_size);
}

/* Without a usable record every file would be reported clean. */
static bool check_not_empty(const ngram_index *x, const server_config *c, err *e)
{
    const index_counts *n = &x->counts;
    AUTO(buf) reasons = BUF(400);
    if (x->question_count > n->unfindable)
        return true;
    eval_tally_reasons(n, &x->tally.keys, &reasons);
    if (n->indexed > 0)
        buf_printf(&reasons, "%s%llu with a question shorter than ngram_size (%lld tokens)",
                   reasons.len ? ", " : "", (unsigned long long)n->indexed,
                   (long long)c->ngram_size);
    return err_set(e, ERR_CONFIG,
                   "evals_dir %s: index: none of the %llu lines is a usable record"
                   "%s%s; give JSON lines with doc_id, question and answer, or lower the "
                   "limits",
                   c->evals_dir, (unsigned long long)n->lines, reasons.len ? ": " : "",
                   buf_str(&reasons));
}

static bool has_set(const ngram_index *x, const char *name)
{
    for (size_t i = 0; i < x->tally.set_count; i++)
        if (x->tally.sets[i].indexed && str_equal(x->tally.sets[i].name, name))
            return true;
    return false;
}

static bool check_report_sets(const ngram_index *x, const server_config *c, err *e)
{
    for (char **name = c->report_sets; *name; name++)
        if (!has_set(x, *name))
            return err_set(e, ERR_CONFIG,
                           "report_sets: %s: no usable record of evals_dir %s is of this set; "
                           "name sets by the eval_key of their records",
                           *name, c->evals_dir);
    return true;
}

static void show_progress(void *ctx, const evals_progress *now)
{
    uint64_t now_ms = monotonic_ms();
    if (!progress_line_is_due(ctx, now_ms))
        return;
    AUTO_FREE char *words =
        xasprintf("index: %zu of %zu evaluation files, %llu records read, %llu s", now->files_done,
                  now->files_total, (unsigned long long)now->records,
                  (unsigned long long)(now_ms - ((progress_line *)ctx)->start_ms) / 1000);
    progress_line_show(ctx, now_ms, words);
}

/* Removes the status line also on failure. */
static bool load_files(const evals_options *options, ngram_index *x, err *e)
{
    progress_line p;
    evals_options with_progress = *options;
    progress_line_init(&p, monotonic_ms());
    with_progress.on_progress = show_progress;
    with_progress.progress_ctx = &p;
    log_info("index: reading the evaluation files of %s", options->dir);
    bool ok = evals_load(&with_progress, x, e);
    progress_line_end(&p);
    return ok;
}

/* Threads that may help to build the index: one less than the processors of this process. */
static unsigned other_processors(void)
{
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        return 0;
    return (unsigned)CPU_COUNT(&usable) - 1;
}

ngram_index *load_index(const server_config *c, err *e)
{
    evals_options options = {.dir = c->evals_dir,
                             .bad_line_ends_file = c->bad_eval_line == 1,
                             .leave_out_bzip2_and_xz = c->compatible,
                             .max_line_bytes = c->max_line_size,
                             .threads = other_processors()};
    AUTO_PTR(ngram_index) x = index_new(&c->detect, e);
    if (!x || !load_files(&options, x, e))
        return NULL;
    index_freeze(x);
    if (!check_not_empty(x, c, e) || !check_report_sets(x, c, e))
        return NULL;
    report_index(x, c);
    return move(x);
}
