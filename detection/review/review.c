#include "detection/review/review.h"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "base/options/options.h"
#include "detection/audit/question_files.h"
#include "detection/review/review_audit.h"
#include "detection/audit/run_facts.h"
#include "detection/data/sample_set.h"
#include "detection/review/review_clean.h"
#include "detection/review/review_html.h"
#include "detection/review/review_judge.h"
#include "detection/review/review_terminal.h"

#define TOP_TERMINAL   3
#define TOP_JUDGED     1000
#define PAGE_MAX_BYTES ((size_t)1 << 30)
#define COLUMNS_ELSE   100 /* if no terminal reports it */
#define COLUMNS_MIN    40
#define COLUMNS_MAX    160

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum { EXIT_SOME_BAD = 3 };

typedef struct review_config {
    char **evals, **files;
    double min_score, max_score;
    int64_t top;
    char *html;
    bool json, stats, dump, judge, help, version;
    char *evals_dir, *vocabulary_dir, *split, *contaminated, *clean_subset, *suppress;
    bool assume_searched;
    int color;
} review_config;

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(review_config, member), .fallback = dflt,    \
        .flags = OPTION_FLAG_ONLY, __VA_ARGS__                                                     \
    }
/* clang-format on */

static const char *const color_choices[] = {"auto", "always", "never", NULL};

static const option rows[] = {
    ROW("eval", OPTION_LIST, evals, NULL, .metavar = "NAME", .section = "What is shown",
        .help = "Only evaluation sets whose name contains this, or matches this pattern (* ? [)."),
    ROW("file", OPTION_LIST, files, NULL, .metavar = "NAME",
        .help = "Only training files, or reports, whose name contains this, or matches it."),
    ROW("min_score", OPTION_FLOAT, min_score, "0", .min = 0, .max = 1,
        .help = "Only matches of this score or more."),
    ROW("max_score", OPTION_FLOAT, max_score, "1", .min = 0, .max = 1,
        .help = "Only matches of this score or less, to see borderline ones."),
    ROW("top", OPTION_INT, top, NULL, .min = 1, .max = 1000,
        .help = "Examples of each evaluation set, best first, one per question; "
                "default: 3, in a page all."),
    ROW("suppress", OPTION_STRING, suppress, NULL, .metavar = "FILE",
        .help = "Omit matches that were judged to be false (see --judge)."),
    ROW("stats", OPTION_BOOL, stats, "false", .section = "How",
        .help = "Show figures only, no examples."),
    ROW("dump", OPTION_BOOL, dump, "false",
        .help = "Show every match, in the order of the reports, then the figures."),
    ROW("judge", OPTION_BOOL, judge, "false",
        .help = "Ask for a verdict on each example, lowest scores first; writes --suppress FILE."),
    ROW("html", OPTION_STRING, html, NULL, .metavar = "FILE",
        .help = "Write a page with filters, one self-contained file; - for standard "
                "output."),
    ROW("json", OPTION_BOOL, json, "false", .help = "Write one JSON object."),
    ROW("color", OPTION_ENUM, color, "auto", .choices = color_choices,
        .help = "Colours; auto: on a terminal, unless NO_COLOR is set."),
    ROW("evals_dir", OPTION_STRING, evals_dir, NULL, .metavar = "DIR|sample",
        .section = "Evaluation questions",
        .help = "Evaluation files, for shares and --clean-subset; sample: the sample set."),
    ROW("contaminated", OPTION_STRING, contaminated, NULL, .metavar = "FILE",
        .help = "Write the questions that were found; CSV if FILE ends in .csv, else JSON."),
    ROW("clean_subset", OPTION_STRING, clean_subset, NULL, .metavar = "FILE",
        .help = "Write the instances of each set without a match (JSON); needs --evals-dir."),
    ROW("split", OPTION_STRING, split, NULL, .metavar = "NAME",
        .help = "Restrict --clean-subset to this split, as lm-evaluation-harness reads --samples."),
    ROW("vocabulary_dir", OPTION_STRING, vocabulary_dir, NULL, .metavar = "DIR",
        .help = "Folder of the scan's byte-pair vocabulary, for --clean-subset; default: as "
                "recorded."),
    ROW("assume_searched", OPTION_BOOL, assume_searched, "false",
        .help =
            "Allow --clean-subset without a record of the scan: it searched for all questions."),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .section = "Others",
        .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .help = "Show the version and exit."),
};

