#include "orchestrator/app.h"

#include <signal.h>

#include "base/log.h"
#include "orchestrator/app_limits.h"
#include "orchestrator/flow.h"
#include "orchestrator/listing.h"
#include "orchestrator/progress.h"
#include "orchestrator/store.h"
#include "s3/s3.h"

#define ABORT_LIMIT_MS 4000 /* for the aborts of multipart uploads; the run ends within 5 s */
#define PROBE_NAME     ".decon-write-probe"

struct app {
    const config *config;
    app_env env;
    app_limits limits;
    uint64_t started_ms;

    s3_client *s3;
    s3_op *probe; /* under way, or NULL */
    workdir *workdir;
    jobs *jobs;
    codec_memory *codec_memory;
    verifier *verifier;
    listing listing;
    plan plan;
    server_facts server; /* its strings are ours */
    flow *flow;
    bool flow_finished;

    /* the step that is under way */
    bool step_done;
    err step_error;

    int signal_number; /* 0: none came */
    bool aborted;
};

/* --- waiting for one step --- */

static void end_step(void *ctx, const err *error)
{
    app *a = ctx;
    if (error)
        a->step_error = *error;
    a->step_done = true;
}

static void begin_step(app *a)
{
    a->step_done = false;
    a->step_error = (err)ERR_INIT;
}

/* False when the step failed or a signal ended the wait. */
static bool await_step(app *a, err *e)
{
    if (!a->signal_number)
        a->env.run_until(a->env.run_ctx, &a->step_done);
    if (a->signal_number)
        return err_set(e, ERR_CANCELLED, "interrupted before the first file was begun");
    if (!err_is_set(&a->step_error))
        return true;
    *e = a->step_error;
    return false;
}

/* --- the steps --- */

static bool make_client(app *a, err *e)
{
    a->s3 = store_client_new(a->config,
                             &(store_env){.getenv_fn = a->env.getenv_fn,
                                          .transport = a->env.transport,
                                          .pool = a->env.pool,
                                          .requests = a->limits.s3_workers},
                             e);
    return a->s3 != NULL;
}

static void on_probed(void *ctx, const err *error)
{
    ((app *)ctx)->probe = NULL;
    end_step(ctx, error);
}

static bool probe_place(app *a, const place *where, err *e)
{
    AUTO_FREE char *key = xasprintf("%s" PROBE_NAME, where->prefix);
    begin_step(a);
    a->probe = s3_probe_write(a->s3, where->bucket, key, on_probed, a);
    bool ok = await_step(a, e);
    if (a->probe)
        s3_op_cancel(move(a->probe));
    return ok || err_context(e, "s3://%s/%s must be writable for the outputs", where->bucket,
                             where->prefix);
}

static bool same_place(const place *a, const place *b)
{
    return str_equal(a->bucket, b->bucket) && str_equal(a->prefix, b->prefix);
}

/* Nothing is downloaded for a directory that cannot take the outputs. */
static bool probe_outputs(app *a, err *e)
{
    const places *p = &a->config->places;
    return probe_place(a, &p->report, e) &&
           (same_place(&p->report, &p->cleaned) || probe_place(a, &p->cleaned, e));
}

static bool fetch_listing(app *a, err *e)
{
    begin_step(a);
    listing_fetch *fetch = listing_fetch_start(a->s3, &a->config->places, &a->listing, end_step, a);
    bool ok = await_step(a, e);
    listing_fetch_free(fetch);
    return ok;
}

static void keep_facts(app *a, const server_facts *facts)
{
    a->server = *facts;
    a->server.report_dir = facts->report_dir ? xstrdup(facts->report_dir) : NULL;
    a->server.cleaned_dir = facts->cleaned_dir ? xstrdup(facts->cleaned_dir) : NULL;
    a->server.content_key = NULL; /* lent, and looked at already */
}

/* Verified by one key and scanned by another, all that is contaminated would be called clean. */
static bool same_content_key(const config *c, const server_facts *facts, err *e)
{
    return !facts->content_key || str_equal(facts->content_key, c->content_key) ||
           err_set(e, ERR_CONFIG,
                   "content_key is '%s' here and '%s' at the detection server %s, which would look "
                   "at other text than is verified; give both the same",
                   c->content_key, facts->content_key, c->server_url);
}

static void on_server(void *ctx, const server_facts *facts, const err *error)
{
    app *a = ctx;
    err other = ERR_INIT;
    if (facts && same_content_key(a->config, facts, &other))
        keep_facts(a, facts);
    end_step(a, other.code ? &other : error);
}

