/* One 64-bit hash for each line of a text that streams by.
 *
 * What:    the hash is taken over the line with its line end: `\n` alone ends a line, `\r` is
 *          content, and a last line without `\n` is a line. The key decides which hashes come out:
 *          two texts are compared under one key, which whoever made the texts does not know.
 *          Any split of the same text gives the same hashes.
 * Owner:   decon_linehash_new / decon_linehash_free. Hashes are borrowed for the length of a call.
 * Threads: one at a time.
 * Fails:   never. Two different lines have the same hash with a probability of about 2^-63.
 * Memory:  32 KiB.
 */
#ifndef DECON_COMPRESSION_LINEHASH_H
#define DECON_COMPRESSION_LINEHASH_H

#include "decon/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECON_LINEHASH_BATCH 4096 /* hashes that are handed on at once */

typedef struct decon_linehash_key {
    uint64_t words[2]; /* random */
} decon_linehash_key;

typedef struct decon_linehash_sink {
    decon_linehash_key key;
    /* The hashes of the next lines, DECON_LINEHASH_BATCH at most, in order. False: no more are wanted. */
    bool (*take)(void *ctx, const uint64_t *hashes, size_t count);
    void *ctx;
} decon_linehash_sink;

typedef struct decon_linehash decon_linehash;

decon_linehash *decon_linehash_new(const decon_linehash_sink *sink) DECON_MUST_USE; /* copied */
/* False: `take` wants no more; the text need not be fed to its end. */
bool decon_linehash_feed(decon_linehash *h, decon_slice text);
bool decon_linehash_finish(decon_linehash *h); /* the text ends here */
void decon_linehash_free(decon_linehash *h);   /* NULL is fine */
DECON_DEFINE_AUTO_PTR(decon_linehash, decon_linehash_free)

#ifdef __cplusplus
}
#endif

#endif
