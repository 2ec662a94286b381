/* Splits text into pieces that a byte-pair tokenizer encodes separately.
 *
 * What:    each function finds where the piece that begins at an offset ends.
 * Owner:   nothing. Threads: any. Fails: never; the text is valid UTF-8.
 * Sources: the public patterns of the tokenizers, alternatives in their order (bpe_split.c and
 *          bpe_split_o200k.c list them).
 */
#ifndef DETECTION_TOKENIZER_BPE_SPLIT_H
#define DETECTION_TOKENIZER_BPE_SPLIT_H

#include "decon/base/buf.h"

/* `at` < text.len; the result is larger than it. */
typedef size_t bpe_split(slice text, size_t at);

bpe_split bpe_split_cl100k;
bpe_split bpe_split_o200k;
bpe_split bpe_split_r50k; /* p50k's and p50k_edit's too */

#endif
