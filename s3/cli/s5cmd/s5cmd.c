#include "s3/cli/s5cmd/s5cmd.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/s5cmd/globals.h"
#include "s3/cli/s5cmd/style.h"
#include "s3/cli/s5cmd/translate.h"

/* --- help --- */

static void print_flags(const s5cmd_flags *flags, bool is_global)
{
    for (size_t i = 0; i < flags->count; i++) {
        const s5cmd_flag *f = &flags->rows[i];
        AUTO_FREE char *name = xasprintf("--%s%s%s%s", f->name, f->letter ? ", -" : "",
                                         f->letter ? f->letter : "", f->has_value ? " value" : "");
        if (is_global)
            printf("  %-32s %s\n", name, f->ours);
        else if (f->meaning == S5CMD_NOTHING)
            printf("  %-32s no effect\n", name);
        else if (f->meaning == S5CMD_REFUSED)
            printf("  %-32s refused: %s\n", name, f->ours);
        else
            printf("  %-32s\n", name);
    }
}

static int print_help(void)
{
    puts("Usage: s5cmd [GLOBAL FLAG]... COMMAND [FLAG]... [ARGUMENT]...\n\n"
         "decon-s3 with the command line and the output of s5cmd.\n\nCommands:");
    for (size_t i = 0; i < s5cmd_row_count; i++)
        printf("  %-15s %s%s\n", s5cmd_rows[i].name,
               s5cmd_rows[i].usage ? "" : "refused: ", s5cmd_rows[i].summary);
    puts("  version         print the version\n\nGlobal flags:");
    print_flags(&s5cmd_global_flags, true);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int print_command_help(const s5cmd_row *row)
{
    printf("Usage: s5cmd %s%s %s\n\n%s\n", row->name, row->flags.count > 0 ? " [FLAG]..." : "",
           row->usage, row->summary);
    if (row->flags.count > 0)
        puts("\nFlags:");
    print_flags(&row->flags, false);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int print_version(void)
{
    puts("decon-s3 " DECON_VERSION ", with the command line of s5cmd v2.3.0");
    return fflush(stdout) == 0 ? 0 : 1;
}

/* `help`, `version`, `COMMAND --help`, and no command at all. */
static bool is_for_help(const s5cmd_globals *g, int count, char **words, int *status)
{
    bool help = g->help || count == 0 || str_equal(words[0], "help") || str_equal(words[0], "h");
    const char *name = count == 0                    ? NULL
                       : str_equal(words[0], "help") ? (count > 1 ? words[1] : NULL)
                                                     : words[0];
    bool own = count > 1 && (str_equal(words[1], "--help") || str_equal(words[1], "-h"));
    const s5cmd_row *row = name ? s5cmd_find(name) : NULL;
    if (g->version || (name && str_equal(name, "version")))
        *status = print_version();
    else if ((help || own) && row && row->usage)
        *status = print_command_help(row);
    else if (help)
        *status = print_help();
    else
        return false;
    return true;
}

/* --- one command --- */

static int run(const cli_command *command, const s5cmd_globals *g, cli *c, line_words *words)
{
    err e = ERR_INIT;
    cli_config config = {0};
    int status = 1;
    bool ok = cli_parse(command, words->count, words->words, &config, c, &e);
    s5cmd_globals_apply(g, &config);
    config.progress = false;
    if (ok) {
        log_setup(&(log_options){
            .level = (log_level)config.log_level, .json = config.json, .fd = 2, .queued = true});
        status = cli_run_command(c) == 0 ? 0 : 1;
    } else {
        s5cmd_print_usage_error(g->json, c->typed, &e);
    }
    options_deinit(&command->options, &config);
    return status;
}

static int run_words(const s5cmd_globals *g, char **argv, int count)
{
    AUTO(line_words) words = {0};
    err e = ERR_INIT;
    cli c = {.as_s5cmd = true, .style = &s5cmd_style};
    for (int i = 0; i < count; i++)
        line_words_add(&words, argv[i]);
    c.typed = s5cmd_typed(words.words, words.count);
    const cli_command *command = s5cmd_translate(&words, &e);
    int status = 1;
    if (command)
        status = run(command, g, &c, &words);
    else
        s5cmd_print_usage_error(g->json, c.typed, &e);
    free(c.typed);
    return status;
}

int s5cmd_main(int argc, char **argv)
{
    err e = ERR_INIT;
    s5cmd_globals globals;
    int first = 1, status = 0;
    if (!s5cmd_globals_read(argc, argv, &globals, &first, &e)) {
        s5cmd_print_usage_error(globals.json, NULL, &e);
        return 1;
    }
    if (is_for_help(&globals, argc - first, argv + first, &status))
        return status;
    return run_words(&globals, argv + first, argc - first);
}
