#include "orchestrator/app_prepare.h"

#include <stdarg.h>

#include "base/options/options.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/observe/progress.h"
#include "orchestrator/plan/nearest_folder.h"
#include "orchestrator/runtime/s3_setup.h"
#include "orchestrator/detect/server_user.h"

/* --- waiting for one step --- */

void app_end_step(void *ctx, const err *error)
{
    app *a = ctx;
    a->step = NULL;
    if (error)
        a->step_error = *error;
    a->step_done = true;
}

void app_begin_step(app *a, const char *fmt, ...)
{
    va_list args;
    char *what = NULL;
    va_start(args, fmt);
    if (vasprintf(&what, fmt, args) < 0)
        what = NULL;
    va_end(args);
    progress_wait(a->progress, what);
    free(what);
    a->step_done = false;
    a->step_error = (err)ERR_INIT;
}

/* False when the step failed or a signal ended the wait. */
bool app_await_step(app *a, err *e)
{
    if (!a->signal_number)
        a->env.run_until(a->env.run_ctx, &a->step_done);
    op_cancel(move(a->step));
    progress_wait(a->progress, NULL);
    if (a->signal_number)
        return err_set(e, ERR_CANCELLED, "interrupted before the first file was begun");
    if (!err_is_set(&a->step_error))
        return true;
    *e = a->step_error;
    return false;
}

/* --- the steps --- */

bool app_make_client(app *a, err *e)
{
    a->s3 = store_client_new(a->config,
                             &(store_env){.getenv_fn = a->env.getenv_fn,
                                          .transport = a->env.transport,
                                          .pool = a->env.pool,
                                          .requests = a->limits.s3_workers},
                             e);
    return a->s3 != NULL;
}

bool app_open_work_dir(app *a, err *e)
{
    const config *c = a->config;
    a->workdir = workdir_open(&(workdir_options){.root = c->local_work_dir,
                                                 .input_uri = c->remote_file_input,
                                                 .share_group = c->share_group,
                                                 .host_index = (unsigned)c->host_index,
                                                 .host_count = (unsigned)c->host_count,
                                                 .disk_budget_bytes = c->disk_budget_bytes},
                              e);
    if (!a->workdir)
        return false;
    int share_fd = workdir_fd(a->workdir);
    a->result_dirs = result_dirs_new(c->server_result_dirs, share_fd, e);
    a->old_folders = result_dirs_new(NULL, share_fd, e);
    if (!a->result_dirs || !a->old_folders)
        return false;
    result_dirs_recall(a->old_folders, share_fd);
    if (c->max_files_debug)
        return true;
    jobs_tag(a->jobs, workdir_tag(a->workdir));
    a->result_jobs = result_jobs_new(workdir_tag(a->workdir));
    return true;
}

static void trust_server(const app *a, result_dirs *d)
{
    bool known = false;
    uint32_t user = 0;
    if (server_user_find(a->config->server_user, a->config->server_url, &known, &user, NULL) &&
        known)
        result_dirs_trust(d, user);
}

/* Each answer of the server: one that was started again may have other folders, another user. */
void app_learn_folders(void *ctx, const server_facts *facts)
{
    app *a = ctx;
    if (!a->result_dirs) /* a dry run */
        return;
    trust_server(a, a->result_dirs);
    result_dirs_learn(a->result_dirs, facts->report_dir, facts->cleaned_dir);
    if (!a->config->max_files_debug)
        result_dirs_remember(a->result_dirs, a->old_folders, workdir_fd(a->workdir));
}

void app_sweep_results(app *a)
{
    result_sweep sum = {0};
    trust_server(a, a->old_folders);
    result_dirs_sweep(a->result_dirs, a->result_jobs, &sum);
    result_dirs_sweep(a->old_folders, a->result_jobs, &sum);
    if (sum.removed)
        log_info("removed %zu results in the detection server's folders that no file waits for",
                 sum.removed);
    if (!sum.failed && !result_jobs_keeps(a->result_jobs))
        result_dirs_forget(workdir_fd(a->workdir));
}

