/* The evaluation files of a folder.
 *
 * What:    all files below it with a known suffix, in the order of their path's components.
 * Owner:   eval_files is an embedded value; eval_files_deinit.
 * Threads: one.
 * Fails:   no folder, or no file in it: ERR_CONFIG.
 */
#ifndef DETECTION_INDEX_EVAL_FILES_H
#define DETECTION_INDEX_EVAL_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct eval_files {
    char **paths;
    size_t count, capacity;
} eval_files;

void eval_files_deinit(eval_files *l);
DEFINE_AUTO(eval_files, eval_files_deinit)

bool eval_files_find(const char *dir, eval_files *list, err *e) MUST_USE;

#endif
