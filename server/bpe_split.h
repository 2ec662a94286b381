/* Cutting text into the pieces that a byte-pair tokenizer encodes each by itself.
 *
 * What:    bpe_split_cl100k finds where the piece that begins at an offset ends.
 * Owner:   nothing. Threads: any. Fails: never; the text is valid UTF-8.
 * Sources: the public pattern of cl100k, alternatives in their order (bpe_split.c lists them).
 */
#ifndef SERVER_BPE_SPLIT_H
#define SERVER_BPE_SPLIT_H

#include "base/buf.h"

/* `at` < text.len; the result is larger than it. */
size_t bpe_split_cl100k(slice text, size_t at);

#endif
