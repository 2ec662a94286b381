/* Output before and after the work: the plan, a dry run's list, the closing lines. */
#include "orchestrator/observe/progress.h"

#include "decon/base/log.h"
#include "base/util.h"

void progress_plan(const plan *p, const config *c)
{
    char size[32];
    format_size(p->size_bytes, size, sizeof size);
    log_info("files to process: %zu (%s) of %zu in s3://%s/%s", p->count, size, p->input_count,
             c->places.input.bucket, places_list_prefix(&c->places));
    if (c->distribution == DISTRIBUTION_CLAIM)
        log_info("share: of all hosts, which claim slices; skipped: %zu done already, %zu objects "
                 "other than inputs",
                 p->done, p->ignored_count);
    else
        log_info("share: host %lld of %lld; skipped: %zu done already, %zu of other hosts, %zu "
                 "objects other than inputs",
                 (long long)c->host_index, (long long)c->host_count, p->done, p->other_hosts,
                 p->ignored_count);
    if (p->superseded)
        log_info("%zu of them have results of an earlier version or of other settings",
                 p->superseded);
    if (!p->input_count)
        log_warn("no training file in s3://%s/%s: check remote_file_input", c->places.input.bucket,
                 places_list_prefix(&c->places));
    if (p->beyond_debug)
        log_info("debug run: %zu more files are omitted (MAX_FILES_DEBUG=%lld)", p->beyond_debug,
                 (long long)c->max_files_debug);
    for (size_t i = 0; i < p->refused_count; i++) {
        err why = ERR_INIT;
        plan_refusal(p, i, &why);
        log_warn("refused: %s", why.message);
    }
}

static void list_done(const plan *p, const config *c)
{
    for (size_t i = 0; i < p->done_count; i++) {
        AUTO_FREE char *result = plan_commit_key(p, &p->done_rows[i]);
        log_info("skipped: s3://%s/%s: done already (s3://%s/%s)", c->places.input.bucket,
                 p->done_rows[i].object->key, c->places.report.bucket, result);
    }
}

static void list_skipped(const plan *p, const config *c)
{
    const char *bucket = c->places.input.bucket;
    for (size_t i = 0; i < p->skipped_count; i++) {
        const skipped_input *s = &p->skipped[i];
        if (s->reason == SKIP_OTHER_HOST)
            log_info("skipped: s3://%s/%s: in the share of host %u", bucket, s->object->key,
                     s->host);
        else if (s->reason == SKIP_OUTPUT_FOLDER)
            log_info("skipped: s3://%s/%s: is in an output folder", bucket, s->object->key);
        else
            log_info("skipped: s3://%s/%s: beyond MAX_FILES_DEBUG", bucket, s->object->key);
    }
}

void progress_dry_run(const plan *p, const config *c)
{
    const places *where = &c->places;
    progress_plan(p, c);
    for (size_t i = 0; i < p->count; i++) {
        char size[32];
        format_size(p->rows[i].object->size_bytes, size, sizeof size);
        log_info("would process: s3://%s/%s (%s)", where->input.bucket, p->rows[i].object->key,
                 size);
    }
    list_done(p, c);
    list_skipped(p, c);
    log_info("dry run: nothing was written; whether s3://%s/%s and s3://%s/%s are writable was not "
             "tested",
             where->report.bucket, where->report.prefix, where->cleaned.bucket,
             where->cleaned.prefix);
}

static void list_failures(const run_summary *s)
{
    for (size_t i = 0; i < s->plan->refused_count; i++) {
        err why = ERR_INIT;
        plan_refusal(s->plan, i, &why);
        log_plain("FAILED: %s", why.message);
    }
    size_t count = 0;
    const char *const *messages = s->flow ? flow_failures(s->flow, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        log_plain("FAILED: %s", messages[i]);
}

/* The files that are left, and the command that resumes the run. */
static void list_left(const run_summary *s)
{
    char size[32];
    const flow_totals *t = &s->totals;
    size_t failed = t->failed + s->plan->refused_count;
    uint64_t ended_bytes = t->bytes + t->failed_bytes;
    AUTO_FREE char *waiting = NULL, *unwell = NULL;
    if (t->waiting + failed == 0)
        return;
    if (t->waiting) {
        format_size(s->plan->size_bytes - MIN(ended_bytes, s->plan->size_bytes), size, sizeof size);
        waiting = xasprintf("%zu files (%s) are not done", t->waiting, size);
    }
    if (failed)
        unwell = xasprintf("%s%zu failed", waiting ? ", " : "", failed);
    log_plain("LEFT: %s%s; all results so far are in the store; to continue, run: %s",
              waiting ? waiting : "", unwell ? unwell : "",
              s->again ? s->again : "the same command");
}

void progress_summary(const run_summary *s)
{
    const flow_totals *t = &s->totals;
    size_t refused = s->plan->refused_count;
    size_t skipped = s->plan->done + s->plan->other_hosts + s->plan->beyond_debug;
    log_event(
        LOG_INFO,
        &(log_fields){.event = "summary", .bytes = &t->bytes, .ms = &s->elapsed_ms, .plain = true},
        "SUMMARY: Processed=%zu Clean=%zu Contaminated=%zu Failed=%zu Time=%.1fs Skipped=%zu "
        "Bytes=%llu",
        t->clean + t->contaminated, t->clean, t->contaminated, t->failed + refused,
        (double)s->elapsed_ms / 1000, skipped, (unsigned long long)t->bytes);
    list_failures(s);
    list_left(s);
    if (s->complete)
        log_event(LOG_INFO, &(log_fields){.event = "complete", .plain = true},
                  "WORK COMPLETE EXITING");
}
