/* The way of an item. It is walked once, forwards; the outputs in the store are the only truth.
 *
 * state        entry action                  success       again      failure     after a crash
 * -----------  ----------------------------  ------------  ---------  ----------  ----------------
 * WAITING      (disk budget lets it in)      DOWNLOADING   -          -           planned anew
 * DOWNLOADING  get ranges, verify prefix     READY [1]     (in s3/)   DISCARDING  part file: anew
 * READY        queue for a job slot          SUBMITTING    -          WAITING[2]  whole file: kept
 * SUBMITTING   POST /submit                  POLLING       (in jobs)  FAILED      same key: same
 * job POLLING      GET /status                   CHECKING      READY [3]  DISCARDING  same key:
 * same job CHECKING     report, cleaned file: whole?  UPLOADING[4]  READY [3]  DISCARDING  same
 * key: same job UPLOADING    put the cleaned file          COMMITTING    (in s3/)   FAILED      put
 * again COPYING      copy the input in the store   COMMITTING    (in s3/)   FAILED      copied
 * again COMMITTING   put report or marker          CONFIRMING    (in s3/)   FAILED      done, or
 * anew CONFIRMING   head the commit object        RETIRING [5]  (in s3/)   FAILED      done
 * RETIRING     delete the opposite commit    COOLING       (in s3/)   FAILED      done
 * COOLING      pause of cleanup_delay        CLEANING      -          -           next run clears
 * CLEANING     remove local, server's files  DONE          -          DONE        next run clears
 * DISCARDING   remove what must not stay     FAILED        -          FAILED      next run clears
 * DONE, FAILED (the end)
 *
 * [1] a file of no lines goes to COMMITTING (or COPYING) without a submission.
 * [2] when the run has to stop. [3] the server forgot the job (restart); or it answered with a job
 *     of an earlier run that failed or whose files are gone: then under a new Idempotency-Key.
 * [4] contaminated, with a cleaned file; COPYING: clean, and copies are asked for; else COMMITTING.
 *     A debug run ends here: DONE, and nothing is uploaded or removed anywhere.
 * [5] where an opposite commit object (of an older version) stands; else COOLING.
 *
 * FAILED keeps the local files of failed jobs and uploads: nothing is lost, the next run takes
 * over.
 */
#include "orchestrator/flow.h"

#include <unistd.h>

#include "base/digest.h"
#include "base/fsutil.h"
#include "base/log.h"
#include "orchestrator/cleanup.h"
#include "orchestrator/download.h"
#include "orchestrator/result.h"
#include "orchestrator/upload.h"

#define MAX_SUBMISSIONS      5 /* of one item: a file that kills the server must not go on for ever */
#define COPY_MAX_BYTES       (5ull << 30) /* of one CopyObject; larger files go up from the disk */
#define REPORT_CONTENT_TYPE  "application/x-ndjson"
#define CLEANED_CONTENT_TYPE "application/octet-stream"

struct flow {
    flow_options o;
    bool debug;
    item **order; /* files that are on the disk already, then the plan's order */
    size_t cursor;
    item *ready, **ready_tail;
    size_t count[ITEM_STATE_COUNT];
    flow_totals totals;
    bool draining, aborted, pumping;
    err run_error;
};

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
            return f->debug ? ITEM_FAILED : ITEM_DISCARDING;
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

typedef struct state_row {
    bool (*enter)(flow *f, item *it, err *e); /* false: failed at once */
    void (*cancel)(flow *f, item *it);        /* ends what `enter` began */
} state_row;
static const state_row states[ITEM_STATE_COUNT];

static void pump(flow *f);

static const char *input_bucket(const flow *f)
{
    return f->o.config->places.input.bucket;
}

/* The first error of an item stays with it; one of class RUN stops the run. */
static void note_error(flow *f, item *it, const err *error)
{
    if (!err_is_set(&it->error)) {
        it->error = *error;
        if (error->code == ERR_JOB_FORGOTTEN)
            err_context(&it->error, "submitted %u times (does this file end the server?)",
                        it->submissions);
        if (!strstr(error->message, it->key))
            err_context(&it->error, "s3://%s/%s", input_bucket(f), it->key);
    }
    if (error->cls != ERR_CLASS_RUN || err_is_set(&f->run_error))
        return;
    f->run_error = it->error;
    f->draining = true;
    log_error("%s; no more files are begun", it->error.message);
}

static bool is_end(item_state s)
{
    return s == ITEM_WAITING || s == ITEM_DONE || s == ITEM_FAILED;
}

static void prepare_again(flow *f, item *it, const err *error);

