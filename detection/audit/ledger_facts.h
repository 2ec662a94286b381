/* What runs of the orchestrator have checked, from their ledger in the report folder.
 *
 * What:    ledger_facts_read adds up the lines of _decon/ledger/ (docs/records.md): files, and their
 *          lines. Of a file that was committed several times the last commit counts.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   never: without a ledger, or if it cannot be read completely, both are 0.
 * Memory:  24 bytes for each line of the ledger.
 */
#ifndef DETECTION_AUDIT_LEDGER_FACTS_H
#define DETECTION_AUDIT_LEDGER_FACTS_H

#include "base/util.h"
#include "detection/reports/report_store.h"

typedef struct ledger_facts {
    uint64_t files, lines;
} ledger_facts;

ledger_facts ledger_facts_read(const report_store *store, const char *dir);

#endif
