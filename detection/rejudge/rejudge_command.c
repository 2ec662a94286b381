#include "base/util.h"
#include "detection/rejudge/rejudge_command.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/digest.h"
#include "decon/base/log.h"
#include "detection/audit/run_facts.h"
#include "detection/rejudge/new_folder.h"
#include "detection/rejudge/rejudge_print.h"
#include "detection/rejudge/rejudge_record.h"
#include "detection/rejudge/rejudge_sets.h"
#include "detection/reports/report_files.h"
#include "detection/reports/report_name.h"

enum { EXIT_SOME_BAD = 3, EXIT_CHANGED = 4 };

typedef struct rejudge_config {
    double threshold, scan_threshold; /* below 0: not given */
    char **sets;
    char *suppress, *output;
    bool in_place, json, fail, help, version;
} rejudge_config;

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(rejudge_config, member), .fallback = dflt,   \
        .flags = OPTION_FLAG_ONLY, __VA_ARGS__                                                     \
    }
/* clang-format on */

static const option rows[] = {
    ROW("threshold", OPTION_FLOAT, threshold, NULL, .min = 0, .max = 1, .section = "What counts",
        .help = "Lowest score of a contaminated document; default: the scan's threshold."),
    ROW("suppress", OPTION_STRING, suppress, NULL, .metavar = "FILE",
        .help = "Omit matches that were judged to be false (decon review --judge)."),
    ROW("eval", OPTION_LIST, sets, NULL, .metavar = "NAME",
        .help = "Only sets whose name contains this, or matches the pattern; default: all sets."),
    ROW("scan_threshold", OPTION_FLOAT, scan_threshold, NULL, .min = 0, .max = 1,
        .help = "Threshold of the scan; default: as recorded in the folder."),
    ROW("output", OPTION_STRING, output, NULL, .metavar = "DIR", .section = "Output",
        .help = "Write all reports to this new folder; default: only show what would change."),
    ROW("in_place", OPTION_BOOL, in_place, "false", .help = "Rewrite the reports that change."),
    ROW("json", OPTION_BOOL, json, "false", .help = "Write one JSON object."),
    ROW("fail_on_change", OPTION_BOOL, fail, "false",
        .help = "Exit with status 4 if files need cleaning again."),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .section = "Others",
        .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .help = "Show the version and exit."),
};

const option_set rejudge_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon rejudge",
    .usage = "decon rejudge [OPTION]... FOLDER|s3://...",
    .intro = "Applies another threshold, manual verdicts, or a choice of evaluation sets to "
             "reports, without a scan, and names the files that need cleaning again. Matches that "
             "do not count are kept in *.near.jsonl beside the reports. A threshold below the "
             "scan's needs a scan with --report-threshold. Scores stay those of the scan.",
    .epilogue =
        "Examples:\n"
        "  decon rejudge --threshold 0.9 reports\n"
        "  decon rejudge --threshold 0.7 --output reports-0.7 reports\n"
        "  decon rejudge --suppress false.jsonl --in-place reports\n"
        "  decon rejudge --eval gsm8k --eval 'mmlu*' --json s3://my-bucket/decon/reports\n"
        "\n"
        "Exit statuses: 0 done; 1 input or output failed; 2 usage, or a threshold that the scan\n"
        "does not allow; 3 some reports could not be read and are left unchanged; 4 files need\n"
        "cleaning again (--fail-on-change).",
};