static void step(flow *f, item *it, const err *error)
{
    item_state next = next_state(f, it, error);
    if (error && next == ITEM_READY)
        prepare_again(f, it, error);
    else if (error && it->state != ITEM_CLEANING && it->state != ITEM_DISCARDING)
        note_error(f, it, error);
    f->count[it->state]--;
    f->count[next]++;
    it->state = next;
    err e = ERR_INIT;
    if (states[next].enter && !states[next].enter(f, it, &e))
        step(f, it, &e);
}

/* How every leaf reports. */
static void leaf_done(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    it->leaf = NULL;
    step(f, it, error);
    pump(f);
}

/* --- DOWNLOADING --- */

static bool enter_downloading(flow *f, item *it, err *e)
{
    if (it->size_bytes == 0 && codec_by_suffix(it->key) != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END,
                       "s3://%s/%s: a compressed file of no bytes: it ends early", input_bucket(f),
                       it->key);
    it->leaf = download_start(&(download_options){.s3 = f->o.s3,
                                                  .verifier = f->o.verifier,
                                                  .workdir = f->o.workdir,
                                                  .bucket = input_bucket(f),
                                                  .item = it,
                                                  .level = (verify_level)f->o.config->verify,
                                                  .content_key = f->o.config->content_key,
                                                  .on_done = leaf_done,
                                                  .ctx = it},
                              e);
    return it->leaf != NULL;
}

static void cancel_downloading(flow *f, item *it)
{
    UNUSED(f);
    download_cancel(it->leaf);
}

/* --- READY, SUBMITTING, POLLING --- */

static bool enter_ready(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->next = NULL;
    *f->ready_tail = it;
    f->ready_tail = &it->next;
    return true;
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

/* The file is still here; only the job has to be done again. */
static void prepare_again(flow *f, item *it, const err *error)
{
    log_warn("s3://%s/%s: submitted again: %s", input_bucket(f), it->key, error->message);
    if (error->code == ERR_JOB_FORGOTTEN)
        return;
    it->fresh_key = true;
    char **paths[] = {&it->report_path, &it->cleaned_path};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        err e = ERR_INIT;
        if (*paths[i] && !f->debug && !fs_remove(*paths[i], &e))
            log_warn("%s", e.message);
        free(move(*paths[i]));
    }
}

/* The same file of the same version gets the same job, also from a later run. */
static char *idempotency_key(flow *f, const item *it)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    AUTO_FREE char *identity =
        xasprintf("s3://%s/%s\n%s\n%s", input_bucket(f), it->key, it->etag, it->local_path);
    sha256(slice_from(identity), digest);
    hex_encode(digest, sizeof digest, hex);
    if (!it->fresh_key)
        return xstrdup(hex);
    return xasprintf("%s-%016llx", hex, (unsigned long long)transport_random(f->o.transport));
}

static void on_submitted(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    if (!error) {
        free(it->job_id);
        it->job_id = xstrdup(outcome->job_id);
        it->job_replayed = outcome->replayed;
        flow *f = it->flow;
        log_info("submitted: s3://%s/%s as job %s", input_bucket(f), it->key, it->job_id);
    }
    leaf_done(it, error);
}

static bool enter_submitting(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *key = idempotency_key(f, it);
    it->submissions++;
    it->leaf = job_submit(f->o.jobs, it->local_path, key, on_submitted, it);
    return true;
}

static void on_followed(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    if (!error) {
        it->report_path = outcome->report_path ? xstrdup(outcome->report_path) : NULL;
        it->cleaned_path = outcome->cleaned_path ? xstrdup(outcome->cleaned_path) : NULL;
    }
    leaf_done(it, error);
}

static bool enter_polling(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf = job_follow(f->o.jobs, it->job_id, on_followed, it);
    return true;
}

static void cancel_job(flow *f, item *it)
{
    UNUSED(f);
    job_cancel(it->leaf);
}

/* --- CHECKING --- */

static void on_checked(void *ctx, result_facts *facts, const err *error)
{
    item *it = ctx;
    if (facts->report_path) {
        free(it->report_path);
        it->report_path = move(facts->report_path);
    }
    if (facts->cleaned_path) {
        free(it->cleaned_path);
        it->cleaned_path = move(facts->cleaned_path);
    }
    if (!error) {
        const flow *f = it->flow;
        it->contaminated = it->report_path != NULL;
        it->contaminated_lines = facts->contaminated_lines;
        it->report_bytes = facts->report_bytes;
        if (facts->recoded)
            it->upload_path = workdir_recode_path(f->o.workdir, it->key);
        else if (it->contaminated && it->cleaned_path)
            it->upload_path = xstrdup(it->cleaned_path);
    }
    leaf_done(it, error);
}

