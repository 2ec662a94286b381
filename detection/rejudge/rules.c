#include "base/util.h"
#include "detection/rejudge/rules.h"

#include "detection/reports/report_name.h"

#define THRESHOLD_KEY "contamination_score_threshold"

/* The scan's settings have one threshold: records of several runs may differ in other settings. */
static bool check_scan(const run_settings *scan, double scan_threshold, err *e)
{
    if (scan_threshold >= 0)
        return true;
    if (!scan->settings)
        return err_set(e, ERR_USAGE,
                       "the folder has no record of the scan's settings (_decon/detect.json or "
                       "_decon/settings/); give the threshold of the scan with --scan-threshold");
    return scan->records <= 1 ||
           err_set(e, ERR_USAGE,
                   "the folder has records of %zu different settings (_decon/settings/); give the "
                   "threshold of the scan with --scan-threshold",
                   scan->records);
}

static void take_decay(rejudge_rules *r, const run_settings *scan)
{
    double start, end;
    r->knows_decay = scan->settings != NULL;
    r->decay.has_start = run_settings_number(scan, "perfect_match_decay_start", &start);
    r->decay.has_end = run_settings_number(scan, "perfect_match_decay_end", &end);
    r->decay.start = r->decay.has_start ? (size_t)start : 0;
    r->decay.end = r->decay.has_end ? (size_t)end : 0;
}

/* A threshold that the one record of the scan has need not be given; another one is refused. */
static bool compare_with_record(const run_settings *scan, double *scan_threshold, err *e)
{
    double recorded;
    if (*scan_threshold < 0 || scan->records != 1 ||
        !run_settings_number(scan, THRESHOLD_KEY, &recorded))
        return true;
    if ((float)*scan_threshold != (float)recorded)
        return err_set(e, ERR_USAGE,
                       "--scan-threshold %g: the folder's record (%s) has the scan's threshold %g; "
                       "omit the option",
                       *scan_threshold, scan->source, recorded);
    *scan_threshold = -1;
    return true;
}

bool rejudge_rules_make(rejudge_rules *r, const run_settings *scan, double threshold,
                        double scan_threshold, err *e)
{
    double recorded, kept;
    if (!check_scan(scan, scan_threshold, e) || !compare_with_record(scan, &scan_threshold, e))
        return false;
    recorded = scan_threshold;
    if (scan_threshold < 0 && !run_settings_number(scan, THRESHOLD_KEY, &recorded))
        return err_set(e, ERR_USAGE,
                       "the scan's record has no contamination_score_threshold; give it with "
                       "--scan-threshold");
    bool keeps = scan_threshold < 0 && run_settings_number(scan, "report_threshold", &kept);
    r->scan_threshold = (float)recorded;
    r->kept_from = keeps ? (float)kept : r->scan_threshold;
    r->threshold = threshold < 0 ? r->scan_threshold : (float)threshold;
    if (scan_threshold < 0)
        take_decay(r, scan);
    return r->threshold >= r->kept_from ||
           err_set(e, ERR_USAGE,
                   "threshold %g is too low: the scan kept no scores below its %s of %g; scan "
                   "again with --report-threshold %g",
                   (double)r->threshold, keeps ? "report_threshold" : "threshold",
                   (double)r->kept_from, (double)r->threshold);
}

/* As the detection decides (detection/match/match.c, aligned.c), with the score of the scan. */
static bool is_enough(const rejudge_rules *r, const review_line *line)
{
    float overlap = (float)line->question_overlap;
    if ((float)line->score < r->threshold)
        return false;
    if (!r->knows_decay || overlap < 0 || line->is_aligned)
        return true;
    float floor = score_question_floor(r->threshold);
    return overlap >= floor &&
           overlap >= score_threshold((size_t)line->question_tokens, floor, &r->decay);
}

static bool fits_sets(const rejudge_rules *r, const char *set)
{
    if (r->known_sets)
        (void)name_table_number(r->known_sets, set);
    return !r->sets || name_fits(r->sets, set);
}

bool rejudge_rules_count(const rejudge_rules *r, const review_line *line)
{
    const judged_match m = {.eval = line->eval,
                            .split = line->split ? line->split : "",
                            .instance = line->instance,
                            .file = line->file,
                            .line = line->training_line};
    return fits_sets(r, line->eval) && is_enough(r, line) &&
           (!r->suppressed || !suppressions_has(r->suppressed, &m));
}
