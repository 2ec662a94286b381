/* The states of an item: forward only, each state once; the outputs in the store are authoritative.
 *
 * state       entry action          success      again     failure    debug run    after a crash
 * ----------- --------------------- ------------ --------- ---------- ------------ ---------------
 * WAITING     (disk budget)         DOWNLOADING  -         -                       planned again
 * DOWNLOADING get ranges, verify    READY [1][2] [7]       DISCARDING FAILED [1]   ranges kept [6]
 * READY       queue for a job slot  SUBMITTING[2] -        -                       whole file kept
 * SUBMITTING  POST /submit          POLLING [2]  (in jobs) FAILED                  same key and job
 * POLLING     GET /status           CHECKING [2] READY [3] DISCARDING FAILED       same key and job
 * CHECKING    check the results     UPLOADING[4] READY [3] DISCARDING DONE, FAILED same key and job
 * UPLOADING   put the cleaned file  PROVING      (in s3/)  FAILED [8] -            put again
 * COPYING     copy the input        PROVING      (in s3/)  FAILED [8] -            copied again
 * PROVING     head cleaned object   RECHECKING   (in s3/)  FAILED     -            put again
 * RECHECKING  head the input [9]    COMMITTING   [7]       FAILED [7] -            same key and job
 * COMMITTING  put report/marker[10] CONFIRMING   (in s3/)  FAILED [8] -            done, or again
 * CONFIRMING  head commit object    SUPERSEDING[5] (in s3/) FAILED    -            done
 * SUPERSEDING delete stale output   COOLING [5]  (in s3/)  FAILED     -            done again
 * COOLING     pause: cleanup_delay  CLEANING     -         -          -            next run clears
 * CLEANING    remove local files    DONE         -         DONE       -            next run clears
 * DISCARDING  remove unusable files FAILED       -         FAILED     -            next run clears
 * RENEWING    the same, start over  WAITING      -         WAITING    -            next run clears
 * MARKING     put a crash mark      RETRYING     -         DISCARDING -            as before it
 * RETRYING    pause; start over     WAITING      -         -          -            next run resumes
 * PROBING     folder writable?      FAILED       -         FAILED [8] -            as before it
 * DONE, FAILED (the end)
 *
 * debug run: success and failure where they differ; -: never reached. Nothing is uploaded, and
 * nothing is removed anywhere.
 *
 * [1] a file without lines is not submitted: it goes to RECHECKING or COPYING, in a debug run to
 *     DONE.
 * [2] a run that stops leaves items that are DOWNLOADING or READY, and those that wait at the
 *     server (SUBMITTING, POLLING), as a crash would. All others finish.
 * [3] the server forgot the job (restart); or it returned a job of an earlier run that failed or
 *     whose files are gone: then with a new Idempotency-Key.
 * [4] contaminated, with a cleaned file; COPYING: clean, and copies are requested; else RECHECKING.
 * [5] once for each: the opposite commit object of an older version, and a cleaned object that this
 *     run wrote for a version that was replaced meanwhile; then COOLING.
 * [6] those that were recorded; also when the store could not be reached: then FAILED, and the part
 *     stays.
 * [7] the input has another ETag or size now: RENEWING removes its files, and the item starts over,
 *     once. The second time, or if the input is gone, it goes to DISCARDING. DOWNLOADING and
 *     COPYING go to RECHECKING if a request was refused because of another version.
 * [8] an output that may not be written (403) goes to PROBING: if the folder is writable, only this
 *     item fails; else the run ends.
 * [9] then, if hosts claim their work, it waits until the lease of its slice is fresh. If another
 *     host has taken the slice over, the item is dropped before its commit, in any state.
 * [10] near misses (report_threshold) are uploaded before it.
 *
 * A transient failure (network, time limit, a job whose process ended) goes to RETRYING instead of
 * DISCARDING or FAILED until the file was tried file_attempts times (flow_retry.c). A job that
 * ended its process goes to MARKING first, so that every host knows of it.
 *
 * FAILED keeps the local files of failed jobs and uploads: the next run resumes. A
 * full disk fails only the affected file, of which nothing is kept. A file larger than
 * the disk fails in DOWNLOADING before a request is sent.
 */