const option_set review_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon review",
    .usage = "decon review [OPTION]... FOLDER|REPORT...",
    .intro =
        "Shows reports of the server, of detect or of decon-orchestrator: the number of "
        "matches of each evaluation set, their scores and files, and the best of "
        "them with question, answer and passage marked in the training text. In folders, all "
        "*.report.jsonl below are read, and the reference program's *-simple-*.jsonl; "
        "compressed ones too. A folder may be an s3:// URI; its connection is set as for other AWS "
        "programs (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL).",
    .epilogue =
        "Examples:\n"
        "  decon review reports\n"
        "  decon review --stats reports\n"
        "  decon review --eval gsm8k --min-score 0.95 --top 10 reports\n"
        "  decon review --evals-dir /data/evals --split test --clean-subset clean.json reports\n"
        "  decon review --judge --suppress false.jsonl --max-score 0.9 reports\n"
        "  decon review --html review.html reports && xdg-open review.html\n"
        "  decon review --stats s3://my-bucket/decon/reports\n"
        "\n"
        "Exit statuses: 0 all reports were read; 1 input or output failed; 2 usage; 3 some\n"
        "lines or reports could not be read (the warnings name them).",
};

typedef struct sources {
    const report_store *reports;
    char **names; /* folders and reports, NULL-terminated */
} sources;

static bool env_is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

static bool speaks_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (env_is_set(names[i]))
            return strcasestr(getenv(names[i]), "utf-8") || strcasestr(getenv(names[i]), "utf8");
    return false;
}

static size_t columns(void)
{
    struct winsize size;
    uint64_t count = 0;
    const char *said = getenv("COLUMNS");
    if (!said || !num_parse_u64(said, &count) || count == 0)
        count = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                : COLUMNS_ELSE;
    return (size_t)MIN(MAX(count, COLUMNS_MIN), COLUMNS_MAX);
}

static review_look look_of(const review_config *c)
{
    bool is_terminal = isatty(STDOUT_FILENO) && !str_equal(getenv("TERM"), "dumb");
    return (review_look){.width = columns(),
                         .color =
                             c->color == COLOR_ALWAYS ||
                             (c->color == COLOR_AUTO && is_terminal && !env_is_set("NO_COLOR")),
                         .blocks = speaks_utf8(),
                         .stats = c->stats,
                         .dumped = c->dump};
}

/* What was checked, of all folders. */
static void add_facts(const report_store *reports, char **names, review_page *p)
{
    for (size_t i = 0; names[i]; i++) {
        AUTO(run_facts) f = {0};
        run_facts_read(&f, reports, names[i]);
        p->files += f.files;
        p->lines += f.lines;
    }
}

/* The examples requested by --top; without it, all were added while reading. */
static void add_best(const review *r, page_rows *data)
{
    for (size_t i = 0; i < r->set_count; i++)
        for (size_t k = 0; k < r->sets[i].top_count; k++)
            page_rows_add(data, r->sets[i].count.name, r->sets[i].top[k]);
}

