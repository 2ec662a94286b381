/* The line hashes of one input, taken by its verification and kept until its result was checked.
 *
 * What:    the first LINEHASH_BATCH hashes are kept in memory; where there are more, all go to a
 *          file without a name in the work directory (8 bytes a line), which ends with this object.
 *          So they belong to the version (ETag, size) that this run's item has loaded, and no later
 *          run can take them for another one's. They count against the disk budget; beyond its
 *          tenth, or where the file cannot be written, they are dropped (line_hashes_whole is
 *          false), and the check decodes the input again.
 * Owner:   counted references: line_hashes_new is the first one. The workdir outlives it.
 * Threads: references on the loop; the rest on one worker at a time.
 * Fails:   taking never does; line_hashes_each by ERR_IO.
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
void line_hashes_unref(line_hashes *h);                /* NULL is fine */

/* A random key, also for texts that are hashed without this object. */
linehash_key line_hashes_key(void);

/* Forgets what was taken; where the next hashes go. They are valid until the next call. */
linehash_sink line_hashes_begin(line_hashes *h);
void line_hashes_end(line_hashes *h); /* the text was read to its end */

/* The text was hashed to its end, and had so many lines. False for NULL. */
bool line_hashes_whole(const line_hashes *h, uint64_t lines);
linehash_key line_hashes_key_of(const line_hashes *h);
/* Hands on all hashes in order, as linehash does; ends early where `take` yields false. */
bool line_hashes_each(const line_hashes *h, bool (*take)(void *ctx, const uint64_t *, size_t),
                      void *ctx, err *e) MUST_USE;

#endif
