/* Converts benchmarks in local files to evaluation records.
 *
 * What:    convert_run writes a file for each set and split of evals.yaml; convert_renumber copies
 *          evaluation files with doc_ids that are unique.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   with file and line; files that were finished before stay.
 */
#ifndef DETECTION_CONVERT_CONVERT_H
#define DETECTION_CONVERT_CONVERT_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct convert_result {
    const char *set, *split;
    uint64_t files, rows, records, without_question, renumbered;
    uint64_t unreadable; /* files of formats that are not read */
} convert_result;

typedef struct convert_options {
    const char *config, *output_dir;
    const char *source_dir; /* of hf_path and of relative paths; NULL: the working directory */
    const char *set;        /* only this entry; NULL: all */
    /* Called for each set and split; files 0: none was found. */
    void (*on_result)(void *ctx, const convert_result *r);
    void *ctx;
} convert_options;

bool convert_run(const convert_options *options, err *e) MUST_USE;
bool convert_renumber(const char *dir, const char *output_dir, convert_result *total, err *e)
    MUST_USE;

#endif