/* Of a share that is removed. */
static void sweep_share(void *ctx, int share_fd, const char *tag)
{
    const app *a = ctx;
    err e = ERR_INIT;
    result_sweep sum = {0};
    AUTO_PTR(result_jobs) owned = result_jobs_new(tag);
    AUTO_PTR(result_dirs) folders = result_dirs_new(NULL, workdir_fd(a->workdir), &e);
    if (!folders)
        return;
    trust_server(a, folders);
    result_dirs_recall(folders, share_fd);
    result_dirs_sweep(folders, owned, &sum);
    result_dirs_sweep(a->result_dirs, owned, &sum);
}

bool app_knows_path(void *ctx, const char *path)
{
    const app *a = ctx;
    return !a->result_dirs || result_dirs_cover(a->result_dirs, path);
}

static bool probe_place(app *a, const place *where, err *e)
{
    AUTO_FREE char *key = xasprintf("%s" PLACES_PROBE_NAME, where->prefix);
    app_begin_step(a, "the test write to s3://%s/%s", where->bucket, where->prefix);
    a->step = s3_probe_write(a->s3, where->bucket, key, app_end_step, a);
    return app_await_step(a, e) || err_context(e, "s3://%s/%s must be writable for the outputs",
                                               where->bucket, where->prefix);
}

static bool same_place(const place *a, const place *b)
{
    return str_equal(a->bucket, b->bucket) && str_equal(a->prefix, b->prefix);
}

/* Nothing is downloaded for a directory that cannot take the outputs. */
bool app_probe_outputs(app *a, err *e)
{
    const places *p = &a->config->places;
    return probe_place(a, &p->report, e) &&
           (same_place(&p->report, &p->cleaned) || probe_place(a, &p->cleaned, e));
}

bool app_fetch_listing(app *a, err *e)
{
    const places *p = &a->config->places;
    app_begin_step(a, "the list of s3://%s/%s", p->input.bucket, places_list_prefix(p));
    a->listing.name_all = a->config->dry_run;
    a->step =
        listing_fetch_start(&(listing_options){.s3 = a->s3,
                                               .transport = a->env.transport,
                                               .places = p,
                                               .lists = (const char *const *)a->config->input_list,
                                               .columns = a->config->input_list_columns,
                                               .out = &a->listing,
                                               .on_done = app_end_step,
                                               .ctx = a});
    return app_await_step(a, e);
}

static void report_index(const server_facts *facts, const char *server_url)
{
    char records[32];
    AUTO_FREE char *url = url_shown(server_url);
    format_count(facts->records, records, sizeof records);
    if (facts->tells_records)
        log_info("detection server %s: %s records of %llu set%s", url, records,
                 (unsigned long long)facts->sets, facts->sets == 1 ? "" : "s");
    else
        log_info("detection server %s: does not report the size of its index", url);
}

static void keep_facts(app *a, const server_facts *facts)
{
    free((char *)a->server.report_dir);
    free((char *)a->server.cleaned_dir);
    free((char *)a->server.fingerprint);
    free((char *)a->server.recall);
    free((char *)a->server.settings);
    a->server = *facts;
    a->server.fingerprint = xstrdup_or_null(facts->fingerprint);
    a->server.settings = xstrdup_or_null(facts->settings);
    a->server.recall = xstrdup_or_null(facts->recall);
    a->server.report_dir = facts->report_dir ? xstrdup(facts->report_dir) : NULL;
    a->server.cleaned_dir = facts->cleaned_dir ? xstrdup(facts->cleaned_dir) : NULL;
    a->server.content_key = NULL; /* lent, and looked at already */
}

/* Verified by one key and scanned by another, all that is contaminated would be called clean. */
static bool same_content_key(const config *c, const server_facts *facts, err *e)
{
    AUTO_FREE char *shown = url_shown(c->server_url);
    return !facts->content_key || str_equal(facts->content_key, c->content_key) ||
           err_set(e, ERR_CONFIG,
                   "content_key is '%s' here and '%s' at the detection server %s, which would look "
                   "at other text than is verified; give both the same",
                   c->content_key, facts->content_key, shown);
}

