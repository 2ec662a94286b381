/* Places in a piece of text that no byte-pair token crosses.
 *
 * What:    from a vocabulary, the pairs of characters that are neighbours within some token. Between two
 *          other characters no join is possible, so that the tokens before and after such a border are
 *          those of the two parts alone. Long pieces, mostly of scripts without spaces, are cut there
 *          into parts that a cache may have.
 * Owner:   embedded in the vocabulary; bpe_borders_init / _deinit.
 * Threads: constant after the last bpe_borders_learn.
 * Fails:   never. A border may be missed, never invented.
 */
#ifndef DETECTION_TOKENIZER_BPE_BORDERS_H
#define DETECTION_TOKENIZER_BPE_BORDERS_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct bpe_borders {
    uint64_t *pairs; /* by hash of two characters, a bit each */
    uint64_t part_pairs
        [1024]; /* by two bytes, a bit each: of tokens that begin or end within a character */
} bpe_borders;

void bpe_borders_init(bpe_borders *b);
void bpe_borders_deinit(bpe_borders *b);
void bpe_borders_learn(bpe_borders *b, slice token);

/* The first border after `at` (< text.len), which begins a character; or text.len. */
size_t bpe_borders_next(const bpe_borders *b, slice text, size_t at);

#endif
