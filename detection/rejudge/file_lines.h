/* The matches of one training file, from its report and its near misses, with their verdicts.
 *
 * What:    file_lines_add takes a line; file_lines_judge removes duplicates, decides which matches
 *          count, and sums up the changes.
 * Owner:   file_lines_deinit. Threads: one. Fails: never.
 * Memory:  56 bytes for each match.
 */
#ifndef DETECTION_REJUDGE_FILE_LINES_H
#define DETECTION_REJUDGE_FILE_LINES_H

#include "detection/rejudge/rules.h"

typedef struct judged_line {
    uint64_t training_line;
    uint64_t offset; /* of its text in a line_store */
    uint64_t text_hash;
    uint64_t place_hash; /* of question and position: the detection reports each once */
    uint32_t len;
    bool is_near; /* it was not in the report */
    bool counts;
} judged_line;

typedef struct file_lines {
    char *label;       /* name of the training file, as reports have it */
    char *report_path; /* NULL: none */
    char *near_path;
    char *report_etag, *near_etag; /* of objects in a store; NULL: none */
    judged_line *lines;            /* after file_lines_judge: in the order of a report */
    size_t count, capacity;
    size_t copies; /* near misses that were also in the report, removed by file_lines_judge */
    bool is_bad;   /* it could not be read completely */
} file_lines;

typedef struct file_change {
    uint64_t lines_added, lines_removed; /* contaminated lines of the training file */
    uint64_t lines, lines_before;
    uint64_t matches, matches_before;
    bool moves; /* a match moves into the report or out of it */
} file_change;

void file_lines_deinit(file_lines *f);
DEFINE_AUTO(file_lines, file_lines_deinit)

/* `counts`: the result of rejudge_rules_count. */
void file_lines_add(file_lines *f, const review_line *line, slice text, uint64_t offset,
                    bool is_near, bool counts);
file_change file_lines_judge(file_lines *f);

#endif
