/* Files of lines below `_decon/` of a report folder, the newest run's first.
 *
 * What:    lists one folder of records, reads its objects, and passes on each line.
 * Owner:   lines are borrowed.
 * Threads: loop.
 * Fails:   by err if the folder cannot be listed. If an object cannot be read completely, the rest
 *          is skipped, with a log line.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_LINES_H
#define ORCHESTRATOR_STATUS_STATUS_LINES_H

#include "base/util.h"
#include "decon/base/err.h"
#include "decon/compression/codec.h"
#include "orchestrator/config/remote_paths.h"
#include "orchestrator/runtime/store_session.h"

typedef struct status_lines {
    store_session *session;
    const place *report;
    const char *folder; /* "ledger" */
    codec_format format;
    bool (*on_line)(void *ctx, slice text, uint64_t number, bool has_newline, err *e);
    void *ctx;
} status_lines;

bool status_lines_read(const status_lines *wanted, err *e) MUST_USE;

#endif
