/* Applies other rules to a folder of reports.
 *
 * What:    rejudge_run reads reports and near misses, decides again which matches count, and writes
 *          the results on request; `changes` names the files whose contaminated lines or matches
 *          differ.
 * Owner:   rejudge_result_deinit; options are borrowed.
 * Threads: one.
 * Fails:   a folder that cannot be read: ERR_USAGE, ERR_IO. A report with a bad line, or one that
 *          another program has replaced meanwhile, is left unchanged and counted, with a warning.
 * Memory:  56 bytes for each near miss, and for each match of one file. Text is on disk.
 *
 * At any time each match is in the report or in the file of near misses: it is written to one
 * file before it is removed from the other.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_RUN_H
#define DETECTION_REJUDGE_REJUDGE_RUN_H

#include "detection/rejudge/file_lines.h"
#include "detection/rejudge/rejudge_remote.h"

typedef enum rejudge_target { REJUDGE_SHOW, REJUDGE_FOLDER, REJUDGE_IN_PLACE } rejudge_target;

typedef struct rejudge_options {
    const char *folder;
    const report_store *store;
    const rejudge_rules *rules;
    rejudge_target target;
    const char *output; /* REJUDGE_FOLDER: an existing, empty folder; IN_PLACE: `folder` */
    const rejudge_remote *remote; /* IN_PLACE, where `folder` is in a store; else NULL */
    const char *spool;            /* remote: path beside which temporary files are made */
} rejudge_options;

typedef struct rejudge_change {
    char *name; /* of the training file, as reports have it */
    file_change change;
} rejudge_change;

typedef struct rejudge_result {
    rejudge_change *changes; /* in the order of names */
    size_t count, capacity;
    file_change total;                                 /* of all files */
    uint64_t files, contaminated, contaminated_before; /* with matches or near misses */
    uint64_t bad_lines, bad_files;                     /* bad_files: unchanged */
} rejudge_result;

void rejudge_result_deinit(rejudge_result *r);
DEFINE_AUTO(rejudge_result, rejudge_result_deinit)

bool rejudge_run(const rejudge_options *options, rejudge_result *out, err *e) MUST_USE;

#endif