static bool enter_checking(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *name = xasprintf("s3://%s/%s", input_bucket(f), it->key);
    AUTO_FREE char *recode_path = workdir_recode_path(f->o.workdir, it->key);
    it->leaf = result_check_start(f->o.pool,
                                  &(result_options){.name = name,
                                                    .input_path = it->local_path,
                                                    .lines_known = it->lines_known,
                                                    .lines = it->verdict.lines,
                                                    .purify = f->o.server->purify,
                                                    .report_path = it->report_path,
                                                    .cleaned_path = it->cleaned_path,
                                                    .report_dir = f->o.server->report_dir,
                                                    .cleaned_dir = f->o.server->cleaned_dir,
                                                    .format = codec_by_suffix(it->key),
                                                    .recode_path = recode_path},
                                  on_checked, it);
    return true;
}

static void cancel_checking(flow *f, item *it)
{
    UNUSED(f);
    result_check_cancel(it->leaf);
}

/* --- UPLOADING, COPYING, COMMITTING, CONFIRMING, RETIRING --- */

static upload_target target(const flow *f, item *it, const place *where, const char *key)
{
    return (upload_target){
        .s3 = f->o.s3, .bucket = where->bucket, .key = key, .on_done = leaf_done, .ctx = it};
}

static upload_target commit_target(const flow *f, item *it)
{
    const char *key = it->contaminated ? it->outputs.report_key : it->outputs.marker_key;
    return target(f, it, &f->o.config->places.report, key);
}

static bool enter_uploading(flow *f, item *it, err *e)
{
    upload_target to = target(f, it, &f->o.config->places.cleaned, it->outputs.cleaned_key);
    it->leaf = upload_file(&to, it->upload_path, CLEANED_CONTENT_TYPE, e);
    return it->leaf != NULL;
}

static bool enter_copying(flow *f, item *it, err *e)
{
    upload_target to = target(f, it, &f->o.config->places.cleaned, it->outputs.cleaned_key);
    if (it->size_bytes > COPY_MAX_BYTES)
        it->leaf = upload_file(&to, it->local_path, CLEANED_CONTENT_TYPE, e);
    else
        it->leaf = upload_copy(&to, input_bucket(f), it->key, it->etag[0] ? it->etag : NULL);
    return it->leaf != NULL;
}

static bool enter_committing(flow *f, item *it, err *e)
{
    upload_target to = commit_target(f, it);
    it->leaf = it->contaminated ? upload_file(&to, it->report_path, REPORT_CONTENT_TYPE, e)
                                : upload_empty(&to);
    return it->leaf != NULL;
}

static bool enter_confirming(flow *f, item *it, err *e)
{
    UNUSED(e);
    upload_target to = commit_target(f, it);
    it->leaf = upload_confirm(&to, it->contaminated ? it->report_bytes : 0);
    return true;
}

static bool enter_retiring(flow *f, item *it, err *e)
{
    UNUSED(e);
    const char *key = it->contaminated ? it->outputs.marker_key : it->outputs.report_key;
    upload_target to = target(f, it, &f->o.config->places.report, key);
    it->leaf = upload_remove(&to);
    return true;
}

static void cancel_upload(flow *f, item *it)
{
    UNUSED(f);
    upload_cancel(it->leaf);
}

/* --- COOLING, CLEANING, DISCARDING --- */

static void count_success(flow *f, const item *it)
{
    f->totals.bytes += it->size_bytes;
    if (it->contaminated) {
        f->totals.contaminated++;
        log_info("contaminated: s3://%s/%s: %llu lines", input_bucket(f), it->key,
                 (unsigned long long)it->contaminated_lines);
    } else {
        f->totals.clean++;
        log_info("clean: s3://%s/%s", input_bucket(f), it->key);
    }
}

static void on_cool(void *ctx)
{
    item *it = ctx;
    it->timer = NULL;
    leaf_done(it, NULL);
}

static bool enter_cooling(flow *f, item *it, err *e)
{
    UNUSED(e);
    count_success(f, it);
    it->timer = timer_start(f->o.transport, f->o.config->cleanup_delay_ms, on_cool, it);
    return true;
}

static void cancel_cooling(flow *f, item *it)
{
    timer_stop(f->o.transport, move(it->timer));
}

static void give_disk_back(flow *f, item *it)
{
    if (it->admitted)
        workdir_release(f->o.workdir, it->size_bytes);
    it->admitted = false;
}

static void on_cleaned(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    if (error)
        log_warn("s3://%s/%s: clean-up: %s", input_bucket(f), it->key, error->message);
    if (it->state == ITEM_CLEANING || !it->local_path)
        give_disk_back(f, it);
    leaf_done(it, error);
}

static bool enter_cleaning(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf =
        cleanup_start(f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                                    .key = it->key,
                                                    .paths = {it->report_path, it->cleaned_path},
                                                    .on_done = on_cleaned,
                                                    .ctx = it});
    return true;
}

