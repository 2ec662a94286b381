/* The line hashes of one input, computed by its verification and kept until its result is checked.
 *
 * What:    the first LINEHASH_BATCH hashes are kept in memory; if there are more, all are stored in
 *          an unnamed file in the work directory (8 bytes per line), which disappears with this
 *          object. So they belong to the version (ETag, size) of this run's download only. They
 *          count toward the disk budget; beyond a tenth of it, or if the file cannot be written,
 *          they are dropped (line_hashes_whole is false), and the check decodes the input again.
 * Owner:   reference-counted; line_hashes_new returns the first reference. The workdir outlives it.
 * Threads: references on the loop; the rest on one worker at a time.
 * Fails:   line_hashes_each by ERR_IO; writing never fails.
 */
#ifndef ORCHESTRATOR_TRANSFER_LINE_HASHES_H
#define ORCHESTRATOR_TRANSFER_LINE_HASHES_H

#include "decon/base/err.h"
#include "decon/compression/linehash.h"
#include "base/util.h"
#include "orchestrator/local/workdir.h"

typedef struct line_hashes line_hashes;

line_hashes *line_hashes_new(workdir *w) MUST_USE;
line_hashes *line_hashes_ref(line_hashes *h) MUST_USE; /* NULL gives NULL */
void line_hashes_unref(line_hashes *h);                /* NULL is allowed */

/* A random key; also for texts hashed without this object. */
linehash_key line_hashes_key(void);

/* Discards all hashes; returns the sink for new ones, valid until the next call. */
linehash_sink line_hashes_begin(line_hashes *h);
void line_hashes_end(line_hashes *h); /* the text has ended */

/* Whether the text was hashed completely and had `lines` lines. False for NULL. */
bool line_hashes_whole(const line_hashes *h, uint64_t lines);
linehash_key line_hashes_key_of(const line_hashes *h);
/* Passes all hashes in order, as linehash does; ends early if `take` returns false. */
bool line_hashes_each(const line_hashes *h, bool (*take)(void *ctx, const uint64_t *, size_t),
                      void *ctx, err *e) MUST_USE;

#endif
