#include "orchestrator/app.h"

#include <signal.h>

#include "decon/base/log.h"
#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/app_claim.h"
#include "orchestrator/app_prepare.h"
#include "orchestrator/observe/progress.h"

/* For the aborts of multipart uploads: with LOG_EXIT_WAIT_MS less than the 5 s of a second signal. */
#define ABORT_LIMIT_MS 2500
/* --- the flow --- */

static void on_state(void *ctx, const item *it, item_state last, uint64_t spent_ms)
{
    app *a = ctx;
    if (a->recorder)
        recorder_note(a->recorder, it, last, spent_ms);
    monitor_note(a->monitor, it);
}

static void start_flow(app *a)
{
    unsigned jobs_open = app_limits_jobs(a->config, &a->server);
    unsigned ahead = 2 * jobs_open + a->limits.s3_workers;
    log_info("up to %u jobs at the server, %u requests to the store at once", jobs_open,
             a->limits.s3_workers);
    a->flow = flow_start(&(flow_options){
        .transport = a->env.context->transport,
        .s3 = a->s3,
        .pool = a->env.context->pool,
        .codec_memory = a->codec_memory,
        .verifier = a->verifier,
        .jobs = a->jobs,
        .workdir = a->workdir,
        .result_dirs = a->result_dirs,
        .result_jobs = a->result_jobs,
        .config = a->config,
        .server = &a->server,
        .max_jobs = jobs_open,
        .max_ahead = ahead,
        .max_live = app_limits_live(&a->limits, a->env.file_limit, ahead + jobs_open),
        .plan = &a->plan,
        .watcher = {.on_state = on_state, .ctx = a},
        .feed = app_claim_feed(a),
        .finished = &a->flow_finished});
    if (a->recorder)
        recorder_follow(a->recorder, a->flow);
    monitor_follow(a->monitor, a->flow, a->s3, &a->plan, a->recorder);
}

/* A debug run writes nothing. */
static void start_records(app *a)
{
    if (a->config->max_files_debug)
        return;
    a->recorder = recorder_new(&(recorder_options){.transport = a->env.context->transport,
                                                   .s3 = a->s3,
                                                   .config = a->config,
                                                   .server = &a->server,
                                                   .plan = &a->plan,
                                                   .workdir = a->workdir,
                                                   .run = a->run,
                                                   .started_s = a->started_s});
}

static void on_abort_limit(void *ctx)
{
    *(bool *)ctx = true;
}

