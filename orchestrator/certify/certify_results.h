/* The results of a report folder: from the ledger, and by HEAD of commit objects that it lacks.
 *
 * What:    a line of the ledger counts if key, size and ETag equal those of the listed input, and
 *          verdict and time those of the listed commit object. Every other result is requested. If
 *          a commit object is of another version of its input, the input counts as left.
 * Owner:   everything is the caller's.
 * Threads: loop.
 * Fails:   by err if the ledger cannot be listed, or a commit object cannot be read.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFY_RESULTS_H
#define ORCHESTRATOR_CERTIFY_CERTIFY_RESULTS_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/certify/certify_table.h"
#include "orchestrator/runtime/store_session.h"

bool certify_results_read(store_session *session, certify_table *t, err *e) MUST_USE;

#endif