static bool wait_for_server(app *a, bool once, err *e)
{
    begin_step(a);
    jobs_wait_server(a->jobs, once, on_server, a);
    return await_step(a, e);
}

static void make_plan(app *a, bool purify)
{
    const config *c = a->config;
    plan_deinit(&a->plan);
    plan_make(&(plan_options){.places = &c->places,
                              .listing = &a->listing,
                              .host_index = (unsigned)c->host_index,
                              .host_count = (unsigned)c->host_count,
                              .purify = purify,
                              .redo = c->redo,
                              .max_files = (size_t)c->max_files_debug},
              &a->plan);
}

static bool clear_work_dir(app *a, err *e)
{
    if (a->config->max_files_debug)
        return true; /* a debug run removes nothing */
    size_t removed = 0;
    if (!workdir_scan(a->workdir, e))
        return false;
    for (size_t i = 0; i < a->plan.count; i++)
        workdir_want(a->workdir, a->plan.rows[i].object->key);
    if (!workdir_clear_unwanted(a->workdir, &removed, e))
        return false;
    if (removed)
        log_info("%s: removed %zu stale downloads of an earlier run", workdir_path(a->workdir),
                 removed);
    return true;
}

/* With every output done even for a purifying server, nobody needs to ask which kind it is. */
static bool plan_work(app *a, err *e)
{
    make_plan(a, true);
    if (a->plan.count > 0) {
        if (!wait_for_server(a, false, e))
            return false;
        make_plan(a, a->server.purify);
    }
    progress_plan(&a->plan, a->config);
    if (a->config->copy_uncontaminated && a->plan.count && !a->server.purify)
        log_warn("copy_uncontaminated is without effect: the detection server does not purify");
    return clear_work_dir(a, e);
}

/* --- the flow --- */

static void start_flow(app *a)
{
    unsigned jobs_open = app_limits_jobs(a->config, &a->server);
    unsigned ahead = 2 * jobs_open + a->limits.s3_workers;
    log_info("up to %u jobs at the server, %u requests to the store at once", jobs_open,
             a->limits.s3_workers);
    a->flow = flow_start(&(flow_options){
        .transport = a->env.transport,
        .s3 = a->s3,
        .pool = a->env.pool,
        .codec_memory = a->codec_memory,
        .verifier = a->verifier,
        .jobs = a->jobs,
        .workdir = a->workdir,
        .config = a->config,
        .server = &a->server,
        .max_jobs = jobs_open,
        .max_ahead = ahead,
        .max_live = app_limits_live(&a->limits, a->env.file_limit, ahead + jobs_open),
        .plan = &a->plan,
        .finished = &a->flow_finished});
}

static void on_abort_limit(void *ctx)
{
    *(bool *)ctx = true;
}

/* Cancelled uploads are aborted in the store; that gets a few seconds. */
static void settle_store(app *a)
{
    bool over = false;
    bool idle = s3_client_idle(a->s3);
    uint64_t limit_ms = clock_now_ms(a->env.transport) + ABORT_LIMIT_MS;
    while (!idle && clock_now_ms(a->env.transport) < limit_ms) {
        over = false;
        timer *pause = timer_start(a->env.transport, 20, on_abort_limit, &over);
        a->env.run_until(a->env.run_ctx, &over);
        if (!over)
            timer_stop(a->env.transport, pause);
        idle = s3_client_idle(a->s3);
    }
    if (!idle)
        log_warn("not all uploads could be aborted; the bucket's lifecycle rule removes them");
}

static int status_after_flow(const app *a, const flow_totals *totals)
{
    if (a->signal_number)
        return 128 + a->signal_number;
    if (a->flow && flow_run_error(a->flow))
        return err_exit_status(flow_run_error(a->flow));
    return totals->failed + a->plan.refused_count ? 3 : 0;
}

static void tell_where_results_lie(const app *a)
{
    if (a->config->max_files_debug)
        log_plain("DEBUG RUN: nothing was uploaded or removed; reports lie in %s, cleaned files in "
                  "%s, downloads in %s",
                  a->server.report_dir ? a->server.report_dir : "the server's directory",
                  a->server.cleaned_dir ? a->server.cleaned_dir : "(none)",
                  workdir_path(a->workdir));
}