/* Cancelled uploads are aborted in the store, within a few seconds. */
static void settle_store(app *a)
{
    bool over = false;
    bool idle = s3_client_idle(a->s3);
    uint64_t limit_ms = clock_now_ms(a->env.context->transport) + ABORT_LIMIT_MS;
    while (!idle && clock_now_ms(a->env.context->transport) < limit_ms) {
        over = false;
        timer *pause = timer_start(a->env.context->transport, 20, on_abort_limit, &over);
        a->env.run_until(a->env.run_ctx, &over);
        if (!over)
            timer_stop(a->env.context->transport, pause);
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
    if (app_claim_error(a))
        return err_exit_status(app_claim_error(a));
    return totals->failed + a->plan.refused_count ? 3 : 0;
}

static void on_recorded(void *ctx)
{
    ((app *)ctx)->recorded = true;
}

/* An aborted run does not wait: settle_store does that for all requests. */
static void close_records(app *a)
{
    if (!a->recorder)
        return;
    flow_totals totals = flow_count(a->flow);
    recorder_close(a->recorder, status_after_flow(a, &totals), on_recorded, a);
    if (!a->recorded && !a->aborted)
        a->env.run_until(a->env.run_ctx, &a->recorded);
}

static void tell_where_results_lie(const app *a)
{
    if (a->config->max_files_debug)
        log_plain("DEBUG RUN: nothing was uploaded or removed; reports are in %s, cleaned files in "
                  "%s, downloads in %s",
                  a->server.report_dir ? a->server.report_dir : "the server's directory",
                  a->server.cleaned_dir ? a->server.cleaned_dir : "(none)",
                  workdir_path(a->workdir));
}

/* The reference copies all files. */
static void note_uncopied(const app *a, const flow_totals *totals)
{
    if (a->server.purify && !a->config->copy_uncontaminated && totals->clean > 0 &&
        !a->config->max_files_debug)
        log_info("%zu files without matches were not copied to the folder of cleaned files; "
                 "copy_uncontaminated (--copy-uncontaminated) copies them",
                 totals->clean);
}

static size_t count_done(const flow_totals *totals)
{
    return totals->clean + totals->contaminated + totals->failed;
}

static void report_rest(const app *a, const flow_totals *totals)
{
    if (a->signal_number && a->flow)
        log_info("stopped by a %s: %zu files were finished after it, %zu files are left for the "
                 "next run; run it again to resume",
                 a->noticed ? "spot notice" : "signal", count_done(totals) - a->done_before_signal,
                 totals->waiting);
    else if (totals->waiting)
        log_info("%zu files are left for the next run", totals->waiting);
}

static int finish(app *a)
{
    flow_totals totals = a->flow ? flow_count(a->flow) : (flow_totals){0};
    int status = status_after_flow(a, &totals);
    report_rest(a, &totals);
    tell_where_results_lie(a);
    note_uncopied(a, &totals);
    progress_summary(
        &(run_summary){.totals = totals,
                       .flow = a->flow,
                       .plan = &a->plan,
                       .again = a->env.command,
                       .elapsed_ms = clock_now_ms(a->env.context->transport) - a->started_ms,
                       .complete = status == 0 || status == 3});
    return status;
}

static void on_notice(void *ctx, const char *text);

static void watch_for_notices(app *a)
{
    if (a->config->spot_notices && !a->flow_finished)
        a->spot =
            spot_notice_start(a->env.context->transport, a->env.context->getenv_fn, on_notice, a);
}

static int run_flow(app *a)
{
    if (a->plan.count == 0 && !a->claim_run) {
        if (!a->config->max_files_debug)
            app_sweep_results(a);
        return finish(a);
    }
    app_write_settings(a);
    start_records(a);
    start_flow(a);
    progress_follow(a->progress, a->flow, a->s3, &a->plan, a->recorder);
    if (a->claim_run)
        app_claim_start(a);
    watch_for_notices(a);
    if (!a->flow_finished)
        a->env.run_until(a->env.run_ctx, &a->flow_finished);
    spot_notice_stop(move(a->spot));
    progress_free(move(a->progress));
    timer_stop(a->env.context->transport, move(a->drain));
    if (a->claim_run)
        app_claim_end(a, !a->aborted);
    close_records(a);
    if (a->aborted) {
        settle_store(a);
    } else if (!a->config->max_files_debug) {
        app_sweep_results(a);
        workdir_remove_if_empty(a->workdir);
    }
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

/* One request; a plan can be shown without the server. */
static bool ask_server_once(app *a, bool *purify, err *e)
{
    err unreachable = ERR_INIT;
    bool answered = app_wait_for_server(a, true, &unreachable);
    if (!answered && (a->signal_number || unreachable.code == ERR_CONFIG)) {
        *e = unreachable;
        return false;
    }
    if (!answered)
        log_warn("%s; the plan assumes a server that does not purify", unreachable.message);
    *purify = a->server.purify;
    return true;
}

static int dry_run(app *a)
{
    err e = ERR_INIT;
    bool server_known = false;
    if (!app_fetch_listing(a, &e) || !app_make_plan(a, &server_known, ask_server_once, &e))
        return stop_early(a, &e);
    progress_dry_run(&a->plan, a->config);
    return 0;
}

static void report_share(const config *c)
{
    if (config_claims(c)) {
        log_info("this host claims slices of the input (distribution: claim)");
    } else if (c->distribution == DISTRIBUTION_CLAIM) {
        log_info(
            "hosts claim slices of the input (distribution: claim); here all files are planned");
    } else if (c->share_source) {
        log_info("this is host %lld of %lld (%s)", (long long)c->host_index,
                 (long long)c->host_count, c->share_source);
    } else {
        log_info("PMR_HOST_INDEX and PMR_HOST_COUNT are not set: this host processes all files");
    }
}

/* Several runs on one host may have the same port: the others continue without metrics. */
static void start_monitor(app *a)
{
    err e = ERR_INIT;
    if (!a->config->metrics_listen)
        return;
    a->monitor = monitor_new(&(monitor_options){.transport = a->env.context->transport,
                                                .config = a->config,
                                                .run = a->run,
                                                .started_s = a->started_s},
                             &e);
    if (!a->monitor)
        log_warn("%s; the run continues without metrics", e.message);
}

int app_run(app *a)
{
    err e = ERR_INIT;
    a->started_ms = clock_now_ms(a->env.context->transport);
    a->started_s = clock_wall_s(a->env.context->transport);
    a->run = run_name_make(a->started_s,
                           config_claims(a->config) ? RUN_HOST_CLAIMS : a->config->host_index,
                           transport_random(a->env.context->transport));
    a->progress = progress_new(a->env.context->transport);
    report_share(a->config);
    if (!app_make_client(a, &e))
        return stop_early(a, &e);
    if (a->config->dry_run)
        return dry_run(a);
    if (!app_open_work_dir(a, &e))
        return stop_early(a, &e);
    start_monitor(a);
    app_limits_tell(&a->limits, a->config, a->workdir);
    bool debug = a->config->max_files_debug > 0;
    if ((!debug && !app_probe_outputs(a, &e)) || !app_fetch_listing(a, &e) ||
        !(config_claims(a->config) ? app_claim_prepare(a, &e) : app_plan_work(a, &e)))
        return stop_early(a, &e);
    return run_flow(a);
}

static void cancel_all(app *a)
{
    timer_stop(a->env.context->transport, move(a->drain));
    a->aborted = a->recorded = true;
    if (a->flow)
        flow_abort(a->flow);
}

static void on_drain_limit(void *ctx)
{
    app *a = ctx;
    a->drain = NULL;
    log_warn("%s has passed: everything is cancelled", a->drain_name);
    cancel_all(a);
}

static void drain(app *a, uint64_t limit_ms, const char *limit_name)
{
    a->drain_name = limit_name;
    char limit[32];
    flow_totals before = flow_count(a->flow);
    a->done_before_signal = count_done(&before);
    flow_drain(a->flow);
    flow_totals after = flow_count(a->flow);
    format_duration(limit_ms, limit, sizeof limit);
    log_warn("stopping: %zu files that the detection server has begun are finished within %s "
             "(%s), %zu are left for the next run; a second signal cancels all",
             after.finishing, limit, limit_name, after.waiting);
    timer_stop(a->env.context->transport, move(a->drain)); /* of a spot notice before the signal */
    if (!a->flow_finished)
        a->drain = timer_start(a->env.context->transport, limit_ms, on_drain_limit, a);
}

static void on_notice(void *ctx, const char *text)
{
    app *a = ctx;
    if (a->signal_number)
        return;
    log_warn("%s: this instance will be interrupted", text);
    a->noticed = true;
    a->signal_number = SIGTERM; /* the exit status of a run that is stopped */
    drain(a, SPOT_DRAIN_MS, "the limit of a spot notice");
}

void app_signal(app *a, int signal_number, unsigned count)
{
    a->signal_number = signal_number;
    if (count > 1) {
        log_warn("second signal: everything is cancelled");
        cancel_all(a);
    } else {
        size_t in_flight = a->flow ? flow_progress_of(a->flow).in_flight : 0;
        log_warn("signal %s: stopping, %zu in flight",
                 signal_number == SIGINT ? "SIGINT" : "SIGTERM", in_flight);
        if (a->flow)
            drain(a, a->config->drain_limit_ms, "drain_limit");
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
    a->limits = env->context->limits;
    a->codec_memory = env->context->codec_memory;
    a->verifier = env->context->verifier;
    a->jobs = detect_client_new(env->context->transport,
                                &(detect_client_options){.server_url = c->server_url,
                                                         .poll_interval_ms = c->poll_interval_ms,
                                                         .server_wait_ms = c->server_wait_ms,
                                                         .busy_wait_ms = c->outage_wait_ms,
                                                         .lenient = c->verify != VERIFY_JSONL,
                                                         .on_facts = app_learn_folders,
                                                         .knows_path = app_knows_path,
                                                         .ctx = a});
    return a;
}

void app_free(app *a)
{
    if (!a)
        return;
    timer_stop(a->env.context->transport, a->drain);
    monitor_free(a->monitor);
    spot_notice_stop(a->spot);
    recorder_free(a->recorder);
    flow_free(a->flow);
    app_claim_free(a);
    app_record_deinit(&a->settings_record);
    app_record_deinit(&a->recall_record);
    done_check_free(a->done_check);
    free(a->nearest);
    plan_deinit(&a->plan);
    listing_deinit(&a->listing);
    free((char *)a->server.report_dir);
    free((char *)a->server.cleaned_dir);
    free((char *)a->server.fingerprint);
    free((char *)a->server.recall);
    free((char *)a->server.settings);
    free((char *)a->server.filters);
    free((char *)a->server.evaluation_sets);
    progress_free(a->progress);
    detect_client_free(a->jobs);
    result_dirs_free(a->result_dirs);
    result_dirs_free(a->old_folders);
    result_jobs_free(a->result_jobs);
    workdir_close(a->workdir);
    free(a);
}
