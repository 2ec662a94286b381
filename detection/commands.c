/* The commands of decon. */
#include "decon/base/buf.h"
#include "base/util.h"
#include "base/options/options_completion.h"
#include "detection/commands.h"
#include "detection/compare/compare_command.h"
#include "detection/config/config.h"
#include "detection/batch/detect.h"
#include "detection/evals/evals_command.h"
#include "detection/health/health_command.h"
#include "detection/merge/merge_command.h"
#include "detection/rejudge/rejudge_command.h"
#include "detection/review/review.h"
#include "detection/http/serve.h"

#define SERVER_NAME "decon-server"

enum { EXIT_USAGE = 2 };

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    /* Instead of `run`, for commands that read reports. */
    int (*read)(const report_store *reports, int argc, char **argv);
    const option_set *options;
    const char *summary; /* NULL: another name of the command before */
} command;

static int decon_completion(int argc, char **argv);

static const option_set no_options;

static const command commands[] = {
    {"server", serve_command, NULL, &serve_options,
     "accept jobs over HTTP; the same as " SERVER_NAME},
    {"serve", serve_command, NULL, &serve_options, NULL},
    {"detect", detect_command, NULL, &detect_options,
     "check local files and folders, without HTTP"},
    {"review", NULL, review_command, &review_command_options,
     "show reports on the terminal or as a web page"},
    {"rejudge", NULL, rejudge_command, &rejudge_command_options,
     "apply another threshold or verdicts to reports, without a scan"},
    {"merge", NULL, merge_command, &merge_command_options,
     "add the reports of new evaluation sets to those of an earlier scan"},
    {"compare", NULL, compare_command, &compare_command_options,
     "show how two folders of reports differ"},
    {"evals", evals_command, NULL, &evals_command_options,
     "show, check and convert evaluation sets"},
    {"health", health_command, NULL, &health_command_options,
     "ask a server for its health, for probes"},
    {"completion", decon_completion, NULL, &no_options, "print the completion script for bash"},
};

static int run_command(const command *c, const report_store *reports, int argc, char **argv)
{
    return c->read ? c->read(reports, argc, argv) : c->run(argc, argv);
}

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_equal(name, commands[i].name))
            return &commands[i];
    return NULL;
}

/* The names of commands complete after `program`; `alone`: its options need no command. */
static int print_completion(const char *program, bool alone, int argc)
{
    options_command rows[ARRAY_LEN(commands) + 1];
    size_t count = 0;
    if (argc > 1) {
        fprintf(stderr, "usage: %s completion\n", program);
        return EXIT_USAGE;
    }
    if (alone)
        rows[count++] = (options_command){.name = "", .options = &serve_options};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].summary)
            rows[count++] =
                (options_command){.name = commands[i].name, .options = commands[i].options};
    options_bash_completion(program, rows, count, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int decon_completion(int argc, char **argv)
{
    UNUSED(argv);
    return print_completion("decon", false, argc);
}

static int print_help(void)
{
    puts("Usage: decon COMMAND [OPTION]...\n"
         "\n"
         "Finds text of evaluation sets in training files and writes copies without it.\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].summary)
            printf("  %-12s%s\n", commands[i].name, commands[i].summary);
    puts("\n"
         "`decon COMMAND --help` lists the options of a command, `decon --version` shows the\n"
         "version.");
    return fflush(stdout) == 0 ? 0 : 1;
}

static int unknown_command(const char *name)
{
    const char *names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_name(name, names, ARRAY_LEN(names));
    if (nearest)
        fprintf(stderr, "decon: '%s' is not a command; did you mean `decon %s`?\n", name, nearest);
    else
        fprintf(stderr, "decon: '%s' is not a command; `decon --help` lists them\n", name);
    return EXIT_USAGE;
}

/* `decon help detect` is `decon detect --help`. */
static int help_command(const report_store *reports, int argc, char **argv)
{
    static char flag[] = "--help";
    if (argc < 3)
        return print_help();
    const command *c = find_command(argv[2]);
    char *words[] = {argv[2], flag, NULL};
    return c ? run_command(c, reports, 2, words) : unknown_command(argv[2]);
}

static bool is_server(const char *program)
{
    const char *slash = program ? strrchr(program, '/') : NULL;
    return program && str_starts_with(slash ? slash + 1 : program, SERVER_NAME);
}

static int server_main(const report_store *reports, int argc, char **argv)
{
    const command *c = argc > 1 ? find_command(argv[1]) : NULL;
    if (!c)
        return serve_command(argc, argv);
    if (c->run == decon_completion)
        return print_completion(SERVER_NAME, true, argc - 1);
    return run_command(c, reports, argc - 1, argv + 1);
}

int decon_main(int argc, char **argv, const report_store *reports)
{
    if (is_server(argv[0]))
        return server_main(reports, argc, argv);
    if (argc < 2) {
        fputs("decon: no command is given; `decon --help` lists them\n", stderr);
        return EXIT_USAGE;
    }
    if (str_equal(argv[1], "--version") || str_equal(argv[1], "-V")) {
        puts("decon " DECON_VERSION);
        return 0;
    }
    if (str_equal(argv[1], "help") || str_equal(argv[1], "--help") || str_equal(argv[1], "-h"))
        return help_command(reports, argc, argv);
    const command *c = find_command(argv[1]);
    return c ? run_command(c, reports, argc - 1, argv + 1) : unknown_command(argv[1]);
}
