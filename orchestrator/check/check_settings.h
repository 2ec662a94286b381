/* Compares the settings of the detection server with those of the results in the report folder.
 *
 * What:    reads the record of the newest run with results (among the newest eight), the list of
 *          recorded settings, and the plan of a claim run in progress; states what a run would do by
 *          on_settings_change. No result is examined, so a folder of millions takes a few requests.
 * Owner:   everything is borrowed for the length of the call.
 * Threads: loop.
 * Fails:   by FIX lines.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_SETTINGS_H
#define ORCHESTRATOR_CHECK_CHECK_SETTINGS_H

#include "base/util.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/runtime/store_session.h"

/* `fingerprint`: of the server's settings; `settings`: the JSON object that it describes. */
void check_settings(check_lines *l, const config *c, store_session *s, const char *fingerprint,
                    const char *settings);

#endif
