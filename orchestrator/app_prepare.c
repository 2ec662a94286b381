#include "orchestrator/app_prepare.h"

#include <stdarg.h>

#include "base/options/options.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/observe/progress.h"

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
        return err_set(e, ERR_CANCELLED, "interrupted before the first file was started");
    if (!err_is_set(&a->step_error))
        return true;
    *e = a->step_error;
    return false;
}

/* --- the steps --- */

bool app_make_client(app *a, err *e)
{
    if (!run_context_connect(a->env.context, e))
        return false;
    a->s3 = a->env.context->s3;
    return true;
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

/* Checked before any download: the directory must be able to receive the outputs. */
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
                                               .transport = a->env.context->transport,
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
    free((char *)a->server.filters);
    free((char *)a->server.evaluation_sets);
    a->server = *facts;
    a->server.fingerprint = xstrdup_or_null(facts->fingerprint);
    a->server.settings = xstrdup_or_null(facts->settings);
    a->server.recall = xstrdup_or_null(facts->recall);
    a->server.filters = xstrdup_or_null(facts->filters);
    a->server.evaluation_sets = xstrdup_or_null(facts->evaluation_sets);
    a->server.report_dir = facts->report_dir ? xstrdup(facts->report_dir) : NULL;
    a->server.cleaned_dir = facts->cleaned_dir ? xstrdup(facts->cleaned_dir) : NULL;
    a->server.content_key = NULL; /* borrowed, and already checked */
    a->server.allow_dirs = NULL;  /* borrowed, and only `check` uses it */
}

/* If verified by one key and scanned by another, contaminated files would be reported clean. */
static bool same_content_key(const config *c, const server_facts *facts, err *e)
{
    AUTO_FREE char *shown = url_shown(c->server_url);
    return !facts->content_key || str_equal(facts->content_key, c->content_key) ||
           err_set(e, ERR_CONFIG,
                   "content_key is '%s' here and '%s' at the detection server %s, which would scan "
                   "other text than is verified; give both the same key",
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
    detect_client_wait_server(a->jobs, once, on_server, a);
    return app_await_step(a, e);
}

bool app_know_server(app *a, bool *purify, err *e)
{
    if (!app_wait_for_server(a, false, e) || !app_check_result_dirs(a, e))
        return false;
    *purify = a->server.purify;
    return true;
}
