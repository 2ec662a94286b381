/* One 64-bit hash for each line of a text that streams by.
 *
 * What:    the hash is taken over the line with its line end: `\n` alone ends a line, `\r` is
 *          content, and a last line without `\n` is a line. The key decides which hashes come out:
 *          two texts are compared under one key, which whoever made the texts does not know.
 *          Any split of the same text gives the same hashes.
 * Owner:   linehash_new / linehash_free. Hashes are borrowed for the length of a call.
 * Threads: one at a time.
 * Fails:   never. Two different lines have the same hash with a probability of about 2^-63.
 * Memory:  32 KiB.
 */
#ifndef DECON_COMPRESSION_LINEHASH_H
#define DECON_COMPRESSION_LINEHASH_H

#include "decon/base/buf.h"

#define LINEHASH_BATCH 4096 /* hashes that are handed on at once */

typedef struct linehash_key {
    uint64_t words[2]; /* random */
} linehash_key;

typedef struct linehash_sink {
    linehash_key key;
    /* The hashes of the next lines, LINEHASH_BATCH at most, in order. False: no more are wanted. */
    bool (*take)(void *ctx, const uint64_t *hashes, size_t count);
    void *ctx;
} linehash_sink;

typedef struct linehash linehash;

linehash *linehash_new(const linehash_sink *sink) MUST_USE; /* copied */
/* False: `take` wants no more; the text need not be fed to its end. */
bool linehash_feed(linehash *h, slice text);
bool linehash_finish(linehash *h); /* the text ends here */
void linehash_free(linehash *h);   /* NULL is fine */
DEFINE_AUTO_PTR(linehash, linehash_free)

#endif
