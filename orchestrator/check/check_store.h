/* Checks the store for a run.
 *
 * What:    credentials and region, input folder readable, output folders readable and writable,
 *          object metadata kept, conditional writes honoured, the host's clock compared with the
 *          store's.
 *          A probe object is written below `_decon/` of the report folder and removed.
 * Owner:   everything is borrowed for the length of the call.
 * Threads: loop.
 * Fails:   by FIX lines.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_STORE_H
#define ORCHESTRATOR_CHECK_CHECK_STORE_H

#include "base/util.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/runtime/store_session.h"

/* False: the store does not answer, or its folders cannot be used. */
bool check_store(check_lines *l, const config *c, store_session *s);

#endif
