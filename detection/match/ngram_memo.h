/* Ids of a document's n-grams, kept while records are compared with the same place of it.
 *
 * What:    a direct-mapped table from a position to the id of the n-gram at it.
 * Owner:   an embedded value, zeroed. Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_MATCH_NGRAM_MEMO_H
#define DETECTION_MATCH_NGRAM_MEMO_H

#include "base/util.h"
#include "detection/index/index.h"

#define NGRAM_MEMO_PLACES 1024 /* a power of two */

typedef struct ngram_memo {
    bool used;                           /* since the last clear */
    size_t positions[NGRAM_MEMO_PLACES]; /* each + 1; 0: none */
    uint32_t ids[NGRAM_MEMO_PLACES];
} ngram_memo;

/* For another document. */
static inline void ngram_memo_clear(ngram_memo *m)
{
    if (m->used)
        *m = (ngram_memo){0};
}

/* The id of the `n` tokens at `position`, NGRAM_UNKNOWN where no record has them. */
static inline uint32_t ngram_memo_find(ngram_memo *m, const ngram_index *x,
                                       const token_list *document, size_t position, size_t n)
{
    size_t place = position & (NGRAM_MEMO_PLACES - 1);
    if (m->positions[place] != position + 1) {
        m->used = true;
        m->positions[place] = position + 1;
        m->ids[place] = ngram_table_find(&x->table, document->ids + position, n);
    }
    return m->ids[place];
}

#endif
