/* The ledger of a run: a line in the store for each file that was committed.
 *
 * What:    lines are compressed (zstd) at once and uploaded in parts: at 8 MiB of text, after 15
 *          minutes, and at the end. The parts are also kept in an unnamed file of the work directory;
 *          at the end they are uploaded as one object, and then the parts are removed. zstd frames
 *          can be concatenated, so both forms have the same content.
 * Owner:   ledger_new / ledger_free; client and work directory outlive it.
 * Threads: loop.
 * Fails:   never: the ledger is a cache. A part that cannot be uploaded is a warning, once.
 * Memory:  the compressed text of two parts, and the encoder.
 */
#ifndef ORCHESTRATOR_OBSERVE_LEDGER_H
#define ORCHESTRATOR_OBSERVE_LEDGER_H

#include "base/util.h"
#include "decon/s3/s3.h"
#include "orchestrator/fleet/ledger_line.h"

typedef struct ledger ledger;

typedef struct ledger_options {
    transport *transport;
    s3_client *s3;
    const char *bucket, *report_prefix, *run; /* borrowed */
    int spool_fd; /* an empty file, owned from here on; -1: parts are not merged at the end */
} ledger_options;

ledger *ledger_new(const ledger_options *options) MUST_USE;
void ledger_add(ledger *l, const ledger_line *line);
/* Uploads the rest and merges the parts; `on_done` is called once, possibly at once. */
void ledger_close(ledger *l, void (*on_done)(void *ctx), void *ctx);
uint64_t ledger_sent_bytes(const ledger *l); /* by requests that have ended */
void ledger_free(ledger *l);                 /* cancels what is in flight; NULL is allowed */

#endif