static void now_text(char *out, size_t size)
{
    time_t now = time(NULL);
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

typedef struct new_reports {
    rejudge_options *options;
    rejudge_record *record;
    rejudge_result *result;
} new_reports;

/* The new folder has no ledger. */
static void take_numbers(new_reports *n)
{
    AUTO(run_facts) facts = {0};
    run_facts_read(&facts, n->options->store, n->options->folder);
    n->record->files = facts.found ? 0 : facts.files;
    n->record->lines = facts.found ? 0 : facts.lines;
}

static bool fill_folder(void *ctx, const char *partial, err *e)
{
    new_reports *n = ctx;
    n->options->output = partial;
    if (!rejudge_run(n->options, n->result, e))
        return false;
    n->record->result = n->result;
    take_numbers(n);
    return rejudge_record_copy(n->options->store, n->options->folder, partial, e) &&
           rejudge_record_write(n->record, partial, e);
}

static bool put_rules(const rejudge_config *c, const rejudge_rules *r, rejudge_remote *remote,
                      err *e)
{
    uint8_t digest[SHA256_BYTES];
    AUTO(buf) text = BUF(SIZE_MAX);
    AUTO(buf) verdicts = BUF(SIZE_MAX);
    if (c->suppress && !fs_read_file(c->suppress, SIZE_MAX, &verdicts, e))
        return false;
    buf_printf(&text, "%.7g %.7g", (double)r->threshold, (double)r->scan_threshold);
    for (char *const *set = c->sets; set && *set; set++)
        buf_printf(&text, "\neval %s", *set);
    buf_append_str(&text, c->suppress ? "\nsuppress\n" : "");
    buf_append_slice(&text, buf_slice(&verdicts));
    sha256(buf_slice(&text), digest);
    hex_encode(digest, sizeof digest, remote->rules);
    remote->is_scan = r->threshold == r->scan_threshold && !c->suppress && !(c->sets && *c->sets);
    return true;
}

/* The folder is in a store. */
static bool write_remote(const rejudge_config *c, const rejudge_options *o, rejudge_record *record,
                         rejudge_result *result, err *e)
{
    const char *temp = getenv("TMPDIR");
    AUTO_FREE char *spool = xasprintf("%s/decon-rejudge", temp && *temp ? temp : "/tmp");
    AUTO(buf) text = BUF(REJUDGE_RECORD_MAX_BYTES);
    AUTO(rejudge_remote)
    remote = {.store = o->store,
              .folder = o->folder,
              .has_markers = run_settings_are_of_runs(record->scan)};
    if (!put_rules(c, o->rules, &remote, e))
        return false;
    record->rules_digest = remote.is_scan ? NULL : remote.rules;
    rejudge_options in_store = *o;
    in_store.remote = &remote;
    in_store.spool = spool;
    rejudge_record_put(record, &text);
    if (!rejudge_remote_begin(&remote, buf_slice(&text), e) || !rejudge_run(&in_store, result, e))
        return false;
    record->result = result->bad_files == 0 ? result : NULL;
    buf_clear(&text);
    rejudge_record_put(record, &text);
    return rejudge_remote_end(&remote, buf_slice(&text), e);
}

static bool write_in_place(rejudge_options *o, rejudge_record *record, rejudge_result *result,
                           err *e)
{
    o->output = o->folder;
    if (!rejudge_record_write(record, o->folder, e) || !rejudge_run(o, result, e))
        return false;
    record->result = result;
    return rejudge_record_write(record, o->folder, e);
}

static bool apply(const rejudge_config *c, rejudge_options *o, const run_settings *scan,
                  rejudge_result *result, err *e)
{
    char time_text[40];
    now_text(time_text, sizeof time_text);
    rejudge_record record = {
        .rules = o->rules, .scan = scan, .suppress = c->suppress, .time = time_text};
    if (o->target == REJUDGE_FOLDER)
        return new_folder_write(c->output, fill_folder,
                                &(new_reports){.options = o, .record = &record, .result = result},
                                e);
    if (o->target == REJUDGE_IN_PLACE && report_store_has(o->folder))
        return write_remote(c, o, &record, result, e);
    if (o->target == REJUDGE_IN_PLACE)
        return write_in_place(o, &record, result, e);
    return rejudge_run(o, result, e);
}

static bool on_any_name(void *ctx, const char *name, err *e)
{
    UNUSED(name), UNUSED(e);
    *(bool *)ctx = true;
    return true;
}

static bool may_be_output(const char *path)
{
    bool any = false;
    return !fs_exists(path) || (fs_each_name(path, on_any_name, &any, NULL) && !any);
}

static int status_of(const rejudge_config *c, const rejudge_result *r)
{
    if (r->bad_files > 0)
        return EXIT_SOME_BAD;
    for (size_t i = 0; i < r->count && c->fail; i++)
        if (rejudge_needs_cleaning(&r->changes[i]))
            return EXIT_CHANGED;
    return 0;
}

/* Yields the exit status; -1: e has the cause. */
static int run(const rejudge_config *c, const report_store *reports, const char *folder, err *e)
{
    AUTO(suppressions) known = {0};
    AUTO(run_settings) scan = {0};
    AUTO(rejudge_result) result = {0};
    rejudge_rules rules = {.sets = c->sets, .suppressed = c->suppress ? &known : NULL};
    rejudge_options options = {.folder = folder,
                               .store = reports,
                               .rules = &rules,
                               .target = c->output     ? REJUDGE_FOLDER
                                         : c->in_place ? REJUDGE_IN_PLACE
                                                       : REJUDGE_SHOW};
    run_settings_read_scan(&scan, reports, folder);
    if ((c->suppress && !suppressions_read(&known, c->suppress, false, e)) ||
        !rejudge_rules_make(&rules, &scan, c->threshold, c->scan_threshold, e) ||
        !rejudge_sets_check(&options, &rules, e) || !apply(c, &options, &scan, &result, e))
        return -1;
    (c->json ? rejudge_print_json : rejudge_print)(&rules, &result, stdout);
    if (fflush(stdout) != 0)
        return err_set(e, ERR_IO, "standard output cannot be written") ? 0 : -1;
    return status_of(c, &result);
}

static bool is_report(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return report_name_stem(name, NULL) > 0 || report_name_stem(name, NEAR_SUFFIX) > 0;
}

static bool check_options(const rejudge_config *c, const char *folder, err *e)
{
    if (c->output && c->in_place)
        return err_set(e, ERR_USAGE, "--output and --in-place: give one of them");
    if (c->in_place && is_report(folder))
        return err_set(e, ERR_USAGE, "%s: --in-place needs the folder of reports, not one of them",
                       folder);
    if (c->output && report_store_has(c->output))
        return err_set(e, ERR_USAGE, "%s: --output is a local folder; upload it with decon-s3 sync",
                       c->output);
    return !c->output || may_be_output(c->output) ||
           err_set(e, ERR_USAGE, "%s: exists and is not an empty folder; name a new one",
                   c->output);
}

static bool read_options(rejudge_config *c, int argc, char **argv, int *positional, err *e)
{
    const option_set *set = &rejudge_command_options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    if (!options_defaults(set, c, e))
        return false;
    c->threshold = c->scan_threshold = -1;
    if (!options_arguments(set, argc, argv, c, origins, positional, e))
        return false;
    if (c->help || c->version)
        return true;
    return (*positional + 1 == argc ||
            err_set(e, ERR_USAGE, "name one folder of reports (decon rejudge --help)")) &&
           check_options(c, argv[*positional], e);
}

int rejudge_command(const report_store *reports, int argc, char **argv)
{
    err e = ERR_INIT;
    rejudge_config c = {0};
    int positional = argc, status = -1;
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    if (read_options(&c, argc, argv, &positional, &e)) {
        status = 0;
        if (c.help)
            options_help(&rejudge_command_options, stdout);
        else if (c.version)
            puts("decon " DECON_VERSION);
        else
            status = run(&c, reports, argv[positional], &e);
    }
    options_deinit(&rejudge_command_options, &c);
    if (status >= 0)
        return status;
    log_error("decon rejudge: %s", e.message);
    return err_exit_status(&e);
}
