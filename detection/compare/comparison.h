/* Compares two folders of reports.
 *
 * What:    comparison_add reads a folder as one side. A match is known by training file, line,
 *          evaluation set, split and instance; where a side has several of these, the best score
 *          counts. comparison_finish sorts and counts.
 * Owner:   embedded; comparison_init / comparison_deinit. `options` are borrowed.
 * Threads: one.
 * Fails:   a path that cannot be read: ERR_USAGE, ERR_IO. A bad line is counted, with a warning.
 * Memory:  48 bytes for each match, and the names of sets and files.
 */
#ifndef DETECTION_COMPARE_COMPARISON_H
#define DETECTION_COMPARE_COMPARISON_H

#include "decon/base/err.h"
#include "base/util.h"
#include "detection/reports/report_store.h"
#include "detection/table/name_table.h"

typedef struct compare_match {
    uint64_t line, instance; /* line from 0 */
    uint32_t file, set, split;
    float scores[2]; /* below 0: not in this side */
} compare_match;

typedef struct compare_counts {
    uint64_t both, only[2], moved; /* moved: of both, those whose score differs */
} compare_counts;

typedef struct compare_options {
    char **sets;               /* NULL-terminated names; empty: all */
    double tolerance;          /* smaller differences of scores do not count */
    const report_store *store; /* for s3:// URIs; or NULL */
} compare_options;

typedef struct comparison {
    const compare_options *options;
    name_table sets, files, splits;
    compare_match *matches; /* after comparison_finish: by set, file, line, instance */
    uint32_t *slots;        /* until comparison_finish */
    size_t match_count, match_capacity, slot_count;
    compare_counts total, *by_set; /* by number of set */
    uint64_t reports[2], lines[2], bad_lines;
    uint64_t documents[2];
} comparison;

void comparison_init(comparison *c, const compare_options *options);
void comparison_deinit(comparison *c);
DEFINE_AUTO(comparison, comparison_deinit)

bool comparison_add(comparison *c, size_t side, const char *path, err *e) MUST_USE;
void comparison_finish(comparison *c);

bool compare_is_moved(const comparison *c, const compare_match *m);

#endif
