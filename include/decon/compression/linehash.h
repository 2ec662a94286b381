/* One 64-bit hash per line of a stream.
 *
 * What:    the hash covers the line and its line end: only `\n` ends a line, `\r` is content, and a
 *          last line without `\n` counts. Hashes depend on a key, which must be the same for two
 *          texts to be compared and unknown to their authors. The split of the text does not
 *          matter.
 * Owner:   decon_linehash_new / decon_linehash_free. Hashes are borrowed by the callback.
 * Threads: one at a time.
 * Fails:   never. Two different lines collide with a probability of about 2^-63.
 * Memory:  32 KiB.
 */
#ifndef DECON_COMPRESSION_LINEHASH_H
#define DECON_COMPRESSION_LINEHASH_H

#include "decon/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECON_LINEHASH_BATCH 4096 /* hashes per callback */

typedef struct decon_linehash_key {
    uint64_t words[2]; /* random */
} decon_linehash_key;

typedef struct decon_linehash_sink {
    decon_linehash_key key;
    /* Gets the next hashes in order, at most DECON_LINEHASH_BATCH. False: stop. */
    bool (*take)(void *ctx, const uint64_t *hashes, size_t count);
    void *ctx;
} decon_linehash_sink;

typedef struct decon_linehash decon_linehash;

decon_linehash *decon_linehash_new(const decon_linehash_sink *sink) DECON_MUST_USE; /* copied */
/* False if `take` returned false; the rest of the text need not be fed. */
bool decon_linehash_feed(decon_linehash *h, decon_slice text);
bool decon_linehash_finish(decon_linehash *h); /* ends the text */
void decon_linehash_free(decon_linehash *h);   /* NULL is allowed */
DECON_DEFINE_AUTO_PTR(decon_linehash, decon_linehash_free)

#ifdef __cplusplus
}
#endif

#endif