static int finish(app *a)
{
    flow_totals totals = a->flow ? flow_count(a->flow) : (flow_totals){0};
    int status = status_after_flow(a, &totals);
    if (totals.waiting)
        log_info("%zu files are left for the next run", totals.waiting);
    tell_where_results_lie(a);
    progress_summary(&(run_summary){.totals = totals,
                                    .flow = a->flow,
                                    .plan = &a->plan,
                                    .elapsed_ms = clock_now_ms(a->env.transport) - a->started_ms,
                                    .complete = status == 0 || status == 3});
    return status;
}

static int run_flow(app *a)
{
    if (a->plan.count == 0)
        return finish(a);
    start_flow(a);
    progress *p = progress_start(a->env.transport, a->flow, a->s3, a->plan.count);
    if (!a->flow_finished)
        a->env.run_until(a->env.run_ctx, &a->flow_finished);
    progress_stop(p);
    if (a->aborted)
        settle_store(a);
    else if (!a->config->max_files_debug)
        workdir_remove_if_empty(a->workdir);
    return finish(a);
}

/* --- the run --- */

static int stop_early(app *a, const err *e)
{
    if (a->signal_number) {
        settle_store(a);
        log_warn("%s", e->message);
        return 128 + a->signal_number;
    }
    log_error("%s", e->message);
    return e->code == ERR_CONFIG ? err_exit_status(e) : 1;
}

static int dry_run(app *a)
{
    err e = ERR_INIT;
    if (!fetch_listing(a, &e))
        return stop_early(a, &e);
    if (!wait_for_server(a, true, &e)) {
        if (a->signal_number || e.code == ERR_CONFIG)
            return stop_early(a, &e);
        log_warn("%s: taken as one that does not purify", e.message);
    }
    make_plan(a, a->server.purify);
    progress_dry_run(&a->plan, a->config);
    return 0;
}

static bool open_work_dir(app *a, err *e)
{
    const config *c = a->config;
    a->workdir = workdir_open(&(workdir_options){.root = c->local_work_dir,
                                                 .input_uri = c->remote_file_input,
                                                 .host_index = (unsigned)c->host_index,
                                                 .host_count = (unsigned)c->host_count,
                                                 .disk_budget_bytes = c->disk_budget_bytes},
                              e);
    return a->workdir != NULL;
}

int app_run(app *a)
{
    err e = ERR_INIT;
    a->started_ms = clock_now_ms(a->env.transport);
    if (!make_client(a, &e))
        return stop_early(a, &e);
    if (a->config->dry_run)
        return dry_run(a);
    if (!open_work_dir(a, &e))
        return stop_early(a, &e);
    app_limits_tell(&a->limits, a->config, a->workdir);
    bool debug = a->config->max_files_debug > 0;
    if ((!debug && !probe_outputs(a, &e)) || !fetch_listing(a, &e) || !plan_work(a, &e))
        return stop_early(a, &e);
    return run_flow(a);
}

void app_signal(app *a, int signal_number, unsigned count)
{
    a->signal_number = signal_number;
    if (count > 1) {
        log_warn("second signal: everything is cancelled");
        a->aborted = true;
        if (a->flow)
            flow_abort(a->flow);
    } else {
        log_warn("signal %s: no new files, those in flight finish; once more to cancel them",
                 signal_number == SIGINT ? "SIGINT" : "SIGTERM");
        if (a->flow)
            flow_drain(a->flow);
    }
    if (!a->flow)
        a->step_done = true; /* nothing is in flight yet */
}

bool app_aborted(const app *a)
{
    return a->aborted;
}

app *app_new(const config *c, const app_env *env)
{
    app *a = xcalloc(1, sizeof *a);
    a->config = c;
    a->env = *env;
    a->limits = app_limits_of(c);
    a->codec_memory = codec_memory_new(c->codec_memory_bytes);
    codec_options codec = config_codec(c, CODEC_PLAIN);
    a->verifier = verifier_new(env->pool, a->codec_memory, &codec);
    a->jobs = jobs_new(env->transport, &(jobs_options){.server_url = c->server_url,
                                                       .poll_interval_ms = c->poll_interval_ms,
                                                       .server_wait_ms = c->server_wait_ms});
    return a;
}

void app_free(app *a)
{
    if (!a)
        return;
    flow_free(a->flow);
    plan_deinit(&a->plan);
    listing_deinit(&a->listing);
    free((char *)a->server.report_dir);
    free((char *)a->server.cleaned_dir);
    jobs_free(a->jobs);
    verifier_free(a->verifier);
    codec_memory_free(a->codec_memory);
    s3_client_free(a->s3);
    workdir_close(a->workdir);
    free(a);
}
