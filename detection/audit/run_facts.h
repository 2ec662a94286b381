/* What a batch of `decon detect`, or runs of the orchestrator, have checked, from records in the report
 * folder, local or not.
 *
 * What:    run_facts_read reads _decon/detect.json, or _decon/ledger/: files and lines; and questions
 *          by set and split from the records of the scans.
 * Owner:   run_facts_deinit. Threads: one.
 * Fails:   never: without the record of a batch `found` is false; files and lines are 0 if not known.
 */
#ifndef DETECTION_AUDIT_RUN_FACTS_H
#define DETECTION_AUDIT_RUN_FACTS_H

#include "decon/base/buf.h"
#include "base/json/json_tree.h"
#include "detection/audit/scan_records.h"

typedef struct run_facts {
    bool found;
    uint64_t files, lines;    /* that were read whole */
    uint64_t failed, skipped; /* files of a batch; skipped: it was interrupted before */
    uint64_t unread_lines;    /* of a batch: without a text */
    buf text;                 /* of the record of a batch; the tree borrows it */
    json_tree tree;
    scan_records scans; /* with the sets */
} run_facts;

void run_facts_read(run_facts *f, const report_store *store, const char *dir);
void run_facts_deinit(run_facts *f);
DEFINE_AUTO(run_facts, run_facts_deinit)

/* Questions of a set and split that the files were compared with; 0: not known. */
uint64_t run_facts_questions(const run_facts *f, const char *set, const char *split);
/* The sets and splits that the files were compared with. */
void run_facts_each_set(const run_facts *f,
                        void (*each)(void *ctx, const char *set, const char *split), void *ctx);

#endif
