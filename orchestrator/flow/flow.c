/* The way of an item. It is walked once, forwards; the outputs in the store are the only truth.
 *
 * state        entry action                  success       again      failure     after a crash
 * -----------  ----------------------------  ------------  ---------  ----------  ---------------
 * WAITING      (disk budget lets it in)      DOWNLOADING   -          -           planned anew
 * DOWNLOADING  get ranges, verify prefix     READY [1]     (in s3/)   DISCARDING  ranges kept [6]
 * READY        queue for a job slot          SUBMITTING    -          WAITING[2]  whole file kept
 * SUBMITTING   POST /submit                  POLLING       (in jobs)  FAILED      same key and job
 * POLLING      GET /status                   CHECKING      READY [3]  DISCARDING  same key and job
 * CHECKING     report, cleaned file: whole?  UPLOADING[4]  READY [3]  DISCARDING  same key and job
 * UPLOADING    put the cleaned file          COMMITTING    (in s3/)   FAILED      put again
 * COPYING      copy the input in the store   COMMITTING    (in s3/)   FAILED      copied again
 * COMMITTING   put report or marker          CONFIRMING    (in s3/)   FAILED      done, or anew
 * CONFIRMING   head the commit object        RETIRING [5]  (in s3/)   FAILED      done
 * RETIRING     delete the opposite commit    COOLING       (in s3/)   FAILED      both: done anew
 * COOLING      pause of cleanup_delay        CLEANING      -          -           next run clears
 * CLEANING     remove local, server's files  DONE          -          DONE        next run clears
 * DISCARDING   remove what must not stay     FAILED        -          FAILED      next run clears
 * DONE, FAILED (the end)
 *
 * [1] a file of no lines goes to COMMITTING (or COPYING) without a submission.
 * [2] when the run has to stop.
 * [3] the server forgot the job (restart); or it answered with a job of an earlier run that failed
 *     or whose files are gone: then under a new Idempotency-Key.
 * [4] contaminated, with a cleaned file; COPYING: clean, and copies are asked for; else COMMITTING.
 *     A debug run ends here: DONE, and nothing is uploaded or removed anywhere.
 * [5] where an opposite commit object (of an older version) stands; else COOLING.
 * [6] those that were recorded; also when the store could not be reached: then FAILED, and the part
 *     stays.
 *
 * FAILED keeps the local files of failed jobs and uploads: nothing is lost, the next run takes
 * over.
 */
#include "orchestrator/flow/flow_private.h"

#include "decon/base/log.h"

#define MAX_SUBMISSIONS 5 /* of one item: a file that kills the server must not go on for ever */

/* --- what the leaves found decides; nothing else moves an item --- */

static bool has_no_lines(const item *it)
{
    return it->size_bytes == 0 || (it->lines_known && it->verdict.lines == 0);
}

static bool may_submit_again(const item *it, const err *error)
{
    bool old_job = it->job_replayed && (error->code == ERR_JOB_FAILED || error->code == ERR_RESULT);
    return it->submissions < MAX_SUBMISSIONS && (old_job || error->code == ERR_JOB_FORGOTTEN);
}

/* The object is not to blame: the next run goes on from the ranges that are here. */
static bool leaves_a_part(const flow *f, const item *it, const err *error)
{
    static const err_code passing[] = {ERR_NET,       ERR_NET_DNS,       ERR_TIMEOUT,
                                       ERR_TRUNCATED, ERR_HTTP_SERVER,   ERR_S3_THROTTLED,
                                       ERR_NO_SPACE,  ERR_S3_CREDENTIALS};
    for (size_t i = 0; i < ARRAY_LEN(passing); i++)
        if (error->code == passing[i])
            return workdir_has_part(f->o.workdir, it->key);
    return false;
}

static item_state state_after_result(const flow *f, const item *it)
{
    if (f->debug)
        return ITEM_DONE;
    if (it->upload_path)
        return ITEM_UPLOADING;
    if (!it->contaminated && f->o.server->purify && f->o.config->copy_uncontaminated)
        return ITEM_COPYING;
    return ITEM_COMMITTING;
}

static item_state state_after_failure(const flow *f, const err *error)
{
    return f->debug || error->cls == ERR_CLASS_RUN ? ITEM_FAILED : ITEM_DISCARDING;
}

