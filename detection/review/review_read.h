/* Sums up reports while they are read.
 *
 * What:    review_add takes a report file, or all below a folder; figures by evaluation set and by
 *          file, and for each set the examples that match best, each of another question.
 * Owner:   review_init / review_deinit; options are borrowed.
 * Threads: one.
 * Fails:   a path that cannot be read is ERR_USAGE or ERR_IO; a bad report is counted, with a
 *          warning, and reading continues. Memory: bounded for reports of any size:
 *          INSTANCE_SET_MAX questions, REVIEW_SETS_MAX sets, REVIEW_FILES_MAX files (the
 *          rest is added up under one name), and REVIEW_EXAMPLE_BYTES of examples: beyond this,
 *          fewer of each set are kept.
 */
#ifndef DETECTION_REVIEW_REVIEW_READ_H
#define DETECTION_REVIEW_REVIEW_READ_H

#include "decon/base/err.h"
#include "base/util.h"
#include "detection/audit/question_table.h"
#include "detection/audit/suppressions.h"
#include "detection/reports/report_store.h"
#include "detection/table/instance_set.h"
#include "detection/review/review_marks.h"

#define REVIEW_SETS_MAX      2000
#define REVIEW_FILES_MAX     20000
#define REVIEW_EXAMPLE_BYTES ((size_t)24 << 20)
#define REVIEW_BANDS         6 /* of scores, see review_band_name */

struct review_set;
struct review_example;

typedef struct review_options {
    char **evals, **files; /* NULL-terminated patterns; empty: all */
    double min_score, max_score;
    size_t top;                     /* examples of each set */
    bool lowest_first;              /* keep those of the lowest scores */
    const suppressions *suppressed; /* matches to exclude; or NULL */
    question_table *questions;      /* gets the questions that are found; or NULL */
    const report_store *store;      /* for s3:// URIs; or NULL */
    /* NULL, or called for each match that is counted; the example is released afterwards. */
    void (*on_match)(void *ctx, const struct review_set *set, const struct review_example *x);
    void *ctx;
} review_options;

typedef struct review_part {
    mark_kind kind;
    char *text;
} review_part;

typedef struct review_example {
    double score, question_overlap, answer_overlap, passage_overlap; /* overlaps: below 0: none */
    uint64_t training_line, eval_line, instance;                     /* lines from 0 */
    uint64_t matched_ngrams, ngrams;
    int is_correct;                    /* -1: unknown */
    char *file, *report;               /* for display; the report's path */
    char *reference, *split;           /* split: NULL where absent */
    char *question, *answer, *passage; /* answer, passage: NULL where absent */
    review_part *parts;
    size_t part_count, order, held_bytes; /* order: of reading */
} review_example;

typedef struct review_count {
    char *name;
    uint64_t matches, documents;
    uint64_t last_order; /* of the document that was counted last */
} review_count;

typedef struct review_set {
    review_count count;
    uint64_t bands[REVIEW_BANDS];
    uint64_t instances; /* distinct questions */
    double best_score;
    review_example **top; /* the best first */
    size_t top_count;
} review_set;

typedef struct review {
    const review_options *options;
    size_t top; /* examples kept of each set; fewer than requested if they are long */
    review_set *sets;
    review_count *files;
    size_t set_count, set_capacity, file_count, file_capacity;
    uint64_t bands[REVIEW_BANDS];
    uint64_t reports, matches, documents, instances, filtered_out, suppressed;
    uint64_t bad_lines, bad_reports;
    instance_set seen;
    size_t example_bytes, order;
    struct review_lookup *lookup; /* names to numbers */
} review;

void review_init(review *r, const review_options *options);
void review_deinit(review *r);
DEFINE_AUTO(review, review_deinit)

bool review_add(review *r, const char *path, err *e) MUST_USE;
/* Call after the last report: sorts sets and files by their matches, largest first. */
void review_finish(review *r);

const char *review_band_name(size_t band); /* "1.00", "0.95 to 1" ... */

#endif
