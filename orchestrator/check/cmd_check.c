#include "orchestrator/check/cmd_check.h"

#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "decon/base/loop.h"
#include "orchestrator/check/check_host.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/check/check_settings.h"
#include "orchestrator/check/check_store.h"
#include "orchestrator/context/run_context.h"
#include "orchestrator/runtime/run_limits.h"

static const char help[] =
    "Usage: decon-orchestrator check --config FILE [options of a run]\n\n"
    "Checks everything that a run with these options needs: store, folders, metadata, "
    "conditional\n"
    "writes, clock, disk, open files, share, detection server, access to each other's files, "
    "and\n"
    "the settings of earlier results, by the records of runs.\n"
    "It processes no file; a probe object below _decon/ of the report folder is written and "
    "removed.\n"
    "Each line begins with OK, or with FIX and states what to do.\n\n"
    "Exit status:\n"
    "  0    no faults\n"
    "  1    something has to be fixed\n"
    "  2    usage or configuration\n";

int check_all(const config *c, const store_session_env *env, unsigned file_limit, FILE *out)
{
    err e = ERR_INIT;
    check_lines lines = {.out = out};
    bool usable = false;
    AUTO(store_session) session = {0};
    AUTO(server_facts_kept) server = {0};
    check_host(&lines, c, file_limit);
    if (store_session_open(&session, c, env, app_limits_of(c).s3_workers, &e))
        usable = check_store(&lines, c, &session);
    else
        check_fix(&lines, "store", "%s", e.message);
    check_server(&lines, c, env, &server);
    if (usable && server.fingerprint)
        check_settings(&lines, c, &session, server.fingerprint, server.settings);
    return lines.fixes ? 1 : 0;
}

static void run_loop(void *ctx, const bool *done)
{
    loop_run(ctx, done);
}

static int fail(const err *e)
{
    log_error("%s", e->message);
    return err_exit_status(e);
}

static int run(const config *c, const char *(*getenv_fn)(const char *name), FILE *out)
{
    err e = ERR_INIT;
    unsigned file_limit = fs_raise_file_limit();
    AUTO(run_context) context = {0};
    if (!run_context_open(&context, c, getenv_fn, 0, &e))
        return fail(&e);
    return check_all(c,
                     &(store_session_env){.transport = context.transport,
                                          .run_until = run_loop,
                                          .run_ctx = context.loop,
                                          .getenv_fn = getenv_fn},
                     file_limit, out);
}

int cmd_check(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    err e = ERR_INIT;
    AUTO(config) c = {0};
    if (!config_load(argc, argv, getenv_fn, &c, &e))
        return fail(&e);
    if (config_wants_information(&c)) {
        fputs(help, out);
        return fflush(out) == 0 ? 0 : 1;
    }
    log_setup(&(log_options){
        .level = MIN((log_level)c.log_level, LOG_WARN), .fd = STDERR_FILENO, .queued = true});
    return run(&c, getenv_fn, out);
}
