#include "orchestrator/check/check_host.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/detect/detect_client.h"
#include "orchestrator/detect/server_user.h"
#include "orchestrator/runtime/run_limits.h"

#define DISK_FEW_BYTES ((uint64_t)10 << 30)
#define FILES_FEW      1024

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

/* The folder, or the nearest one above it that exists. */
static char *existing_folder(const char *path)
{
    char *at = xstrdup(path);
    while (!fs_exists(at)) {
        char *slash = strrchr(at, '/');
        if (!slash || slash == at)
            break;
        *slash = '\0';
    }
    return at;
}

static void check_work_dir(check_lines *l, const config *c)
{
    err e = ERR_INIT;
    uint64_t free_bytes = 0;
    char size[32];
    AUTO_FREE char *path = fs_absolute(c->local_work_dir, &e);
    AUTO_FREE char *folder = path ? existing_folder(path) : NULL;
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

static void check_folder(server_check *s, const char *name, const char *path)
{
    if (!path || path[0] != '/')
        return;
    if (access(path, R_OK | X_OK) != 0)
        check_fix(s->lines, name,
                  "%s: %s; run both programs under one user, or give the server --share-group",
                  path, strerror(errno));
    else
        check_ok(s->lines, name, "%s can be read", path);
}

static void check_users(server_check *s)
{
    err e = ERR_INIT;
    bool known = false;
    uint32_t user = 0;
    const config *c = s->config;
    if (!server_user_find(c->server_user, c->server_url, &known, &user, &e))
        check_fix(s->lines, "server_user", "%s", e.message);
    else if (known && user != (uint32_t)geteuid() && !c->share_group)
        check_fix(
            s->lines, "share_group",
            "the detection server runs under user %u, this program under %u, so it cannot read "
            "downloads; give share_group a group of both",
            user, (unsigned)geteuid());
    else
        check_ok(s->lines, "users", "%s",
                 known ? "the detection server may read downloads"
                       : "the detection server's user is not known");
}

static void on_server(void *ctx, const server_facts *facts, const err *error)
{
    server_check *s = ctx;
    s->done = true;
    if (!facts) {
        s->error = error ? *error : (err)ERR_INIT;
        return;
    }
    check_index(s, facts);
    check_content_key(s, facts);
    check_purify(s, facts);
    check_folder(s, "server's reports", facts->report_dir);
    check_folder(s, "server's cleaned files", facts->cleaned_dir);
}

void check_server(check_lines *l, const config *c, const store_session_env *env)
{
    server_check s = {.lines = l, .config = c};
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
        check_users(&s);
}