#include "orchestrator/flow/flow_private.h"

#include "decon/base/log.h"
#include "base/util.h"

#define MAX_SUBMISSIONS 5 /* of one item, in case its file kills the server */

/* --- only results of operations move an item --- */

static bool has_no_lines(const item *it)
{
    return it->planned.size_bytes == 0 || (it->local.lines_known && it->local.verdict.lines == 0);
}

static bool may_submit_again(const item *it, const err *error)
{
    bool failed = error->code == ERR_JOB_FAILED || error->code == ERR_JOB_CRASHED;
    bool old_job = it->job.replayed && (failed || error->code == ERR_RESULT);
    return it->job.submissions < MAX_SUBMISSIONS && (old_job || error->code == ERR_JOB_FORGOTTEN);
}

/* After a failed download. If the object is not the cause, the next run resumes the ranges. */
static item_local_state local_after_failure(const flow *f, const item *it, const err *error)
{
    static const err_code passing[] = {ERR_NET,          ERR_NET_DNS,       ERR_NET_TLS,
                                       ERR_TIMEOUT,      ERR_TRUNCATED,     ERR_HTTP_SERVER,
                                       ERR_S3_THROTTLED, ERR_S3_CREDENTIALS};
    for (size_t i = 0; i < ARRAY_LEN(passing); i++)
        if (error->code == passing[i] && workdir_has_part(f->o.workdir, it->planned.key))
            return ITEM_LOCAL_PART;
    return ITEM_LOCAL_NONE;
}

/* A full disk fails only the affected file: its space is released, and smaller files may fit. */
static const err *class_for_item(const err *error, err *copy)
{
    if (!error || error->code != ERR_NO_SPACE)
        return error;
    *copy = *error;
    copy->cls = ERR_CLASS_ITEM;
    return copy;
}

static item_state state_after_result(const flow *f, const item *it)
{
    if (it->result.contaminated && it->result.cleaned.path)
        return ITEM_UPLOADING;
    if (!it->result.contaminated && f->o.server->purify && f->o.config->copy_uncontaminated)
        return ITEM_COPYING;
    return ITEM_RECHECKING;
}

static item_state state_after_job_failure(const item *it, const err *error)
{
    if (may_submit_again(it, error))
        return ITEM_READY;
    if (error->code == ERR_JOB_CRASHED)
        return ITEM_MARKING;
    return error->cls == ERR_CLASS_RUN ? ITEM_FAILED : ITEM_DISCARDING;
}

static bool is_refused(const err *error)
{
    return error->code == ERR_S3_ACCESS;
}

static item_state state_after_write(const err *error, item_state next)
{
    if (!error)
        return next;
    return is_refused(error) ? ITEM_PROBING : ITEM_FAILED;
}

static item_state state_after_recheck(const item *it, const err *error)
{
    if (!error)
        return ITEM_COMMITTING;
    if (it->planned.new_etag)
        return ITEM_RENEWING;
    bool gone = error->code == ERR_S3_CHANGED || error->code == ERR_S3_NOT_FOUND;
    return gone ? ITEM_DISCARDING : ITEM_FAILED;
}

