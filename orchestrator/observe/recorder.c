#include "orchestrator/observe/recorder.h"

#include <unistd.h>

#include "base/util.h"
#include "base/progress/progress_text.h"
#include "decon/base/log.h"
#include "orchestrator/observe/failure_log.h"
#include "orchestrator/observe/ledger.h"
#include "orchestrator/observe/run_record.h"

#define RENEW_MS       60000
#define CLOSE_LIMIT_MS 30000
#define RATE_WINDOW    10 /* records: the rate is that of the last ten minutes */

struct recorder {
    recorder_options options;
    const flow *flow;
    ledger *ledger;
    failure_log *failures;
    tally tally;
    rate_meter rate;
    uint64_t started_ms, sent_bytes;
    char host_name[RUN_MACHINE_BYTES];
    timer *renew, *limit;
    s3_op *put; /* the record in flight, or NULL */
    buf record;
    bool warned, closing, closed;
    int exit_status;
    void (*on_done)(void *ctx);
    void *ctx;
};

/* --- the record --- */

static double measure(recorder *r, const flow_progress *p, uint64_t now_ms)
{
    return rate_sample(&r->rate, (p->done_bytes + p->received_bytes) / 2, now_ms);
}

static void describe(recorder *r)
{
    const recorder_options *o = &r->options;
    uint64_t now_ms = clock_now_ms(o->transport);
    flow_progress progress = flow_progress_of(r->flow);
    buf_clear(&r->record);
    run_record_write(&(run_facts){.run = o->run.text,
                                  .host_name = r->host_name[0] ? r->host_name : NULL,
                                  .work_dir = workdir_path(o->workdir),
                                  .config = o->config,
                                  .server = o->server,
                                  .plan = o->plan,
                                  .tally = &r->tally,
                                  .progress = progress,
                                  .store = s3_client_stats(o->s3),
                                  .started_s = o->started_s,
                                  .now_s = clock_wall_s(o->transport),
                                  .elapsed_ms = now_ms - r->started_ms,
                                  .bytes_per_s = measure(r, &progress, now_ms),
                                  .closed = r->closed,
                                  .exit_status = r->exit_status},
                     &r->record);
}

static void report_end(recorder *r)
{
    void (*on_done)(void *ctx) = r->on_done;
    r->on_done = NULL;
    timer_stop(r->options.transport, move(r->limit));
    if (on_done)
        on_done(r->ctx);
}

static void close_record(recorder *r);

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    recorder *r = ctx;
    UNUSED(result);
    r->put = NULL;
    r->sent_bytes += r->record.len;
    if (error && !r->warned)
        log_warn("the record of this run cannot be written: %s; results are not affected, status "
                 "does not show this run",
                 error->message);
    r->warned = r->warned || error;
    if (r->closed)
        report_end(r);
    else if (r->closing)
        close_record(r);
}

static void write_record(recorder *r)
{
    const place *where = &r->options.config->places.report;
    AUTO_FREE char *key = run_record_key(where->prefix, r->options.run.text);
    describe(r);
    r->put = s3_put(r->options.s3, &(s3_put_options){.bucket = where->bucket,
                                                     .key = key,
                                                     .data = buf_slice(&r->record),
                                                     .fd = -1,
                                                     .content_type = "application/json",
                                                     .on_done = on_put,
                                                     .ctx = r});
}

static void close_record(recorder *r)
{
    r->closed = true;
    write_record(r);
}

static void on_renew(void *ctx)
{
    recorder *r = ctx;
    r->renew = timer_start(r->options.transport, RENEW_MS, on_renew, r);
    if (!r->put)
        write_record(r);
    failure_log_flush(r->failures);
}

/* --- items --- */

static void add_line(recorder *r, const item *it)
{
    transport *t = r->options.transport;
    bool known = it->local.lines_known || it->planned.size_bytes == 0;
    ledger_add(r->ledger,
               &(ledger_line){
                   .key = it->planned.key,
                   .etag = it->planned.etag[0] || !it->local.read_etag ? it->planned.etag
                                                                       : it->local.read_etag,
                   .size_bytes = it->planned.size_bytes,
                   .checksum = it->local.checksum,
                   .version_id = it->local.version_id,
                   .version = DECON_VERSION,
                   .lines_known = known,
                   .lines = it->local.verdict.lines,
                   .contaminated_lines = it->result.contaminated_lines,
                   .sets = it->result.sets,
                   .contaminated = it->result.contaminated,
                   .settings = it->job.settings ? it->job.settings : r->options.server->fingerprint,
                   .spent_ms = clock_now_ms(t) - it->begun_ms,
                   .committed_s = clock_wall_s(t),
                   .result_modified_s = it->result.proof.last_modified_s});
}

