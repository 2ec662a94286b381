#include "orchestrator/status/store_command.h"

#include <unistd.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/base/loop.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/context/run_context.h"

typedef struct call {
    const store_command *command;
    option_set set;
    config *config; /* first member of the command's struct */
    int argc;
    char **argv;
    const char *(*getenv_fn)(const char *name);
    FILE *out;
} call;

static bool concerns_stores(const option *row, const char *section, bool folders)
{
    bool of_section = str_equal(section, "Store") || str_equal(section, "Log and information");
    if (str_starts_with(row->key, "remote_") || str_starts_with(row->key, "input_"))
        return folders;
    return (of_section && !(row->flags & OPTION_ACCEPTED) && !str_starts_with(row->key, "print_"));
}

/* Appends a run's rows; yields the number of all. */
static size_t add_rows(option *rows, size_t own_count, bool folders)
{
    size_t count = own_count;
    const char *section = NULL, *written = NULL;
    for (size_t i = 0; i < config_options.row_count && count < STORE_COMMAND_ROWS_MAX; i++) {
        const option *row = &config_options.rows[i];
        section = row->section ? row->section : section;
        if (!concerns_stores(row, section, folders))
            continue;
        rows[count] = *row;
        rows[count].section = section == written ? NULL : section;
        rows[count++].flags &= ~(unsigned)OPTION_REQUIRED;
        written = section;
    }
    return count;
}

option_set store_command_options(const store_command *c, option *rows)
{
    for (size_t i = 0; i < c->row_count; i++)
        rows[i] = c->rows[i];
    return (option_set){.rows = rows,
                        .row_count = add_rows(rows, c->row_count, c->folders),
                        .program = c->program,
                        .usage = c->usage,
                        .intro = c->intro,
                        .epilogue = c->epilogue,
                        .related = &config_options};
}

static bool take_file(call *c, int positional, err *e)
{
    const char **file = (const char **)((char *)c->config + c->command->file_offset);
    if (positional + 1 != c->argc)
        return err_set(e, ERR_USAGE, "%s: one file is named; see --help", c->argv[0]);
    *file = c->argv[positional];
    return true;
}

static bool take_folder(call *c, int positional, err *e)
{
    if (positional == c->argc)
        return c->config->remote_report_output_dir ||
               err_set(e, ERR_USAGE,
                       "%s: no report folder is named; give --config FILE or s3://...", c->argv[0]);
    if (positional + 1 < c->argc)
        return err_set(e, ERR_USAGE, "%s: %s: one report folder at a time", c->argv[0],
                       c->argv[positional + 1]);
    free(c->config->remote_report_output_dir);
    c->config->remote_report_output_dir = xstrdup(c->argv[positional]);
    return true;
}

static bool read_options(call *c, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(c->set.row_count, sizeof *origins);
    const char *file = options_peek(c->argc, c->argv, "config", 'c');
    const option_set own = {.rows = c->set.rows, .row_count = c->command->row_count};
    int positional = c->argc;
    if (!options_defaults(&config_options, c->config, e) || !options_defaults(&own, c->config, e) ||
        (file && !options_yaml(&c->set, file, c->config, origins, e)) ||
        !options_environment(&c->set, c->getenv_fn, c->config, origins, e) ||
        !options_arguments(&c->set, c->argc, c->argv, c->config, origins, &positional, e))
        return false;
    if (c->config->help || c->config->version)
        return true;
    names_take_suffixes((const char *const *)c->config->input_suffixes);
    return options_check(&c->set, c->config, origins, e) &&
           (c->command->file_offset ? take_file(c, positional, e) : take_folder(c, positional, e));
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

static int run(call *c)
{
    err e = ERR_INIT;
    AUTO(run_context) context = {0};
    if (!run_context_open(&context, c->config, c->getenv_fn, 0, &e))
        return fail(&e);
    AUTO(store_session) session = {0};
    const store_session_env env = {.transport = context.transport,
                                   .run_until = run_loop,
                                   .run_ctx = context.loop,
                                   .getenv_fn = c->getenv_fn};
    if (!store_session_open(&session, c->config, &env, context.limits.s3_workers, &e))
        return fail(&e);
    return c->command->run(c->config, &session, c->out);
}

static int main_of(call *c)
{
    err e = ERR_INIT;
    const store_command *command = c->command;
    if (!read_options(c, &e))
        return fail(&e);
    if (c->config->help || c->config->version) {
        if (c->config->help)
            options_help(&c->set, c->out);
        else
            fprintf(c->out, "decon-orchestrator %s\n", DECON_VERSION);
        return fflush(c->out) == 0 ? 0 : 1;
    }
    log_setup(&(log_options){.level = (log_level)c->config->log_level,
                             .json = c->config->log_json,
                             .fd = STDERR_FILENO,
                             .queued = true});
    if (command->needs_store && !command->needs_store(c->config))
        return command->run(c->config, NULL, c->out);
    return run(c);
}

int store_command_main(const store_command *command, int argc, char **argv,
                       const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[STORE_COMMAND_ROWS_MAX];
    AUTO_FREE void *options = xcalloc(1, command->options_bytes);
    call c = {.command = command,
              .set = store_command_options(command, rows),
              .config = options,
              .argc = argc,
              .argv = argv,
              .getenv_fn = getenv_fn,
              .out = out};
    int status = main_of(&c);
    options_deinit(&(option_set){.rows = command->rows, .row_count = command->row_count}, options);
    config_deinit(options);
    return status;
}
