/* Encodes a text as tokens of a byte-pair vocabulary.
 *
 * What:    appends the tokens of the text's pieces, using the list's caches.
 * Owner:   the list is the caller's, its memory too (token_memory_free).
 * Threads: the vocabulary is constant; a list belongs to one thread at a time.
 * Fails:   never.
 */
#ifndef DETECTION_TOKENIZER_BPE_ENCODE_H
#define DETECTION_TOKENIZER_BPE_ENCODE_H

#include "detection/tokenizer/bpe_split.h"
#include "detection/tokenizer/bpe_vocabulary.h"
#include "detection/tokenizer/tokenizer.h"

void bpe_encode(const bpe_vocabulary *v, bpe_split *split, slice text, token_list *out);

#endif
