/* Surveys evaluation files, record by record, before they are used.
 *
 * What:    survey_read reads all files of a folder as the server does, but continues after a bad
 *          line: counts by set and split, lengths of kept records, faults with file and line.
 * Owner:   embedded; survey_init / survey_deinit. `settings` and `options` are borrowed.
 * Threads: one.
 * Fails:   no folder or no file in it: ERR_CONFIG. A file that cannot be decoded is a fault.
 */
#ifndef DETECTION_EVALS_SURVEY_H
#define DETECTION_EVALS_SURVEY_H

#include "base/util.h"
#include "detection/convert/doc_ids.h"
#include "detection/index/eval_files.h"
#include "detection/index/index.h"

enum { SURVEY_QUESTION, SURVEY_ANSWER, SURVEY_PASSAGE, SURVEY_PARTS };

typedef struct survey_lengths { /* in tokens, of the records that are kept */
    uint32_t *values;           /* ascending after survey_read */
    size_t count, capacity;
} survey_lengths;

typedef struct survey_row {
    char *set, *split;            /* split: "" where records have none */
    uint64_t records;             /* all readable records */
    uint64_t parts[SURVEY_PARTS]; /* records with a question, an answer, a passage */
    uint64_t kept;                /* used by the detection; the rest: */
    uint64_t few_tokens, few_words, duplicates, empty;
    uint64_t repeated_ids; /* records whose doc_id another record has; among the others */
    uint64_t unreadable;   /* lines that are not records; not among `records` */
    survey_lengths lengths[SURVEY_PARTS];
} survey_row;

typedef struct survey_options {
    const char *set; /* only sets of this name; NULL: all */
    uint64_t max_line_bytes;
    /* NULL, or called for each fault; line from 1, 0: the whole file. */
    void (*on_fault)(void *ctx, const char *path, uint64_t line, const char *cause);
    void *ctx;
} survey_options;

typedef struct survey {
    const survey_options *options;
    ngram_index *x;
    eval_files files;
    doc_ids ids;
    survey_row *rows; /* by set and split after survey_read */
    size_t row_count, row_capacity, last_row;
    uint64_t faults;
    /* `lines` are the records of all rows, `unreadable` of all rows, and: */
    uint64_t lines, no_set, blank, other_sets; /* no_set: unreadable lines without a row */
} survey;

bool survey_init(survey *s, const detect_settings *settings, const survey_options *options, err *e)
    MUST_USE;
void survey_deinit(survey *s);
DEFINE_AUTO(survey, survey_deinit)

bool survey_read(survey *s, const char *dir, err *e) MUST_USE;

#endif