/* The one switch. `error` is NULL when the state's action succeeded. */
static item_state next_state(const flow *f, const item *it, const err *error)
{
    switch (it->state) {
    case ITEM_WAITING:
        return ITEM_DOWNLOADING;
    case ITEM_DOWNLOADING:
        if (error)
            return f->debug || leaves_a_part(f, it, error) ? ITEM_FAILED : ITEM_DISCARDING;
        return has_no_lines(it) ? state_after_result(f, it) : ITEM_READY;
    case ITEM_READY:
        return err_is_set(&f->run_error) ? ITEM_WAITING : ITEM_SUBMITTING;
    case ITEM_SUBMITTING:
        return error ? ITEM_FAILED : ITEM_POLLING;
    case ITEM_POLLING:
        if (error)
            return may_submit_again(it, error) ? ITEM_READY : state_after_failure(f, error);
        return ITEM_CHECKING;
    case ITEM_CHECKING:
        if (error)
            return may_submit_again(it, error) ? ITEM_READY : state_after_failure(f, error);
        return state_after_result(f, it);
    case ITEM_UPLOADING:
    case ITEM_COPYING:
        return error ? ITEM_FAILED : ITEM_COMMITTING;
    case ITEM_COMMITTING:
        return error ? ITEM_FAILED : ITEM_CONFIRMING;
    case ITEM_CONFIRMING:
        if (error)
            return ITEM_FAILED;
        return (it->contaminated ? it->had_marker : it->had_report) ? ITEM_RETIRING : ITEM_COOLING;
    case ITEM_RETIRING:
        return error ? ITEM_FAILED : ITEM_COOLING;
    case ITEM_COOLING:
        return ITEM_CLEANING;
    case ITEM_CLEANING:
        return ITEM_DONE;
    case ITEM_DISCARDING:
        return ITEM_FAILED;
    case ITEM_DONE:
    case ITEM_FAILED:
    case ITEM_STATE_COUNT:
        break;
    }
    return it->state;
}

/* --- moving --- */

static void pump(flow *f);

/* The first error of an item stays with it; one of class RUN stops the run. */
static void note_error(flow *f, item *it, const err *error)
{
    if (!err_is_set(&it->error)) {
        it->error = *error;
        if (error->code == ERR_JOB_FORGOTTEN)
            err_context(&it->error, "submitted %u times (does this file end the server?)",
                        it->submissions);
        if (!strstr(error->message, it->key))
            err_context(&it->error, "s3://%s/%s", flow_input_bucket(f), it->key);
    }
    if (error->cls != ERR_CLASS_RUN || err_is_set(&f->run_error))
        return;
    f->run_error = it->error;
    f->draining = true;
    log_error("%s; no more files are begun", it->error.message);
}

/* For people and tests that follow a run with --log-level debug. */
static void log_state(const flow *f, const item *it)
{
    log_debug("state %s: s3://%s/%s", item_state_name(it->state), flow_input_bucket(f), it->key);
}

static bool is_end(item_state s)
{
    return s == ITEM_WAITING || s == ITEM_DONE || s == ITEM_FAILED;
}

static void unlink_live(flow *f, item *it)
{
    *(it->live_previous ? &it->live_previous->live_next : &f->live) = it->live_next;
    if (it->live_next)
        it->live_next->live_previous = it->live_previous;
}

static void free_item(item *it)
{
    if (it)
        line_hashes_unref(it->lines);
    item_free(it);
}

/* The end: only what is to be said of a failure stays in memory. */
static void retire(flow *f, item *it)
{
    if (it->state == ITEM_FAILED) {
        size_t count = f->failure_count++;
        if ((count & (count + 1)) == 0)
            f->failures = xrealloc(f->failures, (2 * count + 1) * sizeof *f->failures);
        f->failures[count] = xstrdup(it->error.message);
    }
    unlink_live(f, it);
    free_item(it);
}

/* May free the item. */
static void step(flow *f, item *it, const err *error)
{
    item_state next = next_state(f, it, error);
    if (error && next == ITEM_READY)
        flow_prepare_again(f, it, error);
    else if (error && it->state != ITEM_CLEANING && it->state != ITEM_DISCARDING)
        note_error(f, it, error);
    f->count[it->state]--;
    f->count[next]++;
    it->state = next;
    log_state(f, it);
    err e = ERR_INIT;
    if (flow_states[next].enter && !flow_states[next].enter(f, it, &e))
        step(f, it, &e);
    else if (next == ITEM_DONE || next == ITEM_FAILED)
        retire(f, it);
}

/* How every leaf reports. */
void flow_leaf_done(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    it->leaf = NULL;
    step(f, it, error);
    pump(f);
}

/* --- who may go on: slots, look-ahead, the disk --- */

static size_t live_count(const flow *f)
{
    size_t live = 0;
    for (int s = 0; s < ITEM_STATE_COUNT; s++)
        live += is_end((item_state)s) ? 0 : f->count[s];
    return live;
}

static bool more_to_begin(const flow *f)
{
    return !f->draining && f->cursor < f->o.plan->count;
}

