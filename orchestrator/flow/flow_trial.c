/* Files that fail with the same cause: is there one cause for all files?
 *
 * until the first success, for   files are started one at a time, the smallest first
 * START_MS at most
 * consecutive failures with the  no file is started or submitted until all others have ended; then
 * same cause                     one, alone
 * that one fails likewise        the run ends
 * it succeeds, or fails in       all continue as before
 * another way
 */
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/flow/flow_private.h"

#define ALIKE_MAX 10
#define START_MS  10000 /* a slow file does not delay others */

typedef enum blame {
    OF_THE_OBJECT,  /* the object's bytes, or its absence: other objects are not affected */
    OF_A_SETTING,   /* may affect all objects, unless one has succeeded */
    OF_ITS_CONTEXT, /* server, disk, permissions: may affect all objects at any time */
} blame;

/* Whether the server's reason is in the file. Unknown for servers without error_code. */
static bool job_blames_its_file(const err *e)
{
    static const err_code of_files[] = {ERR_CODEC_EARLY_END, ERR_CODEC_CORRUPT, ERR_CODEC_TRAILING,
                                        ERR_JSONL, ERR_UTF8};
    for (size_t i = 0; i < ARRAY_LEN(of_files); i++)
        if (str_equal(e->s3_code, err_code_name(of_files[i])))
            return true;
    return false;
}

static blame blame_of(const item *it)
{
    bool of_input = it->failed_in == ITEM_DOWNLOADING || it->failed_in == ITEM_RECHECKING;
    switch (it->error.code) {
    case ERR_CODEC_EARLY_END:
    case ERR_CODEC_CORRUPT:
    case ERR_CODEC_TRAILING:
    case ERR_JSONL:
    case ERR_UTF8:
        return OF_THE_OBJECT;
    case ERR_S3_NOT_FOUND:
    case ERR_S3_CHANGED:
    case ERR_S3_CHECKSUM:
        return of_input ? OF_THE_OBJECT : OF_ITS_CONTEXT;
    case ERR_JOB_FAILED:
        return job_blames_its_file(&it->error) ? OF_THE_OBJECT : OF_ITS_CONTEXT;
    case ERR_NO_SPACE:
        return it->local.too_large ? OF_THE_OBJECT : OF_ITS_CONTEXT;
    case ERR_NO_TEXT:
    case ERR_LIMIT:
    case ERR_CODEC_UNSUPPORTED:
    case ERR_CODEC_MEMORY:
    case ERR_S3_ARCHIVED:
        return OF_A_SETTING;
    default:
        return OF_ITS_CONTEXT;
    }
}

static bool same_cause(const err *a, const err *b)
{
    return a->code == b->code && a->sys_errno == b->sys_errno && a->curl_code == b->curl_code &&
           a->http_status == b->http_status && str_equal(a->s3_code, b->s3_code) &&
           a->line == b->line && str_equal(a->file, b->file);
}

static void on_start_over(void *ctx)
{
    flow *f = ctx;
    f->trial.start = NULL;
    f->trial.mode = TRIAL_NONE;
    flow_pump(f);
}

void flow_trial_begin(flow *f)
{
    f->trial.mode = TRIAL_START;
    f->trial.start = timer_start(f->o.transport, START_MS, on_start_over, f);
}

void flow_trial_end(flow *f)
{
    timer_stop(f->o.transport, move(f->trial.start));
}

static void set_mode(flow *f, trial_mode mode)
{
    flow_trial_end(f);
    f->trial.mode = mode;
}

bool flow_trial_holds(const flow *f, size_t busy)
{
    return f->trial.mode != TRIAL_NONE && (busy > 0 || f->trial.tried);
}

bool flow_trial_submits(const flow *f, const item *it)
{
    return f->trial.mode != TRIAL_ALONE || f->trial.tried == it;
}

void flow_trial_forget(flow *f, const item *it)
{
    if (f->trial.tried == it)
        f->trial.tried = NULL;
}

bool flow_trial_picks(const flow *f)
{
    return f->trial.mode == TRIAL_ALONE;
}

void flow_trial_take(flow *f, const item *it)
{
    f->trial.tried = f->trial.mode == TRIAL_ALONE ? it : NULL;
}

void flow_trial_success(flow *f)
{
    set_mode(f, TRIAL_NONE);
    f->trial = (flow_trial){.succeeded = true};
}

static void end_run(flow *f, const item *it)
{
    err *e = &f->run_error;
    if (err_is_set(e))
        return;
    *e = it->error;
    e->cls = ERR_CLASS_RUN;
    err_context(e, "%u files failed for the same cause, the last one alone", f->trial.alike + 1);
    f->draining = true;
    log_error("%s; no more files are started", e->message);
}

void flow_check_failures(flow *f)
{
    const flow_totals *t = &f->totals;
    err *e = &f->run_error;
    uint64_t ended = t->clean + t->contaminated + t->failed;
    if (err_is_set(e) || !failure_limit_exceeded(&f->o.config->failure_limit, t->failed, ended))
        return;
    err_set(
        e, ERR_LIMIT,
        "max_failures: %zu of %llu files failed, the limit is %s; remove the cause, or raise the "
        "limit",
        t->failed, (unsigned long long)ended, f->o.config->max_failures);
    e->cls = ERR_CLASS_RUN;
    f->draining = true;
    log_error("%s; no more files are started", e->message);
}

static void try_one_alone(flow *f, const item *it)
{
    flow_trial *t = &f->trial;
    set_mode(f, TRIAL_ALONE);
    t->tried = NULL;
    log_warn("%u consecutive files failed for the same cause (%s); the next one is tried alone",
             t->alike, err_code_words(it->error.code));
    flow_put_back(f);
}

static void count_alike(flow *f, const item *it)
{
    flow_trial *t = &f->trial;
    bool alike = t->alike && same_cause(&t->cause, &it->error);
    if (alike && t->mode == TRIAL_ALONE && it == t->tried) {
        end_run(f, it);
        return;
    }
    if (!alike && t->mode == TRIAL_ALONE)
        set_mode(f, TRIAL_NONE);
    t->alike = alike ? t->alike + 1 : 1;
    t->cause = it->error;
    if (t->alike >= ALIKE_MAX && t->mode != TRIAL_ALONE)
        try_one_alone(f, it);
}

/* A file counts once for all its attempts, unless it is the one tried alone. */
static bool has_counted(const flow *f, const item *it)
{
    unsigned earlier = it->failed_attempts - (it->state == ITEM_RETRYING);
    return earlier > 0 && it != f->trial.tried;
}

void flow_trial_failure(flow *f, const item *it)
{
    flow_trial *t = &f->trial;
    if (has_counted(f, it))
        return;
    blame who = blame_of(it);
    if (who == OF_ITS_CONTEXT || (who == OF_A_SETTING && !t->succeeded))
        count_alike(f, it);
    if (t->mode == TRIAL_START && ++t->failures >= ALIKE_MAX)
        set_mode(f, TRIAL_NONE);
    flow_trial_forget(f, it);
}
