/* What a batch of `decon detect` has checked, from the record in its report folder, local or not.
 *
 * What:    run_facts_read reads _decon/detect.json: files, lines, and questions by set and split.
 * Owner:   run_facts_deinit. Threads: one.
 * Fails:   never: without a record `found` is false.
 */
#ifndef DETECTION_AUDIT_RUN_FACTS_H
#define DETECTION_AUDIT_RUN_FACTS_H

#include "decon/base/buf.h"
#include "base/json/json_tree.h"
#include "detection/reports/report_store.h"

typedef struct run_facts {
    bool found;
    uint64_t files, lines;
    buf text;
    json_tree tree;
} run_facts;

void run_facts_read(run_facts *f, const report_store *store, const char *dir);
void run_facts_deinit(run_facts *f);
DEFINE_AUTO(run_facts, run_facts_deinit)

/* Questions of a set and split that the files were compared with; 0: not known. */
uint64_t run_facts_questions(const run_facts *f, const char *set, const char *split);

#endif
