#include "base/util.h"
#include "detection/review/review_clean.h"

#include <inttypes.h>

#include "decon/base/log.h"
#include "detection/audit/run_facts.h"
#include "detection/audit/scan_questions.h"

/* `decon rejudge --in-place` may have moved the matches of sets to near misses. */
static bool check_rejudge(const report_store *store, const char *dir, err *e)
{
    AUTO(run_settings) now = {0};
    AUTO(buf) sets = BUF((size_t)1 << 20);
    AUTO(buf) complete = BUF((size_t)64);
    run_settings_read(&now, store, dir);
    if (run_settings_member(&now, "evaluation_sets", &sets))
        return err_set(e, ERR_USAGE,
                       "%s: decon rejudge --eval excluded the matches of other sets; run decon "
                       "rejudge --in-place without --eval first",
                       dir);
    return !run_settings_text(&now, "complete", &complete) ||
           !str_equal(buf_str(&complete), "false") ||
           err_set(e, ERR_USAGE, "%s: decon rejudge was interrupted; run it again first", dir);
}

static void warn_of_failed_files(const report_store *store, const char *dir)
{
    AUTO(run_facts) facts = {0};
    run_facts_read(&facts, store, dir);
    if (facts.failed > 0)
        log_warn("%s: the scan failed for %" PRIu64 " files; questions in them count as clean", dir,
                 facts.failed);
}

static bool check_folder(const review *r, const char *dir, const char *evals_dir, err *e)
{
    const report_store *store = r->options->store;
    AUTO(run_settings) scan = {0};
    run_settings_read_scan(&scan, store, dir);
    warn_of_failed_files(store, dir);
    if (scan.records > 1)
        return err_set(e, ERR_USAGE,
                       "%s: has records of %zu different settings (_decon/settings/); "
                       "--clean-subset needs results of one",
                       dir, scan.records);
    if (scan.settings)
        return check_rejudge(store, dir, e) &&
               scan_questions_check(r->options->questions, &scan, evals_dir, e);
    log_warn("%s: has no record of the scan: whether it searched for the questions of %s is not "
             "known",
             dir, evals_dir);
    return r->reports > 0 ||
           err_set(e, ERR_USAGE, "%s: no report and no record of a scan; name its report folder",
                   dir);
}

bool review_clean_check(const review *r, char *const *dirs, const char *evals_dir, err *e)
{
    for (size_t i = 0; dirs[i]; i++)
        if (!check_folder(r, dirs[i], evals_dir, e))
            return false;
    uint64_t left_out = scan_questions_left_out(r->options->questions);
    if (left_out > 0)
        log_warn("%s: %" PRIu64 " questions were not searched for (too short, copies, or not in "
                 "report_sets) and are not listed as clean",
                 evals_dir, left_out);
    return true;
}
