/* Encodes a very long piece of text as byte-pair tokens, window by window.
 *
 * What:    the same tokens as bpe_merge of the whole piece, in memory and time for a window at a time.
 *          A sequence of tokens is that of the whole piece if each two neighbours are the tokens of
 *          their joint text: merging then never crosses their border. So two overlapping windows
 *          can be joined at a common token. If an overlap has no common token, larger windows are
 *          used, at worst the whole piece.
 * Owner:   tokens are appended to the caller's list. Threads: as bpe_merge. Fails: never.
 */
#ifndef DETECTION_TOKENIZER_BPE_WINDOWS_H
#define DETECTION_TOKENIZER_BPE_WINDOWS_H

#include "detection/tokenizer/bpe_merge.h"
#include "detection/tokenizer/tokenizer.h"

#define BPE_WINDOW ((size_t)16384) /* bytes; longer pieces are cut */

/* `start`: the piece's place in the text. `window`: bytes, at least 16. */
void bpe_windows(bpe_merger *m, const bpe_vocabulary *v, slice piece, size_t start, size_t window,
                 token_list *out);

#endif
