/* The evaluation files of a folder, and the names of their sets.
 *
 * What:    all files below it with a known suffix, in the order of their path's components.
 * Owner:   eval_files is an embedded value; eval_files_deinit.
 * Threads: one.
 * Fails:   no folder, or no file in it: ERR_CONFIG.
 */
#ifndef DETECTION_INDEX_EVAL_FILES_H
#define DETECTION_INDEX_EVAL_FILES_H

#include "base/json/json_value.h"
#include "base/util.h"
#include "decon/base/err.h"

typedef struct eval_files {
    char **paths;
    size_t count, capacity;
} eval_files;

void eval_files_deinit(eval_files *l);
DEFINE_AUTO(eval_files, eval_files_deinit)

bool eval_files_find(const char *dir, eval_files *list, err *e) MUST_USE;

/* The evaluation set of records that do not name one: the file's name without its last suffix. */
slice eval_set_of_file(const char *name);
/* The set of a record: eval_key, else eval_name, else that of its file; malloc'ed. */
char *eval_set_name(const json_value *eval_key, const json_value *eval_name, const char *file);

#endif