/* A download that failed leaves nothing; results that do not hold go, the input stays. */
static bool enter_discarding(flow *f, item *it, err *e)
{
    UNUSED(e);
    const char *dir = f->o.server->report_dir;
    bool by_name = !it->report_path && it->job_id && dir && dir[0] == '/';
    AUTO_FREE char *unnamed =
        by_name ? xasprintf("%s/%s" NAMES_REPORT_SUFFIX, dir, it->job_id) : NULL;
    it->leaf = cleanup_start(
        f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                      .key = it->local_path ? NULL : it->key,
                                      .paths = {it->report_path, it->cleaned_path, unnamed},
                                      .on_done = on_cleaned,
                                      .ctx = it});
    return true;
}

static void cancel_cleanup(flow *f, item *it)
{
    UNUSED(f);
    cleanup_cancel(it->leaf);
}

/* --- the ends --- */

static bool enter_done(flow *f, item *it, err *e)
{
    UNUSED(e);
    if (f->debug)
        count_success(f, it);
    return true;
}

static bool enter_failed(flow *f, item *it, err *e)
{
    UNUSED(e);
    f->totals.failed++;
    log_warn("failed: %s", it->error.message);
    return true;
}

static const state_row states[ITEM_STATE_COUNT] = {
    [ITEM_DOWNLOADING] = {enter_downloading, cancel_downloading},
    [ITEM_READY] = {enter_ready, NULL},
    [ITEM_SUBMITTING] = {enter_submitting, cancel_job},
    [ITEM_POLLING] = {enter_polling, cancel_job},
    [ITEM_CHECKING] = {enter_checking, cancel_checking},
    [ITEM_UPLOADING] = {enter_uploading, cancel_upload},
    [ITEM_COPYING] = {enter_copying, cancel_upload},
    [ITEM_COMMITTING] = {enter_committing, cancel_upload},
    [ITEM_CONFIRMING] = {enter_confirming, cancel_upload},
    [ITEM_RETIRING] = {enter_retiring, cancel_upload},
    [ITEM_COOLING] = {enter_cooling, cancel_cooling},
    [ITEM_CLEANING] = {enter_cleaning, cancel_cleanup},
    [ITEM_DISCARDING] = {enter_discarding, cancel_cleanup},
    [ITEM_DONE] = {enter_done, NULL},
    [ITEM_FAILED] = {enter_failed, NULL},
};

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

static void start_downloads(flow *f)
{
    while (more_to_begin(f) && may_begin(f, f->order[f->cursor]))
        step(f, f->order[f->cursor++], NULL);
}

/* Nothing else is left to wait for: the pauses before clean-up end at once. */
static void hurry_cooling(flow *f)
{
    if (more_to_begin(f) || !f->count[ITEM_COOLING] || live_count(f) > f->count[ITEM_COOLING])
        return;
    for (size_t i = 0; i < f->o.plan->count; i++)
        if (f->order[i]->state == ITEM_COOLING) {
            cancel_cooling(f, f->order[i]);
            step(f, f->order[i], NULL);
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

/* Whole files that an earlier run left go first: they hold disk space already. */
static void order_items(flow *f)
{
    const plan *p = f->o.plan;
    f->order = xcalloc(p->count + 1, sizeof *f->order);
    size_t used = 0;
    for (size_t i = 0; i < p->count; i++) {
        item *it = p->items[i];
        it->admitted = workdir_has_whole(f->o.workdir, it->key, it->etag, it->size_bytes);
        if (it->admitted) {
            workdir_add(f->o.workdir, it->size_bytes);
            f->order[used++] = it;
        }
    }
    for (size_t i = 0; i < p->count; i++)
        if (!p->items[i]->admitted)
            f->order[used++] = p->items[i];
}

flow *flow_start(const flow_options *options)
{
    flow *f = xcalloc(1, sizeof *f);
    f->o = *options;
    f->debug = options->config->max_files_debug > 0;
    f->ready_tail = &f->ready;
    f->count[ITEM_WAITING] = options->plan->count;
    for (size_t i = 0; i < options->plan->count; i++)
        options->plan->items[i]->flow = f;
    order_items(f);
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
    for (size_t i = 0; i < f->o.plan->count; i++) {
        item *it = f->order[i];
        if (states[it->state].cancel)
            states[it->state].cancel(f, it);
        it->leaf = NULL;
        if (is_end(it->state))
            continue;
        f->count[it->state]--;
        f->count[ITEM_WAITING]++;
        it->state = ITEM_WAITING;
    }
    *f->o.finished = true;
}

void flow_free(flow *f)
{
    if (!f)
        return;
    flow_abort(f);
    free(f->order);
    free(f);
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
