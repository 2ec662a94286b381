/* What a batch of `decon detect`, or runs of the orchestrator, have checked, from records in the report
 * folder, local or not.
 *
 * What:    run_facts_read reads _decon/detect.json: files, lines, and questions by set and split; or
 *          files and lines from _decon/ledger/.
 * Owner:   run_facts_deinit. Threads: one.
 * Fails:   never: without the record of a batch `found` is false; files and lines are 0 if not known.
 */
#ifndef DETECTION_AUDIT_RUN_FACTS_H
#define DETECTION_AUDIT_RUN_FACTS_H

#include "decon/base/buf.h"
#include "base/json/json_tree.h"
#include "detection/reports/report_store.h"

typedef struct run_facts {
    bool found;
    uint64_t files, lines, failed; /* failed: files of a batch that could not be read whole */
    buf text;
    json_tree tree;
} run_facts;

void run_facts_read(run_facts *f, const report_store *store, const char *dir);
void run_facts_deinit(run_facts *f);
DEFINE_AUTO(run_facts, run_facts_deinit)

/* Questions of a set and split that the files were compared with; 0: not known. */
uint64_t run_facts_questions(const run_facts *f, const char *set, const char *split);
/* The sets and splits that the files were compared with. */
void run_facts_each_set(const run_facts *f,
                        void (*each)(void *ctx, const char *set, const char *split), void *ctx);
/* Whether a set that the files were compared with fits the pattern (report_name.h). */
bool run_facts_has_set(const run_facts *f, char *pattern);

#endif