/* The only switch. `error` is NULL if the state's action succeeded. */
static item_state next_state_of_run(const flow *f, const item *it, const err *error)
{
    switch (it->state) {
    case ITEM_WAITING:
        return ITEM_DOWNLOADING;
    case ITEM_DOWNLOADING:
        if (error && error->code == ERR_S3_CHANGED)
            return ITEM_RECHECKING;
        if (error)
            return it->local.state == ITEM_LOCAL_PART ? ITEM_FAILED : ITEM_DISCARDING;
        return has_no_lines(it) ? state_after_result(f, it) : ITEM_READY;
    case ITEM_READY:
        return ITEM_SUBMITTING;
    case ITEM_SUBMITTING:
        return error ? ITEM_FAILED : ITEM_POLLING;
    case ITEM_POLLING:
        return error ? state_after_job_failure(it, error) : ITEM_CHECKING;
    case ITEM_CHECKING:
        return error ? state_after_job_failure(it, error) : state_after_result(f, it);
    case ITEM_COPYING:
        if (error && error->code == ERR_S3_CHANGED)
            return ITEM_RECHECKING;
        return state_after_write(error, ITEM_PROVING);
    case ITEM_UPLOADING:
        return state_after_write(error, ITEM_PROVING);
    case ITEM_PROVING:
        return error ? ITEM_FAILED : ITEM_RECHECKING;
    case ITEM_RECHECKING:
        return state_after_recheck(it, error);
    case ITEM_COMMITTING:
        return state_after_write(error, ITEM_CONFIRMING);
    case ITEM_CONFIRMING:
    case ITEM_SUPERSEDING:
        if (error)
            return ITEM_FAILED;
        return flow_has_stale(it) ? ITEM_SUPERSEDING : ITEM_COOLING;
    case ITEM_COOLING:
        return ITEM_CLEANING;
    case ITEM_CLEANING:
        return ITEM_DONE;
    case ITEM_MARKING:
        return flow_may_retry(f, it, &it->error) ? ITEM_RETRYING : ITEM_DISCARDING;
    case ITEM_RENEWING:
    case ITEM_RETRYING:
        return ITEM_WAITING;
    case ITEM_DISCARDING:
    case ITEM_PROBING:
        return ITEM_FAILED;
    case ITEM_DONE:
    case ITEM_FAILED:
    case ITEM_STATE_COUNT:
        break;
    }
    return it->state;
}

/* The table's column of debug runs: every failure ends the item, and so does a checked result. */
static item_state next_state_of_debug_run(const flow *f, const item *it, const err *error)
{
    bool job_failed = error && (it->state == ITEM_POLLING || it->state == ITEM_CHECKING);
    if (job_failed && may_submit_again(it, error))
        return ITEM_READY;
    if (error)
        return ITEM_FAILED;
    bool nothing_to_submit = it->state == ITEM_DOWNLOADING && has_no_lines(it);
    if (nothing_to_submit || it->state == ITEM_CHECKING)
        return ITEM_DONE;
    return next_state_of_run(f, it, error);
}

static item_state next_state(const flow *f, const item *it, const err *error)
{
    if (f->debug)
        return next_state_of_debug_run(f, it, error);
    item_state next = next_state_of_run(f, it, error);
    bool fails = error && (next == ITEM_DISCARDING || next == ITEM_FAILED);
    return fails && flow_may_retry(f, it, error) ? ITEM_RETRYING : next;
}

/* --- state changes --- */

/* An object that may not be read or written fails alone, unless PROBING finds that the whole folder
 * is refused. */
static bool ends_the_run(const item *it, const err *error)
{
    return error->cls == ERR_CLASS_RUN && (!is_refused(error) || it->state == ITEM_PROBING);
}

/* The first error of an item stays with it; one of class RUN stops the run. */
static void note_error(flow *f, item *it, const err *error)
{
    if (!err_is_set(&it->error)) {
        it->error = *error;
        it->failed_in = it->state;
        if (error->code == ERR_JOB_FORGOTTEN)
            err_context(&it->error, "submitted %u times (does this file end the server?)",
                        it->job.submissions);
        err_subject(&it->error, "s3://%s/%s", flow_input_bucket(f), it->planned.key);
    }
    if (!ends_the_run(it, error) || err_is_set(&f->run_error))
        return;
    f->run_error = it->state == ITEM_PROBING ? *error : it->error;
    f->draining = true;
    log_error("%s; no more files are started", f->run_error.message);
}

/* Another state deals with the error; the item has not failed. */
static bool goes_on(const item *it, item_state next)
{
    bool looks_again = next == ITEM_RECHECKING || next == ITEM_RENEWING || next == ITEM_READY;
    return looks_again || it->state == ITEM_CLEANING || it->state == ITEM_DISCARDING ||
           it->state == ITEM_RENEWING || it->state == ITEM_MARKING;
}

