/* The commands of decon-orchestrator: command line in, exit status out. The run itself is app.c. */
#include <stdlib.h>
#include <unistd.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "base/options/options_completion.h"
#include "base/service/notify.h"
#include "orchestrator/app.h"
#include "orchestrator/certify/cmd_certify.h"
#include "orchestrator/certify/cmd_verify_certificate.h"
#include "orchestrator/cmd_plan.h"
#include "orchestrator/observe/command_text.h"
#include "orchestrator/commands.h"
#include "orchestrator/runtime/service_watch.h"
#include "orchestrator/status/cmd_status.h"
#include "orchestrator/check/cmd_check.h"
#include "orchestrator/status/cmd_clean_state.h"
#include "orchestrator/status/cmd_status.h"
#include "orchestrator/verify/cmd_verify.h"

static const char *read_env(const char *name)
{
    return getenv(name);
}

/* Commands other than a run; the last members are for completion. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out);
    option_set (*options)(option *rows); /* NULL: those of a run */
} own_commands[] = {{"plan", cmd_plan, cmd_plan_options},
                    {"verify", cmd_verify, cmd_verify_options},
                    {"check", cmd_check, NULL},
                    {"status", cmd_status, cmd_status_options},
                    {"certify", cmd_certify, cmd_certify_options},
                    {"verify-certificate", cmd_verify_certificate, cmd_verify_certificate_options},
                    {"clean-state", cmd_clean_state, cmd_clean_state_options}};

#define ROWS_MAX MAX(CMD_VERIFY_ROWS_MAX, MAX(CMD_PLAN_ROWS_MAX, STORE_COMMAND_ROWS_MAX))

static int print_completion(int argc)
{
    if (argc > 2) {
        fputs("usage: decon-orchestrator completion\n", stderr);
        return 2;
    }
    option rows[ARRAY_LEN(own_commands)][ROWS_MAX];
    option_set sets[ARRAY_LEN(own_commands)];
    options_command commands[ARRAY_LEN(own_commands) + 2] = {
        {.name = "", .options = &config_options}};
    size_t count = 1;
    for (size_t i = 0; i < ARRAY_LEN(own_commands); i++) {
        sets[i] = own_commands[i].options ? own_commands[i].options(rows[i]) : config_options;
        commands[count++] = (options_command){.name = own_commands[i].name, .options = &sets[i]};
    }
    commands[count] = (options_command){.name = "completion", .options = &(option_set){0}};
    options_bash_completion("decon-orchestrator", commands, ARRAY_LEN(commands), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int show_information(const config *c)
{
    if (c->help)
        options_help(&config_options, stdout);
    else if (c->version)
        printf("decon-orchestrator %s\n", DECON_VERSION);
    else if (c->print_reference)
        options_markdown(&config_options, stdout);
    else
        options_yaml_example(&config_options, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static void run_loop(void *ctx, const bool *done)
{
    loop_run(ctx, done);
}

static void on_signal(void *ctx, int signal_number, unsigned count)
{
    service_notify_stopping();
    app_signal(ctx, signal_number, count);
}

static unsigned worker_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (unsigned)cores : 1;
}

static int fail(const err *e)
{
    log_error("%s", e->message);
    return err_exit_status(e);
}

static int run(const config *c, const char *command)
{
    err e = ERR_INIT;
    unsigned file_limit = fs_raise_file_limit();
    AUTO(run_context) context = {0};
    if (!run_context_open(&context, c, read_env, worker_count(), &e))
        return fail(&e);
    app *a = app_new(c, &(app_env){.context = &context,
                                   .run_until = run_loop,
                                   .run_ctx = context.loop,
                                   .command = command,
                                   .file_limit = file_limit});
    service_watch *watch = service_watch_start(context.transport);
    service_notify_ready(); /* now, so that a run with nothing to do is a success too */
    int status = loop_watch_signals(context.loop, on_signal, a, &e) ? app_run(a) : fail(&e);
    service_watch_stop(watch);
    if (app_aborted(a)) {
        log_flush(LOG_EXIT_WAIT_MS);
        _exit(status); /* workers may be deep in a large file */
    }
    run_context_end_workers(&context);
    app_free(a);
    return status;
}

int orchestrator_main(int argc, char **argv)
{
    err e = ERR_INIT;
    AUTO(config) c = {0};
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(own_commands); i++)
        if (str_equal(argv[1], own_commands[i].name))
            return own_commands[i].run(argc - 1, argv + 1, read_env, stdout);
    if (argc > 1 && str_equal(argv[1], "completion"))
        return print_completion(argc);
    if (!config_load(argc, argv, read_env, &c, &e))
        return fail(&e);
    if (config_wants_information(&c))
        return show_information(&c);
    log_setup(&(log_options){
        .level = (log_level)c.log_level, .json = c.log_json, .fd = STDERR_FILENO, .queued = true});
    AUTO_FREE char *command = command_text(argc, argv);
    return run(&c, command);
}
