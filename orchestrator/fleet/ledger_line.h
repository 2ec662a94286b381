/* A line of the ledger: one committed file.
 *
 * What:    writes and reads the JSON lines of `_decon/ledger/<run>-<part>.jsonl.zst`. The ledger is a
 *          cache: lines are written after the commit, and a crash loses some.
 * Owner:   strings of a line to be written are borrowed; ledger_line_deinit frees those of a line
 *          that was read.
 * Threads: any.
 * Fails:   ledger_line_read: ERR_PARSE for text that is not a line of format 1.
 */
#ifndef ORCHESTRATOR_FLEET_LEDGER_LINE_H
#define ORCHESTRATOR_FLEET_LEDGER_LINE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "decon/s3/checksum.h"
#include "orchestrator/fleet/set_counts.h"

#define LEDGER_LINE_MAX_BYTES ((size_t)4 << 20)

typedef struct ledger_line {
    const char *key, *etag; /* of the input; "" if the store gave no ETag */
    uint64_t size_bytes;
    s3_checksum checksum;   /* of the input; kind NONE: not computed */
    const char *version_id; /* of the input, if the store has versions; or NULL */
    const char *version;    /* of the program; or NULL */
    bool lines_known;
    uint64_t lines, contaminated_lines;
    set_counts sets; /* contaminated lines of each evaluation set */
    bool contaminated;
    const char *settings; /* fingerprint; or NULL */
    uint64_t spent_ms;    /* from the beginning of the download to the commit */
    int64_t committed_s;  /* seconds since 1970 UTC */
    /* LastModified of the commit object, by the store's clock: a line belongs to the object if this
     * agrees. 0: unknown */
    int64_t result_modified_s;
} ledger_line;

/* With its line end. Appends nothing if the line exceeds LEDGER_LINE_MAX_BYTES. */
void ledger_line_write(const ledger_line *line, buf *out);
bool ledger_line_read(slice text, ledger_line *out, err *e) MUST_USE;
void ledger_line_deinit(ledger_line *line); /* of one that was read */
DEFINE_AUTO(ledger_line, ledger_line_deinit)

#endif