static void add_failure(recorder *r, const item *it)
{
    failure_log_add(r->failures, &(failure_line){.key = it->planned.key,
                                                 .etag = it->planned.etag,
                                                 .size_bytes = it->planned.size_bytes,
                                                 .error = &it->error,
                                                 .attempts = it->failed_attempts + 1,
                                                 .failed_s = clock_wall_s(r->options.transport)});
}

static void add_refusals(recorder *r)
{
    const plan *p = r->options.plan;
    for (size_t i = 0; i < p->refused_count; i++) {
        err why = ERR_INIT;
        AUTO_FREE char *etag = listed_etag(p->refused[i].object);
        plan_refusal(p, i, &why);
        failure_log_add(r->failures, &(failure_line){.key = p->refused[i].object->key,
                                                     .etag = etag,
                                                     .size_bytes = p->refused[i].object->size_bytes,
                                                     .error = &why,
                                                     .failed_s = r->options.started_s});
    }
}

void recorder_note(recorder *r, const item *it, item_state last, uint64_t spent_ms)
{
    tally_note(&r->tally, it, last, spent_ms);
    if (tally_is_commit(it))
        add_line(r, it);
    if (it->state == ITEM_FAILED)
        add_failure(r, it);
}

uint64_t recorder_sent_bytes(const recorder *r)
{
    return r ? r->sent_bytes + ledger_sent_bytes(r->ledger) : 0;
}

const tally *recorder_tally(const recorder *r)
{
    return &r->tally;
}

/* --- begin and end --- */

/* Without it the parts of the ledger are kept. */
static int open_spool(const workdir *w)
{
    err e = ERR_INIT;
    int fd = workdir_unnamed_open(w, &e);
    if (fd < 0)
        log_debug("the parts of the ledger are not merged: %s", e.message);
    return fd;
}

recorder *recorder_new(const recorder_options *options)
{
    recorder *r = xcalloc(1, sizeof *r);
    const place *where = &options->config->places.report;
    r->options = *options;
    r->started_ms = clock_now_ms(options->transport);
    r->rate.window = RATE_WINDOW;
    buf_init(&r->record, RUN_RECORD_MAX_BYTES);
    run_machine(r->host_name);
    r->ledger = ledger_new(&(ledger_options){.transport = options->transport,
                                             .s3 = options->s3,
                                             .bucket = where->bucket,
                                             .report_prefix = where->prefix,
                                             .run = r->options.run.text,
                                             .spool_fd = open_spool(options->workdir)});
    r->failures = failure_log_new(&(failure_log_options){.s3 = options->s3,
                                                         .bucket = where->bucket,
                                                         .report_prefix = where->prefix,
                                                         .run = r->options.run.text,
                                                         .host = r->host_name});
    add_refusals(r);
    return r;
}

void recorder_follow(recorder *r, const flow *f)
{
    r->flow = f;
    r->renew = timer_start(r->options.transport, RENEW_MS, on_renew, r);
    write_record(r);
}

/* Ledger and failures first: the closed record states that they are complete. */
static void on_failures_closed(void *ctx)
{
    recorder *r = ctx;
    r->closing = true;
    if (r->on_done && !r->put) /* otherwise the limit has passed, or an older record is in flight */
        close_record(r);
}

static void on_ledger_closed(void *ctx)
{
    recorder *r = ctx;
    failure_log_close(r->failures, on_failures_closed, r);
}

static void on_limit(void *ctx)
{
    recorder *r = ctx;
    r->limit = NULL;
    log_warn("the record of this run could not be closed within %d s", CLOSE_LIMIT_MS / 1000);
    report_end(r);
}

void recorder_close(recorder *r, int exit_status, void (*on_done)(void *ctx), void *ctx)
{
    r->exit_status = exit_status;
    r->on_done = on_done;
    r->ctx = ctx;
    timer_stop(r->options.transport, move(r->renew));
    r->limit = timer_start(r->options.transport, CLOSE_LIMIT_MS, on_limit, r);
    ledger_close(r->ledger, on_ledger_closed, r);
}

void recorder_free(recorder *r)
{
    if (!r)
        return;
    if (r->put)
        s3_op_cancel(r->put);
    timer_stop(r->options.transport, r->renew);
    timer_stop(r->options.transport, r->limit);
    ledger_free(r->ledger);
    failure_log_free(r->failures);
    tally_deinit(&r->tally);
    buf_deinit(&r->record);
    free(r);
}