static item *take_ready(flow *f)
{
    item *it = f->ready;
    f->ready = it->next;
    if (!f->ready)
        f->ready_tail = &f->ready;
    it->next = NULL;
    return it;
}

static void start_jobs(flow *f)
{
    bool stop = err_is_set(&f->run_error);
    while (f->ready && (stop || f->count[ITEM_SUBMITTING] + f->count[ITEM_POLLING] < f->o.max_jobs))
        step(f, take_ready(f), NULL);
}

static bool may_begin(flow *f, item *it)
{
    size_t live = live_count(f);
    if (f->count[ITEM_DOWNLOADING] + f->count[ITEM_READY] >= f->o.max_ahead ||
        live - f->count[ITEM_COOLING] >= f->o.max_live)
        return false;
    it->admitted = it->admitted || workdir_admit(f->o.workdir, it->size_bytes, live == 0);
    return it->admitted;
}

static item *next_item(flow *f)
{
    if (!f->next_item) {
        f->next_item = plan_item(f->o.plan, f->order[f->cursor]);
        f->next_item->flow = f;
        f->next_item->admitted = f->cursor < f->whole_count; /* see order_rows */
    }
    return f->next_item;
}

static void start_downloads(flow *f)
{
    while (more_to_begin(f) && may_begin(f, next_item(f))) {
        item *it = move(f->next_item);
        f->cursor++;
        it->live_next = f->live;
        if (it->live_next)
            it->live_next->live_previous = it;
        f->live = it;
        step(f, it, NULL);
    }
}

/* Nothing else is left to wait for: the pauses before clean-up end at once. */
static void hurry_cooling(flow *f)
{
    if (more_to_begin(f) || !f->count[ITEM_COOLING] || live_count(f) > f->count[ITEM_COOLING])
        return;
    for (item *it = f->live, *next; it; it = next) {
        next = it->live_next;
        if (it->state == ITEM_COOLING) {
            flow_states[ITEM_COOLING].cancel(f, it);
            step(f, it, NULL);
        }
    }
}

static void pump(flow *f)
{
    if (f->aborted || f->pumping)
        return;
    f->pumping = true;
    start_jobs(f);
    start_downloads(f);
    start_jobs(f); /* a stop may have come up meanwhile */
    hurry_cooling(f);
    f->pumping = false;
    if (!more_to_begin(f) && live_count(f) == 0)
        *f->o.finished = true;
}

/* --- begin and end --- */

static bool is_whole(const flow *f, const listed *object)
{
    AUTO_FREE char *etag = listed_etag(object);
    return workdir_has_whole(f->o.workdir, object->key, etag, object->size_bytes);
}

/* Whole files that an earlier run left go first: they hold disk space already. */
static void order_rows(flow *f)
{
    const plan *p = f->o.plan;
    f->order = xcalloc(p->count + 1, sizeof *f->order);
    size_t others = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (is_whole(f, p->rows[i].object)) {
            workdir_add(f->o.workdir, p->rows[i].object->size_bytes);
            /* The others so far move up by one: there are few whole ones. */
            memmove(f->order + f->whole_count + 1, f->order + f->whole_count,
                    others * sizeof *f->order);
            f->order[f->whole_count++] = (uint32_t)i;
        } else {
            f->order[f->whole_count + others++] = (uint32_t)i;
        }
    }
}

flow *flow_start(const flow_options *options)
{
    flow *f = xcalloc(1, sizeof *f);
    f->o = *options;
    f->debug = options->config->max_files_debug > 0;
    f->ready_tail = &f->ready;
    f->count[ITEM_WAITING] = options->plan->count;
    order_rows(f);
    pump(f);
    return f;
}

void flow_drain(flow *f)
{
    f->draining = true;
    pump(f);
}

void flow_abort(flow *f)
{
    f->draining = f->aborted = true;
    while (f->live) {
        item *it = f->live;
        if (flow_states[it->state].cancel)
            flow_states[it->state].cancel(f, it);
        f->count[it->state]--;
        f->count[ITEM_WAITING]++;
        unlink_live(f, it);
        free_item(it);
    }
    f->ready = NULL;
    f->ready_tail = &f->ready;
    *f->o.finished = true;
}

void flow_free(flow *f)
{
    if (!f)
        return;
    flow_abort(f);
    item_free(f->next_item);
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
    t.uploading = f->count[ITEM_UPLOADING] + f->count[ITEM_COPYING] + f->count[ITEM_COMMITTING] +
                  f->count[ITEM_CONFIRMING] + f->count[ITEM_RETIRING];
    t.waiting = f->count[ITEM_WAITING];
    return t;
}

const err *flow_run_error(const flow *f)
{
    return err_is_set(&f->run_error) ? &f->run_error : NULL;
}
