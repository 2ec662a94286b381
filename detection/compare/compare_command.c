#include "base/util.h"
#include "detection/compare/compare_command.h"

#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "detection/compare/compare_print.h"

#define PAGE_MAX_BYTES ((size_t)1 << 30)
#define TOP_TERMINAL   20
#define TOP_PAGE       1000

enum { EXIT_BAD_LINES = 3, EXIT_DIFFERENT = 4 };

typedef struct compare_config {
    char **sets;
    double tolerance;
    int64_t top;
    char *html;
    bool stats, json, fail, help, version;
} compare_config;

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(compare_config, member), .fallback = dflt,   \
        .flags = OPTION_FLAG_ONLY, __VA_ARGS__                                                     \
    }
/* clang-format on */

static const option rows[] = {
    ROW("eval", OPTION_LIST, sets, NULL, .metavar = "NAME", .section = "What is compared",
        .help = "Only evaluation sets whose name contains this."),
    ROW("tolerance", OPTION_FLOAT, tolerance, "0.00001", .min = 0, .max = 1,
        .help = "Ignore differences of scores up to this."),
    ROW("stats", OPTION_BOOL, stats, "false", .section = "Output",
        .help = "Show counts and settings only, no matches."),
    ROW("top", OPTION_INT, top, NULL, .min = 1, .max = 1000000,
        .help = "Number of matches shown of each kind (default 20; in a page 1,000)."),
    ROW("json", OPTION_BOOL, json, "false", .help = "Write one JSON object with all differences."),
    ROW("html", OPTION_STRING, html, NULL, .metavar = "FILE",
        .help = "Write a web page, one file; - for standard output."),
    ROW("fail_on_difference", OPTION_BOOL, fail, "false",
        .help = "Exit with status 4 if a match is in one folder only or a score differs."),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .section = "Others",
        .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .help = "Show the version and exit."),
};

const option_set compare_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon compare",
    .usage = "decon compare [OPTION]... FOLDER FOLDER",
    .intro = "Compares two folders of reports: matches in both, in only one, and with "
             "different scores, by evaluation set; and the settings of the two runs if they "
             "are recorded. A match is identified by training file, line, evaluation set and "
             "question, so "
             "both runs must have read the same files. A folder may be an s3:// URI.",
    .epilogue =
        "Examples:\n"
        "  decon compare results-a results-b\n"
        "  decon compare --stats --eval mmlu results-a results-b\n"
        "  decon compare --html comparison.html results-a results-b\n"
        "  decon compare results-a s3://my-bucket/decon/reports\n"
        "\n"
        "Exit statuses: 0 compared; 1 input or output failed; 2 usage; 3 some lines could not\n"
        "be read; 4 they differ (--fail-on-difference).",
};

static bool write_page(const compare_config *c, const compare_view *v, err *e)
{
    AUTO(buf) page = BUF(PAGE_MAX_BYTES);
    compare_page(v, &page);
    if (page.overflow)
        return err_set(e, ERR_LIMIT, "the page would be larger than 1 GiB; lower --top");
    if (str_equal(c->html, "-"))
        return fs_write_all(STDOUT_FILENO, page.data, page.len, e);
    return fs_write_file(c->html, buf_slice(&page), false, e);
}

static bool show(const compare_config *c, const compare_view *v, err *e)
{
    if (c->html && !write_page(c, v, e))
        return false;
    if (c->json)
        compare_print_json(v, stdout);
    else if (!c->html)
        compare_print(v, stdout);
    return fflush(stdout) == 0 || err_set(e, ERR_IO, "standard output cannot be written");
}

static int status_of(const compare_config *c, const comparison *x)
{
    if (x->bad_lines > 0)
        return EXIT_BAD_LINES;
    bool differ = x->total.only[0] + x->total.only[1] + x->total.moved > 0;
    return c->fail && differ ? EXIT_DIFFERENT : 0;
}

/* Yields the exit status; -1: e has the cause. */
static int run(const compare_config *c, const report_store *reports, char **names, err *e)
{
    const compare_options options = {.sets = c->sets, .tolerance = c->tolerance, .store = reports};
    AUTO(run_settings) a = {0};
    AUTO(run_settings) b = {0};
    AUTO(comparison) x = {0};
    comparison_init(&x, &options);
    if (!comparison_add(&x, 0, names[0], e) || !comparison_add(&x, 1, names[1], e))
        return -1;
    comparison_finish(&x);
    run_settings_read(&a, reports, names[0]);
    run_settings_read(&b, reports, names[1]);
    compare_view v = {.c = &x,
                      .names = {names[0], names[1]},
                      .settings = {&a, &b},
                      .top = c->top > 0 ? (size_t)c->top
                             : c->html  ? TOP_PAGE
                                        : TOP_TERMINAL,
                      .stats = c->stats};
    return show(c, &v, e) ? status_of(c, &x) : -1;
}

static bool read_options(compare_config *c, int argc, char **argv, int *positional, err *e)
{
    const option_set *set = &compare_command_options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    if (!options_defaults(set, c, e) ||
        !options_arguments(set, argc, argv, c, origins, positional, e))
        return false;
    if (c->json && c->html && str_equal(c->html, "-"))
        return err_set(e, ERR_USAGE, "--json and --html - both want standard output");
    return c->help || c->version || *positional + 2 == argc ||
           err_set(e, ERR_USAGE, "name two folders of reports (decon compare --help)");
}

int compare_command(const report_store *reports, int argc, char **argv)
{
    err e = ERR_INIT;
    compare_config c = {0};
    int positional = argc, status = -1;
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    if (read_options(&c, argc, argv, &positional, &e)) {
        status = 0;
        if (c.help)
            options_help(&compare_command_options, stdout);
        else if (c.version)
            puts("decon " DECON_VERSION);
        else
            status = run(&c, reports, argv + positional, &e);
    }
    options_deinit(&compare_command_options, &c);
    if (status >= 0)
        return status;
    log_error("decon compare: %s", e.message);
    return err_exit_status(&e);
}
