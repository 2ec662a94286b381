#include "orchestrator/observe/progress.h"

#include "decon/base/log.h"
#include "base/util.h"

#define TICK_MS 1000

struct progress {
    transport *transport;
    const flow *flow;
    const s3_client *s3;
    size_t file_count;
    uint64_t started_ms;
    timer *timer;
};

void progress_describe(const flow_totals *now, size_t file_count, const s3_stats *s3,
                       uint64_t elapsed_ms, buf *out)
{
    char received[32], rate[32];
    format_size(s3->bytes_received, received, sizeof received);
    format_size(elapsed_ms ? s3->bytes_received * 1000 / elapsed_ms : 0, rate, sizeof rate);
    buf_printf(out,
               "%zu of %zu files (%zu contaminated, %zu failed); %zu downloading, %zu at the "
               "server, %zu uploading; %s received, %s/s",
               now->clean + now->contaminated + now->failed, file_count, now->contaminated,
               now->failed, now->downloading, now->jobs, now->uploading, received, rate);
}

static void tick(void *ctx)
{
    progress *p = ctx;
    AUTO(buf) line = BUF(512);
    flow_totals now = flow_count(p->flow);
    s3_stats stats = s3_client_stats(p->s3);
    progress_describe(&now, p->file_count, &stats, clock_now_ms(p->transport) - p->started_ms,
                      &line);
    log_status(buf_str(&line));
    p->timer = timer_start(p->transport, TICK_MS, tick, p);
}

progress *progress_start(transport *t, const flow *f, const s3_client *s3, size_t file_count)
{
    progress *p = xcalloc(1, sizeof *p);
    *p = (progress){.transport = t,
                    .flow = f,
                    .s3 = s3,
                    .file_count = file_count,
                    .started_ms = clock_now_ms(t)};
    p->timer = timer_start(t, TICK_MS, tick, p);
    return p;
}

void progress_stop(progress *p)
{
    if (!p)
        return;
    timer_stop(p->transport, p->timer);
    log_status(NULL);
    free(p);
}

void progress_plan(const plan *p, const config *c)
{
    char size[32];
    format_size(p->size_bytes, size, sizeof size);
    log_info("files to process: %zu (%s) of %zu in s3://%s/%s", p->count, size, p->input_count,
             c->places.input.bucket, places_list_prefix(&c->places));
    log_info("share: host %lld of %lld; skipped: %zu done already, %zu of other hosts, %zu objects "
             "that are no inputs",
             (long long)c->host_index, (long long)c->host_count, p->done, p->other_hosts,
             p->ignored_count);
    if (p->superseded)
        log_info("%zu of them have results of an earlier version or of other settings",
                 p->superseded);
    if (!p->input_count)
        log_warn("no training file in s3://%s/%s: is remote_file_input right?",
                 c->places.input.bucket, places_list_prefix(&c->places));
    if (p->beyond_debug)
        log_info("debug run: %zu more files are left out (MAX_FILES_DEBUG=%lld)", p->beyond_debug,
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
            log_info("skipped: s3://%s/%s: lies in an output folder", bucket, s->object->key);
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
    log_info("dry run: nothing was written; whether s3://%s/%s and s3://%s/%s take writes was not "
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

void progress_summary(const run_summary *s)
{
    const flow_totals *t = &s->totals;
    size_t refused = s->plan->refused_count;
    size_t skipped = s->plan->done + s->plan->other_hosts + s->plan->beyond_debug;
    log_plain("SUMMARY: Processed=%zu Clean=%zu Contaminated=%zu Failed=%zu Time=%.1fs Skipped=%zu "
              "Bytes=%llu",
              t->clean + t->contaminated, t->clean, t->contaminated, t->failed + refused,
              (double)s->elapsed_ms / 1000, skipped, (unsigned long long)t->bytes);
    list_failures(s);
    if (s->complete)
        log_plain("WORK COMPLETE EXITING");
}