/* For --log-level debug, tests and the watcher. */
static void report_state(const flow *f, item *it, item_state last)
{
    uint64_t now_ms = clock_now_ms(f->o.transport), spent_ms = now_ms - it->entered_ms;
    if (last == ITEM_WAITING)
        it->begun_ms = now_ms;
    it->entered_ms = now_ms;
    if (f->o.watcher.on_state)
        f->o.watcher.on_state(f->o.watcher.ctx, it, last, spent_ms);
    log_event(LOG_DEBUG,
              &(log_fields){
                  .event = "state", .key = it->planned.key, .state = item_state_name(it->state)},
              "state %s: s3://%s/%s", item_state_name(it->state), flow_input_bucket(f),
              it->planned.key);
}

void flow_step(flow *f, item *it, const err *error)
{
    err of_item;
    error = class_for_item(error, &of_item);
    if (error && it->state == ITEM_DOWNLOADING)
        it->local.state = local_after_failure(f, it, error);
    item_state next = next_state(f, it, error), last = it->state;
    if (error && next == ITEM_READY)
        flow_prepare_again(f, it, error);
    else if (error && next == ITEM_MARKING)
        it->job.fresh_key = true; /* the server would return the job that failed */
    else if (error && next == ITEM_RECHECKING)
        it->suspicion = *error;
    else if (error && next == ITEM_RENEWING)
        log_warn("%s; starting over with the new version", error->message);
    if (error && !goes_on(it, next))
        note_error(f, it, error);
    it->result.refused_cleaned = next == ITEM_PROBING && last != ITEM_COMMITTING;
    f->count[last]--;
    f->count[next]++;
    it->state = next;
    report_state(f, it, last);
    err e = ERR_INIT;
    if (next == ITEM_WAITING)
        flow_requeue(f, it, last);
    else if (flow_enter[next] && !flow_enter[next](f, it, &e))
        flow_step(f, it, &e);
    else if (next == ITEM_DONE || next == ITEM_FAILED)
        flow_finish(f, it);
}

/* Every operation reports here. */
void flow_operation_done(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    it->operation = NULL;
    flow_step(f, it, error);
    flow_pump(f);
}

/* --- begin and end --- */

flow *flow_start(const flow_options *options)
{
    flow *f = xcalloc(1, sizeof *f);
    f->o = *options;
    f->debug = options->config->max_files_debug > 0;
    f->count[ITEM_WAITING] = options->plan->count;
    f->row_count = options->plan->count;
    f->feeding = options->feed != NULL;
    flow_order_rows(f);
    workdir_forget_scan(f->o.workdir); /* from here on files are kept for further attempts */
    flow_trial_begin(f);
    flow_pump(f);
    return f;
}

void flow_drain(flow *f)
{
    f->draining = true;
    flow_pump(f);
}

void flow_abort(flow *f)
{
    f->draining = f->aborted = true;
    flow_trial_end(f);
    LIST_EACH (it, &f->live, item, live)
        flow_leave(f, it);
    *f->o.finished = true;
}

void flow_free(flow *f)
{
    if (!f)
        return;
    flow_abort(f);
    flow_free_kept(f);
    flow_item_free(f->next_item);
    LIST_EACH (it, &f->again, item, queued)
        flow_item_free(it);
    for (size_t i = 0; i < f->failure_count; i++)
        free(f->failures[i]);
    free(f->failures);
    free(f->order);
    free(f);
}

const char *const *flow_failures(const flow *f, size_t *count)
{
    *count = f->failure_count;
    return (const char *const *)f->failures;
}

flow_totals flow_count(const flow *f)
{
    flow_totals t = f->totals;
    t.downloading = f->count[ITEM_DOWNLOADING];
    t.jobs = f->count[ITEM_SUBMITTING] + f->count[ITEM_POLLING];
    for (item_state state = ITEM_UPLOADING; state <= ITEM_SUPERSEDING; state++)
        t.uploading += f->count[state];
    t.waiting = f->count[ITEM_WAITING];
    for (item_state state = ITEM_SUBMITTING; state <= ITEM_SUPERSEDING; state++)
        t.finishing += f->count[state];
    return t;
}

const err *flow_run_error(const flow *f)
{
    return err_is_set(&f->run_error) ? &f->run_error : NULL;
}