static void on_server(void *ctx, const server_facts *facts, const err *error)
{
    app *a = ctx;
    err other = ERR_INIT;
    if (facts && same_content_key(a->config, facts, &other)) {
        keep_facts(a, facts);
        verifier_set_server_limits(a->verifier, facts->codec_memory, facts->max_line_size);
        report_index(facts, a->config->server_url);
    }
    app_end_step(a, other.code ? &other : error);
}

bool app_wait_for_server(app *a, bool once, err *e)
{
    app_begin_step(a, "the detection server at %s", a->config->server_url);
    jobs_wait_server(a->jobs, once, on_server, a);
    return app_await_step(a, e);
}

static void make_plan(app *a, bool purify, const superseded_inputs *superseded)
{
    const config *c = a->config;
    plan_deinit(&a->plan);
    plan_make(&(plan_options){.places = &c->places,
                              .listing = &a->listing,
                              .host_index = (unsigned)c->host_index,
                              .host_count = (unsigned)c->host_count,
                              .purify = purify,
                              .redo = c->redo,
                              .retry_failed = c->retry_failed,
                              .max_files = (size_t)c->max_files_debug,
                              .list_done = c->dry_run || !superseded,
                              .list_skipped = c->dry_run,
                              .superseded = superseded},
              &a->plan);
}

static void tell_of_unjudged(const app *a, const done_check *check)
{
    done_check_counts counts = done_check_count(check);
    const place *where = &a->config->places.report;
    if (counts.unmarked)
        log_info("s3://%s/%s: %zu results do not say which version of the input they were made of "
                 "(an older version, or a store without object metadata): LastModified decides",
                 where->bucket, where->prefix, counts.unmarked);
    if (counts.unreadable)
        log_warn(
            "s3://%s/%s: %zu results may not be read (HEAD): LastModified decides whether they "
            "belong to their inputs; allow s3:GetObject there",
            where->bucket, where->prefix, counts.unreadable);
}

/* Inputs that were replaced while they were worked on have results that are newer. */
static bool check_done(app *a, bool purify, err *e)
{
    if (a->plan.done_count == 0)
        return true;
    log_info("comparing %zu results with the current versions of their inputs", a->plan.done_count);
    app_begin_step(a, "HEAD of %zu results", a->plan.done_count);
    done_check_free(a->done_check);
    a->done_check = done_check_start(
        &(done_check_options){.s3 = a->s3,
                              .plan = &a->plan,
                              .at_once = a->limits.s3_workers,
                              .settings = a->server.fingerprint,
                              .redo_other_settings = app_settings_policy(a) == SETTINGS_CHANGE_REDO,
                              .on_done = app_end_step,
                              .ctx = a});
    if (!app_await_step(a, e)) {
        done_check_free(move(a->done_check));
        return false;
    }
    tell_of_unjudged(a, a->done_check);
    if (!app_judge_settings(a, e))
        return false;
    make_plan(a, purify, done_check_superseded(a->done_check));
    return true;
}

/* --- an input without a training file --- */

static void on_nearest(void *ctx, const char *found)
{
    app *a = ctx;
    a->nearest = xstrdup_or_null(found);
    app_end_step(a, NULL);
}

static bool find_nearest(app *a, err *e)
{
    const places *p = &a->config->places;
    app_begin_step(a, "the folders beside s3://%s/%s", p->input.bucket, p->input.prefix);
    nearest_folder *search = nearest_folder_start(
        a->s3, p->input.bucket, p->input_object ? p->input_object : p->input.prefix, on_nearest, a);
    bool ok = app_await_step(a, e);
    nearest_folder_free(search);
    return ok;
}

static bool is_the_input(const places *p, const char *found)
{
    return str_equal(found, p->input.prefix) ||
           (p->input_object && str_equal(found, p->input_object));
}

