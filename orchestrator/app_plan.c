/* The plan: the files that this host has to process, and which results belong to their inputs. */
#include "orchestrator/app_prepare.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/plan/nearest_folder.h"

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

static void report_unjudged(const app *a, const done_check *check)
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

/* Inputs that were replaced during their processing have newer results. */
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
    report_unjudged(a, a->done_check);
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

/* A misspelt folder must not be reported as finished. */
static bool refuse_empty_input(app *a, err *e)
{
    static const char advice[] = "give --allow-empty if an input may be empty";
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

/* The whole share is done: the server's settings are requested once, and it may be unreachable. */
static bool learn_settings(app *a, err *e)
{
    err unreachable = ERR_INIT;
    if (app_wait_for_server(a, true, &unreachable))
        return true;
    if (a->signal_number || unreachable.code == ERR_CONFIG) {
        *e = unreachable;
        return false;
    }
    log_warn("%s; whether the results were made with its current settings is unknown, they count "
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
    bool purify = true; /* files that are done in any case need no server */
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
