#include "orchestrator/check/check_host.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/check/check_access.h"
#include "orchestrator/detect/detect_client.h"
#include "orchestrator/runtime/run_limits.h"

#define DISK_FEW_BYTES ((uint64_t)10 << 30)
#define FILES_FEW      1024

#define UNKNOWN_JOB        "no-such-job"
#define HOST_NAME_LIMIT_MS 10000

/* --- this host --- */

static void check_share(check_lines *l, const config *c)
{
    if (c->distribution == DISTRIBUTION_CLAIM && c->share_source)
        check_ok(l, "share", "hosts claim slices (distribution: claim); %lld host%s, by %s",
                 (long long)c->claim_hosts, c->claim_hosts == 1 ? "" : "s", c->share_source);
    else if (c->distribution == DISTRIBUTION_CLAIM)
        check_ok(l, "share", "hosts claim slices (distribution: claim); their number is not given");
    else if (c->share_source)
        check_ok(l, "share", "host %lld of %lld, by %s", (long long)c->host_index,
                 (long long)c->host_count, c->share_source);
    else
        check_ok(l, "share",
                 "one host processes all files; --host-index and --host-count divide them");
}

static void check_work_dir(check_lines *l, const config *c)
{
    err e = ERR_INIT;
    uint64_t free_bytes = 0;
    char size[32];
    AUTO_FREE char *path = fs_absolute(c->local_work_dir, &e);
    AUTO_FREE char *folder = path ? check_existing_folder(path) : NULL;
    if (!folder || !fs_free_bytes(folder, &free_bytes, &e)) {
        check_fix(l, "local_work_dir", "%s", e.message);
        return;
    }
    format_size(free_bytes, size, sizeof size);
    if (access(folder, W_OK | X_OK) != 0)
        check_fix(l, "local_work_dir", "%s: %s; choose a folder that this user may write to",
                  folder, strerror(errno));
    else if (free_bytes < DISK_FEW_BYTES || free_bytes < c->disk_budget_bytes)
        check_fix(l, "local_work_dir",
                  "%s: %s are free; a run needs disk_budget, and at least as "
                  "much as its largest files; choose a larger disk",
                  folder, size);
    else
        check_ok(l, "local_work_dir", "%s: writable, %s free", path, size);
}

static void check_files(check_lines *l, const config *c, unsigned file_limit)
{
    app_limits limits = app_limits_of(c);
    if (file_limit && file_limit < MAX((unsigned)FILES_FEW, 2 * limits.connections))
        check_fix(l, "open files",
                  "%u are allowed, %u connections are used; raise the hard limit "
                  "(ulimit -Hn)",
                  file_limit, limits.connections);
    else
        check_ok(l, "open files", "%u are allowed", file_limit);
}

void check_host(check_lines *l, const config *c, unsigned file_limit)
{
    check_share(l, c);
    check_work_dir(l, c);
    check_files(l, c, file_limit);
}

/* --- the detection server --- */

typedef struct server_check {
    check_lines *lines;
    const config *config;
    server_facts_kept *kept;
    bool done;
    err error;
} server_check;

static void check_index(server_check *s, const server_facts *f)
{
    char records[32];
    format_count(f->records, records, sizeof records);
    if (!f->tells_records)
        check_ok(s->lines, "detection server", "it answers; it does not report its index");
    else
        check_ok(s->lines, "detection server", "%s evaluation records of %llu sets", records,
                 (unsigned long long)f->sets);
    if (f->fingerprint)
        check_ok(s->lines, "settings", "fingerprint %.12s%s", f->fingerprint,
                 f->partial_settings
                     ? " of threshold, mode and purify; other changes are not noticed"
                     : "");
}

static void check_content_key(server_check *s, const server_facts *f)
{
    const config *c = s->config;
    if (f->content_key && !str_equal(f->content_key, c->content_key))
        check_fix(s->lines, "content_key",
                  "it is '%s' here and '%s' at the detection server; give both the same",
                  c->content_key, f->content_key);
}

static void check_purify(server_check *s, const server_facts *f)
{
    const config *c = s->config;
    if (!f->purify && (c->remote_cleaned_output_dir || c->copy_uncontaminated))
        check_fix(s->lines, "purify",
                  "the detection server writes no cleaned files, but %s is set; start it with "
                  "--purify, or remove the option",
                  c->copy_uncontaminated ? "copy_uncontaminated" : "remote_cleaned_output_dir");
    else
        check_ok(s->lines, "purify", "%s",
                 f->purify ? "contaminated files are cleaned" : "reports only");
}

/* The lower limit applies. */
static void check_line_limit(server_check *s, const server_facts *f)
{
    char here[32], there[32];
    if (!f->max_line_size || f->max_line_size >= s->config->max_line_bytes)
        return;
    format_size(s->config->max_line_bytes, here, sizeof here);
    format_size(f->max_line_size, there, sizeof there);
    check_fix(s->lines, "max_line_size",
              "%s here and %s at the detection server, so files with a longer line fail; give both "
              "the same",
              here, there);
}

static void on_server(void *ctx, const server_facts *facts, const err *error)
{
    server_check *s = ctx;
    s->done = true;
    if (!facts) {
        s->error = error ? *error : (err)ERR_INIT;
        return;
    }
    *s->kept = (server_facts_kept){.fingerprint = xstrdup_or_null(facts->fingerprint),
                                   .settings = xstrdup_or_null(facts->settings)};
    check_index(s, facts);
    check_content_key(s, facts);
    check_purify(s, facts);
    check_line_limit(s, facts);
    check_access(s->lines, s->config, facts);
}

/* /health answers requests to any host name; requests for jobs are refused. */
static void on_unknown_job(void *ctx, const job_outcome *outcome, const err *error)
{
    server_check *s = ctx;
    UNUSED(outcome);
    s->done = true;
    if (error && error->code == ERR_CONFIG)
        check_fix(s->lines, "server_url", "%s", error->message);
}

static void check_name(server_check *s, detect_client *client, const store_session_env *env)
{
    s->done = false;
    op *follow = job_follow(client, UNKNOWN_JOB, HOST_NAME_LIMIT_MS, on_unknown_job, s);
    UNUSED(follow);
    if (!s->done)
        env->run_until(env->run_ctx, &s->done);
}

void server_facts_kept_deinit(server_facts_kept *k)
{
    free(k->fingerprint);
    free(k->settings);
    *k = (server_facts_kept){0};
}

void check_server(check_lines *l, const config *c, const store_session_env *env,
                  server_facts_kept *out)
{
    server_check s = {.lines = l, .config = c, .kept = out};
    AUTO_PTR(detect_client)
    client = detect_client_new(env->transport,
                               &(detect_client_options){.server_url = c->server_url,
                                                        .poll_interval_ms = c->poll_interval_ms,
                                                        .server_wait_ms = c->server_wait_ms,
                                                        .busy_wait_ms = c->outage_wait_ms});
    detect_client_wait_server(client, true, on_server, &s);
    if (!s.done)
        env->run_until(env->run_ctx, &s.done);
    if (err_is_set(&s.error))
        check_fix(l, "detection server", "%s", s.error.message);
    else
        check_name(&s, client, env);
}
