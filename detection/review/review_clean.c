#include "base/util.h"
#include "detection/review/review_clean.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/options/options.h"
#include "decon/base/log.h"
#include "detection/audit/run_facts.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

static void put_states(const review_clean *c, const report_store *store, buf *out)
{
    buf_init(out, SIZE_MAX);
    for (size_t i = 0; c->dirs[i]; i++)
        scan_records_put_state(store, c->dirs[i], out);
}

void review_clean_begin(review_clean *c, const report_store *store)
{
    put_states(c, store, &c->state);
}

void review_clean_deinit(review_clean *c)
{
    buf_deinit(&c->state);
}

/* --- decon rejudge --- */

/* NULL-terminated patterns of --eval; empty if all sets count. */
static char **patterns_of(const run_settings *s)
{
    const json_node *list =
        s->settings ? json_tree_member(&s->tree, s->settings, SLICE_LIT("evaluation_sets")) : NULL;
    const json_node *n = list ? json_tree_first(&s->tree, list) : NULL;
    char **patterns = xcalloc((list ? list->count : 0) + 1, sizeof *patterns);
    for (size_t i = 0; n; n = json_tree_next(&s->tree, n), i++) {
        AUTO(buf) name = BUF(TEXT_MAX_BYTES);
        json_node_put_text(n, &name);
        patterns[i] = xstrdup(buf_str(&name));
    }
    return patterns;
}

/* The matches of sets that `decon rejudge --eval` excluded are in *.near.jsonl. */
static bool check_rejudge(const review *r, const char *dir, err *e)
{
    AUTO(run_settings) now = {0};
    AUTO(buf) complete = BUF((size_t)64);
    run_settings_read(&now, r->options->store, dir);
    if (run_settings_text(&now, "complete", &complete) && !str_equal(buf_str(&complete), "true"))
        return err_set(e, ERR_USAGE,
                       "%s: decon rejudge was interrupted or left reports as they were; run it "
                       "again first",
                       dir);
    char **patterns = patterns_of(&now);
    scan_questions_leave_out(r->options->questions, patterns);
    for (char **p = patterns; *p; p++)
        free(*p);
    free(patterns);
    return true;
}

/* --- scans --- */

static bool check_files(const review *r, const char *dir, err *e)
{
    AUTO(run_facts) facts = {0};
    run_facts_read(&facts, r->options->store, dir);
    if (facts.failed > 0)
        log_warn("%s: the scan failed for %" PRIu64 " file%s; questions in %s count as clean", dir,
                 facts.failed, facts.failed == 1 ? "" : "s", facts.failed == 1 ? "it" : "them");
    if (facts.unread_lines > 0)
        log_warn("%s: the scan could not read %" PRIu64 " line%s; questions in %s count as clean",
                 dir, facts.unread_lines, plural_s(facts.unread_lines),
                 facts.unread_lines == 1 ? "it" : "them");
    return facts.skipped == 0 ||
           err_set(e, ERR_USAGE,
                   "%s: the scan was interrupted before %" PRIu64 " file%s; run it again first",
                   dir, facts.skipped, facts.skipped == 1 ? "" : "s");
}

static bool check_without_record(const review_clean *c, const review *r, const char *dir, err *e)
{
    if (!c->assume_searched)
        return err_set(e, ERR_USAGE,
                       "%s: has no record of its scan, so whether it searched for the questions of "
                       "%s is not known; name the folder that the scan wrote, or give "
                       "--assume-searched",
                       dir, c->evals.dir);
    log_warn("%s: has no record of its scan; all questions of %s count as searched for "
             "(--assume-searched)",
             dir, c->evals.dir);
    return r->reports > 0 || err_set(e, ERR_USAGE, "%s: no report", dir);
}

static bool check_folder(const review_clean *c, const review *r, const char *dir, err *e)
{
    AUTO(scan_records) scans = {0};
    scan_records_read(&scans, r->options->store, dir);
    if (scans.unreadable > 0)
        return err_set(e, ERR_USAGE,
                       "%s: %zu record%s of its scans (_decon/) cannot be read; restore %s", dir,
                       scans.unreadable, scans.unreadable == 1 ? "" : "s",
                       scans.unreadable == 1 ? "it" : "them");
    if (scans.count == 0)
        return check_without_record(c, r, dir, e) && check_rejudge(r, dir, e);
    return check_files(r, dir, e) && check_rejudge(r, dir, e) &&
           (scan_questions_check(r->options->questions, &scans, &c->evals, e) ||
            err_context(e, "%s", dir));
}

static bool check_state(const review_clean *c, const review *r, err *e)
{
    AUTO(buf) now = BUF(0);
    put_states(c, r->options->store, &now);
    return slice_equal(buf_slice(&now), buf_slice(&c->state)) ||
           err_set(e, ERR_USAGE,
                   "%s: a scan or decon rejudge changed the reports while they were read; run "
                   "review again after it",
                   c->dirs[0]);
}

bool review_clean_check(const review_clean *c, const review *r, err *e)
{
    if (!check_state(c, r, e))
        return false;
    for (size_t i = 0; c->dirs[i]; i++)
        if (!check_folder(c, r, c->dirs[i], e))
            return false;
    uint64_t left_out = scan_questions_left_out(r->options->questions);
    if (left_out > 0)
        log_warn("%s: %" PRIu64 " question%s not searched for (too short, copies, or of sets that "
                 "are not reported) and not listed as clean",
                 c->evals.dir, left_out, left_out == 1 ? " was" : "s were");
    return true;
}