static bool write_page(const review *r, const review_config *c, const sources *from,
                       page_rows *data, err *e)
{
    char **names = from->names;
    AUTO(run_settings) settings = {0};
    AUTO(buf) page = BUF(PAGE_MAX_BYTES);
    char made[40];
    time_t now = time(NULL);
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    strftime(made, sizeof made, "%Y-%m-%d %H:%M UTC", &utc);
    AUTO_FREE char *source = names[1] ? xasprintf("%s and others", names[0]) : xstrdup(names[0]);
    run_settings_read(&settings, from->reports, names[0]);
    review_page p = {.r = r, .rows = data, .source = source, .made = made, .settings = &settings};
    add_facts(from->reports, names, &p);
    if (c->top > 0)
        add_best(r, data);
    review_html(&p, &page);
    if (page.overflow)
        return err_set(e, ERR_LIMIT, "the page would be larger than 1 GiB; give --top N");
    if (str_equal(c->html, "-"))
        return fs_write_all(STDOUT_FILENO, page.data, page.len, e);
    if (!fs_write_file(c->html, buf_slice(&page), false, e))
        return false;
    log_info("%s: %llu of %llu match%s; open it in a browser", c->html,
             (unsigned long long)data->count, (unsigned long long)r->matches,
             r->matches == 1 ? "" : "es");
    return true;
}

static bool show(const review *r, const review_config *c, const review_look *look,
                 const sources *from, page_rows *data, err *e)
{
    if (c->html && !write_page(r, c, from, data, e))
        return false;
    if (c->json)
        review_print_json(r, look->audit, stdout);
    else if (!c->html)
        review_print(r, look, stdout);
    return fflush(stdout) == 0 || err_set(e, ERR_IO, "standard output cannot be written");
}

static bool write_list(const char *path, const buf *text, err *e)
{
    return text->overflow ? err_set(e, ERR_LIMIT, "%s: the list is larger than 1 GiB", path)
                          : fs_write_file(path, buf_slice(text), false, e);
}

/* Questions of a report that was not read whole would be listed as clean. */
static bool may_write_lists(const review_config *c, const review *r)
{
    const char *path = c->clean_subset ? c->clean_subset : c->contaminated;
    bool ok = !path || (r->bad_lines == 0 && r->bad_reports == 0);
    if (!ok)
        log_error("%s: is not written: some reports could not be read; repair or remove them",
                  path);
    return ok;
}

static bool write_lists(const review_config *c, const question_table *t, err *e)
{
    AUTO(buf) found = BUF(PAGE_MAX_BYTES);
    AUTO(buf) clean = BUF(PAGE_MAX_BYTES);
    if (c->contaminated && str_ends_with(c->contaminated, ".csv"))
        question_put_found_csv(t, &found);
    else if (c->contaminated)
        question_put_found_json(t, &found);
    if (c->clean_subset)
        question_put_clean(t, c->split, &clean);
    return (!c->contaminated || write_list(c->contaminated, &found, e)) &&
           (!c->clean_subset || write_list(c->clean_subset, &clean, e));
}

static void dump_match(void *ctx, const review_set *set, const review_example *x)
{
    review_print_example(set, x, ctx, stdout);
}

static void add_row(void *ctx, const review_set *set, const review_example *x)
{
    page_rows_add(ctx, set->count.name, x);
}

static bool wants_audit(const review_config *c)
{
    return c->stats || c->evals_dir || c->contaminated || c->clean_subset;
}

static size_t top_of(const review_config *c)
{
    size_t usual = c->judge ? TOP_JUDGED : TOP_TERMINAL;
    return c->top > 0 ? (size_t)c->top : usual;
}

static bool read_reports(review *r, char **names, err *e)
{
    for (size_t i = 0; names[i]; i++)
        if (!review_add(r, names[i], e))
            return false;
    review_finish(r);
    if (r->top < r->options->top)
        log_warn("the examples are long: the best %zu of each set are kept instead of %zu", r->top,
                 r->options->top);
    return true;
}