/* A misspelt folder must not look like one where all is done. */
static bool refuse_empty_input(app *a, err *e)
{
    static const char advice[] = "give --allow-empty where an input may be empty";
    const places *p = &a->config->places;
    const char *bucket = p->input.bucket, *prefix = places_list_prefix(p);
    if (a->plan.ignored_count)
        return err_set(e, ERR_CONFIG,
                       "remote_file_input: s3://%s/%s has %zu objects and no training file (names "
                       "end in .jsonl or .json, then .gz, .zst, .zstd, .bz2, .xz or nothing, or as "
                       "input_suffixes says); correct it, or %s",
                       bucket, prefix, a->plan.ignored_count, advice);
    if (!find_nearest(a, e))
        return false;
    if (!a->nearest || is_the_input(p, a->nearest))
        return err_set(
            e, ERR_CONFIG,
            "remote_file_input: there is no training file in s3://%s/%s; correct it, or %s", bucket,
            prefix, advice);
    return err_set(
        e, ERR_CONFIG,
        "remote_file_input: there is no object in s3://%s/%s, the nearest that exists is "
        "s3://%s/%s; correct it, or %s",
        bucket, prefix, bucket, a->nearest, advice);
}

/* All of the share is done: the server is asked once for its settings, and need not be there. */
static bool learn_settings(app *a, err *e)
{
    err unreachable = ERR_INIT;
    if (app_wait_for_server(a, true, &unreachable))
        return true;
    if (a->signal_number || unreachable.code == ERR_CONFIG) {
        *e = unreachable;
        return false;
    }
    log_warn("%s; whether the results were made with its current settings is not known, they count "
             "as done",
             unreachable.message);
    return true;
}

bool app_list_plan(app *a, bool purify, err *e)
{
    make_plan(a, purify, NULL);
    return a->plan.input_count > 0 || a->config->allow_empty || refuse_empty_input(a, e);
}

bool app_make_plan(app *a, bool *server_known, app_server_step *know_server, err *e)
{
    bool purify = true; /* what is done even then needs no server */
    if (!app_list_plan(a, purify, e))
        return false;
    if (a->plan.count > 0) {
        if (!know_server(a, &purify, e))
            return false;
        *server_known = true;
        make_plan(a, purify, NULL);
    } else if (a->plan.done_count > 0 && !learn_settings(a, e)) {
        return false;
    }
    if (!check_done(a, purify, e))
        return false;
    if (a->plan.count == 0 || *server_known)
        return true;
    *server_known = true;
    if (!know_server(a, &purify, e))
        return false;
    make_plan(a, purify, done_check_superseded(a->done_check));
    return true;
}

bool app_clear_work_dir(app *a, err *e)
{
    if (a->config->max_files_debug)
        return true; /* a debug run removes nothing */
    size_t removed = 0;
    if (!workdir_clear_other_counts(a->workdir, (unsigned)a->config->host_count, sweep_share, a,
                                    e) ||
        !workdir_scan(a->workdir, e))
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

static bool check_result_dirs(const app *a, err *e)
{
    const config *c = a->config;
    bool known;
    uint32_t user;
    return server_user_find(c->server_user, c->server_url, &known, &user, e) &&
           result_dirs_check(a->result_dirs, e);
}

bool app_know_server(app *a, bool *purify, err *e)
{
    if (!app_wait_for_server(a, false, e) || !check_result_dirs(a, e))
        return false;
    *purify = a->server.purify;
    return true;
}

void app_warn_of_copies(const app *a)
{
    if (a->config->copy_uncontaminated && a->plan.count && !a->server.purify)
        log_warn("copy_uncontaminated is without effect: the detection server does not purify");
}

bool app_plan_work(app *a, err *e)
{
    bool server_known = false;
    if (!app_make_plan(a, &server_known, app_know_server, e))
        return false;
    progress_plan(&a->plan, a->config);
    app_warn_of_copies(a);
    return app_clear_work_dir(a, e);
}
