#include "base/util.h"
#include "detection/merge/merge_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "detection/merge/merge_facts.h"
#include "detection/merge/merge_run.h"
#include "detection/rejudge/new_folder.h"
#include "detection/rejudge/rejudge_record.h"

typedef struct merge_config {
    char *output;
    bool help, version;
} merge_config;

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(merge_config, member), .fallback = dflt,     \
        .flags = OPTION_FLAG_ONLY, __VA_ARGS__                                                     \
    }
/* clang-format on */

static const option rows[] = {
    ROW("output", OPTION_STRING, output, NULL, .metavar = "DIR", .section = "Output",
        .help = "Write all reports to this new folder; required."),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .section = "Others",
        .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .help = "Show the version and exit."),
};

const option_set merge_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon merge",
    .usage = "decon merge --output DIR REPORTS ADDED-REPORTS (folders or s3://...)",
    .intro =
        "Adds the matches of new evaluation sets to the reports of an earlier scan of the same "
        "files. The second folder is that of a scan with all sets in --evals-dir and the new "
        "ones in --report-sets. Scores stay those of their scans; each line of the merged "
        "reports names its scan (scored_by). Files that need cleaning again are named.",
    .epilogue =
        "Examples:\n"
        "  decon detect --evals-dir all-sets --report-sets gpqa --report-output-dir added "
        "training/\n"
        "  decon merge --output merged reports added\n"
        "  decon merge --output merged s3://my-bucket/decon/reports s3://my-bucket/decon/added\n"
        "\n"
        "Exit statuses: 0 done; 1 input or output failed; 2 usage, or scans that cannot be merged.",
};

static void print_result(const merge_scans *s, const merge_result *r)
{
    for (size_t i = 0; i < r->count; i++)
        printf("CLEAN AGAIN: %s (%" PRIu64 " more line%s)\n", r->changes[i].name,
               r->changes[i].lines_added, plural_s(r->changes[i].lines_added));
    printf("%" PRIu64 " file%s, %" PRIu64 " contaminated; %" PRIu64 " match%s, %" PRIu64
           " of them added; %" PRIu64 " contaminated line%s, %" PRIu64 " of them added\n",
           r->files, plural_s(r->files), r->contaminated, r->matches, r->matches == 1 ? "" : "es",
           r->matches_added, r->lines, plural_s(r->lines), r->lines_added);
    printf("scores of the added matches are of scan %.12s, all others of earlier scans (%.12s); "
           "frequencies of n-grams depend on all sets of a scan\n",
           s->fingerprints[1], s->fingerprints[0]);
}

typedef struct new_reports {
    const merge_scans *scans;
    const merge_facts *facts;
    const report_store *store;
    merge_result *result;
} new_reports;

static bool fill_folder(void *ctx, const char *partial, err *e)
{
    const new_reports *n = ctx;
    return merge_run(n->scans, n->store, partial, n->result, e) &&
           rejudge_record_copy(n->store, n->scans->folders[0], partial, e) &&
           merge_facts_write(n->facts, n->scans, partial, e) &&
           merge_record_write(n->scans, &n->facts->of[0], partial, e);
}

/* Yields the exit status; -1: e has the cause. */
static int run(const merge_config *c, const report_store *store, char **folders, err *e)
{
    AUTO(merge_scans) scans = {.sets = NULL};
    AUTO(merge_facts) facts = {0};
    AUTO(merge_result) result = {.count = 0};
    new_reports reports = {.scans = &scans, .facts = &facts, .store = store, .result = &result};
    if (!merge_scans_read(&scans, store, folders[0], folders[1], e) ||
        !merge_facts_check(&facts, &scans, store, e) ||
        !new_folder_write(c->output, fill_folder, &reports, e))
        return -1;
    print_result(&scans, &result);
    if (fflush(stdout) != 0)
        return err_set(e, ERR_IO, "standard output cannot be written") ? 0 : -1;
    return 0;
}

static bool check_options(const merge_config *c, err *e)
{
    if (!c->output)
        return err_set(e, ERR_USAGE, "--output DIR is required");
    if (report_store_has(c->output))
        return err_set(e, ERR_USAGE, "%s: --output is a local folder; upload it with decon-s3 sync",
                       c->output);
    return !fs_exists(c->output) ||
           err_set(e, ERR_USAGE, "%s: exists; name a new folder", c->output);
}

static bool read_options(merge_config *c, int argc, char **argv, int *positional, err *e)
{
    const option_set *set = &merge_command_options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    if (!options_defaults(set, c, e) ||
        !options_arguments(set, argc, argv, c, origins, positional, e))
        return false;
    if (c->help || c->version)
        return true;
    return (*positional + 2 == argc ||
            err_set(e, ERR_USAGE, "name two folders of reports (decon merge --help)")) &&
           check_options(c, e);
}

int merge_command(const report_store *reports, int argc, char **argv)
{
    err e = ERR_INIT;
    merge_config c = {.output = NULL};
    int positional = argc, status = -1;
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    if (read_options(&c, argc, argv, &positional, &e)) {
        status = 0;
        if (c.help)
            options_help(&merge_command_options, stdout);
        else if (c.version)
            puts("decon " DECON_VERSION);
        else
            status = run(&c, reports, argv + positional, &e);
    }
    options_deinit(&merge_command_options, &c);
    if (status >= 0)
        return status;
    log_error("decon merge: %s", e.message);
    return err_exit_status(&e);
}