/* Yields the exit status; -1: see e. */
static int run(const review_config *c, const sources *from, err *e)
{
    AUTO(question_table) questions = {0};
    AUTO(suppressions) known = {0};
    AUTO(review_audit) audit = {0};
    AUTO(review) r = {0};
    AUTO(page_rows) data = {0};
    AUTO(review_clean) clean = {.dirs = from->names, .state = BUF(0)};
    review_look look = look_of(c);
    review_options options = {.evals = c->evals,
                              .files = c->files,
                              .min_score = c->min_score,
                              .max_score = c->max_score,
                              .top = top_of(c),
                              .lowest_first = c->judge,
                              .suppressed = c->suppress ? &known : NULL,
                              .questions = wants_audit(c) ? &questions : NULL,
                              .store = from->reports,
                              .on_match = c->dump ? dump_match : NULL,
                              .ctx = &look};
    review_init(&r, &options);
    page_rows_init(&data);
    if (c->html && c->top == 0) {
        options.on_match = add_row;
        options.ctx = &data;
    }
    clean.evals = (scan_evals){.dir = c->evals_dir, .vocabulary_dir = c->vocabulary_dir};
    clean.assume_searched = c->assume_searched;
    if (c->clean_subset)
        review_clean_begin(&clean, from->reports);
    if ((c->suppress && !suppressions_read(&known, c->suppress, c->judge, e)) ||
        (c->evals_dir && !question_table_read(&questions, c->evals_dir, e)) ||
        !read_reports(&r, from->names, e) ||
        (c->clean_subset && !review_clean_check(&clean, &r, e)))
        return -1;
    if (wants_audit(c)) {
        audit.evals = c->evals;
        review_audit_fill(&audit, &questions, from->reports, from->names);
        look.audit = &audit;
    }
    bool ok = c->judge ? review_judge(&r, &look, &known, c->suppress, stdin, stdout, e)
                       : show(&r, c, &look, from, &data, e);
    if (!ok || (may_write_lists(c, &r) && !write_lists(c, &questions, e)))
        return -1;
    return r.bad_lines > 0 || r.bad_reports > 0 ? EXIT_SOME_BAD : 0;
}

/* A match that a filter excludes would make its question clean. */
static bool check_clean_subset(const review_config *c, err *e)
{
    bool filters =
        (c->evals && *c->evals) || (c->files && *c->files) || c->min_score > 0 || c->max_score < 1;
    if (!c->clean_subset)
        return true;
    if (filters)
        return err_set(e, ERR_USAGE,
                       "--clean-subset lists questions without any match; omit --eval, --file, "
                       "--min-score and --max-score (another threshold: decon rejudge)");
    return c->evals_dir ||
           err_set(e, ERR_USAGE, "--clean-subset needs --evals-dir DIR: the questions of the sets");
}

static bool check_options(const review_config *c, err *e)
{
    if (c->json && c->html && str_equal(c->html, "-"))
        return err_set(e, ERR_USAGE, "--json and --html - both want standard output");
    if (c->dump && (c->json || c->html))
        return err_set(e, ERR_USAGE, "--dump writes text; omit --json and --html");
    if (c->judge && (!c->suppress || c->json || c->html || c->dump))
        return err_set(e, ERR_USAGE,
                       "--judge needs --suppress FILE for the verdicts, and no --json, --html or "
                       "--dump");
    return check_clean_subset(c, e);
}

static bool read_options(review_config *c, int argc, char **argv, int *positional, err *e)
{
    const option_set *set = &review_command_options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    if (!options_defaults(set, c, e) ||
        !options_arguments(set, argc, argv, c, origins, positional, e))
        return false;
    if (c->help || c->version)
        return true;
    if (!check_options(c, e) ||
        (c->evals_dir && !sample_set_find(&c->evals_dir, "decon review --evals-dir", NULL, e)))
        return false;
    return *positional < argc ||
           err_set(e, ERR_USAGE,
                   "no reports are named; name a folder of reports (decon review --help)");
}

int review_command(const report_store *reports, int argc, char **argv)
{
    err e = ERR_INIT;
    review_config c = {0};
    int positional = argc, status = -1;
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    if (read_options(&c, argc, argv, &positional, &e)) {
        status = 0;
        if (c.help)
            options_help(&review_command_options, stdout);
        else if (c.version)
            printf("decon " DECON_VERSION "\n");
        else
            status = run(&c, &(sources){.reports = reports, .names = argv + positional}, &e);
    }
    options_deinit(&review_command_options, &c);
    if (status >= 0)
        return status;
    log_error("decon review: %s", e.message);
    return err_exit_status(&e);
}
